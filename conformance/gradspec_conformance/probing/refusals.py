"""What an engine says where it refuses: patterns for the kinds of errors that are easily caused."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec.exceptions import whole_text_of
from gradspec_conformance.probing.passes import POINTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradspec_conformance.probing.draft import Bench, Draft

Shape = tuple[int, ...]

LONG_ENOUGH: Final = 30
"""Characters of an error by which it is known."""


def find_errors(draft: Draft, *, arrays: bool) -> None:
    """Take down what the engine says where it refuses, for the kinds that are easily caused."""
    found: list[tuple[str, str, str]] = []
    for kind, act, cause in REFUSALS:
        asked = arrays or kind in ("root-without-grad", "leaf-inplace")
        if asked and ("backward" in draft.phrases or not act):
            told = _refusal(draft, cause)
            # what is said of two kinds stands for the more frequent one, which comes first
            if told and not any(a == act and re.search(said, told) for _, said, a in found):
                found.append((kind, pattern_of(told), act))
    draft.errors += sorted(found, key=lambda one: not one[2])  # those of one act come first


def pattern_of(told: str) -> str:
    """Make a pattern of what an error said, up to where it tells numbers, which vary."""
    first = told.split("\n", maxsplit=1)[0][:200].strip()
    before = re.split(r"[\[({]?\d", first)[0].rstrip()
    said = before if len(before) >= LONG_ENOUGH else first
    return re.sub(r"\d+", r"\\d+", re.escape(said).replace(r"\ ", " "))


def _refusal(draft: Draft, cause: Any) -> str | None:
    """Cause a refusal; an error that Python itself raises is an accident and tells nothing."""
    told: list[str] = []

    def caused(bench: Bench) -> None:
        steps = cause(bench)
        try:
            steps()
        except Exception as error:  # noqa: BLE001 - that is what is looked for
            told.append(f"{type(error).__name__}: {whole_text_of(error)}")

    if draft.shows("refusal", (), caused) and told:
        accident = told[0].startswith(ACCIDENTS) and not any(said in told[0] for said in MEANT)
        return None if accident else told[0]
    return None


MEANT: Final = ("AttributeError: 'float' object has no attribute", "shape", "broadcast")
"""No accidents: a pass from a number, where constants are numbers, and shapes that do not fit."""

ACCIDENTS: Final = ("AttributeError", "TypeError", "NameError", "IndexError", "KeyError", "Unsaid")


def _vector_root(bench: Bench) -> Any:
    y = bench.times(bench.leaf(POINTS), bench.leaf(POINTS))
    return lambda: bench.back(y)


def _constant_root(bench: Bench) -> Any:
    y = bench.times(bench.constant(2.0), bench.constant(3.0))
    return lambda: bench.back(y)


def _freed(bench: Bench) -> Any:
    x = bench.leaf(2.0)
    y = bench.times(bench.times(x, x), x)
    bench.back(y)
    return lambda: bench.back(y)


def _wrong_cotangent(bench: Bench, of: Shape, given: Shape, *, by_number: bool) -> Any:
    x, z = bench.leaf(np.ones(of)), bench.leaf(np.ones(of))
    y = bench.times(x, 2.0 if by_number else z)

    def steps() -> tuple[Any, Any]:
        bench.back(y, gradient=bench.constant(np.ones(given)))
        return x, z  # held until now: an engine may look only at tensors that somebody has

    return steps


def _wrong_operands(bench: Bench) -> Any:
    one, other = bench.constant(POINTS), bench.constant(np.ones((2, 5)))
    return lambda: bench.value(bench.times(one, other))  # the lazy refuse when somebody looks


def _wrong_matrices(bench: Bench) -> Any:
    two, four = bench.constant(np.ones((2, 3))), bench.constant(np.ones((4, 5)))
    return lambda: bench.value(bench.ask("op:matmul", two, four))


def _leaf_written(bench: Bench) -> Any:
    return lambda: bench.ask("op:iadd", bench.leaf(2.0), bench.constant(3.0))


MISFITS: Final[tuple[tuple[Shape, Shape], ...]] = (
    ((3,), (2, 5)),
    ((3,), (4,)),
    ((3,), (1,)),
    ((3,), ()),
    ((3,), (1, 3)),
    ((2, 3), (3,)),
    ((), (1,)),
    ((), (2,)),
)
"""Shapes of a root, and of a cotangent that is none of it: an engine may look in several places."""

REFUSALS: Final[tuple[tuple[str, str, Callable[[Bench], Any]], ...]] = (
    ("nonscalar-root", "backward", _vector_root),
    ("root-without-grad", "backward", _constant_root),
    ("graph-freed", "backward", _freed),
    *(
        (
            "cotangent-shape",
            "backward",
            partial(_wrong_cotangent, of=of, given=given, by_number=by_number),
        )
        for by_number in (False, True)
        for of, given in MISFITS
    ),
    ("leaf-inplace", "iadd", _leaf_written),
    ("operand-shape", "", _wrong_operands),
    ("operand-shape", "", _wrong_matrices),
)
"""Kind of an error, the act that raises it, and what leads there."""
