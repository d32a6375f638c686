"""Faults in the request: who asks, when, for how long, and what reading tells."""

# ruff: noqa: SLF001 - a plant reaches inside

from __future__ import annotations

import warnings
import weakref
from typing import TYPE_CHECKING, Any

from gradspec_conformance.plants.plant import Swap, plant
from gradspec_reference.engine import hooks, recording
from gradspec_reference.engine.backward import BackwardPass
from gradspec_reference.engine.grads import HasGradient
from gradspec_reference.engine.node import Node
from gradspec_reference.engine.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable


@plant(
    kills={
        "ret-004": "missing gradient",
        "ret-005": "missing gradient",
        "ret-006": "missing gradient",
        "ret-010": "missing gradient",
        "ret-013": "missing gradient",
        "ret-013a": "missing gradient",
        "ret-012": "missing gradient",
        "ret-012a": "missing gradient",
        "ret-011": "missing gradient",
        "ret-020": "missing gradient",
        "ret-015": "missing gradient",
        "ret-016": "missing gradient",
        "ret-017": "missing gradient",
        "ret-017a": "missing gradient",
        "ret-008": "no error",
        "ret-009": "flag",
    },
    modelled_on="candle-org/candle#282",
)
def retain_grad_noop(swap: Swap) -> None:
    """retain_grad() does nothing."""
    swap(Tensor, "retain_grad", lambda _self: None)


@plant(
    kills={
        "ret-001": "unexpected gradient",
        "ret-004": "unexpected gradient",
        "ret-006": "unexpected gradient",
        "ret-002": "warning",
        "ret-009": "flag",
    },
    modelled_on="the style of karpathy/micrograd#102",
)
def retain_all(swap: Swap) -> None:
    """Every intermediate keeps its gradient, asked for or not."""
    original = recording.make_node

    def retained(*arguments: Any) -> Node:
        node = original(*arguments)
        node.retained = {0: weakref.ref(arguments[-1])}
        return node

    swap(recording, "make_node", retained)


@plant(
    kills={"ret-006": "unexpected gradient"},
    modelled_on="common in engines that keep every gradient internally",
)
def late_request_finds_last_gradient(swap: Swap) -> None:
    """retain_grad() hands over the gradient of a pass that is already over."""
    differentiate, retain = BackwardPass.differentiate, hooks.retain

    def remembering(self: BackwardPass, node: Node, cotangent: Any, status: int) -> None:
        node.metadata["gradient"] = self.as_tensor(cotangent)
        differentiate(self, node, cotangent, status)

    def handing_over(tensor: Tensor) -> None:
        retain(tensor)
        if tensor._grad_fn is not None:
            tensor._grad = tensor._grad_fn.metadata.get("gradient")

    swap(BackwardPass, "differentiate", remembering)
    swap(hooks, "retain", handing_over)


@plant(
    kills={"ret-005": "missing gradient", "ret-020": "missing gradient"},
    modelled_on="common in engines that wrap a tensor to observe it",
)
def request_holds_for_later_uses(swap: Swap) -> None:
    """The gradient is kept at a new node of the tensor, which earlier uses go past."""
    original = hooks.retain

    def retained(tensor: Tensor) -> None:
        if tensor._grad_fn is not None:
            tensor._grad_fn = tensor.clone()._grad_fn
        original(tensor)

    swap(hooks, "retain", retained)


@plant(
    kills={
        "ret-009": "flag",
        "ret-010": "value",
        "ret-015": "value",
        "ret-017": "value",
        "ret-017a": "value",
        "ret-018": "lifetime",
    },
    modelled_on="pytorch/pytorch#85849",
)
def retain_by_hook(swap: Swap) -> None:
    """retain_grad() registers an ordinary hook that adds what it sees to the tensor's grad."""
    original = hooks.retain

    def retained(tensor: Tensor) -> None:
        def keep(gradient: Tensor) -> None:
            held = tensor._grad
            tensor._grad = gradient.clone() if held is None else held + gradient

        if tensor.is_leaf:
            original(tensor)
        else:
            tensor.register_hook(keep)

    swap(hooks, "retain", retained)


@plant(
    kills={"ret-009": "flag", "ret-011": "value"},
    modelled_on="common where the request is kept with the pass",
)
def request_is_used_up(swap: Swap) -> None:
    """A backward pass uses the request up, so the next one keeps nothing."""
    original = hooks.store_retained

    def stored(node: Node, output_nr: int, gradient: Tensor | None) -> None:
        original(node, output_nr, gradient)
        if node.retained is not None:
            node.retained.pop(output_nr, None)

    swap(hooks, "store_retained", stored)


