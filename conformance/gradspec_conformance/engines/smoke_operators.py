"""Every declared operator on the samples of the catalogue: the value, in the form promised.

An adapter that maps a name onto the wrong function, or arguments onto the wrong places, is found
here before any derivative is taken.  What a wrong value is the value of is said where it is known.
"""

from __future__ import annotations

import re
from inspect import signature
from itertools import combinations
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec.catalogue.operator import UNDETERMINED, Call, is_tensor, map_arrays
from gradspec.catalogue.operators import CALLS, OPERATORS
from gradspec.judging.comparison import has_shape, is_close
from gradspec.port.acts import ACTS
from gradspec_conformance.engines.fault import Complaint, Party, phrases

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from gradspec.catalogue.operator import Operator
    from gradspec_conformance.engines.asking import Asker

ULPS: Final = 64
"""NumPy and an engine may round a function of the C library differently."""

EXACT: Final = 1e-12
COARSE: Final = 1e-4
"""What a computation in less than the declared precision may be off, relative to the largest."""

MAP: Final = "map the name onto the function that means what torch's means"


def check_operators(ask: Asker) -> Iterator[tuple[str, Callable[[], Complaint | None]]]:
    """Give a name and a check for each call that the engine's declarations reach."""
    for call in CALLS.values():
        tried = OperatorTrial(ask, call)
        if tried.needs <= ask.abilities and ask.covers(tried.act.key, tried.sample):
            kind = "in-place operator" if call.operator.inplace else "operator"
            yield f"{kind} {call.name}", tried.run


class OperatorTrial:
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
        """Ask, and compare what comes back."""
        return self.compared(self.result())

    def result(self, *, leaves: bool = True) -> Any:
        """Give what the engine makes of the sample: in place, the operand that was written."""
        handles = map_arrays(self.sample, self._handle if leaves else self.ask.tensor)
        result = self.ask(self.act.key, **handles)
        return handles["x"] if self.call.operator.inplace else result

    def compared(self, result: Any) -> Complaint | None:
        """Compare a result with what the catalogue computes."""
        expected = self.call.value(self.sample)
        if isinstance(expected, tuple):
            return self._compare_all(result, expected)
        return self._compare(result, expected)

    def _compare_all(self, results: Any, expected: tuple[Any, ...]) -> Complaint | None:
        settled = self.call.operator.settled
        count = len(signature(settled).parameters) if settled else len(expected)
        if not isinstance(results, tuple | list) or len(results) != count:
            wanted = f"a tuple or list of {count} tensors"
            return Complaint(f"it gave {results!r}", wanted, "return a sequence of handles")
        found = [self.ask.shown(result, self.act.key) for result in results]
        pairs = zip(settled(*found) if settled else found, expected, strict=True)
        return next((c for c in (self._compare_arrays(f, e) for f, e in pairs) if c), None)

    def _compare(self, result: Any, expected: Any) -> Complaint | None:
        return self._compare_arrays(self.ask.shown(result, self.act.key), expected)

    def _compare_arrays(self, found: Any, expected: Any) -> Complaint | None:
        wanted = np.asarray(expected)
        if self.call.operator.smoothness is UNDETERMINED:
            failure = has_shape(found, wanted.shape)
        else:
            failure = is_close(found, wanted, ulps=ULPS)
        if failure is None:
            return None
        said, whose, remedy = self._explained(found, wanted)
        told = f"{said}: {failure.found!r}" if said else repr(failure.found)
        return Complaint(told, repr(failure.expected), remedy, whose, self.act.key)

    def _explained(self, found: Any, wanted: Any) -> tuple[str, Party, str]:
        """Say what it is the value of, whose fault that makes it, and what to do."""
        known = self._known(found)
        if known is not None:
            return known
        if found.shape != wanted.shape:
            return f"shape {found.shape}", Party.EITHER, f"give shape {wanted.shape}; or {MAP}"
        if _is_near(found, -wanted if wanted.dtype.kind in "fc" else wanted, EXACT):
            return "the sign is turned", Party.EITHER, f"turn it; or {MAP}"
        if _is_near(found, wanted, COARSE):
            remedy = f"compute in {self.ask.dtype.name}, or declare the data type it computes in"
            return "right to a few digits only", Party.EITHER, remedy
        return "", Party.EITHER, f"if its users get the same by hand, mend the engine; else {MAP}"

    def _known(self, found: Any) -> tuple[str, Party, str] | None:
        """Find what gives this value: the call with less, the other way round, or another."""
        operator, sample = self.call.operator, self.sample
        for left_out in _subsets([n for n, v in sample.items() if not is_tensor(v)]):
            rest = {n: v for n, v in sample.items() if n not in left_out}
            if _gives(operator, rest, found):
                names = " and ".join(left_out)
                said = f"{operator.name} without {names}"
                whose = self._whose(*(f"${name}" for name in left_out))
                return said, whose, f"let {names} reach what computes it"
        if {"x", "other"} <= sample.keys():
            swapped = {**sample, "x": sample["other"], "other": sample["x"]}
            if _gives(operator, swapped, found):
                whose = self._whose("$x", "$other")
                return f"{operator.name} with its operands swapped", whose, "put x before other"
        for other in OPERATORS.values():
            if other.inplace or other.name in (operator.name, operator.form_of):
                continue
            if sample.keys() <= set(other.signature.names) and _gives(other, sample, found):
                return f"what {other.name} gives", self._whose(operator.name), MAP
        return None

    def _whose(self, *said: str) -> Party:
        """Blame a phrase that does not say these in this order, else the engine that it asks."""
        spoken = phrases(self.ask.engine, self.act)
        if not spoken:
            return Party.EITHER
        pattern = re.compile(".*".join(map(re.escape, said)), re.DOTALL)
        right = any(pattern.search(phrase.text) for phrase in spoken)
        return Party.ENGINE if right else Party.ADAPTER

    def _fitted(self, array: Any) -> Any:
        return array.astype(self.ask.dtype) if array.dtype.kind == "f" else array

    def _handle(self, array: Any) -> Any:
        differentiable = array.dtype.kind == "f" and not self.call.operator.inplace
        return self.ask.tensor(array, leaf=self.ask.has("tape") and differentiable)


def _subsets(names: list[str]) -> Iterator[tuple[str, ...]]:
    """Give all that may be left out, the fewest first."""
    for count in range(1, len(names) + 1):
        yield from combinations(names, count)


def _gives(operator: Operator, sample: Mapping[str, Any], found: Any) -> bool:
    """Whether an operator gives this value for a sample, if it takes the sample at all."""
    try:
        with np.errstate(all="ignore"):
            value = np.asarray(Call(operator, "", sample).value(sample))
    except Exception:  # noqa: BLE001 - it does not take that
        return False
    known = value.size > 0 and value.dtype.kind in "biufc"
    return known and is_close(found, value, ulps=ULPS) is None


def _is_near(found: Any, wanted: Any, room: float) -> bool:
    if found.shape != wanted.shape or not wanted.size or wanted.dtype.kind not in "fc":
        return False
    return bool(np.allclose(found, wanted, rtol=0, atol=room * np.abs(wanted).max()))
