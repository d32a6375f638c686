"""Faults in copies: detach, clone, deepcopy, pickles and their like."""

from __future__ import annotations

import copy
import re
import warnings
from typing import Any

import numpy as np

from gradspec_conformance.plants.places import assigning, at, reading
from gradspec_conformance.plants.plant import TEACHING, after, before, compound, plant, sweep
from gradspec_conformance.plants.swap import ahead
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.errors import ArrayRequiresGradError, InplaceShapeError, NonleafCopyError
from gradspec_reference.names import copying, factories, interop, printing


@plant(
    at(Tensor, "new_tensor"),
    "missing gradient: leaf-202/new_tensor; value: leaf-028/new_tensor",
    "pytorch/pytorch#11815",
)
def new_tensor_keeps_the_history(sound, self, data, **options):
    """new_tensor, given a tensor, makes a recorded copy of it."""
    return data.clone() if isinstance(data, Tensor) else sound(self, data, **options)


@plant(at(Tensor, "new_tensor"), "aliasing: leaf-028c/new_tensor", TEACHING)
def new_tensor_shares_memory(sound, self, data, *, requires_grad=False, **options):
    """new_tensor, given a tensor, makes a leaf on the same memory."""
    if isinstance(data, Tensor):
        return data.detach().requires_grad_(requires_grad)
    return sound(self, data, requires_grad=requires_grad, **options)


@after(at(Tensor, "__deepcopy__"), "missing gradient: leaf-041", "pytorch/pytorch#3307")
def a_deep_copy_forgets_the_gradient(twin, *_):
    """A deep copy of a leaf has its value and flag, but no gradient."""
    twin._grad = None


@after(at(Tensor, "__deepcopy__"), "flag: leaf-041", TEACHING)
def a_deep_copy_forgets_the_flag(twin, *_):
    """A deep copy of a leaf is a constant."""
    twin._requires_grad = False


@plant(at(Tensor, "__deepcopy__"), "aliasing: leaf-041; value: leaf-041a", TEACHING)
def a_deep_copy_is_the_tensor(_sound, self, _memo):
    """A deep copy of a tensor is the tensor itself, as if it were immutable."""
    return self


@after(at(Tensor, "__deepcopy__"), "value: leaf-041a; aliasing: leaf-041b", TEACHING)
def a_deep_copy_shares_the_gradient(twin, self, *_):
    """A deep copy of a leaf and its original have one gradient between them."""
    twin._grad = self._grad


@plant(at(Tensor, "__deepcopy__"), "aliasing: leaf-041b", TEACHING)
def a_deep_copy_shares_memory(_sound, self, memo):
    """A deep copy of a leaf is another tensor on the same memory."""
    twin = Tensor(self.materialise())
    twin._requires_grad = self.requires_grad
    twin._grad = copy.deepcopy(self._grad, memo)
    return twin


@plant(at(Tensor, "__deepcopy__"), "no error: leaf-042", "pytorch/pytorch#64341")
def a_result_is_deep_copied_as_a_clone(sound, self, memo):
    """A deep copy of a result is a clone, joined to the same graph."""
    return sound(self, memo) if self.is_leaf else self.clone()


@plant(at(Tensor, "__reduce__"), "flag: leaf-043/a_leaf", TEACHING)
def a_pickle_forgets_the_flag(sound, self):
    """A tensor that was pickled comes back as a constant."""
    return sound(self.detach())


@before(at(Tensor, "__reduce__"), "nonleaf-copy: leaf-043/a_result", TEACHING)
def a_result_cannot_be_pickled(self):
    """Pickling a result is refused, as deep-copying it is."""
    if not self.is_leaf:
        raise NonleafCopyError("a result was pickled")


@plant(reading("data"), "value: leaf-028/data; flag: leaf-035a/data", "pytorch/pytorch#685")
def data_keeps_the_history(_sound, tensor):
    """The data of a tensor is the tensor itself, with its history and its flag."""
    return tensor


@plant(reading("data"), "flag: leaf-035a/data", TEACHING)
def data_takes_the_flag(sound, tensor):
    """The data of a tensor that requires grad is a leaf that requires grad."""
    return sound(tensor).requires_grad_(tensor.requires_grad)


