"""The table of operators, a file per family; start at `pointwise`."""

from gradspec_reference.engine import recording
from gradspec_reference.operators import (
    assembly,
    indexing,
    memory,
    normalised,
    pointwise,
    products,
    reductions,
    shapes,
    transcendental,
)

__all__ = [
    "assembly",
    "indexing",
    "memory",
    "normalised",
    "pointwise",
    "products",
    "reductions",
    "shapes",
    "transcendental",
]

recording.publish()
