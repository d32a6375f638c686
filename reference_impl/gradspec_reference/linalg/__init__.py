"""Linear algebra under torch's newer names (torch.linalg)."""

from gradspec_reference.linalg import factors, norms, squares, vectors
from gradspec_reference.linalg.factors import *
from gradspec_reference.linalg.norms import *
from gradspec_reference.linalg.squares import *
from gradspec_reference.linalg.vectors import *

__all__: list[str] = []
__all__ += factors.__all__
__all__ += norms.__all__
__all__ += squares.__all__
__all__ += vectors.__all__
