"""An executable specification of automatic differentiation.

`gradspec.chapters` holds the clauses; this module is what a chapter is written with.
"""

from gradspec.clause import CLAUSES, MAY, MUST, SHOULD, Clause, Level, clause, informative
from gradspec.expectation import expect
from gradspec.notation import Autograd
from gradspec.objects import Node, Tensor
from gradspec.outcome import Interrupted

__all__ = [
    "CLAUSES",
    "MAY",
    "MUST",
    "SHOULD",
    "Autograd",
    "Clause",
    "Interrupted",
    "Level",
    "Node",
    "Tensor",
    "clause",
    "expect",
    "informative",
]
