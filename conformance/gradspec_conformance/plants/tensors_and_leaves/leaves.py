"""Faults in leaves and results: what a tensor is, by the way it came about."""

# ruff: noqa: SLF001 - a plant reaches inside

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

from gradspec_conformance.plants.plant import Swap, plant
from gradspec_conformance.plants.rows import every
from gradspec_conformance.plants.tensors_and_leaves.attributes import assigning, reading
from gradspec_reference.engine import node, recording
from gradspec_reference.engine.operator import TABLE
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.names import factories, interop

if TYPE_CHECKING:
    from gradspec_reference.errors import NonleafFlagError


@plant(kills={"leaf-016c": "value"}, modelled_on="tinygrad/tinygrad#9597")
def leaf_merge_equal(swap: Swap) -> None:
    """Tensors of equal value, shape and flag are made once, and are one leaf."""
    sound = factories.made
    known: weakref.WeakValueDictionary[Any, Any] = weakref.WeakValueDictionary()

    def made(array: Any, requires_grad: bool) -> Any:
        key = (array.dtype.str, array.shape, array.tobytes(), requires_grad)
        found = known.get(key)
        if found is None:
            found = known[key] = sound(array, requires_grad)
        return found

    swap(factories, "made", made)


@plant(
    kills={
        "leaf-006/assignment": "no error",
        "leaf-006/method": "no error",
        "leaf-007": "flag",
        "leaf-010/a_result": "flag",
        "leaf-010/a_result_of_a_result": "flag",
        "leaf-010/a_converted_variable": "flag",
        "leaf-010/a_cloned_variable": "flag",
        "leaf-027": "no error",
        "leaf-042": "no error",
        "leaf-204/assignment": "value",
        "leaf-204/method": "value",
    },
    modelled_on="common in teaching engines",
)
def everything_is_a_leaf(swap: Swap) -> None:
    """is_leaf is True for every tensor, whatever made it."""
    reading(swap, "is_leaf", lambda _tensor, _read: True)


@plant(
    kills={
        "leaf-010/a_computed_constant": "flag",
        "leaf-002/tensor_of_a_tensor": "flag",
        "leaf-010/a_constant": "flag",
    },
    modelled_on="common in teaching engines",
)
def only_variables_are_leaves(swap: Swap) -> None:
    """is_leaf is False for constants: a leaf has to require grad."""
    reading(swap, "is_leaf", lambda tensor, read: tensor.requires_grad and read(tensor))


@plant(
    kills={
        **every("leaf-002", "flag"),
        "leaf-010/a_variable": "flag",
        "leaf-010/a_variable_declared_after_a_conversion": "flag",
        "leaf-010a/a_variable": "unexpected gradient",
        "leaf-010a/a_variable_declared_after_a_conversion": "unexpected gradient",
        **every("leaf-025", "grad-dtype-nonleaf"),
        "leaf-043": "flag",
    },
    modelled_on="common in teaching engines",
)
def a_leaf_has_its_accumulator_for_a_node(swap: Swap) -> None:
    """The grad_fn of a leaf that requires grad is the node that accumulates its gradient."""

    def grad_fn(tensor: Any, read: Any) -> Any:
        found = read(tensor)
        return node.accumulator(tensor) if found is None and tensor._requires_grad else found

    reading(swap, "grad_fn", grad_fn)


@plant(
    kills={
        "leaf-010/a_result": "flag",
        "leaf-010/a_result_of_a_result": "flag",
        "leaf-010/a_converted_variable": "flag",
        "leaf-010/a_cloned_variable": "flag",
        "leaf-010a/a_result": "missing gradient",
        "leaf-010a/a_result_of_a_result": "missing gradient",
        "leaf-010a/a_converted_variable": "missing gradient",
        "leaf-010a/a_cloned_variable": "missing gradient",
    },
    modelled_on="common in teaching engines",
)
def grad_fn_is_hidden(swap: Swap) -> None:
    """The grad_fn of every tensor reads None."""
    reading(swap, "grad_fn", lambda _tensor, _read: None)


