"""Faults in operands that a custom function writes in place."""

from __future__ import annotations

import numpy as np

from gradspec_conformance.plants.places import at
from gradspec_conformance.plants.plant import TEACHING, after, plant
from gradspec_reference.engine import custom, dirty
from gradspec_reference.engine.context import FunctionCtx, check_marked
from gradspec_reference.engine.custom import FunctionNode
from gradspec_reference.engine.tensor import Tensor

MARK_DIRTY = at(FunctionCtx, "mark_dirty")
CONSTANT = at(custom, "constant")
REBASE = at(dirty, "rebase")
COUNT = at(dirty, "count_writes")
REGION = at(dirty.CallersSlices, "shares")


@plant(REBASE, "value: cf-033 cf-061", "marks that nobody reads")
def a_written_operand_keeps_its_history(_sound, _tensor, _node, _number, _place):
    """An operand that is marked as dirty keeps its old history."""


@plant(at(FunctionNode, "result"), "aliasing: cf-223", "wrappers around results")
def a_written_operand_comes_out_as_another(sound, self, number, value, tensors):
    """An operand that is marked as dirty comes out as another tensor."""
    found = sound(self, number, value, tensors)
    return found.alias() if any(value is x for x in self.dirty_tensors) else found


@plant(COUNT, "no error: cf-224", TEACHING)
def a_mark_is_not_counted(_sound, written):
    """An operand that is marked as dirty does not count as written."""
    check_marked("mark_dirty", written)


@plant(at(dirty, "check_returned"), "no error: cf-035", "marks that nobody checks")
def a_written_operand_may_be_lost(_sound, _written, _outputs):
    """An operand that is marked as dirty need not be returned."""


@plant(MARK_DIRTY, "no error: cf-212", "marks that nobody checks")
def only_tensors_are_marked(sound, self, *tensors):
    """What is no tensor is left out of what is marked."""
    sound(self, *[x for x in tensors if isinstance(x, Tensor)])


@plant(at(dirty, "check_no_leaf"), "no error: cf-036", "checks in operators alone")
def leaves_may_be_marked(_sound, _tensor):
    """A leaf that requires grad may be marked as dirty, and is one no longer."""


@plant(REGION, "value: cf-037", "views that are written as bases")
def a_written_region_keeps_its_gradient(sound, self, cotangents):
    """The gradient of the region that was written does not go through backward."""
    (cotangent,) = cotangents
    return [cotangent, *sound(self, cotangents)[1:]]


@plant(REGION, "missing gradient: cf-225", "views that are written by numbers")
def what_was_written_into_a_view_has_no_gradient(sound, self, cotangents):
    """What a view was written by has no gradient."""
    whole, *others = sound(self, cotangents)
    return [whole, *[None for _ in others]]


@plant(REBASE, "flag: cf-226", "writes that are recorded where there is a history")
def a_written_constant_stays_one(sound, tensor, *given):
    """A constant that is marked as dirty stays a constant."""
    if tensor.requires_grad:
        sound(tensor, *given)


@plant(at(dirty, "check_alone"), "no error: cf-213", "pytorch, check_inplace")
def a_written_view_has_company(_sound, _written, _count):
    """A custom function that writes a view may have further results."""


@plant(REBASE, "value: cf-261", "retention by operations of the engine alone")
def what_is_retained_is_of_the_old_value(sound, tensor, *call):
    """An operand that a custom function writes retains the gradient of its old value."""
    before = tensor._grad_fn
    retained = getattr(before, "retained", None)
    if retained is not None:
        before.retained = None
    sound(tensor, *call)
    if retained is not None:
        before.retained = retained


@plant(REBASE, "unexpected gradient: cf-297", "gradients that belong to an object")
def a_retained_gradient_outlives_its_value(sound, tensor, *given):
    """What an operand retained stays when a custom function writes it."""
    kept = tensor._grad
    sound(tensor, *given)
    tensor._grad = kept


@after(CONSTANT, "flag: cf-293", "marks that take an operand's history")
def a_written_leaf_is_a_constant(_found, value, node, _arguments):
    """A leaf that is marked as dirty in no_grad does not require grad any more."""
    if any(value is x for x in node.dirty_tensors):
        value._requires_grad = False


@plant(CONSTANT, "aliasing: cf-294", "results that are handed on as they are")
def a_written_leaf_is_the_result(sound, value, node, arguments):
    """A leaf that is marked as dirty in no_grad comes out itself."""
    written = any(value is x for x in node.dirty_tensors)
    return value if written else sound(value, node, arguments)


@plant(CONSTANT, "aliasing: cf-295", "wrappers around results")
def a_written_constant_comes_out_as_another(sound, value, node, arguments):
    """A constant that is marked as dirty comes out as another tensor."""
    found = sound(value, node, arguments)
    return found.alias() if any(value is x for x in node.dirty_tensors) else found


@plant(REGION, "order: cf-296", "None that is taken for zeros")
def a_missing_gradient_of_a_base_is_zeros(sound, self, cotangents):
    """Who wrote a view is asked with zeros where nothing comes to the base."""
    (cotangent,) = cotangents
    if cotangent is None:
        self.written_by.shares([Tensor(np.zeros(*self.written_by.outputs[0]))])
    return sound(self, cotangents)
