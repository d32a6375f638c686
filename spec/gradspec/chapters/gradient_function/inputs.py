"""What can be asked for.

An input is a place in the graph, at which the derivative is read off when it is complete: a leaf,
an intermediate, an output, or an edge, which is the place without its tensor.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from gradspec import CONVENTION, SAFETY, VALUE, Autograd, Tensor, clause, expect

if TYPE_CHECKING:
    from collections.abc import Callable

GRAD: Final = "torch.autograd.grad docstring"
SOURCE: Final = "torch.autograd.grad source"
EDGE: Final = "torch.autograd.graph.get_gradient_edge docstring"


@clause("grad-021", VALUE, sources=[GRAD])
def an_intermediate_is_an_input(ag: Autograd) -> None:
    """The answer for an intermediate is the derivative by it, whatever it was computed from."""
    x = ag.tensor(3.0, requires_grad=True)
    m = x * 2.0
    (answer,) = ag.grad(m * m, [m])

    expect(answer).equals(12.0)


@clause("grad-021a", CONVENTION, sources=[GRAD], builds_on=("grad-021",))
def a_query_goes_no_further_than_its_inputs(ag: Autograd) -> None:
    """A query does not go beyond its inputs: no hook on what they were computed from is called."""
    behind = ag.tensor(3.0, requires_grad=True) * 2.0
    calls = ag.notes()
    behind.register_hook(lambda _gradient: calls.note("called"))
    m = behind * 5.0
    ag.grad(m * m, [m])

    expect(calls).happened_in_order([])


@clause("grad-022", VALUE, sources=[GRAD], builds_on=("grad-021",))
def an_input_ends_no_path(ag: Autograd) -> None:
    """The answer for a leaf is its whole derivative, also if an intermediate on the way is asked
    for beside it.
    """
    x = ag.tensor(3.0, requires_grad=True)
    m = x * 2.0
    by_m, by_x = ag.grad(m * m + x, [m, x])

    expect(by_m).equals(12.0)
    expect(by_x).equals(25.0)


@clause(
    "grad-023",
    VALUE,
    sources=["observed"],
    over={"result": lambda x: x * 3.0, "leaf": lambda x: x},
)
def an_output_is_an_input(ag: Autograd, compute: Callable[[Tensor], Tensor]) -> None:
    """The answer for a {name} that is the output itself is the cotangent."""
    y = compute(ag.tensor(2.0, requires_grad=True))
    (answer,) = ag.grad(y, [y], ag.tensor(-0.75))

    expect(answer).equals(-0.75)


@clause(
    "grad-032",
    VALUE,
    sources=[EDGE],
    over={"a_leaf": (0, 18.0), "an_intermediate": (1, 6.0)},
)
def an_edge_is_an_input(ag: Autograd, row: tuple[int, float]) -> None:
    """The answer for the edge of {name} is the derivative by the tensor."""
    place, derivative = row
    x = ag.tensor(1.0, requires_grad=True)
    m = x * 3.0
    edge = ag.gradient_edge((x, m)[place])
    (answer,) = ag.grad(m * m, [edge])

    expect(answer).equals(derivative)


@clause("grad-209", VALUE, sources=[EDGE], builds_on=("grad-032",))
def an_edge_outlives_its_tensor(ag: Autograd) -> None:
    """The answer for an edge is the derivative, also if the tensor has no name any more."""
    m = ag.tensor(1.0, requires_grad=True) * 3.0
    edge = ag.gradient_edge(m)
    y = m * 5.0
    ag.forget(m)
    (answer,) = ag.grad(y, [edge])

    expect(answer).equals(5.0)


@clause("grad-210", VALUE, sources=[EDGE], builds_on=("grad-032",))
def edges_and_tensors_are_asked_for_together(ag: Autograd) -> None:
    """A query for edges and tensors answers each in its place."""
    x = ag.tensor(2.0, requires_grad=True)
    w = ag.tensor(5.0, requires_grad=True)
    by_w, by_x = ag.grad(x * w * 3.0, [ag.gradient_edge(w), x])

    expect(by_w).equals(6.0)
    expect(by_x).equals(15.0)


@clause("grad-203", SAFETY, sources=[SOURCE])
def no_input_is_not_every_input(ag: Autograd) -> None:
    """A query for no input at all is refused, or answers nothing; and it stores no gradient."""
    x = ag.tensor(2.0, requires_grad=True)
    with ag.attempt():
        for answer in ag.grad(x * 3.0, []):
            expect(answer).is_none()

    expect(x.grad).is_none_or_zero()


@clause(
    "grad-005",
    CONVENTION,
    sources=[SOURCE, "observed"],
    over={
        "another_mapping": (lambda x: MappingProxyType({"x": x}), "inputs-type"),
        "nothing": (lambda _: [], "inputs-empty"),
        "a_text": (lambda _: "x", "inputs-type"),
        "a_number_among_tensors": (lambda x: [x, 2.0], "inputs-type"),
    },
    stands_for={"grad-006": "nothing", "grad-034": "a_text a_number_among_tensors"},
)
def inputs_are_tensors_and_some(ag: Autograd, row: tuple[Callable[[Tensor], Any], str]) -> None:
    """A query whose inputs are {name} is refused.

    Remedy: give a tensor, an edge, or a list, tuple or dict of them that is not empty.
    """
    form, kind = row
    x = ag.tensor(2.0, requires_grad=True)
    y = x * 3.0
    with ag.refuses(kind):
        ag.grad(y, form(x))


@clause(
    "grad-019",
    CONVENTION,
    unseen="constants",
    sources=[GRAD, "observed"],
    over={
        "by_default": {},
        "under_allow_unused": {"allow_unused": True},
        "under_materialize_grads": {"materialize_grads": True},
    },
)
def an_input_requires_grad(ag: Autograd, options: dict[str, bool]) -> None:
    """A query for a tensor that does not require grad is refused, {name}.

    It is no place in any graph.  The options are for tensors that could have been used and were
    not.

    Remedy: let it require grad before the function is computed.
    """
    x = ag.tensor(2.0, requires_grad=True)
    constant = ag.tensor(5.0)
    y = x * constant
    with ag.refuses("input-without-grad"):
        ag.grad(y, [constant], **options)
