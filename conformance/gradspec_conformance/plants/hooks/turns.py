"""Faults in which hooks are called, when, and how often: those of all places alike."""

from __future__ import annotations

import functools
import itertools
import weakref
from typing import Any

from gradspec_conformance.plants.places import at, step
from gradspec_conformance.plants.plant import TEACHING, after, before, compound, plant
from gradspec_reference.engine import hooks, modes, nesting, node, shown
from gradspec_reference.engine.hooks import RemovableHandle
from gradspec_reference.engine.joint_hooks import JointHandle
from gradspec_reference.engine.node import AccumulateGrad, next_order
from gradspec_reference.engine.tensor import Tensor

IN_TURN = at(hooks, "in_turn")


@plant(IN_TURN, "order: hook-001 hook-026", "engines whose hooks are for display")
def hooks_are_not_called(_sound, _functions):
    """No hook is ever called."""
    return []


@plant(IN_TURN, "value: hook-005; order: hook-211", "pytorch/pytorch#85849")
def hooks_reversed(sound, functions):
    """Of several hooks in one place the last is called first."""
    return sound(functions)[::-1]


@plant(IN_TURN, "order: hook-047", "callbacks kept with the pass")
def hooks_are_used_up(sound, functions):
    """A hook is called by the first pass that comes to it, and by no other."""
    due = sound(functions)
    functions.clear()
    return due


@plant(IN_TURN, "order: hook-201", "loops that look again")
def removed_hooks_lose_their_turn(_sound, functions):
    """A hook that another one of its place removes is not called, although it was due."""
    return (hook for number, hook in list(functions.items()) if number in functions)


@plant(IN_TURN, "order: hook-202", "loops over a list that grows")
def added_hooks_are_called_at_once(_sound, functions):
    """A hook that another one of its place adds is called by the same pass."""
    called: set[int] = set()
    while set(functions) - called:
        number = min(set(functions) - called)
        called.add(number)
        yield functions[number]


@plant(IN_TURN, "no error: hook-012", "callbacks that must not disturb")
def what_hooks_raise_is_swallowed(sound, functions):
    """An exception that a hook raises ends the hook and nothing else."""

    def guarded(hook, *given):
        try:
            return hook(*given)
        except Exception:  # noqa: BLE001 - which is the fault
            return None

    return [functools.partial(guarded, hook) for hook in sound(functions)]


@plant(IN_TURN, "order: hook-013", "where a hook runs in the mode of the program")
def hooks_run_in_grad_mode(sound, functions):
    """What a hook computes is recorded, whatever the pass is."""

    def recording(hook, *given):
        outside = modes.enter(True)
        try:
            return hook(*given)
        finally:
            modes.leave(outside)

    return [functools.partial(recording, hook) for hook in sound(functions)]


@plant(at(RemovableHandle, "remove"), "order: hook-004 hook-203", TEACHING)
def removed_hooks_stay(_sound, _handle):
    """remove() does nothing."""


@plant(at(RemovableHandle, "remove"), "order: hook-021", "locks around a pass")
def hooks_cannot_be_removed_inside_a_pass(sound, handle):
    """remove() does nothing while a pass runs."""
    if not nesting.passes.running:
        sound(handle)


@compound("order: hook-020", "handles without a block")
def hooks_outlive_their_block(swap):
    """The end of its block does not take a hook away."""
    for handle in (RemovableHandle, JointHandle):
        swap(at(handle, "__exit__"), lambda _sound, _self, *_exception: None)


@compound("order: hook-204", "passes that are planned before they run")
def hooks_are_collected_beforehand(swap):
    """A pass calls the hooks that were there when it began."""
    collected: dict[int, list[Any]] = {}

    @swap.before(step("run"))
    def collect(self):
        for each in self.waiting:
            leaf = each.variable._leaf if isinstance(each, AccumulateGrad) else None
            places = [functions for _, functions in shown.hooks_on(each)]
            places += [each.hooks.before, each.hooks.after] if each.hooks else []
            places += [leaf.post_hooks] if leaf and leaf.post_hooks is not None else []
            collected.update((id(functions), list(functions.values())) for functions in places)

    swap(IN_TURN, lambda _sound, functions: collected.get(id(functions), []))


