"""The table of operators, a file a family; start at `row`, then read `transcendental`.

`OPERATORS` is the whole table.
"""

from __future__ import annotations

from typing import Final

from gradspec_reference.operators import (
    arithmetic,
    assembly,
    comparisons,
    convolutions,
    indexing,
    losses,
    memory,
    normalised,
    pooling,
    products,
    reductions,
    selection,
    shapes,
    transcendental,
)
from gradspec_reference.operators.row import Operator
from gradspec_reference.operators.table import Table

__all__ = ["OPERATORS", "Operator", "arrays"]

FAMILIES: Final = (
    transcendental,
    arithmetic,
    comparisons,
    selection,
    reductions,
    normalised,
    losses,
    products,
    convolutions,
    pooling,
    shapes,
    assembly,
    indexing,
    memory,
)

OPERATORS: Final = Table(row for family in FAMILIES for row in family.ROWS)

# as `xp` in a rule, `xp.sin` is the kernel of the row sin
arrays: Final = OPERATORS.namespace(lambda row: row.kernel)
