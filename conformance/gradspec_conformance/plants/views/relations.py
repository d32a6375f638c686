"""Faults in what a view knows of its base."""

from __future__ import annotations

from contextlib import suppress

from gradspec_conformance.plants.places import at
from gradspec_conformance.plants.plant import TEACHING, after, before, plant
from gradspec_reference.engine import versions, views
from gradspec_reference.engine.modes import state
from gradspec_reference.engine.views import Creation
from gradspec_reference.errors import LeafViewInplaceError
from gradspec_reference.names.functions import copies


@plant(at(views, "relate"), "no error: inp-029 inp-030", "pytorch/pytorch#31258")
def multiview_inplace_ok(sound, view, source, **_several):
    """Views that one operation made together are taken for ordinary views."""
    return sound(view, source, several=False)


@plant(
    at(views, "inherited_creation"), "no error: inp-029/split_and_slice", "pytorch/pytorch#36608"
)
def multiview_ban_not_inherited(_sound, _parent, several):
    """A view of one of several views is an ordinary view."""
    if not state.recording:
        return Creation.NO_GRAD
    return Creation.SEVERAL if several else Creation.DEFAULT


@plant(at(views, "check_may_follow"), "no error: inp-030", "pytorch/pytorch#31258")
def multiview_followed_after_a_write(_sound, *_):
    """One of several views can be used after a write to its base, with a history made anew."""
    return


@plant(at(views, "is_outdated"), "value: inp-228; no error: inp-030", "pytorch/pytorch#31258")
def multiview_stale_after_a_write(sound, view, relation):
    """One of several views can be used after a write to its base, with its old history."""
    return relation.creation is not Creation.SEVERAL and sound(view, relation)


@after(at(views, "relate"), "aliasing: inp-041; value: inp-027", "pytorch/pytorch#49824")
def base_is_the_parent(_, view, source, **_named):
    """The base of a view of a view is the view that it was taken of."""
    view._view.base = source


@plant(at(views, "relate"), "value: inp-218; flag: inp-041", TEACHING)
def views_are_not_known(_sound, *_, **_several):
    """A view shares memory with its base, and nobody knows that it is one."""
    return


@after(at(copies, "clone"), "value: inp-003", "where a copy takes over all attributes")
def clone_goes_on_counting(result, input):
    """A copy starts with the version of its original."""
    versions.counter_of(result).value = versions.version(input)


@after(at(views, "relate"), "value: inp-002; no error: inp-016", "pytorch/pytorch#197887")
def view_own_version(_, view, *_rest, **_named):
    """A view has a version counter of its own."""
    view._counter = None


@plant(at(views, "check_view_may_be_written"), "no error: inp-005", "pytorch/pytorch#46204")
def leaf_view_inplace_ok(sound, view, relation):
    """A write to a view of a leaf that requires grad is let through."""
    with suppress(LeafViewInplaceError):
        sound(view, relation)


@before(at(views, "check_may_follow"), "multi-view-base-written: inp-044 inp-025", "torch's notes")
def aliases_are_a_reason_to_refuse(_view, relation):
    """A view cannot be used once its memory was written, however it was made."""
    relation.creation = views.Creation.SEVERAL


@plant(at(views, "base_requires_grad"), "flag: inp-023a", "a simple model of torch")
def view_rg_ignores_base(_sound, *_):
    """A view without a history does not require grad, whatever its base does."""
    return False
