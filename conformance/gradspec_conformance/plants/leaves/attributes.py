"""Faults in methods of `Tensor`, and in how its gradient is read."""

# ruff: noqa: SLF001 - a plant reaches inside

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

import gradspec_reference
from gradspec_conformance.plants.history import unrecorded
from gradspec_conformance.plants.places import assigning, at, instead, reading
from gradspec_conformance.plants.plant import compound, plant
from gradspec_reference.engine import recording, versions
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.names import interop
from gradspec_reference.names.functions import shapes
from gradspec_reference.names.methods import METHODS
from gradspec_reference.operators import OPERATORS

if TYPE_CHECKING:
    from gradspec_conformance.plants.swap import Swap

Function = Callable[..., Any]


@plant(
    at(Tensor, "requires_grad_"),
    {"acc-007": "no error", "acc-020": "unexpected gradient"},
    "tinygrad/tinygrad#16230",
)
def grad_begins_at_zero(sound: Any, self: Tensor, requires_grad: bool = True) -> Any:
    """A leaf that requires grad has a gradient of zeros from the start."""
    if requires_grad and self._grad is None:
        self._grad = Tensor(np.zeros_like(self._array))
    return sound(self, requires_grad)


@compound({"bwd-002": "unexpected gradient"}, "engines whose backward() can be chained")
def backward_returns_its_root(swap: Swap) -> None:
    """backward() returns the tensor on which it was called."""
    original = METHODS["backward"]

    def returning(_sound: Any, self: Any, *arguments: Any, **keywords: Any) -> Any:
        original(self, *arguments, **keywords)
        return self

    swap(at(Tensor, "backward"), returning)


@compound(
    {"bwd-030/the_method": "value", "bwd-020": "value"},
    "common where the method and the function are written separately",
)
def method_forgets_its_inputs(swap: Swap) -> None:
    """The method backward() does not hand its inputs to the function."""
    original = METHODS["backward"]

    def without_inputs(
        _sound: Any, self: Any, *arguments: Any, inputs: Any = None, **keywords: Any
    ) -> None:
        del inputs
        original(self, *arguments, **keywords)

    swap(at(Tensor, "backward"), without_inputs)


@compound(
    {"op-209/t_": "cotangent-shape", "op-209/unsqueeze_": "cotangent-shape"},
    "common in engines without metadata changes in place",
)
def shape_is_changed_on_a_view(swap: Swap) -> None:
    """unsqueeze_, squeeze_, t_ and transpose_ return a view and leave the tensor as it was."""
    swap(at(Tensor, "unsqueeze_"), instead(shapes.unsqueeze))
    swap(at(Tensor, "squeeze_"), instead(shapes.squeeze))
    swap(at(Tensor, "t_"), instead(shapes.t))
    swap(at(Tensor, "transpose_"), instead(shapes.transpose))


@compound(
    {"inp-009": "aliasing", "inp-004/iadd": "no error"},
    "common in teaching engines, which have no __iadd__",
)
def augmented_makes_a_new_tensor(swap: Swap) -> None:
    """Augmented assignment computes a new tensor, as Python does without __iadd__ and the like."""
    for sign in ("add", "sub", "mul", "truediv", "pow"):
        swap(at(Tensor, f"__i{sign}__"), instead(METHODS[f"__{sign}__"]))


@compound(
    {"op-209/imul": "value", "op-209/ipow": "value"},
    "common in teaching engines: self.data += other.data",
)
def augmented_is_not_recorded(swap: Swap) -> None:
    """Augmented assignment changes the data and leaves the history as it was."""
    for sign in ("add", "sub", "mul", "truediv", "pow"):
        original = METHODS[f"__i{sign}__"]
        swap(at(Tensor, f"__i{sign}__"), lambda _sound, x, y, f=original: unrecorded(f, x, y))


@compound({"inp-001/zero": "value", "inp-204": "value"}, "common in engines with immutable arrays")
def zero_is_out_of_place(swap: Swap) -> None:
    """zero_() returns zeros and leaves the tensor alone."""
    swap(at(Tensor, "zero_"), instead(gradspec_reference.zeros_like))


@plant(
    at(Tensor, "resize_"),
    {"inp-036": "no error"},
    "common in engines where shape is a plain attribute",
)
def resize_what_requires_grad(_sound: Any, self: Any, *sizes: Any) -> Any:
    """resize_() resizes every tensor, whatever becomes of its history."""
    self._array = np.resize(self._array, *sizes)
    return self


@plant(at(Tensor, "alias"), {"inp-211": "value", "inp-011": "no error"}, "pytorch/pytorch#6990")
def detach_new_version(_sound: Any, self: Any) -> Any:
    """A detached alias, and so a saved result, has a version counter of its own."""
    return Tensor(self.materialise())


@plant(
    at(Tensor, "detach"),
    {"inp-043": "aliasing", "inp-049a": "value"},
    ".data and detach() as documented for torch 0.3",
)
def detach_copies(_sound: Any, self: Any) -> Any:
    """detach() copies the data."""
    return Tensor(self._array.copy())


@plant(at(Tensor, "detach"), {"inp-043": "flag"}, "common where detach is a view operation")
def detach_gives_a_view(_sound: Any, self: Any) -> Any:
    """detach() gives a view."""
    return recording.view(OPERATORS["alias"], self.alias())


@compound({"inp-040": "value"}, "common where an export is taken for a write")
def exports_are_counted(swap: Swap) -> None:
    """Handing out the NumPy array of a tensor counts as a write to it."""
    original = interop.numpy

    def numpy(_sound: Any, self: Any, *, force: bool = False) -> Any:
        versions.bump(self)
        return original(self, force=force)

    swap(at(Tensor, "numpy"), numpy)


@plant(
    at(Tensor, "retain_grad"),
    {"ret-005": "missing gradient", "ret-010": "missing gradient"},
    "candle-org/candle#282",
)
def retain_grad_noop(_sound: Any, _self: Any) -> Any:
    """retain_grad() does nothing."""
    return None


@plant(
    reading("grad"),
    {"bwd-001a": "unexpected gradient", "acc-020": "unexpected gradient"},
    "tinygrad/tinygrad#16230",
)
def gradients_begin_at_zero(sound: Any, tensor: Any) -> Any:
    """The gradient of a leaf that no pass has reached is zero."""
    if tensor._grad is None and tensor._requires_grad:
        return Tensor(np.zeros_like(tensor._array))
    return sound(tensor)


@plant(reading("grad"), {"inp-045": "aliasing"}, "tinygrad/tinygrad#13674")
def gradient_is_another_tensor_each_time(sound: Any, tensor: Any) -> Any:
    """Reading the gradient gives another tensor each time, on the same memory."""
    gradient = sound(tensor)
    return None if gradient is None else gradient.alias()


@plant(
    assigning("grad"),
    {"ret-019": "warning"},
    "common where only leaves have a place for a gradient",
)
def assignment_to_nonleaf_lost(sound: Any, tensor: Tensor, value: Tensor | None) -> None:
    """A gradient that is assigned to a non-leaf is dropped."""
    if tensor.is_leaf:
        sound(tensor, value)


@plant(at(Tensor, "detach_"), {"inp-208": "value"}, "engines that accept torch's calls as stubs")
def detach_in_place_noop(_sound: Any, self: Any) -> Any:
    """detach_() leaves the history as it was."""
    return self
