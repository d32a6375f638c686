from .exceptions import Interrupted
from .program.objects import Node, Tensor
from .writing.clause import (
    CASES,
    CLAUSES,
    MAY,
    MUST,
    SHOULD,
    Clause,
    Level,
    clause,
    informative,
)
from .writing.expectation import expect
from .writing.nature import CONVENTION, SAFETY, VALUE, Nature
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
