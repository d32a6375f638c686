"""Faults in hooks, and in what is kept for who asked."""

# ruff: noqa: SLF001 - a plant reaches inside

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gradspec_conformance.plants.places import at
from gradspec_conformance.plants.plant import compound, plant
from gradspec_reference.engine import accumulation, hooks, views
from gradspec_reference.engine.backward import BackwardPass

if TYPE_CHECKING:
    from gradspec_conformance.plants.swap import Swap
    from gradspec_reference.engine.node import Node
    from gradspec_reference.engine.tensor import Tensor


@plant(at(hooks, "register"), {"life-015b": "lifetime"}, "pytorch/pytorch#82528")
def leak_hook(sound: Any, tensor: Tensor, hook: Any) -> Any:
    """A hook owns the tensor that it was put on, and the graph owns the hook."""

    def owning(gradient: Tensor) -> Any:
        return hook(gradient) if tensor.requires_grad else None

    return sound(tensor, owning)


@plant(at(hooks, "store_retained"), {"ho-004a": "root-without-grad"}, "Oneflow-Inc/oneflow#8248")
def retained_grad_detached(sound: Any, node: Node, output_nr: int, gradient: Tensor | None) -> None:
    """backward(create_graph=True) stores retained gradients without their history."""
    sound(node, output_nr, gradient if gradient is None else gradient.detach())


@plant(at(hooks, "fire"), {"ho-011a": "order"}, "common where a hook is given raw data")
def hooks_see_constants(
    sound: Any, functions: hooks.Hooks, gradient: Tensor | None
) -> Tensor | None:
    """A hook is given the gradient without its history."""
    shown = None if gradient is None else gradient.detach()
    returned = sound(functions, shown)
    return gradient if returned is shown else returned


@plant(
    at(hooks, "retain"),
    {"ret-005": "missing gradient", "ret-020": "missing gradient"},
    "common in engines that wrap a tensor to observe it",
)
def request_holds_for_later_uses(sound: Any, tensor: Tensor) -> None:
    """The gradient is kept at a new node of the tensor, which earlier uses go past."""
    if tensor._grad_fn is not None:
        tensor._grad_fn = tensor.clone()._grad_fn
    sound(tensor)


@plant(at(hooks, "retain"), {"ret-010": "value", "ret-018": "lifetime"}, "pytorch/pytorch#85849")
def retain_by_hook(sound: Any, tensor: Tensor) -> None:
    """retain_grad() registers an ordinary hook that adds what it sees to the tensor's grad."""

    def keep(gradient: Tensor) -> None:
        held = tensor._grad
        tensor._grad = gradient.clone() if held is None else held + gradient

    if tensor.is_leaf:
        sound(tensor)
    else:
        tensor.register_hook(keep)


@plant(
    at(hooks, "store_retained"),
    {"ret-009": "flag", "ret-011": "value"},
    "common where the request is kept with the pass",
)
def request_is_used_up(sound: Any, node: Node, output_nr: int, gradient: Tensor | None) -> None:
    """A backward pass uses the request up, so the next one keeps nothing."""
    sound(node, output_nr, gradient)
    if node.retained is not None:
        node.retained.pop(output_nr, None)


@plant(at(hooks, "is_retained"), {"ret-007": "flag", "ret-009": "flag"}, "torch rule")
def leaves_tell_of_a_request(sound: Any, x: Any) -> Any:
    """The flag retains_grad is set on leaves that require grad, which keep theirs anyway."""
    return sound(x) or (x.is_leaf and x.requires_grad)


@plant(
    at(hooks, "retain"),
    {"ret-007": "value"},
    "common where every kept gradient is stored by a hook",
)
def retaining_leaf_counts_twice(sound: Any, tensor: Tensor) -> None:
    """retain_grad() on a leaf stores the gradient beside the accumulation."""
    sound(tensor)

    def keep(gradient: Tensor) -> None:
        tensor._grad = gradient.clone()

    if tensor.is_leaf:
        tensor.register_hook(keep)


@plant(at(hooks, "retain"), {"ret-008": "no error"}, "torch rule")
def constants_may_retain(sound: Any, tensor: Any) -> Any:
    """retain_grad() on a tensor that does not require grad returns quietly."""
    return sound(tensor) if tensor.requires_grad else None


