"""What is recorded, and what is not.

Whether an operation is recorded is decided when it is performed.  Unless recording is switched off
as a whole, its arguments decide: one that requires grad is enough, and then the result requires
grad too.  In this way the wish spreads from the leaves to everything computed from them, and to
nothing else.  Numbers, data and masks stay constants, and so do results that have no derivative
because they are not continuous quantities: an index, a comparison.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec import CONVENTION, SAFETY, VALUE, Autograd, Tensor, clause, expect

if TYPE_CHECKING:
    from collections.abc import Callable

REQUIRES_GRAD: Final = "notes/autograd § requires_grad"
HISTORY: Final = "notes/autograd § How autograd encodes the history"
NON_DIFFERENTIABLE: Final = "notes/autograd § Gradients for non-differentiable functions"
EXTENDING: Final = "notes/extending § How to use"


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


ONE_OF_THEM: Final[dict[str, tuple[Callable[[Any, Any], Any], float]]] = {
    "alone": (lambda x, _: -x, -1.0),
    "with_a_number": (lambda x, _: x * 5.0, 5.0),
    "with_itself": (lambda x, _: x * x, 6.0),
    "before_a_constant": (lambda x, c: x * c, 2.0),
    "after_a_constant": (lambda x, c: c * x, 2.0),
    "with_a_computed_constant": (lambda x, c: c * c + x, 1.0),
}
"""How x enters an operation -> the operation on x = 3 and c = 2, and its slope in x."""


@clause("rec-201", VALUE, sources=[REQUIRES_GRAD, "T4 §7.2"], over=ONE_OF_THEM)
def one_argument_that_requires_grad_has_its_gradient(
    ag: Autograd, row: tuple[Callable[[Any, Any], Any], float]
) -> None:
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
def one_argument_that_requires_grad_is_enough(
    ag: Autograd, row: tuple[Callable[[Any, Any], Any], float]
) -> None:
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
    sources=[REQUIRES_GRAD],
    over={
        "one_constant": lambda c, _: -c,
        "a_constant_and_a_number": lambda c, _: c * 2.0,
        "two_constants": lambda c, d: c * d,
        "a_computed_constant": lambda c, d: c * d - c,
    },
)
def constants_make_constants(ag: Autograd, operation: Callable[[Any, Any], Any]) -> None:
    """The result of an operation on {name} does not require grad."""
    result = operation(ag.tensor(3.0), ag.tensor(2.0))

    expect(result.requires_grad).is_false()


@clause("rec-002a", CONVENTION, sources=[REQUIRES_GRAD])
def an_operation_on_constants_leaves_no_node(ag: Autograd) -> None:
    """A result none of whose tensor arguments requires grad has no grad_fn."""
    c = ag.tensor(3.0)

    expect((c * c).grad_fn).has_structure(None)


@clause("rec-016", CONVENTION, sources=[REQUIRES_GRAD])
def no_gradient_is_delivered_to_a_constant(ag: Autograd) -> None:
    """A tensor that does not require grad enters an operation as a constant and gets no gradient.

    Its value takes part, as that of a number does.
    """
    x = ag.tensor(2.0, requires_grad=True)
    c = ag.tensor(3.0)
    (c * x + 5.0 * x - 1.0).backward()

    expect(x.grad).equals(8.0)
    expect(c.grad).is_none()


@clause(
    "rec-003",
    CONVENTION,
    sources=[
        HISTORY,
        "T1 §2.1.1",
        "T2 §2.1",
        "T5 § 计算图",
    ],
)
def the_graph_is_built_while_the_operations_run(ag: Autograd) -> None:
    """A result has a grad_fn of its own at once, with an edge to those of its arguments."""
    x = ag.tensor(2.0, requires_grad=True)
    y = x * x
    z = y * 3.0
    maker_of_y = y.grad_fn
    maker_of_z = z.grad_fn

    expect(maker_of_z).is_another_object_than(maker_of_y)
    expect(maker_of_z.next_functions[0][0]).is_same_object_as(maker_of_y)


@clause(
    "rec-005",
    CONVENTION,
    sources=[HISTORY, "T2 §2.1", "T5 § 计算图"],
    builds_on=("rec-003",),
)
def the_edges_lead_from_the_result_to_the_leaves(ag: Autograd) -> None:
    """Edges point from a result to its arguments; all that reach one leaf end at one node.

    In y = (x + w) * x two paths lead to x and one to w, so there are four nodes and not five: a
    graph, where the formula as it is written down is a tree.
    """
    x = ag.tensor(3.0, requires_grad=True)
    w = ag.tensor(1.0, requires_grad=True)
    total = x + w
    y = total * x
    (to_total, _), (to_x, _) = y.grad_fn.next_functions
    (inner_to_x, _), (inner_to_w, _) = total.grad_fn.next_functions

    expect(to_total).is_same_object_as(total.grad_fn)
    expect(inner_to_x).is_same_object_as(to_x)
    expect(inner_to_w).is_another_object_than(to_x)


@clause("rec-016a", CONVENTION, sources=[REQUIRES_GRAD], builds_on=("rec-003",))
def the_edge_to_a_constant_leads_nowhere(ag: Autograd) -> None:
    """The edge that stands for an argument that does not require grad leads to no node."""
    x = ag.tensor(2.0, requires_grad=True)
    c = ag.tensor(3.0)
    (to_c, _), (to_x, _) = (c * x).grad_fn.next_functions

    expect(to_c).has_structure(None)
    expect(to_x).is_present()


@clause("rec-022", CONVENTION, sources=[HISTORY])
def several_outputs_share_one_node(ag: Autograd) -> None:
    """An operation with several differentiable results is one node, with a number for each."""
    x = ag.tensor([1.0, 2.0, 3.0], requires_grad=True)
    first, second, third = x.split(1)
    edges = (third * first).grad_fn.next_functions

    expect(second.grad_fn).is_same_object_as(first.grad_fn)
    expect([first.output_nr, second.output_nr, third.output_nr]).has_structure([0, 1, 2])
    expect([number for _, number in edges]).has_structure([2, 0])


@clause("rec-022a", VALUE, sources=[HISTORY, "chain rule"])
def each_output_of_one_node_has_its_own_gradient(ag: Autograd) -> None:
    """The gradients of several results of one operation are kept apart; an unused one is zero."""

    def f(x: Tensor) -> Any:
        first, _, third = x.split(1)
        return first * first * third

    v = ag.random(1)
    _, (gradient,) = ag.vjp(f, [[3.0, 7.0, 5.0]], v)

    expect(gradient).is_close([30.0 * v[0], 0.0, 9.0 * v[0]])


@clause(
    "rec-006",
    VALUE,
    sources=[
        HISTORY,
        "T1 §2.1.4",
        "basics autograd tutorial",
    ],
)
def every_run_builds_a_graph_of_its_own(ag: Autograd) -> None:
    """Two runs of the same code can be differentiated independently, and in either order.

    A pass over the one neither uses up nor alters the other.
    """
    x = ag.tensor(2.0, requires_grad=True)
    first, second = (x * x * factor for factor in (1.0, 10.0))

    second.backward()
    expect(x.grad).equals(40.0)
    first.backward()
    expect(x.grad).equals(44.0)


@clause(
    "rec-011",
    CONVENTION,
    sources=["T3 §4"],
    over={
        "gt": lambda _, x: x > 1.0,
        "ge": lambda _, x: x >= 1.0,
        "lt": lambda _, x: x < 1.0,
        "le": lambda _, x: x <= 1.0,
        "eq": lambda ag, x: ag.eq(x, 1.0),
        "ne": lambda ag, x: ag.ne(x, 1.0),
    },
)
def a_comparison_gives_a_truth_value_without_gradient(
    ag: Autograd, compare: Callable[[Autograd, Tensor], Tensor]
) -> None:
    """Comparing a tensor that requires grad by {name} gives a boolean that does not.

    tinygrad#3037: an engine that recorded comparisons like any operation crashed in backward,
    as it had no derivative for them.
    """
    answer = compare(ag, ag.tensor(2.0, requires_grad=True))

    expect(answer).has_dtype("bool")
    expect(answer.requires_grad).is_false()


SELECTIONS: Final[dict[str, tuple[Callable[[Tensor], Any], Any]]] = {
    "sort": (lambda x: x.sort(), [1, 2, 0]),
    "topk": (lambda x: x.topk(2), [0, 2]),
    "max": (lambda x: x.max(0), 0),
    "min": (lambda x: x.min(0), 1),
    "median": (lambda x: x.median(0), 2),
}
"""What selects entries of [3, 1, 2] -> how, and where it finds them."""


@clause(
    "rec-203",
    VALUE,
    sources=[EXTENDING, NON_DIFFERENTIABLE],
    over=SELECTIONS,
    stands_for={"rec-021a": "sort"},
)
def selected_values_send_gradients_to_their_places(
    ag: Autograd, row: tuple[Callable[[Tensor], Any], Any]
) -> None:
    """The values that {name} selects send their gradients to the places that it tells."""
    select, where = row
    v = ag.random(*np.shape(where))
    expected = np.zeros(3)
    expected[where] = v
    x = ag.tensor([3.0, 1.0, 2.0], requires_grad=True)
    values, places = select(x)

    values.backward(ag.tensor(v))

    expect(places).equals(where)
    expect(x.grad).is_close(expected)


@clause(
    "rec-021",
    CONVENTION,
    sources=[EXTENDING, NON_DIFFERENTIABLE],
    over={
        "argmax": lambda x: x.argmax(),
        "argmin": lambda x: x.argmin(),
        **{name: lambda x, f=f: f(x)[1] for name, (f, _) in SELECTIONS.items()},
    },
    stands_for={"rec-021a": "sort"},
)
def a_place_has_no_gradient(ag: Autograd, find: Callable[[Tensor], Tensor]) -> None:
    """The places that {name} finds in a tensor that requires grad do not require grad."""
    x = ag.tensor([3.0, 1.0, 2.0], requires_grad=True)

    expect(find(x).requires_grad).is_false()


@clause(
    "rec-021b",
    VALUE,
    sources=[NON_DIFFERENTIABLE],
    over={"below_the_limit": (0.5, 0.0), "above_the_limit": (2.0, 4.0)},
)
def a_result_without_gradient_is_a_constant_further_on(
    ag: Autograd, row: tuple[float, float]
) -> None:
    """A comparison with a limit is a constant for the product that uses it, {name}.

    pytorch#726: the engine counted the path through such a result among those that it had to wait
    for, and raised when no gradient came along it.
    """
    point, slope = row
    _, (gradient,) = ag.vjp(lambda x: x * x * (x > 1.0), [point])

    expect(gradient).equals(slope)


@clause(
    "rec-204",
    SAFETY,
    sources=["notes/broadcasting § General semantics"],
    over={
        "add": (lambda _, x, y: x + y, (2,)),
        "sub": (lambda _, x, y: x - y, (2,)),
        "mul": (lambda _, x, y: x * y, (2,)),
        "div": (lambda _, x, y: x / y, (2,)),
        "maximum": (lambda ag, x, y: ag.maximum(x, y), (2,)),
        "where": (lambda ag, x, y: ag.where(ag.tensor(True), x, y), (2,)),
        "matmul": (lambda _, x, y: x @ y, (2, 3)),
    },
)
def operands_that_do_not_fit_are_refused(
    ag: Autograd, row: tuple[Callable[..., Any], tuple[int, ...]]
) -> None:
    """The operation {name} of operands whose shapes do not fit together is refused.

    Shapes are matched from the last dimension on.  An engine that begins with the first, or
    repeats what is too short, computes something that nobody asked for.
    """
    operation, shape = row
    x, y = ag.tensor(ag.random(2, 3)), ag.tensor(ag.random(*shape))

    with ag.refuses("operand-shape"):
        operation(ag, x, y)


@clause(
    "rec-205",
    CONVENTION,
    sources=["torch.result_type docstring"],
    over={
        "add": lambda x, y: x + y,
        "sub": lambda x, y: x - y,
        "mul": lambda x, y: x * y,
        "div": lambda x, y: x / y,
    },
)
def whole_numbers_take_the_data_type_of_their_partner(
    ag: Autograd, operation: Callable[[Tensor, Tensor], Tensor]
) -> None:
    """The result of {name} on a tensor of int64 and one of float32 is of float32.

    The kind of a number counts before its width; NumPy would give float64.
    """
    whole = ag.tensor([1, 2], dtype="int64")
    single = ag.tensor([0.5, 4.0], dtype="float32")

    expect(operation(whole, single)).has_dtype("float32")
