"""Faults in who is a leaf."""

from __future__ import annotations

from gradspec_conformance.plants.places import REQUIRES_GRAD_, assigning, at, reading
from gradspec_conformance.plants.plant import TEACHING, after, before, compound, plant
from gradspec_reference.engine import linking, node
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.operators import OPERATORS


@compound("value: leaf-204/assignment leaf-204/method", TEACHING)
def everything_is_a_leaf(swap):
    """is_leaf is True for every tensor, whatever made it, and its flag can be set, to no effect."""

    def ask(sound, tensor, flag=True):
        return sound(tensor, flag) if tensor._grad_fn is None else tensor

    swap(reading("is_leaf"), lambda *_: True)
    swap(REQUIRES_GRAD_, ask)
    swap(assigning("requires_grad"), ask)


@plant(reading("is_leaf"), "flag: leaf-010/a_constant leaf-010/a_computed_constant", TEACHING)
def only_variables_are_leaves(sound, tensor):
    """is_leaf is False for constants: a leaf has to require grad."""
    return tensor.requires_grad and sound(tensor)


@plant(
    reading("grad_fn"),
    "flag: leaf-002; structure: gi-001",
    TEACHING,
)
def a_leaf_has_its_accumulator_for_a_node(sound, tensor):
    """The grad_fn of a leaf that requires grad is the node that accumulates its gradient."""
    found = sound(tensor)
    return node.accumulator(tensor) if found is None and tensor._requires_grad else found


@plant(
    reading("grad_fn"),
    "missing gradient: leaf-010a/a_result leaf-010a/a_result_of_a_result",
    TEACHING,
)
def grad_fn_is_hidden(_sound, _tensor):
    """The grad_fn of every tensor reads None."""
    return


@before(REQUIRES_GRAD_, "no error: leaf-006/method", "torch rule")
def nonleaf_rg_off_ok(self, requires_grad=True):
    """requires_grad_(False) on a result is allowed, and cuts it off from its history."""
    if not requires_grad:
        self._grad_fn = None


@before(
    assigning("requires_grad"),
    "missing gradient: leaf-205/assignment; no error: leaf-006/assignment",
    TEACHING,
)
def assigning_a_flag_cuts_a_result(tensor, *_):
    """Assigning to the requires_grad of a result is allowed, and makes it a leaf."""
    tensor._grad_fn = None


@after(
    at(Tensor, "_nonleaf_flag"), "flag: leaf-006/assignment leaf-006/method", "pytorch/pytorch#2940"
)
def refused_flag_is_cleared_anyway(_, self, *_rest):
    """The flag of a result cannot be changed, but the refusal comes after the change."""
    self._grad_fn = None


@before(REQUIRES_GRAD_, "missing gradient: leaf-205/method; flag: leaf-007", TEACHING)
def declaring_a_result_makes_a_leaf(self, requires_grad=True):
    """requires_grad_() on a result makes it a leaf, and cuts off all that lies behind it."""
    if requires_grad:
        self._grad_fn = None


@before(REQUIRES_GRAD_, "nonleaf-flag: leaf-007", TEACHING)
def declaring_a_result_is_refused(self, requires_grad=True):
    """requires_grad_() on a result is refused, though it asks for what is the case already."""
    if not self.is_leaf:
        raise self._nonleaf_flag(requires_grad)


@plant(assigning("requires_grad"), "no error: leaf-008", TEACHING)
def assigning_true_to_a_result_is_allowed(_sound, tensor, value):
    """Assigning to requires_grad is the method requires_grad_, and as lenient."""
    return tensor.requires_grad_(value)


@plant(
    at(Tensor, "to"),
    "value: leaf-213/to; flag: leaf-217",
    "NVIDIA/TransformerEngine#70",
)
def a_conversion_loses_the_history(sound, self, *given, **named):
    """Converting the data type of a tensor gives a constant."""
    return sound(self.detach(), *given, **named)


@plant(at(Tensor, "to"), "aliasing: leaf-012/to; value: leaf-213/to", TEACHING)
def a_conversion_makes_another_leaf(sound, self, *given, **named):
    """Converting the data type of a variable gives another leaf, which is told the flag."""
    return sound(self.detach(), *given, **named).requires_grad_(self.requires_grad)


@after(at(Tensor, "to"), "flag: leaf-010/a_variable_declared_after_a_conversion", TEACHING)
def a_conversion_is_always_recorded(converted, self, *_, **_named):
    """Converting the data type of a constant is recorded, and gives a result."""
    if converted is not self and converted._grad_fn is None:
        operator = OPERATORS["cast"]
        dtype = converted._array.dtype
        converted._grad_fn = linking.make_node(
            operator, (self,), (dtype, self._array.dtype), (False,), converted
        )


@plant(at(Tensor, "to"), "aliasing: leaf-012/to", TEACHING)
def to_always_copies(sound, self, *given, **named):
    """to() copies a tensor that has the wanted data type already."""
    return sound(self, *given, **{**named, "copy": True})


@plant(assigning("is_leaf"), "no error: leaf-013/is_leaf", TEACHING)
def assigned_leafness_is_swallowed(_sound, _tensor, _value):
    """Assigning to is_leaf does nothing, and says nothing."""
    return


@plant(assigning("grad_fn"), "no error: leaf-013/grad_fn", TEACHING)
def grad_fn_is_a_plain_attribute(_sound, tensor, value):
    """Assigning to grad_fn replaces the node of the tensor."""
    return setattr(tensor, "_grad_fn", value)


@plant(assigning("output_nr"), "no error: leaf-013/output_nr", TEACHING)
def output_nr_is_a_plain_attribute(_sound, tensor, value):
    """Assigning to output_nr replaces the tensor's place among the outputs of its node."""
    return setattr(tensor, "_output_nr", value)


@plant(reading("output_nr"), "value: leaf-051", "engines of one output a node")
def output_nr_is_zero(_sound, _tensor):
    """output_nr is 0 for every tensor."""
    return 0


@plant(reading("grad_fn"), "unexpected gradient: leaf-010a/a_constant", "lazy engines")
def every_leaf_has_a_node(sound, tensor):
    """The grad_fn of a leaf, a constant as well, is the node that would hold its gradient."""
    found = sound(tensor)
    return node.AccumulateGrad(tensor) if found is None else found
