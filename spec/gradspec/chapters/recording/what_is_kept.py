"""What the record keeps, and for how long.

A derivative needs values from the forward computation: that of x·w with respect to x is w.  The
record takes hold of them when the operation is performed, so what the program does afterwards with
its names is of no concern to it.  The names are the program's, the values are the record's.  The
result holds the record, the record holds the values, and together they go when the result goes;
where nothing is recorded, nothing is held at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gradspec import SAFETY, SHOULD, VALUE, Autograd, Tensor, clause, expect

if TYPE_CHECKING:
    from collections.abc import Callable


@clause(
    "rec-024", VALUE, sources=["notes/autograd § Saved tensors", "T1 §2.1.2", "T5 § 求导的顺序"]
)
def the_derivative_uses_the_values_of_the_forward_pass(ag: Autograd) -> None:
    """The derivative uses the values that were there when the operation was performed.

    Here w names 2, 3, 4, 5 and 100 in turn, and the product saw the first three.  A record that
    remembers names, or a closure that looks up its variable when it is called, uses the last.
    """
    x = ag.tensor(3.0, requires_grad=True)
    w = ag.tensor(2.0)
    y = x
    for _ in range(3):
        y = y * w
        w = w + 1.0
    w = ag.tensor(100.0)
    y.backward()

    expect(x.grad).equals(24.0)


@clause("rec-019", VALUE, sources=["T1 §2.1.6"])
def a_name_given_to_a_new_result_leaves_the_old_tensor_alone(ag: Autograd) -> None:
    """To bind a name to a result computed from it, as in x = x * x, alters no earlier tensor.

    The product keeps the old x, whose value is the derivative for y.
    """
    leaf = ag.tensor(3.0, requires_grad=True)
    y = ag.tensor(5.0, requires_grad=True)
    x = leaf
    z = x * y
    x = x * x
    z.backward()

    expect(x).equals(9.0)
    expect(leaf).equals(3.0)
    expect(leaf.grad).equals(5.0)
    expect(y.grad).equals(3.0)


@clause("rec-018", VALUE, sources=["saved tensors hooks tutorial § Saved tensors"])
def a_result_keeps_its_graph_alive(ag: Autograd) -> None:
    """A result can be differentiated after every name of its intermediates is gone.

    The derivative needs the value of the first of them; of the others only the place in the graph.
    """
    x = ag.tensor(3.0, requires_grad=True)
    doubled = x * 2.0
    square = doubled * doubled
    shifted = square + 1.0
    y = shifted * 3.0
    ag.forget(doubled, square, shifted)
    y.backward()

    expect(x.grad).equals(72.0)


def _product_with_a_constant(ag: Autograd) -> tuple[Tensor, Tensor]:
    factor = ag.tensor(3.0, requires_grad=True) * 2.0
    return factor, factor * ag.tensor(5.0)


def _square_of_a_constant(ag: Autograd) -> tuple[Tensor, Tensor]:
    constant = ag.tensor(2.0)
    return constant, constant * constant * 3.0


@clause(
    "rec-028",
    SAFETY,
    unseen="constants",
    level=SHOULD,
    sources=["notes/autograd § requires_grad"],
    over={"a_factor_of_a_constant": _product_with_a_constant, "a_constant": _square_of_a_constant},
)
def what_no_derivative_needs_is_not_kept(
    ag: Autograd, compute: Callable[[Autograd], tuple[Any, Any]]
) -> None:
    """An operation does not keep {name} alive, whose value its derivative does not need.

    The derivative of a product with a constant needs the constant, and not the other factor;
    pytorch#15115 had both kept.  If no argument requires grad, there is no derivative.
    """
    operand, result = compute(ag)
    watched = ag.watch(operand)
    ag.forget(operand)

    expect(watched).is_gone()
    expect(result).is_present()


@clause("rec-023", SAFETY, sources=["observed (iterative engine)"])
def a_deep_graph_does_not_exhaust_the_stack(ag: Autograd) -> None:
    """A chain of twenty thousand operations can be differentiated, and then let go of.

    Every link adds x once more, so a pass that stops short shows in the value.  micrograd#91 is the
    recursive pass that overflows the stack, pytorch#5534 the recursive release of the graph.
    """
    length = 20_000
    x = ag.tensor(1.0, requires_grad=True)
    y = x
    for _ in range(length):
        y = y + x
    y.backward()
    expect(x.grad).equals(length + 1.0)

    ag.forget(y)
    expect(x * 2.0).equals(2.0)
