"""Programs that both libraries run, and what of them is compared."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import torch

import gradspec_reference as ref

if TYPE_CHECKING:
    from collections.abc import Callable

KINDS = (
    *(NotImplementedError, KeyError, IndexError, AttributeError, AssertionError),
    *(ValueError, TypeError, RuntimeError),
)
"""Classes of errors that programs tell apart, the narrower ones first."""


def outcome(program: Callable[[Any], Any], engine: Any) -> tuple[Any, list[type[Warning]]]:
    """Return what a program gives, or the class of what it raises, and what it warned of."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            found = program(engine)
        except KINDS as error:
            found = next(kind for kind in KINDS if isinstance(error, kind))
    return found, [each.category for each in caught]


def same(program: Callable[[Any], Any]) -> None:
    """Hold that a program does in the reference engine what it does in torch."""
    expected, found = (outcome(program, engine) for engine in (torch, ref))
    assert shown(found) == shown(expected)


def shown(value: Any) -> str:
    """Return a text of values, in which the libraries have one name, and numbers ten digits."""
    return repr(rounded(value)).replace("gradspec_reference", "torch")


def rounded(value: Any) -> Any:
    """Return values, numbers rounded."""
    if isinstance(value, float):
        return float(f"{value:.9g}")
    if isinstance(value, list | tuple):
        return [rounded(each) for each in value]
    if isinstance(value, dict):
        return {key: rounded(each) for key, each in value.items()}
    return value
