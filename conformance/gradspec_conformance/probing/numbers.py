"""Numbers that carry derivatives: dual numbers, symbols, and results that are asked for a slope."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec_conformance.probing.draft import Bench, NotShown
from gradspec_conformance.probing.functional import adds, is_otherwise, multiplies
from gradspec_conformance.probing.kind import BASIC
from gradspec_conformance.probing.names import (
    CARRIED,
    MAKERS,
    NUMBER_MAKERS,
    SHOWN,
    SLOPES,
    SYMBOLS,
)
from gradspec_conformance.probing.products import WRONG

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gradspec_conformance.probing.draft import Draft
    from gradspec_conformance.probing.surroundings import Surroundings

ASKED: Final = """
def $result(*primals):
    inputs = [{again} for p in primals]
    output = $function(*inputs)
    return output, lambda w: tuple({pulled} for x in inputs)
"""
"""A product, where a result is asked for its derivative by an input."""

SEEDED: Final = """
def $result(*primals):
    def along(i):
        inputs = [{seeded} for j, p in enumerate(primals)]
        return {slope}
    return $function(*primals), lambda w: tuple({pulled} for i in range(len(primals)))
"""
"""A product, where numbers carry their derivative in one direction."""

SYMBOLIC: Final = """
def $result(*primals):
    inputs = [{symbol} for _ in primals]
    output = $function(*inputs)
    def at(e):
        for x, p in zip(inputs, primals):
            e = {replaced}
        return e
    return at(output), lambda w: tuple(at({slope}) * w for x in inputs)
"""
"""A product, where functions are expressions of symbols."""

VALUE: Final = 3.25

FLOATS: Final = {"float64": "float"}

ASKED_FOR: Final = (("x", ""), ("[x]", "[0]"), ("x", "[0]"), ("[x]", "[0][0]"))
"""How an input is given to what gives a derivative, and what of the answer is meant."""

REPLACED: Final = ("substitute", "subs")
"""What puts a number in the place of a symbol."""

KNOWN_TO_ALL: Final = (BaseException, str, list, tuple, float, int, np.ndarray, np.generic)
"""Classes, and what inherits them, that are no engine's numbers."""


@dataclass(frozen=True)
class Made:
    """A way to make a number, and to see it again."""

    text: str
    shown: str
    thing: Any

    def phrases(self) -> dict[str, tuple[str, ...]]:
        """Say how a tensor is made and seen."""
        return {"tensor": (self.text,), "array": (f"np.array({self.shown})",)}

    def of(self, number: str) -> str:
        """Say a tensor of what an expression gives."""
        return self.text.replace("$number", number)

    def value(self, name: str) -> str:
        """Say the number that a variable holds."""
        return self.shown.replace("$x", name)


def find_numbers_that_carry(draft: Draft, around: Surroundings) -> bool:
    """Find products of functions where the derivative is had from numbers; or the values alone."""
    ways = [*_ways(draft, around)]
    if _find_products(draft, around, ways, multiplies):
        return True
    if is_otherwise(draft) and _find_products(draft, around, ways, adds):
        draft.remarks.append(WRONG)
        return True
    if ways:
        draft.phrases |= ways[0].phrases()
        draft.dtypes |= FLOATS
        tried = len(draft.notes.get("transform:vjp", ())) + len(draft.notes.get("backward", ()))
        draft.remarks.append(
            f"Nothing that gives a derivative was found, of {tried} phrases that were tried: "
            "what stands here computes values.  Say how a gradient is had: `leaf`, `backward` and "
            "`grad` for a tape, or the product `vjp` of a function."
        )
    return bool(ways)


def _find_products(draft: Draft, around: Surroundings, ways: list[Made], experiment: Any) -> bool:
    """Take the first product that an experiment shows."""
    for made in ways:
        for guess in itertools.chain(_asked(around, made), _seeded(made), _symbolic(around, made)):
            said = {**BASIC, **made.phrases()}
            if draft.shows("transform:vjp", (guess,), experiment, said, dtypes=FLOATS):
                draft.phrases |= made.phrases() | {"transform:vjp": (guess,)}
                draft.dtypes |= FLOATS
                return True
    return False


def _ways(draft: Draft, around: Surroundings) -> Iterator[Made]:
    """Give the ways to make a number that can be seen again and multiplied."""
    for said in _makers(around):
        found = (
            made
            for text in (f"{said}($number)", f"{said}($number, 0.0)")
            for made in _seen(draft, around, text)
        )
        yield from itertools.islice(found, 1)


