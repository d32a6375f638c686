"""Which class is the tensor, how it is made, and where its gradient is after a backward pass."""

from __future__ import annotations

import enum
import inspect
import itertools
from array import array
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec.port.phrase import FORMS
from gradspec_conformance.probing.arrays import find_arrays, find_constants, find_dtypes
from gradspec_conformance.probing.draft import Bench, NotShown
from gradspec_conformance.probing.kind import BASIC, Kind, Maker
from gradspec_conformance.probing.names import (
    DATA_TYPES,
    GRADED,
    GRADIENTS,
    MAKERS,
    PASSES,
    STORES,
    VALUES,
)
from gradspec_conformance.probing.products import PRODUCTS, WRONG, by_product
from gradspec_conformance.probing.surroundings import takes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gradspec_conformance.probing.draft import Draft
    from gradspec_conformance.probing.surroundings import Surroundings

TAILS: Final = ("", ".clone()", ".realize()", ".contiguous()")
"""What a lazy engine is told, so that a tensor has a place of its own."""

NO_GRADIENT: Final = "no gradient of 5 is found on x after a pass from x * z at 3 and 5"


def find_leaves(draft: Draft, around: Surroundings) -> Kind | None:
    """Find how tensors are made and differentiated; the best way is taken into the draft.

    Where a pass ran and came to another gradient, the product may be what is wrong.
    """
    found: list[Kind] = []
    for product in PRODUCTS:
        draft.product = product
        for maker in makers(around):
            found += _tried(draft, around, maker)
            if any(kind.leaves_no_wish for kind in found):
                break
        passes = any(note.endswith(NO_GRADIENT) for note in draft.notes.get("backward", ()))
        if found or not passes:
            break
    if not found:
        draft.product = by_product
        return None
    if draft.product is not by_product:
        draft.remarks.append(WRONG)
    kind = max(found, key=lambda one: one.rank)
    if kind.maker.imported not in draft.setup:
        draft.setup.append(kind.maker.imported)
    draft.phrases |= kind.phrases
    draft.dtypes |= kind.dtypes
    if not kind.has_constants:
        draft.also.append("-constants")
    return kind


def makers(around: Surroundings) -> Iterator[Maker]:
    """Give the functions and classes that may make tensors, the likely ones first."""
    for name in MAKERS[:2]:
        for said, thing in around.found(name):
            if callable(thing) and not isinstance(thing, type):
                yield Maker(f"import {said.rpartition('.')[0]}", said, thing)
    for place, name, thing in around.classes():
        yield Maker(f"from {place} import {name}", name, thing)
    for name in MAKERS[2:]:
        for said, thing in around.found(name):
            if callable(thing) and not isinstance(thing, type):
                yield Maker(f"import {said.rpartition('.')[0]}", said, thing)


def _tried(draft: Draft, around: Surroundings, maker: Maker) -> list[Kind]:
    """Give the ways to make tensors with this; the last one is the best that can be, if one is."""
    before = list(draft.setup)
    draft.setup.append(maker.imported)
    found: list[Kind] = []
    try:
        for tail in TAILS:
            for kind in _ways(around, maker, tail):
                if _is_shown(draft, around, kind) and _is_differentiated(draft, around, kind):
                    found.append(kind)
                    if kind.leaves_no_wish:
                        return found
            if found:
                break
    finally:
        draft.setup[:] = before
    return found


def _ways(around: Surroundings, maker: Maker, tail: str) -> Iterator[Kind]:
    for dtype, form in itertools.product(("float64", "float32"), FORMS):
        for suffix, spelling in _suffixes(around, maker, dtype):
            text = f"{maker.said}(${form}{suffix}){tail}"
            yield Kind(maker, {"tensor": (text,)}, {dtype: spelling}, tail=tail)


def _suffixes(around: Surroundings, maker: Maker, dtype: str) -> Iterator[tuple[str, str]]:
    """Give ways to say the data type, and how it is spelled; first none at all."""
    yield "", f"np.{dtype}"
    if takes(maker.thing, "dtype"):
        for said in DATA_TYPES:
            spelling = said.format(module=around.name).replace("NAME", dtype)
            yield ", dtype=$dtype", spelling


def _is_shown(draft: Draft, around: Surroundings, kind: Kind) -> bool:
    """Say whether a number that is put in can be seen again; take down how."""

    def look(bench: Bench) -> None:
        x = bench.ask.tensor(np.array(3.25, bench.ask.dtype))
        if isinstance(x, np.ndarray | np.generic | float | int):
            raise NotShown(f"it makes a {type(x).__name__}")
        for said, shown in _looks(x, VALUES):
            found = np.asarray(shown)
            if found.dtype == bench.ask.dtype and found.shape == () and found == 3.25:  # noqa: PLR2004
                wide = f", dtype=np.{bench.ask.dtype}" if isinstance(shown, float) else ""
                placed = kind.tail.removeprefix(".") + "." if kind.tail else ""
                kind.phrases["array"] = (f"np.array($x.{placed}{said}{wide})",)
                _take_class(around, kind, type(x))
                return
        if store := _store(x):
            kind.store = store
            kind.phrases["array"] = (_of_row(f"$x.{store}", str(bench.ask.dtype)),)
            _take_class(around, kind, type(x))
            return
        raise NotShown("nothing on it shows the number that it was made from")

    return draft.shows("tensor", kind.phrases["tensor"], look, dtypes=kind.dtypes)


