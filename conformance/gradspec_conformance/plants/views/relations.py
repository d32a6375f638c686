"""Faults in what a view knows of its base."""

# ruff: noqa: SLF001 - a plant reaches inside

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gradspec_conformance.plants.places import at
from gradspec_conformance.plants.plant import compound, plant
from gradspec_reference.engine import versions, views
from gradspec_reference.engine.modes import state
from gradspec_reference.engine.views import Creation
from gradspec_reference.errors import LeafViewInplaceError
from gradspec_reference.names.functions import copies

if TYPE_CHECKING:
    from gradspec_conformance.plants.swap import Swap


@plant(at(views, "relate"), {"inp-029": "no error", "inp-030": "no error"}, "pytorch/pytorch#31258")
def multiview_inplace_ok(sound: Any, view: Any, source: Any, **_several: Any) -> Any:
    """Views that one operation made together are taken for ordinary views."""
    return sound(view, source, several=False)


@plant(
    at(views, "inherited_creation"),
    {"inp-029/split_and_slice": "no error"},
    "pytorch/pytorch#36608",
)
def multiview_ban_not_inherited(_sound: Any, _parent: Any, several: bool) -> Creation:
    """A view of one of several views is an ordinary view."""
    if not state.recording:
        return Creation.NO_GRAD
    return Creation.SEVERAL if several else Creation.DEFAULT


@plant(
    at(views, "check_may_follow"),
    {"inp-030": "no error"},
    "pytorch/pytorch#31258",
)
def multiview_followed_after_a_write(_sound: Any, *_: Any) -> Any:
    """One of several views can be used after a write to its base, with a history made anew."""
    return None


@plant(
    at(views, "is_outdated"),
    {"inp-228": "value", "inp-030": "no error"},
    "pytorch/pytorch#31258",
)
def multiview_stale_after_a_write(sound: Any, view: Any, relation: Any) -> bool:
    """One of several views can be used after a write to its base, with its old history."""
    return relation.creation is not Creation.SEVERAL and sound(view, relation)


@plant(at(views, "relate"), {"inp-041": "aliasing", "inp-027": "value"}, "pytorch/pytorch#49824")
def base_is_the_parent(sound: Any, view: Any, source: Any, *, several: bool) -> None:
    """The base of a view of a view is the view that it was taken of."""
    sound(view, source, several=several)
    view._view.base = source


@plant(at(views, "relate"), {"inp-218": "value", "inp-041": "flag"}, "common in teaching engines")
def views_are_not_known(_sound: Any, *_: Any, **_several: Any) -> Any:
    """A view shares memory with its base, and nobody knows that it is one."""
    return None


@plant(at(copies, "clone"), {"inp-003": "value"}, "common where a copy takes over all attributes")
def clone_goes_on_counting(sound: Any, input: Any) -> Any:
    """A copy starts with the version of its original."""
    result = sound(input)
    versions.counter_of(result).value = versions.version(input)
    return result


@plant(at(views, "relate"), {"inp-002": "value", "inp-016": "no error"}, "pytorch/pytorch#197887")
def view_own_version(sound: Any, view: Any, source: Any, *, several: bool) -> None:
    """A view has a version counter of its own."""
    sound(view, source, several=several)
    view._counter = None


@compound({"inp-005": "no error"}, "pytorch/pytorch#46204")
def leaf_view_inplace_ok(swap: Swap) -> None:
    """A write to a view of a leaf that requires grad is let through."""

    def check(sound: Any, view: Any, relation: Any) -> None:
        try:
            sound(view, relation)
        except LeafViewInplaceError:
            swap.took_effect()

    swap(at(views, "check_view_may_be_written"), check)


@plant(
    at(views, "check_may_follow"),
    {"inp-044": "multi-view-base-written", "inp-025": "multi-view-base-written"},
    "torch's notes, which announce it",
)
def aliases_are_a_reason_to_refuse(sound: Any, view: Any, relation: Any) -> None:
    """A view cannot be used once its memory was written, however it was made."""
    relation.creation = views.Creation.SEVERAL
    sound(view, relation)


@plant(at(views, "base_requires_grad"), {"inp-023a": "flag"}, "a simple model of torch")
def view_rg_ignores_base(_sound: Any, *_: Any) -> Any:
    """A view without a history does not require grad, whatever its base does."""
    return False
