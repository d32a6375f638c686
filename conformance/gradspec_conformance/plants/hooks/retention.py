"""Faults in what is kept for who asked, and in hooks beside it."""

from __future__ import annotations

from gradspec_conformance.plants.places import STORE_RETAINED, at, step
from gradspec_conformance.plants.plant import TEACHING, after, before, compound, plant
from gradspec_reference.engine import accumulation, hooks, views


@plant(at(hooks, "register"), "lifetime: life-015b", "pytorch/pytorch#82528")
def leak_hook(sound, tensor, hook):
    """A hook owns the tensor that it was put on, and the graph owns the hook."""

    def owning(gradient):
        return hook(gradient) if tensor.requires_grad else None

    return sound(tensor, owning)


@plant(STORE_RETAINED, "root-without-grad: ho-004a", "Oneflow-Inc/oneflow#8248")
def retained_grad_detached(sound, node, output_nr, gradient):
    """backward(create_graph=True) stores retained gradients without their history."""
    sound(node, output_nr, gradient if gradient is None else gradient.detach())


@plant(at(hooks, "fire"), "order: ho-011a", "where a hook is given raw data")
def hooks_see_constants(sound, functions, gradient):
    """A hook is given the gradient without its history."""
    shown = None if gradient is None else gradient.detach()
    returned = sound(functions, shown)
    return gradient if returned is shown else returned


@before(at(hooks, "retain"), "missing gradient: ret-005 ret-020", "tensors wrapped to be observed")
def request_holds_for_later_uses(tensor):
    """The gradient is kept at a new node of the tensor, which earlier uses go past."""
    if tensor._grad_fn is not None:
        tensor._grad_fn = tensor.clone()._grad_fn


@plant(at(hooks, "retain"), "value: ret-010; lifetime: ret-018", "pytorch/pytorch#85849")
def retain_by_hook(sound, tensor):
    """retain_grad() registers an ordinary hook that adds what it sees to the tensor's grad."""

    def keep(gradient):
        held = tensor._grad
        tensor._grad = gradient.clone() if held is None else held + gradient

    if tensor.is_leaf:
        sound(tensor)
    else:
        tensor.register_hook(keep)


@plant(at(hooks, "keep_hooks"), "order: hook-270", "where hooks belong to nodes alone")
def cut_tensors_lose_their_hooks(_sound, _tensor):
    """A tensor that is cut off has no hooks."""


@after(STORE_RETAINED, "flag: ret-009; value: ret-011", "requests kept with the pass")
def request_is_used_up(_, node, output_nr, *_rest):
    """A backward pass uses the request up, so the next one keeps nothing."""
    if node.retained is not None:
        node.retained.pop(output_nr, None)


@plant(at(hooks, "is_retained"), "flag: ret-007 ret-009", "torch rule")
def leaves_tell_of_a_request(sound, x):
    """The flag retains_grad is set on leaves that require grad, which keep theirs anyway."""
    return sound(x) or (x.is_leaf and x.requires_grad)


@after(at(hooks, "retain"), "value: ret-007", "where every kept gradient is stored by a hook")
def retaining_leaf_counts_twice(_, tensor):
    """retain_grad() on a leaf stores the gradient beside the accumulation."""

    def keep(gradient):
        tensor._grad = gradient.clone()

    if tensor.is_leaf:
        tensor.register_hook(keep)


@plant(at(hooks, "retain"), "no error: ret-008", "torch rule")
def constants_may_retain(sound, tensor):
    """retain_grad() on a tensor that does not require grad returns quietly."""
    return sound(tensor) if tensor.requires_grad else None


@before(STORE_RETAINED, "value: ret-011", TEACHING)
def kept_gradient_is_replaced(node, output_nr, gradient):
    """A further pass replaces the gradient that an intermediate keeps."""
    keeper = (node.retained or {}).get(output_nr)
    tensor = None if keeper is None else keeper()
    if tensor is not None and gradient is not None:
        tensor._grad = None


@compound("value: ret-011a", "Oneflow-Inc/oneflow#9497")
def kept_gradient_is_shared_with_the_leaf(swap):
    """An intermediate keeps the memory that arrived, and so does a leaf that it is passed on to."""

    @swap.into(STORE_RETAINED)
    def stored(_sound, node, output_nr, gradient):
        keeper = (node.retained or {}).get(output_nr)
        tensor = None if keeper is None else keeper()
        if tensor is not None and gradient is not None:
            held = tensor._grad
            tensor._grad = gradient if held is None else held.add(gradient)

    swap(at(accumulation, "may_keep"), lambda _sound, _leaf, _gradient, _status: True)


@plant(at(hooks, "move_retained"), "value: ret-017 ret-017a", "pytorch/pytorch#79996")
def retain_not_moved(_sound, _tensor, _node):
    """After a write in place the gradient of the old value is kept."""
    return


@plant(at(hooks, "move_retained"), "value: ret-017a", "pytorch/pytorch#117552")
def retain_not_moved_through_view(sound, tensor, node):
    """After a write through a view the base keeps the gradient of its old value."""
    if not isinstance(node, views.CopySlices):
        sound(tensor, node)


@after(at(hooks, "retain"), "lifetime: ret-018", "engines whose graph owns its tensors")
def request_owns_the_tensor(_, tensor):
    """The request refers to its tensor strongly, so the graph keeps the tensor alive."""
    node = tensor.grad_fn
    if node is not None and node.retained is not None:
        node.retained[tensor._output_nr] = lambda: tensor


@plant(STORE_RETAINED, "missing gradient: ret-201/first", "where a node has one gradient")
def one_request_for_a_node(_sound, node, _output, gradient):
    """Whoever asked last keeps the gradients of all results of an operation."""
    tensor = list(node.retained.values())[-1]()
    if tensor is not None and gradient is not None:
        held = tensor._grad
        tensor._grad = gradient.clone() if held is None else held.add(gradient)


@plant(step("through_hooks"), "value: ret-202", "where what a hook returned is taken over")
def what_a_hook_returned_is_taken_over(sound, self, *given):
    """What a hook returned becomes the gradient itself, to which later passes add."""
    value, status = sound(self, *given)
    return value, status if self.create_graph else accumulation.OWNED


@plant(at(hooks, "move_retained"), "missing gradient: inp-225", "where the node retains")
def retention_of_a_view_is_lost(sound, tensor, node):
    """A view whose base is written forgets that its gradient was to be kept."""
    if tensor._view is None:
        sound(tensor, node)


@after(at(hooks, "move_retained"), "order: inp-209", "where hooks are kept by the tensor")
def hooks_follow_the_tensor(_, tensor, node):
    """The hooks of a tensor that is written move to the node of its new value."""
    old = tensor._grad_fn
    if old is not None:
        node.hooks, old.hooks = (old.hooks, None)


@plant(STORE_RETAINED, "value: bwd-210/inputs", "gradients filed under their node", memory=dict)
def retained_gradients_are_filed_under_the_node(first, sound, node, output_nr, gradient):
    """All outputs of a node that retain their gradient are given that of the first."""
    if output_nr == 0:
        first[node] = gradient
    sound(node, output_nr, first[node])
