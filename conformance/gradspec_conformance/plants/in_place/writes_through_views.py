"""Faults in writes through views: versions, histories and regions that fall out of step."""

# ruff: noqa: SLF001 - a plant reaches inside

from __future__ import annotations

from typing import Any

from gradspec_conformance.plants.in_place.tools import rule
from gradspec_conformance.plants.plant import Swap, plant
from gradspec_conformance.plants.rows import replace_kernel, replace_row
from gradspec_reference.engine import versions, views
from gradspec_reference.engine.plans import node_type
from gradspec_reference.engine.views import CopySlices
from gradspec_reference.errors import LeafViewInplaceError
from gradspec_reference.operators import OPERATORS, memory

# versions and refusals


@plant(
    kills={
        "inp-002": "value",
        "inp-016": "no error",
        "inp-016a": "no error",
        "inp-025": "value",
        "inp-026": "value",
        "inp-044": "value",
        "inp-017": "value",
    },
    modelled_on="pytorch/pytorch#197887",
)
def view_own_version(swap: Swap) -> None:
    """A view has a version counter of its own."""
    original = views.relate

    def relate(view: Any, source: Any, *, several: bool) -> None:
        original(view, source, several=several)
        view._counter = None

    swap(views, "relate", relate)


@plant(kills={"inp-005": "no error", "inp-005a": "no error"}, modelled_on="pytorch/pytorch#46204")
def leaf_view_inplace_ok(swap: Swap) -> None:
    """A write to a view of a leaf that requires grad is let through."""
    original = views.check_may_be_written

    def check(view: Any, relation: Any) -> None:
        try:
            original(view, relation)
        except LeafViewInplaceError:
            swap.took_effect()

    swap(views, "check_may_be_written", check)


@plant(
    kills={
        "inp-044": "multi-view-base-written",
        "inp-025": "multi-view-base-written",
        "inp-026": "multi-view-base-written",
        "inp-027": "multi-view-base-written",
    },
    modelled_on="torch's notes, which announce it",
)
def aliases_are_a_reason_to_refuse(swap: Swap) -> None:
    """A view cannot be used once its memory was written, however it was made."""
    original = views.check_may_follow

    def check(view: Any, relation: Any) -> None:
        relation.creation = views.Creation.SEVERAL
        original(view, relation)

    swap(views, "check_may_follow", check)


# the base's history


@plant(
    kills={
        "inp-024": "value",
        "inp-024a": "value",
        "inp-020": "value",
        "inp-021": "value",
        "inp-021a": "value",
        "inp-026": "value",
        "inp-027": "value",
        "inp-028": "text",
    },
    modelled_on="pytorch/pytorch#31258",
)
def view_inplace_base_not_rebased(swap: Swap) -> None:
    """A write through a view gives the view a new history and leaves that of the base."""
    original = views.rebase

    def rebase(tensor: Any, node: Any) -> None:
        relation = tensor._view
        if relation is None:
            original(tensor, node)
            return
        tensor._grad_fn, tensor._output_nr = node, 0
        relation.version = versions.version(tensor)

    swap(views, "rebase", rebase)


@plant(kills={"inp-023": "flag"}, modelled_on="common where only variables are rebased")
def plain_base_not_rebased(swap: Swap) -> None:
    """A write through a view of a plain tensor gives the view a history and the tensor none."""
    original = views.rebase

    def rebase(tensor: Any, node: Any) -> None:
        relation = tensor._view
        if relation is None or relation.base.requires_grad:
            original(tensor, node)
            return
        tensor._grad_fn, tensor._output_nr = node, 0
        relation.version = versions.version(tensor)

    swap(views, "rebase", rebase)