@plant(at(hooks, "register"), "order: hook-008", "graphs that are closed when they are used")
def hooks_come_too_late(sound, tensor, hook):
    """A hook on a tensor that something was computed from is ignored."""
    handle = sound(tensor, hook)
    node = tensor.grad_fn
    if node is not None and node.order != next_order() + 1:
        handle.remove()
    return handle


@plant(at(hooks, "register"), "value: hook-017", "hooks kept by the tensor")
def hooks_die_with_the_tensor(sound, tensor, hook):
    """A hook on an intermediate is called as long as its tensor is there."""
    watched = weakref.ref(tensor)
    return sound(tensor, lambda gradient: None if watched() is None else hook(gradient))


@after(at(Tensor, "__deepcopy__"), "order: hook-023", "copies of all attributes")
def deep_copies_have_the_hooks(twin, tensor, _memo):
    """A deep copy of a leaf has its hooks."""
    if tensor._leaf is not None:
        state = twin.leaf_state()
        state.hooks, state.post_hooks = tensor._leaf.hooks, tensor._leaf.post_hooks


@before(step("deliver"), "order: hook-006", "pytorch/pytorch#105293, #31909")
def hooks_see_each_contribution(self, edge, part, _status):
    """A hook is called for every contribution, and then for their sum."""
    if part is not None:
        for slot, functions in shown.hooks_on(edge[0]):
            if slot == edge[1]:
                hooks.fire(functions, self.as_tensor(part))


@plant(step("take"), "value: hook-015 grad-026", "pytorch/pytorch#35802")
def queries_call_no_hooks(sound, self, node):
    """What a query asks for is handed out before its hooks have seen it."""
    if any((node, slot) in self.captured for slot in range(node.output_count())):
        return self.waiting.pop(node)[1:]
    return sound(self, node)


@after(step("limit_to"), "order: hook-037", "pytorch/pytorch#39784")
def a_query_runs_what_it_asks_for(_, self, edges, _nodes, *, run_targets):
    """A query runs the operations that made what it asks for."""
    if not run_targets:
        self.executed |= {node for node, _ in edges if not isinstance(node, AccumulateGrad)}


@after(step("limit_to"), "order: hook-038", "engines that run what is needed")
def a_pass_ends_at_the_intermediate(_, self, edges, _nodes, *, run_targets):
    """The operation that made the intermediate in which a pass accumulates is not run for it."""
    if run_targets:
        for node, _ in edges:
            if not any(target in self.visited for target in node.targets) and node.targets:
                self.executed.discard(node)


@plant(
    at(node, "next_leaf_order"),
    "order: hook-213",
    "passes that accumulate in the end",
    memory=lambda: itertools.count(1 << 62),
)
def leaves_come_last(last, _sound):
    """The hooks of leaves, and accumulation, wait until all operations have run."""
    return next(last)


@compound("order: hook-040", "pytorch/pytorch#85849")
def hook_leaf_after_accumulate(swap):
    """Hooks on a leaf are called when its grad is up to date."""

    @swap.into(at(shown, "hooks_on"))
    def elsewhere(sound, node):
        return [] if isinstance(node, AccumulateGrad) else sound(node)

    @swap.after(step("finish_leaf"))
    def late(_, self, node, value, _status):
        leaf = node.variable._leaf
        if leaf is not None and leaf.hooks:
            hooks.fire(leaf.hooks, self.as_tensor(value))


@plant(at(hooks, "fire"), "order: hook-025 hook-214", "pytorch/pytorch#11751")
def hooks_where_nothing_arrives_are_passed_over(sound, functions, gradient):
    """A hook is not called where nothing arrives."""
    return None if gradient is None else sound(functions, gradient)


@after(step("through_hooks"), "order: hook-050", "graphs that are used once")
def hooks_are_gone_after_a_recorded_pass(_, self, functions, _value, _status):
    """A pass that is recorded takes the hooks that it calls off their tensors."""
    if self.create_graph:
        functions.clear()
