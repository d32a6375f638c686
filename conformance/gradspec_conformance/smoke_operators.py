"""Every declared operator on its sample: the value that NumPy gives, in the form promised."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec.catalogue.operators import OPERATORS, returns_several
from gradspec.judging.comparison import has_shape, is_close
from gradspec.port.engine import working_dtype
from gradspec_conformance.smoke_samples import POINTWISE, SAMPLES, Sample

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gradspec.port.engine import Port

Complaint = tuple[str, str, str]

ULPS = 64
"""NumPy and an engine may round a function of the C library differently."""


def check_operators(engine: Port) -> Iterator[tuple[str, Callable[[], Complaint | None]]]:
    """Give a name and a check for each sample that the engine's declarations reach."""
    for sample in SAMPLES if "arrays" in engine.capabilities else POINTWISE:
        operator = OPERATORS[sample.operator]
        tried = _Trial(engine, sample)
        needed = {operator.capability} | tried.dtypes | ({"inplace"} if tried.writes else set())
        if needed <= engine.capabilities:
            name = "in-place operator" if tried.writes else "operator"
            options = "".join(f" with {key}" for key in sample.parameters)
            yield f"{name} {sample.operator}{options}", tried.run


class _Trial:
    """One sample on one engine, in the engine's working data type and shapes."""

    def __init__(self, engine: Port, sample: Sample) -> None:
        self.engine = engine
        self.sample = sample
        self.dtype = working_dtype(engine.capabilities)
        self.operands = [self._fitted(operand) for operand in sample.operands]
        self.writes = OPERATORS[sample.operator].group == "inplace"

    @property
    def dtypes(self) -> set[str]:
        """The data types of the operands, but the working one, as capabilities."""
        arrays = [o for o in self.operands if isinstance(o, np.ndarray)]
        return {f"dtype:{a.dtype.name}" for a in arrays if a.dtype != self.dtype}

    def run(self) -> Complaint | None:
        handles = [self._handles(operand) for operand in self.operands]
        name, parameters = self.sample.operator, dict(self.sample.parameters)
        if self.writes:
            self.engine.inplace(name, handles[0], handles[1:], parameters)
            return self._compare(handles[0], self._expected())
        if self.sample.checks == "nothing":
            return None
        result = self.engine.apply(name, handles, parameters)
        if not returns_several(name, len(handles), frozenset(parameters)):
            return self._compare(result, self._expected())
        return self._compare_all(result, self._expected())

    def _compare_all(self, results: Any, expected: tuple[Any, ...]) -> Complaint | None:
        if not isinstance(results, tuple | list) or len(results) != len(expected):
            wanted = f"a tuple or list of {len(expected)} tensors"
            return f"apply() gave {results!r}", wanted, "return a sequence of handles"
        pairs = zip(results, expected, strict=True)
        return next((c for c in (self._compare(r, e) for r, e in pairs) if c), None)

    def _compare(self, result: Any, expected: Any) -> Complaint | None:
        found = np.asarray(self.engine.array(result))
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
                array = operand.astype(self.dtype) if operand.dtype.kind == "f" else operand
                return array if "arrays" in self.engine.capabilities else np.array(array.flat[0])
            case list():
                return [self._fitted(o) for o in operand]
        return operand

    def _handles(self, operand: Any) -> Any:
        match operand:
            case np.ndarray():
                recorded = "tape" in self.engine.capabilities and operand.dtype.kind == "f"
                return self.engine.tensor(operand, requires_grad=recorded and not self.writes)
            case list():
                return [self._handles(o) for o in operand]
        return operand