def _store(x: Any) -> str:
    """Give the attribute in which numbers stand in a row, beside an empty shape."""
    if not isinstance(getattr(x, "shape", None), tuple | list) or len(x.shape):
        return ""
    for said, shown in _looks(x, STORES):
        if isinstance(shown, list | tuple | array) and [*shown] == [3.25]:
            return said
    return ""


def _of_row(row: str, dtype: str) -> str:
    return f"np.array({row}, dtype=np.{dtype}).reshape(tuple($x.shape))"


def _take_class(around: Surroundings, kind: Kind, made: type) -> None:
    kind.tensor_class = made
    if kind.maker.thing is made:
        kind.class_said = kind.maker.said
    else:
        kind.class_said = next(_called(around, made), "type($x)")


def _called(around: Surroundings, thing: type) -> Iterator[str]:
    """Give what a class is called."""
    for place, module in around.places:
        yield from (f"{place}.{name}" for name, found in vars(module).items() if found is thing)


def _looks(x: Any, names: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    """Read attributes, and call methods without arguments; what raises is passed over."""
    for name in names:
        try:
            *before, last = name.split(".")
            thing = x
            for part in before:
                thing = getattr(thing, part.removesuffix("()"))
                thing = thing() if part.endswith("()") else thing
            thing = getattr(thing, last)
            shown = (f"{name}()", thing()) if callable(thing) else (name, thing)
            if not isinstance(shown[1], memoryview):  # of bytes; another gives the array
                yield shown
        except Exception:  # noqa: BLE001, S112 - not the one, then
            continue


def _is_differentiated(draft: Draft, around: Surroundings, kind: Kind) -> bool:
    """Find how a gradient is asked for and had, and what leaves and constants are."""
    made = kind.phrases["tensor"][0].removesuffix(f"){kind.tail}")
    flags = [f for f in GRADED if takes(kind.maker.thing, f.partition("=")[0])]
    for flag in (*flags, "", *_other_flags(around, kind.maker)):
        leaf = f"{made}, {flag}){kind.tail}" if flag else f"{made}){kind.tail}"
        for backward, run_pass in _passes(around, kind):
            if _has_gradient(draft, kind, leaf, backward):
                kind.run_pass = run_pass
                find_arrays(draft, kind)
                find_constants(draft, kind, flag)
                find_dtypes(draft, kind)
                return True
    return False


def _other_flags(around: Surroundings, maker: Maker) -> Iterator[str]:
    """Give what else may ask for a gradient: a switch, or one of a few words."""
    try:
        parameters = inspect.signature(maker.thing).parameters.values()
    except (TypeError, ValueError):
        return
    known = {flag.partition("=")[0] for flag in GRADED}
    for one in parameters:
        if isinstance(one.default, bool) and one.name not in known:
            yield f"{one.name}={not one.default}"
        elif isinstance(one.default, enum.Enum):
            others = [other for other in type(one.default) if other is not one.default]
            for said in itertools.islice(_called(around, type(one.default)), 1):
                yield from (f"{one.name}={said}.{other.name}" for other in others)


def _passes(around: Surroundings, kind: Kind) -> Iterator[tuple[str, Any]]:
    for name in PASSES:
        if hasattr(kind.tensor_class, name):
            yield f"${{root:one}}.{name}()", getattr(kind.tensor_class, name)
    for name in PASSES:
        for said, thing in around.found(name):
            if callable(thing) and not isinstance(thing, type):
                yield f"{said}(${{root:one}})", thing


def _has_gradient(draft: Draft, kind: Kind, leaf: str, backward: str) -> bool:
    said = {**BASIC, **kind.phrases, "leaf": (leaf,), "backward": (backward,)}

    def differentiate(bench: Bench) -> None:
        x = bench.leaf(3.0)
        bench.back(bench.times(x, bench.leaf(5.0)))
        for name, gradient in _looks(x, GRADIENTS):
            if gradient is not None and _is_number(kind, gradient, 5.0):
                said["get:grad"] = (f"$x.{name}",)
                if not isinstance(gradient, kind.tensor_class):
                    said["array"] = (_of_both(kind),)
                return
        raise NotShown(NO_GRADIENT)

    if not draft.shows("backward", (backward,), differentiate, said, dtypes=kind.dtypes):
        return False
    kind.phrases = {key: texts for key, texts in said.items() if key not in BASIC}
    return True


def _is_number(kind: Kind, gradient: Any, number: float) -> bool:
    if kind.store:
        name = kind.store
        if not isinstance(gradient, kind.tensor_class):
            name = name.rpartition(".")[2]
        row = next((g for _, g in _looks(gradient, (name,))), None)
        return isinstance(row, list | tuple | array) and [*row] == [number]
    if isinstance(gradient, kind.tensor_class):
        name = kind.phrases["array"][0].removeprefix("np.array($x.").partition(", dtype")[0]
        name = name.removesuffix(")").removesuffix("()")
        gradient = next((g for _, g in _looks(gradient, (name,))), None)
    try:
        found = np.asarray(gradient, float)
    except Exception:  # noqa: BLE001 - no numbers
        return False
    return found.shape == () and bool(found == number)


def _of_both(kind: Kind) -> str:
    """Say what shows tensors, and gradients that are none."""
    if kind.store:
        holder, dot, row = kind.store.rpartition(".")
        inner = f"($x.{holder} if isinstance($x, {kind.class_said}) else $x)" if dot else "$x"
        return _of_row(f"{inner}.{row}", next(iter(kind.dtypes)))
    shown = kind.phrases["array"][0].removeprefix("np.array(").removesuffix(")")
    expression, comma, rest = shown.partition(", dtype=")
    return f"np.array({expression} if isinstance($x, {kind.class_said}) else $x{comma}{rest})"
