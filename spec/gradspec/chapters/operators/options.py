"""Options that change how an operator answers, and not what it computes.

In which type it computes, whether it writes into its operand, what it notes of what it saw; and
options that have an older name beside the one that is used now.  What changes the numbers is a call
of the catalogue, and is asked where all calls are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec import CONVENTION, VALUE, clause, expect
from gradspec.catalogue.facets.asking import Asked, calls_of
from gradspec.catalogue.operators import OPERATORS
from gradspec.catalogue.slopes import pulled_back
from gradspec.chapters.operators.calling import agrees_with_formula, cotangent, perform

if TYPE_CHECKING:
    from gradspec import Autograd
    from gradspec.catalogue.operator import Call, Given

SINGLE, DOUBLE = "float32", "float64"


def having(option: str) -> dict[str, Call]:
    """Give of each operator that takes an option since a while a call that changes its operand."""
    rows = (o for o in OPERATORS.values() if option in o.apart.split() and not o.inplace)
    return {o.name: next(filter(changes, calls_of(o))) for o in rows}


def changes(call: Call) -> bool:
    """Say whether a call gives something else than it is given."""
    sample = call.sample()
    return not np.array_equal(sample["x"], call.value(sample))


def with_options(call: Call, given: Given) -> Asked:
    """Give a call with further options."""
    return Asked(call, {**call.sample(), **given})


REDUCTIONS: Final = (
    ({"size_average": True}, {"reduction": "mean"}),
    ({"size_average": False, "reduce": True}, {"reduction": "sum"}),
    ({"reduce": False}, {"reduction": "none"}),
)
CORRECTIONS: Final = (
    ({"unbiased": True}, {"correction": 1}),
    ({"unbiased": False}, {"correction": 0}),
)
IN_A_TYPE: Final = having("dtype")
IN_PLACE: Final = having("inplace")
NOTING: Final = having("momentum")
RENAMED: Final = {
    name: (call, pairs)
    for option, pairs in (("reduce", REDUCTIONS), ("unbiased", CORRECTIONS))
    for name, call in having(option).items()
}
"""A call, and for older options what they are called now."""

TABLE: Final = np.array([[3.0, 4.0], [5.0, -6.0], [0.0, 0.5]])
NAMED: Final = np.array([2, 0, 2])
ALL: Final = np.ones((3, 1))
EMBEDDED: Final[dict[str, tuple[Given, Any, Any]]] = {
    "max_norm": ({"max_norm": 1.0}, TABLE / [[5.0], [1.0], [1.0]], ALL),
    "norm_type": ({"max_norm": 3.5, "norm_type": 1.0}, TABLE / [[2.0], [1.0], [1.0]], ALL),
    "scale_grad_by_freq": ({"scale_grad_by_freq": True}, TABLE, ALL / [[1.0], [1.0], [2.0]]),
}
"""Options, the table as it is then looked up, and how much of its gradient each row receives."""


@clause(
    "op-290", VALUE, sources=["torch.mean docstring", "torch.cumprod docstring"], over=IN_A_TYPE
)
def what_is_computed_in_a_type_is_right_in_it(ag: Autograd, call: Call) -> None:
    """Asked for float64, {name} of an operand of float32 is right to the digits of float64, and the
    gradient is of float32.
    """
    sample = call.sample()
    value = call.value(sample)
    weights = cotangent(ag, value)
    expected = pulled_back(call, sample, weights)
    x = ag.tensor(sample["x"], dtype=SINGLE, requires_grad=True)
    result = perform(ag, call, {**sample, "x": x, "dtype": DOUBLE})
    result.backward(ag.tensor(weights, dtype=DOUBLE))

    expect(result).has_dtype(DOUBLE)
    expect(result).is_close(value)
    expect(x.grad).has_dtype(SINGLE)
    expect(x.grad).is_close(expected.gradients[0], scale=expected.scale)


@clause("op-291", CONVENTION, sources=["torch docstrings"], over=RENAMED)
def an_older_name_of_an_option_means_the_same(ag: Autograd, row: Any) -> None:
    """Of {name} an older option means the same as a newer one: size_average and reduce say how it
    is reduced, unbiased how it is corrected.
    """
    call, pairs = row
    for older, newer in pairs:
        agrees_with_formula(ag, with_options(call, older), meaning=with_options(call, newer))


@clause("op-292", VALUE, sources=["torch.nn.functional docstrings"], over=IN_PLACE)
def what_is_asked_to_write_in_place_does(ag: Autograd, call: Call) -> None:
    """Asked to write in place, {name} leaves its result in its operand, and the derivative is that
    of the formula.
    """
    sample = call.sample()
    value = call.value(sample)
    weights = cotangent(ag, value)
    expected = pulled_back(call, sample, weights)
    leaf = ag.tensor(sample["x"], requires_grad=True)
    x = leaf * 1.0
    perform(ag, call, {**sample, "x": x, "inplace": True})
    x.backward(ag.tensor(weights))

    expect(x).is_close(value)
    expect(leaf.grad).is_close(expected.gradients[0], scale=expected.scale)


@clause(
    "op-293", VALUE, unseen="constants", sources=["torch.nn.BatchNorm1d docstring"], over=NOTING
)
def what_is_known_of_the_past_moves_by_the_momentum(ag: Autograd, call: Call) -> None:
    """What {name} is given as mean and variance of the past moves by the momentum towards those
    that it sees.
    """
    x = ag.random(4, 3, 5)
    of_all = call.operator.name == "batch_norm"
    seen = np.moveaxis(x, 1, 0).reshape(1, 3, -1) if of_all else x
    mean, variance = (ag.tensor(np.zeros(3)), ag.tensor(np.ones(3)))
    given = {"x": ag.tensor(x), "running_mean": mean, "running_var": variance, "momentum": 0.25}
    perform(ag, call, given | ({"training": True} if of_all else {}))

    expect(mean).is_close(0.25 * seen.mean((0, 2)))
    expect(variance).is_close(0.75 + 0.25 * seen.var(2, ddof=1).mean(0))


@clause("op-294", CONVENTION, sources=["torch.nn.functional.embedding docstring"], over=EMBEDDED)
def what_an_embedding_does_beside_looking_up(ag: Autograd, row: Any) -> None:
    """Given {name}, an embedding cuts the rows that are named to the norm, and looks them up then,
    or it divides what a row receives by how often it is named.

    The norm is met to six digits: torch adds a small number to what it divides by.
    """
    options, table, share = row
    weight = ag.tensor(TABLE, requires_grad=True)
    rows = ag.embedding(ag.tensor(NAMED), weight, **options)
    weights = cotangent(ag, table)
    rows.backward(ag.tensor(weights))

    off = 1e-6 * np.abs(table[NAMED])
    expect(rows).lies_between(table[NAMED] - off, table[NAMED] + off)
    received = np.zeros((3, 2))
    np.add.at(received, NAMED, weights)
    expect(weight.grad).is_close(received * share)
