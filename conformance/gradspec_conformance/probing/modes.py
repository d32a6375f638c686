"""Modes: blocks in which nothing is recorded, and those in which it is again."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from gradspec_conformance.probing.attributes import is_flag
from gradspec_conformance.probing.names import ENABLE_GRAD, ENABLED, NO_GRAD, SWITCHES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gradspec_conformance.probing.draft import Bench, Draft
    from gradspec_conformance.probing.surroundings import Surroundings


def find_modes(draft: Draft, around: Surroundings) -> None:
    """Find the blocks in which nothing is recorded, and those in which it is again."""
    draft.find("mode:no_grad", list(_modes(around, NO_GRAD, ("", "()", "(False)"))), _off)
    if "mode:no_grad" not in draft.phrases:
        switched = [f"{said}('enable_backprop', False)" for said, _ in around.found("using_config")]
        draft.find("mode:no_grad", switched, _off)
    if "mode:no_grad" not in draft.phrases:
        return
    enabling = [f"{said}('enable_backprop', True)" for said, _ in around.found("using_config")]
    enabling = [*_modes(around, ENABLE_GRAD, ("()", "")), *enabling]
    draft.find("mode:enable_grad", enabling, _on_again)
    switching = [f"{said}('enable_backprop', $mode)" for said, _ in around.found("using_config")]
    switching = [*_modes(around, SWITCHES, ("($mode)",)), *switching]
    draft.find("mode:set_grad_enabled", switching, _switched)
    asking = list(_modes(around, ENABLED, ("()", "")))
    draft.find("is_grad_enabled", asking, _is_told)


def _modes(around: Surroundings, names: tuple[str, ...], calls: tuple[str, ...]) -> Iterator[str]:
    for name in names:
        for place in (name, f"autograd.{name}", f"Tensor.{name}"):
            for said, _ in around.found(place):
                yield from (f"{said}{call}" for call in calls)


def _nothing_recorded(bench: Bench) -> None:
    """See that what is made now passes no gradient on."""
    x = bench.leaf(2.0)
    y = bench.times(x, bench.leaf(2.0))
    bench.holds(y, 4.0)
    try:
        bench.back(y)
    except Exception:  # noqa: BLE001 - it has no history, and says so
        return
    bench.has_none(x)


def _recorded(bench: Bench) -> None:
    x = bench.leaf(3.0)
    bench.back(bench.times(x, bench.leaf(6.0)))
    bench.has_grad(x, 6.0)


def _within(bench: Bench, key: str, body: Callable[[Bench], object], **options: Any) -> None:
    entered = bench.ask(key, **options)
    try:
        body(bench)
    finally:
        bench.ask.leave(entered)


def _off(bench: Bench) -> None:
    _recorded(bench)
    _within(bench, "mode:no_grad", _nothing_recorded)
    _recorded(bench)
    x = bench.leaf(2.0)
    kept: list[Any] = []
    _within(bench, "mode:no_grad", lambda b: kept.append(b.times(x, b.leaf(3.0))))
    bench.back(bench.times(x, kept[0]))  # what was made inside is a constant outside
    bench.has_grad(x, 6.0)
    _within(bench, "mode:no_grad", partial(_within, key="mode:no_grad", body=_nothing_recorded))
    _recorded(bench)


def _on_again(bench: Bench) -> None:
    _within(bench, "mode:no_grad", partial(_within, key="mode:enable_grad", body=_recorded))
    _within(bench, "mode:enable_grad", partial(_within, key="mode:no_grad", body=_nothing_recorded))
    _recorded(bench)


def _switched(bench: Bench) -> None:
    key = "mode:set_grad_enabled"
    _within(bench, key, _nothing_recorded, mode=False)
    _within(bench, key, _recorded, mode=True)
    _within(bench, "mode:no_grad", partial(_within, key=key, body=_recorded, mode=True))
    _recorded(bench)


def _is_told(bench: Bench) -> None:
    def told(expected: bool) -> Callable[[Bench], None]:
        return lambda b: is_flag(b.ask("is_grad_enabled"), expected)

    told(True)(bench)
    _within(bench, "mode:no_grad", told(False))
    told(True)(bench)
