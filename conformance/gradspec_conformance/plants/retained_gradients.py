"""Faults in keeping the gradients of intermediates: what is kept, for whom, and beside what."""

# ruff: noqa: SLF001 - a plant reaches inside

from __future__ import annotations

import warnings
import weakref
from typing import TYPE_CHECKING, Any

from gradspec_conformance.plants.plant import Swap, plant
from gradspec_reference import hooks, recording, views
from gradspec_reference.backward import NOTHING, BackwardPass
from gradspec_reference.node import Node
from gradspec_reference.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable

Arrived = list[tuple[Any, int]]


def without_keepers(node: Node, run: Callable[[], Arrived]) -> Arrived:
    """Run something while nobody retains the gradients of a node."""
    retained, node.retained = node.retained, None
    try:
        return run()
    finally:
        node.retained = retained


# the request


@plant(kills={"x": "value"}, modelled_on="candle-org/candle#282")
def retain_grad_noop(swap: Swap) -> None:
    """retain_grad() does nothing."""
    swap(Tensor, "retain_grad", lambda self: None)


@plant(kills={"x": "value"}, modelled_on="the style of karpathy/micrograd#102")
def retain_all(swap: Swap) -> None:
    """Every intermediate keeps its gradient, asked for or not."""
    original = recording.make_node

    def retained(*arguments: Any) -> Node:
        node = original(*arguments)
        node.retained = {0: weakref.ref(arguments[-1])}
        return node

    swap(recording, "make_node", retained)


@plant(kills={"x": "value"}, modelled_on="common in engines that keep every gradient internally")
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


@plant(kills={"x": "value"}, modelled_on="common in engines that wrap the tensor to observe it")
def request_holds_for_later_uses(swap: Swap) -> None:
    """retain_grad() gives the tensor a new node to keep the gradient at; earlier uses go past it."""
    original = hooks.retain

    def retained(tensor: Tensor) -> None:
        if tensor._grad_fn is not None:
            tensor._grad_fn = tensor.clone()._grad_fn
        original(tensor)

    swap(hooks, "retain", retained)


@plant(kills={"x": "value"}, modelled_on="pytorch/pytorch#85849")
def retain_by_hook(swap: Swap) -> None:
    """retain_grad() registers an ordinary hook that adds what it sees to the tensor's grad."""

    def retained(tensor: Tensor) -> None:
        hooks.check_can_have_hooks(tensor)

        def keep(gradient: Tensor) -> None:
            held = tensor._grad
            tensor._grad = gradient.clone() if held is None else held + gradient

        if not tensor.is_leaf:
            tensor.register_hook(keep)

    swap(hooks, "retain", retained)


@plant(kills={"x": "value"}, modelled_on="common where the request is kept with the pass")
def request_is_used_up(swap: Swap) -> None:
    """A backward pass uses the request up, so the next one keeps nothing."""
    original = hooks.store_retained

    def stored(node: Node, output_nr: int, gradient: Tensor | None) -> None:
        original(node, output_nr, gradient)
        if node.retained is not None:
            node.retained.pop(output_nr, None)

    swap(hooks, "store_retained", stored)


@plant(kills={"x": "value"}, modelled_on="torch rule")
def leaves_tell_of_a_request(swap: Swap) -> None:
    """The flag retains_grad is set on leaves that require grad, which keep theirs anyway."""
    original = hooks.is_retained
    swap(hooks, "is_retained", lambda x: original(x) or (x.is_leaf and x.requires_grad))


@plant(kills={"x": "value"}, modelled_on="common where every kept gradient is stored by a hook")
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


@plant(kills={"x": "value"}, modelled_on="torch rule")
def constants_may_retain(swap: Swap) -> None:
    """retain_grad() on a tensor that does not require grad returns quietly."""
    original = hooks.retain
    swap(hooks, "retain", lambda tensor: original(tensor) if tensor.requires_grad else None)


@plant(kills={"x": "value"}, modelled_on="common confusion of retain_grad with retain_graph")
def retaining_node_is_not_freed(swap: Swap) -> None:
    """A node whose tensor retains its gradient keeps its saved values too."""
    original = Node.release
    swap(Node, "release", lambda node: None if node.retained else original(node))


@plant(kills={"x": "value"}, modelled_on="common where freed is a mark on the node")
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


# reading and assigning


def reading_grad(swap: Swap, warns: Callable[[Tensor], bool]) -> None:
    """Let reading `.grad` warn for these tensors instead."""

    def read(tensor: Tensor) -> Tensor | None:
        swap.took_effect()
        if warns(tensor):
            warnings.warn("the grad of a tensor was read", UserWarning, stacklevel=2)
        return tensor._grad

    swap(Tensor, "grad", Tensor.grad.getter(read))  # type: ignore[attr-defined]


