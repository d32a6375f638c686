"""Faults in who is a leaf."""

# ruff: noqa: SLF001 - a plant reaches inside

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gradspec_conformance.plants.places import assigning, at, reading
from gradspec_conformance.plants.plant import compound, plant
from gradspec_reference.engine import node, recording
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.names import interop
from gradspec_reference.operators import OPERATORS

if TYPE_CHECKING:
    from gradspec_conformance.plants.swap import Swap


@compound(
    {"leaf-204/assignment": "value", "leaf-204/method": "value"}, "common in teaching engines"
)
def everything_is_a_leaf(swap: Swap) -> None:
    """is_leaf is True for every tensor, whatever made it, and its flag can be set, to no effect."""

    def ask(sound: Any, tensor: Any, flag: Any = True) -> Any:
        return sound(tensor, flag) if tensor._grad_fn is None else tensor

    swap(reading("is_leaf"), lambda *_: True)
    swap(at(Tensor, "requires_grad_"), ask)
    swap(assigning("requires_grad"), ask)


@plant(
    reading("is_leaf"),
    {"leaf-010/a_constant": "flag", "leaf-010/a_computed_constant": "flag"},
    "common in teaching engines",
)
def only_variables_are_leaves(sound: Any, tensor: Any) -> Any:
    """is_leaf is False for constants: a leaf has to require grad."""
    return tensor.requires_grad and sound(tensor)


@plant(
    reading("grad_fn"),
    {"leaf-002": "flag", "leaf-010a/a_variable": "unexpected gradient"},
    "common in teaching engines",
)
def a_leaf_has_its_accumulator_for_a_node(sound: Any, tensor: Any) -> Any:
    """The grad_fn of a leaf that requires grad is the node that accumulates its gradient."""
    found = sound(tensor)
    return node.accumulator(tensor) if found is None and tensor._requires_grad else found


@plant(
    reading("grad_fn"),
    {
        "leaf-010a/a_result": "missing gradient",
        "leaf-010a/a_result_of_a_result": "missing gradient",
    },
    "common in teaching engines",
)
def grad_fn_is_hidden(_sound: Any, _tensor: Any) -> Any:
    """The grad_fn of every tensor reads None."""
    return None


@plant(at(Tensor, "requires_grad_"), {"leaf-006/method": "no error"}, "torch rule")
def nonleaf_rg_off_ok(sound: Any, self: Any, requires_grad: bool = True) -> Any:
    """requires_grad_(False) on a result is allowed, and cuts it off from its history."""
    if not requires_grad:
        self._grad_fn = None
    return sound(self, requires_grad)


@plant(
    assigning("requires_grad"),
    {"leaf-205/assignment": "missing gradient", "leaf-006/assignment": "no error"},
    "common in teaching engines",
)
def assigning_a_flag_cuts_a_result(sound: Any, tensor: Any, value: Any) -> None:
    """Assigning to the requires_grad of a result is allowed, and makes it a leaf."""
    tensor._grad_fn = None
    sound(tensor, value)


@plant(
    at(Tensor, "_nonleaf_flag"),
    {"leaf-006/assignment": "flag", "leaf-006/method": "flag"},
    "pytorch/pytorch#2940",
)
def refused_flag_is_cleared_anyway(sound: Any, self: Any, flag: bool) -> Any:
    """The flag of a result cannot be changed, but the refusal comes after the change."""
    error = sound(self, flag)
    self._grad_fn = None
    return error


@plant(
    at(Tensor, "requires_grad_"),
    {"leaf-205/method": "missing gradient", "leaf-007": "flag"},
    "common in teaching engines",
)
def declaring_a_result_makes_a_leaf(sound: Any, self: Any, requires_grad: bool = True) -> Any:
    """requires_grad_() on a result makes it a leaf, and cuts off all that lies behind it."""
    if requires_grad:
        self._grad_fn = None
    return sound(self, requires_grad)