@before(reading("data"), "root-without-grad: leaf-212/data", "pytorch/pytorch#170819")
def data_cuts_its_owner(tensor):
    """Reading the data of a tensor detaches the tensor itself."""
    tensor._grad_fn, tensor._requires_grad = (None, False)


@plant(reading("data"), "aliasing: leaf-035b", TEACHING)
def data_is_a_copy(_sound, tensor):
    """The data of a tensor is a copy of its values."""
    return Tensor(tensor.materialise().copy())


@plant(assigning("data"), "value: leaf-036/another_value; shape: leaf-036/another_shape", TEACHING)
def assigned_data_is_swallowed(sound, tensor, value):
    """Assigning to data changes a tensor that is thrown away, and not the owner."""
    return sound(tensor.alias(), value)


@after(
    assigning("data"), "root-without-grad: leaf-036/another_value leaf-036/another_shape", TEACHING
)
def assigned_data_brings_its_flag(_, tensor, value):
    """Assigning to data takes over the flag of the values, so the leaf becomes a constant."""
    tensor._requires_grad = value.requires_grad


@plant(assigning("data"), "inplace-shape: leaf-036/another_shape", TEACHING)
def assigned_data_is_copied_into_place(_sound, tensor, value):
    """Assigning to data copies the values into the memory of the leaf, which has to fit."""
    if value.shape != tensor.shape:
        raise InplaceShapeError("data was assigned values of another shape")
    tensor.materialise()[...] = value._array


@plant(
    assigning("data"),
    "no error: leaf-014a/by_its_data; value: leaf-203/by_its_data",
    "pytorch/pytorch#76008",
)
def assigned_data_may_be_whole(_sound, tensor, value):
    """Data of any type can be assigned to a leaf that requires grad."""
    tensor._array = value._array


@plant(at(Tensor, "item"), "value: leaf-216", TEACHING)
def item_is_a_whole_number(_sound, self):
    """item() leaves out what comes after the decimal point."""
    return int(interop.item(self))


@plant(at(Tensor, "item"), "root-without-grad: leaf-212/item", "lazy engines")
def item_cuts_its_tensor(_sound, self):
    """item() of a tensor detaches the tensor itself."""
    return interop.item(self.detach_())


@before(at(Tensor, "item"), "array-requires-grad: leaf-037/item", "tracing engines")
def item_is_refused_to_variables(self):
    """item() of a tensor that requires grad is refused."""
    if self.requires_grad:
        raise ArrayRequiresGradError("a tensor that requires grad was made a number")


@plant(at(Tensor, "tolist"), "root-without-grad: leaf-212/tolist", "lazy engines")
def tolist_cuts_its_tensor(_sound, self):
    """tolist() of a tensor detaches the tensor itself."""
    return interop.tolist(self.detach_())


@plant(at(Tensor, "tolist"), "order: leaf-037b", TEACHING)
def tolist_is_flat(_sound, self):
    """tolist() gives one flat list of numbers."""
    return self._array.reshape(-1).tolist()


@plant(at(Tensor, "numpy"), "no error: leaf-038/a_leaf leaf-038/a_result", "tinygrad habit")
def numpy_never_refuses(_sound, self, **_options):
    """numpy() gives an array of every tensor, whatever history is lost."""
    return self.materialise()


@plant(at(Tensor, "numpy"), "no error: leaf-038/a_leaf", TEACHING)
def numpy_refuses_results_only(sound, self, *, force=False):
    """numpy() is refused where there is a history, and not on a leaf that requires grad."""
    return sound(self, force=force or self.is_leaf)


@plant(at(Tensor, "numpy"), "no error: leaf-038/a_result", TEACHING)
def numpy_refuses_leaves_only(sound, self, *, force=False):
    """numpy() is refused on a leaf that requires grad, and not where there is a history."""
    return sound(self, force=force or not self.is_leaf)


@before(at(Tensor, "numpy"), "array-requires-grad: leaf-221", TEACHING)
def numpy_asks_no_mode(self, *, force=False):
    """numpy() is refused on a tensor that requires grad in no_grad too."""
    if self.requires_grad and not force:
        raise ArrayRequiresGradError("a tensor that requires grad was asked for an array")


