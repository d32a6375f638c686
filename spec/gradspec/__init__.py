"""An executable specification of automatic differentiation.

`gradspec.chapters` holds the clauses; this module is what a chapter is written
with: what it exports stands in `__init__.pyi`, and is imported when it is asked for.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