@plant(kills={"x": "value"}, modelled_on="torch rule")
def reading_never_warns(swap: Swap) -> None:
    """Reading the grad of a non-leaf that was not kept gives None without a warning."""
    reading_grad(swap, lambda tensor: False)


@plant(kills={"x": "value"}, modelled_on="torch rule")
def reading_none_warns(swap: Swap) -> None:
    """Reading a grad that is None warns, on leaves as well."""
    reading_grad(swap, lambda tensor: tensor._grad is None and not tensor.retains_grad)


@plant(kills={"x": "value"}, modelled_on="torch rule")
def reading_assigned_warns(swap: Swap) -> None:
    """Reading the grad of a non-leaf that does not retain it warns even if one was assigned."""
    reading_grad(swap, lambda tensor: not tensor.is_leaf and not tensor.retains_grad)


@plant(kills={"x": "value"}, modelled_on="common where only leaves have a place for a gradient")
def assignment_to_nonleaf_lost(swap: Swap) -> None:
    """A gradient that is assigned to a non-leaf is dropped."""
    original = Tensor.grad.fset  # type: ignore[attr-defined]

    def assigned(tensor: Tensor, value: Tensor | None) -> None:
        swap.took_effect()
        if tensor.is_leaf:
            original(tensor, value)

    swap(Tensor, "grad", Tensor.grad.setter(assigned))  # type: ignore[attr-defined]


# what is kept


@plant(kills={"x": "value"}, modelled_on="common where gradients are stored on arrival")
def contribution_is_kept(swap: Swap) -> None:
    """What is kept is the last contribution that arrived, not the sum of all."""
    contribute, store = BackwardPass.contribute, hooks.store_retained

    def kept(self: BackwardPass, edge: Any, part: Any, status: int) -> None:
        node, slot = edge
        for keeper in (node.retained or {}).values():
            keeper()._grad = None
        store(node, slot, self.as_tensor(part))
        contribute(self, edge, part, status)

    swap(BackwardPass, "contribute", kept)
    swap(hooks, "store_retained", lambda *arguments: None)


@plant(kills={"x": "value"}, modelled_on="common in engines whose walk starts below the root")
def root_keeps_nothing(swap: Swap) -> None:
    """The gradient that a pass starts from is not kept by the root that asked for it."""
    original = BackwardPass.take

    def take(self: BackwardPass, node: Node) -> Arrived:
        if node in self.dependencies:
            return original(self, node)
        return without_keepers(node, lambda: original(self, node))

    swap(BackwardPass, "take", take)


@plant(kills={"x": "value"}, modelled_on="common in engines that take every root for a scalar")
def root_keeps_ones(swap: Swap) -> None:
    """A root keeps ones, whatever cotangent it was given."""
    original = BackwardPass.take

    def take(self: BackwardPass, node: Node) -> Arrived:
        if node in self.dependencies or node.retained is None:
            return original(self, node)
        arrived = without_keepers(node, lambda: original(self, node))
        for slot, (value, _) in enumerate(arrived):
            hooks.store_retained(node, slot, self.as_tensor(value * 0 + 1))
        return arrived

    swap(BackwardPass, "take", take)


@plant(kills={"x": "value"}, modelled_on="common in teaching engines")
def kept_gradient_is_replaced(swap: Swap) -> None:
    """A further pass replaces the gradient that an intermediate keeps."""
    original = hooks.store_retained

    def stored(node: Node, output_nr: int, gradient: Tensor | None) -> None:
        keeper = (node.retained or {}).get(output_nr)
        tensor = None if keeper is None else keeper()
        if tensor is not None and gradient is not None:
            tensor._grad = None
        original(node, output_nr, gradient)

    swap(hooks, "store_retained", stored)


@plant(kills={"x": "value"}, modelled_on="karpathy/micrograd#102")
def kept_gradient_is_the_buffer(swap: Swap) -> None:
    """A pass starts at an intermediate from the gradient that earlier passes left in its grad."""
    original = BackwardPass.take

    def take(self: BackwardPass, node: Node) -> Arrived:
        arrived = original(self, node)
        for slot, keeper in (node.retained or {}).items():
            tensor = keeper()
            if tensor is not None and tensor._grad is not None:
                total = tensor._grad if self.create_graph else tensor._grad._array.copy()
                arrived[slot] = (total, arrived[slot][1])
        return arrived

    swap(BackwardPass, "take", take)


