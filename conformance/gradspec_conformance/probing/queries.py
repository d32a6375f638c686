"""What gives gradients without storing them, and what it takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gradspec_conformance.probing.draft import Bench, NotShown, same

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gradspec_conformance.probing.draft import Draft
    from gradspec_conformance.probing.surroundings import Surroundings


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
