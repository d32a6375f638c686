"""Leaves and results: what a tensor is, by the way it came about.

Being a leaf is not a property that is set but one that follows: a tensor that requires grad and
was made by the user is a leaf, and one that was made by a recorded operation is not.  Constants
count as leaves whatever made them, since no history hangs on them.  So the flag of a result
cannot be argued with: it says that there is a history, and a history cannot be wished away by
clearing a flag.  Whoever wants the values without it takes a detached tensor.
"""

from __future__ import annotations

from gradspec import CONVENTION, MAY, SAFETY, VALUE, Autograd, clause, expect


@clause("leaf-010", VALUE, sources=["torch.Tensor.is_leaf docstring", "T2 §2.2", "T4 §7.2"])
def what_the_user_made_is_a_leaf_and_what_an_operation_made_is_not(ag: Autograd) -> None:
    """Of the tensors that require grad, those are leaves that no recorded operation made.

    The last line is about a result of results: being a leaf is not lost once and for all at the
    first operation, it is a question asked of each tensor.
    """
    x = ag.tensor(2.0, requires_grad=True)
    y = x * 3.0
    z = y + 1.0

    expect(x.is_leaf).is_true()
    expect(y.is_leaf).is_false()
    expect(z.is_leaf).is_false()


@clause("leaf-010a", VALUE, sources=["torch.Tensor.is_leaf docstring", "T2 §2.2"])
def a_leaf_has_no_node_and_a_result_has_one(ag: Autograd) -> None:
    """The grad_fn of a leaf is None, and that of the result of a recorded operation is not."""
    x = ag.tensor(2.0, requires_grad=True)
    y = x * 3.0

    expect(x.grad_fn).is_none()
    expect(y.grad_fn).is_present()


@clause("leaf-009", VALUE, sources=["torch.Tensor.is_leaf docstring"])
def a_constant_is_a_leaf_whatever_made_it(ag: Autograd) -> None:
    """A tensor that does not require grad is a leaf, even if operations produced it."""
    c = ag.tensor(2.0)
    y = c * 3.0 + 1.0

    expect(y.requires_grad).is_false()
    expect(y.is_leaf).is_true()


@clause("leaf-009a", VALUE, sources=["torch.Tensor.is_leaf docstring"])
def a_constant_has_no_node_whatever_made_it(ag: Autograd) -> None:
    """The grad_fn of a tensor that does not require grad is None, whatever produced it."""
    c = ag.tensor(2.0)
    y = c * 3.0 + 1.0

    expect(y.grad_fn).is_none()


@clause(
    "leaf-006",
    SAFETY,
    sources=["notes/autograd § Setting requires_grad", "leaf/non-leaf tutorial § Summary table"],
)
def the_flag_of_a_result_cannot_be_assigned_false(ag: Autograd) -> None:
    """Assigning False to the requires_grad of a tensor that has a history is refused.

    The refused assignment changes nothing: the tensor still requires grad, and gradients still
    pass through it.
    """
    x = ag.tensor(3.0, requires_grad=True)
    y = x * x

    with ag.refuses("nonleaf-flag"):
        y.requires_grad = False

    expect(y.requires_grad).is_true()
    y.backward()
    expect(x.grad).equals(6.0)


@clause(
    "leaf-006a",
    SAFETY,
    sources=["notes/autograd § Setting requires_grad", "leaf/non-leaf tutorial § Summary table"],
)
def the_flag_of_a_result_cannot_be_turned_off(ag: Autograd) -> None:
    """requires_grad_(False) on a tensor that has a history is refused and changes nothing."""
    x = ag.tensor(3.0, requires_grad=True)
    y = x * x

    with ag.refuses("nonleaf-flag"):
        y.requires_grad_(False)

    expect(y.requires_grad).is_true()
    y.backward()
    expect(x.grad).equals(6.0)


