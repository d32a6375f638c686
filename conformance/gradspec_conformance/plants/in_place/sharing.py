"""Faults in sharing: views that copy, and views and aliases that are taken for one another."""

# ruff: noqa: SLF001 - a plant reaches inside

from __future__ import annotations

from typing import Any

from gradspec_conformance.plants.in_place.tools import copied, kernel
from gradspec_conformance.plants.plant import Swap, plant
from gradspec_reference.engine import recording, views
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.names.functions import parts, shapes
from gradspec_reference.operators import OPERATORS

COPIES = {
    "slice": "inp-042",
    "select": "inp-042a",
    "t": "inp-042c",
    "transpose": "inp-042d",
    "permute": "inp-042e",
    "view": "inp-042g",
    "expand": "inp-042h",
    "unsqueeze": "inp-042i",
    "squeeze_dim": "inp-042j",
    "diagonal": "inp-042k",
    "unfold": "inp-042l",
    "split": "inp-042m",
    "unbind": "inp-042o",
}
"""Row of the table -> the clause that says that it gives a view."""


def _copying(operator: str, clause: str) -> None:
    def fault(swap: Swap) -> None:
        kernel(swap, operator, copied)

    fault.__name__ = f"{operator}_copies"
    fault.__doc__ = f"The operator {operator} gives a copy, which is taken for a view."
    plant(kills={clause: "aliasing"}, modelled_on="common in engines with immutable arrays")(fault)


for _operator, _clause in COPIES.items():
    _copying(_operator, _clause)


@plant(kills={"inp-042b": "aliasing"}, modelled_on="common where narrow is a gather")
def narrow_copies(swap: Swap) -> None:
    """narrow() gathers a range of indices into new memory."""
    sound = parts.narrow
    swap(parts, "narrow", lambda *arguments: sound(*arguments).clone())


@plant(
    kills={"inp-042f": "aliasing"}, modelled_on="common where movedim makes its result contiguous"
)
def movedim_copies(swap: Swap) -> None:
    """movedim() lays its result out row by row."""
    sound = shapes.movedim
    swap(shapes, "movedim", lambda *arguments: sound(*arguments).clone())


@plant(kills={"inp-042n": "aliasing"}, modelled_on="common where chunk makes equal buffers")
def chunk_copies(swap: Swap) -> None:
    """chunk() gives pieces in memory of their own."""
    sound = parts.chunk
    swap(parts, "chunk", lambda *given, **named: tuple(x.clone() for x in sound(*given, **named)))


@plant(
    kills={
        "inp-025": "value",
    },
    modelled_on="common on NumPy, which returns a scalar there",
)
def select_scalar_copies(swap: Swap) -> None:
    """Selecting a single element copies it; any larger part is a view."""
    sound = recording.view

    def view(operator: Any, source: Any, *params: Any) -> Any:
        result = sound(operator, source, *params)
        single = operator.name == "select" and not result.ndim
        return result.clone() if single else result

    swap(recording, "view", view)


@plant(
    kills={"inp-041": "aliasing", "inp-027": "value", "inp-017": "value"},
    modelled_on="pytorch/pytorch#49824",
)
def base_is_the_parent(swap: Swap) -> None:
    """The base of a view of a view is the view that it was taken of."""
    original = views.relate

    def relate(view: Any, source: Any, *, several: bool) -> None:
        original(view, source, several=several)
        view._view.base = source

    swap(views, "relate", relate)


@plant(
    kills={
        "inp-041": "flag",
        "inp-002": "value",
        "inp-005": "no error",
        "inp-005a": "no error",
        "inp-023": "flag",
        "inp-024": "value",
        "inp-025": "value",
        "inp-026": "value",
        "inp-027": "value",
        "inp-029": "no error",
        "inp-044": "value",
        "inp-016": "no error",
        "inp-016a": "no error",
        "inp-017": "value",
    },
    modelled_on="common in teaching engines",
)
def views_are_not_known(swap: Swap) -> None:
    """A view shares memory with its base, and nobody knows that it is one."""
    swap(views, "relate", lambda *_, **_several: None)


@plant(
    kills={"inp-043": "aliasing", "inp-049a": "value"},
    modelled_on=".data and detach() as documented for torch 0.3",
)
def detach_copies(swap: Swap) -> None:
    """detach() copies the data."""
    swap(Tensor, "detach", lambda self: Tensor(self._array.copy()))


@plant(kills={"inp-043": "flag"}, modelled_on="common where detach is a view operation")
def detach_gives_a_view(swap: Swap) -> None:
    """detach() gives a view."""
    swap(Tensor, "detach", lambda self: recording.view(OPERATORS["alias"], self.alias()))
