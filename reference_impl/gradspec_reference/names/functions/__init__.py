"""The functions that a program calls, a file a family; start at `arithmetic`.

Each file lists in its `__all__` which of its functions torch has under the same name; these get
their doors here.
"""

from gradspec_reference.names import arguments
from gradspec_reference.names.functions import (
    aliases,
    arithmetic,
    assembly,
    complex_numbers,
    contractions,
    copies,
    counting,
    elementwise,
    indexing,
    joining,
    matrices,
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
    statistics,
    sums_of_products,
)

for family in (
    aliases,
    arithmetic,
    assembly,
    complex_numbers,
    contractions,
    copies,
    counting,
    elementwise,
    indexing,
    joining,
    matrices,
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
    statistics,
    sums_of_products,
):
    arguments.put_doors(family)
