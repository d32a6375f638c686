"""Faults in leaving the engine: data, numbers, arrays and text."""

# ruff: noqa: SLF001 - a plant reaches inside

from __future__ import annotations

import re
from typing import Any

import numpy as np

from gradspec_conformance.plants.plant import Swap, plant
from gradspec_conformance.plants.tensors_and_leaves.attributes import assigning, reading
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.errors import ArrayRequiresGradError, InplaceShapeError
from gradspec_reference.names import interop, printing


@plant(
    kills={"leaf-028/data": "value", "leaf-035a/data": "flag", "leaf-035b": "aliasing"},
    modelled_on="pytorch/pytorch#685",
)
def data_keeps_the_history(swap: Swap) -> None:
    """The data of a tensor is the tensor itself, with its history and its flag."""
    reading(swap, "data", lambda tensor, _read: tensor)


@plant(kills={"leaf-035a/data": "flag"}, modelled_on="common in teaching engines")
def data_takes_the_flag(swap: Swap) -> None:
    """The data of a tensor that requires grad is a leaf that requires grad."""
    reading(swap, "data", lambda tensor, read: read(tensor).requires_grad_(tensor.requires_grad))


@plant(kills={"leaf-212/data": "root-without-grad"}, modelled_on="pytorch/pytorch#170819")
def data_cuts_its_owner(swap: Swap) -> None:
    """Reading the data of a tensor detaches the tensor itself."""

    def data(tensor: Any, read: Any) -> Any:
        tensor._grad_fn, tensor._requires_grad = None, False
        return read(tensor)

    reading(swap, "data", data)


@plant(kills={"leaf-035b": "aliasing"}, modelled_on="common in teaching engines")
def data_is_a_copy(swap: Swap) -> None:
    """The data of a tensor is a copy of its values."""
    reading(swap, "data", lambda tensor, _read: Tensor(tensor.materialise().copy()))


@plant(
    kills={"leaf-036/another_value": "value", "leaf-036/another_shape": "shape"},
    modelled_on="common in teaching engines",
)
def assigned_data_is_swallowed(swap: Swap) -> None:
    """Assigning to data changes a tensor that is thrown away, and not the owner."""
    assigning(swap, "data", lambda tensor, value, write: write(tensor.alias(), value))


@plant(
    kills={
        "leaf-036/another_value": "root-without-grad",
        "leaf-036/another_shape": "root-without-grad",
    },
    modelled_on="common in teaching engines",
)
def assigned_data_brings_its_flag(swap: Swap) -> None:
    """Assigning to data takes over the flag of the values, so the leaf becomes a constant."""

    def assign(tensor: Any, value: Any, write: Any) -> None:
        write(tensor, value)
        tensor._requires_grad = value.requires_grad

    assigning(swap, "data", assign)


@plant(kills={"leaf-036/another_shape": "inplace-shape"}, modelled_on="common in teaching engines")
def assigned_data_is_copied_into_place(swap: Swap) -> None:
    """Assigning to data copies the values into the memory of the leaf, which has to fit."""

    def assign(tensor: Any, value: Any, _write: Any) -> None:
        if value.shape != tensor.shape:
            raise InplaceShapeError("data was assigned values of another shape")
        tensor.materialise()[...] = value._array

    assigning(swap, "data", assign)


@plant(
    kills={"leaf-014a/by_its_data": "no error", "leaf-203/by_its_data": "value"},
    modelled_on="pytorch/pytorch#76008",
)
def assigned_data_may_be_whole(swap: Swap) -> None:
    """Data of any type can be assigned to a leaf that requires grad."""

    def unchecked(tensor: Any, value: Any, _write: Any) -> None:
        tensor._array = value._array

    assigning(swap, "data", unchecked)


@plant(kills={"leaf-037/item": "value"}, modelled_on="common in teaching engines")
def item_is_a_whole_number(swap: Swap) -> None:
    """item() leaves out what comes after the decimal point."""
    swap(Tensor, "item", lambda self: int(interop.item(self)))


@plant(kills={"leaf-212/item": "root-without-grad"}, modelled_on="common in lazy engines")
def item_cuts_its_tensor(swap: Swap) -> None:
    """item() of a tensor detaches the tensor itself."""
    swap(Tensor, "item", lambda self: interop.item(self.detach_()))


@plant(kills={"leaf-037/item": "array-requires-grad"}, modelled_on="common in tracing engines")
def item_is_refused_to_variables(swap: Swap) -> None:
    """item() of a tensor that requires grad is refused."""
    sound = interop.item

    def item(self: Any) -> Any:
        if self.requires_grad:
            raise ArrayRequiresGradError("a tensor that requires grad was made a number")
        return sound(self)

    swap(Tensor, "item", item)


@plant(
    kills={"leaf-037/float": "array-requires-grad", "leaf-037/int": "array-requires-grad"},
    modelled_on="common in tracing engines",
)
def numbers_are_refused_to_variables(swap: Swap) -> None:
    """float() and int() of a tensor that requires grad are refused."""
    sound = interop.item

    def item(self: Any) -> Any:
        if self.requires_grad:
            raise ArrayRequiresGradError("a tensor that requires grad was made a number")
        return sound(self)

    swap(interop, "item", item)


@plant(
    kills={"leaf-212/float": "root-without-grad", "leaf-212/int": "root-without-grad"},
    modelled_on="common in teaching engines",
)
def numbers_cut_their_tensor(swap: Swap) -> None:
    """float() and int() of a tensor detach the tensor itself."""
    sound = interop.item
    swap(interop, "item", lambda self: sound(self.detach_()))


