"""Plain values that an engine gives: they behave as what they are, and it is known what they did.

Arithmetic and comparison of plain values are steps, so that another run reckons with what it finds
itself, and what comes out can be demanded.  Whatever else looks at a value (truth, a loop over it,
a text with it, an index, a method) steers the program: another run has to find the same.
"""

from __future__ import annotations

import math
import operator
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec.catalogue import signs
from gradspec.exceptions import WrongCall
from gradspec.program.objects import SIGNS, Object, acts_on

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gradspec.program.performer import Performer

RECKONED: Final = frozenset({bool, int, float, complex, str, type(None)})
"""Types of which what is done with their signs is a step."""

LOOKS: Final[dict[str, Callable[..., Any]]] = {
    "bool": bool,
    "int": int,
    "float": float,
    "complex": complex,
    "index": operator.index,
    "str": str,
    "repr": repr,
    "format": format,
    "hash": hash,
    "len": len,
    "iter": iter,
    "reversed": reversed,
    "contains": operator.contains,
    "getitem": operator.getitem,
    "divmod": divmod,
    "rdivmod": lambda value, other: divmod(other, value),
    "round": round,
    "trunc": math.trunc,
    "floor": math.floor,
    "ceil": math.ceil,
}
"""Name of a method of the language -> what it does with the value, which steers the program."""

OF_A_TENSOR: Final = {"float": "float", "int": "int", **SIGNS}
"""What a tensor has too -> its act, which is refused of None."""

BY_ENTRIES: Final = frozenset({"iter", "contains"})
"""What begins with the first entry of a tensor."""


class Observed:
    """A plain value of the engine that remembers where it came from."""

    __slots__ = ("_number", "_recorder", "_steered", "_value")

    def __init__(
        self,
        recorder: Performer,
        value: Any,
        number: int,
        steered: Callable[[Any], None] | None = None,
    ) -> None:
        self._recorder = recorder
        self._value = value
        self._number = number
        self._steered = steered

    @property
    def value(self) -> Any:
        """The value, which may now decide what the program does."""
        if self._steered is not None:
            self._steered(self._value)
        return self._value

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        """What the value is for `isinstance`: a number, flag or text."""
        kind = type(self._value)
        return kind if kind in RECKONED and self._value is not None else Observed

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return np.array(self.value, dtype=dtype)

    def __array_ufunc__(self, ufunc: Any, method: str, *given: Any, **named: Any) -> Any:
        """Let NumPy see the value."""
        return getattr(ufunc, method)(*map(looked_at, given), **named)

    def __setitem__(self, index: Any, value: Any) -> None:
        _asked_of_none("setitem", self, index, value)
        message = f"{self._value!r} is what the engine gave, which is read only: write into a copy"
        raise WrongCall(message)

    def __getattr__(self, name: str) -> Any:
        """Give an attribute of the value; what is asked of None as of a tensor is refused."""
        if name.startswith("_"):
            raise AttributeError(name)
        if self._value is not None:
            return getattr(self.value, name)
        act = acts_on("tensor").get(name)
        if act is None:
            raise AttributeError(name)
        if act.attribute:
            return self._recorder.perform(act.key, self)
        return partial(self._recorder.perform, act.key, self)


def looked_at(value: Any) -> Any:
    """Give a plain value, which may now decide what the program does."""
    return value.value if isinstance(value, Observed) else value


def unseen(value: Any) -> Any:
    """Give a plain value for the kit's own use, which steers nothing."""
    return value._value if isinstance(value, Observed) else value


def _is_reckoned(*values: Any) -> bool:
    return all(type(unseen(value)) in RECKONED for value in values)


def _reckoning(name: str, *, turned: bool = False) -> Callable[..., Any]:
    """Make the method for a sign: a step between plain values, else a look at them."""

    def reckon(self: Observed, *others: Any) -> Any:
        if any(isinstance(other, Object) for other in others):
            return NotImplemented  # a tensor does it
        operands = (*others, self) if turned else (self, *others)
        _asked_of_none(name, *operands)
        if _is_reckoned(*operands):
            return self._recorder.perform(f"plain:{name}", *operands)
        return getattr(operator, name)(*map(looked_at, operands))

    return reckon


def _looking(name: str, look: Callable[..., Any]) -> Callable[..., Any]:
    def looked(self: Observed, *given: Any) -> Any:
        if name in BY_ENTRIES:
            _asked_of_none("getitem", self, 0)
        _asked_of_none(name, self, *given)
        return look(self.value, *map(looked_at, given))

    return looked


def _asked_of_none(name: str, *operands: Any) -> None:
    """Do what a tensor would do if one of these is None, which is refused."""
    for one in operands:
        if isinstance(one, Observed) and one._value is None and name in OF_A_TENSOR:
            one._recorder.perform(OF_A_TENSOR[name], *operands)


def _methods() -> Iterator[tuple[str, Callable[..., Any]]]:
    for name in (*signs.BETWEEN, *signs.UNARY):
        yield signs.method(name), _reckoning(name)
    for name in signs.BINARY:
        yield signs.reflected(name), _reckoning(name, turned=True)
    for name, look in LOOKS.items():
        yield signs.method(name), _looking(name, look)


for _name, _method in _methods():
    setattr(Observed, _name, _method)
