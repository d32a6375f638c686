"""Faults in what is taken for the gradients of a custom function."""

from __future__ import annotations

import inspect

import numpy as np

from gradspec_conformance.plants.places import at
from gradspec_conformance.plants.plant import TEACHING, after, plant
from gradspec_reference.engine import custom
from gradspec_reference.engine.custom import FunctionNode
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.errors import FunctionGradientsError

CHECKED = at(FunctionNode, "checked")
DERIVATIVE = at(custom, "derivative")
MADE = at(FunctionNode, "__init__")


@plant(
    at(FunctionNode, "is_for_a_tensor"),
    "no error: cf-012/a_gradient_for_a_number",
    "lists that are cut to fit",
)
def a_gradient_of_a_number_is_dropped(_sound, self, position, _gradient):
    """A gradient for an argument that is no tensor is left out."""
    return self.shapes[position] is not None


@plant(DERIVATIVE, "no error: cf-012/too_few", "zip without a look at lengths")
def missing_gradients_are_none(sound, function):
    """Where backward returns too few gradients, the others are None."""

    def filled(node, *cotangents):
        found = sound(function)(node, *cotangents)
        given = found if isinstance(found, tuple) else (found,)
        return (*given, *[None] * (len(node.shapes) - len(given)))

    return filled


@plant(DERIVATIVE, "no error: cf-012/too_many", "zip without a look at lengths")
def surplus_gradients_are_dropped(sound, function):
    """Gradients beyond the number of arguments are left out."""

    def cut(node, *cotangents):
        found = sound(function)(node, *cotangents)
        return found[: len(node.shapes)] if isinstance(found, tuple) else found

    return cut


@plant(DERIVATIVE, "no error: cf-012/a_list", "any sequence")
def a_list_is_a_tuple(sound, function):
    """Gradients in a list are taken for a tuple."""

    def listed(node, *cotangents):
        found = sound(function)(node, *cotangents)
        return tuple(found) if isinstance(found, list) else found

    return listed


@plant(CHECKED, "no error: cf-012/another_shape cf-012/fewer_entries", "resize_as")
def gradients_are_made_to_fit(sound, self, position, gradient, shape):
    """A gradient of another shape is repeated or cut until it fits."""
    if isinstance(gradient, Tensor) and gradient._array.shape != shape:
        gradient = Tensor(np.resize(gradient._array, shape))
    return sound(self, position, gradient, shape)


@plant(CHECKED, "no error: cf-012/a_text cf-012/a_number", "is it a tensor? else none")
def what_is_no_tensor_is_none(sound, self, position, gradient, shape):
    """What is no tensor counts as no gradient."""
    odd = not isinstance(gradient, Tensor)
    return sound(self, position, None if odd else gradient, shape)


@plant(DERIVATIVE, "function-gradients: cf-206", "as many as arguments, exactly")
def surplus_nones_are_refused(sound, function):
    """More than one for each argument is an error, also if it is None."""

    def strict(node, *cotangents):
        found = sound(function)(node, *cotangents)
        if isinstance(found, tuple) and len(found) > len(node.shapes):
            raise FunctionGradientsError("too many")
        return found

    return strict


@after(MADE, "function-gradients: cf-027", "signatures that are counted")
def defaults_want_a_gradient(_, self, arguments):
    """An argument that is left out wants its gradient too."""
    parameters = inspect.signature(self.function.forward).parameters.values()
    defaults = [p for p in parameters if p.default is not p.empty]
    if defaults and self.function.setup_context is None:
        places = [p for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
        self.shapes += [None] * (len(places) - 1 - len(arguments))


@plant(CHECKED, "function-gradients: cf-016", "checks that come first")
def gradients_that_nobody_needs_are_checked(sound, self, position, gradient, shape):
    """A gradient for an argument that does not require grad must fit, too."""
    kept, self.requires = self.requires, (True,) * len(self.requires)
    try:
        return sound(self, position, gradient, shape)
    finally:
        self.requires = kept


@plant(CHECKED, "function-gradients: cf-020", TEACHING)
def a_gradient_has_the_shape_of_its_argument(sound, self, position, gradient, shape):
    """A gradient of a shape to which its argument broadcasts is refused."""
    if isinstance(gradient, Tensor) and gradient._array.ndim > len(shape):
        raise FunctionGradientsError("shape")
    return sound(self, position, gradient, shape)


@plant(CHECKED, "function-gradients: cf-021", "Oneflow-Inc/oneflow, functions of one type")
def a_gradient_has_the_type_of_its_function(sound, self, position, gradient, shape):
    """A gradient of another data type than the results is refused."""
    types = [output[1] for output in self.outputs if output]
    if isinstance(gradient, Tensor) and gradient._array.dtype not in types:
        raise FunctionGradientsError("type")
    return sound(self, position, gradient, shape)