@plant(kills={"leaf-212/tolist": "root-without-grad"}, modelled_on="common in lazy engines")
def tolist_cuts_its_tensor(swap: Swap) -> None:
    """tolist() of a tensor detaches the tensor itself."""
    swap(Tensor, "tolist", lambda self: interop.tolist(self.detach_()))


@plant(kills={"leaf-037b": "order"}, modelled_on="common in teaching engines")
def tolist_is_flat(swap: Swap) -> None:
    """tolist() gives one flat list of numbers."""
    swap(Tensor, "tolist", lambda self: self._array.reshape(-1).tolist())


@plant(
    kills={"leaf-038/a_leaf": "no error", "leaf-038/a_result": "no error"},
    modelled_on="tinygrad habit",
)
def numpy_never_refuses(swap: Swap) -> None:
    """numpy() gives an array of every tensor, whatever history is lost."""
    swap(Tensor, "numpy", lambda self, **_options: self.materialise())


@plant(kills={"leaf-038/a_leaf": "no error"}, modelled_on="common in teaching engines")
def numpy_refuses_results_only(swap: Swap) -> None:
    """numpy() is refused where there is a history, and not on a leaf that requires grad."""
    sound = interop.numpy
    swap(Tensor, "numpy", lambda self, *, force=False: sound(self, force=force or self.is_leaf))


@plant(kills={"leaf-038/a_result": "no error"}, modelled_on="common in teaching engines")
def numpy_refuses_leaves_only(swap: Swap) -> None:
    """numpy() is refused on a leaf that requires grad, and not where there is a history."""
    sound = interop.numpy
    swap(Tensor, "numpy", lambda self, *, force=False: sound(self, force=force or not self.is_leaf))


@plant(
    kills={
        "leaf-038b/a_leaf_by_force": "array-requires-grad",
        "leaf-038b/a_result_by_force": "array-requires-grad",
    },
    modelled_on="common in engines without force",
)
def numpy_ignores_force(swap: Swap) -> None:
    """numpy(force=True) is refused like numpy() on a tensor that requires grad."""
    sound = interop.numpy
    swap(Tensor, "numpy", lambda self, **_options: sound(self))


@plant(
    kills={"leaf-212/numpy_by_force": "root-without-grad"}, modelled_on="common in teaching engines"
)
def numpy_by_force_cuts_the_tensor(swap: Swap) -> None:
    """numpy(force=True) detaches the tensor itself."""
    sound = interop.numpy

    def numpy(self: Any, *, force: bool = False) -> Any:
        return sound(self.detach_() if force else self, force=force)

    swap(Tensor, "numpy", numpy)


@plant(kills={"leaf-040": "value"}, modelled_on="common in teaching engines")
def numpy_copies(swap: Swap) -> None:
    """numpy() gives a copy of the values."""
    sound = interop.numpy
    swap(Tensor, "numpy", lambda self, *, force=False: sound(self, force=force).copy())


@plant(
    kills={"leaf-044/a_leaf": "text", "leaf-044/a_result": "text", "leaf-044a": "text"},
    modelled_on="pytorch/pytorch#6768",
)
def text_is_values_only(swap: Swap) -> None:
    """The printed text of a tensor shows its values and nothing else."""
    swap(Tensor, "__repr__", lambda self: f"tensor({printing.values(self._array)})")


@plant(kills={"leaf-044/a_result": "text"}, modelled_on="common in teaching engines")
def text_shows_the_flag_of_results(swap: Swap) -> None:
    """The printed text shows requires_grad=True on everything that requires grad."""
    sound = printing.show

    def show(self: Any) -> str:
        text = sound(self)
        if self.requires_grad and not self.is_leaf:
            text = text[:-1] + ", requires_grad=True)"
        return text

    swap(Tensor, "__repr__", show)


@plant(kills={"leaf-044a": "text"}, modelled_on="common in teaching engines")
def text_shows_a_nameless_node(swap: Swap) -> None:
    """The printed text of a result says that there is a node, and not which."""
    sound = printing.show
    swap(Tensor, "__repr__", lambda self: re.sub(r"grad_fn=<\w+>", "grad_fn=<Node>", sound(self)))


@plant(kills={"leaf-055/repr": "value"}, modelled_on="common in lazy engines")
def printing_cuts_the_history(swap: Swap) -> None:
    """Printing a tensor computes its value, and drops the way to it."""
    sound = printing.show

    def show(self: Any) -> str:
        text = sound(self)
        self._grad_fn = None
        return text

    swap(Tensor, "__repr__", show)


@plant(kills={"leaf-055/repr": "unexpected gradient"}, modelled_on="common in lazy engines")
def printing_allocates_the_gradient(swap: Swap) -> None:
    """Printing a leaf that has no gradient yet makes it one of zeros."""
    sound = printing.show

    def show(self: Any) -> str:
        if self.requires_grad and self.is_leaf and self._grad is None:
            self._grad = Tensor(np.zeros_like(self._array))
        return sound(self)

    swap(Tensor, "__repr__", show)


@plant(kills={"leaf-055/format": "value"}, modelled_on="common in lazy engines")
def formatting_cuts_the_history(swap: Swap) -> None:
    """Formatting a tensor computes its value, and drops the way to it."""

    def show(self: Any, spec: str) -> str:
        text = interop.format_number(self, spec)
        self._grad_fn = None
        return text

    swap(Tensor, "__format__", show)


@plant(kills={"leaf-214": "text"}, modelled_on="Python's habit for objects")
def formatting_is_printing(swap: Swap) -> None:
    """A tensor in a formatted string is shown as it is printed."""
    swap(Tensor, "__format__", lambda self, _spec: repr(self))
