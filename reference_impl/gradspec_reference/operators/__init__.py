"""The table of operators, a file per family; start at `pointwise`."""

from gradspec_reference import recording

from . import (
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
