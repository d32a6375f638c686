"""Faults in what a node keeps for its rule, and in when it lets go."""

from __future__ import annotations

import contextlib
import sys
import weakref
from typing import Any

import numpy as np

import gradspec_reference
from gradspec_conformance.plants.history import number
from gradspec_conformance.plants.places import CHECK_VERSION, RELEASE, STORE, at, kernel
from gradspec_conformance.plants.plant import TEACHING, before, compound, plant
from gradspec_reference import autograd
from gradspec_reference.engine import hooks, linking, mutations, saved, versions
from gradspec_reference.engine import saved as saving
from gradspec_reference.engine.modes import state
from gradspec_reference.engine.mutations import Mutations
from gradspec_reference.engine.node import AccumulateGrad, Node
from gradspec_reference.engine.saved import SavedTensor
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.errors import GraphFreedError, StaleSavedTensorError

ALONE = 2


STACK = 500


@plant(RELEASE, "no error: life-001 life-011", "tinygrad/tinygrad#5701")
def freed_not_checked(_sound, _node):
    """Nothing is freed, and a second pass reads what the first one used."""
    return


@plant(RELEASE, "graph-freed: life-006", "torch test_backward_twice_without_saved_values")
def freed_all_nodes(_sound, node):
    """A pass frees nodes that saved nothing too, and they refuse to run again."""
    if not isinstance(node, AccumulateGrad):
        node.saved = None


@plant(at(saved, "shown"), "no error: life-013", "torch rule")
def freed_value_shows_as_none(sound, node, name):
    """Reading a saved value that was freed gives None."""
    return None if node.saved is None else sound(node, name)


@before(RELEASE, "lifetime: life-014a", "where freed is a mark on the node")
def freed_is_a_mark(node):
    """Freeing marks a node as used up and keeps what it saved."""
    if node.saved:
        node.metadata["used"] = node.saved


@before(RELEASE, "value: life-017/a_pass_through_products", "engines that manage memory themselves")
def freed_memory_is_the_users(node):
    """Freeing a node gives back the memory of what it saved, which the user may still read."""
    for item in node.saved or ():
        tensor = saved.tensor_of(item)
        if tensor is not None:
            tensor._array = np.zeros_like(tensor._array)


@plant(at(saving, "save_result"), "lifetime: life-015d", "what torch's SavedVariable avoids")
def saved_result_is_the_result(_sound, result, _output_nr=0):
    """A node that needs its result saves the very tensor that refers to the node."""
    return SavedTensor(result)


@compound("lifetime: life-015c", "pytorch/pytorch#5534")
def drop_recursive(swap):
    """A graph is freed by recursion; what lies deeper than the stack is never freed."""
    lost: list[Node] = []

    def drop(node: Node, depth: int) -> None:
        below = {child for child in node.targets if child is not None}
        if below:
            node.targets = ()
        while below:
            child = below.pop()
            if depth == STACK:
                lost.append(child)
            elif sys.getrefcount(child) == ALONE:
                drop(child, depth + 1)

    swap(at(Node, "__del__"), lambda _sound, node: drop(node, 0))


@compound("graph-freed: life-019", "pytorch/pytorch#19769")
def saved_operands_are_weak(swap):
    """A node does not own the operands that it saved; once gone, they count as freed."""
    slot = vars(SavedTensor)["tensor"]
    swap(at(linking, "keep"), lambda _, x: SavedTensor(x) if isinstance(x, Tensor) else x)

    def read(saved):
        swap.took_effect()
        tensor: Tensor | None = slot.__get__(saved)()
        if tensor is None:
            raise GraphFreedError("a saved operand was released with its last name")
        return tensor

    def write(saved, tensor):
        own = type(saved) is not SavedTensor
        slot.__set__(saved, (lambda: tensor) if own else weakref.ref(tensor))

    swap.data(SavedTensor, "tensor", property(read, write))


