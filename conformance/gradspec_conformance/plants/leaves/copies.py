"""Faults in copies: detach, clone, deepcopy, pickles and their like."""

# ruff: noqa: SLF001 - a plant reaches inside

from __future__ import annotations

import copy
import re
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec_conformance.plants.places import assigning, at, reading
from gradspec_conformance.plants.plant import compound, plant, sweep
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.errors import ArrayRequiresGradError, InplaceShapeError, NonleafCopyError
from gradspec_reference.names import copying, factories, interop, likeness, printing

if TYPE_CHECKING:
    from gradspec_conformance.plants.swap import Swap


@compound(
    {"leaf-202/new_tensor": "missing gradient", "leaf-028/new_tensor": "value"},
    "pytorch/pytorch#11815",
)
def new_tensor_keeps_the_history(swap: Swap) -> None:
    """new_tensor, given a tensor, makes a recorded copy of it."""
    sound = likeness.new_tensor

    def new_tensor(_sound: Any, self: Any, data: Any, **options: Any) -> Any:
        return data.clone() if isinstance(data, Tensor) else sound(self, data, **options)

    swap(at(Tensor, "new_tensor"), new_tensor)


@compound({"leaf-028c/new_tensor": "aliasing"}, "common in teaching engines")
def new_tensor_shares_memory(swap: Swap) -> None:
    """new_tensor, given a tensor, makes a leaf on the same memory."""
    sound = likeness.new_tensor

    def new_tensor(
        _sound: Any, self: Any, data: Any, *, requires_grad: bool = False, **options: Any
    ) -> Any:
        if isinstance(data, Tensor):
            return data.detach().requires_grad_(requires_grad)
        return sound(self, data, requires_grad=requires_grad, **options)

    swap(at(Tensor, "new_tensor"), new_tensor)


@compound({"leaf-041": "missing gradient"}, "pytorch/pytorch#3307")
def a_deep_copy_forgets_the_gradient(swap: Swap) -> None:
    """A deep copy of a leaf has its value and flag, but no gradient."""
    sound = copying.deepcopy

    def deepcopy(_sound: Any, self: Any, memo: dict[int, Any]) -> Any:
        twin = sound(self, memo)
        twin._grad = None
        return twin

    swap(at(Tensor, "__deepcopy__"), deepcopy)


@compound({"leaf-041": "flag"}, "common in teaching engines")
def a_deep_copy_forgets_the_flag(swap: Swap) -> None:
    """A deep copy of a leaf is a constant."""
    sound = copying.deepcopy

    def deepcopy(_sound: Any, self: Any, memo: dict[int, Any]) -> Any:
        twin = sound(self, memo)
        twin._requires_grad = False
        return twin

    swap(at(Tensor, "__deepcopy__"), deepcopy)


@plant(
    at(Tensor, "__deepcopy__"),
    {"leaf-041": "aliasing", "leaf-041a": "value"},
    "common in teaching engines",
)
def a_deep_copy_is_the_tensor(_sound: Any, self: Any, _memo: Any) -> Any:
    """A deep copy of a tensor is the tensor itself, as if it were immutable."""
    return self


@compound({"leaf-041a": "value", "leaf-041b": "aliasing"}, "common in teaching engines")
def a_deep_copy_shares_the_gradient(swap: Swap) -> None:
    """A deep copy of a leaf and its original have one gradient between them."""
    sound = copying.deepcopy

    def deepcopy(_sound: Any, self: Any, memo: dict[int, Any]) -> Any:
        twin = sound(self, memo)
        twin._grad = self._grad
        return twin

    swap(at(Tensor, "__deepcopy__"), deepcopy)


@plant(at(Tensor, "__deepcopy__"), {"leaf-041b": "aliasing"}, "common in teaching engines")
def a_deep_copy_shares_memory(_sound: Any, self: Any, memo: dict[int, Any]) -> Any:
    """A deep copy of a leaf is another tensor on the same memory."""
    twin = Tensor(self.materialise())
    twin._requires_grad = self.requires_grad
    twin._grad = copy.deepcopy(self._grad, memo)
    return twin


