"""Programs that are run on torch and on the reference engine, and what each of them shows.

A program is text.  It names either library `torch`, makes leaves with `leaf`, shows values with
`out`, and tries what may be refused with `attempt`.
"""

from __future__ import annotations

import warnings
from typing import Any, Self

import numpy as np
import torch

import gradspec_reference as engine

KINDS = (
    *(IndexError, TypeError, ValueError, NotImplementedError, AttributeError, RuntimeError),
    *(OverflowError, AssertionError),
)


def assert_alike(program: str) -> None:
    """Compare all that a program shows, and the class of what it raises."""
    found, expected = shown(program, engine), shown(program, torch)
    assert found == expected, f"{program}\nfound: {found}\ntorch: {expected}"


def shown(program: str, library: Any) -> list[Any]:
    """Run a program and return what it shows."""
    seen: list[Any] = []

    def out(*values: Any) -> None:
        seen.extend(plain(value, library) for value in values)

    def attempt(action: Any) -> None:
        try:
            out(action())
        except KINDS as error:
            seen.append(Raised(error))

    def leaf(value: Any) -> Any:
        return library.tensor(value, requires_grad=True)

    names = {"torch": library, "np": np, "leaf": leaf, "out": out, "attempt": attempt}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        attempt(lambda: exec(program, names))
    return seen


class Raised(str):
    """The name of the builtin class that an error belongs to, which equals that of each of them.

    What catches the error that torch raises catches the one that is found, too.
    """

    __slots__ = ("names",)
    names: list[str]

    def __new__(cls, error: Exception) -> Self:
        names = [each.__name__ for each in KINDS if isinstance(error, each)]
        made = super().__new__(cls, names[0])
        made.names = names
        return made

    def __eq__(self, other: object) -> bool:
        return other in self.names if type(other) is str else str(other) in self.names

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = str.__hash__


def plain(value: Any, library: Any) -> Any:
    """Return what can be compared of a value: of a tensor all but its history, of that its name."""
    if isinstance(value, library.Tensor):
        numbers = np.asarray(value.detach().tolist(), float).round(4).tolist()
        dtype = str(value.dtype).removeprefix("torch.")
        return (dtype, tuple(value.shape), repr(numbers), value.requires_grad)
    if isinstance(value, list | tuple):
        return [plain(each, library) for each in value]
    return value.name() if hasattr(value, "next_functions") else value
