"""What a backward pass takes, what it keeps, and what else asks for gradients."""

from __future__ import annotations

import re
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec_conformance.probing.draft import Bench, NotShown, same
from gradspec_conformance.probing.names import COTANGENTS
from gradspec_conformance.probing.surroundings import takes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gradspec_conformance.probing.draft import Draft
    from gradspec_conformance.probing.surroundings import Surroundings

WEIGHTS: Final = (0.5, -2.0, 3.0)
LONG_ENOUGH: Final = 30
"""Characters of an error by which it is known."""

POINTS: Final = (1.0, 2.0, -3.0)


def find_options(draft: Draft, run_pass: Any, *, arrays: bool) -> None:
    """Find the arguments of a pass, one by one; each has to do what it is for."""
    plain = draft.phrases["backward"][0]
    said: list[str] = []
    apart: list[str] = []
    names = [n for n in COTANGENTS if not n or takes(run_pass, n)]
    cotangent = _cotangent(draft, plain, names, arrays=arrays)
    if cotangent is not None:
        (said if "\n" not in cotangent else apart).append(cotangent)
    kept = _kept(draft, plain, told=takes(run_pass, "retain_graph"))
    if kept:
        said.append(kept)
    for option, experiment in (("create_graph", _second_order), ("inputs", _only_inputs)):
        guess = f"$({option}=${option})"
        silent = f"${{-{option}}}"
        if option == "create_graph" and draft.shows("backward", (_with(plain, [silent]),), _always):
            said.append(silent)
            draft.also.append(option)
        elif takes(run_pass, option) and draft.shows(
            "backward", (_with(plain, [guess]),), experiment
        ):
            said.append(guess)
    texts = [_with(plain, said)]
    if apart:
        others = [option for option in said if "inputs" not in option]
        texts.append("\n".join([apart[0].split("\n")[0], _with(plain, others)]))
    several = plain.replace("${root:one}", "$root")
    if several != plain and draft.shows("backward", (_with(several, said),), _several_roots):
        texts = [text.replace("${root:one}", "$root") for text in texts]
    draft.phrases["backward"] = tuple(texts)


def _with(plain: str, options: list[str]) -> str:
    """Add options to a call; one that is accepted in silence stands behind it."""
    silent = [f" {option}" for option in options if option.startswith("${-")]
    spoken = [option for option in options if not option.startswith("${-")]
    before = plain.removesuffix(")")
    comma = ", " if spoken and not before.endswith("(") else ""
    return f"{before}{comma}{', '.join(spoken)}){''.join(silent)}"


def _cotangent(draft: Draft, plain: str, names: list[str], *, arrays: bool) -> str | None:
    """Find how a cotangent is given: as a tensor or an array, to the pass or to the root."""
    shown = draft.phrases["array"][0].replace("$x", "$gradient")
    gradient = draft.phrases["get:grad"][0]
    experiment = partial(_weighted, arrays=arrays)
    for name in names:
        for value in ("$gradient", shown):
            guess = f"$({name}={value})" if name else f"$({value})"
            if draft.shows("backward", (_with(plain, [guess]),), experiment):
                return guess
    if gradient.endswith(")"):
        return None
    for value in ("$gradient", shown):
        lines = f"{gradient.replace('$x', '$root')} = {value}\n{plain}"
        if draft.shows("backward", (plain, lines), experiment):
            return lines
    return None


def _weighted(bench: Bench, *, arrays: bool) -> None:
    points, weights = (POINTS, WEIGHTS) if arrays else (POINTS[1], WEIGHTS[1])
    x, z = bench.leaf(points), bench.leaf(points)
    bench.back(bench.times(bench.times(x, z), bench.leaf(2.0)), gradient=bench.constant(weights))
    bench.has_grad(x, 2 * np.multiply(points, weights))
    one = bench.leaf(2.0)
    bench.back(bench.times(one, bench.leaf(4.0)), gradient=bench.constant(0.75))
    bench.has_grad(one, 3.0)
    bench.ask("clear:grad", one)
    bench.back(bench.times(one, bench.leaf(4.0)))  # without a cotangent it is one
    bench.has_grad(one, 4.0)