@plant(kills={"leaf-006/method": "no error"}, modelled_on="torch rule")
def nonleaf_rg_off_ok(swap: Swap) -> None:
    """requires_grad_(False) on a result is allowed, and cuts it off from its history."""
    sound = Tensor.requires_grad_

    def requires_grad_(self: Any, requires_grad: bool = True) -> Any:
        if not requires_grad:
            self._grad_fn = None
        return sound(self, requires_grad)

    swap(Tensor, "requires_grad_", requires_grad_)


@plant(
    kills={
        "leaf-006/assignment": "no error",
        "leaf-008": "no error",
        "leaf-205/assignment": "missing gradient",
    },
    modelled_on="common in teaching engines",
)
def assigning_a_flag_cuts_a_result(swap: Swap) -> None:
    """Assigning to the requires_grad of a result is allowed, and makes it a leaf."""

    def assign(tensor: Any, value: Any, write: Any) -> None:
        tensor._grad_fn = None
        write(tensor, value)

    assigning(swap, "requires_grad", assign)


@plant(
    kills={"leaf-006/assignment": "flag", "leaf-006/method": "flag", "leaf-008": "flag"},
    modelled_on="pytorch/pytorch#2940",
)
def refused_flag_is_cleared_anyway(swap: Swap) -> None:
    """The flag of a result cannot be changed, but the refusal comes after the change."""
    sound = Tensor._nonleaf_flag

    def nonleaf_flag(self: Any, flag: bool) -> NonleafFlagError:
        error = sound(self, flag)
        self._grad_fn = None
        return error

    swap(Tensor, "_nonleaf_flag", nonleaf_flag)


@plant(
    kills={"leaf-205/method": "missing gradient", "leaf-007": "flag"},
    modelled_on="common in teaching engines",
)
def declaring_a_result_makes_a_leaf(swap: Swap) -> None:
    """requires_grad_() on a result makes it a leaf, and cuts off all that lies behind it."""
    sound = Tensor.requires_grad_

    def requires_grad_(self: Any, requires_grad: bool = True) -> Any:
        if requires_grad:
            self._grad_fn = None
        return sound(self, requires_grad)

    swap(Tensor, "requires_grad_", requires_grad_)


@plant(kills={"leaf-007": "nonleaf-flag"}, modelled_on="common in teaching engines")
def declaring_a_result_is_refused(swap: Swap) -> None:
    """requires_grad_() on a result is refused, though it asks for what is the case already."""
    sound = Tensor.requires_grad_

    def requires_grad_(self: Any, requires_grad: bool = True) -> Any:
        if not self.is_leaf:
            raise self._nonleaf_flag(requires_grad)
        return sound(self, requires_grad)

    swap(Tensor, "requires_grad_", requires_grad_)


@plant(kills={"leaf-008": "no error"}, modelled_on="common in teaching engines")
def assigning_true_to_a_result_is_allowed(swap: Swap) -> None:
    """Assigning to requires_grad is the method requires_grad_, and as lenient."""
    assigning(swap, "requires_grad", lambda tensor, value, _write: tensor.requires_grad_(value))


@plant(
    kills={"leaf-010/a_converted_variable": "flag", "leaf-213/to": "value"},
    modelled_on="NVIDIA/TransformerEngine#70",
)
def a_conversion_loses_the_history(swap: Swap) -> None:
    """Converting the data type of a tensor gives a constant."""
    sound = interop.to
    swap(Tensor, "to", lambda self, *given, **named: sound(self.detach(), *given, **named))


