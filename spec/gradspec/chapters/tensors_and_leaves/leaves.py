"""Leaves and results: what a tensor is, by the way it came about.

Being a leaf is not a property that is set but one that follows: a tensor that requires grad and
was made by the user is a leaf, and one that was made by a recorded operation is not.  Constants
count as leaves whatever made them, since no history hangs on them.  So the flag of a result
cannot be argued with: it says that there is a history, and a history cannot be wished away by
clearing a flag.  Whoever wants the values without it takes a detached tensor.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gradspec import CONVENTION, MAY, SAFETY, Autograd, Tensor, clause, expect

if TYPE_CHECKING:
    from collections.abc import Callable

IS_LEAF: Final = "torch.Tensor.is_leaf docstring"
SUMMARY: Final = "leaf/non-leaf tutorial § Summary table"
SETTING: Final = "notes/autograd § Setting requires_grad"


def _variable(ag: Autograd) -> Tensor:
    return ag.tensor(2.0, requires_grad=True)


ORIGINS: Final[dict[str, Any]] = {
    "a_constant": (lambda ag: ag.tensor(2.0), True),
    "a_computed_constant": (lambda ag: ag.tensor(2.0) * 3.0 + 1.0, True),
    "a_variable": (_variable, True),
    "a_variable_declared_after_a_conversion": (
        lambda ag: ag.tensor(2.0, dtype="float32").to("float64").requires_grad_(),
        True,
    ),
    "a_result": (lambda ag: _variable(ag) * 3.0, False),
    "a_result_of_a_result": (lambda ag: _variable(ag) * 3.0 + 1.0, False),
    "a_converted_variable": (
        lambda ag: ag.tensor(2.0, dtype="float32", requires_grad=True).to("float64"),
        False,
    ),
    "a_cloned_variable": (lambda ag: _variable(ag).clone(), False),
}
"""How a tensor came about -> the program, and whether it made a leaf."""


@clause(
    "leaf-010",
    CONVENTION,
    unseen="constants",
    sources=[IS_LEAF, "T2 §2.2", "T4 §7.2"],
    over=ORIGINS,
    stands_for={
        "leaf-009": "a_computed_constant",
        "leaf-011": "a_converted_variable",
        "leaf-011a": "a_variable_declared_after_a_conversion",
        "leaf-031": "a_cloned_variable",
    },
)
def what_a_recorded_operation_made_is_no_leaf(ag: Autograd, row: tuple[Any, bool]) -> None:
    """The attribute is_leaf tells of {name} whether it is what no recorded operation made.

    The classic surprise is a parameter converted after it was declared: the optimiser is given
    the result of an operation, whose own gradient is never kept.
    """
    make, is_leaf = row

    expect(make(ag).is_leaf).equals(is_leaf)


@clause(
    "leaf-010a",
    CONVENTION,
    unseen="constants",
    sources=[IS_LEAF, "T2 §2.2"],
    over=ORIGINS,
    stands_for={"leaf-009a": "a_computed_constant"},
)
def a_leaf_has_no_node_and_a_result_has_one(ag: Autograd, row: tuple[Any, bool]) -> None:
    """The grad_fn of {name} is a node if a recorded operation made the tensor, and else None."""
    make, is_leaf = row
    node = make(ag).grad_fn

    if is_leaf:
        expect(node).is_none()
    else:
        expect(node).is_present()


def _assign(y: Tensor, flag: bool) -> None:
    y.requires_grad = flag


ASKING: Final[dict[str, Callable[[Tensor, bool], Any]]] = {
    "assignment": _assign,
    "method": lambda y, flag: y.requires_grad_(flag),
}
"""How a tensor is asked to change its flag."""


@clause("leaf-204", SAFETY, sources=[SETTING, SUMMARY], over=ASKING)
def a_result_does_not_seem_to_be_a_constant(ag: Autograd, ask: Callable[..., Any]) -> None:
    """A result whose flag is cleared by {name} is refused, or a constant for what follows."""
    x = ag.tensor(3.0, requires_grad=True)
    w = ag.tensor(2.0, requires_grad=True)
    x.backward()
    y = x * x

    with ag.attempt() as attempt:
        ask(y, False)
    with attempt.granted():
        (y * w).backward()
        expect(x.grad).equals(1.0)


@clause(
    "leaf-006",
    CONVENTION,
    sources=[SETTING, SUMMARY],
    over=ASKING,
    stands_for={"leaf-006a": "method"},
)
def the_flag_of_a_result_cannot_be_cleared(ag: Autograd, ask: Callable[..., Any]) -> None:
    """Clearing the flag of a tensor that has a history by {name} is refused and changes nothing.

    Remedy: use detach(), which gives a constant of the same value.
    """
    x = ag.tensor(3.0, requires_grad=True)
    y = x * x

    with ag.refuses("nonleaf-flag"):
        ask(y, False)

    expect(y.requires_grad).is_true()
    y.backward()
    expect(x.grad).equals(6.0)


@clause("leaf-205", SAFETY, sources=[SUMMARY], over=ASKING, stands_for={"leaf-007": "method"})
def turning_on_the_flag_of_a_result_cuts_nothing_off(ag: Autograd, ask: Callable[..., Any]) -> None:
    """Turning on the flag of a result by {name}, refused or not, leaves it joined to its leaves.

    What it asks for is the case already.  An engine that took the call for a declaration would
    make the result a leaf and cut off all that lies behind it.
    """
    x = ag.tensor(3.0, requires_grad=True)
    y = x * x

    with ag.attempt():
        ask(y, True)

    y.backward()
    expect(x.grad).equals(6.0)


@clause("leaf-007", CONVENTION, sources=[SUMMARY])
def turning_on_the_flag_of_a_result_changes_nothing(ag: Autograd) -> None:
    """requires_grad_(True) on a tensor that has a history is allowed and changes nothing."""
    y = ag.tensor(3.0, requires_grad=True) * 2.0
    y.requires_grad_(True)

    expect(y.requires_grad).is_true()
    expect(y.is_leaf).is_false()


@clause("leaf-008", CONVENTION, level=MAY, sources=["observed"])
def the_flag_of_a_result_cannot_even_be_assigned_true(ag: Autograd) -> None:
    """Assigning True to the requires_grad of a tensor with a history is refused.

    The method of the same purpose is allowed to ask for what is the case already; the attribute
    is not.

    Remedy: leave the assignment away, since a result requires grad already; retain_grad() keeps its
    gradient.
    """
    y = ag.tensor(3.0, requires_grad=True) * 2.0

    with ag.refuses("nonleaf-flag"):
        y.requires_grad = True

    expect(y.requires_grad).is_true()
    expect(y.is_leaf).is_false()


@clause(
    "leaf-012",
    CONVENTION,
    sources=["torch.Tensor.to docstring"],
    over={"to": lambda x: x.to("float32"), "float": lambda x: x.float()},
)
def a_conversion_with_nothing_to_convert_returns_the_tensor(
    ag: Autograd, convert: Callable[[Tensor], Tensor]
) -> None:
    """Converting a tensor by {name} to the data type that it has returns the tensor itself."""
    x = ag.tensor(2.0, dtype="float32", requires_grad=True)

    expect(convert(x)).is_same_object_as(x)


@clause("leaf-217", CONVENTION, sources=["torch.Tensor.to docstring"])
def a_converted_variable_requires_grad(ag: Autograd) -> None:
    """What a variable is converted to requires grad, as the variable does."""
    x = ag.tensor(2.0, dtype="float32", requires_grad=True)

    expect(x.to("float64").requires_grad).is_true()


@clause(
    "leaf-013",
    CONVENTION,
    level=MAY,
    sources=["observed"],
    over={
        "is_leaf": ("is_leaf", True),
        "grad_fn": ("grad_fn", None),
        "output_nr": ("output_nr", 1),
    },
    stands_for={"leaf-013a": "grad_fn output_nr"},
)
def the_place_in_the_graph_cannot_be_assigned(ag: Autograd, row: tuple[str, Any]) -> None:
    """The attribute {name} can be read and not assigned.

    Remedy: change what the attribute tells of: detach() gives a leaf, and an operation gives a
    result.
    """
    name, value = row
    y = ag.tensor(2.0, requires_grad=True) * 3.0

    with ag.refuses("read-only"):
        setattr(y, name, value)


@clause(
    "leaf-051", CONVENTION, level=MAY, sources=["torch.autograd.graph.get_gradient_edge source"]
)
def output_nr_counts_the_outputs_of_an_operation(ag: Autograd) -> None:
    """output_nr is a tensor's position among the outputs of its operation, and 0 for a leaf."""
    x = ag.tensor([1.0, 2.0, 3.0], requires_grad=True)
    first, second, third = x.unbind()

    expect(x.output_nr).equals(0)
    expect(first.output_nr).equals(0)
    expect(second.output_nr).equals(1)
    expect(third.output_nr).equals(2)
