"""What is refused: places where no hook can be, answers that are no gradients; and what passes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gradspec import CONVENTION, Autograd, Interrupted, clause, expect
from gradspec.chapters.hooks.handles import OF_A_LEAF
from gradspec.chapters.hooks.kinds import ANSWERING, KINDS

if TYPE_CHECKING:
    from gradspec.chapters.hooks.kinds import Registering


@clause(
    "hook-007",
    CONVENTION,
    unseen="constants",
    sources=["torch.Tensor.register_hook source"],
    over=OF_A_LEAF,
)
def constants_have_no_hooks(ag: Autograd, register: Any) -> None:
    """A hook {name} is refused for a tensor that does not require grad: no gradient will come.

    Remedy: call requires_grad_() first.
    """
    x = ag.tensor(2.0)
    with ag.refuses("hook-without-grad"):
        register(x, lambda _: None)


@clause(
    "hook-027",
    CONVENTION,
    sources=["torch.Tensor.register_post_accumulate_grad_hook docstring"],
)
def what_is_no_leaf_accumulates_nothing(ag: Autograd) -> None:
    """A hook after accumulation is refused for a tensor that is no leaf.

    Remedy: call register_hook(), which sees the gradient of any tensor.
    """
    y = ag.tensor(2.0, requires_grad=True) * 3.0
    with ag.refuses("nonleaf-hook"):
        y.register_post_accumulate_grad_hook(lambda _: None)


@clause("hook-009", CONVENTION, sources=["observed"], over=ANSWERING)
def another_shape_is_refused(ag: Autograd, register: Any) -> None:
    """A gradient of another shape than it was given is not taken from a hook {name}.

    Remedy: return a gradient of the shape that was given.
    """
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    y = -x
    register(y, lambda _: ag.tensor([1.0, 2.0, 3.0]))
    with ag.refuses("hook-result"):
        y.backward(ag.tensor([3.0, 0.5]))

    expect(x.grad).is_none_or_zero()


@clause("hook-010", CONVENTION, sources=["observed"], over=ANSWERING)
def another_data_type_is_refused(ag: Autograd, register: Any) -> None:
    """A gradient of another data type than it was given is not taken from a hook {name}.

    Remedy: convert what is returned to the data type of what was given.
    """
    x = ag.tensor(2.0, requires_grad=True)
    y = -x
    register(y, lambda _: ag.tensor(1, dtype="int64"))
    with ag.refuses("hook-result"):
        y.backward()

    expect(x.grad).is_none_or_zero()


@clause("hook-011", CONVENTION, sources=["observed"], over=ANSWERING)
def what_is_no_gradient_is_refused(ag: Autograd, register: Any) -> None:
    """What is neither a tensor nor None is not taken for a gradient from a hook {name}.

    Remedy: return a tensor, or nothing.
    """
    x = ag.tensor(2.0, requires_grad=True)
    y = -x
    register(y, lambda _: "nothing")
    with ag.refuses("hook-result"):
        y.backward()

    expect(x.grad).is_none_or_zero()


ON_A_NODE: dict[str, Any] = {
    "before_a_node": lambda node, answer: node.register_prehook(answer),
    "after_a_node": lambda node, answer: node.register_hook(lambda made, _given: answer(made)),
}


@clause("hook-035", CONVENTION, sources=["observed"], over=ON_A_NODE)
def a_node_wants_a_tuple(ag: Autograd, register: Any) -> None:
    """A hook {name} returns a tuple or None: a gradient alone is refused.

    Remedy: return a tuple, also of one gradient.
    """
    x = ag.tensor(2.0, requires_grad=True)
    y = -x
    register(y.grad_fn, lambda gradients: gradients[0])
    with ag.refuses("hook-result"):
        y.backward()

    expect(x.grad).is_none_or_zero()


NUMBERS: dict[str, tuple[Any, Any]] = {
    "too_few_before_a_node": (ON_A_NODE["before_a_node"], lambda _: ()),
    "too_many_before_a_node": (ON_A_NODE["before_a_node"], lambda gradients: gradients * 2),
    "too_few_after_a_node": (ON_A_NODE["after_a_node"], lambda _: ()),
    "too_many_after_a_node": (ON_A_NODE["after_a_node"], lambda gradients: gradients * 2),
}


@clause("hook-036", CONVENTION, sources=["observed"], over=NUMBERS)
def another_number_of_gradients_is_refused(ag: Autograd, row: Any) -> None:
    """A hook on a node that returns another number of gradients than it was given ({name}) is
    refused.

    Remedy: return one for each that was given.
    """
    register, answer = row
    x = ag.tensor(2.0, requires_grad=True)
    y = -x
    register(y.grad_fn, answer)
    with ag.refuses("hook-result"):
        y.backward()

    expect(x.grad).is_none_or_zero()


@clause("hook-206", CONVENTION, unseen="constants", sources=["observed"])
def a_gradient_for_nothing_is_refused(ag: Autograd) -> None:
    """A hook may not put a gradient where there was none.

    The constant 5 needs no gradient, so that the hook is given None for it.

    Remedy: return None in the places of None.
    """
    x = ag.tensor(2.0, requires_grad=True)
    y = x * ag.tensor(5.0)
    y.grad_fn.register_hook(lambda made, _given: (made[0], made[0]))
    with ag.refuses("hook-result"):
        y.backward()

    expect(x.grad).is_none_or_zero()


@clause(
    "hook-030",
    CONVENTION,
    sources=["torch.Tensor.register_post_accumulate_grad_hook docstring"],
)
def after_accumulation_nothing_is_returned(ag: Autograd) -> None:
    """A hook after accumulation that returns a tensor is refused.

    It came too late to replace anything: grad has been written.

    Remedy: change the leaf's grad, and return nothing.
    """
    x = ag.tensor(2.0, requires_grad=True)
    x.register_post_accumulate_grad_hook(lambda leaf: leaf.grad * 2.0)
    with ag.refuses("hook-result"):
        (x * 3.0).backward()


@clause("hook-012", CONVENTION, sources=["observed"], over=KINDS)
def what_a_hook_raises_comes_out(ag: Autograd, register: Registering) -> None:
    """An exception that a hook {name} raises ends the pass and comes out of it.

    Remedy: catch it around backward(), and compute the graph again.
    """
    x = ag.tensor(2.0, requires_grad=True)
    y = -x
    z = y * 3.0

    def fail() -> None:
        raise Interrupted

    register(ag, x, y, fail)
    with ag.refuses("callback"):
        z.backward()
