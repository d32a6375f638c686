"""The gradient of a leaf: what it is, how it is cleared, and whether it can be written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gradspec_conformance.probing.draft import Bench, NotShown
from gradspec_conformance.probing.names import CLEARINGS

if TYPE_CHECKING:
    from gradspec_conformance.probing.draft import Draft


def find_gradient_tensors(draft: Draft) -> None:
    """Find out whether a gradient is a tensor like others, and no array or number."""

    def works(bench: Bench) -> None:
        x = bench.leaf(3.0)
        bench.back(bench.times(x, bench.leaf(2.0)))
        gradient = bench.ask("get:grad", x)
        bench.has_none(
            bench.ask("op:mul", gradient, gradient)
        )  # it can be asked what tensors are asked
        for swapped in (False, True):
            z = bench.leaf(5.0)
            bench.back(bench.times(gradient, z) if swapped else bench.times(z, gradient))
            bench.has_grad(z, 2.0)

    if draft.shows("gradient_tensors", (), works):
        draft.also.append("gradient_tensors")


def find_clearing(draft: Draft) -> None:
    """Find what makes a gradient be gone, or zero, before the next pass."""

    def clear(bench: Bench) -> None:
        x = bench.leaf(3.0)
        bench.back(bench.times(x, bench.leaf(5.0)))
        bench.ask("clear:grad", x)
        bench.has_none(x)
        bench.back(bench.times(bench.times(x, bench.leaf(2.0)), bench.leaf(5.0)))
        bench.has_grad(x, 10.0)

    def begins_at_zero(bench: Bench) -> None:
        if bench.grad(bench.leaf(3.0)) is None:
            raise NotShown("a gradient begins as None")

    gradient = draft.phrases["get:grad"][0]
    attribute = not gradient.endswith(")")
    none, *zeros = (f"{gradient} = {v}" for v in ("None", "0.0", f"np.zeros_like({gradient})"))
    begun = draft.shows("clear:grad", (), begins_at_zero)
    draft.notes.pop("clear:grad", None)
    assigned = (*CLEARINGS, *zeros, none) if begun else (none, *CLEARINGS, *zeros)
    guesses = assigned if attribute else CLEARINGS
    if not draft.find("clear:grad", guesses, clear):
        draft.phrases["clear:grad"] = ()


def find_writing(draft: Draft, *, arrays: bool) -> None:
    """Find whether a gradient can be assigned, so that it counts, and deleted."""
    gradient = draft.phrases["get:grad"][0]
    shown = draft.phrases["array"][0].replace("$x", "$value")
    if not arrays:  # a gradient is a number there, and an array is none
        shown = shown.removeprefix("np.array(").removesuffix(")").partition(", dtype")[0]

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