@plant(
    kills={
        "inp-020": "value",
        "inp-021": "value",
        "inp-021a": "value",
        "inp-024": "value",
        "inp-024a": "value",
        "inp-026": "value",
        "inp-027": "value",
        "inp-017": "value",
    },
    modelled_on="pytorch/xla#1718",
)
def copyslices_no_clear(swap: Swap) -> None:
    """The base keeps the gradient of the overwritten region, beside what the write sends back."""
    original = views.from_region

    def replaced(rule: Any, geometry: Any, params: Any, xp: Any, g: Any, *values: Any) -> Any:
        received = original(rule, geometry, params, xp, g, *values)
        return g if received is None else g + xp.scatter_region(received, geometry)

    swap(views, "replaced_region", replaced)


@plant(
    kills={
        "inp-020": "value",
        "inp-021": "value",
        "inp-021a": "value",
        "inp-024": "value",
        "inp-026": "value",
        "inp-027": "value",
        "inp-017": "value",
    },
    modelled_on="common where a write through a view is one to the base",
)
def write_covers_the_whole_base(swap: Swap) -> None:
    """The base loses the gradient of everything outside the region that was written."""
    original = views.replaced_region

    def replaced(rule: Any, geometry: Any, params: Any, xp: Any, g: Any, *values: Any) -> Any:
        whole = original(rule, geometry, params, xp, g, *values)
        return xp.scatter_region(xp.region(whole, geometry), geometry)

    swap(views, "replaced_region", replaced)


@plant(kills={"inp-024a": "value"}, modelled_on="pytorch/pytorch#15219")
def region_operands_without_history(swap: Swap) -> None:
    """What a write through a view has saved is constant to second derivatives."""
    original = CopySlices.unpack

    def unpack(self: Any, as_tensors: bool) -> Any:
        values = original(self, as_tensors)
        return [v.detach() if hasattr(v, "detach") else v for v in values]

    swap(CopySlices, "unpack", unpack)


@plant(kills={"inp-028": "text"}, modelled_on="common in engines that lower writes to scatters")
def base_gets_a_scatter(swap: Swap) -> None:
    """The node that a write through a view gives to the base is named for a scatter."""
    swap(CopySlices, "name", lambda *_: "SliceScatterBackward0")


# the views' histories


@plant(
    kills={
        "inp-025": "value",
        "inp-026": "value",
        "inp-027": "value",
        "inp-028a": "aliasing",
        "inp-044": "value",
        "inp-017": "value",
    },
    modelled_on="pytorch/pytorch#8874",
)
def view_gradfn_stale(swap: Swap) -> None:
    """A write to the base leaves the history of its views as it was."""
    swap(views, "is_outdated", lambda *_: False)


@plant(kills={"inp-023a": "flag"}, modelled_on="common where only variables are tracked as views")
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
    kills={"inp-025": "value", "inp-026": "value", "inp-017": "value"},
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
        view._grad_fn = node_type(OPERATORS["as_strided"])(
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
    replace_row(swap, "as_strided", node="SliceBackward0")
    swap(views, "regenerate", views.regenerate)  # to count


# regions


@plant(
    kills={"inp-024a": "value", "inp-017": "value"},
    modelled_on="common where the offset is kept in the forward pass only",
)
def narrow_offset(swap: Swap) -> None:
    """The gradient of a slice is put at the front, whatever the offset."""

    def at_the_front(sound: Any, xp: Any, g: Any, shape: Any, *which: Any) -> Any:
        dim, start, end, step = which
        return sound(xp, g, shape, dim, 0, end - start, step)

    rule(swap, "slice", "self", at_the_front)


@plant(kills={"inp-026": "value"}, modelled_on="PaddlePaddle/Paddle#79718")
def overlap_overwrite(swap: Swap) -> None:
    """Where a view shows one address several times, the last gradient stays instead of the sum."""

    def scatter(part: Any, geometry: Any) -> Any:
        flat = memory.memory_for(geometry, part.dtype)
        memory.show(flat, *geometry[2:])[...] = part
        return memory.show(flat, *geometry[:2])

    replace_kernel(swap, "scatter_region", scatter)
