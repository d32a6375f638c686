"""What a backward pass takes, and what it keeps."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec_conformance.probing.draft import Bench, same
from gradspec_conformance.probing.names import COTANGENTS
from gradspec_conformance.probing.surroundings import takes

if TYPE_CHECKING:
    from gradspec_conformance.probing.draft import Draft

WEIGHTS: Final = (0.5, -2.0, 3.0)
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
        if option == "create_graph" and draft.shows(
            "backward", (_with(plain, [silent]),), _second_order
        ):
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


def _only_inputs(bench: Bench) -> None:
    x, z = bench.leaf(2.0), bench.leaf(5.0)
    bench.back(bench.times(bench.times(x, z), z), inputs=[x])
    bench.has_grad(x, 25.0)
    bench.has_none(z)


def _several_roots(bench: Bench) -> None:
    x = bench.leaf(2.0)
    bench.back([bench.times(x, x), bench.times(x, 3.0)])
    bench.has_grad(x, 7.0)
