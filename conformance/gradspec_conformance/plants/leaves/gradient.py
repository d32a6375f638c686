"""Faults in the attribute grad: what it holds, and what may be assigned."""

from __future__ import annotations

from contextlib import suppress

import numpy as np

from gradspec_conformance.plants.places import (
    CHECK_DTYPE,
    REQUIRES_GRAD_,
    assigning,
    at,
    deleting,
    reading,
)
from gradspec_conformance.plants.plant import TEACHING, before, plant
from gradspec_reference import dtypes
from gradspec_reference.engine import grads
from gradspec_reference.engine.grads import LeafState
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.errors import GradIsSelfError, GradShapeError, GradTypeError


@plant(reading("grad"), "unexpected gradient: leaf-054", "micrograd habit")
def constants_have_a_gradient_of_ones(sound, tensor):
    """The grad of a constant is a tensor of ones."""
    return sound(tensor) if tensor.requires_grad else Tensor(np.ones_like(tensor._array))


@plant(reading("grad"), "aliasing: leaf-018", "tinygrad/tinygrad#13674")
def grad_getter_copies(sound, tensor):
    """Reading grad gives a copy of the gradient."""
    found = sound(tensor)
    return None if found is None else found.clone()


@plant(assigning("grad"), "aliasing: leaf-018", TEACHING)
def an_assigned_gradient_is_copied(sound, tensor, value):
    """Assigning to grad stores a copy of the tensor."""
    return sound(tensor, value.clone() if type(value) is Tensor and value is not tensor else value)


@plant(assigning("grad"), "unexpected gradient: leaf-018a", TEACHING)
def assigned_none_is_swallowed(sound, tensor, value):
    """Assigning None to grad does nothing."""
    if value is not None:
        sound(tensor, value)


@plant(deleting("grad"), "unexpected gradient: leaf-023", TEACHING)
def a_deleted_gradient_stays(_sound, _tensor):
    """Deleting grad does nothing."""


@plant(assigning("grad"), "missing gradient: leaf-024", TEACHING)
def constants_drop_an_assigned_gradient(sound, tensor, value):
    """A gradient that is assigned to a constant is not kept."""
    sound(tensor, value if tensor.requires_grad else None)


@plant(reading("grad_dtype"), "text: leaf-025/float16 leaf-025/float64", "tinygrad/tinygrad#3613")
def grad_dtype_is_the_default_dtype(sound, tensor):
    """The grad_dtype of a leaf is the default data type unless it was set."""
    unset = tensor._leaf is None or tensor._leaf.grad_dtype is LeafState.SAME
    return dtypes.get_default_dtype() if unset else sound(tensor)


@plant(assigning("grad_dtype"), "grad-dtype: leaf-026/none", "no grad_dtype")
def grad_dtype_none_means_unset(sound, tensor, value):
    """Assigning None to grad_dtype takes the setting back, instead of allowing every type."""
    return sound(tensor, tensor.dtype if value is None else value)


@plant(at(Tensor, "_only_a_leaf_has_grad_dtype"), "no error: leaf-027", "no grad_dtype")
def results_have_a_grad_dtype(_sound, _self):
    """The grad_dtype of a result can be read and set like a leaf's."""
    return


@before(REQUIRES_GRAD_, "missing gradient: leaf-047", TEACHING)
def turning_a_leaf_off_drops_its_gradient(self, requires_grad=True):
    """Clearing the flag of a leaf clears its grad too."""
    if not requires_grad:
        self._grad = None


@plant(CHECK_DTYPE, "no error: leaf-020/the_leafs_own leaf-020/grad_dtype", "pytorch/pytorch#1198")
def gradient_of_any_dtype_is_accepted(_sound, _tensor, _value):
    """A gradient of another data type than the leaf's grad_dtype can be assigned."""
    return


@plant(CHECK_DTYPE, "grad-dtype: leaf-026/float64; no error: leaf-020/grad_dtype", "no grad_dtype")
def assigned_gradient_is_held_to_the_leaf(_sound, tensor, value):
    """An assigned gradient has to have the leaf's own data type, whatever its grad_dtype says."""
    if value.dtype != tensor.dtype:
        raise grads.wrong_dtype(value.dtype, tensor.dtype)


@plant(at(grads, "check_assigned"), "no error: leaf-019; shape: leaf-209", "raskr/rust-autograd#38")
def gradient_of_any_shape_is_accepted(sound, *given):
    """A gradient of another shape than the tensor's can be assigned."""
    with suppress(GradShapeError):
        sound(*given)


@plant(at(grads, "check_assigned"), "no error: leaf-021; value: leaf-210", TEACHING)
def own_gradient_is_accepted(sound, *given):
    """A tensor can be assigned to its own grad."""
    with suppress(GradIsSelfError):
        sound(*given)


@plant(at(grads, "check_assigned"), "no error: leaf-022", "micrograd habit")
def gradient_of_any_type_is_accepted(sound, *given):
    """Whatever is assigned to grad is kept there, a plain number included."""
    with suppress(GradTypeError):
        sound(*given)


@plant(assigning("grad"), "value: leaf-208", "attributes that are declared twice")
def assigned_gradients_are_swallowed(_sound, _tensor, _value):
    """Assigning to grad does nothing, and says nothing."""
    return
