"""Names: which operation a node differentiates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from gradspec import CONVENTION, MAY, Autograd, clause, expect

if TYPE_CHECKING:
    from collections.abc import Callable

NAME: Final = "torch.autograd.graph.Node.name docstring"


@dataclass(frozen=True, slots=True)
class Called:
    """What is recorded, and what its node is called; `shape` is that of the leaf."""

    of: Callable[[Autograd, Any], Any]
    name: str
    shape: tuple[int, ...] = (2, 2)


@clause(
    "gi-002",
    CONVENTION,
    sources=[NAME, "T1 §2.1.2", "T4 §7.4"],
    over={
        "sin": Called(lambda ag, x: ag.sin(x), "Sin", ()),
        "exp": Called(lambda ag, x: ag.exp(x), "Exp", ()),
        "mul": Called(lambda _, x: x * x, "Mul", ()),
        "neg": Called(lambda _, x: -x, "Neg", ()),
        "clone": Called(lambda _, x: x.clone(), "Clone", ()),
        "dot": Called(lambda ag, x: ag.dot(x, x), "Dot", (3,)),
    },
)
def a_name_says_which_operation(ag: Autograd, row: Called) -> None:
    """The name of the node of {name} has the operation in it."""
    x = ag.tensor(ag.random(*row.shape), requires_grad=True)

    expect(row.of(ag, x).grad_fn.name()).contains(row.name)


NAMES: Final = {
    "add": Called(lambda _, x: x + 1.0, "AddBackward0"),
    "sub": Called(lambda _, x: x - 1.0, "SubBackward0"),
    "mul": Called(lambda _, x: x * 2.0, "MulBackward0"),
    "div": Called(lambda _, x: x / 2.0, "DivBackward0"),
    "pow": Called(lambda _, x: x**2, "PowBackward0"),
    "pow_of_two_tensors": Called(lambda _, x: x**x, "PowBackward1"),
    "neg": Called(lambda _, x: -x, "NegBackward0"),
    "exp": Called(lambda ag, x: ag.exp(x), "ExpBackward0"),
    "log": Called(lambda ag, x: ag.log(x), "LogBackward0"),
    "sqrt": Called(lambda ag, x: ag.sqrt(x), "SqrtBackward0"),
    "tanh": Called(lambda ag, x: ag.tanh(x), "TanhBackward0"),
    "sigmoid": Called(lambda ag, x: ag.sigmoid(x), "SigmoidBackward0"),
    "relu": Called(lambda ag, x: ag.relu(x), "ReluBackward0"),
    "sum": Called(lambda _, x: x.sum(), "SumBackward0"),
    "sum_over_an_axis": Called(lambda _, x: x.sum(0), "SumBackward1"),
    "mean": Called(lambda _, x: x.mean(), "MeanBackward0"),
    "mm": Called(lambda ag, x: ag.mm(x, x), "MmBackward0"),
    "softmax": Called(lambda ag, x: ag.softmax(x, 0), "SoftmaxBackward0"),
    "log_softmax": Called(lambda ag, x: ag.log_softmax(x, 0), "LogSoftmaxBackward0"),
    "view": Called(lambda _, x: x.view(4), "ViewBackward0"),
    "t": Called(lambda _, x: x.t(), "TBackward0"),
    "permute": Called(lambda _, x: x.permute(1, 0), "PermuteBackward0"),
    "unsqueeze": Called(lambda _, x: x.unsqueeze(0), "UnsqueezeBackward0"),
    "expand": Called(lambda _, x: x.expand(3, 2, 2), "ExpandBackward0"),
    "index_by_a_number": Called(lambda _, x: x[0], "SelectBackward0"),
    "index_by_a_slice": Called(lambda _, x: x[:1], "SliceBackward0"),
    "index_by_places": Called(lambda _, x: x[[0, 0]], "IndexBackward0"),
    "cat": Called(lambda ag, x: ag.cat([x, x]), "CatBackward0"),
    "stack": Called(lambda ag, x: ag.stack([x, x]), "StackBackward0"),
    "clone": Called(lambda _, x: x.clone(), "CloneBackward0"),
}


@clause("gi-003", CONVENTION, level=MAY, sources=["T4 §7.4", "observed"], over=NAMES)
def a_name_has_the_operation_and_the_number_of_its_form(ag: Autograd, row: Called) -> None:
    """The node of {name} has the name that torch gives it: the operation, "Backward", and the
    number of the operation's form.
    """
    x = ag.tensor(ag.random(*row.shape, positive=True), requires_grad=True)

    expect(row.of(ag, x).grad_fn.name()).equals(row.name)


@clause(
    "gi-025",
    CONVENTION,
    level=MAY,
    sources=["observed"],
    over={
        "two_vectors": Called(lambda _, x: x @ x, "DotBackward0", (2,)),
        "a_matrix_and_a_vector": Called(lambda _, x: x @ x[0], "MvBackward0", (2, 2)),
        "two_matrices": Called(lambda _, x: x @ x, "MmBackward0", (2, 2)),
        "two_batches": Called(lambda ag, x: ag.bmm(x, x), "BmmBackward0", (2, 2, 2)),
    },
)
def a_product_is_recorded_as_what_it_is(ag: Autograd, row: Called) -> None:
    """The matrix product of {name} is recorded as the product of that kind."""
    x = ag.tensor(ag.random(*row.shape), requires_grad=True)

    expect(row.of(ag, x).grad_fn.name()).equals(row.name)


@clause("gi-008", CONVENTION, level=MAY, sources=["T1 §2.1.2", "observed"])
def the_node_of_a_leaf_is_called_for_what_it_does(ag: Autograd) -> None:
    """The node at which the way to a leaf ends has "AccumulateGrad" in its name.

    What stands before that depends on the compiler that built torch.
    """
    x = ag.tensor(2.0, requires_grad=True)
    ((end, _),) = ag.exp(x).grad_fn.next_functions

    expect(end.name()).contains("AccumulateGrad")


@clause("gi-029", CONVENTION, sources=["T4 §7.2", "blitz autograd tutorial"])
def a_printed_node_shows_what_it_is(ag: Autograd) -> None:
    """The text of a printed node shows the name of its operation's derivative."""
    y = ag.tensor(2.0, requires_grad=True) * 3.0

    expect(y.grad_fn.repr()).contains("MulBackward0")