@clause("leaf-007", VALUE, sources=["leaf/non-leaf tutorial § Summary table"])
def turning_on_the_flag_of_a_result_changes_nothing(ag: Autograd) -> None:
    """requires_grad_(True) on a tensor that has a history is allowed and changes nothing.

    What it asks for is the case already.  An engine that took the call for a declaration would
    make the result a leaf and cut off all that lies behind it.
    """
    x = ag.tensor(3.0, requires_grad=True)
    y = x * x
    returned = y.requires_grad_(True)

    expect(returned).is_same_object_as(y)
    expect(y.requires_grad).is_true()
    expect(y.is_leaf).is_false()
    y.backward()
    expect(x.grad).equals(6.0)


@clause("leaf-008", CONVENTION, level=MAY, sources=["observed"])
def the_flag_of_a_result_cannot_even_be_assigned_true(ag: Autograd) -> None:
    """Assigning True to the requires_grad of a tensor with a history is refused.

    The method of the same purpose is allowed to ask for what is the case already; the attribute
    is not.
    """
    x = ag.tensor(3.0, requires_grad=True)
    y = x * x

    with ag.refuses("nonleaf-flag"):
        y.requires_grad = True

    expect(y.requires_grad).is_true()
    expect(y.is_leaf).is_false()


@clause("leaf-011", VALUE, sources=["torch.Tensor.is_leaf docstring"])
def a_conversion_of_a_variable_is_a_result(ag: Autograd) -> None:
    """A tensor that requires grad, converted to another float type, is a non-leaf with a way back.

    The classic surprise is a parameter converted after it was declared: the optimiser is given
    the result of an operation, whose own gradient is never kept.
    """
    x = ag.tensor(2.0, dtype="float32", requires_grad=True)
    y = x.to("float64")

    expect(y).has_dtype("float64")
    expect(y.requires_grad).is_true()
    expect(y.is_leaf).is_false()
    (y * 3.0).backward()
    expect(x.grad).equals(3.0)


@clause("leaf-011a", VALUE, sources=["torch.Tensor.is_leaf docstring"])
def a_variable_declared_after_the_conversion_is_a_leaf(ag: Autograd) -> None:
    """A tensor that is converted first and required to have a gradient then is a leaf."""
    x = ag.tensor(2.0, dtype="float32").to("float64").requires_grad_()

    expect(x.requires_grad).is_true()
    expect(x.is_leaf).is_true()
    (x * 3.0).backward()
    expect(x.grad).equals(3.0)
    expect(x.grad).has_dtype("float64")


@clause("leaf-012", VALUE, sources=["torch.Tensor.to docstring"])
def a_conversion_with_nothing_to_convert_returns_the_tensor(ag: Autograd) -> None:
    """Converting a tensor to the data type that it has returns the tensor itself, still a leaf."""
    x = ag.tensor(2.0, dtype="float32", requires_grad=True)

    expect(x.to("float32")).is_same_object_as(x)
    expect(x.float()).is_same_object_as(x)
    expect(x.is_leaf).is_true()


@clause("leaf-013", CONVENTION, level=MAY, sources=["observed"])
def being_a_leaf_cannot_be_assigned(ag: Autograd) -> None:
    """is_leaf can be read and not assigned."""
    y = ag.tensor(2.0, requires_grad=True) * 3.0

    with ag.refuses("read-only"):
        y.is_leaf = True

    expect(y.is_leaf).is_false()


@clause("leaf-013a", CONVENTION, level=MAY, sources=["observed"])
def the_place_in_the_graph_cannot_be_assigned(ag: Autograd) -> None:
    """grad_fn and output_nr can be read and not assigned."""
    y = ag.tensor(2.0, requires_grad=True) * 3.0

    with ag.refuses("read-only"):
        y.grad_fn = None
    with ag.refuses("read-only"):
        y.output_nr = 1

    expect(y.grad_fn).is_present()
    expect(y.output_nr).equals(0)


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