@plant(at(Tensor, "requires_grad_"), {"leaf-007": "nonleaf-flag"}, "common in teaching engines")
def declaring_a_result_is_refused(sound: Any, self: Any, requires_grad: bool = True) -> Any:
    """requires_grad_() on a result is refused, though it asks for what is the case already."""
    if not self.is_leaf:
        raise self._nonleaf_flag(requires_grad)
    return sound(self, requires_grad)


@plant(assigning("requires_grad"), {"leaf-008": "no error"}, "common in teaching engines")
def assigning_true_to_a_result_is_allowed(_sound: Any, tensor: Any, value: Any) -> Any:
    """Assigning to requires_grad is the method requires_grad_, and as lenient."""
    return tensor.requires_grad_(value)


@compound(
    {"leaf-213/to": "value", "leaf-010/a_converted_variable": "flag"}, "NVIDIA/TransformerEngine#70"
)
def a_conversion_loses_the_history(swap: Swap) -> None:
    """Converting the data type of a tensor gives a constant."""
    sound = interop.to
    swap(
        at(Tensor, "to"),
        lambda _sound, self, *given, **named: sound(self.detach(), *given, **named),
    )


@compound({"leaf-012/to": "aliasing", "leaf-213/to": "value"}, "common in teaching engines")
def a_conversion_makes_another_leaf(swap: Swap) -> None:
    """Converting the data type of a variable gives another leaf, which is told the flag."""
    sound = interop.to

    def to(_sound: Any, self: Any, *given: Any, **named: Any) -> Any:
        return sound(self.detach(), *given, **named).requires_grad_(self.requires_grad)

    swap(at(Tensor, "to"), to)


@compound({"leaf-010/a_variable_declared_after_a_conversion": "flag"}, "common in teaching engines")
def a_conversion_is_always_recorded(swap: Swap) -> None:
    """Converting the data type of a constant is recorded, and gives a result."""
    sound = interop.to

    def to(_sound: Any, self: Any, *given: Any, **named: Any) -> Any:
        converted = sound(self, *given, **named)
        if converted is not self and converted._grad_fn is None:
            operator = OPERATORS["cast"]
            dtype = converted._array.dtype
            converted._grad_fn = recording.make_node(
                operator, (self,), (dtype, self._array.dtype), (False,), converted
            )
        return converted

    swap(at(Tensor, "to"), to)


@compound({"leaf-012/to": "aliasing"}, "common in teaching engines")
def to_always_copies(swap: Swap) -> None:
    """to() copies a tensor that has the wanted data type already."""
    sound = interop.to
    swap(
        at(Tensor, "to"),
        lambda _sound, self, *given, **named: sound(self, *given, **{**named, "copy": True}),
    )


@plant(assigning("is_leaf"), {"leaf-013/is_leaf": "no error"}, "common in teaching engines")
def assigned_leafness_is_swallowed(_sound: Any, _tensor: Any, _value: Any) -> Any:
    """Assigning to is_leaf does nothing, and says nothing."""
    return None


@plant(assigning("grad_fn"), {"leaf-013/grad_fn": "no error"}, "common in teaching engines")
def grad_fn_is_a_plain_attribute(_sound: Any, tensor: Any, value: Any) -> Any:
    """Assigning to grad_fn replaces the node of the tensor."""
    return setattr(tensor, "_grad_fn", value)


@plant(assigning("output_nr"), {"leaf-013/output_nr": "no error"}, "common in teaching engines")
def output_nr_is_a_plain_attribute(_sound: Any, tensor: Any, value: Any) -> Any:
    """Assigning to output_nr replaces the tensor's place among the outputs of its node."""
    return setattr(tensor, "_output_nr", value)


@plant(reading("output_nr"), {"leaf-051": "value"}, "common in engines of one output a node")
def output_nr_is_zero(_sound: Any, _tensor: Any) -> Any:
    """output_nr is 0 for every tensor."""
    return 0


@plant(
    reading("grad_fn"), {"leaf-010a/a_constant": "unexpected gradient"}, "common in lazy engines"
)
def every_leaf_has_a_node(sound: Any, tensor: Any) -> Any:
    """The grad_fn of a leaf, a constant as well, is the node that would hold its gradient."""
    found = sound(tensor)
    return node.AccumulateGrad(tensor) if found is None else found
