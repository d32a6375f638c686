from .exceptions import Interrupted
from .program.objects import Node, Tensor
from .rank import CONVENTION, MAY, MUST, SAFETY, SHOULD, VALUE, Level, Nature
from .writing.clause import (
    CASES,
    CLAUSES,
    Clause,
    clause,
    informative,
)
from .writing.expectation import expect
from .writing.notation import Autograd

__all__ = [
    "CASES",
    "CLAUSES",
    "CONVENTION",
    "MAY",
    "MUST",
    "SAFETY",
    "SHOULD",
    "VALUE",
    "Autograd",
    "Clause",
    "Interrupted",
    "Level",
    "Nature",
    "Node",
    "Tensor",
    "clause",
    "expect",
    "informative",
]
