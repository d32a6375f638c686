"""What a query answers, and what it leaves alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gradspec import CONVENTION, SAFETY, VALUE, Autograd, Tensor, clause, expect
from gradspec.drawing.expressions import (
    Expression,
    expressions,
    expressions_with_some_values,
)

if TYPE_CHECKING:
    from collections.abc import Callable

GRAD: Final = "torch.autograd.grad docstring"
BACKWARD: Final = "torch.autograd.backward docstring"


@clause(
    "grad-001",
    SAFETY,
    sources=[GRAD, "T1 §2.1.4"],
    over={"asked_for": (0, 3.0), "beside_it": (1, 7.0)},
    stands_for={"grad-025": "beside_it"},
)
def a_query_stores_nothing(ag: Autograd, row: tuple[int, float]) -> None:
    """A query leaves the gradient that a leaf {name} has from earlier passes as it was.

    A query inside a training step, for a penalty on a gradient say, would else be added to the
    step.
    """
    place, gradient = row
    x = ag.tensor(2.0, requires_grad=True)
    w = ag.tensor(5.0, requires_grad=True)
    y = x * w
    (x * 3.0 + w * 7.0).backward()
    ag.grad(y, [x])

    expect((x, w)[place].grad).equals(gradient)


@clause(
    "grad-037",
    VALUE,
    sources=[GRAD, BACKWARD],
    given={"case": expressions()},
    builds_on=("vjp-202",),
)
def a_query_agrees_with_a_pass(ag: Autograd, case: Expression) -> None:
    """For every program and cotangent, a query for the leaves answers what a backward pass adds to
    them.
    """
    leaves = [ag.tensor(leaf, requires_grad=True) for leaf in case.leaves]
    result, cotangent = case.evaluate(ag, leaves), ag.tensor(case.cotangent)
    answers = ag.grad(result, leaves, cotangent, retain_graph=True)
    result.backward(cotangent)

    for answer, leaf in zip(answers, leaves, strict=True):
        expect(answer).is_close(leaf.grad, scale=case.scale)


@clause(
    "grad-201",
    VALUE,
    sources=[GRAD, "the chain rule"],
    given={"drawn": expressions_with_some_values()},
    builds_on=("vjp-202",),
)
def any_value_can_be_asked_about(ag: Autograd, drawn: tuple[Expression, tuple[int, ...]]) -> None:
    """For every program, a query for any of its values, intermediates and the result among them,
    answers the whole derivative by each.
    """
    case, numbers = drawn
    values = case.values(ag, [ag.tensor(leaf, requires_grad=True) for leaf in case.leaves])
    inputs = [values[number] for number in numbers]
    answers = ag.grad(values[-1], inputs, ag.tensor(case.cotangent))

    for answer, number in zip(answers, numbers, strict=True):
        expect(answer).is_close(case.gradient(number), scale=case.scale)


@clause(
    "grad-002",
    CONVENTION,
    sources=[GRAD],
    over={"a_tensor": lambda x: x, "a_list": lambda x: [x], "a_tuple": lambda x: (x,)},
)
def the_answer_is_a_sequence(ag: Autograd, form: Callable[[Tensor], Any]) -> None:
    """The answer to a query for one input, given as {name}, is a tuple with one gradient.

    A forgotten comma is the commonest mistake with it: g, = grad(y, x).
    """
    x = ag.tensor([2.0, 5.0, 7.0], requires_grad=True)
    answer = ag.grad((x * 3.0).sum(), form(x))

    expect(answer).is_close([[3.0, 3.0, 3.0]])


@clause("grad-004", CONVENTION, sources=[GRAD])
def a_dict_is_answered_by_a_dict(ag: Autograd) -> None:
    """The answer to a query for a dict of inputs is a dict with the same keys."""
    x = ag.tensor(2.0, requires_grad=True)
    w = ag.tensor(3.0, requires_grad=True)

    expect(ag.grad(x * w, {"x": x, "w": w})).equals({"x": 3.0, "w": 2.0})


@clause("grad-003", VALUE, sources=[GRAD])
def an_answer_has_the_shape_of_its_input(ag: Autograd) -> None:
    """The answer for an input that an operation broadcast has the shape of the input."""
    x = ag.tensor([[1.0], [2.0]], requires_grad=True)
    b = ag.tensor([5.0, 7.0, 11.0], requires_grad=True)
    by_x, by_b = ag.grad((x * b).sum(), [x, b])

    expect(by_x).equals([[23.0], [23.0]])
    expect(by_b).equals([3.0, 3.0, 3.0])


@clause("grad-003a", CONVENTION, sources=[GRAD])
def an_answer_has_the_data_type_of_its_input(ag: Autograd) -> None:
    """The answer has the data type of its input, even if the computation went on in another."""
    x = ag.tensor([1.0, 2.0], dtype="float32", requires_grad=True)
    w = ag.tensor([5.0, 7.0], dtype="float64")
    (answer,) = ag.grad((x * w).sum(), [x])

    expect(answer).has_dtype("float32")


@clause("grad-018", VALUE, sources=[GRAD])
def a_derivative_of_zero_is_answered_by_zero(ag: Autograd) -> None:
    """The answer for an input on which the output depends, though with the slope zero, is a zero,
    and not None.
    """
    x = ag.tensor(2.0, requires_grad=True)
    (answer,) = ag.grad(x * 0.0, [x])

    expect(answer).equals(0.0)


def _a_further_query(ag: Autograd, y: Tensor, _: Tensor, w: Tensor, v: Tensor) -> Any:
    return ag.grad(y, [w], v)[0]


def _a_pass(_ag: Autograd, y: Tensor, _: Tensor, w: Tensor, v: Tensor) -> Any:
    y.backward(v)
    return w.grad


def _the_factor(_ag: Autograd, _y: Tensor, x: Tensor, _w: Tensor, _v: Tensor) -> Any:
    return x


@clause(
    "grad-036",
    SAFETY,
    sources=["observed"],
    over={
        "what_a_further_query_answers": (_a_further_query, [3.0, 2.0]),
        "what_a_pass_adds": (_a_pass, [3.0, 2.0]),
        "the_value_of_a_leaf": (_the_factor, [3.0, 2.0]),
    },
)
def an_answer_may_be_written_to(ag: Autograd, row: tuple[Callable[..., Any], Any]) -> None:
    """A write to the answer of a query does not change {name}.

    The derivative of a product by one factor is the other; who hands that out as it is, where the
    cotangent is one, hands out the leaf.
    """
    look, expected = row
    x = ag.tensor([3.0, 2.0], requires_grad=True)
    w = ag.tensor([5.0, 7.0], requires_grad=True)
    y, v = x * w, ag.tensor([1.0, 1.0])
    (answer,) = ag.grad(y, [w], v, retain_graph=True)
    answer.mul_(-5.0)

    expect(look(ag, y, x, w, v)).equals(expected)


@clause(
    "grad-026",
    CONVENTION,
    sources=["notes/autograd § Whether a particular hook will be fired"],
)
def hooks_of_an_input_have_their_say(ag: Autograd) -> None:
    """A hook of a tensor that is asked for runs, and what it returns is the answer."""
    x = ag.tensor(2.0, requires_grad=True)
    x.register_hook(lambda gradient: gradient * 10.0)
    (answer,) = ag.grad(x * 3.0, [x])

    expect(answer).equals(30.0)


@clause(
    "grad-027",
    CONVENTION,
    sources=["torch.Tensor.register_post_accumulate_grad_hook docstring"],
)
def nothing_is_accumulated_by_a_query(ag: Autograd) -> None:
    """A query calls no post-accumulate hook, since it accumulates nothing."""
    x = ag.tensor(2.0, requires_grad=True)
    calls = ag.notes()
    x.register_post_accumulate_grad_hook(lambda _leaf: calls.note("called"))
    ag.grad(x * 3.0, [x])

    expect(calls).happened_in_order([])


@clause("grad-213", CONVENTION, sources=["torch.autograd.grad source"])
def a_class_gives_the_answer(ag: Autograd) -> None:
    """Where the class of the output answers grad() itself, its answer is what grad() gives."""
    x = ag.tensor(2.0, requires_grad=True)
    output = (x * 3.0).as_subclass(ag.tensor_class("grad", lambda _: [ag.tensor(5.0)]))

    (given,) = ag.grad(output, [x])

    expect(given).equals(5.0)
