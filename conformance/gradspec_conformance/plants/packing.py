"""Faults in the functions of a caller that pack what is saved."""

from __future__ import annotations

import contextlib
import copy
import dataclasses
from typing import Any

import numpy as np

from gradspec_conformance.plants.places import RELEASE, at
from gradspec_conformance.plants.plant import TEACHING, after, before, compound, plant
from gradspec_reference import autograd
from gradspec_reference.engine import modes, packing, saved
from gradspec_reference.engine.custom import FunctionNode
from gradspec_reference.engine.modes import state
from gradspec_reference.engine.packing import saved_tensors_hooks
from gradspec_reference.engine.raw import RawSaved
from gradspec_reference.engine.saved import PackedTensor, SavedResult, SavedTensor
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.errors import UnpackedTypeError

PACK_SAVED = at(packing, "pack_saved")
KEPT = at(packing, "kept")
PACKED = at(packing, "packed")
UNPACK = at(PackedTensor, "unpack")
REGISTER = at(RawSaved, "register_hooks")
BY_WRITERS = "engines that pack where they save, in several places"


@plant(KEPT, "order: sth-001/its_result", BY_WRITERS)
def results_are_not_packed(sound, node, item, *pair):
    """What an operation saves of its own result is not packed."""
    return item if isinstance(item, SavedResult) else sound(node, item, *pair)


@plant(KEPT, "order: sth-001/its_argument", BY_WRITERS)
def arguments_are_not_packed(sound, node, item, *pair):
    """What an operation saves of its arguments is not packed."""
    return sound(node, item, *pair) if isinstance(item, SavedResult | list) else item


@after(PACK_SAVED, "order: cf-205", "contexts that save all that they hold")
def attributes_of_contexts_are_packed(_, node):
    """A tensor that is an attribute of a context is packed, too."""
    for held in list(vars(node).values()) if isinstance(node, FunctionNode) else ():
        if state.packing and isinstance(held, Tensor):
            packing.packed(node, held, state.packing[-1][0])


@after(PACK_SAVED, "order: sth-001/nothing", "a graph that keeps all that it computes with")
def what_saves_nothing_packs_a_number(_, node):
    """An operation that saves nothing has a zero packed."""
    if state.packing and not node.saved:
        packing.packed(node, Tensor(np.zeros(())), state.packing[-1][0])


@plant(KEPT, "order: sth-204", "where a number becomes a tensor first")
def numbers_are_packed(sound, node, item, *pair):
    """A number that is saved is packed as a tensor."""
    if isinstance(item, float):
        item = SavedTensor(Tensor(np.asarray(item)))
    return sound(node, item, *pair)


@plant(PACKED, "order: sth-005 sth-001/its_argument", "a pack to try, and one to keep")
def what_is_saved_is_packed_twice(sound, *arguments):
    """pack is called twice for each saved tensor."""
    sound(*arguments)
    return sound(*arguments)


@plant(UNPACK, "order: sth-005", "a cache of what was read")
def a_value_is_unpacked_once(sound, self, node, as_tensor):
    """What unpack returned is kept, and used for all later needs."""
    store = node.metadata.setdefault("unpacked", {})
    if id(self) not in store:
        store[id(self)] = sound(self, node, True)
    return store[id(self)] if as_tensor else store[id(self)]._array


@compound("order: sth-002", "where a value is checked as it is packed")
def unpacked_as_it_is_packed(swap):
    """unpack is called at once, and what it returned is kept."""

    @swap.into(PACKED)
    def packed(sound, node, value, pack):
        made = sound(node, value, pack)
        if state.packing:
            with modes.no_grad():
                state.packing[-1][1](made)
        return made


@compound("value: sth-011", "hooks that only look on")
def the_value_is_kept_beside(swap):
    """A node keeps the value itself beside what pack made of it, and uses that."""

    @swap.after(KEPT)
    def kept(made, node, item, *_):
        if isinstance(made, PackedTensor):
            node.metadata[id(made)] = saved.written_out(item).tensor._array
        return made

    @swap.into(UNPACK)
    def unpack(sound, self, node, as_tensor):
        found = sound(self, node, True)
        array = node.metadata.get(id(self), found._array)
        if not as_tensor:
            return array
        found._array = array
        return found