def _kept(draft: Draft, plain: str, *, told: bool) -> str | None:
    """Find how a graph is kept for another pass, if it is not kept anyway."""
    guess = "$(retain_graph=$retain_graph)"
    frees = draft.shows("frees_graph", (), _freed_graph)
    if told and draft.shows("backward", (_with(plain, [guess]),), _goes_on):
        draft.also += ["frees_graph"] if frees else []
        return guess
    if frees:
        draft.also.append("frees_graph")
        return None
    silent = "${-retain_graph}"
    if draft.shows("backward", (_with(plain, [silent]),), partial(_twice, retain_graph=True)):
        return silent
    return None


def _twice(bench: Bench, **options: Any) -> None:
    """Go twice through three products: the second pass gives what the first one gave."""
    x, z = bench.leaf(2.0), bench.leaf(5.0)
    y = bench.times(x, x)
    root = bench.times(bench.times(y, z), x)
    for _ in range(2):
        bench.back(root, **options)
        bench.has_grad(x, 60.0)
        bench.has_grad(z, 8.0)
        for leaf in (x, z):
            bench.ask("clear:grad", leaf)


def _goes_on(bench: Bench) -> None:
    """See that a graph is kept; whether the second pass is right is for a clause to say."""
    x = bench.leaf(2.0)
    y = bench.times(bench.times(x, bench.leaf(3.0)), bench.leaf(5.0))
    bench.back(y, retain_graph=True)
    bench.has_grad(x, 15.0)
    bench.back(y, retain_graph=True)


def _freed_graph(bench: Bench) -> None:
    """See that a second pass is refused, or finds nothing."""
    x = bench.leaf(2.0)
    y = bench.times(bench.times(x, bench.leaf(3.0)), bench.leaf(5.0))
    bench.back(y)
    bench.ask("clear:grad", x)
    with suppress(Exception):
        bench.back(y)
    bench.has_none(x)


def _second_order(bench: Bench) -> None:
    x = bench.leaf(2.0)
    bench.back(bench.times(bench.times(x, x), x), create_graph=True)
    first = bench.ask("get:grad", x)
    same(bench.value(first), 12.0, "gradient")
    bench.ask("clear:grad", x)
    bench.back(bench.times(first, first))
    bench.has_grad(x, 288.0)


def _always(bench: Bench) -> None:
    """See that a gradient is differentiable, whether or not it was asked for."""
    _second_order(bench)


def _only_inputs(bench: Bench) -> None:
    x, z = bench.leaf(2.0), bench.leaf(5.0)
    bench.back(bench.times(bench.times(x, z), z), inputs=[x])
    bench.has_grad(x, 25.0)
    bench.has_none(z)


def _several_roots(bench: Bench) -> None:
    x = bench.leaf(2.0)
    bench.back([bench.times(x, x), bench.times(x, 3.0)])
    bench.has_grad(x, 7.0)


def find_asking(draft: Draft, around: Surroundings) -> None:
    """Find what gives gradients without storing them."""
    for said in _askers(around):
        if draft.shows("grad", (f"{said})",), _asked):
            options = [
                guess
                for guess, experiment in ASKED_WITH
                if draft.shows("grad", (f"{said}, {guess})",), experiment)
            ]
            draft.phrases["grad"] = (f"{', '.join([said, *_once(options)])})",)
            return


def _once(options: list[str]) -> list[str]:
    """Leave out an argument that is said already."""
    return [
        o
        for n, o in enumerate(options)
        if not any("grad_outputs" in b for b in options[:n]) or "grad_outputs" not in o
    ]


def _askers(around: Surroundings) -> Iterator[str]:
    for name in ("autograd.grad", "grad", "gradients", "gradient"):
        for said, thing in around.found(name):
            if callable(thing):
                yield f"{said}($outputs, $inputs"
    yield "$outputs.gradient(*$inputs"
    yield "$outputs.grad($inputs"


def _asked(bench: Bench, **options: Any) -> None:
    x, z = bench.leaf(2.0), bench.leaf(5.0)
    y = bench.times(bench.times(x, x), z)
    found = bench.ask("grad", y, [x, z], **options)
    if len(found) != 2:  # noqa: PLR2004 - x and z
        raise NotShown(f"{len(found)} gradients of two inputs")
    for one, expected in zip(found, (20.0, 4.0), strict=True):
        same(bench.value(one), expected, "gradient")
    bench.has_none(x)


