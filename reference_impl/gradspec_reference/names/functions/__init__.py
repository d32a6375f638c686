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
    joining,
    moments,
    normalised,
    pairs,
    parts,
    placing,
    products,
    queries,
    ranks,
    reductions,
    running,
    scattering,
    selection,
    shapes,
    special,
)

for family in (arithmetic, assembly, copies, elementwise, indexing, normalised, parts, products):
    arguments.put_doors(family)
for family in (
    aliases,
    joining,
    moments,
    pairs,
    placing,
    queries,
    ranks,
    reductions,
    running,
    scattering,
    selection,
    shapes,
    special,
):
    arguments.put_doors(family)
