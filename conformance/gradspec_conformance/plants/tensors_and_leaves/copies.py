"""Faults in new tensors from old ones: what is taken along, what is shared, what is refused."""

# ruff: noqa: SLF001 - a plant reaches inside

from __future__ import annotations

import copy
import warnings
from typing import Any

import numpy as np

from gradspec_conformance.plants.plant import Swap, plant
from gradspec_reference import autograd
from gradspec_reference.engine import recording
from gradspec_reference.engine.operator import TABLE
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.errors import NonleafCopyError
from gradspec_reference.names import factories, interop
from gradspec_reference.names.functions import shapes


@plant(
    kills={
        "leaf-028/tensor": "value",
        "leaf-001a/tensor_of_a_tensor": "flag",
        "leaf-002/tensor_of_a_tensor": "flag",
    },
    modelled_on="pytorch/pytorch#10876",
)
def tensor_of_a_tensor_keeps_the_history(swap: Swap) -> None:
    """The constructor, given a tensor, makes a recorded copy of it."""
    sound = factories.tensor

    def tensor(data: Any, **options: Any) -> Any:
        return data.clone() if isinstance(data, Tensor) else sound(data, **options)

    swap(factories, "tensor", tensor)


@plant(kills={"leaf-001a/tensor_of_a_tensor": "flag"}, modelled_on="pytorch/pytorch#10876")
def tensor_of_a_tensor_takes_its_flag(swap: Swap) -> None:
    """The constructor, given a tensor that requires grad, makes a leaf that does so too."""
    sound = factories.tensor

    def tensor(data: Any, **options: Any) -> Any:
        made = sound(data, **options)
        return made.requires_grad_() if isinstance(data, Tensor) and data.requires_grad else made

    swap(factories, "tensor", tensor)


@plant(
    kills={"leaf-202/new_tensor": "missing gradient", "leaf-028/new_tensor": "value"},
    modelled_on="pytorch/pytorch#11815",
)
def new_tensor_keeps_the_history(swap: Swap) -> None:
    """new_tensor, given a tensor, makes a recorded copy of it."""
    sound = factories.new_tensor

    def new_tensor(self: Any, data: Any, **options: Any) -> Any:
        return data.clone() if isinstance(data, Tensor) else sound(self, data, **options)

    swap(Tensor, "new_tensor", new_tensor)


@plant(kills={"leaf-028c/tensor": "aliasing"}, modelled_on="common in teaching engines")
def tensor_of_a_tensor_shares_its_memory(swap: Swap) -> None:
    """The constructor, given a tensor, makes a leaf on the same memory."""
    sound = factories.tensor

    def tensor(data: Any, *, requires_grad: bool = False, **options: Any) -> Any:
        if isinstance(data, Tensor):
            return data.detach().requires_grad_(requires_grad)
        return sound(data, requires_grad=requires_grad, **options)

    swap(factories, "tensor", tensor)


@plant(kills={"leaf-028c/new_tensor": "aliasing"}, modelled_on="common in teaching engines")
def new_tensor_shares_memory(swap: Swap) -> None:
    """new_tensor, given a tensor, makes a leaf on the same memory."""
    sound = factories.new_tensor

    def new_tensor(self: Any, data: Any, *, requires_grad: bool = False, **options: Any) -> Any:
        if isinstance(data, Tensor):
            return data.detach().requires_grad_(requires_grad)
        return sound(self, data, requires_grad=requires_grad, **options)

    swap(Tensor, "new_tensor", new_tensor)


@plant(kills={"leaf-028d/tensor": "warning"}, modelled_on="pytorch/pytorch#10876")
def tensor_of_a_tensor_is_silent(swap: Swap) -> None:
    """The constructor takes the values of a tensor without a word on the history."""
    sound = factories.tensor

    def tensor(data: Any, **options: Any) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return sound(data, **options)

    swap(factories, "tensor", tensor)


@plant(kills={"leaf-029": "aliasing"}, modelled_on="common in teaching engines")
def as_tensor_always_copies(swap: Swap) -> None:
    """as_tensor copies a tensor that needs no conversion."""
    sound = factories.as_tensor

    def as_tensor(data: Any, *arguments: Any, **options: Any) -> Any:
        made = sound(data, *arguments, **options)
        return made.clone() if made is data else made

    swap(factories, "as_tensor", as_tensor)


@plant(
    kills={"leaf-213/as_tensor": "value", "leaf-029": "aliasing"},
    modelled_on="pytorch/pytorch#170819",
)
def as_tensor_cuts_the_history(swap: Swap) -> None:
    """as_tensor of a tensor is a constant on the same memory."""
    sound = factories.as_tensor

    def as_tensor(data: Any, *arguments: Any, **options: Any) -> Any:
        return sound(data, *arguments, **options).detach()

    swap(factories, "as_tensor", as_tensor)