@compound({"leaf-042": "no error"}, "pytorch/pytorch#64341")
def a_result_is_deep_copied_as_a_clone(swap: Swap) -> None:
    """A deep copy of a result is a clone, joined to the same graph."""
    sound = copying.deepcopy
    swap(
        at(Tensor, "__deepcopy__"),
        lambda _sound, self, memo: sound(self, memo) if self.is_leaf else self.clone(),
    )


@compound({"leaf-043": "flag"}, "common in teaching engines")
def a_pickle_forgets_the_flag(swap: Swap) -> None:
    """A tensor that was pickled comes back as a constant."""
    sound = copying.reduce
    swap(at(Tensor, "__reduce__"), lambda _sound, self: sound(self.detach()))


@compound({"leaf-043": "nonleaf-copy"}, "common in teaching engines")
def a_result_cannot_be_pickled(swap: Swap) -> None:
    """Pickling a result is refused, as deep-copying it is."""
    sound = copying.reduce

    def reduce(_sound: Any, self: Any) -> Any:
        if not self.is_leaf:
            raise NonleafCopyError("a result was pickled")
        return sound(self)

    swap(at(Tensor, "__reduce__"), reduce)


@plant(reading("data"), {"leaf-028/data": "value", "leaf-035a/data": "flag"}, "pytorch/pytorch#685")
def data_keeps_the_history(_sound: Any, tensor: Any) -> Any:
    """The data of a tensor is the tensor itself, with its history and its flag."""
    return tensor


@plant(reading("data"), {"leaf-035a/data": "flag"}, "common in teaching engines")
def data_takes_the_flag(sound: Any, tensor: Any) -> Any:
    """The data of a tensor that requires grad is a leaf that requires grad."""
    return sound(tensor).requires_grad_(tensor.requires_grad)


@plant(reading("data"), {"leaf-212/data": "root-without-grad"}, "pytorch/pytorch#170819")
def data_cuts_its_owner(sound: Any, tensor: Any) -> Any:
    """Reading the data of a tensor detaches the tensor itself."""
    tensor._grad_fn, tensor._requires_grad = (None, False)
    return sound(tensor)


@plant(reading("data"), {"leaf-035b": "aliasing"}, "common in teaching engines")
def data_is_a_copy(_sound: Any, tensor: Any) -> Any:
    """The data of a tensor is a copy of its values."""
    return Tensor(tensor.materialise().copy())


@plant(
    assigning("data"),
    {"leaf-036/another_value": "value", "leaf-036/another_shape": "shape"},
    "common in teaching engines",
)
def assigned_data_is_swallowed(sound: Any, tensor: Any, value: Any) -> Any:
    """Assigning to data changes a tensor that is thrown away, and not the owner."""
    return sound(tensor.alias(), value)


@plant(
    assigning("data"),
    {"leaf-036/another_value": "root-without-grad", "leaf-036/another_shape": "root-without-grad"},
    "common in teaching engines",
)
def assigned_data_brings_its_flag(sound: Any, tensor: Any, value: Any) -> None:
    """Assigning to data takes over the flag of the values, so the leaf becomes a constant."""
    sound(tensor, value)
    tensor._requires_grad = value.requires_grad


@plant(assigning("data"), {"leaf-036/another_shape": "inplace-shape"}, "common in teaching engines")
def assigned_data_is_copied_into_place(_sound: Any, tensor: Any, value: Any) -> None:
    """Assigning to data copies the values into the memory of the leaf, which has to fit."""
    if value.shape != tensor.shape:
        raise InplaceShapeError("data was assigned values of another shape")
    tensor.materialise()[...] = value._array


@plant(
    assigning("data"),
    {"leaf-014a/by_its_data": "no error", "leaf-203/by_its_data": "value"},
    "pytorch/pytorch#76008",
)
def assigned_data_may_be_whole(_sound: Any, tensor: Any, value: Any) -> None:
    """Data of any type can be assigned to a leaf that requires grad."""
    tensor._array = value._array


@plant(at(Tensor, "item"), {"leaf-037/item": "value"}, "common in teaching engines")
def item_is_a_whole_number(_sound: Any, self: Any) -> Any:
    """item() leaves out what comes after the decimal point."""
    return int(interop.item(self))


@plant(at(Tensor, "item"), {"leaf-212/item": "root-without-grad"}, "common in lazy engines")
def item_cuts_its_tensor(_sound: Any, self: Any) -> Any:
    """item() of a tensor detaches the tensor itself."""
    return interop.item(self.detach_())


