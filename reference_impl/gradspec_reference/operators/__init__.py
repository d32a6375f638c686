"""The table of operators, a file a family; start at `row`, then read `transcendental`.

`OPERATORS` is the whole table.
"""

from __future__ import annotations

from typing import Final

from gradspec_reference.operators import (
    activations,
    arithmetic,
    assembly,
    comparisons,
    complex_numbers,
    convolutions,
    counting,
    factorisations,
    fourier,
    indexing,
    linear_algebra,
    losses,
    memory,
    normalised,
    padding,
    pairs,
    placing,
    pooling,
    products,
    reductions,
    running,
    sampling,
    scattering,
    selection,
    shapes,
    special,
    sums_of_products,
    transcendental,
)
from gradspec_reference.operators.row import Operator, of_family
from gradspec_reference.operators.table import Table

__all__ = ["OPERATORS", "Operator", "arrays"]

FAMILIES: Final = (
    transcendental,
    activations,
    arithmetic,
    complex_numbers,
    comparisons,
    selection,
    reductions,
    normalised,
    pairs,
    losses,
    products,
    sums_of_products,
    linear_algebra,
    factorisations,
    fourier,
    convolutions,
    pooling,
    shapes,
    special,
    assembly,
    indexing,
    running,
    placing,
    scattering,
    padding,
    memory,
    sampling,
    counting,
)

OPERATORS: Final = Table(
    of_family(
        row,
        getattr(family, "JVP", None),
        getattr(family, "BATCH", None),
        getattr(family, "ON_COMPLEX", ""),
    )
    for family in FAMILIES
    for row in family.ROWS
)

# as `xp` in a rule, `xp.sin` is the kernel of the row sin
arrays: Final = OPERATORS.namespace(lambda row: row.kernel)
