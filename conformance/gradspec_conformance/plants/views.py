"""Faults."""

# ruff: noqa: SLF001 - a plant reaches inside

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec_conformance.plants.places import at, instead, kernel
from gradspec_conformance.plants.plant import compound, plant, sweep
from gradspec_reference.engine import operator as table
from gradspec_reference.engine import recording, versions, views
from gradspec_reference.engine.modes import state
from gradspec_reference.engine.operator import TABLE, arrays
from gradspec_reference.engine.saved import SavedTensor
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.engine.views import Creation
from gradspec_reference.errors import LeafViewInplaceError
from gradspec_reference.names.functions import shapes
from gradspec_reference.operators import memory

if TYPE_CHECKING:
    from gradspec_conformance.plants.swap import Swap

A_VIEW = {
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


def copied(sound: Any, *arguments: Any) -> Any:
    """Give the result of a kernel in memory of its own."""
    result = sound(*arguments)
    return [np.array(r) for r in result] if isinstance(result, list) else np.array(result)


for operator, clause in A_VIEW.items():
    sweep(
        kernel(operator),
        copied,
        {clause: "aliasing"},
        name=f"{operator}_copies",
        part="views",
        change=f"The operator {operator} gives a copy, which is taken for a view.",
    )


@plant(at(shapes, "reshape"), {"inp-042w": "aliasing"}, "common in engines that know no strides")
def reshape_ignores_strides(sound: Any, input: Any, *shape: Any) -> Any:
    """reshape() takes the elements in the order in which they lie in memory."""
    return sound(Tensor(input._array.ravel("K")), *shape)


@plant(
    at(shapes, "change_view_"),
    {"inp-054": "missing gradient", "inp-054a": "missing gradient"},
    "common where shapes change without a record",
)
def reshaped_in_place_starts_anew(sound: Any, input: Any, name: str, *params: Any) -> Any:
    """A tensor whose shape is changed in place becomes a new leaf that requires grad."""
    history = input._grad_fn
    sound(input, name, *params)
    if history is not None:
        input._grad_fn, input._requires_grad = (None, True)
    return input


@plant(
    at(views, "rebase"),
    {"inp-019": "no error"},
    "common where the node is finished after the write",
)
def versions_are_noted_after_the_write(sound: Any, tensor: Any, node: Any) -> None:
    """A write notes the versions of what it saved when it is done, not before it begins."""
    for item in node.saved or ():
        if isinstance(item, SavedTensor):
            item.version = versions.version(item.tensor)
    sound(tensor, node)


@plant(
    at(views, "relate"), {"inp-029a": "no error", "inp-029b": "no error"}, "pytorch/pytorch#31258"
)
def multiview_inplace_ok(sound: Any, view: Any, source: Any, **_several: Any) -> Any:
    """Views that one operation made together are taken for ordinary views."""
    return sound(view, source, several=False)


@plant(at(views, "inherited_creation"), {"inp-029c": "no error"}, "pytorch/pytorch#36608")
def multiview_ban_not_inherited(_sound: Any, _parent: Any, several: bool) -> Creation:
    """A view of one of several views is an ordinary view."""
    if not state.recording:
        return Creation.NO_GRAD
    return Creation.SEVERAL if several else Creation.DEFAULT


@plant(
    at(views, "check_may_follow"),
    {"inp-030": "no error", "inp-030a": "no error"},
    "pytorch/pytorch#31258",
)
def multiview_followed_after_a_write(_sound: Any, *_: Any) -> Any:
    """One of several views can be used after a write to its base, with a history made anew."""
    return None


@plant(
    at(views, "is_outdated"),
    {"inp-030": "no error", "inp-030a": "no error"},
    "pytorch/pytorch#31258",
)
def multiview_stale_after_a_write(sound: Any, view: Any, relation: Any) -> bool:
    """One of several views can be used after a write to its base, with its old history."""
    return relation.creation is not Creation.SEVERAL and sound(view, relation)


@compound(
    {"inp-031": "multi-view-inplace", "inp-031a": "multi-view-inplace"},
    "common where unsafe_split is an alias of split",
)
def unsafe_split_is_split(swap: Swap) -> None:
    """unsafe_split and unsafe_chunk give the views that split and chunk give, ban included."""
    swap(at(shapes, "unsafe_split"), instead(shapes.split))


@plant(at(shapes, "narrow"), {"inp-042b": "aliasing"}, "common where narrow is a gather")
def narrow_copies(sound: Any, *arguments: Any) -> Any:
    """narrow() gathers a range of indices into new memory."""
    return sound(*arguments).clone()


@plant(
    at(shapes, "movedim"),
    {"inp-042f": "aliasing"},
    "common where movedim makes its result contiguous",
)
def movedim_copies(sound: Any, *arguments: Any) -> Any:
    """movedim() lays its result out row by row."""
    return sound(*arguments).clone()


@plant(at(shapes, "chunk"), {"inp-042n": "aliasing"}, "common where chunk makes equal buffers")
def chunk_copies(sound: Any, *given: Any, **named: Any) -> Any:
    """chunk() gives pieces in memory of their own."""
    return tuple(x.clone() for x in sound(*given, **named))


@plant(at(views, "relate"), {"inp-041": "aliasing", "inp-027": "value"}, "pytorch/pytorch#49824")
def base_is_the_parent(sound: Any, view: Any, source: Any, *, several: bool) -> None:
    """The base of a view of a view is the view that it was taken of."""
    sound(view, source, several=several)
    view._view.base = source


@plant(at(views, "relate"), {"inp-041": "flag", "inp-002": "value"}, "common in teaching engines")
def views_are_not_known(_sound: Any, *_: Any, **_several: Any) -> Any:
    """A view shares memory with its base, and nobody knows that it is one."""
    return None


@plant(at(shapes, "clone"), {"inp-003": "value"}, "common where a copy takes over all attributes")
def clone_goes_on_counting(sound: Any, input: Any) -> Any:
    """A copy starts with the version of its original."""
    result = sound(input)
    versions.counter_of(result).value = versions.version(input)
    return result


@plant(at(shapes, "clone"), {"inp-003": "value"}, "common where a copy takes over all attributes")
def clone_shares_the_counter(sound: Any, input: Any) -> Any:
    """A copy and its original have one counter between them."""
    result = sound(input)
    versions.share(result, input)
    return result


@plant(at(views, "relate"), {"inp-002": "value", "inp-016": "no error"}, "pytorch/pytorch#197887")
def view_own_version(sound: Any, view: Any, source: Any, *, several: bool) -> None:
    """A view has a version counter of its own."""
    sound(view, source, several=several)
    view._counter = None


@compound({"inp-005": "no error", "inp-005a": "no error"}, "pytorch/pytorch#46204")
def leaf_view_inplace_ok(swap: Swap) -> None:
    """A write to a view of a leaf that requires grad is let through."""

    def check(sound: Any, view: Any, relation: Any) -> None:
        try:
            sound(view, relation)
        except LeafViewInplaceError:
            swap.took_effect()

    swap(at(views, "check_may_be_written"), check)


@plant(
    at(views, "check_may_follow"),
    {"inp-044": "multi-view-base-written", "inp-025": "multi-view-base-written"},
    "torch's notes, which announce it",
)
def aliases_are_a_reason_to_refuse(sound: Any, view: Any, relation: Any) -> None:
    """A view cannot be used once its memory was written, however it was made."""
    relation.creation = views.Creation.SEVERAL
    sound(view, relation)


@plant(at(views, "rebase"), {"inp-028": "text", "inp-024": "value"}, "pytorch/pytorch#31258")
def view_inplace_base_not_rebased(sound: Any, tensor: Any, node: Any) -> None:
    """A write through a view gives the view a new history and leaves that of the base."""
    relation = tensor._view
    if relation is None:
        sound(tensor, node)
        return
    tensor._grad_fn, tensor._output_nr = (node, 0)
    relation.version = versions.version(tensor)


@plant(at(views, "rebase"), {"inp-023": "flag"}, "common where only variables are rebased")
def plain_base_not_rebased(sound: Any, tensor: Any, node: Any) -> None:
    """A write through a view of a plain tensor gives the view a history and the tensor none."""
    relation = tensor._view
    if relation is None or relation.base.requires_grad:
        sound(tensor, node)
        return
    tensor._grad_fn, tensor._output_nr = (node, 0)
    relation.version = versions.version(tensor)


@compound({"inp-024": "value", "inp-024a": "value"}, "pytorch/xla#1718")
def copyslices_no_clear(swap: Swap) -> None:
    """The base keeps the gradient of the overwritten region, beside what the write sends back."""
    original = views.from_region

    def replaced(
        _sound: Any, rule: Any, geometry: Any, params: Any, xp: Any, g: Any, *values: Any
    ) -> Any:
        received = original(rule, geometry, params, xp, g, *values)
        return g if received is None else g + xp.scatter_region(received, geometry)

    swap(at(views, "replaced_region"), replaced)


@plant(
    at(views, "replaced_region"),
    {"inp-024": "value", "inp-020": "value"},
    "common where a write through a view is one to the base",
)
def write_covers_the_whole_base(
    sound: Any, rule: Any, geometry: Any, params: Any, xp: Any, g: Any, *values: Any
) -> Any:
    """The base loses the gradient of everything outside the region that was written."""
    whole = sound(rule, geometry, params, xp, g, *values)
    return xp.scatter_region(xp.region(whole, geometry), geometry)


@plant(
    at(views, "is_outdated"), {"inp-028a": "aliasing", "inp-044": "value"}, "pytorch/pytorch#8874"
)
def view_gradfn_stale(_sound: Any, *_: Any) -> Any:
    """A write to the base leaves the history of its views as it was."""
    return False


@plant(
    at(views, "current_history"),
    {"inp-023a": "flag"},
    "common where only variables are tracked as views",
)
def plain_views_stay_plain(sound: Any, view: Any) -> Any:
    """A view that was made of a plain tensor never gets a history from its base."""
    return None if view._grad_fn is None else sound(view)


@plant(at(views, "base_requires_grad"), {"inp-023a": "flag"}, "a simple model of torch")
def view_rg_ignores_base(_sound: Any, *_: Any) -> Any:
    """A view without a history does not require grad, whatever its base does."""
    return False


@compound({"inp-025": "value", "inp-026": "value"}, "pytorch/pytorch#8874")
def new_history_starts_at_the_front(swap: Swap) -> None:
    """The new history of a view takes it for the first elements of its base."""
    original = views.geometry_of

    def at_the_front(sound: Any, view: Any, relation: Any) -> None:
        sound(view, relation)
        array = view._array
        geometry = (*original(view, relation.base)[:4], 0)
        view._grad_fn = table.TABLE["as_strided"].node(
            view._grad_fn.next_functions,
            (),
            (*geometry[2:], geometry),
            ((array.shape, array.dtype),),
            freeable=False,
        )

    swap(at(views, "regenerate"), at_the_front)


@plant(at(shapes, "clone"), {"leaf-031": "flag"}, "common in teaching engines")
def a_clone_is_a_constant(sound: Any, tensor: Any) -> Any:
    """A clone has the values of its original and no history."""
    return sound(tensor.detach())


@plant(
    at(shapes, "clone"),
    {"leaf-031b": "missing gradient", "leaf-031": "flag"},
    "common in teaching engines",
)
def a_clone_is_another_leaf(sound: Any, tensor: Any) -> Any:
    """A clone is a leaf with the value and the flag of its original, and nothing joins them."""
    return sound(tensor.detach()).requires_grad_(tensor.requires_grad)


@plant(at(shapes, "clone"), {"leaf-031a": "aliasing"}, "common in teaching engines")
def a_clone_shares_memory(_sound: Any, tensor: Any) -> Any:
    """A clone is recorded, but its result stays in the memory of the original."""
    return recording.view(TABLE["alias"], tensor)


@plant(at(views, "base_requires_grad"), {"leaf-052": "flag"}, "common in teaching engines")
def views_do_not_ask_their_base(_sound: Any, _relation: Any) -> Any:
    """A view without history keeps the flag that it was made with, whatever its base says."""
    return False


@plant(at(views, "is_outdated"), {"leaf-052": "flag"}, "common in teaching engines")
def late_views_lead_to_their_base(sound: Any, view: Any, relation: Any) -> Any:
    """A view taken before its base was declared is given a history when it is next used."""
    return view._grad_fn is None or sound(view, relation)


@compound({"inp-028a": "text"}, "common in engines that name nodes by what they compute")
def new_history_is_a_slice(swap: Swap) -> None:
    """The new node of a view whose memory was written is named for a slice."""
    swap.data(TABLE["as_strided"], "node_name", "SliceBackward0")
    swap(at(views, "regenerate"), instead(views.regenerate))  # to count


@plant(at(arrays, "scatter_region"), {"inp-026": "value"}, "PaddlePaddle/Paddle#79718")
def overlap_overwrite(_sound: Any, part: Any, geometry: Any) -> Any:
    """Where a view shows one address several times, the last gradient stays instead of the sum."""
    flat = memory.memory_for(geometry, part.dtype)
    memory.show(flat, *geometry[2:])[...] = part
    return memory.show(flat, *geometry[:2])