@compound({"leaf-037/item": "array-requires-grad"}, "common in tracing engines")
def item_is_refused_to_variables(swap: Swap) -> None:
    """item() of a tensor that requires grad is refused."""
    sound = interop.item

    def item(_sound: Any, self: Any) -> Any:
        if self.requires_grad:
            raise ArrayRequiresGradError("a tensor that requires grad was made a number")
        return sound(self)

    swap(at(Tensor, "item"), item)


@plant(at(Tensor, "tolist"), {"leaf-212/tolist": "root-without-grad"}, "common in lazy engines")
def tolist_cuts_its_tensor(_sound: Any, self: Any) -> Any:
    """tolist() of a tensor detaches the tensor itself."""
    return interop.tolist(self.detach_())


@plant(at(Tensor, "tolist"), {"leaf-037b": "order"}, "common in teaching engines")
def tolist_is_flat(_sound: Any, self: Any) -> Any:
    """tolist() gives one flat list of numbers."""
    return self._array.reshape(-1).tolist()


@plant(
    at(Tensor, "numpy"),
    {"leaf-038/a_leaf": "no error", "leaf-038/a_result": "no error"},
    "tinygrad habit",
)
def numpy_never_refuses(_sound: Any, self: Any, **_options: Any) -> Any:
    """numpy() gives an array of every tensor, whatever history is lost."""
    return self.materialise()


@compound({"leaf-038/a_leaf": "no error"}, "common in teaching engines")
def numpy_refuses_results_only(swap: Swap) -> None:
    """numpy() is refused where there is a history, and not on a leaf that requires grad."""
    sound = interop.numpy
    swap(
        at(Tensor, "numpy"),
        lambda _sound, self, *, force=False: sound(self, force=force or self.is_leaf),
    )


@compound({"leaf-038/a_result": "no error"}, "common in teaching engines")
def numpy_refuses_leaves_only(swap: Swap) -> None:
    """numpy() is refused on a leaf that requires grad, and not where there is a history."""
    sound = interop.numpy
    swap(
        at(Tensor, "numpy"),
        lambda _sound, self, *, force=False: sound(self, force=force or not self.is_leaf),
    )


@compound(
    {
        "leaf-038b/a_leaf_by_force": "array-requires-grad",
        "leaf-038b/a_result_by_force": "array-requires-grad",
    },
    "common in engines without force",
)
def numpy_ignores_force(swap: Swap) -> None:
    """numpy(force=True) is refused like numpy() on a tensor that requires grad."""
    sound = interop.numpy
    swap(at(Tensor, "numpy"), lambda _sound, self, **_options: sound(self))


@compound({"leaf-212/numpy_by_force": "root-without-grad"}, "common in teaching engines")
def numpy_by_force_cuts_the_tensor(swap: Swap) -> None:
    """numpy(force=True) detaches the tensor itself."""
    sound = interop.numpy

    def numpy(_sound: Any, self: Any, *, force: bool = False) -> Any:
        return sound(self.detach_() if force else self, force=force)

    swap(at(Tensor, "numpy"), numpy)


@compound({"leaf-221": "array-requires-grad"}, "common in teaching engines")
def numpy_asks_no_mode(swap: Swap) -> None:
    """numpy() is refused on a tensor that requires grad in no_grad too."""
    sound = interop.numpy

    def numpy(_sound: Any, self: Any, *, force: bool = False) -> Any:
        if self.requires_grad and not force:
            raise ArrayRequiresGradError("a tensor that requires grad was asked for an array")
        return sound(self, force=force)

    swap(at(Tensor, "numpy"), numpy)


@compound({"leaf-040": "value"}, "common in teaching engines")
def numpy_copies(swap: Swap) -> None:
    """numpy() gives a copy of the values."""
    sound = interop.numpy
    swap(at(Tensor, "numpy"), lambda _sound, self, *, force=False: sound(self, force=force).copy())


@plant(
    at(Tensor, "__repr__"),
    {"leaf-044/a_leaf": "text", "leaf-044/a_result": "text"},
    "pytorch/pytorch#6768",
)
def text_is_values_only(_sound: Any, self: Any) -> Any:
    """The printed text of a tensor shows its values and nothing else."""
    return f"tensor({printing.values(self._array)})"


