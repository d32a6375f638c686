"""Pictures by Graphviz, all in one run of `dot`, and the plot of an operator."""

from __future__ import annotations

import functools
import re
import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec.catalogue.domain import Operand
from gradspec.catalogue.operator import OrNan
from gradspec.catalogue.operators import CALLS
from gradspec_conformance.exceptions import WrongUsage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gradspec.catalogue.operator import Kink, Operator

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


@dataclass(frozen=True, slots=True)
class Bend:
    """A point without a derivative; what mathematics allows there, and what torch gives."""

    x: float
    y: float
    choice: float | None
    said: str


@dataclass(frozen=True, slots=True)
class Plot:
    """A picture of a function and its derivative, and where it has none."""

    svg: str
    options: str
    bends: tuple[Bend, ...]


def plot(operator: Operator) -> Plot | None:
    """Plot a function of one number, and its derivative by differences, dashed; or nothing."""
    call = CALLS.get(operator.name)
    if call is None or operator.formula is None or set(call.given) != {"x"}:
        return None
    operand = call.given["x"]
    if not isinstance(operand, Operand):
        return None
    options = _options(operator)
    formula = functools.partial(operator.formula, **options)
    try:
        with np.errstate(all="ignore"):
            bends = _bends(operator, options)
    except (ArithmeticError, LookupError, TypeError, ValueError):  # a function of arrays
        return None
    values = np.array(
        [*operand.domain.values, *(b.x - 1 for b in bends), *(b.x + 1 for b in bends)]
    )
    x = np.linspace(values.min(), values.max(), 241)
    try:
        with np.errstate(all="ignore"):
            y, above, below = (np.asarray(formula(v)) for v in (x, x + STEP, x - STEP))
    except (ArithmeticError, LookupError, TypeError, ValueError):
        return None
    if y.shape != x.shape or y.dtype.kind != "f":
        return None
    slope = (above - below) / (2 * STEP)
    slope[np.abs(slope) > TALLEST * 10] = np.nan
    for bend in bends:  # the dashed line is broken where there is no derivative
        slope[np.abs(x - bend.x) <= (x[1] - x[0]) / 2] = np.nan
    svg = _lines(operator.name, x, y, slope, bends)
    return Plot(svg, ", ".join(f"{n}={v}" for n, v in options.items()), bends) if svg else None


def _options(operator: Operator) -> dict[str, Any]:
    """Give the options under which the catalogue states the kinks, if it does under one alone."""
    found = [{n: v for n, v in k.given.items() if n != "x"} for k in operator.kinks.values()]
    same = bool(found) and all(repr(each) == repr(found[0]) for each in found)
    plain = any(not each for each in found)
    return found[0] if same and not plain and _of_numbers(found[0]) else {}


def _of_numbers(options: dict[str, Any]) -> bool:
    return all(isinstance(value, (int, float)) for value in options.values())


def _bends(operator: Operator, options: dict[str, Any]) -> tuple[Bend, ...]:
    found: dict[float, Bend] = {}
    for kink in operator.kinks.values():
        given = {n: v for n, v in kink.given.items() if n != "x"}
        if repr(given) != repr(options) or operator.formula is None:
            continue
        places = np.atleast_1d(np.asarray(kink.given["x"], dtype=float))
        for number, at in enumerate(places.ravel()):
            choice = _entry(kink.choice, number)
            y = float(operator.formula(np.array(at), **options))
            found[float(at)] = Bend(float(at), y, choice, _said(float(at), kink, number))
    return tuple(found.values())


def _entry(value: Any, number: int) -> float | None:
    """Give the entry of what is stated for each point, or for all alike."""
    if value is None or isinstance(value, (tuple, OrNan)):
        return None
    entries = np.ravel(value)
    return float(entries[number if entries.size > 1 else 0])


def _said(at: float, kink: Kink, number: int) -> str:
    said = f"At {at:g} there is no derivative"
    if kink.between is not None:
        low, high = (_entry(bound, number) for bound in kink.between)
        if low is not None and high is not None:
            said += f"; whatever lies from {min(low, high):g} to {max(low, high):g} is sound"
    choice = _entry(kink.choice, number)
    return f"{said}." if choice is None else f"{said}; torch gives {choice:g}."


def _lines(
    name: str, x: np.ndarray, y: np.ndarray, slope: np.ndarray, bends: Sequence[Bend]
) -> str:
    stated = [b.choice for b in bends if b.choice is not None]
    both = np.concatenate([y, slope, stated])
    both = both[np.isfinite(both)]
    if not both.size:
        return ""
    low, high = max(both.min(), -TALLEST), min(both.max(), TALLEST)
    room = 0.05 * (high - low or 1.0)
    low, high = low - room, high + room

    def across(a: float) -> float:
        return float((a - x[0]) / (x[-1] - x[0]) * WIDTH)

    def down(b: float) -> float:
        return float(HEIGHT - (b - low) / (high - low) * HEIGHT)

    def path(values: np.ndarray) -> str:
        parts, pen = [], "M"
        for a, b in zip(x, values, strict=True):
            if not low <= b <= high:
                pen = "M"
                continue
            parts.append(f"{pen}{across(a):.1f} {down(b):.1f}")
            pen = "L"
        return "".join(parts)

    marks = "".join(
        f'<line x1="{across(b.x):.1f}" x2="{across(b.x):.1f}" y1="0" y2="{HEIGHT}" '
        f'stroke="#777" stroke-dasharray="2 4"/>'
        f'<circle cx="{across(b.x):.1f}" cy="{down(b.y):.1f}" r="4" fill="#0b4fa8"/>'
        + ("" if b.choice is None else
           f'<circle class="choice" cx="{across(b.x):.1f}" cy="{down(b.choice):.1f}" r="5" '
           f'fill="#fff" stroke="#a8430b" stroke-width="2"><title>{b.said}</title></circle>')
        for b in bends
    )  # fmt: skip
    return (
        f'<svg viewBox="0 -6 {WIDTH} {HEIGHT + 26}" width="{WIDTH}" role="img" '
        f'aria-label="{name} and its derivative from {x[0]:g} to {x[-1]:g}">'
        f'<path d="{path(y)}" fill="none" stroke="#0b4fa8" stroke-width="2"/>'
        f'<path d="{path(slope)}" fill="none" stroke="#a8430b" stroke-width="2" '
        f'stroke-dasharray="6 4"/>{marks}'
        f'<text x="2" y="{HEIGHT + 16}" font-size="13">{x[0]:g}</text>'
        f'<text x="{WIDTH - 2}" y="{HEIGHT + 16}" font-size="13" text-anchor="end">{x[-1]:g}</text>'
        f'<text x="2" y="10" font-size="13">{high:.3g}</text>'
        f'<text x="2" y="{HEIGHT - 4}" font-size="13">{low:.3g}</text></svg>'
    )