@plant(at(saved, "unpack"), "missing gradient: ho-009; value: ho-010a", "pytorch/pytorch#58509")
def saved_detached_double_backward(sound, node, items, as_tensors):
    """Saved values come back without their histories."""
    return [number(value) for value in sound(node, items, as_tensors)]


@plant(CHECK_VERSION, "value: inp-210; no error: inp-010", "pytorch/pytorch#197887")
def version_not_checked(_sound, *_):
    """The version of a saved value is never compared."""
    return


@plant(CHECK_VERSION, "stale-saved-tensor: inp-014 inp-007", "a dirty flag for a version")
def any_version_is_stale(sound, node, tensor, now, _then):
    """A saved value is refused if its memory was ever written, also before it was saved."""
    return sound(node, tensor, now, 0)


@compound("stale-saved-tensor: inp-012", "MyGrad, which locks what a graph uses")
def saved_values_are_locked(swap):
    """A write to a value that some operation saved is refused at once."""
    locked: list[Any] = []

    @swap.before(at(linking, "keep"))
    def keeping(operand):
        if isinstance(operand, Tensor):
            locked.append(versions.counter_of(operand))

    @swap.before(STORE)
    def stored(target, *_):
        counter = versions.counter_of(target)
        if any(counter is each for each in locked):
            raise StaleSavedTensorError("a value that was saved for backward was written")


@compound("missing gradient: rec-018", "pytorch/pytorch#19769")
def edges_hold_weakly(swap):
    """A node does not keep the nodes of its arguments alive, and passes over those that died."""
    slot = Node.__dict__["targets"]

    def read(self):
        swap.took_effect()
        return tuple(n() if isinstance(n, weakref.ref) else n for n in slot.__get__(self))

    def write(self, targets):
        strong = (n is None or isinstance(n, AccumulateGrad) for n in targets)
        held = zip(targets, strong, strict=True)
        slot.__set__(self, tuple(n if is_leaf else weakref.ref(n) for n, is_leaf in held))

    swap.data(Node, "targets", property(read, write))


@before(RELEASE, "value: rec-004 rec-006", "pytorch/pytorch#119334")
def saved_memory_recycled(self):
    """When a graph is freed, the memory of its saved values is put to another use."""
    for item in self.saved or ():
        tensor = saved.tensor_of(item)
        if tensor is not None:
            tensor.materialise().fill(0)


@plant(RELEASE, "no error: ret-022/before", "confusion of retain_grad with retain_graph")
def retaining_node_is_not_freed(sound, node):
    """A node whose tensor retains its gradient keeps its saved values too."""
    return None if node.retained else sound(node)


@compound("no error: ret-022/after", "where freed is a mark on the node")
def request_revives_the_node(swap):
    """Freeing only marks a node, and retain_grad() takes the mark away again."""

    @swap.before(RELEASE)
    def marked(node):
        node.metadata["spent"] = node.saved

    @swap.after(at(hooks, "retain"))
    def revived(_, tensor):
        if tensor._grad_fn is not None and "spent" in tensor._grad_fn.metadata:
            tensor._grad_fn.saved = tensor._grad_fn.metadata.pop("spent")


@compound("stale-saved-tensor: inp-013 inp-015a", "pytorch/pytorch#15115")
def product_saves_both_factors(swap):
    """A product saves both factors, also if only one requires grad."""
    swap.row("mul", saves="other self")
    swap(kernel("mul"), lambda sound, *operands: sound(*operands))  # to count


@plant(CHECK_VERSION, "value: inp-215; no error: inp-216", "saving constants as they are")
def indices_are_not_checked(sound, node, tensor, now, then):
    """The versions of saved indices and masks are not compared."""
    if tensor._array.dtype.kind == "f":
        sound(node, tensor, now, then)


