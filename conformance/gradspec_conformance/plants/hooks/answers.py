"""Faults in what a hook is given, and in what becomes of its answer."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from gradspec_conformance.plants.places import at, step
from gradspec_conformance.plants.plant import TEACHING, after, before, compound, plant
from gradspec_reference.engine import hooks, modes, node_hooks, versions
from gradspec_reference.engine.hooks import Hooks
from gradspec_reference.engine.node import AccumulateGrad
from gradspec_reference.engine.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable


def answering(functions: Hooks, change: Callable[..., Any]) -> Hooks:
    """Return hooks whose answers are changed: `change(answer, *given)`."""

    def changed(hook: Callable[..., Any], *given: Any) -> Any:
        return change(hook(*given), *given)

    return Hooks((n, functools.partial(changed, hook)) for n, hook in functions.items())


FIRE = at(hooks, "fire")
AT_NODES = at(node_hooks, "fire")
AT_LEAVES = at(hooks, "fire_post_accumulate")
CHECK = at(hooks, "check_returned")


@plant(FIRE, "value: hook-002", "hooks that only observe")
def hook_return_ignored(sound, functions, gradient):
    """What a hook on a tensor returns is dropped."""
    sound(functions, gradient)
    return gradient


@plant(FIRE, "value: hook-003", "hooks that are functions of the gradient")
def a_hook_without_an_answer_means_zero(sound, functions, gradient):
    """A hook that returns None makes the gradient zero."""
    return sound(
        answering(functions, lambda answer, g: g * 0.0 if answer is None else answer), gradient
    )


@plant(FIRE, "value: hook-022", "engines that protect what is under way")
def hooks_are_given_copies(sound, functions, gradient):
    """A hook is given a copy of the gradient, and the pass keeps its own."""
    if gradient is None:
        return sound(functions, gradient)
    copy = gradient.clone()
    returned = sound(functions, copy)
    return gradient if returned is copy else returned


@plant(FIRE, "value: hook-005/on_a_tensor", TEACHING)
def hooks_do_not_see_each_other(sound, functions, gradient):
    """Each of several hooks is given the gradient that arrived, and the last answer counts."""
    for number, hook in list(functions.items()):
        last = sound(Hooks({number: hook}), gradient)
    return last if functions else gradient


@plant(FIRE, "root-without-grad: hook-014", "where a hook is run outside of the graph")
def what_hooks_return_is_a_constant(sound, functions, gradient):
    """What a hook returns has no history, also where the pass is recorded."""
    returned = sound(functions, gradient)
    return returned if returned is gradient or returned is None else returned.detach()


@plant(CHECK, "wrong error: hook-009", "where what comes back is taken")
def any_shape_is_taken(sound, returned, gradient):
    """A hook may return a gradient of any shape."""
    if not isinstance(returned, Tensor) or gradient is None or returned.dtype != gradient.dtype:
        sound(returned, gradient)


@plant(CHECK, "no error: hook-010", "pytorch/pytorch#76785")
def any_data_type_is_taken(sound, returned, gradient):
    """A hook may return a gradient of any data type, which is converted on the way."""
    if not isinstance(returned, Tensor) or gradient is None or returned.shape != gradient.shape:
        sound(returned, gradient)


@plant(CHECK, "no error: hook-206", "gradients that are always there")
def a_gradient_for_nothing_is_taken(sound, returned, gradient):
    """A hook may put a gradient where there was none."""
    if gradient is not None:
        sound(returned, gradient)


@compound("no error: hook-011", "where only tensors are looked at")
def what_is_no_gradient_means_nothing(swap):
    """A hook that returns something that is no tensor is taken to have returned nothing."""

    def no_text(answer: Any, *given: Any) -> Any:
        of_a_node = isinstance(given[0], tuple)
        odd = (
            any(not isinstance(each, Tensor | None) for each in answer)
            if of_a_node
            else (not isinstance(answer, Tensor | None))
        )
        return None if odd else answer

    swap(FIRE, lambda sound, functions, g: sound(answering(functions, no_text), g))

    @swap.into(AT_NODES)
    def fired(sound, functions, gradients, *received):
        def looked(answer, *given):
            return no_text(answer, *given) if isinstance(answer, tuple) else answer

        return sound(answering(functions, looked), gradients, *received)


@plant(AT_NODES, "no error: hook-035", "where one gradient stands for a tuple")
def one_gradient_stands_for_a_tuple(sound, functions, gradients, *received):
    """A hook on a node may return one gradient alone."""

    def wrapped(answer, *_given):
        return (answer,) if isinstance(answer, Tensor) else answer

    return sound(answering(functions, wrapped), gradients, *received)


@plant(AT_NODES, "no error: hook-036", "loops over the shorter of two lists")
def any_number_of_gradients_is_taken(sound, functions, gradients, *received):
    """Of what a hook on a node returns too many are dropped and too few are made up."""

    def cut(answer, given, *_):
        return answer and (*answer, *given)[: len(given)] if answer != () else given

    return sound(answering(functions, cut), gradients, *received)


@plant(AT_NODES, "order: hook-032", "pytorch/pytorch#598")
def sides_of_a_node_are_swapped(sound, functions, gradients, *received):
    """A hook after a node is given what arrived first, and then what the node made."""
    if not received:
        return sound(functions, gradients)
    swapped = Hooks(
        (n, lambda made, given, hook=hook: hook(given, made)) for n, hook in functions.items()
    )
    return sound(swapped, gradients, *received)


@plant(AT_NODES, "order: hook-207", "pytorch/pytorch#100528")
def constants_have_no_place(sound, functions, gradients, *received):
    """A hook after a node is given the gradients that there are, and none for a constant."""
    if not received:
        return sound(functions, gradients)
    there = sound(functions, [g for g in gradients if g is not None], *received)
    left = iter(there)
    return [g if g is None else next(left) for g in gradients]


@plant(AT_NODES, "value: hook-033", "hooks that only observe")
def answers_after_a_node_are_dropped(sound, functions, gradients, *received):
    """What a hook after a node returns is dropped."""
    returned = sound(functions, list(gradients), *received)
    return gradients if received else returned


@plant(AT_NODES, "value: hook-034", "hooks that only observe")
def answers_before_a_node_are_dropped(sound, functions, gradients, *received):
    """What a hook before a node returns is dropped."""
    returned = sound(functions, list(gradients), *received)
    return returned if received else gradients


@plant(AT_NODES, "unexpected gradient: hook-208", "where None means as it was")
def nothing_in_a_tuple_means_as_it_was(sound, functions, gradients, *received):
    """None in the tuple that a hook returns leaves the gradient in that place as it is."""

    def filled(answer, given, *_):
        return answer and tuple(g if a is None else a for a, g in zip(answer, given, strict=True))

    return sound(answering(functions, filled), gradients, *received)


@after(step("execute_watched"), "order: hook-048", "nodes of leaves that are made anew")
def the_node_of_a_leaf_forgets(_, _self, node, *_rest):
    """The node of a leaf has its hooks for one pass."""
    if isinstance(node, AccumulateGrad):
        node.hooks = None


@plant(AT_LEAVES, "missing gradient: hook-026", "pytorch/pytorch#187268")
def post_acc_gets_grad(sound, leaf):
    """A hook after accumulation is given the gradient."""
    state = leaf._leaf
    held = state and state.post_hooks
    if held:
        gradient = leaf._grad
        for hook in hooks.in_turn(held):
            hook(gradient)
    else:
        sound(leaf)


@plant(AT_LEAVES, "leaf-inplace: hook-028", "where a hook runs in the mode of the program")
def leaves_are_updated_in_grad_mode(sound, leaf):
    """Hooks after accumulation run with grad mode on."""
    outside = modes.enter(True)
    try:
        sound(leaf)
    finally:
        modes.leave(outside)


@plant(AT_LEAVES, "order: hook-029", "gradients written when the pass ends")
def cleared_gradients_come_back(sound, leaf):
    """A gradient that a hook after accumulation clears is put back."""
    gradient = leaf._grad
    sound(leaf)
    if leaf._grad is None:
        leaf._grad = gradient


@plant(AT_LEAVES, "no error: hook-030", "where nobody looks at an answer that means nothing")
def answers_after_accumulation_are_ignored(_sound, leaf):
    """A hook after accumulation may return what it likes."""
    state = leaf._leaf
    if state is None or state.post_hooks is None:
        return
    held = state.post_hooks
    for hook in hooks.in_turn(held):
        hook(leaf)


@before(step("finish_leaf"), "order: hook-040", "pytorch/pytorch#105293")
def post_acc_early(_self, node, _value, _status):
    """Hooks after accumulation are called before it, and once more behind it."""
    hooks.fire_post_accumulate(node.variable)


@plant(at(hooks, "check_can_have_hooks"), "no error: hook-007", TEACHING)
def constants_have_hooks(_sound, _tensor):
    """A tensor that does not require grad may have hooks."""


@plant(at(hooks, "register_post_accumulate"), "no error: hook-027", TEACHING)
def intermediates_accumulate(sound, tensor, hook):
    """A hook after accumulation on an intermediate is put on its gradient."""
    return sound(tensor, hook) if tensor.is_leaf else tensor.register_hook(hook)


@plant(at(hooks, "register"), "order: hook-024", "pytorch/pytorch#8874")
def hooks_on_views_are_hooks_on_bases(sound, tensor, hook):
    """A hook on a view is put on the tensor that it is a view of."""
    return sound(tensor if tensor._base is None else tensor._base, hook)


@after(at(versions, "bump"), "order: hook-210", "leaves that are new after each step")
def written_leaves_lose_their_hooks(_, tensor):
    """A leaf that is written in place loses its hooks."""
    if tensor._leaf is not None:
        tensor._leaf.hooks = tensor._leaf.post_hooks = None


@after(at(hooks, "move_retained"), "order: hook-209", "hooks kept by the tensor")
def node_hooks_follow_the_tensor(_, tensor, node, *_number):
    """Hooks before a node move to the node of the value that is written over its result."""
    old = tensor._grad_fn
    if old is not None and old.hooks is not None and old.hooks.before:
        hooks.of_node(node).before, old.hooks.before = old.hooks.before, Hooks()


@compound("order: hook-039", "pytorch/pytorch#85849")
def hooks_before_the_node_come_first(swap):
    """Hooks before a node are called before those on its result."""
    done = []

    @swap.before(step("take"))
    def ahead(self, node):
        if node.hooks is not None and node.hooks.before:
            arrivals = self.waiting[node]
            arrivals[1:] = self.through_node_hooks(node.hooks.before, arrivals[1:])
            done.append(node.hooks.before)

    @swap.into(step("through_node_hooks"))
    def once(sound, self, functions, given, *received):
        if done and functions is done[-1]:
            done.pop()
            return given
        return sound(self, functions, given, *received)


@compound("order: hook-041", "notes/autograd")
def retained_after_the_hooks_of_the_node(swap):
    """A retained gradient is stored after the hooks before the node were called."""
    late = {}

    @swap.into(step("take"))
    def unstored(sound, self, node):
        if node.hooks is None or not node.hooks.before or not node.retained:
            return sound(self, node)
        late[id(node.hooks.before)] = node, node.retained
        node.retained = None
        return sound(self, node)

    @swap.after(step("through_node_hooks"))
    def stored(taken, self, functions, *_given):
        if id(functions) in late:
            node, requests = late.pop(id(functions))
            node.retained = requests
            for slot, (value, _) in enumerate(taken):
                hooks.store_retained(node, slot, self.as_tensor(value))
