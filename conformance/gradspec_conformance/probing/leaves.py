"""Which class is the tensor, how it is made, and where its gradient is after a backward pass."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec.port.abilities import DTYPES
from gradspec.port.phrase import FORMS
from gradspec_conformance.probing.draft import Bench, NotShown, same
from gradspec_conformance.probing.names import (
    CLEARINGS,
    DATA_TYPES,
    GRADED,
    GRADIENTS,
    MAKERS,
    PASSES,
    VALUES,
)
from gradspec_conformance.probing.surroundings import takes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gradspec_conformance.probing.draft import Draft
    from gradspec_conformance.probing.surroundings import Surroundings

MATRIX: Final = ((0.5, -1.5, 2.0), (3.0, -0.25, 1.25))
VECTOR: Final = (0.5, -1.5, 2.0)

TAILS: Final = ("", ".clone()", ".realize()", ".contiguous()")
"""What a lazy engine is told, so that a tensor has a place of its own."""

BASIC: Final[dict[str, tuple[str, ...]]] = {"op:mul": ("$x * $other",)}


@dataclass(frozen=True)
class Maker:
    """Something that may make tensors: how it is imported and said, and what it is."""

    imported: str
    said: str
    thing: Any


@dataclass
class Kind:
    """A way to make tensors that was shown to work, and how good it is."""

    maker: Maker
    phrases: dict[str, tuple[str, ...]] = field(default_factory=dict)
    dtypes: dict[str, str] = field(default_factory=dict)
    has_arrays: bool = False
    has_constants: bool = False
    tensor_class: type = object
    class_said: str = "type($x)"
    run_pass: Any = None
    tail: str = ""

    @property
    def rank(self) -> tuple[bool, bool, bool]:
        """Tensors before numbers, wide numbers before narrow ones."""
        return self.has_arrays, "float64" in self.dtypes, self.has_constants


def find_leaves(draft: Draft, around: Surroundings) -> Kind | None:
    """Find how tensors are made and differentiated; the best way is taken into the draft."""
    found: list[Kind] = []
    for maker in makers(around):
        kind = _tried(draft, around, maker)
        if kind is not None:
            found.append(kind)
            if all(kind.rank[:2]):
                break
    if not found:
        return None
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


def _tried(draft: Draft, around: Surroundings, maker: Maker) -> Kind | None:
    before = list(draft.setup)
    draft.setup.append(maker.imported)
    try:
        for tail, dtype, form in itertools.product(TAILS, ("float64", "float32"), FORMS):
            for suffix, spelling in _suffixes(around, maker, dtype):
                text = f"{maker.said}(${form}{suffix}){tail}"
                kind = Kind(maker, {"tensor": (text,)}, {dtype: spelling}, tail=tail)
                if _is_shown(draft, around, kind) and _is_differentiated(draft, around, kind):
                    return kind
    finally:
        draft.setup[:] = before
    return None


def _suffixes(around: Surroundings, maker: Maker, dtype: str) -> Iterator[tuple[str, str]]:
    """Give ways to say the data type, and how it is spelled; first none at all."""
    yield "", f"np.{dtype}"
    if takes(maker.thing, "dtype"):
        for said in DATA_TYPES:
            spelling = said.format(module=around.name).replace("NAME", dtype)
            yield ", dtype=$dtype", spelling


def _is_shown(draft: Draft, around: Surroundings, kind: Kind) -> bool:
    """Say whether a number that is put in can be seen again; take down how."""
    maker = kind.maker

    def look(bench: Bench) -> None:
        x = bench.ask.tensor(np.array(3.25, bench.ask.dtype))
        if isinstance(x, np.ndarray | np.generic | float | int):
            raise NotShown(f"it makes a {type(x).__name__}")
        for said, shown in _looks(x, VALUES):
            array = np.asarray(shown)
            if array.dtype == bench.ask.dtype and array.shape == () and array == 3.25:  # noqa: PLR2004
                wide = f", dtype=np.{bench.ask.dtype}" if isinstance(shown, float) else ""
                placed = kind.tail.removeprefix(".") + "." if kind.tail else ""
                kind.phrases["array"] = (f"np.array($x.{placed}{said}{wide})",)
                kind.tensor_class = type(x)
                if maker.thing is type(x):
                    kind.class_said = maker.said
                else:
                    kind.class_said = next(_called(around, type(x)), "type($x)")
                return
        raise NotShown("nothing on it shows the number that it was made from")

    return draft.shows("tensor", kind.phrases["tensor"], look, dtypes=kind.dtypes)


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
            called = callable(thing)
            if called and name == "data":
                continue  # where this is a method it gives bytes, and another gives the array
            yield (f"{name}()", thing()) if called else (name, thing)
        except Exception:  # noqa: BLE001, S112 - not the one, then
            continue


def _is_differentiated(draft: Draft, around: Surroundings, kind: Kind) -> bool:
    """Find how a gradient is asked for and had, and what leaves and constants are."""
    made = kind.phrases["tensor"][0].removesuffix(f"){kind.tail}")
    flags = [f for f in GRADED if takes(kind.maker.thing, f.partition("=")[0])]
    for flag in (*flags, ""):
        leaf = f"{made}, {flag}){kind.tail}" if flag else f"{made}){kind.tail}"
        for backward, run_pass in _passes(around, kind):
            if _has_gradient(draft, kind, leaf, backward):
                kind.run_pass = run_pass
                _find_arrays(draft, kind)
                _find_constants(draft, kind, flag)
                _find_dtypes(draft, kind)
                return True
    return False


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
        raise NotShown("no gradient of 5 is found on x after a pass from x * z at 3 and 5")

    if not draft.shows("backward", (backward,), differentiate, said, dtypes=kind.dtypes):
        return False
    kind.phrases = {key: texts for key, texts in said.items() if key not in BASIC}
    return True


def _is_number(kind: Kind, gradient: Any, number: float) -> bool:
    if isinstance(gradient, kind.tensor_class):
        name = kind.phrases["array"][0].removeprefix("np.array($x.").partition(", dtype")[0]
        name = name.removesuffix(")").removesuffix("()")
        gradient = next((g for _, g in _looks(gradient, (name,))), None)
    try:
        array = np.asarray(gradient, float)
    except Exception:  # noqa: BLE001 - no numbers
        return False
    return array.shape == () and bool(array == number)


def _of_both(kind: Kind) -> str:
    """Say what shows tensors, and gradients that are none."""
    shown = kind.phrases["array"][0].removeprefix("np.array(").removesuffix(")")
    expression, comma, rest = shown.partition(", dtype=")
    return f"np.array({expression} if isinstance($x, {kind.class_said}) else $x{comma}{rest})"


def _find_arrays(draft: Draft, kind: Kind) -> None:
    """Find out whether tensors have shapes; an engine of numbers may swallow an array unseen."""
    number = kind.phrases["leaf"][0]
    for form in ("$array", "$list"):
        leaf = _with_data(number, form)
        made = _with_data(kind.phrases["tensor"][0], form)
        said = {**BASIC, **kind.phrases, "tensor": (made,), "leaf": (leaf,)}
        if draft.shows("leaf", (leaf,), _holds_arrays, said, dtypes=kind.dtypes):
            kind.phrases |= {"tensor": (made,), "leaf": (leaf,), "shape": ("tuple($x.shape)",)}
            kind.has_arrays = True
            return
    made, leaf = (_with_data(kind.phrases[key][0], "$number") for key in ("tensor", "leaf"))
    said = {**BASIC, **kind.phrases, "tensor": (made,), "leaf": (leaf,)}
    if draft.shows("leaf", (leaf,), _multiplies, said, dtypes=kind.dtypes):
        kind.phrases |= {"tensor": (made,), "leaf": (leaf,)}
        kind.dtypes = dict.fromkeys(kind.dtypes, "float")


def _with_data(text: str, form: str) -> str:
    for name in FORMS:
        text = text.replace(f"${name}", form)
    return text


def _multiplies(bench: Bench) -> None:
    """Differentiate a product of two tensors: of one with itself is too hard for some engines."""
    x, z = bench.leaf(3.0), bench.leaf(5.0)
    bench.back(bench.times(x, z))
    bench.has_grad(x, 5.0)
    bench.has_grad(z, 3.0)


def _holds_arrays(bench: Bench) -> None:
    _multiplies(bench)
    for array in (MATRIX, VECTOR, (), ((1.0,),)):
        x = bench.leaf(np.reshape(array, np.shape(array)))
        if tuple(x.shape) != np.shape(array):
            raise NotShown(f"an array of shape {np.shape(array)} has shape {tuple(x.shape)}")
        bench.holds(x, array)
        bench.holds(bench.times(x, x), np.square(array))
    same(bench.value(bench.leaf(np.transpose(MATRIX))), np.transpose(MATRIX), "transposed array")
    given = np.array(MATRIX, bench.ask.dtype)
    x = bench.ask.tensor(given, leaf=True)
    given[...] = 7.0
    bench.holds(x, MATRIX)


def _find_constants(draft: Draft, kind: Kind, flag: str) -> None:
    """Find what makes a tensor that gets no gradient."""
    made = kind.phrases["tensor"][0]
    guesses = [made]
    if flag:
        swapped = {"True": "False", "False": "True"}
        name, _, value = flag.partition("=")
        told = made.removesuffix(f"){kind.tail}")
        guesses.append(f"{told}, {name}={swapped[value]}){kind.tail}")
    for guess in guesses:
        said = {**BASIC, **kind.phrases}
        if draft.shows("tensor", (guess,), _stays_constant, said, dtypes=kind.dtypes):
            kind.phrases["tensor"] = (guess,)
            kind.has_constants = True
            return


def _stays_constant(bench: Bench) -> None:
    for swapped in (False, True):
        x, c = bench.leaf(2.0), bench.constant(3.0)
        bench.back(bench.times(c, x) if swapped else bench.times(x, c))
        bench.has_grad(x, 3.0)
        found = bench.grad(c)
        if found is not None and np.any(found):
            raise NotShown("a tensor made so gets a gradient")


def _find_dtypes(draft: Draft, kind: Kind) -> None:
    """Keep the data types in which an array comes back as it was."""
    if not kind.has_arrays:
        return
    (main, spelling), *_ = kind.dtypes.items()
    for name in DTYPES:
        said = spelling.replace(main, name)
        said = "np.bool_" if said == "np.bool" else said  # of NumPy 1, too
        if name != main and _keeps(draft, kind, name, said):
            kind.dtypes[name] = said


def _keeps(draft: Draft, kind: Kind, name: str, said: str) -> bool:
    def keep(bench: Bench) -> None:
        arrays = [np.array([[0, 1, 1], [1, 0, 1]]), np.array(1), np.zeros((0, 3))]
        for array in arrays:
            given = array.astype(name)
            for leaf in (False, True) if given.dtype.kind == "f" else (False,):
                back = bench.value(bench.ask.tensor(given, leaf=leaf))
                if back.dtype != given.dtype or back.shape != given.shape or (back != given).any():
                    raise NotShown(f"it comes back as {back.dtype} of shape {back.shape}")

    more = kind.phrases
    return draft.shows(f"dtype:{name}", (), keep, more, dtypes={**kind.dtypes, name: said})


def find_clearing(draft: Draft) -> None:
    """Find what makes a gradient be gone, or zero, before the next pass."""

    def clear(bench: Bench) -> None:
        x = bench.leaf(3.0)
        bench.back(bench.times(x, bench.leaf(5.0)))
        bench.ask("clear:grad", x)
        bench.has_none(x)
        bench.back(bench.times(bench.times(x, bench.leaf(2.0)), bench.leaf(5.0)))
        bench.has_grad(x, 10.0)

    gradient = draft.phrases["get:grad"][0]
    attribute = not gradient.endswith(")")
    none, *zeros = (f"{gradient} = {v}" for v in ("None", "0.0", f"np.zeros_like({gradient})"))
    guesses = (none, *CLEARINGS, *zeros) if attribute else CLEARINGS
    if not draft.find("clear:grad", guesses, clear):
        draft.phrases["clear:grad"] = ()


def find_writing(draft: Draft, *, arrays: bool) -> None:
    """Find whether a gradient can be assigned, so that it counts, and deleted."""
    gradient = draft.phrases["get:grad"][0]
    shown = draft.phrases["array"][0].replace("$x", "$value")

    def assign(bench: Bench) -> None:
        x = bench.leaf(3.0)
        bench.ask("set:grad", x, bench.constant(10.0))
        bench.has_grad(x, 10.0)
        bench.back(bench.times(x, bench.leaf(6.0)))
        found = bench.grad(x)
        if found is None or found not in (16.0, 6.0):
            raise NotShown(f"after a pass from 6 * x it is {found}, and not 10 + 6")
        try:
            bench.ask("set:grad", x, bench.constant((1.0, 2.0)) if arrays else "text")
        except Exception:  # noqa: BLE001 - it looks at what it is given
            return
        raise NotShown("whatever is assigned is taken, and nobody says what may be")

    def delete(bench: Bench) -> None:
        x = bench.leaf(3.0)
        bench.back(bench.times(x, bench.leaf(6.0)))
        bench.ask("del:grad", x)
        bench.has_none(x)
        bench.back(bench.times(x, bench.leaf(6.0)))
        bench.has_grad(x, 6.0)

    attribute = not gradient.endswith(")")
    guesses = (f"{gradient} = $value", f"{gradient} = {shown}") if attribute else ()
    if not draft.find("set:grad", guesses, assign):
        draft.phrases["set:grad"] = ()
    if not draft.find("del:grad", (f"del {gradient}",) if attribute else (), delete):
        draft.phrases["del:grad"] = ()