@plant(at(hooks, "store_retained"), {"ret-011": "value"}, "common in teaching engines")
def kept_gradient_is_replaced(
    sound: Any, node: Node, output_nr: int, gradient: Tensor | None
) -> None:
    """A further pass replaces the gradient that an intermediate keeps."""
    keeper = (node.retained or {}).get(output_nr)
    tensor = None if keeper is None else keeper()
    if tensor is not None and gradient is not None:
        tensor._grad = None
    sound(node, output_nr, gradient)


@compound({"ret-011a": "value"}, "Oneflow-Inc/oneflow#9497")
def kept_gradient_is_shared_with_the_leaf(swap: Swap) -> None:
    """An intermediate keeps the memory that arrived, and so does a leaf that it is passed on to."""

    def stored(_sound: Any, node: Node, output_nr: int, gradient: Tensor | None) -> None:
        keeper = (node.retained or {}).get(output_nr)
        tensor = None if keeper is None else keeper()
        if tensor is not None and gradient is not None:
            held = tensor._grad
            tensor._grad = gradient if held is None else held.add(gradient)

    swap(at(hooks, "store_retained"), stored)
    swap(at(accumulation, "may_keep"), lambda _sound, _leaf, _gradient, _status: True)


@plant(
    at(hooks, "move_retained"), {"ret-017": "value", "ret-017a": "value"}, "pytorch/pytorch#79996"
)
def retain_not_moved(_sound: Any, _tensor: Any, _node: Any) -> Any:
    """After a write in place the gradient of the old value is kept."""
    return None


@plant(at(hooks, "move_retained"), {"ret-017a": "value"}, "pytorch/pytorch#117552")
def retain_not_moved_through_view(sound: Any, tensor: Tensor, node: Node) -> None:
    """After a write through a view the base keeps the gradient of its old value."""
    if not isinstance(node, views.CopySlices):
        sound(tensor, node)


@plant(
    at(hooks, "retain"), {"ret-018": "lifetime"}, "common in engines whose graph owns its tensors"
)
def request_owns_the_tensor(sound: Any, tensor: Any) -> None:
    """The request refers to its tensor strongly, so the graph keeps the tensor alive."""
    sound(tensor)
    node = tensor.grad_fn
    if node is not None and node.retained is not None:
        node.retained[tensor._output_nr] = lambda: tensor


@plant(
    at(hooks, "store_retained"),
    {"ret-201": "missing gradient"},
    "common where a node has one gradient",
)
def one_request_for_a_node(_sound: Any, node: Any, _output: Any, gradient: Any) -> None:
    """Whoever asked last keeps the gradients of all results of an operation."""
    tensor = list(node.retained.values())[-1]()
    if tensor is not None and gradient is not None:
        held = tensor._grad
        tensor._grad = gradient.clone() if held is None else held.add(gradient)


@compound({"ret-202": "value"}, "common where what a hook returned is taken over")
def what_a_hook_returned_is_taken_over(swap: Swap) -> None:
    """What a hook returned becomes the gradient itself, to which later passes add."""

    def through(sound: Any, self: Any, *given: Any) -> Any:
        value, status = sound(self, *given)
        return value, status if self.create_graph else accumulation.OWNED

    swap(at(BackwardPass, "through_hooks"), through)


@plant(at(hooks, "move_retained"), {"inp-225": "missing gradient"}, "common where the node retains")
def retention_of_a_view_is_lost(sound: Any, tensor: Any, node: Any) -> None:
    """A view whose base is written forgets that its gradient was to be kept."""
    if tensor._view is None:
        sound(tensor, node)


@plant(
    at(hooks, "move_retained"), {"inp-209": "order"}, "common where hooks are kept by the tensor"
)
def hooks_follow_the_tensor(sound: Any, tensor: Any, node: Any) -> None:
    """The hooks of a tensor that is written move to the node of its new value."""
    sound(tensor, node)
    old = tensor._grad_fn
    if old is not None:
        node.hooks, old.hooks = (old.hooks, None)


@compound({"bwd-210/inputs": "value"}, "gradients that are filed under their node")
def retained_gradients_are_filed_under_the_node(swap: Swap) -> None:
    """All outputs of a node that retain their gradient are given that of the first."""
    first: dict[Any, Any] = {}

    def store_retained(sound: Any, node: Any, output_nr: int, gradient: Any) -> None:
        if output_nr == 0:
            first[node] = gradient
        sound(node, output_nr, first[node])

    swap(at(hooks, "store_retained"), store_retained)
