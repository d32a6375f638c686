"""The functions that a program calls, a file a family; start at `arithmetic`.

Each file lists in its `__all__` which of its functions torch has under the same name; these get
their doors here.
"""

from gradspec_reference.names import arguments
from gradspec_reference.names.functions import (
    aliases,
    arithmetic,
    assembly,
    copies,
    elementwise,
    indexing,
    moments,
    normalised,
    pairs,
    parts,
    products,
    queries,
    reductions,
    selection,
    shapes,
    special,
)

for family in (arithmetic, assembly, copies, elementwise, indexing, normalised, parts, products):
    arguments.put_doors(family)
for family in (aliases, moments, pairs, queries, reductions, selection, shapes, special):
    arguments.put_doors(family)
