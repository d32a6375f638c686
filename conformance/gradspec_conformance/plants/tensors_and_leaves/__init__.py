"""Faults in tensors and leaves: what engines get wrong about flags, `grad` and ways out."""

from gradspec_conformance.plants.tensors_and_leaves import (
    copies,
    flags,
    gradients,
    leaves,
    leaving,
    makers,
    taking,
)

__all__ = ["copies", "flags", "gradients", "leaves", "leaving", "makers", "taking"]
