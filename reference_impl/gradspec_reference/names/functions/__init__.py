"""The functions that a program calls, a file a family; start at `arithmetic`.

Each file lists in its `__all__` which of its functions torch has under the same name; these get
their doors here.
"""

from gradspec_reference.names import arguments
from gradspec_reference.names.functions import (
    arithmetic,
    assembly,
    copies,
    elementwise,
    indexing,
    joining,
    moments,
    normalised,
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
)

for family in (arithmetic, assembly, copies, elementwise, indexing, normalised, parts, products):
    arguments.put_doors(family)
for family in (
    moments,
    queries,
    ranks,
    reductions,
    running,
    selection,
    shapes,
    placing,
    scattering,
    joining,
):
    arguments.put_doors(family)
