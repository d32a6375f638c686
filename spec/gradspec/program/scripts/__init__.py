"""Programs as scripts that a person can paste: one writer, and a dialect for each language.

`as_gradspec(program, engine)` prints in the notation, for any engine that the kit can load.
"""

from gradspec.program.scripts.dialect import Dialect
from gradspec.program.scripts.notation import as_gradspec
from gradspec.program.scripts.writer import print_program

__all__ = ["Dialect", "as_gradspec", "print_program"]
