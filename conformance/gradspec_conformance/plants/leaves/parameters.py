"""Faults in parameters: what they are made of, and what is made of them."""

from __future__ import annotations

from gradspec_conformance.plants.places import at, reading
from gradspec_conformance.plants.plant import TEACHING, after, general, plant
from gradspec_reference.engine import recording
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.nn.modules.module import Module
from gradspec_reference.nn.parameter import Parameter

MADE = at(Parameter, "__new__")


@plant(MADE, "flag: leaf-032/constant leaf-032/parameter", TEACHING)
def parameters_take_over_the_flag(sound, cls, data=None, requires_grad=True):
    """A parameter requires grad if what it is made of does."""
    return sound(cls, data, requires_grad and data.requires_grad)


@plant(MADE, "flag: leaf-032/leaf", TEACHING)
def what_learns_already_is_not_learnt_again(sound, cls, data=None, requires_grad=True):
    """A parameter made of a leaf that requires grad does not require grad itself."""
    learns = data is not None and data.is_leaf and data.requires_grad
    return sound(cls, data, requires_grad and not learns)


@after(MADE, "flag: leaf-032/result", TEACHING)
def parameters_take_over_the_history(made, _cls, data=None, *_flag, **_named):
    """A parameter made of a result has the result's history."""
    made._grad_fn = data._grad_fn


@after(MADE, "unexpected gradient: leaf-223", TEACHING)
def parameters_pass_their_gradient_on(made, _cls, data=None, *_flag, **_named):
    """A pass goes on from a parameter to what the result that it was made of was computed from."""
    if data is not None and data.grad_fn is not None:
        made.register_hook(data.backward)


@plant(MADE, "aliasing: leaf-224/constant leaf-224/result", TEACHING)
def parameters_are_copies(sound, cls, data=None, requires_grad=True):
    """A parameter has memory of its own."""
    return sound(cls, data.detach().clone(), requires_grad)


@plant(MADE, "flag: leaf-033", TEACHING)
def parameters_always_learn(sound, cls, data=None, *_flag, **_named):
    """A parameter requires grad, whatever was said."""
    return sound(cls, data)


@plant(at(Module, "requires_grad_"), "flag: leaf-034/learns leaf-034/frozen", TEACHING)
def parts_are_not_frozen(_sound, self, requires_grad=True):
    """requires_grad_ of a module sets the flags of its own parameters, and not of its parts'."""
    for parameter in self.parameters(recurse=False):
        parameter.requires_grad_(requires_grad)
    return self


@after(at(Parameter, "__deepcopy__"), "flag: leaf-225/learns leaf-225/frozen", "pytorch#8149")
def a_copied_parameter_is_a_tensor(twin, *_):
    """A deep copy of a parameter is a tensor, which no module lists."""
    twin.__class__ = Tensor


@general("flag: leaf-226/mul leaf-226/detach", TEACHING)
def what_parameters_give_are_parameters(swap):
    """What is computed from a parameter is a parameter."""

    def spread(result, *operands):
        if any(isinstance(each, Parameter) for each in operands):
            result.__class__ = Parameter

    for place in (
        at(recording, "binary"),
        at(recording, "unary"),
        at(recording, "apply"),
        at(Tensor, "alias"),
        at(Tensor, "clone"),
        reading("data"),
    ):
        swap.after(place)(spread)
