"""NaN: where it counts as a failure, and where it does not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec import CONVENTION, MAY, SAFETY, VALUE, clause, expect
from gradspec.drawing.expressions import Expression, expressions

if TYPE_CHECKING:
    from gradspec import Autograd, Tensor

DETECT = "torch.autograd.detect_anomaly docstring"


def root_of_zero(ag: Autograd, x: Tensor) -> Any:
    """Give 0 * sqrt(x), whose derivative at 0 is, by the chain rule, 0 times infinity."""
    return ag.sqrt(x) * 0.0


@clause("anom-001", CONVENTION, sources=[DETECT])
def nan_is_a_failure(ag: Autograd) -> None:
    """While anomalies are looked for, a backward pass is refused at a node that returns NaN.

    Remedy: keep the operation away from where its derivative is NaN.
    """
    x = ag.tensor(0.0, requires_grad=True)
    y = root_of_zero(ag, x)

    with ag.set_detect_anomaly(True), ag.refuses("nan-gradient"):
        y.backward()


@clause("anom-204", CONVENTION, sources=["observed"])
def a_pass_that_is_refused_stores_no_nan(ag: Autograd) -> None:
    """If a pass is refused because of NaN, no NaN is stored in the gradient of a leaf."""
    x = ag.tensor(0.0, requires_grad=True)
    y = root_of_zero(ag, x)
    with ag.set_detect_anomaly(True), ag.attempt() as backward:
        y.backward()

    with backward.denied():
        expect(x.grad).is_none_or_zero()


@clause("anom-205", CONVENTION, sources=["observed"])
def a_query_is_refused_too(ag: Autograd) -> None:
    """While anomalies are looked for, grad() is refused at a node that returns NaN.

    Remedy: keep the operation away from where its derivative is NaN.
    """
    x = ag.tensor(0.0, requires_grad=True)
    y = root_of_zero(ag, x)

    with ag.set_detect_anomaly(True), ag.refuses("nan-gradient"):
        ag.grad(y, [x])


@clause("anom-206", CONVENTION, sources=["observed"])
def one_nan_among_many_entries_is_a_failure(ag: Autograd) -> None:
    """While anomalies are looked for, one NaN among the entries that a node returns is enough.

    Remedy: replace the entry that leads to it, before the operation, by where().
    """
    x = ag.tensor([1.0, 0.0, 4.0], requires_grad=True)
    y = root_of_zero(ag, x).sum()

    with ag.set_detect_anomaly(True), ag.refuses("nan-gradient"):
        y.backward()


NOT_CHECKED: dict[str, Any] = {
    "with_check_nan_false": lambda ag: ag.set_detect_anomaly(True, check_nan=False),
    "switched_off": lambda ag: ag.set_detect_anomaly(False),
}
"""Blocks in which NaN is not looked for."""


@clause(
    "anom-002",
    CONVENTION,
    sources=[DETECT],
    over=NOT_CHECKED,
    stands_for={"anom-003": "switched_off"},
)
def nan_is_no_failure_where_it_is_not_looked_for(ag: Autograd, block: Any) -> None:
    """Where detection is {name}, a pass that comes to NaN raises nothing and stores it."""
    x = ag.tensor(0.0, requires_grad=True)
    y = root_of_zero(ag, x)
    with block(ag):
        y.backward()

    expect(x.grad).equals(np.nan)


@clause("anom-009", VALUE, sources=[DETECT])
def nan_of_the_forward_pass_is_no_failure(ag: Autograd) -> None:
    """NaN among the values of the forward pass is no failure, as long as no gradient is NaN."""
    x = ag.tensor(np.nan, requires_grad=True)
    with ag.set_detect_anomaly(True):
        (x * 2.0).backward()

    expect(x.grad).equals(2.0)


@clause("anom-010", VALUE, level=MAY, sources=["observed"])
def infinity_is_no_failure(ag: Autograd) -> None:
    """A gradient that is infinite is no failure: the derivative of sqrt(x) at 0."""
    x = ag.tensor(0.0, requires_grad=True)
    with ag.set_detect_anomaly(True):
        ag.sqrt(x).backward()

    expect(x.grad).equals(np.inf)


@clause("anom-011", CONVENTION, level=MAY, sources=["observed"])
def nan_of_the_caller_is_a_failure_of_the_first_node(ag: Autograd) -> None:
    """NaN that the caller gives as the starting gradient is a failure of the first node that passes
    it on.

    Remedy: start from a gradient without NaN.
    """
    x = ag.tensor(1.0, requires_grad=True)
    y = x * 2.0

    with ag.set_detect_anomaly(True), ag.refuses("nan-gradient"):
        y.backward(ag.tensor(np.nan))


@clause("anom-270", CONVENTION, level=MAY, sources=["observed"], builds_on=("hook-033",))
def nan_that_a_hook_replaces_is_no_failure(ag: Autograd) -> None:
    """NaN that a node returns, and a hook after the node replaces, is no failure."""
    x = ag.tensor(0.0, requires_grad=True)
    root = ag.sqrt(x)
    root.grad_fn.register_hook(lambda _made, _given: (ag.tensor(2.0),))
    with ag.set_detect_anomaly(True):
        (root * 0.0).backward()

    expect(x.grad).equals(2.0)


@clause("anom-271", CONVENTION, level=MAY, sources=["observed"], builds_on=("hook-033",))
def nan_of_a_hook_is_a_failure_of_its_node(ag: Autograd) -> None:
    """NaN that a hook after a node returns is a failure of that node.

    Remedy: let the hook return a number.
    """
    x = ag.tensor(1.0, requires_grad=True)
    root = ag.sqrt(x)
    root.grad_fn.register_hook(lambda _made, _given: (ag.tensor(np.nan),))

    with ag.set_detect_anomaly(True), ag.refuses("nan-gradient"):
        root.backward()


@clause("anom-207", CONVENTION, level=MAY, sources=["observed"])
def nan_that_no_node_passes_on_is_no_failure(ag: Autograd) -> None:
    """NaN that the caller gives to a leaf, at which no node passes it on, is no failure."""
    x = ag.tensor(1.0, requires_grad=True)
    with ag.set_detect_anomaly(True):
        x.backward(ag.tensor(np.nan))

    expect(x.grad).equals(np.nan)


@clause(
    "anom-014",
    VALUE,
    sources=[DETECT],
    given={"case": expressions()},
)
def detection_changes_no_gradient(ag: Autograd, case: Expression) -> None:
    """The gradient of an expression without NaN is the same while anomalies are looked for."""
    leaves = [ag.tensor(p, requires_grad=True) for p in case.leaves]
    with ag.set_detect_anomaly(True):
        case.evaluate(ag, leaves).backward(ag.tensor(case.cotangent))

    for x, expected in zip(leaves, case.gradients(), strict=True):
        expect(x.grad).is_close(expected, scale=case.scale)


@clause("anom-208", SAFETY, sources=["observed"])
def a_refused_pass_leaves_the_engine_usable(ag: Autograd) -> None:
    """After a pass that was refused because of NaN, another graph has its gradient."""
    x = ag.tensor(0.0, requires_grad=True)
    y = root_of_zero(ag, x)
    with ag.set_detect_anomaly(True), ag.attempt():
        y.backward()
    w = ag.tensor(3.0, requires_grad=True)
    (w * w).backward()

    expect(w.grad).equals(6.0)