@after(PACK_SAVED, "value: sth-003/makes_it_larger sth-019/as_it_comes", BY_WRITERS)
def packed_values_change_places(_, node):
    """What an operation saved comes back in the opposite order."""
    if state.packing and node.saved:
        node.saved = node.saved[::-1]


@plant(PACK_SAVED, "order: sth-007", "a stack that is read from the wrong end")
def the_outermost_pair_acts(_sound, node):
    """Of nested blocks the outermost pair is called."""
    if state.packing and node.saved:
        pair = state.packing[0]
        node.saved = tuple([packing.kept(node, item, *pair) for item in node.saved])


@compound("order: sth-008 thr-006a", "a global list of hooks")
def hooks_are_on_in_all_threads(swap):
    """A pair acts in all threads while its block is open."""
    pairs: list[Any] = []

    @swap.after(at(saved_tensors_hooks, "__enter__"))
    def entered(_, self):
        pairs.append((self.pack_hook, self.unpack_hook))

    @swap.before(at(saved_tensors_hooks, "__exit__"))
    def left(*_):
        pairs.pop()

    @swap.into(PACK_SAVED)
    def pack_saved(_sound, node):
        if pairs and node.saved:
            node.saved = tuple([packing.kept(node, item, *pairs[-1]) for item in node.saved])


@plant(UNPACK, "no error: sth-009/a_number sth-009/nothing", TEACHING)
def anything_is_unpacked(sound, self, node, as_tensor):
    """What unpack returns is used if it is a tensor, and else nothing is."""
    try:
        return sound(self, node, as_tensor)
    except UnpackedTypeError:
        nothing = np.zeros(node.outputs[0][0])
        return Tensor(nothing) if as_tensor else nothing


@plant(PACKED, "no error: sth-010", TEACHING)
def a_pack_may_write(_sound, _node, value, pack):
    """Nobody looks whether pack wrote to the value."""
    with modes.no_grad():
        return pack(value)


@plant(PACKED, "order: sth-012", "hooks that are called like operations")
def a_pack_is_recorded(_sound, _node, value, pack):
    """Operations are recorded while pack runs."""
    return pack(value)


@plant(UNPACK, "root-without-grad: sth-013/an_intermediate", "pytorch/pytorch#58509")
def what_is_unpacked_has_no_history(sound, self, node, as_tensor):
    """What unpack returns is used without the place that the value had in the graph."""
    found = sound(self, node, as_tensor)
    return found.detach() if as_tensor else found


@after(KEPT, "lifetime: sth-014", "what torch's SavedVariable avoids")
def the_result_is_kept_with_its_history(made, node, item, *_):
    """A node keeps the result that it packed, with its history."""
    if isinstance(item, SavedResult):
        node.metadata["result"] = item.unpack(node, True)
    return made


@before(RELEASE, "lifetime: sth-023/by_a_pass", "where freed is a mark on the node")
def what_was_packed_outlives_the_pass(node):
    """A pass frees what was saved, and keeps what was packed."""
    packs = [item for item in node.saved or () if isinstance(item, PackedTensor)]
    node.metadata.setdefault("packed", []).extend(packs)


@plant(PACKED, "order: sth-203", "where what is kept is serialised")
def what_was_packed_is_copied(sound, *arguments):
    """The graph keeps a copy of what pack returned."""
    made = sound(*arguments)
    if not hasattr(made, "thing"):
        return copy.copy(made)
    return dataclasses.replace(made, thing=copy.copy(made.thing))


@compound("stale-saved-tensor: sth-205", "a check that knows nothing of hooks")
def what_was_packed_may_not_be_written(swap):
    """The version of a tensor is compared, also if a copy of it was packed."""

    @swap.after(KEPT)
    def kept(made, node, item, *_):
        whole = saved.written_out(item)
        if isinstance(made, PackedTensor) and isinstance(whole, SavedTensor):
            node.metadata.setdefault("written", []).append(whole)
        return made

    @swap.into(UNPACK)
    def unpack(sound, self, node, as_tensor):
        for whole in node.metadata.get("written", ()):
            whole.unpack(node, as_tensor)
        return sound(self, node, as_tensor)