@plant(
    at(Tensor, "numpy"),
    "array-requires-grad: leaf-038b/a_leaf_by_force leaf-038b/a_result_by_force",
    "engines without force",
)
def numpy_ignores_force(sound, self, **_options):
    """numpy(force=True) is refused like numpy() on a tensor that requires grad."""
    return sound(self)


@plant(at(Tensor, "numpy"), "root-without-grad: leaf-212/numpy_by_force", TEACHING)
def numpy_by_force_cuts_the_tensor(sound, self, *, force=False):
    """numpy(force=True) detaches the tensor itself."""
    return sound(self.detach_() if force else self, force=force)


@plant(at(Tensor, "numpy"), "value: leaf-040", TEACHING)
def numpy_copies(sound, self, *, force=False):
    """numpy() gives a copy of the values."""
    return sound(self, force=force).copy()


@plant(at(Tensor, "__repr__"), "text: leaf-044/a_leaf leaf-044/a_result", "pytorch/pytorch#6768")
def text_is_values_only(_sound, self):
    """The printed text of a tensor shows its values and nothing else."""
    return f"tensor({printing.values(self._array)})"


@plant(at(Tensor, "__repr__"), "text: leaf-044/a_result", TEACHING)
def text_shows_the_flag_of_results(sound, self):
    """The printed text shows requires_grad=True on everything that requires grad."""
    text = sound(self)
    if self.requires_grad and (not self.is_leaf):
        text = text[:-1] + ", requires_grad=True)"
    return text


@plant(at(Tensor, "__repr__"), "text: leaf-044a", TEACHING)
def text_shows_a_nameless_node(sound, self):
    """The printed text of a result says that there is a node, and not which."""
    return re.sub("grad_fn=<\\w+>", "grad_fn=<Node>", sound(self))


@after(at(Tensor, "__repr__"), "value: leaf-055/repr", "lazy engines")
def printing_cuts_the_history(_, self):
    """Printing a tensor computes its value, and drops the way to it."""
    self._grad_fn = None


@compound("value: leaf-218", "lazy engines")
def showing_allocates_the_gradient(swap):
    """Showing a leaf gives it a gradient of zeros, whatever it has."""

    def allocate(self, *_):
        if self.requires_grad and self.is_leaf:
            self._grad = Tensor(np.zeros_like(self._array))

    for shown in ("__repr__", "__format__"):
        swap(at(Tensor, shown), ahead(allocate))


@plant(at(Tensor, "new_tensor"), "warning: leaf-028d/new_tensor", "pytorch/pytorch#10876")
def new_tensor_is_silent(sound, self, data, **options):
    """new_tensor takes the values of a tensor without a word on the history."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return sound(self, data, **options)


@plant(at(Tensor, "__deepcopy__"), "aliasing: leaf-215", "copies that are made place by place")
def a_deep_copy_has_a_gradient_apart(_sound, self, _memo):
    """The gradient of a leaf is copied with it, whatever else was copied already."""
    return copying.deepcopy(self, {})


@plant(at(Tensor, "__deepcopy__"), "aliasing: leaf-222", "copies that are made place by place")
def a_deep_copy_has_memory_for_each_tensor(sound, self, memo):
    """Each tensor of a structure is copied into memory of its own."""
    twin = sound(self, memo)
    twin._array = np.array(twin._array)
    return twin


@plant(at(Tensor, "detach"), "value: leaf-028/detach; flag: leaf-035a/detach", "no constants")
def detach_returns_the_tensor(_sound, self):
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
        f"root-without-grad: leaf-212/{taker}",
        name=f"{taker}_cuts_its_tensor",
        change=f"{taker} detaches the tensor itself.",
    )


@after(assigning("data"), "shape: inp-249", "where a leaf is asked for its shape late")
def existing_graphs_see_the_new_shape(_, tensor, _value):
    """Gradients of graphs that exist are brought to the shape of the data assigned since."""
    node = tensor.leaf_state().accumulator()
    if node is not None:
        node.refresh()