@compound({"leaf-044/a_result": "text"}, "common in teaching engines")
def text_shows_the_flag_of_results(swap: Swap) -> None:
    """The printed text shows requires_grad=True on everything that requires grad."""
    sound = printing.show

    def show(_sound: Any, self: Any) -> str:
        text = sound(self)
        if self.requires_grad and (not self.is_leaf):
            text = text[:-1] + ", requires_grad=True)"
        return text

    swap(at(Tensor, "__repr__"), show)


@compound({"leaf-044a": "text"}, "common in teaching engines")
def text_shows_a_nameless_node(swap: Swap) -> None:
    """The printed text of a result says that there is a node, and not which."""
    sound = printing.show
    swap(
        at(Tensor, "__repr__"),
        lambda _sound, self: re.sub("grad_fn=<\\w+>", "grad_fn=<Node>", sound(self)),
    )


@compound({"leaf-055/repr": "value"}, "common in lazy engines")
def printing_cuts_the_history(swap: Swap) -> None:
    """Printing a tensor computes its value, and drops the way to it."""
    sound = printing.show

    def show(_sound: Any, self: Any) -> str:
        text = sound(self)
        self._grad_fn = None
        return text

    swap(at(Tensor, "__repr__"), show)


@compound({"leaf-055/repr": "value"}, "common in lazy engines")
def printing_allocates_the_gradient(swap: Swap) -> None:
    """Printing a leaf gives it a gradient of zeros, whatever it has."""
    sound = printing.show

    def show(_sound: Any, self: Any) -> str:
        if self.requires_grad and self.is_leaf:
            self._grad = Tensor(np.zeros_like(self._array))
        return sound(self)

    swap(at(Tensor, "__repr__"), show)


@compound({"leaf-028d/new_tensor": "warning"}, "pytorch/pytorch#10876")
def new_tensor_is_silent(swap: Swap) -> None:
    """new_tensor takes the values of a tensor without a word on the history."""
    sound = likeness.new_tensor

    def new_tensor(_sound: Any, self: Any, data: Any, **options: Any) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return sound(self, data, **options)

    swap(at(Tensor, "new_tensor"), new_tensor)


@plant(at(Tensor, "__deepcopy__"), {"leaf-215": "aliasing"}, "copies that are made place by place")
def a_deep_copy_has_a_gradient_apart(_sound: Any, self: Any, _memo: Any) -> Any:
    """The gradient of a leaf is copied with it, whatever else was copied already."""
    return copying.deepcopy(self, {})


@compound({"leaf-222": "aliasing"}, "copies that are made place by place")
def a_deep_copy_has_memory_for_each_tensor(swap: Swap) -> None:
    """Each tensor of a structure is copied into memory of its own."""
    sound = copying.deepcopy

    def deepcopy(_sound: Any, self: Any, memo: dict[int, Any]) -> Any:
        twin = sound(self, memo)
        twin._array = np.array(twin._array)
        return twin

    swap(at(Tensor, "__deepcopy__"), deepcopy)


@plant(
    at(Tensor, "detach"),
    {"leaf-028/detach": "value", "leaf-035a/detach": "flag"},
    "common in engines without constants",
)
def detach_returns_the_tensor(_sound: Any, self: Any) -> Any:
    """detach() gives the tensor itself, with its history."""
    return self


TAKERS: dict[str, tuple[Any, str]] = {
    "tensor": (factories, "tensor"),
    "new_tensor": (Tensor, "new_tensor"),
    "detach": (Tensor, "detach"),
    "numpy": (Tensor, "numpy"),
    "deepcopy": (Tensor, "__deepcopy__"),
    "pickle": (Tensor, "__reduce__"),
}
"""Row of leaf-212 -> the function that takes the value."""


def cutting(sound: Any, *arguments: Any, **named: Any) -> Any:
    """Cut the tensors that are given off from their history."""
    for one in arguments:
        if isinstance(one, Tensor):
            one._grad_fn = None
    return sound(*arguments, **named)


for taker, place in TAKERS.items():
    sweep(
        at(*place),
        cutting,
        {f"leaf-212/{taker}": "root-without-grad"},
        name=f"{taker}_cuts_its_tensor",
        part="leaves",
        change=f"{taker} detaches the tensor itself.",
    )
