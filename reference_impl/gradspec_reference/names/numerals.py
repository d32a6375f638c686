"""How the numbers of a printed tensor look, and the options for that; start at `column`."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["set_printoptions"]

FAR_APART = 1000.0
LARGE = 1e8
SMALL = 1e-4


@dataclass(frozen=True, slots=True)
class Options:
    """What a caller may choose about printing."""

    precision: int = 4
    threshold: float = 1000
    edgeitems: int = 3
    linewidth: int = 80
    sci_mode: bool | None = None


PROFILES: Final = {
    "default": Options(),
    "short": Options(precision=2, edgeitems=2),
    "full": Options(threshold=math.inf),
}


class _Chosen:
    """The options in force."""

    options = Options()


def options() -> Options:
    """Return the options in force."""
    return _Chosen.options


def set_printoptions(
    precision: int | None = None,
    threshold: float | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    profile: str | None = None,
    sci_mode: bool | None = None,
) -> None:
    """Choose how tensors are printed (torch.set_printoptions).

    A profile is default, short or full; single options come on top of it.  `sci_mode` is chosen
    anew by each call: left out, the numbers decide.
    """
    given = {
        "precision": precision,
        "threshold": threshold,
        "edgeitems": edgeitems,
        "linewidth": linewidth,
    }
    kept = PROFILES.get(profile or "", _Chosen.options)
    changes: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    _Chosen.options = replace(kept, **changes, sci_mode=sci_mode)


def column(numbers: list[Any], chosen: Options) -> tuple[Callable[[Any], str], int]:
    """Return how to write each of these numbers, and how wide the column is.

    Zeros, infinities and NaN have no say in the width, and may stand out of the column.
    """
    if any(isinstance(x, complex) for x in numbers):
        return two_columns(numbers, chosen)
    if not any(isinstance(x, float) for x in numbers):
        width = max(map(len, map(str, numbers)), default=1)
        return lambda x: str(x).rjust(width), width
    telling = [x for x in numbers if x and math.isfinite(x)]
    notations: dict[str, Callable[[float], str]] = {
        "scientific": lambda x: f"{x:.{chosen.precision}e}",
        "whole": lambda x: f"{x:.0f}." if math.isfinite(x) else f"{x:.0f}",
        "fixed": lambda x: f"{x:.{chosen.precision}f}",
    }
    natural = "whole" if all(x == math.floor(x) for x in telling) else "fixed"
    exponents = needs_exponents(telling, natural) if chosen.sci_mode is None else chosen.sci_mode
    write = notations["scientific" if exponents and telling else natural]
    width = max((len(write(x)) for x in telling), default=1)
    return lambda x: write(x).rjust(width), width


def two_columns(numbers: list[complex], chosen: Options) -> tuple[Callable[[Any], str], int]:
    """Return how to write complex numbers: each of the two parts is a column of its own."""
    real, of_real = column([x.real for x in numbers], chosen)
    imaginary, of_imaginary = column([x.imag for x in numbers], chosen)

    def write(x: complex) -> str:
        second = imaginary(x.imag).lstrip()
        return f"{real(x.real)}{'' if second[0] in '+-' else '+'}{second}j"

    return write, of_real + of_imaginary + 1


def needs_exponents(telling: list[float], natural: str) -> bool:
    """Tell whether numbers are too large, too small or too far apart for plain digits."""
    if not telling:
        return False
    sizes = [abs(x) for x in telling]
    least, most = min(sizes), max(sizes)
    return most / least > FAR_APART or most > LARGE or (natural == "fixed" and least < SMALL)