def _seen(draft: Draft, around: Surroundings, text: str) -> Iterator[Made]:
    """Give how a number that is made so can be seen again, also in a product."""
    made: list[Any] = []

    def make(bench: Bench) -> None:
        x = bench.ask.tensor(np.array(VALUE))
        if isinstance(x, np.ndarray | np.generic | float | int | complex):
            raise NotShown(f"it makes a {type(x).__name__}")
        made.append(x)

    def look(bench: Bench) -> None:
        x, z = bench.constant(VALUE), bench.constant(2.0)
        bench.holds(x, VALUE)
        bench.holds(bench.times(x, z), 2 * VALUE)
        bench.holds(x, VALUE)

    if draft.shows("tensor", (text,), make, BASIC, dtypes=FLOATS):
        for shown in _looks(around, made[0]):
            said = {**BASIC, "array": (f"np.array({shown})",)}
            if draft.shows("tensor", (text,), look, said, dtypes=FLOATS):
                yield Made(text, shown, made[0])


def _makers(around: Surroundings) -> Iterator[str]:
    """Name what may make numbers: functions called so, and classes that can be multiplied."""
    for name in (*NUMBER_MAKERS, *MAKERS):
        for said, thing in around.found(name):
            if callable(thing) and not isinstance(thing, type):
                yield said
    seen: set[type] = set()
    for place, module in around.places:
        for name, thing in sorted(vars(module).items()):
            if isinstance(thing, type) and not name.startswith("_") and thing not in seen:
                seen.add(thing)
                if hasattr(thing, "__mul__") and not issubclass(thing, KNOWN_TO_ALL):
                    yield f"{place}.{name}"


def _looks(around: Surroundings, x: Any) -> Iterator[str]:
    """Say what may show the number: what is called so, other attributes, functions."""
    for name in SHOWN:
        if hasattr(x, name):
            yield f"float($x.{name}())" if callable(getattr(x, name)) else f"float($x.{name})"
    yield "float($x)"
    yield from (f"float({said}($x))" for said, _ in around.found("evalf"))
    yield from (f"float($x.{name})" for name in _attributes(x) if name not in SHOWN)


def _attributes(x: Any) -> list[str]:
    """Name what is no method, and not Python's own; what is private comes last."""
    try:
        names = [n for n in dir(x) if not n.startswith("__") and not callable(getattr(x, n))]
    except Exception:  # noqa: BLE001 - a stranger's attributes may refuse
        return []
    return sorted(names, key=lambda name: name.startswith("_"))


def _asked(around: Surroundings, made: Made) -> Iterator[str]:
    """Ask the result, or a function of the engine's, for the derivative by an input."""
    slopes = [f"output.{name}" for name in SLOPES if hasattr(made.thing, name)]
    forms = [f"{slope}({x}){end}" for slope in slopes for x, end in ASKED_FOR]
    forms += [f"{slope}[x]" for slope in slopes]
    functions = [said for name in SLOPES for said, _ in around.found(name)]
    forms += [f"{said}(output, {x}){end}" for said in functions for x, end in ASKED_FOR]
    forms += [f"{said}(output)[x]" for said in functions]
    for form in forms:
        yield ASKED.format(
            again=made.of(made.value("p")), pulled=made.of(f"{form} * {made.value('w')}")
        )


def _seeded(made: Made) -> Iterator[str]:
    """Give an input the slope 1, and read the slope of the result."""
    maker = made.text.partition("(")[0]
    p = made.value("p")
    seeds = (
        f"{maker}({p}, 1.0 if i == j else 0.0)",
        f"{maker}({p}, [1.0 if i == j else 0.0])",
        f"{maker}({p}) if i == j else {p}",
    )
    names = [name for name in CARRIED if hasattr(made.thing, name)]
    names += [name for name in _attributes(made.thing) if name not in (*CARRIED, *SHOWN)]
    for seeded, name in itertools.product(seeds, names):
        slope = f"$function(*inputs).{name}"
        slope += "()" if callable(getattr(made.thing, name)) else ""
        for end in ("", "[0]"):
            pulled = made.of(f"float(along(i){end}) * {made.value('w')}")
            yield SEEDED.format(seeded=seeded, slope=slope, pulled=pulled)


def _symbolic(around: Surroundings, made: Made) -> Iterator[str]:
    """Build an expression of symbols, derive it, and put the numbers in."""
    maker = made.text.partition("(")[0]
    symbols = [f"{maker}.{name}('x')" for name in SYMBOLS if hasattr(made.thing, name)]
    symbols += [f"{said}('x')" for name in SYMBOLS for said, _ in around.found(name)]
    slopes = [f"output.{name}(x)" for name in SLOPES if hasattr(made.thing, name)]
    slopes += [f"{said}(output, x)" for name in SLOPES for said, _ in around.found(name)]
    replaced = [f"e.{name}(x, p)" for name in REPLACED if hasattr(made.thing, name)]
    replaced += [f"{said}(e, x, p)" for name in REPLACED for said, _ in around.found(name)]
    for symbol, slope, put in itertools.product(symbols, slopes, replaced):
        yield SYMBOLIC.format(symbol=symbol, slope=slope, replaced=put)
