"""Every declared operator on the samples of the catalogue: the value, in the form promised.

An adapter that maps a name onto the wrong function, or arguments onto the wrong places, is found
here before any derivative is taken.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec.catalogue.operator import UNDETERMINED, Call, map_arrays
from gradspec.catalogue.operators import CALLS
from gradspec.judging.comparison import has_shape, is_close
from gradspec.port.acts import ACTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gradspec_conformance.engines.asking import Asker

Complaint = tuple[str, str, str]

ULPS = 64
"""NumPy and an engine may round a function of the C library differently."""


def check_operators(ask: Asker) -> Iterator[tuple[str, Callable[[], Complaint | None]]]:
    """Give a name and a check for each call that the engine's declarations reach."""
    for call in CALLS.values():
        tried = _Trial(ask, call)
        if (
            not call.operator.settled
            and tried.needs <= ask.abilities
            and ask.covers(tried.act.key, tried.sample)
        ):
            kind = "in-place operator" if call.operator.inplace else "operator"
            yield f"{kind} {call.name}", tried.run


class _Trial:
    """One call on one engine, in the engine's working data type."""

    def __init__(self, ask: Asker, call: Call) -> None:
        self.ask = ask
        self.call = call
        self.act = ACTS[f"op:{call.operator.name}"]
        self.sample = map_arrays(call.sample(), self._fitted)

    @property
    def needs(self) -> frozenset[str]:
        """The words of the operator, and of what its operands are."""
        words = set(self.act.needs(self.sample))
        operands: list[Any] = []
        map_arrays(self.sample, operands.append)
        if any(array.ndim for array in operands):
            words.add("arrays")
        words |= {f"dtype:{a.dtype.name}" for a in operands if a.dtype != self.ask.dtype}
        return frozenset(words)

    def run(self) -> Complaint | None:
        handles = map_arrays(self.sample, self._handle)
        result = self.ask(self.act.key, **handles)
        expected = self.call.value(self.sample)
        if self.call.operator.inplace:
            return self._compare(handles["x"], expected)
        if isinstance(expected, tuple):
            return self._compare_all(result, expected)
        return self._compare(result, expected)

    def _compare_all(self, results: Any, expected: tuple[Any, ...]) -> Complaint | None:
        if not isinstance(results, tuple | list) or len(results) != len(expected):
            wanted = f"a tuple or list of {len(expected)} tensors"
            return f"apply() gave {results!r}", wanted, "return a sequence of handles"
        pairs = zip(results, expected, strict=True)
        return next((c for c in (self._compare(r, e) for r, e in pairs) if c), None)

    def _compare(self, result: Any, expected: Any) -> Complaint | None:
        found = np.asarray(self.ask("array", result))
        wanted = np.asarray(expected)
        if self.call.operator.smoothness is UNDETERMINED:
            failure = has_shape(found, wanted.shape)
        else:
            failure = is_close(found, wanted, ulps=ULPS)
        if failure is None:
            return None
        remedy = "map the name onto the function that means what torch's means"
        return repr(failure.found), repr(failure.expected), remedy

    def _fitted(self, array: Any) -> Any:
        return array.astype(self.ask.dtype) if array.dtype.kind == "f" else array

    def _handle(self, array: Any) -> Any:
        differentiable = array.dtype.kind == "f" and not self.call.operator.inplace
        return self.ask.tensor(array, leaf=self.ask.has("tape") and differentiable)
