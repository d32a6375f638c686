"""Faults in hooks on several tensors."""

from __future__ import annotations

from typing import Any

from gradspec_conformance.plants.places import at, step
from gradspec_conformance.plants.plant import after, plant
from gradspec_reference.engine import joint_hooks
from gradspec_reference.engine.joint_hooks import Collector, First, JointHandle


@plant(at(JointHandle, "remove"), "order: hook-004/on_several_tensors", "handles of one hook")
def one_of_several_is_removed(_sound, handle):
    """The handle of a hook on several tensors takes it off the last of them."""
    handle.handles[-1].remove()


@plant(step("comes_to"), "order: hook-042", "where all that is listed is waited for")
def all_tensors_are_waited_for(_sound, _self, _node):
    """A hook on several tensors waits also for those that take no part in the pass."""
    return True


@plant(step("comes_to"), "order: hook-042/backward", "callbacks of each tensor")
def no_tensor_is_waited_for(_sound, _self, _node):
    """A hook on several tensors is called for each of them."""
    return False


@plant(at(First, "__call__"), "order: hook-043", "a mark that nobody takes off", memory=list)
def the_first_of_all_passes(called, sound, self, gradient):
    """In mode "any" a hook on several tensors is called by the first pass and by no other."""
    if not called:
        called.append(self)
        sound(self, gradient)


@plant(at(joint_hooks, "register"), "no error: hook-044", "where the last branch is all else")
def any_mode_is_all(sound, tensors, fn, *, mode="all"):
    """What is not the mode "any" is the mode "all"."""
    return sound(tensors, fn, mode="any" if mode == "any" else "all")


class OfAnyPass:
    """What was collected, in whatever pass."""

    held: Any = None

    def get(self, _walk: Any) -> Any:
        """Look it up."""
        return self.held

    def __setitem__(self, _walk: Any, collected: Any) -> None:
        self.held = collected

    def __delitem__(self, _walk: Any) -> None:
        self.held = None


@after(at(Collector, "__init__"), "order: hook-205", "pytorch/pytorch#12106")
def gradients_are_collected_across_passes(_, self, *_given):
    """What a failed pass brought to a hook on several tensors is given to it by the next."""
    self.collected = OfAnyPass()