@plant(kills={"x": "value"}, modelled_on="common where what keeps its gradient is a leaf")
def retaining_ends_the_walk(swap: Swap) -> None:
    """A tensor that retains its gradient is taken for a leaf: nothing goes on from there."""
    original = BackwardPass.take

    def take(self: BackwardPass, node: Node) -> Arrived:
        arrived = original(self, node)
        return [NOTHING] * len(arrived) if node.retained else arrived

    swap(BackwardPass, "take", take)


@plant(kills={"x": "value"}, modelled_on="common where inputs of a query are taken for leaves")
def query_ends_at_its_inputs(swap: Swap) -> None:
    """A query does not go through an intermediate that it was asked about, to inputs beyond."""
    original = BackwardPass.limit_to

    def limit_to(self: BackwardPass, edges: Any, nodes: Any, *, run_targets: bool) -> None:
        original(self, edges, nodes, run_targets=run_targets)
        if not run_targets and self.executed is not None:
            self.executed -= {node for node, _ in edges}

    swap(BackwardPass, "limit_to", limit_to)


# meeting hooks, queries, writes in place and memory


@plant(kills={"x": "value"}, modelled_on="pytorch/pytorch#85849")
def retain_before_hooks(swap: Swap) -> None:
    """What is kept is what arrived, before the tensor's hooks saw it."""
    original = BackwardPass.take

    def take(self: BackwardPass, node: Node) -> Arrived:
        for slot in node.retained or {}:
            value, _ = self.cotangents.get((node, slot), NOTHING)
            hooks.store_retained(node, slot, self.as_tensor(value))
        return without_keepers(node, lambda: original(self, node))

    swap(BackwardPass, "take", take)


@plant(kills={"x": "value"}, modelled_on="observed in a simple model of torch")
def grad_skips_retained(swap: Swap) -> None:
    """A query does not fill the grad of retaining tensors on its path."""
    original = BackwardPass.take

    def take(self: BackwardPass, node: Node) -> Arrived:
        if not self.captured:
            return original(self, node)
        return without_keepers(node, lambda: original(self, node))

    swap(BackwardPass, "take", take)


@plant(kills={"x": "value"}, modelled_on="pytorch/pytorch#51940")
def query_runs_everything(swap: Swap) -> None:
    """A query runs all nodes, also those that do not lead to its inputs."""
    original = BackwardPass.limit_to

    def limit_to(self: BackwardPass, edges: Any, nodes: Any, *, run_targets: bool) -> None:
        original(self, edges, nodes, run_targets=run_targets)
        if not run_targets:
            self.visited = set(nodes)
            self.executed = {node for node in nodes if node.next_functions}

    swap(BackwardPass, "limit_to", limit_to)


@plant(kills={"x": "value"}, modelled_on="pytorch/pytorch#79996")
def retain_not_moved(swap: Swap) -> None:
    """After a write in place the gradient of the old value is kept."""
    swap(hooks, "move_retained", lambda tensor, node: None)


@plant(kills={"x": "value"}, modelled_on="pytorch/pytorch#117552")
def retain_not_moved_through_view(swap: Swap) -> None:
    """After a write through a view the base keeps the gradient of its old value."""
    original = hooks.move_retained

    def moved(tensor: Tensor, node: Node) -> None:
        if not isinstance(node, views.CopySlices):
            original(tensor, node)

    swap(hooks, "move_retained", moved)


@plant(kills={"x": "value"}, modelled_on="pytorch/pytorch#7343")
def request_owns_the_tensor(swap: Swap) -> None:
    """The request refers to its tensor strongly, so the graph keeps the tensor alive."""
    original = hooks.retain

    def retained(tensor: Tensor) -> None:
        original(tensor)
        node = tensor.grad_fn
        if node is not None and node.retained is not None:
            strong: Any = lambda: tensor  # noqa: E731 - stands in for a weak reference
            node.retained[tensor._output_nr] = strong

    swap(hooks, "retain", retained)


@plant(kills={"x": "value"}, modelled_on="common in engines that collect gradients in a table")
def gradients_live_as_long_as_the_pass(swap: Swap) -> None:
    """A pass lets go of the gradients of intermediates at its end, not on the way."""
    as_tensor, run = BackwardPass.as_tensor, BackwardPass.run
    table: list[Tensor | None] = []

    def collected(self: BackwardPass, value: Any) -> Tensor | None:
        table.append(as_tensor(self, value))
        return table[-1]

    def emptied(self: BackwardPass) -> None:
        run(self)
        table.clear()

    swap(BackwardPass, "as_tensor", collected)
    swap(BackwardPass, "run", emptied)
