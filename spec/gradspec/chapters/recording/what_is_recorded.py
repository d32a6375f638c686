"""What is recorded, and what is not.

Whether an operation is recorded is decided when it is performed.  Unless recording is switched off
as a whole, its arguments decide: one that requires grad is enough, and then the result requires
grad too.  In this way the wish spreads from the leaves to everything computed from them, and to
nothing else.  Numbers, data and masks stay constants, and so do results that have no derivative
because they are not continuous quantities: an index, a comparison.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gradspec import CONVENTION, VALUE, Autograd, Tensor, clause, expect

if TYPE_CHECKING:
    from collections.abc import Callable

    Operation = Callable[[Any, Any], Any]
    Sloped = tuple[Operation, float]

REQUIRES_GRAD: Final = "notes/autograd § requires_grad"


@clause("rec-004", VALUE, sources=["T1 §2.1.1"])
def recording_does_not_change_what_is_computed(ag: Autograd) -> None:
    """A function has the same value whether or not its argument requires grad.

    Neither the recording nor the backward pass afterwards may touch a value.  An engine that
    reuses the memory of a value for its gradient passes until somebody looks.
    """

    def f(x: Tensor) -> Any:
        return x * x * x - 2.0 / x

    x = ag.tensor(4.0, requires_grad=True)
    recorded = f(x)
    recorded.backward()

    expect(f(ag.tensor(4.0))).equals(63.5)
    expect(recorded).equals(63.5)
    expect(x).equals(4.0)


ONE_OF_THEM: Final[dict[str, Sloped]] = {
    "alone": (lambda x, _: -x, -1.0),
    "with_a_number": (lambda x, _: x * 5.0, 5.0),
    "with_itself": (lambda x, _: x * x, 6.0),
    "before_a_constant": (lambda x, c: x * c, 2.0),
    "after_a_constant": (lambda x, c: c * x, 2.0),
    "with_a_computed_constant": (lambda x, c: c * c + x, 1.0),
}
"""How x enters an operation -> the operation on x = 3 and c = 2, and its slope in x."""


@clause("rec-201", VALUE, sources=[REQUIRES_GRAD, "T4 §7.2"], over=ONE_OF_THEM)
def one_argument_that_requires_grad_has_its_gradient(ag: Autograd, row: Sloped) -> None:
    """A variable that enters an operation {name} has the gradient of the operation."""
    operation, slope = row
    _, (gradient,) = ag.vjp(lambda x: operation(x, ag.tensor(2.0)), [3.0])

    expect(gradient).equals(slope)


@clause(
    "rec-001",
    CONVENTION,
    sources=[REQUIRES_GRAD, "T1 §2.1.1", "T4 §7.2", "leaf/non-leaf tutorial § requires_grad"],
    over=ONE_OF_THEM,
)
def one_argument_that_requires_grad_is_enough(ag: Autograd, row: Sloped) -> None:
    """The result of an operation that a variable enters {name} requires grad."""
    operation, _ = row
    x = ag.tensor(3.0, requires_grad=True)

    expect(operation(x, ag.tensor(2.0)).requires_grad).is_true()


@clause("rec-202", VALUE, sources=[REQUIRES_GRAD], builds_on=("rec-201",))
def what_is_computed_while_grad_mode_is_off_is_a_constant(ag: Autograd) -> None:
    """What is computed while grad mode is off is a constant for the operations that use it.

    With off = x², the derivative of off * x is off = 9; through the history it would be 3x² = 27.
    """
    x = ag.tensor(3.0, requires_grad=True)
    with ag.no_grad():
        off = x * x

    (off * x).backward()

    expect(x.grad).equals(9.0)


@clause("rec-001a", CONVENTION, sources=[REQUIRES_GRAD], builds_on=("rec-001",))
def nothing_is_recorded_while_grad_mode_is_off(ag: Autograd) -> None:
    """What is computed while grad mode is off does not require grad, whatever its arguments.

    A view, which computes nothing, reports the flag of its base all the same, as in leaf-052.
    """
    x = ag.tensor(3.0, requires_grad=True)
    with ag.no_grad():
        off = x * x
    on = x * x

    expect(off.requires_grad).is_false()
    expect(on.requires_grad).is_true()


@clause(
    "rec-002",
    CONVENTION,
    unseen="constants",
    sources=[REQUIRES_GRAD],
    over={
        "one_constant": lambda c, _: -c,
        "a_constant_and_a_number": lambda c, _: c * 2.0,
        "two_constants": lambda c, d: c * d,
        "a_computed_constant": lambda c, d: c * d - c,
    },
)
def constants_make_constants(ag: Autograd, operation: Operation) -> None:
    """The result of an operation on {name} does not require grad."""
    result = operation(ag.tensor(3.0), ag.tensor(2.0))

    expect(result.requires_grad).is_false()


@clause("rec-002a", CONVENTION, unseen="constants", sources=[REQUIRES_GRAD])
def an_operation_on_constants_leaves_no_node(ag: Autograd) -> None:
    """A result none of whose tensor arguments requires grad has no grad_fn."""
    c = ag.tensor(3.0)

    expect((c * c).grad_fn).has_structure(None)


@clause("rec-016", CONVENTION, unseen="constants", sources=[REQUIRES_GRAD], builds_on=("leaf-017",))
def no_gradient_is_delivered_to_a_constant(ag: Autograd) -> None:
    """A tensor that does not require grad takes part in an operation and gets no gradient."""
    x = ag.tensor(2.0, requires_grad=True)
    c = ag.tensor(3.0)
    (c * x + 5.0 * x - 1.0).backward()

    expect(c.grad).is_none_or_zero()
