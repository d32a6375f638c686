"""Faults in several views of one operation: bans that do not hold, and bans without reason."""

# ruff: noqa: SLF001 - a plant reaches inside

from __future__ import annotations

from typing import Any

from gradspec_conformance.plants.in_place.tools import rule
from gradspec_conformance.plants.plant import Swap, plant
from gradspec_reference.engine import inplace, views
from gradspec_reference.engine.modes import state
from gradspec_reference.engine.views import Creation
from gradspec_reference.errors import MultiViewInplaceError
from gradspec_reference.names.functions import parts


@plant(
    kills={
        "inp-029": "no error",
        "inp-029a": "no error",
        "inp-029b": "no error",
        "inp-029c": "no error",
        "inp-030": "no error",
        "inp-030a": "no error",
    },
    modelled_on="pytorch/pytorch#31258",
)
def multiview_inplace_ok(swap: Swap) -> None:
    """Views that one operation made together are taken for ordinary views."""
    original = views.relate
    swap(
        views,
        "relate",
        lambda view, source, **_several: original(view, source, several=False),
    )


@plant(kills={"inp-029c": "no error"}, modelled_on="pytorch/pytorch#36608")
def multiview_ban_not_inherited(swap: Swap) -> None:
    """A view of one of several views is an ordinary view."""

    def inherited(_parent: Any, several: bool) -> Creation:
        if not state.recording:
            return Creation.NO_GRAD
        return Creation.SEVERAL if several else Creation.DEFAULT

    swap(views, "inherited_creation", inherited)


@plant(
    kills={"inp-029d": "multi-view-inplace"},
    modelled_on="common where the ban does not ask who requires grad",
)
def multiview_ban_without_grad(swap: Swap) -> None:
    """One of several views is not written, also where nothing requires grad."""
    apply = inplace.apply_inplace

    def apply_inplace(operator: Any, operands: Any, *params: Any) -> Any:
        relation = operands[0]._view
        if relation is not None and relation.creation is Creation.SEVERAL:
            raise MultiViewInplaceError("one of several views was written in place")
        return apply(operator, operands, *params)

    swap(inplace, "apply_inplace", apply_inplace)


@plant(kills={"inp-030": "no error", "inp-030a": "no error"}, modelled_on="pytorch/pytorch#31258")
def multiview_followed_after_a_write(swap: Swap) -> None:
    """One of several views can be used after a write to its base, with a history made anew."""
    swap(views, "check_may_follow", lambda *_: None)


@plant(kills={"inp-030": "no error", "inp-030a": "no error"}, modelled_on="pytorch/pytorch#31258")
def multiview_stale_after_a_write(swap: Swap) -> None:
    """One of several views can be used after a write to its base, with its old history."""
    original = views.is_outdated

    def is_outdated(view: Any, relation: Any) -> bool:
        return relation.creation is not Creation.SEVERAL and original(view, relation)

    swap(views, "is_outdated", is_outdated)


@plant(
    kills={"inp-031": "multi-view-inplace", "inp-031a": "multi-view-inplace"},
    modelled_on="common where unsafe_split is an alias of split",
)
def unsafe_split_is_split(swap: Swap) -> None:
    """unsafe_split and unsafe_chunk give the views that split and chunk give, ban included."""
    swap(parts, "unsafe_split", parts.split)


@plant(
    kills={"inp-031": "value", "inp-031a": "value"},
    modelled_on="common where the offset is kept in the forward pass only",
)
def unsafe_pieces_all_go_to_the_front(swap: Swap) -> None:
    """The gradients of the pieces of unsafe_split are all put at the front."""

    def fronted(_sound: Any, xp: Any, g: Any, shape: Any, _sizes: Any, dim: int) -> Any:
        lead = (slice(None),) * dim
        parts = [
            xp.scatter_to(piece, shape, (*lead, slice(0, piece.shape[dim])))
            for piece in g
            if piece is not None
        ]
        return sum(parts[1:], start=parts[0])

    rule(swap, "unsafe_split", "self", fronted)
