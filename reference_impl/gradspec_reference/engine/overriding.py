"""Classes of tensors that say themselves what functions give; start at `answer`.

A function that is given a tensor of such a class asks the class: its `__torch_function__` is called
with the function, the classes and the arguments.  What stands in `Tensor` calls the function and
makes the results tensors of the class.  While it does so, nobody is asked again.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

ASKED = "__torch_function__"


class Asking(threading.local):
    """Whether classes are asked in this thread."""

    on = True


asking = Asking()


class Unasked:
    """A block in which no class is asked (torch._C.DisableTorchFunctionSubclass)."""

    def __init__(self) -> None:
        self._before: list[bool] = []

    def __enter__(self) -> Self:
        self._before.append(asking.on)
        asking.on = False
        return self

    def __exit__(self, *exception: object) -> None:
        asking.on = self._before.pop()


def disabled(
    func: Callable[..., Any], types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
) -> Any:
    """Stand in a class for the method, to say that it is not to be asked."""
    del types
    with Unasked():
        return func(*args, **(kwargs or {}))


class Made:
    """Whether a caller has made a class that is asked; `plain` is the one that says nothing."""

    any = False
    plain: type


def is_asked(kind: type) -> bool:
    """Tell whether a class says itself what functions give."""
    return kind is not Made.plain and getattr(kind, ASKED, disabled) is not disabled


def among(values: Iterable[Any]) -> list[Any]:
    """Return one value of each class that is asked, what is derived before what it is made from.

    They are looked for in lists and tuples too.
    """
    found: list[Any] = []
    for value in members(values):
        kind = type(value)
        if is_asked(kind) and all(type(other) is not kind for other in found):
            places = (n for n, other in enumerate(found) if issubclass(kind, type(other)))
            found.insert(next(places, len(found)), value)
    return found


def to_ask(*values: Any) -> list[Any]:
    """Return one value of each class that is asked, unless nobody is to be asked."""
    return among(values) if asking.on else []


def members(values: Iterable[Any]) -> Iterator[Any]:
    """Give values, and of a list or tuple what is in it."""
    for value in values:
        if isinstance(value, list | tuple):
            yield from value
        else:
            yield value


def answer(function: Any, found: list[Any], args: Any, keywords: dict[str, Any]) -> Any:
    """Return what the first class says that has an answer; TypeError if none has."""
    types = tuple([type(value) for value in found])
    for kind in types:
        given = getattr(kind, ASKED)(function, types, args, keywords)
        if given is not NotImplemented:
            return given
    name = getattr(function, "__name__", str(function))
    raise TypeError(
        f"{name} was given {' and '.join(kind.__name__ for kind in types)}, and none of these "
        f"classes answers for all of them in its {ASKED}"
    )
