"""Where there is no derivative: what an engine says all the same.

At a kink, at a tie and at the end of a domain mathematics leaves a choice, and an engine must make
one.  torch goes down a list.  Where there is a derivative, that is it.  Where the function is
convex, the subgradient of least size; where it is concave, the supergradient of least size.  Where
the slopes tend to something, the limit, and infinity counts.  Else it is whatever its formula
gives.  The choice is made operator by operator: two ways to write one function may differ.

What is no function of its operand at all, because it was drawn at random, or because it is a
decision, has nothing to pass back.  The rest of the graph is not concerned.  What each operator of
the catalogue does at its kinks, ties and ends stands in the chapter about operators.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec import CONVENTION, MAY, VALUE, clause, expect

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradspec import Autograd, Tensor

    Written = tuple[Callable[[Autograd, Tensor], Any], Any]
    OfX = Callable[[Autograd, Tensor], Any]

RULES: Final = "notes/autograd § Gradients for non-differentiable functions"

IN_ORDER: Final[dict[str, tuple[OfX, Any, Any]]] = {
    "the_derivative": (lambda ag, x: ag.sin(x), 0.0, 1.0),
    "the_least_subgradient": (lambda ag, x: ag.abs(x), 0.0, 0.0),
    "the_least_subgradient_of_several": (
        *(lambda ag, x: ag.amax(x), [2.0, 1.0, 2.0, 2.0]),
        np.array([1.0, 0.0, 1.0, 1.0]) / 3,
    ),
    "the_least_supergradient_of_several": (
        *(lambda ag, x: ag.amin(x), [1.0, 2.0, 1.0]),
        [0.5, 0.0, 0.5],
    ),
    "the_limit": (lambda ag, x: ag.sqrt(x), 0.0, np.inf),
}
"""What is given, the first that there is -> a function, a point, and the gradient there."""


@clause("nd-001", CONVENTION, sources=[RULES, "T2 exercises"], over=IN_ORDER)
def a_gradient_is_chosen_by_rules_in_order(ag: Autograd, row: tuple[OfX, Any, Any]) -> None:
    """The gradient is the first that there is of derivative, subgradient or supergradient of least
    size, and limit of the slopes: here {name}.
    """
    function, point, gradient = row
    _, (found,) = ag.vjp(lambda x: function(ag, x), [point])

    expect(found).is_close(gradient)


def _in_place(ag: Autograd, x: Tensor) -> Any:
    del ag
    h = x * 1.0
    h.relu_()
    return h


@clause(
    "nd-002",
    CONVENTION,
    sources=[RULES, "T2 exercises"],
    over={"as_a_function": lambda ag, x: ag.relu(x), "in_place": _in_place},
)
def relu_has_the_gradient_zero_at_zero(ag: Autograd, relu: OfX) -> None:
    """The gradient of relu at zero, called {name}, is zero, and not one half.

    Of all slopes from 0 to 1 it is the least.  One half is what a difference of both sides sees.
    """
    x = ag.tensor([0.0, 2.0], requires_grad=True)
    relu(ag, x).backward(ag.tensor([3.0, 5.0]))

    expect(x.grad).equals([0.0, 5.0])


POSITIVE_PARTS: Final[dict[str, Written]] = {
    "maximum_with_zero": (lambda ag, x: ag.maximum(x, ag.tensor(0.0)), 0.5),
    "clamp_at_zero": (lambda ag, x: ag.clamp(x, min=0.0), 1.0),
    "where_it_is_positive": (lambda ag, x: ag.where(x > 0.0, x, ag.tensor(0.0)), 0.0),
    "where_it_is_not_negative": (lambda ag, x: ag.where(x >= 0.0, x, ag.tensor(0.0)), 1.0),
    "product_with_the_test": (lambda _, x: x * (x > 0.0), 0.0),
    "half_of_it_and_its_size": (lambda ag, x: (x + ag.abs(x)) * 0.5, 0.5),
}
"""How max(x, 0) is written -> as what, and the gradient at zero."""


@clause("nd-201", CONVENTION, sources=[RULES, "observed"], over=POSITIVE_PARTS)
def the_choice_is_made_operator_by_operator(ag: Autograd, row: Written) -> None:
    """The gradient of max(x, 0) at zero is that of the operators that it is written with: {name}.

    relu, which is one operator, has the least slope.
    """
    written, slope = row
    _, (found,) = ag.vjp(lambda x: written(ag, x), [0.0], 4.0)

    expect(found).equals(4.0 * slope)


DRAWN: Final[dict[str, OfX]] = {
    "bernoulli": lambda ag, x: ag.bernoulli(x),
    "poisson": lambda ag, x: ag.poisson(x),
    "normal_by_its_mean": lambda ag, x: ag.normal(x, ag.tensor([1.0, 1.0])),
    "normal_by_its_deviation": lambda ag, x: ag.normal(ag.tensor([1.0, 1.0]), x),
    "multinomial": lambda ag, x: ag.multinomial(x, 2),
    "rand_like": lambda ag, x: ag.rand_like(x),
}
"""What is drawn with the probabilities, the moments or the shape of a tensor."""


@clause("nd-003", CONVENTION, sources=[RULES], over=DRAWN)
def what_is_drawn_at_random_is_a_constant(ag: Autograd, draw: OfX) -> None:
    """What {name} draws passes nothing back to what it was drawn with.

    Drawn anew it would be another number: there is no function to differentiate.
    """
    weights = ag.random(2)
    _, (found,) = ag.vjp(lambda x: x * 3.0 + draw(ag, x), [[0.5, 0.25]], weights)

    expect(found).is_close(3.0 * weights)


@clause(
    "nd-004",
    CONVENTION,
    level=MAY,
    sources=[RULES, "observed"],
    over={n: draw for n, draw in DRAWN.items() if n not in ("multinomial", "rand_like")},
)
def what_is_drawn_requires_grad_all_the_same(ag: Autograd, draw: OfX) -> None:
    """What {name} draws requires grad if that does what it is drawn with, and a pass leaves zeros.

    The documents say that a pass is refused there.
    """
    x = ag.tensor([0.5, 0.25], requires_grad=True)
    y = draw(ag, x)

    expect(y.requires_grad).is_true()
    y.backward(ag.tensor([3.0, 5.0]))
    expect(x.grad).equals([0.0, 0.0])


@clause(
    "nd-006",
    CONVENTION,
    level=MAY,
    sources=["observed"],
    over={
        "floor_divide": lambda ag, x: ag.floor_divide(x, ag.tensor(0.75)),
        "unique": lambda ag, x: ag.unique(x),
        "bincount": lambda ag, x: ag.bincount(ag.tensor([0, 1]), x),
    },
)
def what_has_no_derivative_is_refused_late(ag: Autograd, apply: OfX) -> None:
    """What {name} gives requires grad, and a pass that comes there is refused.

    Remedy: detach() what is given to it.
    """
    y = apply(ag, ag.tensor([2.0, 1.0], requires_grad=True))

    expect(y.requires_grad).is_true()
    with ag.refuses("no-derivative"):
        y.backward(ag.tensor([3.0, 5.0]))


@clause(
    "nd-007",
    CONVENTION,
    sources=[RULES],
    over={
        "round": lambda ag, x: ag.round(x),
        "floor": lambda ag, x: ag.floor(x),
        "ceil": lambda ag, x: ag.ceil(x),
        "trunc": lambda ag, x: ag.trunc(x),
        "sign": lambda ag, x: ag.sign(x),
    },
)
def a_step_function_passes_zeros_on(ag: Autograd, step: OfX) -> None:
    """A pass through {name} leaves zeros in the grad of what it was applied to, and not None."""
    x = ag.tensor([0.75, -1.25], requires_grad=True)
    step(ag, x).backward(ag.tensor([3.0, 5.0]))

    expect(x.grad).equals([0.0, 0.0])


@clause(
    "nd-008",
    VALUE,
    sources=[RULES],
    over={
        "a_place": lambda _, x: x.argmax(),
        "an_order": lambda _, x: x.argsort(),
        "a_comparison": lambda _, x: x > 1.0,
        "a_conversion_to_whole_numbers": lambda _, x: x.long(),
    },
)
def a_decision_passes_nothing_back(ag: Autograd, decide: OfX) -> None:
    """Nothing passes back through {name} to what decided it; what goes beside it does."""
    weights = ag.random(2)
    _, (found,) = ag.vjp(lambda x: x * 3.0 + decide(ag, x), [[1.0, 3.0]], weights)

    expect(found).is_close(3.0 * weights)