@plant(kills={"ret-009": "flag", "ret-007": "flag"}, modelled_on="torch rule")
def leaves_tell_of_a_request(swap: Swap) -> None:
    """The flag retains_grad is set on leaves that require grad, which keep theirs anyway."""
    original = hooks.is_retained
    swap(hooks, "is_retained", lambda x: original(x) or (x.is_leaf and x.requires_grad))


@plant(
    kills={"ret-007": "value"}, modelled_on="common where every kept gradient is stored by a hook"
)
def retaining_leaf_counts_twice(swap: Swap) -> None:
    """retain_grad() on a leaf stores the gradient beside the accumulation."""
    original = hooks.retain

    def retained(tensor: Tensor) -> None:
        original(tensor)

        def keep(gradient: Tensor) -> None:
            tensor._grad = gradient.clone()

        if tensor.is_leaf:
            tensor.register_hook(keep)

    swap(hooks, "retain", retained)


@plant(kills={"ret-008": "no error"}, modelled_on="torch rule")
def constants_may_retain(swap: Swap) -> None:
    """retain_grad() on a tensor that does not require grad returns quietly."""
    original = hooks.retain
    swap(hooks, "retain", lambda tensor: original(tensor) if tensor.requires_grad else None)


@plant(
    kills={"ret-022": "no error"}, modelled_on="common confusion of retain_grad with retain_graph"
)
def retaining_node_is_not_freed(swap: Swap) -> None:
    """A node whose tensor retains its gradient keeps its saved values too."""
    original = Node.release
    swap(Node, "release", lambda node: None if node.retained else original(node))


@plant(kills={"ret-022": "no error"}, modelled_on="common where freed is a mark on the node")
def request_revives_the_node(swap: Swap) -> None:
    """Freeing only marks a node, and retain_grad() takes the mark away again."""
    release, retain = Node.release, hooks.retain

    def marked(node: Node) -> None:
        node.metadata["spent"] = node.saved
        release(node)

    def revived(tensor: Tensor) -> None:
        retain(tensor)
        if tensor._grad_fn is not None and "spent" in tensor._grad_fn.metadata:
            tensor._grad_fn.saved = tensor._grad_fn.metadata.pop("spent")

    swap(Node, "release", marked)
    swap(hooks, "retain", revived)


def reading_grad(swap: Swap, warns: Callable[[Tensor], bool]) -> None:
    """Let reading `.grad` warn for these tensors instead."""

    def read(tensor: Tensor) -> Tensor | None:
        swap.took_effect()
        if warns(tensor):
            warnings.warn("the grad of a tensor was read", UserWarning, stacklevel=2)
        return tensor._grad

    swap(Tensor, "grad", vars(HasGradient)["grad"].getter(read))


@plant(kills={"ret-002": "warning"}, modelled_on="torch rule")
def reading_never_warns(swap: Swap) -> None:
    """Reading the grad of a non-leaf that was not kept gives None without a warning."""
    reading_grad(swap, lambda _tensor: False)


@plant(kills={"ret-003": "warning"}, modelled_on="torch rule")
def reading_none_warns(swap: Swap) -> None:
    """Reading a grad that is None warns, on leaves as well."""
    reading_grad(swap, lambda tensor: tensor._grad is None and not tensor.retains_grad)


@plant(kills={"ret-019": "warning"}, modelled_on="torch rule")
def reading_assigned_warns(swap: Swap) -> None:
    """Reading the grad of a non-leaf that does not retain it warns even if one was assigned."""
    reading_grad(swap, lambda tensor: not tensor.is_leaf and not tensor.retains_grad)


@plant(
    kills={"ret-002a": "warning"}, modelled_on="common where the warning asks only for a history"
)
def reading_before_the_pass_warns(swap: Swap) -> None:
    """Reading the grad of a non-leaf warns if it is None, even if it was asked for."""
    reading_grad(swap, lambda tensor: not tensor.is_leaf and tensor._grad is None)


@plant(
    kills={"ret-002a": "warning", "ret-019": "warning"},
    modelled_on="common where the warning asks only for a history",
)
def reading_nonleaf_warns(swap: Swap) -> None:
    """Reading the grad of a non-leaf warns, whatever is there."""
    reading_grad(swap, lambda tensor: not tensor.is_leaf)


@plant(
    kills={"ret-019": "warning"}, modelled_on="common where only leaves have a place for a gradient"
)
def assignment_to_nonleaf_lost(swap: Swap) -> None:
    """A gradient that is assigned to a non-leaf is dropped."""
    original = vars(HasGradient)["grad"]

    def assigned(tensor: Tensor, value: Tensor | None) -> None:
        swap.took_effect()
        if tensor.is_leaf:
            original.fset(tensor, value)

    swap(Tensor, "grad", original.setter(assigned))
