"""What the pass computes on large graphs, and on any.

A graph may have more paths than anybody can walk, and more leaves than anybody would name; one
pass serves all the same.  The laws at the end let a generator look for the program on which an
engine and calculus part.
"""

from __future__ import annotations

from typing import Any

from gradspec import SAFETY, VALUE, Autograd, Tensor, clause, expect
from gradspec.drawing.expressions import SCALARS, Expression, expressions


@clause(
    "bwd-049",
    SAFETY,
    sources=["notes/autograd § How autograd encodes the history", "T1 §2.1.2", "T5 § 求导的顺序"],
)
def derivatives_are_evaluated_operation_by_operation(ag: Autograd) -> None:
    """Local derivatives are evaluated as numbers, operation by operation, at the values of the
    forward pass; no expression for the whole function is formed.

    Thirty rounds of y = 2.5 y (1 - y) make a polynomial of degree 2^30, whose derivative nobody
    writes out, and 2^30 paths, which nobody walks.  Yet it is the product of thirty numbers
    2.5 (1 - 2y).  An engine that propagates once per path, as micrograd#64 proposed, does not come
    back; neither did the one that visited nodes again in Paddle#34023.
    """

    def f(y: Tensor) -> Tensor:
        for _ in range(30):
            y = y * 2.5 * (1 - y)
        return y

    value, slope = 0.25, 1.0
    for _ in range(30):
        slope *= 2.5 * (1 - 2 * value)
        value = 2.5 * value * (1 - value)
    result, (gradient,) = ag.vjp(f, [0.25])

    expect(result).is_close(value)
    expect(gradient).is_close(slope, ulps=256)  # thirty factors, each rounded several times


@clause("bwd-044", SAFETY, sources=["T1 §2.1.5.3", "T3 § 答疑"])
def one_pass_serves_all_leaves_at_any_depth(ag: Autograd) -> None:
    """One pass gives the gradients of all leaves, however many there are and however many
    operations lie between them and the result.

    Sixteen leaves go into y = x - y one after the other, each a hundred and one times, so their
    gradients alternate between one and minus one.  All have the same value; tinygrad#9597 took such
    leaves for one.  A walk that calls itself for each operation, as in micrograd#91, leaves the
    stack on the way.
    """

    def f(*leaves: Tensor) -> Tensor:
        y = leaves[0]
        for x in leaves[1:]:
            for _ in range(101):
                y = x - y
        return y

    value, gradients = ag.vjp(f, [1.0] * 16)

    expect(value).equals(0.0)
    for above, gradient in enumerate(reversed(gradients)):
        expect(gradient).equals(float((-1) ** above))


@clause("bwd-214", SAFETY, sources=["observed"])
def the_same_program_gives_the_same_bits(ag: Autograd) -> None:
    """The same program, run twice, gives gradients that are equal to the last bit.

    Each of three leaves has a sum of eighty contributions, which is rounded otherwise in another
    order.  An engine whose order is that of addresses (the children of a node as a set), of threads
    or of the clock cannot be debugged by running a program again.
    """

    def f(weight: Tensor, *leaves: Tensor) -> Tensor:
        y = leaves[0]
        for _ in range(80):
            weight = weight * -0.97
            for x in leaves:
                y = y + x * weight
        return y

    _, first = ag.vjp(f, [1.0] * 4)
    _, second = ag.vjp(f, [1.0] * 4)

    for gradient, again in zip(first, second, strict=True):
        expect(gradient).equals(again)


POLYNOMIALS = expressions(shapes=SCALARS, unary=(), most=6)


@clause(
    "bwd-001c",
    VALUE,
    sources=["torch.Tensor.backward docstring", "the chain rule"],
    given={"case": POLYNOMIALS},
)
def every_polynomial_has_the_gradient_of_calculus(ag: Autograd, case: Expression) -> None:
    """For every program of additions, subtractions, multiplications and negations of scalars the
    pass gives the gradient that calculus gives, however the values are shared.

    Values that are used again are where simple engines go wrong: micrograd#2 and cTensor#5
    propagated once per path instead of once when the derivative was complete; TrenTorch#182
    dropped the later branches of a shared intermediate.
    """
    result, gradients = ag.vjp(lambda *leaves: case.evaluate(ag, leaves), case.leaves)

    expect(result).is_close(case.value(), scale=case.scale)
    for gradient, expected in zip(gradients, case.gradients(1.0), strict=True):
        expect(gradient).is_close(expected, scale=case.scale)


@clause(
    "bwd-001d",
    VALUE,
    sources=["torch.Tensor.backward docstring", "the chain rule"],
    given={"case": expressions(shapes=SCALARS)},
)
def every_composition_has_the_gradient_of_calculus(ag: Autograd, case: Expression) -> None:
    """For every program of scalar arithmetic and smooth functions the pass gives the gradient that
    calculus gives.
    """
    _, gradients = ag.vjp(lambda *leaves: case.evaluate(ag, leaves), case.leaves)

    for gradient, expected in zip(gradients, case.gradients(1.0), strict=True):
        expect(gradient).is_close(expected, scale=case.scale)


@clause(
    "bwd-011",
    SAFETY,
    sources=["notes/autograd § How autograd encodes the history", "T1 §2.1.2", "T5 § 求导的顺序"],
    given={"case": expressions()},
    builds_on=("rec-015a",),
)
def every_value_is_passed_once(ag: Autograd, case: Expression) -> None:
    """For every program a hook on any of its values runs once in a pass, when all that flows into
    the value has arrived: it is given the whole derivative.
    """
    seen = []

    def watched(_number: int, value: Tensor) -> Any:
        log = ag.notes()
        seen.append(log)
        value.register_hook(lambda gradient: log.note(gradient * 1.0))
        return value

    leaves = [ag.tensor(leaf, requires_grad=True) for leaf in case.leaves]
    case.evaluate(ag, leaves, watched).backward(ag.tensor(case.cotangent))

    for number, log in enumerate(seen):
        expect(log.read()).is_close([case.gradient(number)], scale=case.scale)


@clause(
    "bwd-012",
    SAFETY,
    sources=[
        "notes/autograd § How autograd encodes the history",
        "T2 §2.1",
        "T3 § 答疑",
        "T4 §7.1",
        "T5 § 求导的顺序",
    ],
    given={"case": expressions()},
    builds_on=("rec-015a",),
)
def a_pass_goes_from_results_to_operands(ag: Autograd, case: Expression) -> None:
    """For every program the pass comes to a result before it comes to the operands of the result.

    Sorting by depth, or by the age of the node as PyTorch does, gives such an order; a walk that
    goes down as soon as it can does not, where a value has several uses.
    """
    first = len(case.leaves)
    pairs = {(n, o) for n, op in enumerate(case.operations, first) for o in op.operands}
    order = {pair: ag.notes() for pair in sorted(pairs)}

    def watched(number: int, value: Tensor) -> Any:
        logs = [log for pair, log in order.items() if number in pair]

        def came(_gradient: Tensor) -> None:
            for log in logs:
                log.note(number)

        value.register_hook(came)
        return value

    leaves = [ag.tensor(leaf, requires_grad=True) for leaf in case.leaves]
    case.evaluate(ag, leaves, watched).backward(ag.tensor(case.cotangent))

    for (result, operand), log in order.items():
        expect(log).happened_in_order([result, operand])
