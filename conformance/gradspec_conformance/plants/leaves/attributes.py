"""Faults in methods of `Tensor`, and in how its gradient is read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import gradspec_reference
from gradspec_conformance.plants.history import unrecorded
from gradspec_conformance.plants.places import REQUIRES_GRAD_, assigning, at, instead, reading
from gradspec_conformance.plants.plant import before, compound, plant
from gradspec_reference.engine import recording, versions
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.names.functions import shapes
from gradspec_reference.names.methods import METHODS
from gradspec_reference.operators import OPERATORS

Function = Callable[..., Any]


@before(
    REQUIRES_GRAD_, "no error: acc-007; unexpected gradient: acc-020", "tinygrad/tinygrad#16230"
)
def grad_begins_at_zero(self, requires_grad=True):
    """A leaf that requires grad has a gradient of zeros from the start."""
    if requires_grad and self._grad is None:
        self._grad = Tensor(np.zeros_like(self._array))


@plant(at(Tensor, "backward"), "unexpected gradient: bwd-002", "a backward() that can be chained")
def backward_returns_its_root(sound, self, *arguments, **keywords):
    """backward() returns the tensor on which it was called."""
    sound(self, *arguments, **keywords)
    return self


@plant(
    at(Tensor, "backward"),
    "unexpected gradient: bwd-030/the_method bwd-020",
    "a method written separately",
)
def method_forgets_its_inputs(sound, self, *arguments, inputs=None, **keywords):
    """The method backward() does not hand its inputs to the function."""
    del inputs
    sound(self, *arguments, **keywords)


@compound(
    "cotangent-shape: op-209/t_ op-209/unsqueeze_", "engines without metadata changes in place"
)
def shape_is_changed_on_a_view(swap):
    """unsqueeze_, squeeze_, t_ and transpose_ return a view and leave the tensor as it was."""
    swap(at(Tensor, "unsqueeze_"), instead(shapes.unsqueeze))
    swap(at(Tensor, "squeeze_"), instead(shapes.squeeze))
    swap(at(Tensor, "t_"), instead(shapes.t))
    swap(at(Tensor, "transpose_"), instead(shapes.transpose))


@compound("aliasing: inp-009; no error: inp-004/iadd", "teaching engines, which have no __iadd__")
def augmented_makes_a_new_tensor(swap):
    """Augmented assignment computes a new tensor, as Python does without __iadd__ and the like."""
    for sign in ("add", "sub", "mul", "truediv", "pow"):
        swap(at(Tensor, f"__i{sign}__"), instead(METHODS[f"__{sign}__"]))


@compound("value: op-209/imul op-209/ipow", "teaching engines: self.data += other.data")
def augmented_is_not_recorded(swap):
    """Augmented assignment changes the data and leaves the history as it was."""
    for sign in ("add", "sub", "mul", "truediv", "pow"):
        original = METHODS[f"__i{sign}__"]
        swap(at(Tensor, f"__i{sign}__"), lambda _sound, x, y, f=original: unrecorded(f, x, y))


@plant(at(Tensor, "zero_"), "value: inp-001/zero inp-204", "engines with immutable arrays")
def zero_is_out_of_place(_sound, self):
    """zero_() returns zeros and leaves the tensor alone."""
    return gradspec_reference.zeros_like(self)


@plant(at(Tensor, "resize_"), "no error: inp-036", "engines where shape is a plain attribute")
def resize_what_requires_grad(_sound, self, *sizes):
    """resize_() resizes every tensor, whatever becomes of its history."""
    self._array = np.resize(self._array, *sizes)
    return self


@plant(at(Tensor, "alias"), "value: inp-211; no error: inp-011", "pytorch/pytorch#6990")
def detach_new_version(_sound, self):
    """A detached alias, and so a saved result, has a version counter of its own."""
    return Tensor(self.materialise())


@plant(at(Tensor, "detach"), "aliasing: inp-043; value: inp-049a", "detach() as of torch 0.3")
def detach_copies(_sound, self):
    """detach() copies the data."""
    return Tensor(self._array.copy())


@plant(at(Tensor, "detach"), "flag: inp-043", "where detach is a view operation")
def detach_gives_a_view(_sound, self):
    """detach() gives a view."""
    return recording.view(OPERATORS["alias"], self.alias())


@before(at(Tensor, "numpy"), "value: inp-040", "where an export is taken for a write")
def exports_are_counted(self, **_named):
    """Handing out the NumPy array of a tensor counts as a write to it."""
    versions.bump(self)


@plant(at(Tensor, "retain_grad"), "missing gradient: ret-005 ret-010", "candle-org/candle#282")
def retain_grad_noop(_sound, _self):
    """retain_grad() does nothing."""
    return


@plant(
    reading("grad"),
    "unexpected gradient: leaf-015/its_declaration acc-020",
    "tinygrad/tinygrad#16230",
)
def gradients_begin_at_zero(sound, tensor):
    """The gradient of a leaf that no pass has reached is zero."""
    if tensor._grad is None and tensor._requires_grad:
        return Tensor(np.zeros_like(tensor._array))
    return sound(tensor)


@plant(reading("grad"), "aliasing: inp-045", "tinygrad/tinygrad#13674")
def gradient_is_another_tensor_each_time(sound, tensor):
    """Reading the gradient gives another tensor each time, on the same memory."""
    gradient = sound(tensor)
    return None if gradient is None else gradient.alias()


@plant(assigning("grad"), "warning: ret-019", "where only leaves have a place for a gradient")
def assignment_to_nonleaf_lost(sound, tensor, value):
    """A gradient that is assigned to a non-leaf is dropped."""
    if tensor.is_leaf:
        sound(tensor, value)


@plant(at(Tensor, "detach_"), "value: inp-208", "torch's calls as stubs")
def detach_in_place_noop(_sound, self):
    """detach_() leaves the history as it was."""
    return self
