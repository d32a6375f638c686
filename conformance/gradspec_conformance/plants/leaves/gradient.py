"""Faults in the attribute grad: what it holds, and what may be assigned."""

# ruff: noqa: SLF001 - a plant reaches inside

from __future__ import annotations

from contextlib import suppress
from typing import Any

import numpy as np

from gradspec_conformance.plants.places import assigning, at, deleting, reading
from gradspec_conformance.plants.plant import plant
from gradspec_reference import dtypes
from gradspec_reference.engine import grads
from gradspec_reference.engine.grads import LeafState
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.errors import GradIsSelfError, GradShapeError, GradTypeError


@plant(
    reading("grad"),
    {"leaf-054": "unexpected gradient", "leaf-017": "unexpected gradient"},
    "micrograd habit",
)
def constants_have_a_zero_gradient(sound: Any, tensor: Any) -> Any:
    """The grad of a constant is a tensor of zeros."""
    return sound(tensor) if tensor.requires_grad else Tensor(np.zeros_like(tensor._array))


@plant(reading("grad"), {"leaf-018": "aliasing"}, "tinygrad/tinygrad#13674")
def grad_getter_copies(sound: Any, tensor: Any) -> Any:
    """Reading grad gives a copy of the gradient."""
    found = sound(tensor)
    return None if found is None else found.clone()


@plant(
    assigning("grad"),
    {"leaf-018": "aliasing"},
    "common in teaching engines",
)
def an_assigned_gradient_is_copied(sound: Any, tensor: Any, value: Any) -> Any:
    """Assigning to grad stores a copy of the tensor."""
    return sound(tensor, value.clone() if type(value) is Tensor and value is not tensor else value)


@plant(assigning("grad"), {"leaf-018a": "unexpected gradient"}, "common in teaching engines")
def assigned_none_is_swallowed(sound: Any, tensor: Any, value: Any) -> None:
    """Assigning None to grad does nothing."""
    if value is not None:
        sound(tensor, value)


@plant(assigning("grad"), {"leaf-018a": "unexpected gradient"}, "pytorch/pytorch#83769")
def assigned_none_means_zeros(sound: Any, tensor: Any, value: Any) -> None:
    """Assigning None to grad fills it with zeros."""
    sound(tensor, Tensor(np.zeros_like(tensor._array)) if value is None else value)


@plant(deleting("grad"), {"leaf-023": "unexpected gradient"}, "pytorch/pytorch#83769")
def deleting_a_gradient_leaves_zeros(_sound: Any, tensor: Any) -> Any:
    """Deleting grad fills it with zeros."""
    return setattr(tensor, "_grad", Tensor(np.zeros_like(tensor._array)))


@plant(assigning("grad"), {"leaf-024": "missing gradient"}, "common in teaching engines")
def constants_drop_an_assigned_gradient(sound: Any, tensor: Any, value: Any) -> None:
    """A gradient that is assigned to a constant is not kept."""
    sound(tensor, value if tensor.requires_grad else None)


@plant(
    reading("grad_dtype"),
    {"leaf-025/float16": "text", "leaf-025/float64": "text"},
    "tinygrad/tinygrad#3613",
)
def grad_dtype_is_the_default_dtype(sound: Any, tensor: Any) -> Any:
    """The grad_dtype of a leaf is the default data type unless it was set."""
    unset = tensor._leaf is None or tensor._leaf.grad_dtype is LeafState.SAME
    return dtypes.get_default_dtype() if unset else sound(tensor)


@plant(
    assigning("grad_dtype"),
    {"leaf-026/none": "grad-dtype"},
    "common in engines without grad_dtype",
)
def grad_dtype_none_means_unset(sound: Any, tensor: Any, value: Any) -> Any:
    """Assigning None to grad_dtype takes the setting back, instead of allowing every type."""
    return sound(tensor, tensor.dtype if value is None else value)


@plant(
    at(Tensor, "_only_a_leaf_has_grad_dtype"),
    {"leaf-027": "no error"},
    "common in engines without grad_dtype",
)
def results_have_a_grad_dtype(_sound: Any, _self: Any) -> Any:
    """The grad_dtype of a result can be read and set like a leaf's."""
    return None


@plant(at(Tensor, "requires_grad_"), {"leaf-047": "missing gradient"}, "common in teaching engines")
def turning_a_leaf_off_drops_its_gradient(sound: Any, self: Any, requires_grad: bool = True) -> Any:
    """Clearing the flag of a leaf clears its grad too."""
    if not requires_grad:
        self._grad = None
    return sound(self, requires_grad)


@plant(
    at(grads, "check_dtype"),
    {"leaf-020/the_leafs_own": "no error", "leaf-020/grad_dtype": "no error"},
    "pytorch/pytorch#1198",
)
def gradient_of_any_dtype_is_accepted(_sound: Any, _tensor: Any, _value: Any) -> Any:
    """A gradient of another data type than the leaf's grad_dtype can be assigned."""
    return None


@plant(
    at(grads, "check_dtype"),
    {"leaf-026/float64": "grad-dtype", "leaf-020/grad_dtype": "no error"},
    "common in engines without grad_dtype",
)
def assigned_gradient_is_held_to_the_leaf(_sound: Any, tensor: Any, value: Any) -> None:
    """An assigned gradient has to have the leaf's own data type, whatever its grad_dtype says."""
    if value.dtype != tensor.dtype:
        raise grads.wrong_dtype(value.dtype, tensor.dtype)


@plant(
    at(grads, "check_assigned"),
    {"leaf-019": "no error", "leaf-209": "shape"},
    "raskr/rust-autograd#38",
)
def gradient_of_any_shape_is_accepted(sound: Any, *given: Any) -> None:
    """A gradient of another shape than the tensor's can be assigned."""
    with suppress(GradShapeError):
        sound(*given)


@plant(
    at(grads, "check_assigned"),
    {"leaf-021": "no error", "leaf-210": "value"},
    "common in teaching engines",
)
def own_gradient_is_accepted(sound: Any, *given: Any) -> None:
    """A tensor can be assigned to its own grad."""
    with suppress(GradIsSelfError):
        sound(*given)


@plant(at(grads, "check_assigned"), {"leaf-022": "no error"}, "micrograd habit")
def gradient_of_any_type_is_accepted(sound: Any, *given: Any) -> None:
    """Whatever is assigned to grad is kept there, a plain number included."""
    with suppress(GradTypeError):
        sound(*given)


@plant(assigning("grad"), {"leaf-208": "value"}, "attributes that are declared twice")
def assigned_gradients_are_swallowed(_sound: Any, _tensor: Any, _value: Any) -> Any:
    """Assigning to grad does nothing, and says nothing."""
    return None
