"""What is differentiated: outputs, each with a cotangent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec import CONVENTION, MAY, SAFETY, SHOULD, VALUE, Autograd, Tensor, clause, expect

if TYPE_CHECKING:
    from collections.abc import Callable

GRAD: Final = "torch.autograd.grad docstring"
SOURCE: Final = "torch.autograd source (_make_grads)"


@clause("grad-007", VALUE, sources=[GRAD])
def several_outputs_add_up(ag: Autograd) -> None:
    """The answer for several outputs is the sum of what each contributes."""
    x = ag.tensor(3.0, requires_grad=True)
    (answer,) = ag.grad([x * 2.0, x * x], [x])

    expect(answer).equals(8.0)


@clause("grad-008", VALUE, sources=[GRAD], builds_on=("grad-007",))
def each_output_has_its_cotangent(ag: Autograd) -> None:
    """Each of several outputs is weighed by the cotangent that stands in its place."""
    a, v = np.array([[2.0, 5.0], [-3.0, 7.0]]), ag.random(2, 2)
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    outputs = [ag.tensor(row) * x for row in a]
    (answer,) = ag.grad(outputs, [x], [ag.tensor(one) for one in v])

    expect(answer).is_close((a * v).sum(axis=0))


@clause("grad-008a", CONVENTION, sources=[GRAD], builds_on=("grad-007",))
def none_in_the_place_of_a_cotangent_is_one(ag: Autograd) -> None:
    """In the place of a scalar output's cotangent None stands for one, beside cotangents that are
    given.
    """
    x = ag.tensor(3.0, requires_grad=True)
    (answer,) = ag.grad([x * 2.0, x * x], [x], [ag.tensor(-0.5), None])

    expect(answer).equals(5.0)


@clause(
    "grad-204",
    SAFETY,
    sources=[GRAD, SOURCE],
    over={
        "none_for_an_output_of_two_entries": (lambda _ag, _v: [None, None], 2.0 + 3.0),
        "one_for_two_outputs": (lambda _ag, v: [v], 2.0 * 0.5 + 3.0),
        "a_number": (lambda _ag, v: [v, 4.0], 2.0 * 0.5 + 3.0 * 4.0),
    },
)
def every_output_counts(ag: Autograd, row: tuple[Callable[[Autograd, Tensor], Any], float]) -> None:
    """Given {name} for cotangents of two outputs, a query is refused and leaves the graph whole, or
    either counts as it should.
    """
    form, expected = row
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    v = ag.tensor([0.5, 0.5])
    outputs = [x * 2.0, x * 3.0]
    with ag.attempt() as asking:
        (answer,) = ag.grad(outputs, [x], form(ag, v))
        expect(answer).equals([expected, expected])

    with asking.denied():
        (answer,) = ag.grad(outputs, [x], [v, v])
        expect(answer).equals([2.5, 2.5])


@clause(
    "grad-009",
    CONVENTION,
    sources=[GRAD, SOURCE],
    over={
        "nothing": (lambda _: None, "nonscalar-root"),
        "none": (lambda _: [None], "nonscalar-root"),
        "another_shape": (lambda ag: [ag.tensor([1.0, 2.0, 3.0])], "cotangent-shape"),
        "a_number_for_a_vector": (lambda ag: [ag.tensor(1.0)], "cotangent-shape"),
        "too_few": (lambda _: [], "cotangent-count"),
        "a_number": (lambda _: [1.0], "cotangent-type"),
    },
    stands_for={
        "grad-010": "another_shape a_number_for_a_vector",
        "grad-011": "too_few",
        "grad-035": "a_number",
    },
)
def a_cotangent_fits_its_output(ag: Autograd, row: tuple[Callable[[Autograd], Any], str]) -> None:
    """A query is refused that has {name} for the cotangent of an output of two entries.

    Remedy: give a list with one tensor for each output, of the output's shape; or sum the output.
    """
    form, kind = row
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    y = x * 3.0
    with ag.refuses(kind):
        ag.grad([y], [x], form(ag))


@clause("grad-040", CONVENTION, level=MAY, sources=["observed"], builds_on=("grad-009",))
def every_cotangent_fits_its_output(ag: Autograd) -> None:
    """A query is refused if the second of two cotangents does not have the shape of its output.

    torch 2.13 gives another reason: it fails while it looks for the place of the tensor, to name it
    in the message.

    Remedy: give each output a cotangent of its shape.
    """
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    outputs = [x * 3.0, x * 2.0]
    fitting, longer = ag.tensor([1.0, 1.0]), ag.tensor([1.0, 2.0, 3.0])
    with ag.refuses("cotangent-shape"):
        ag.grad(outputs, [x], [fitting, longer])


def _alone(ag: Autograd, constant: Tensor, x: Tensor) -> Any:
    return ag.grad(constant, [x])


def _with_a_cotangent(ag: Autograd, constant: Tensor, x: Tensor) -> Any:
    return ag.grad(constant, [x], ag.tensor(0.5))


def _among_others(ag: Autograd, constant: Tensor, x: Tensor) -> Any:
    return ag.grad([x * 2.0, constant], [x], [None, None])


@clause(
    "grad-020",
    CONVENTION,
    level=MAY,
    unseen="constants",
    sources=["observed"],
    over={"alone": _alone, "with_a_cotangent": _with_a_cotangent, "beside_another": _among_others},
)
def an_output_requires_grad(ag: Autograd, ask: Callable[..., Any]) -> None:
    """A query is refused for an output that does not require grad, {name}.

    The documentation says that None would do for the cotangent of such an output.

    Remedy: leave the output out.
    """
    x = ag.tensor(2.0, requires_grad=True)
    constant = ag.tensor(1.0)
    with ag.refuses("root-without-grad"):
        ask(ag, constant, x)


@clause("grad-028", CONVENTION, level=SHOULD, sources=[GRAD])
def only_inputs_is_overlooked(ag: Autograd) -> None:
    """The option only_inputs is overlooked with a warning: given as False, a query accumulates
    nothing all the same.
    """
    x = ag.tensor(2.0, requires_grad=True)
    w = ag.tensor(3.0, requires_grad=True)
    y = x * w
    with ag.warns():
        ag.grad(y, [x], only_inputs=False)

    expect(w.grad).is_none_or_zero()