@plant(kills={"leaf-213/asarray": "value"}, modelled_on="common in teaching engines")
def asarray_always_makes_a_leaf(swap: Swap) -> None:
    """What asarray makes of a tensor has no history, also when it is asked for requires_grad."""
    sound: Any = factories.asarray

    def asarray(obj: Any, **options: Any) -> Any:
        return sound(obj.detach() if isinstance(obj, Tensor) else obj, **options)

    swap(factories, "asarray", asarray)


@plant(kills={"leaf-029b": "warning"}, modelled_on="pytorch/pytorch#170819")
def asarray_cuts_the_history_if_not_asked(swap: Swap) -> None:
    """What asarray makes of a tensor without requires_grad has no history, and nothing is said."""
    sound: Any = factories.asarray

    def asarray(obj: Any, *, requires_grad: bool | None = None, **options: Any) -> Any:
        return sound(obj, requires_grad=bool(requires_grad), **options)

    swap(factories, "asarray", asarray)


@plant(kills={"leaf-212/asarray": "root-without-grad"}, modelled_on="pytorch/pytorch#170819")
def asarray_clears_its_argument(swap: Swap) -> None:
    """With requires_grad=False, asarray cuts the tensor itself off from its history."""
    sound: Any = factories.asarray

    def asarray(obj: Any, *, requires_grad: bool | None = None, **options: Any) -> Any:
        if isinstance(obj, Tensor) and requires_grad is False:
            return obj.detach_()
        return sound(obj, requires_grad=requires_grad, **options)

    swap(factories, "asarray", asarray)


@plant(
    kills={"leaf-028/asarray": "value", "leaf-035a/asarray": "flag"},
    modelled_on="common in teaching engines",
)
def asarray_never_cuts(swap: Swap) -> None:
    """What asarray makes of a tensor has its history, also with requires_grad=False."""
    sound = factories.as_tensor

    def asarray(obj: Any, *, dtype: Any = None, **options: Any) -> Any:
        del options
        return sound(obj, dtype)

    swap(factories, "asarray", asarray)


@plant(
    kills={"leaf-010/a_cloned_variable": "flag", "leaf-213/clone": "value"},
    modelled_on="common in teaching engines",
)
def a_clone_is_a_constant(swap: Swap) -> None:
    """A clone has the values of its original and no history."""
    sound = shapes.clone
    swap(shapes, "clone", lambda tensor: sound(tensor.detach()))


@plant(
    kills={
        "leaf-010/a_cloned_variable": "flag",
        "leaf-213/clone": "value",
        "leaf-031b": "missing gradient",
    },
    modelled_on="common in teaching engines",
)
def a_clone_is_another_leaf(swap: Swap) -> None:
    """A clone is a leaf with the value and the flag of its original, and nothing joins them."""
    sound = shapes.clone
    swap(
        shapes, "clone", lambda tensor: sound(tensor.detach()).requires_grad_(tensor.requires_grad)
    )


@plant(kills={"leaf-028c/clone": "aliasing"}, modelled_on="common in teaching engines")
def a_clone_shares_memory(swap: Swap) -> None:
    """A clone is recorded, but its result stays in the memory of the original."""
    swap(shapes, "clone", lambda tensor: recording.view(TABLE["alias"], tensor))


@plant(kills={"leaf-213/clone": "value", "leaf-031b": "value"}, modelled_on="pytorch/pytorch#4355")
def a_clone_passes_ones(swap: Swap) -> None:
    """The derivative of clone is its local one, 1, without the cotangent that arrives."""

    def rule(_xp: Any, cotangent: Any) -> Any:
        swap.took_effect()
        return cotangent * 0 + 1

    swap(TABLE["clone"], "vjps", (rule,))


@plant(
    kills={"leaf-041": "missing gradient", "leaf-041a": "value"}, modelled_on="pytorch/pytorch#3307"
)
def a_deep_copy_forgets_the_gradient(swap: Swap) -> None:
    """A deep copy of a leaf has its value and flag, but no gradient."""
    sound = interop.deepcopy

    def deepcopy(self: Any, memo: dict[int, Any]) -> Any:
        twin = sound(self, memo)
        twin._grad = None
        return twin

    swap(Tensor, "__deepcopy__", deepcopy)


@plant(kills={"leaf-041": "flag"}, modelled_on="common in teaching engines")
def a_deep_copy_forgets_the_flag(swap: Swap) -> None:
    """A deep copy of a leaf is a constant."""
    sound = interop.deepcopy

    def deepcopy(self: Any, memo: dict[int, Any]) -> Any:
        twin = sound(self, memo)
        twin._requires_grad = False
        return twin

    swap(Tensor, "__deepcopy__", deepcopy)