def _asked_again(bench: Bench) -> None:
    x = bench.leaf(2.0)
    y = bench.times(bench.times(x, x), x)
    (first,) = bench.ask("grad", y, [x], create_graph=True)
    (second,) = bench.ask("grad", first, [x])
    same(bench.value(second), 12.0, "second derivative")


def _asked_twice(bench: Bench) -> None:
    x = bench.leaf(2.0)
    y = bench.times(bench.times(x, x), x)
    for _ in range(2):
        (first,) = bench.ask("grad", y, [x], retain_graph=True)
        same(bench.value(first), 12.0, "gradient")


def _asked_weighted(bench: Bench) -> None:
    x = bench.leaf(2.0)
    (first,) = bench.ask("grad", bench.times(x, x), [x], grad_outputs=bench.constant(0.75))
    same(bench.value(first), 3.0, "gradient")


def _asked_unused(bench: Bench) -> None:
    x, z = bench.leaf(2.0), bench.leaf(5.0)
    first, second = bench.ask("grad", bench.times(x, x), [x, z], allow_unused=True)
    same(bench.value(first), 4.0, "gradient")
    if second is not None:
        raise NotShown("a gradient where there is no path")


ASKED_WITH: Final = (
    ("$($grad_outputs)", _asked_weighted),
    ("$(grad_outputs=$grad_outputs)", _asked_weighted),
    ("$(retain_graph=$retain_graph)", _asked_twice),
    ("$(create_graph=$create_graph)", _asked_again),
    ("$(allow_unused=$allow_unused)", _asked_unused),
)


def find_errors(draft: Draft, *, arrays: bool) -> None:
    """Take down what the engine says where it refuses, for the kinds that are easily caused."""
    found: list[tuple[str, str, str]] = []
    for kind, act, cause in REFUSALS:
        asked = arrays or kind in ("root-without-grad", "leaf-inplace")
        if asked and ("backward" in draft.phrases or not act):
            said = pattern_of(_refusal(draft, cause))
            if said and (kind, said, act) not in found:
                found.append((kind, said, act))
    for kind, said, act in sorted(found, key=lambda one: not one[2]):  # those of one act first
        # what is said of two kinds tells neither
        if all(kind == other for other, same, where in found if (same, where) == (said, act)):
            draft.errors.append((kind, said, act))


def pattern_of(told: str | None) -> str:
    """Make a pattern of what an error said, up to where it tells numbers, which vary."""
    first = (told or "").split("\n", maxsplit=1)[0][:200].strip()
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
            told.append(f"{type(error).__name__}: {error}")

    if draft.shows("refusal", (), caused) and told:
        accident = told[0].startswith(ACCIDENTS) and NO_TENSOR not in told[0]
        return None if accident else told[0]
    return None


NO_TENSOR: Final = "AttributeError: 'float' object has no attribute"
"""What Python says of a pass from a number, where constants are numbers."""

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


def _wrong_cotangent(bench: Bench) -> Any:
    y = bench.times(bench.leaf(POINTS), bench.leaf(POINTS))
    return lambda: bench.back(y, gradient=bench.constant(np.ones((2, 5))))


def _wrong_operands(bench: Bench) -> Any:
    return lambda: bench.times(bench.constant(POINTS), bench.constant(np.ones((2, 5))))


def _wrong_matrices(bench: Bench) -> Any:
    two, four = bench.constant(np.ones((2, 3))), bench.constant(np.ones((4, 5)))
    return lambda: bench.ask("op:matmul", two, four)


def _leaf_written(bench: Bench) -> Any:
    return lambda: bench.ask("op:iadd", bench.leaf(2.0), bench.constant(3.0))


REFUSALS: Final = (
    ("nonscalar-root", "backward", _vector_root),
    ("root-without-grad", "backward", _constant_root),
    ("graph-freed", "backward", _freed),
    ("cotangent-shape", "backward", _wrong_cotangent),
    ("leaf-inplace", "iadd", _leaf_written),
    ("operand-shape", "", _wrong_operands),
    ("operand-shape", "", _wrong_matrices),
)
"""Kind of an error, the act that raises it, and what leads there."""
