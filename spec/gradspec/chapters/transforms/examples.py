"""What happens to one example: derivatives inside vmap and through it, and what it cannot know."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec import CONVENTION, SAFETY, VALUE, clause, expect

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradspec import Autograd

VMAP: Final = "torch.vmap docstring"
LIMITATIONS: Final = "func.ux_limitations § vmap limitations"
EXTENDING: Final = "notes/extending.func § torch.vmap Support"


@clause("func-029", VALUE, sources=["torch.func.grad docstring"])
def a_map_of_a_gradient_gives_one_for_each_example(ag: Autograd) -> None:
    """vmap of grad gives the gradient by each example's weights, where all have the same weights.

    So it is that of a loop over the examples, and not their sum.
    """
    weights, x, y = ag.random(3), ag.random(4, 3), ag.random(4)

    def loss(w: Any, x: Any, y: Any) -> Any:
        error = (w * x).sum() - y
        return error * error

    gradients = ag.func.vmap(ag.func.grad(loss), in_dims=(None, 0, 0))
    found = gradients(ag.tensor(weights), ag.tensor(x), ag.tensor(y))
    expect(found).is_close(2.0 * (x @ weights - y)[:, None] * x, scale=20.0)


@clause("func-031", VALUE, sources=[VMAP])
def a_map_is_differentiated_as_the_loop(ag: Autograd) -> None:
    """A derivative through vmap is that of the loop over examples that it stands for.

    What is the same for all examples receives the sum.
    """
    x, w, weights = ag.random(4, 3), ag.random(3), ag.random(4)

    def mapped(x: Any, w: Any) -> Any:
        return ag.func.vmap(lambda one, w: (one * one * w).sum(), in_dims=(0, None))(x, w)

    _, (by_x, by_w) = ag.vjp(mapped, [x, w], weights)
    expect(by_x).is_close(2.0 * weights[:, None] * x * w)
    expect(by_w).is_close((weights[:, None] * x * x).sum(0), scale=4.0)


CHOOSING: Final = {name: name for name in ("max", "min", "median")}
"""Operators whose slope depends on the numbers of the example: where it is one, and where zero."""


@clause("func-361", VALUE, sources=["torch.func.grad docstring"], over=CHOOSING)
def a_map_of_a_gradient_looks_at_each_example(ag: Autograd, name: str) -> None:
    """vmap of grad gives, for {name} of each example, a gradient at the entry chosen there."""
    x = np.array([[0.5, 2.0, -1.0], [3.0, 0.25, 1.0]])
    chosen = {"max": [1, 0], "min": [2, 1], "median": [0, 2]}[name]
    weighed = ag.func.grad(lambda one: getattr(ag, name)(one) * 3.0)
    wanted = np.zeros((2, 3))
    wanted[[0, 1], chosen] = 3.0

    expect(ag.func.vmap(weighed)(ag.tensor(x))).equals(wanted)


JACOBIANS: Final = {"jacrev": "jacrev", "jacfwd": "jacfwd"}


@clause("func-030", VALUE, sources=["torch.func.jacrev docstring"], over=JACOBIANS)
def a_map_of_a_jacobian_is_a_batch_of_them(ag: Autograd, name: str) -> None:
    """vmap of {name} gives the Jacobian for each example."""
    x = ag.random(2, 3)
    transform = getattr(ag.func, name)
    found = ag.func.vmap(transform(lambda one: one * one * one))(ag.tensor(x))

    expect(found).is_close(np.stack([np.diag(3.0 * row * row) for row in x]))


@clause("func-283", VALUE, sources=["torch.func.jvp docstring"])
def tangents_may_be_mapped(ag: Autograd) -> None:
    """vmap over the tangents of jvp gives the Jacobian times each of them, at one point."""
    x, tangents = ag.random(3), ag.random(4, 3)
    point = ag.tensor(x)

    def product(tangent: Any) -> Any:
        return ag.func.jvp(lambda one: one * one * one)((point,), (tangent,))[1]

    expect(ag.func.vmap(product)(ag.tensor(tangents))).is_close(3.0 * x * x * tangents)


@clause("func-282", VALUE, sources=["torch.func.vjp docstring"])
def cotangents_may_be_mapped(ag: Autograd) -> None:
    """vmap over the cotangents of vjp gives each of them times the Jacobian, at one point."""
    x, weights = ag.random(3), ag.random(4, 3)
    _, pullback = ag.func.vjp(lambda one: one * one * one)(ag.tensor(x))
    found = ag.func.vmap(lambda weight: pullback(weight)[0])(ag.tensor(weights))

    expect(found).is_close(3.0 * x * x * weights)


@clause("func-281", VALUE, sources=[VMAP])
def gradients_of_examples_are_differentiated(ag: Autograd) -> None:
    """A derivative through a vmap of grad is that of the loop over gradients."""
    x, w, weights = ag.random(4, 3), ag.random(3), ag.random(4, 3)

    def slopes(w: Any) -> Any:
        slope = ag.func.grad(lambda one, w: (one * one * w * w).sum())
        return ag.func.vmap(slope, in_dims=(0, None))(ag.tensor(x), w)

    _, (by_w,) = ag.vjp(slopes, [w], weights)
    expect(by_w).is_close((4.0 * weights * x * w).sum(0), scale=8.0)


# what cannot be known -------------------------------------------------------------------
@clause("func-276", SAFETY, sources=[LIMITATIONS])
def each_example_goes_its_own_way(ag: Autograd) -> None:
    """Under vmap a branch on the numbers of an example is refused, or taken for each on its own."""
    x = ag.tensor([1.0, -2.0, 3.0])

    def f(one: Any) -> Any:
        return one * 2.0 if one > 0.0 else one * 3.0

    with ag.attempt() as attempt:
        found = ag.func.vmap(f)(x)
        with attempt.granted():
            expect(found).equals([2.0, -6.0, 6.0])


@clause("func-290", SAFETY, sources=[LIMITATIONS])
def a_number_is_that_of_its_example(ag: Autograd) -> None:
    """Under vmap item() of an example is refused, or gives each example its own number."""
    x = ag.tensor([1.0, -2.0, 3.0])

    with ag.attempt() as attempt:
        found = ag.func.vmap(lambda one: one * one.item())(x)
        with attempt.granted():
            expect(found).equals([1.0, 4.0, 9.0])


LOOKS: Final[dict[str, Callable[[Any], Any]]] = {
    "item": lambda one: one.item(),
    "bool": lambda one: one if one > 0.0 else -one,
    "float": float,
    "int": int,
}


NUMBERS: Final = {name: LOOKS[name] for name in ("item", "float", "int")}


@clause("func-032", CONVENTION, sources=[LIMITATIONS], over=LOOKS)
def a_number_of_a_batch_is_not_told(ag: Autograd, look: Callable[[Any], Any]) -> None:
    """Under vmap {name} of a tensor that is mapped over is refused.

    Remedy: use where(), or compute the number outside vmap.
    """
    with ag.refuses("batched-value"):
        ag.func.vmap(lambda one: one * look(one))(ag.tensor([1.0, -2.0]))


@clause("func-297", CONVENTION, sources=[LIMITATIONS], over=NUMBERS)
def columns_have_a_number_in_common(ag: Autograd, look: Callable[[Any], Any]) -> None:
    """A function given to jacfwd is told {name} of its input, which all columns have in common."""
    found = ag.func.jacfwd(lambda x: x * look(x))(ag.tensor(3.0))

    expect(found).equals(3.0)


@clause("func-291", CONVENTION, sources=[LIMITATIONS])
def a_result_has_one_shape_for_all(ag: Autograd) -> None:
    """Under vmap masked_select with a mask that is mapped over is refused.

    Its result could have another shape for each example.
    Remedy: use where().
    """
    with ag.refuses("batched-value"):
        ag.func.vmap(lambda one: ag.masked_select(one, one > 0.0))(ag.tensor([[1.0, 2.0]]))


# writes ---------------------------------------------------------------------------------
@clause("func-271", VALUE, sources=[LIMITATIONS])
def a_write_is_one_for_each_example(ag: Autograd) -> None:
    """Under vmap a write in place to a tensor that is mapped over changes each example by its own.

    Its derivative is that of the loop.
    """
    x, weights = ag.random(4, 3), ag.random(4, 3)

    def f(one: Any) -> Any:
        copy = one * 1.0
        copy.mul_(one.sum())
        return copy

    found, (slope,) = ag.vjp(ag.func.vmap(f), [x], weights)
    expect(found).is_close(x * x.sum(1, keepdims=True))
    wanted = weights * x.sum(1, keepdims=True) + (weights * x).sum(1, keepdims=True)
    expect(slope).is_close(wanted, scale=10.0)


@clause("func-292", VALUE, sources=[LIMITATIONS])
def a_write_through_a_view_is_one_for_each_example(ag: Autograd) -> None:
    """Under vmap a write through a view of a mapped tensor changes that part of each example."""
    x = ag.random(4, 3)

    def f(one: Any) -> Any:
        copy = one * 1.0
        copy[0].mul_(one.sum())
        return copy

    wanted = x.copy()
    wanted[:, 0] *= x.sum(1)
    expect(ag.func.vmap(f)(ag.tensor(x))).is_close(wanted)


@clause("func-293", VALUE, sources=[LIMITATIONS])
def what_is_made_like_an_example_has_room(ag: Autograd) -> None:
    """Under vmap zeros_like of a mapped tensor has room for the numbers of each example."""
    x = ag.random(4, 3)

    def f(one: Any) -> Any:
        return ag.zeros_like(one).add_(one * 2.0)

    expect(ag.func.vmap(f)(ag.tensor(x))).is_close(x * 2.0)


@clause("func-294", SAFETY, sources=[LIMITATIONS])
def a_write_does_not_mix_examples(ag: Autograd) -> None:
    """Under vmap a write of mapped values to a tensor that is not mapped is refused, or kept apart.

    If it is done, each example sees its own.
    """
    x = ag.random(4, 3)

    def f(one: Any) -> Any:
        return ag.zeros(3).copy_(one)

    with ag.attempt() as attempt:
        found = ag.func.vmap(f)(ag.tensor(x))
        with attempt.granted():
            expect(found).equals(x)


@clause("func-272", CONVENTION, sources=[LIMITATIONS])
def what_is_not_mapped_has_no_room(ag: Autograd) -> None:
    """Under vmap a write of mapped values to a tensor that is not mapped is refused.

    Remedy: make the tensor inside with zeros_like of one that is mapped over.
    """
    with ag.refuses("batched-write"):
        ag.func.vmap(lambda one: ag.zeros(3).copy_(one))(ag.tensor(ag.random(4, 3)))


# random numbers -------------------------------------------------------------------------
@clause("func-032a", CONVENTION, sources=["func.ux_limitations § Randomness"])
def random_numbers_need_a_word(ag: Autograd) -> None:
    """Under vmap random numbers are refused, unless randomness says how they are drawn.

    Remedy: give randomness="different" or "same", or draw them outside.
    """
    with ag.refuses("batched-random"):
        ag.func.vmap(lambda one: one * ag.rand(3))(ag.tensor(ag.random(4, 3)))


@clause("func-273", CONVENTION, sources=["func.ux_limitations § Randomness"])
def all_examples_get_the_same(ag: Autograd) -> None:
    """With randomness="same" all examples get the same random numbers."""
    found = ag.func.vmap(lambda one: one * 0.0 + ag.rand(3), randomness="same")(
        ag.tensor(ag.random(2, 3))
    )

    expect(found[0] - found[1]).equals([0.0, 0.0, 0.0])


@clause("func-274", CONVENTION, sources=["func.ux_limitations § Randomness"])
def each_example_gets_its_own(ag: Autograd) -> None:
    """With randomness="different" each example gets random numbers of its own.

    Of twenty none is drawn twice.
    """
    found = ag.func.vmap(lambda one: one * 0.0 + ag.rand(20), randomness="different")(
        ag.tensor(ag.random(2, 1))
    )

    expect((found[0] - found[1]).abs().amin()).lies_between(1e-9, 1.0)


@clause("func-279", CONVENTION, sources=["torch/_functorch/vmap.py"])
def randomness_is_one_of_three(ag: Autograd) -> None:
    """A randomness that is neither "error", "different" nor "same" is refused.

    Remedy: give one of the three.
    """
    with ag.refuses("randomness"):
        ag.func.vmap(lambda one: one * 2.0, randomness="other")(ag.tensor(ag.random(2)))


# functions of the caller ----------------------------------------------------------------
def tripled(ag: Autograd, **rules: Any) -> Any:
    """Make a function that is its argument squared, with a derivative that is thrice the right one.

    So that one can tell whether it was asked.
    """

    def forward(x: Any) -> Any:
        return x * x

    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        del output
        ctx.save_for_backward(*inputs)

    def backward(ctx: Any, g: Any) -> Any:
        (x,) = ctx.saved_tensors
        return g * x * 6.0

    own: dict[str, Any] = {
        "forward": staticmethod(forward),
        "setup_context": staticmethod(setup_context),
        "backward": staticmethod(backward),
    }
    return type("Tripled", (ag.Function,), own | rules)


def with_rule_of_batches(ag: Autograd, rule: Any) -> Any:
    """Make a function that saves nothing, with a static method vmap."""

    def setup_context(_ctx: Any, inputs: Any, output: Any) -> None:
        del inputs, output

    return tripled(ag, setup_context=staticmethod(setup_context), vmap=staticmethod(rule))


def doubled_in_front(_info: Any, _in_dims: Any, x: Any) -> Any:
    """Map a function by another one."""
    return x * 2.0, 0


RULES: Final[dict[str, dict[str, Any]]] = {
    "no_rule_of_batches": {},
    "two_rules_of_batches": {
        "vmap": staticmethod(doubled_in_front),
        "generate_vmap_rule": True,
    },
}


@clause("func-039", CONVENTION, sources=[EXTENDING], over=RULES)
def a_function_has_one_rule_of_batches(ag: Autograd, rules: dict[str, Any]) -> None:
    """Under vmap a custom function with {name} is refused.

    Remedy: write a static method vmap, or set generate_vmap_rule, and not both.
    """
    function = tripled(ag, **rules)
    with ag.refuses("function-rules"):
        ag.func.vmap(function.apply)(ag.tensor(ag.random(3)))


@clause("func-039a", VALUE, sources=[EXTENDING])
def a_rule_is_made_of_the_others(ag: Autograd) -> None:
    """With generate_vmap_rule a custom function is mapped, and so is its derivative."""
    x, weights = ag.random(3), ag.random(3)
    function = tripled(ag, generate_vmap_rule=True)
    found, (slope,) = ag.vjp(ag.func.vmap(function.apply), [x], weights)

    expect(found).is_close(x * x)
    expect(slope).is_close(6.0 * x * weights)


@clause("func-039b", VALUE, sources=[EXTENDING])
def the_rule_of_batches_is_asked(ag: Autograd) -> None:
    """Under vmap a custom function with a static method vmap gives what that gives."""
    x = ag.random(3)
    function = with_rule_of_batches(ag, doubled_in_front)

    expect(ag.func.vmap(function.apply)(ag.tensor(x))).is_close(x * 2.0)


@clause("func-039c", CONVENTION, sources=[EXTENDING])
def the_rule_is_told_of_the_batch(ag: Autograd) -> None:
    """The static method vmap is told how many examples there are and which dimension they are."""
    told = ag.notes()

    def rule(info: Any, in_dims: Any, x: Any) -> Any:
        told.note(info[0])
        told.note(in_dims[0])
        return x, in_dims[0]

    function = with_rule_of_batches(ag, rule)
    ag.func.vmap(function.apply)(ag.tensor(ag.random(4, 3)))
    expect(told).equals([4, 0])
