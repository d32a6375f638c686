"""The functions that a program calls, a file a family; start at `arithmetic`.

Each file lists in its `__all__` which of its functions torch has, and they are torch's here.
"""

from gradspec_reference.names.functions import (
    arithmetic,
    assembly,
    copies,
    elementwise,
    indexing,
    parts,
    products,
    queries,
    reductions,
    selection,
    shapes,
)
from gradspec_reference.names.functions.arithmetic import *
from gradspec_reference.names.functions.assembly import *
from gradspec_reference.names.functions.copies import *
from gradspec_reference.names.functions.elementwise import *
from gradspec_reference.names.functions.indexing import *
from gradspec_reference.names.functions.parts import *
from gradspec_reference.names.functions.products import *
from gradspec_reference.names.functions.queries import *
from gradspec_reference.names.functions.reductions import *
from gradspec_reference.names.functions.selection import *
from gradspec_reference.names.functions.shapes import *

__all__: list[str] = []
__all__ += arithmetic.__all__
__all__ += assembly.__all__
__all__ += copies.__all__
__all__ += elementwise.__all__
__all__ += indexing.__all__
__all__ += parts.__all__
__all__ += products.__all__
__all__ += queries.__all__
__all__ += reductions.__all__
__all__ += selection.__all__
__all__ += shapes.__all__
