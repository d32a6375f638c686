"""Faults in the warning of who reads the gradient of a non-leaf."""

from __future__ import annotations

import warnings
from typing import Any

from gradspec_conformance.plants.places import reading
from gradspec_conformance.plants.plant import plant


def read_grad(tensor: Any, warns: bool) -> Any:
    """Read `.grad`, with a warning or without."""
    if warns:
        warnings.warn("the grad of a tensor was read", UserWarning, stacklevel=2)
    return tensor._grad


@plant(reading("grad"), "warning: ret-002", "torch rule")
def reading_never_warns(_sound, tensor):
    """Reading the grad of a non-leaf that was not kept gives None without a warning."""
    return read_grad(tensor, warns=False)


@plant(reading("grad"), "warning: ret-003", "torch rule")
def reading_none_warns(_sound, tensor):
    """Reading a grad that is None warns, on leaves as well."""
    return read_grad(tensor, tensor._grad is None and not tensor.retains_grad)


@plant(reading("grad"), "warning: ret-002a", "where the warning asks only for a history")
def reading_before_the_pass_warns(_sound, tensor):
    """Reading the grad of a non-leaf warns if it is None, even if it was asked for."""
    return read_grad(tensor, not tensor.is_leaf and tensor._grad is None)


@plant(reading("grad"), "warning: ret-002a ret-019", "where the warning asks only for a history")
def reading_nonleaf_warns(_sound, tensor):
    """Reading the grad of a non-leaf warns, whatever is there."""
    return read_grad(tensor, not tensor.is_leaf)