@compound("value: inp-213/argument; no error: inp-214/result", "a check paid for once")
def versions_are_compared_once(swap):
    """The versions of what a node saved are compared in the first pass through it only."""

    @swap.before(at(Node, "unpack"))
    def unpack(self, *_):
        self.metadata["passes"] = self.metadata.get("passes", 0) + 1

    @swap.into(CHECK_VERSION)
    def check_version(sound, node, *rest):
        if node.metadata["passes"] == 1:
            sound(node, *rest)


@plant(CHECK_VERSION, "value: inp-213/result; no error: inp-214/result", "a check paid for once")
def versions_of_results_are_compared_once(sound, node, tensor, *versions):
    """The versions of results that a node saved are compared in the first pass only."""
    results = [i.tensor for i in node.saved if isinstance(i, saved.SavedResult)]
    checked = node.metadata.setdefault("checked", set())
    if not any(tensor is one for one in results) or id(tensor) not in checked:
        sound(node, tensor, *versions)
    checked.add(id(tensor))


@plant(
    at(gradspec_reference, "sort"),
    "value: inp-239/sort; no error: inp-240/sort",
    "where a result is handed out beside what is saved",
)
def found_indices_count_for_themselves(sound, *arguments, **options):
    """The indices that sort() returns share memory with those that it saved, and no version."""
    values, indices = sound(*arguments, **options)
    return values, Tensor(indices._array)


@plant(at(Mutations, "keep"), "stale-saved-tensor: inp-050", "where the mode is a promise only")
def nothing_is_kept_from_a_write(_sound, _self, _target):
    """Where saved tensors may be written, no old value is kept."""
    return


@plant(at(Mutations, "find"), "value: inp-050", "where the mode silences the check")
def what_was_written_is_taken(_sound, _self, _node, tensor, _version):
    """Where saved tensors may be written, the pass takes what they hold by now."""
    return tensor._array


@plant(
    at(Mutations, "keep"),
    "stale-saved-tensor: inp-050/an_operand_again_and_again",
    "one copy a tensor",
)
def the_first_version_is_kept_alone(sound, self, target):
    """Of memory that is written again and again the first version is kept."""
    if not any(counter is target._counter for counter, _ in self._copies):
        sound(self, target)


@plant(at(Mutations, "find"), "value: inp-262", "versions that count from the start of a block")
def earlier_writes_are_forgiven(sound, self, node, tensor, version):
    """A value that was overwritten before writes were allowed is taken for the one saved."""
    found = sound(self, node, tensor, version)
    return tensor._array if found is None and node.order > self.began else found


@plant(at(saved, "edge_of_operand"), "stale-saved-tensor: inp-269", "a copy that is a leaf")
def a_copy_knows_no_history(_sound, _node, _item):
    """Of a copy of an overwritten value nobody knows what it was computed from."""
    return None, 0


@plant(at(mutations, "check_is_open"), "no error: inp-051", "where nobody knows who recorded what")
def a_closed_block_is_forgotten(_sound, _nodes):
    """A graph whose saved tensors could be written is walked anywhere."""
    return


@plant(at(autograd.graph, "allow_mutation_on_saved_tensors"), "no error: inp-052", TEACHING)
def blocks_are_nested(sound):
    """Writes to saved tensors may be allowed again where they are."""
    return sound() if state.mutations is None else contextlib.nullcontext()


@plant(at(Mutations, "find"), "no error: inp-291", "copies that anybody may have")
def what_was_recorded_before_has_the_copies_too(sound, self, node, *given):
    """A value that was saved before the block is taken from the copies that it keeps."""
    self.began = max(self.began, node.order)
    return sound(self, node, *given)


@plant(
    at(Mutations, "find"),
    "value: inp-050/what_operands_are_views_of",
    "copies that begin where a tensor does",
)
def a_copy_is_read_from_its_start(sound, *given):
    """Of what a write would have lost, a view has the first entries."""
    found = sound(*given)
    return None if found is None else found.base[: found.size].reshape(found.shape)
