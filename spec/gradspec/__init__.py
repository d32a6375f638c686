"""An executable specification of automatic differentiation.

`gradspec.chapters` holds the clauses; this module is what a chapter is written with.
"""

from gradspec.judging.outcome import Interrupted
from gradspec.program.objects import Node, Tensor
from gradspec.writing.clause import CLAUSES, MAY, MUST, SHOULD, Clause, Level, clause, informative
from gradspec.writing.expectation import expect
from gradspec.writing.notation import Autograd

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
