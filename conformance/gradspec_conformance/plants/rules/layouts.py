"""Sweeps over what is asked of every operator: repeats, axes, layouts, one entry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec.catalogue.facets.axes import ALONG, KEPT, NAMED, SEVERAL
from gradspec.catalogue.facets.layouts import expanded, overlapping, stepped, table, transposed
from gradspec.catalogue.facets.sizes import ONE_ENTRY
from gradspec.catalogue.operator import ANALYTIC, DIFFERENTIABLE
from gradspec_conformance.plants.places import UNBROADCAST, at, kernel, rule
from gradspec_conformance.plants.plant import enter
from gradspec_conformance.plants.rules.sweeps import TEACHING, Spot, Sweep
from gradspec_reference.engine import shapes
from gradspec_reference.operators import OPERATORS

if TYPE_CHECKING:
    from collections.abc import Iterator

REDUCTIONS: Final = ("sum_dim", "mean_dim", "prod_dim", "var", "amax", "amin", "logsumexp")
"""Rows whose kernel is given dimensions, and whether to keep them."""


def plain(row: str) -> str:
    """Name the operator that a row along dimensions serves."""
    return row.removesuffix("_dim")


def averaged() -> Iterator[Spot]:
    """Take the mean of the repeats for their sum."""

    def mean(sound: Any, xp: Any, gradient: Any, shape: Any) -> Any:
        repeats = np.prod(gradient.shape) / max(np.prod(shape), 1)
        return sound(xp, gradient, shape) / repeats

    kills = {f"op-050/{n}": "value" for n in ("add", "mul", "div", "sub", "hypot")}
    yield Spot("everything", (UNBROADCAST,), mean, kills)


def first_axes() -> Iterator[Spot]:
    """Take the first dimension, whichever was named."""

    def first(sound: Any, x: Any, dims: Any, *rest: Any) -> Any:
        return sound(x, tuple(range(len(dims))) if isinstance(dims, tuple) else 0, *rest)

    for row in REDUCTIONS:
        kills = {f"op-230/{plain(row)}": "shape"}
        kills |= {f"op-232/{plain(row)}": "shape"} if plain(row) in SEVERAL else {}
        yield Spot(row, (kernel(row),), first, kills)


def positive_axes() -> Iterator[Spot]:
    """Leave out the sign of an axis."""

    def unsigned(sound: Any, dim: Any, ndim: int) -> Any:
        return sound(min(abs(dim), ndim - 1), ndim)

    named = [n for n in NAMED if n in ALONG]
    kills = {f"op-231/{n}": "shape" for n in named if n in ("sum", "mean", "amax", "logsumexp")}
    yield Spot("everything", (at(shapes, "normal_dim"),), unsigned, kills)


def dropped_dimensions() -> Iterator[Spot]:
    """Drop the dimension that was to be kept."""
    drop = lambda sound, *given: sound(*given[:-1], False)  # noqa: E731 - a fault
    for row in REDUCTIONS:
        if plain(row) in KEPT and OPERATORS[row].param_names[-1:] == ("keepdim",):
            yield Spot(row, (kernel(row),), drop, {f"op-233/{plain(row)}": "shape"})


def unary() -> list[str]:
    """Name the smooth functions of one number that have a row of their own."""
    smooth = (n for n, call in ONE_ENTRY.items() if call.operator.smoothness is ANALYTIC)
    named = (n for n in smooth if n != "prod")  # whose result has neither order nor dimensions
    return [n for n in named if n in OPERATORS and OPERATORS[n].operands == "self"]


def memory_orders() -> Iterator[Spot]:
    """Read the buffer from its beginning, as if it were in order."""

    def from_the_start(sound: Any, x: Any, *rest: Any) -> Any:
        memory = x if x.base is None else x.base
        inside = memory.ravel(order="K")[: x.size]
        return sound(inside.reshape(x.shape) if inside.size == x.size else x, *rest)

    tables = {"op-234": table(transposed), "op-235": table(stepped), "op-238": table(overlapping)}
    for name in unary():
        of_row = {f"{clause}/{name}": "value" for clause, rows in tables.items() if name in rows}
        if of_row and not OPERATORS[name].params:
            kills = {i: kind for i, kind in of_row.items() if not i.startswith("op-238")}
            yield Spot(name, (kernel(name),), from_the_start, kills)


def lost_ways_back() -> Iterator[Spot]:
    """Leave what a view received where the view had it."""
    whole = lambda _sound, _xp, g, *_: g  # noqa: E731 - a fault

    def first(_sound: Any, _xp: Any, g: Any, *_: Any) -> Any:
        return np.concatenate([g[:1], 0.0 * g[1:]])

    def once(sound: Any, xp: Any, g: Any, *rest: Any) -> Any:
        return np.sign(sound(xp, g, *rest))

    smooth = [n for n, c in table(stepped).items() if c.operator.smoothness in DIFFERENTIABLE]
    names = [n for n in ("exp", "sin", "mul", "cumsum", "softmax") if n in smooth]
    yield Spot("flip", (rule("flip", "self"),), whole, {f"op-236/{n}": "value" for n in names})
    kills = {f"op-237/{n}": "value" for n in names if n in table(expanded)}
    yield Spot("expand", (rule("expand", "self"),), first, kills)
    kills = {f"op-238/{n}": "value" for n in names if n in table(overlapping)}
    yield Spot("unfold", (rule("unfold", "self"),), once, kills)


def squeezed() -> Iterator[Spot]:
    """Make a number of whatever has one entry."""
    squeeze = lambda sound, *given: np.squeeze(sound(*given))  # noqa: E731 - a fault
    for name in unary():
        if not OPERATORS[name].params:
            yield Spot(name, (kernel(name),), squeeze, {f"op-114/{name}": "shape"})


SWEEPS: Final = (
    Sweep("averages_repeats", "Repeats are averaged.", TEACHING, averaged),
    Sweep("takes_the_first_axes", "{name} takes the first dimensions.", TEACHING, first_axes),
    Sweep("takes_axes_for_positive", "Axes lose their sign.", TEACHING, positive_axes),
    Sweep("drops_what_is_kept", "{name} drops its dimension.", TEACHING, dropped_dimensions),
    Sweep("reads_in_memory_order", "{name} ignores strides.", TEACHING, memory_orders),
    Sweep("loses_its_way_back", "{name} is not undone on the way back.", TEACHING, lost_ways_back),
    Sweep("squeezes", "{name} drops dimensions of length one.", TEACHING, squeezed),
)

for one_kind in SWEEPS:
    for made in one_kind.plants():
        enter(made)
