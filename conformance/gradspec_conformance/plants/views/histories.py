"""Faults in the histories of views whose memory was written."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradspec_conformance.plants.places import REBASE, at, instead, kernel
from gradspec_conformance.plants.plant import TEACHING, after, before, compound, plant
from gradspec_reference.engine import layout, versions, views
from gradspec_reference.engine.plans import node_type
from gradspec_reference.engine.saved import SavedResult, SavedTensor, written_out
from gradspec_reference.engine.views import Creation
from gradspec_reference.names.functions import reshaping
from gradspec_reference.operators import OPERATORS, memory


def take_alone(view: Any, node: Any) -> None:
    """Give a view its new history, and its base none."""
    view._grad_fn, view._output_nr = (node, 0)
    view._view.version = versions.version(view)


@before(REBASE, "value: inp-212; no error: inp-019", "finishing the node after the write")
def versions_are_noted_after_the_write(_tensor, node):
    """A write notes the versions of what it saved when it is done, not before it begins."""
    node.saved = tuple(map(written_out, node.saved or ()))
    for item in node.saved:
        if isinstance(item, SavedTensor):
            item.version = versions.version(item.tensor)


@plant(REBASE, "text: inp-028; value: inp-024", "pytorch/pytorch#31258")
def view_inplace_base_not_rebased(sound, tensor, node):
    """A write through a view gives the view a new history and leaves that of the base."""
    (sound if tensor._view is None else take_alone)(tensor, node)


@plant(REBASE, "root-without-grad: inp-221; flag: inp-023", "rebasing variables only")
def plain_base_not_rebased(sound, tensor, node):
    """A write through a view of a plain tensor gives the view a history and the tensor none."""
    relation = tensor._view
    plain = relation is not None and not relation.base.requires_grad
    (take_alone if plain else sound)(tensor, node)


@plant(at(views, "replaced_region"), "value: inp-024 inp-027", "pytorch/xla#1718")
def copyslices_no_clear(_sound, rule, geometry, params, xp, g, *values):
    """The base keeps the gradient of the overwritten region, beside what the write sends back."""
    received = views.from_region(rule, geometry, params, xp, g, *values)
    return g if received is None else g + xp.scatter_region(received, geometry)


@plant(at(views, "replaced_region"), "value: inp-024/slice inp-024/select", "writes to the base")
def write_covers_the_whole_base(sound, rule, geometry, params, xp, g, *values):
    """The base loses the gradient of everything outside the region that was written."""
    whole = sound(rule, geometry, params, xp, g, *values)
    return xp.scatter_region(xp.region(whole, geometry), geometry)


@plant(at(views, "is_outdated"), "aliasing: inp-028a; value: inp-044", "pytorch/pytorch#8874")
def view_gradfn_stale(_sound, *_):
    """A write to the base leaves the history of its views as it was."""
    return False


@plant(at(views, "current_history"), "leaf-inplace: inp-222; flag: inp-023a", "variables only")
def plain_views_stay_plain(sound, view):
    """A view that was made of a plain tensor never gets a history from its base."""
    return None if view._grad_fn is None else sound(view)


@after(at(views, "regenerate"), "value: inp-025/slice inp-025/select", "pytorch/pytorch#8874")
def new_history_starts_at_the_front(_, view, relation):
    """The new history of a view takes it for the first elements of its base."""
    where = views.geometry_of(view, relation.base)
    if not isinstance(where, tuple):
        return
    geometry = (*where[:4], 0)
    edges, outputs = view._grad_fn.next_functions, ((view._array.shape, view._array.dtype),)
    made = node_type(OPERATORS["as_strided"])
    view._grad_fn = made(edges, (), (*geometry[2:], geometry), outputs, freeable=False)


@plant(at(views, "is_outdated"), "flag: leaf-052", TEACHING)
def late_views_lead_to_their_base(sound, view, relation):
    """A view taken before its base was declared is given a history when it is next used."""
    return view._grad_fn is None or sound(view, relation)


@compound("text: inp-028a", "engines that name nodes by what they compute")
def new_history_is_a_slice(swap):
    """The new node of a view whose memory was written is named for a slice."""
    swap.row("as_strided", node="SliceBackward0")
    swap(at(views, "regenerate"), instead(views.regenerate))  # to count


@plant(
    kernel("scatter_region"), "value: inp-025/expand inp-025/unfold", "PaddlePaddle/Paddle#79718"
)
def overlap_overwrite(_sound, part, geometry):
    """Where a view shows one address several times, the last gradient stays instead of the sum."""
    flat = memory.memory_for(geometry, part.dtype)
    memory.strided(flat, *geometry[2:])[...] = part
    return memory.strided(flat, *geometry[:2])


@plant(
    at(reshaping, "change_view_"),
    "missing gradient: op-209/t_ op-209/unsqueeze_",
    "unrecorded changes of shape",
)
def reshaped_in_place_starts_anew(sound, input, name, *params):
    """A tensor whose shape is changed in place becomes a new leaf that requires grad."""
    history = input._grad_fn
    sound(input, name, *params)
    if history is not None:
        input._grad_fn, input._requires_grad = (None, True)
    return input


@compound("value: inp-226; no error: inp-029", "pytorch/pytorch#31258")
def written_piece_leaves_its_base(swap):
    """One of several views is written like a tensor of its own: its base keeps its history."""

    @swap.into(at(views, "check_view_may_be_written"))
    def check_may_be_written(sound, view, relation):
        if relation.creation is not Creation.SEVERAL:
            sound(view, relation)

    @swap.into(REBASE)
    def rebase(sound, tensor, node):
        relation = tensor._view
        piece = relation is not None and relation.creation is Creation.SEVERAL
        (take_alone if piece else sound)(tensor, node)


@plant(at(views, "geometry_of"), "value: inp-220", "where strides are told from the shape")
def base_is_taken_for_row_major(sound, view, base):
    """A write through a view looks for its region as if the base lay row by row in memory."""
    shape, _, *region = sound(view, base)
    by_rows = layout.strides(np.empty(shape, base._array.dtype))
    return (shape, by_rows, *region)


@after(REBASE, "lifetime: inp-224", "where a base lists its views")
def written_view_is_kept_by_its_base(_, tensor, *_rest):
    """The node that a write through a view gives to the base keeps the view."""
    if tensor._view is not None:
        tensor._view.base._grad_fn.metadata["view"] = tensor


@plant(at(SavedResult, "unpack"), "value: inp-241", "where a saved result holds its history weakly")
def history_goes_with_the_view(sound, self, node, as_tensor):
    """What a write through a view saved is a constant once the view is gone."""
    value = sound(self, node, as_tensor)
    if as_tensor and self.through_view is not None and self.through_view() is None:
        return value.detach()
    return value
