"""Faults in following the base: views that keep an old history, or are given a wrong one."""

# ruff: noqa: SLF001 - a plant reaches inside

from __future__ import annotations

from typing import Any

from gradspec_conformance.plants.plant import Swap, plant
from gradspec_reference.engine import hooks, views
from gradspec_reference.engine import operator as table


@plant(
    kills={
        "inp-025": "value",
        "inp-026": "value",
        "inp-027": "value",
        "inp-044": "value",
        "inp-028a": "aliasing",
        "inp-017": "value",
    },
    modelled_on="pytorch/pytorch#8874",
)
def view_gradfn_stale(swap: Swap) -> None:
    """A write to the base leaves the history of its views as it was."""
    swap(views, "is_outdated", lambda *_: False)


@plant(
    kills={"inp-222": "leaf-inplace", "inp-023a": "flag"},
    modelled_on="common where only variables are tracked as views",
)
def plain_views_stay_plain(swap: Swap) -> None:
    """A view that was made of a plain tensor never gets a history from its base."""
    original = views.current_history

    def current_history(view: Any) -> Any:
        return None if view._grad_fn is None else original(view)

    swap(views, "current_history", current_history)


@plant(kills={"inp-023a": "flag"}, modelled_on="a simple model of torch")
def view_rg_ignores_base(swap: Swap) -> None:
    """A view without a history does not require grad, whatever its base does."""
    swap(views, "base_requires_grad", lambda *_: False)


@plant(
    kills={
        "inp-025/slice": "value",
        "inp-025/index": "value",
        "inp-025/select": "value",
        "inp-025/narrow": "value",
        "inp-026": "value",
        "inp-017": "value",
    },
    modelled_on="pytorch/pytorch#8874",
)
def new_history_starts_at_the_front(swap: Swap) -> None:
    """The new history of a view takes it for the first elements of its base."""
    original = views.geometry_of
    regenerate = views.regenerate

    def at_the_front(view: Any, relation: Any) -> None:
        regenerate(view, relation)
        array = view._array
        geometry = (*original(view, relation.base)[:4], 0)
        view._grad_fn = table.TABLE["as_strided"].node(
            view._grad_fn.next_functions,
            (),
            (*geometry[2:], geometry),
            ((array.shape, array.dtype),),
            freeable=False,
        )

    swap(views, "regenerate", at_the_front)


@plant(
    kills={"inp-028a": "text"}, modelled_on="common in engines that name nodes by what they compute"
)
def new_history_is_a_slice(swap: Swap) -> None:
    """The new node of a view whose memory was written is named for a slice."""
    swap(table.TABLE["as_strided"], "node_name", "SliceBackward0")
    swap(views, "regenerate", views.regenerate)  # to count


@plant(kills={"inp-225": "missing gradient"}, modelled_on="common where the node retains")
def retention_of_a_view_is_lost(swap: Swap) -> None:
    """A view whose base is written forgets that its gradient was to be kept."""
    original = hooks.move_retained

    def move_retained(tensor: Any, node: Any) -> None:
        if tensor._view is None:
            original(tensor, node)

    swap(hooks, "move_retained", move_retained)
