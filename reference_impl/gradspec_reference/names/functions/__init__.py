"""The functions that a program calls, a file a family; start at `arithmetic`.

Each file lists in its `__all__` which of its functions torch has under the same name; these get
their doors here.
"""

from gradspec_reference.names import arguments
from gradspec_reference.names.functions import (
    arithmetic,
    assembly,
    contractions,
    copies,
    elementwise,
    indexing,
    matrices,
    moments,
    normalised,
    parts,
    products,
    queries,
    reductions,
    selection,
    shapes,
    sums_of_products,
)

for family in (arithmetic, assembly, copies, elementwise, indexing, normalised, parts, products):
    arguments.put_doors(family)
for family in (contractions, matrices, sums_of_products):
    arguments.put_doors(family)
for family in (moments, queries, reductions, selection, shapes):
    arguments.put_doors(family)
