"""Tracebacks: a backward pass that fails says where its node was recorded.

The words are each engine's own.  What is demanded of a warning is therefore that it shows what the
engine says of the node elsewhere: the lines under which it was recorded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gradspec import CONVENTION, MAY, clause, expect

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradspec import Autograd, Tensor

    Failing = Callable[[Autograd, Tensor], tuple[Tensor, Tensor]]

DETECT = "torch.autograd.detect_anomaly docstring"

LINE = 'File "'
"""How a traceback of Python begins a line."""


@clause("anom-013", CONVENTION, level=MAY, sources=["observed"])
def a_node_keeps_where_it_was_recorded(ag: Autograd) -> None:
    """A node that is recorded while anomalies are looked for keeps the lines of the program that
    recorded it, and no other node does.
    """
    x = ag.tensor(3.0, requires_grad=True)
    with ag.set_detect_anomaly(True):
        on = x * 2.0
    off = x * 2.0

    expect(on.grad_fn.traceback()).contains(LINE)
    expect(off.grad_fn.traceback()).lacks(LINE)


def returns_nan(ag: Autograd, x: Tensor) -> tuple[Tensor, Tensor]:
    """Compute what has NaN for its gradient; give it, and the tensor whose node makes the NaN."""
    root = ag.sqrt(x)
    return root * 0.0, root


def was_written(ag: Autograd, x: Tensor) -> tuple[Tensor, Tensor]:
    """Write over what a derivative needs; give the result, and the tensor whose node needs it."""
    y = ag.exp(x)
    z = y * 1.0
    y.add_(1.0)
    return z, y


def raises(ag: Autograd, x: Tensor) -> tuple[Tensor, Tensor]:
    """Apply a function whose derivative raises."""

    class Failing(ag.Function):  # type: ignore[name-defined, misc]
        @staticmethod
        def forward(_ctx: Any, x: Tensor) -> Any:
            return x.clone()

        @staticmethod
        def backward(_ctx: Any, _gradient: Tensor) -> Tensor:
            raise ArithmeticError

    y = Failing.apply(x)
    return y * 1.0, y


FAILING: dict[str, Failing] = {
    "returns_NaN": returns_nan,
    "is_the_callers_and_raises": raises,
}
"""What is the matter with a node."""


@clause("anom-004", CONVENTION, sources=[DETECT], over=FAILING)
def a_failure_shows_where_its_node_was_recorded(ag: Autograd, failing: Failing) -> None:
    """If the forward pass ran while anomalies were looked for, a backward pass that fails at a node
    that {name} warns, and the warning shows where the node was recorded.
    """
    x = ag.tensor(0.0, requires_grad=True)
    with ag.set_detect_anomaly(True):
        y, culprit = failing(ag, x)
        recorded = culprit.grad_fn.traceback()
        with ag.warns(shows=recorded), ag.attempt():
            y.backward()

    expect(recorded).contains(LINE)


@clause("anom-005", CONVENTION, sources=[DETECT, "observed"])
def a_failure_shows_nothing_that_was_not_kept(ag: Autograd) -> None:
    """If only the backward pass runs while anomalies are looked for, its failure warns, but the
    warning shows no line of the forward pass.

    Remedy: compute the forward pass while anomalies are looked for, too.
    """
    x = ag.tensor(0.0, requires_grad=True)
    y, _ = returns_nan(ag, x)

    with ag.set_detect_anomaly(True), ag.warns(lacks=LINE), ag.refuses("nan-gradient"):
        y.backward()


@clause("anom-209", CONVENTION, sources=["observed"])
def a_failure_warns_of_nothing_without_detection(ag: Autograd) -> None:
    """A failure of a backward pass for which anomalies are not looked for warns of nothing.

    Remedy: run the pass while they are looked for.
    """
    x = ag.tensor(0.0, requires_grad=True)
    with ag.set_detect_anomaly(True):
        y, _ = raises(ag, x)

    with ag.silent(), ag.refuses("callback"):
        y.backward()


@clause("anom-012", CONVENTION, sources=["observed", "the in-place error message"])
def a_stale_value_shows_which_node_needs_it(ag: Autograd) -> None:
    """If a pass is refused because a saved value was written, the warning shows where the node that
    needs it was recorded.

    Remedy: write to a clone() of what that operation gave.
    """
    x = ag.tensor(1.0, requires_grad=True)
    with ag.set_detect_anomaly(True):
        y = ag.exp(x)
        recorded = y.grad_fn.traceback()
        z = y * 1.0
        y.add_(1.0)
        with ag.warns(shows=recorded), ag.refuses("stale-saved-tensor"):
            z.backward()

    expect(recorded).contains(LINE)


@clause("anom-210", CONVENTION, sources=["observed"])
def a_failure_of_a_second_derivative_shows_what_led_to_it(ag: Autograd) -> None:
    """If a pass fails at a node that an earlier pass recorded, the warning also shows where the
    node was recorded that the earlier pass was at.

    The derivative of x^1.5 is 1.5 * x^0.5, whose derivative at 0 is infinite; times 0 it is NaN.
    Remedy: keep away from where the second derivative is infinite.
    """
    x = ag.tensor(0.0, requires_grad=True)
    with ag.set_detect_anomaly(True):
        y = x**1.5
        recorded = y.grad_fn.traceback()
        (first,) = ag.grad(y, [x], create_graph=True)
        z = first * 0.0
        with ag.warns(shows=recorded), ag.refuses("nan-gradient"):
            z.backward()

    expect(recorded).contains(LINE)
