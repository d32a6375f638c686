"""Pictures by Graphviz, all in one run of `dot`, and the plot of an operator."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING, Final

import numpy as np

from gradspec.catalogue.domain import Operand
from gradspec.catalogue.operators import CALLS
from gradspec_conformance.exceptions import WrongUsage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gradspec.catalogue.operator import Operator

WIDTH: Final = 480
HEIGHT: Final = 300
TALLEST: Final = 6.0
STEP: Final = 1e-4
SVG: Final = re.compile(r"<svg.*?</svg>", re.DOTALL)
IDS: Final = re.compile(r' id="[^"]*"')


def drawn(dots: Sequence[str], *, ids: bool = False) -> list[str]:
    """Draw graphs, with or without ids of boxes; raises WrongUsage without the program `dot`."""
    if not dots:
        return []
    program = shutil.which("dot")
    if program is None:
        raise WrongUsage("a book has pictures, which need the program dot of Graphviz")
    done = subprocess.run(  # noqa: S603 - the program was looked up, the graphs are ours
        [program, "-Tsvg"], input="\n".join(dots), capture_output=True, text=True, check=True
    )
    found = SVG.findall(done.stdout)
    return found if ids else [IDS.sub("", svg) for svg in found]


def plot(operator: Operator) -> str | None:
    """Plot a function of one number, and its derivative by differences, dashed; or nothing."""
    call = CALLS.get(operator.name)
    if call is None or operator.formula is None or set(call.given) != {"x"}:
        return None
    operand = call.given["x"]
    if not isinstance(operand, Operand):
        return None
    values = np.array(operand.domain.values, dtype=float)
    x = np.linspace(values.min(), values.max(), 241)
    try:
        with np.errstate(all="ignore"):
            y, above, below = (np.asarray(operator.formula(v)) for v in (x, x + STEP, x - STEP))
    except (ArithmeticError, LookupError, TypeError, ValueError):
        return None
    if y.shape != x.shape or y.dtype.kind != "f":
        return None
    slope = (above - below) / (2 * STEP)
    slope[np.abs(slope) > TALLEST * 10] = np.nan
    return _lines(operator.name, x, y, slope)


def _lines(name: str, x: np.ndarray, y: np.ndarray, slope: np.ndarray) -> str:
    both = np.concatenate([y, slope])
    both = both[np.isfinite(both)]
    if not both.size:
        return ""
    low, high = max(both.min(), -TALLEST), min(both.max(), TALLEST)
    room = 0.05 * (high - low or 1.0)
    low, high = low - room, high + room

    def path(values: np.ndarray) -> str:
        parts, pen = [], "M"
        for a, b in zip(x, values, strict=True):
            if not low <= b <= high:
                pen = "M"
                continue
            across = (a - x[0]) / (x[-1] - x[0]) * WIDTH
            parts.append(f"{pen}{across:.1f} {HEIGHT - (b - low) / (high - low) * HEIGHT:.1f}")
            pen = "L"
        return "".join(parts)

    return (
        f'<svg viewBox="0 -6 {WIDTH} {HEIGHT + 26}" width="{WIDTH}" role="img" '
        f'aria-label="{name} and its derivative from {x[0]:g} to {x[-1]:g}">'
        f'<path d="{path(y)}" fill="none" stroke="#0b4fa8" stroke-width="2"/>'
        f'<path d="{path(slope)}" fill="none" stroke="#a8430b" stroke-width="2" '
        f'stroke-dasharray="6 4"/>'
        f'<text x="2" y="{HEIGHT + 16}" font-size="13">{x[0]:g}</text>'
        f'<text x="{WIDTH - 2}" y="{HEIGHT + 16}" font-size="13" text-anchor="end">{x[-1]:g}</text>'
        f'<text x="2" y="10" font-size="13">{high:.3g}</text>'
        f'<text x="2" y="{HEIGHT - 4}" font-size="13">{low:.3g}</text></svg>'
    )
