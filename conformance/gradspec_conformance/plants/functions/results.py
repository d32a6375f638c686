"""Faults in the results of custom functions."""

from __future__ import annotations

import numpy as np

from gradspec_conformance.plants.places import at
from gradspec_conformance.plants.plant import TEACHING, after, before, plant
from gradspec_reference.engine import custom, views
from gradspec_reference.engine.context import FunctionCtx
from gradspec_reference.engine.custom import FunctionNode
from gradspec_reference.engine.tensor import Tensor

RESULT = at(FunctionNode, "result")
SHARES = at(FunctionNode, "shares")


@plant(SHARES, "order: cf-023", "results that are all tensors")
def what_is_no_tensor_has_a_gradient(sound, self, cotangents):
    """Backward is given a zero for a result that is no tensor."""
    pairs = zip(cotangents, self.outputs, strict=True)
    return sound(self, [g if output else Tensor(np.zeros(())) for g, output in pairs])


@before(SHARES, "order: cf-040 cf-038", "engines without zeros")
def unused_results_send_none(self, _cotangents):
    """Backward is given None for a result that nothing came from."""
    self.materialize_grads = False


@plant(at(FunctionCtx, "set_materialize_grads"), "order: cf-041", "flags that nobody reads")
def unused_results_send_zeros(_sound, _self, _value):
    """Backward is given zeros for a result that nothing came from, also on request."""


@plant(at(FunctionCtx, "mark_non_differentiable"), "flag: cf-038", "flags that nobody reads")
def marked_results_require_grad(_sound, _self, *_tensors):
    """A result that is marked as not differentiable requires grad."""


@after(RESULT, "flag: cf-039/integers cf-039/booleans", TEACHING)
def whole_numbers_have_a_history(value, self, number, *_rest):
    """Results of whole numbers and of truth values have a history."""
    if isinstance(value, Tensor) and value._array.dtype.kind not in "fV":
        value._grad_fn, value._output_nr = self, number


@plant(RESULT, "value: cf-215", "results that are told apart by identity")
def a_second_place_is_a_constant(sound, self, number, value, tensors):
    """What is returned a second time is a constant there."""
    again = isinstance(value, Tensor) and value._grad_fn is self
    return value.detach() if again else sound(self, number, value, tensors)


@plant(RESULT, "aliasing: cf-219", "wrappers around results")
def each_result_is_an_object_of_its_own(sound, self, number, value, tensors):
    """What is returned a second time comes out as another tensor."""
    again = isinstance(value, Tensor) and value._grad_fn is self
    return sound(self, number, value.detach() if again else value, tensors)


@plant(RESULT, "flag: cf-222", "pytorch/pytorch, apply without view_as")
def a_returned_argument_is_the_result(sound, self, number, value, tensors):
    """An argument that forward returns is given the function as its history."""
    return sound(self, number, value, [x for x in tensors if x is not value])


@plant(at(custom, "view_of"), "aliasing: cf-049", "results that are copied")
def a_returned_argument_is_copied(_sound, argument):
    """An argument that forward returns comes out as a copy."""
    return argument.detach().clone()


@plant(RESULT, "value: cf-220", "results without a node")
def a_returned_argument_passes_the_function_by(sound, self, number, value, tensors):
    """An argument that forward returns comes out as it went in, and backward is not called."""
    return value if any(value is x for x in tensors) else sound(self, number, value, tensors)


@after(RESULT, "value: cf-207/an_argument; no error: cf-050/a_view", "pytorch/pytorch#11390")
def custom_views_are_written(value, *_given):
    """A result that shows the memory of an argument may be written, as any view."""
    if isinstance(value, Tensor) and value._view is not None:
        value._view.creation = views.Creation.DEFAULT


@plant(at(custom, "constant"), "flag: cf-282", "flags that are read before forward runs")
def what_forward_recorded_stays_in_no_grad(_sound, value, _node, _arguments):
    """The result of a call that is not recorded comes out as forward returned it."""
    return value


@before(RESULT, "multi-view-inplace: cf-283", "pytorch/pytorch, apply without view_as")
def what_forward_recorded_is_a_view(self, _number, value, tensors):
    """A result that forward recorded is handled as an argument that it returned."""
    if isinstance(value, Tensor) and value.requires_grad and value._grad_fn is not self:
        tensors.append(value)


@plant(at(custom, "check_not_saved"), "no error: cf-281", "pytorch 2.0")
def what_is_returned_as_it_is_may_be_saved(_sound, _node, _argument):
    """An argument that forward returns as it is may be saved by setup_context."""
