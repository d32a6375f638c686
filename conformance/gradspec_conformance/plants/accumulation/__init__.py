"""Faults in accumulation: what engines get wrong about the gradient that a leaf keeps."""

from gradspec_conformance.plants.accumulation import (
    adding_up,
    beginning_anew,
    layout,
    none_and_zero,
    the_stored_tensor,
)

__all__ = ["adding_up", "beginning_anew", "layout", "none_and_zero", "the_stored_tensor"]
