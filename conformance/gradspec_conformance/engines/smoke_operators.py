"""Every declared operator on its sample: the value that NumPy gives, in the form promised."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec.judging.comparison import has_shape, is_close
from gradspec.port.acts import ACTS
from gradspec_conformance.engines.smoke_samples import POINTWISE, SAMPLES, Sample

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gradspec_conformance.engines.asking import Asker

Complaint = tuple[str, str, str]

ULPS = 64
"""NumPy and an engine may round a function of the C library differently."""


def check_operators(ask: Asker) -> Iterator[tuple[str, Callable[[], Complaint | None]]]:
    """Give a name and a check for each sample that the engine's declarations reach."""
    for sample in SAMPLES if ask.has("arrays") else POINTWISE:
        tried = _Trial(ask, sample)
        if tried.needs <= ask.abilities:
            name = "in-place operator" if tried.writes else "operator"
            options = "".join(f" with {key}" for key in sample.parameters)
            yield f"{name} {sample.operator}{options}", tried.run


class _Trial:
    """One sample on one engine, in the engine's working data type and shapes."""

    def __init__(self, ask: Asker, sample: Sample) -> None:
        self.ask = ask
        self.sample = sample
        self.act = ACTS[f"op:{sample.operator}"]
        self.operands = [self._fitted(operand) for operand in sample.operands]
        self.writes = "inplace" in self.act.words

    @property
    def needs(self) -> frozenset[str]:
        """The words of the operator, and of the data types of its operands."""
        arrays = [o for o in self.operands if isinstance(o, np.ndarray)]
        odd = {f"dtype:{a.dtype.name}" for a in arrays if a.dtype != self.ask.dtype}
        given = self.act.signature.bind(tuple(self.operands), self.sample.parameters)
        return self.act.needs(given) | odd

    def run(self) -> Complaint | None:
        handles = [self._handles(operand) for operand in self.operands]
        if self.sample.checks == "nothing":
            return None
        result = self.ask(self.act.key, *handles, **self.sample.parameters)
        if self.writes:
            return self._compare(handles[0], self._expected())
        expected = self._expected()
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
        if self.sample.checks == "shape":
            failure = has_shape(found, wanted.shape)
        else:
            failure = is_close(found, wanted, ulps=ULPS)
        if failure is None:
            return None
        remedy = "map the name onto the function that means what torch's means"
        return repr(failure.found), repr(failure.expected), remedy

    def _expected(self) -> Any:
        return self.sample.expected(*self.operands)

    def _fitted(self, operand: Any) -> Any:
        """Take the first entry where the engine has numbers only."""
        match operand:
            case np.ndarray():
                array = operand.astype(self.ask.dtype) if operand.dtype.kind == "f" else operand
                return array if self.ask.has("arrays") else np.array(array.flat[0])
            case list():
                return [self._fitted(o) for o in operand]
        return operand

    def _handles(self, operand: Any) -> Any:
        match operand:
            case np.ndarray():
                leaf = self.ask.has("tape") and operand.dtype.kind == "f" and not self.writes
                return self.ask.tensor(operand, leaf=leaf)
            case list():
                return [self._handles(o) for o in operand]
        return operand