@plant(
    kills={
        "leaf-041": "aliasing",
        "leaf-041a": "value",
        "leaf-041b": "aliasing",
        "leaf-042": "no error",
    },
    modelled_on="common in teaching engines",
)
def a_deep_copy_is_the_tensor(swap: Swap) -> None:
    """A deep copy of a tensor is the tensor itself, as if it were immutable."""
    swap(Tensor, "__deepcopy__", lambda self, _memo: self)


@plant(
    kills={"leaf-041a": "value", "leaf-041b": "aliasing"}, modelled_on="common in teaching engines"
)
def a_deep_copy_shares_the_gradient(swap: Swap) -> None:
    """A deep copy of a leaf and its original have one gradient between them."""
    sound = interop.deepcopy

    def deepcopy(self: Any, memo: dict[int, Any]) -> Any:
        twin = sound(self, memo)
        twin._grad = self._grad
        return twin

    swap(Tensor, "__deepcopy__", deepcopy)


@plant(kills={"leaf-041b": "aliasing"}, modelled_on="common in teaching engines")
def a_deep_copy_shares_memory(swap: Swap) -> None:
    """A deep copy of a leaf is another tensor on the same memory."""

    def deepcopy(self: Any, memo: dict[int, Any]) -> Any:
        twin = Tensor(self.materialise())
        twin._requires_grad = self.requires_grad
        twin._grad = copy.deepcopy(self._grad, memo)
        return twin

    swap(Tensor, "__deepcopy__", deepcopy)


@plant(kills={"leaf-042": "no error"}, modelled_on="pytorch/pytorch#64341")
def a_result_is_deep_copied_as_a_clone(swap: Swap) -> None:
    """A deep copy of a result is a clone, joined to the same graph."""
    sound = interop.deepcopy
    swap(
        Tensor,
        "__deepcopy__",
        lambda self, memo: sound(self, memo) if self.is_leaf else self.clone(),
    )


@plant(kills={"leaf-043": "flag"}, modelled_on="common in teaching engines")
def a_pickle_forgets_the_flag(swap: Swap) -> None:
    """A tensor that was pickled comes back as a constant."""
    swap(Tensor, "__reduce__", lambda self: (interop.rebuild, (np.array(self._array), False)))


@plant(kills={"leaf-043": "nonleaf-copy"}, modelled_on="common in teaching engines")
def a_result_cannot_be_pickled(swap: Swap) -> None:
    """Pickling a result is refused, as deep-copying it is."""
    sound = interop.reduce

    def reduce(self: Any) -> Any:
        if not self.is_leaf:
            raise NonleafCopyError("a result was pickled")
        return sound(self)

    swap(Tensor, "__reduce__", reduce)


@plant(
    kills={"leaf-202/variable": "root-without-grad", "leaf-002/variable": "flag"},
    modelled_on="common in teaching engines",
)
def variable_ignores_the_flag(swap: Swap) -> None:
    """The old constructor Variable takes the argument requires_grad and ignores it."""
    swap(autograd.Variable, "__new__", lambda _class, data, **_options: data.detach())


@plant(kills={"leaf-001a/variable": "flag"}, modelled_on="common in teaching engines")
def variable_is_a_variable(swap: Swap) -> None:
    """The old constructor Variable makes what its name says: a leaf that requires grad."""
    swap(
        autograd.Variable,
        "__new__",
        lambda _class, data, requires_grad=True: data.detach().requires_grad_(requires_grad),
    )


@plant(kills={"leaf-046": "no error"}, modelled_on="common in teaching engines")
def the_function_variable_still_works(swap: Swap) -> None:
    """The withdrawn function autograd.variable makes a tensor."""
    swap(autograd, "variable", factories.tensor)


@plant(kills={"leaf-028d/new_tensor": "warning"}, modelled_on="pytorch/pytorch#10876")
def new_tensor_is_silent(swap: Swap) -> None:
    """new_tensor takes the values of a tensor without a word on the history."""
    sound = factories.new_tensor

    def new_tensor(self: Any, data: Any, **options: Any) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return sound(self, data, **options)

    swap(Tensor, "new_tensor", new_tensor)


@plant(kills={"leaf-215": "aliasing"}, modelled_on="copies that are made place by place")
def a_deep_copy_has_a_gradient_apart(swap: Swap) -> None:
    """The gradient of a leaf is copied with it, whatever else was copied already."""
    swap(Tensor, "__deepcopy__", lambda self, _memo: interop.deepcopy(self, {}))