@plant(KEPT, "order: sth-025", "saved values that are found again by their identity")
def the_same_tensor_is_packed_once(sound, node, item, *pair):
    """A tensor that an operation saves twice is packed once."""
    whole = saved.written_out(item)
    if not isinstance(whole, SavedTensor):
        return sound(node, item, *pair)
    known = node.metadata.setdefault("known", {})
    if id(whole.tensor) not in known:
        known[id(whole.tensor)] = sound(node, item, *pair)
    return known[id(whole.tensor)]


@plant(PACK_SAVED, "order: sth-020; value: cf-060", BY_WRITERS)
def custom_functions_are_left_out(sound, node):
    """What a custom function saves is not packed."""
    return None if isinstance(node, FunctionNode) else sound(node)


@plant(PACKED, "no error: sth-022", "a hook that must not break the forward pass")
def a_failing_pack_is_passed_over(sound, node, value, pack):
    """If pack raises, the value is kept as it is."""
    try:
        return sound(node, value, pack)
    except Exception:  # noqa: BLE001 - that is the fault
        return value.detach()


@plant(UNPACK, "no error: sth-022a", "a hook that must not break the pass")
def a_failing_unpack_is_passed_over(sound, self, node, as_tensor):
    """If unpack raises, the pass goes on with zeros."""
    try:
        return sound(self, node, as_tensor)
    except UnpackedTypeError:
        raise
    except Exception:  # noqa: BLE001 - that is the fault
        nothing = np.zeros(node.outputs[0][0])
        return Tensor(nothing) if as_tensor else nothing


# hooks on one value -----------------------------------------------------------------------


@plant(REGISTER, "no error: sth-016/registered_on_it sth-016/of_a_block", "a list of hooks")
def a_second_pair_is_overlooked(sound, self, pack, unpack):
    """Hooks on a value that has some already are not registered, without a word."""
    if not isinstance(self._item(), PackedTensor):
        sound(self, pack, unpack)


@plant(REGISTER, "no error: sth-017", "a list of hooks")
def hooks_on_what_was_freed(sound, self, pack, unpack):
    """Hooks on a value that was freed are registered, and never called."""
    if self._node.saved is not None:
        sound(self, pack, unpack)


@plant(REGISTER, "order: sth-015", "hooks that look at the leaf")
def one_value_is_packed_with_its_flag(sound, self, pack, unpack):
    """Registered on one value, pack is given a tensor that requires grad."""
    return sound(self, lambda value: pack(value.requires_grad_()), unpack)


# where there are none ---------------------------------------------------------------------


@plant(
    at(autograd.graph, "disable_saved_tensors_hooks"),
    "no error: sth-018/a_pair sth-201",
    TEACHING,
)
def hooks_cannot_be_disabled(_sound, _message):
    """Disabling hooks does nothing."""
    return contextlib.nullcontext()


@plant(
    at(autograd.graph, "disable_saved_tensors_hooks"),
    "no error: sth-201",
    "a flag for later blocks",
)
def active_hooks_are_overlooked(sound, message):
    """Hooks can be disabled where they are on: only later blocks are refused."""
    return contextlib.nullcontext() if state.packing else sound(message)


@plant(
    at(autograd.graph, "disable_saved_tensors_hooks"), "no error: sth-202", "a flag, not a stack"
)
@contextlib.contextmanager
def the_innermost_block_enables(sound, message):
    """The end of any block that disabled hooks enables them."""
    with sound(message):
        yield
    state.no_packing = None


@after(
    at(autograd.graph.save_on_cpu, "__init__"),
    "value: sth-019/in_pinned_memory",
    "a copy that is not waited for",
)
def pinned_memory_is_empty(_, self, pin_memory=False, *_more):
    """What is saved in pinned memory is read before it is there."""
    if pin_memory:
        self.unpack_hook = lambda kept: kept[1] * 0.0  # where it was, and the copy


@plant(at(autograd.graph, "region_activation_memory_budget"), "no error: sth-026", TEACHING)
def a_budget_is_taken(_sound, _budget):
    """A budget is taken, and nobody obeys it."""
    return contextlib.nullcontext()


@plant(KEPT, "value: sth-291; order: sth-001/a_list_of_indices", BY_WRITERS)
def lists_are_not_packed(sound, node, item, *pair):
    """Of tensors that are saved in a list none is packed."""
    return item if isinstance(item, list) else sound(node, item, *pair)