@plant(
    kills={
        "leaf-010/a_converted_variable": "flag",
        "leaf-213/to": "value",
        "leaf-012/to": "aliasing",
    },
    modelled_on="common in teaching engines",
)
def a_conversion_makes_another_leaf(swap: Swap) -> None:
    """Converting the data type of a variable gives another leaf, which is told the flag."""
    sound = interop.to

    def to(self: Any, *given: Any, **named: Any) -> Any:
        return sound(self.detach(), *given, **named).requires_grad_(self.requires_grad)

    swap(Tensor, "to", to)


@plant(
    kills={"leaf-010/a_variable_declared_after_a_conversion": "flag"},
    modelled_on="common in teaching engines",
)
def a_conversion_is_always_recorded(swap: Swap) -> None:
    """Converting the data type of a constant is recorded, and gives a result."""
    sound = interop.to

    def to(self: Any, *given: Any, **named: Any) -> Any:
        converted = sound(self, *given, **named)
        if converted is not self and converted._grad_fn is None:
            operator = TABLE["cast"]
            dtype = converted._array.dtype
            converted._grad_fn = recording.make_node(
                operator, (self,), (dtype, self._array.dtype), (False,), converted
            )
        return converted

    swap(Tensor, "to", to)


@plant(kills={"leaf-026a": "dtype"}, modelled_on="pytorch/pytorch#76785")
def conversions_pass_gradients_on(swap: Swap) -> None:
    """The gradient of a conversion is passed back in the data type of the result."""

    def unconverted(_xp: Any, g: Any, *_dtypes: Any) -> Any:
        swap.took_effect()
        return g

    swap(TABLE["cast"], "vjps", (unconverted,))


@plant(kills={"leaf-012/to": "aliasing"}, modelled_on="common in teaching engines")
def to_always_copies(swap: Swap) -> None:
    """to() copies a tensor that has the wanted data type already."""
    sound = interop.to
    swap(Tensor, "to", lambda self, *given, **named: sound(self, *given, **{**named, "copy": True}))


@plant(kills={"leaf-012/float": "aliasing"}, modelled_on="common in teaching engines")
def float_always_copies(swap: Swap) -> None:
    """float() and its like copy a tensor that has the wanted data type already."""
    sound = interop.to
    swap(
        interop, "to", lambda self, *given, **named: sound(self, *given, **{**named, "copy": True})
    )


@plant(kills={"leaf-013/is_leaf": "no error"}, modelled_on="common in teaching engines")
def assigned_leafness_is_swallowed(swap: Swap) -> None:
    """Assigning to is_leaf does nothing, and says nothing."""
    assigning(swap, "is_leaf", lambda _tensor, _value, _write: None)


@plant(kills={"leaf-013/grad_fn": "no error"}, modelled_on="common in teaching engines")
def grad_fn_is_a_plain_attribute(swap: Swap) -> None:
    """Assigning to grad_fn replaces the node of the tensor."""
    assigning(swap, "grad_fn", lambda tensor, value, _write: setattr(tensor, "_grad_fn", value))


@plant(kills={"leaf-013/output_nr": "no error"}, modelled_on="common in teaching engines")
def output_nr_is_a_plain_attribute(swap: Swap) -> None:
    """Assigning to output_nr replaces the tensor's place among the outputs of its node."""
    assigning(swap, "output_nr", lambda tensor, value, _write: setattr(tensor, "_output_nr", value))


@plant(kills={"leaf-051": "value"}, modelled_on="common in engines of one output a node")
def output_nr_is_zero(swap: Swap) -> None:
    """output_nr is 0 for every tensor."""
    reading(swap, "output_nr", lambda _tensor, _read: 0)


@plant(kills={"leaf-010a/a_constant": "unexpected gradient"}, modelled_on="common in lazy engines")
def every_leaf_has_a_node(swap: Swap) -> None:
    """The grad_fn of a leaf, a constant as well, is the node that would hold its gradient."""

    def grad_fn(tensor: Any, read: Any) -> Any:
        found = read(tensor)
        return node.AccumulateGrad(tensor) if found is None else found

    reading(swap, "grad_fn", grad_fn)
