"""In which ways a demand can fail to hold; a closed set."""

from __future__ import annotations

from enum import StrEnum


class FailureKind(StrEnum):
    """In which way a result was not what the clause demands."""

    VALUE = "value"
    SHAPE = "shape"
    DTYPE = "dtype"
    MISSING_GRADIENT = "missing gradient"
    UNEXPECTED_GRADIENT = "unexpected gradient"
    WRONG_ERROR = "wrong error"
    NO_ERROR = "no error"
    FLAG = "flag"
    ORDER = "order"
    ALIASING = "aliasing"
    WARNING = "warning"
    STRUCTURE = "structure"
    TEXT = "text"
    LIFETIME = "lifetime"
