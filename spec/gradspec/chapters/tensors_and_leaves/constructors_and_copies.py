"""New tensors from old ones, with their history or without it.

A tensor can be handed to whatever makes tensors, and each maker has its own answer.  Some take the
values and nothing else (`torch.tensor`, `new_tensor`); some hand back the tensor that they were
given, history and all (`as_tensor`, `asarray`); `clone` is an operation like any other, so its
result is joined to the original by the graph.  Copies that leave the running program, by deep
copying or pickling, concern a leaf with its gradient, and cannot take a graph along.

In the notation `ag.tensor_from(y)` is `torch.tensor(y)` with a tensor for an argument.
"""

from __future__ import annotations

from gradspec import CONVENTION, MAY, SAFETY, SHOULD, VALUE, Autograd, clause, expect


@clause("leaf-028", VALUE, sources=["torch.tensor docstring"])
def a_tensor_made_from_a_tensor_has_no_history(ag: Autograd) -> None:
    """torch.tensor of a tensor takes its values and leaves its history behind.

    With y = 2x the derivative of copy * x is the value of the copy, 3; an engine that took the
    history along would have 4x = 6.
    """
    x = ag.tensor(1.5, requires_grad=True)
    copy = ag.tensor_from(x * 2.0)

    (copy * x).backward()

    expect(x.grad).equals(3.0)


@clause("leaf-028a", VALUE, sources=["torch.tensor docstring"])
def a_tensor_made_from_a_tensor_takes_no_flag_from_it(ag: Autograd) -> None:
    """torch.tensor of a tensor gives a leaf that requires grad only if it is told to."""
    y = ag.tensor(1.5, requires_grad=True) * 2.0
    constant = ag.tensor_from(y)
    variable = ag.tensor_from(y, requires_grad=True)

    expect(constant.is_leaf).is_true()
    expect(constant.requires_grad).is_false()
    expect(variable.is_leaf).is_true()
    expect(variable.requires_grad).is_true()


@clause("leaf-028b", VALUE, sources=["torch.Tensor.new_tensor docstring"])
def new_tensor_of_a_tensor_has_no_history(ag: Autograd) -> None:
    """new_tensor of a tensor takes its values, leaves its history behind, and makes a leaf.

    The new leaf has a gradient of its own; nothing arrives at the leaf behind the original.
    """
    x = ag.tensor(1.5, requires_grad=True)
    y = x * 2.0
    copy = y.new_tensor(y, requires_grad=True)

    (copy * copy).backward()

    expect(copy.grad).equals(6.0)
    expect(x.grad).is_none()


@clause(
    "leaf-028c",
    VALUE,
    unseen="views",
    sources=["torch.tensor docstring", "torch.Tensor.new_tensor docstring"],
)
def a_tensor_made_from_a_tensor_has_its_own_memory(ag: Autograd) -> None:
    """torch.tensor and new_tensor copy the values of a tensor into memory of their own."""
    x = ag.tensor(1.5, requires_grad=True)

    expect(ag.tensor_from(x)).has_its_own_memory_apart_from(x)
    expect(x.new_tensor(x)).has_its_own_memory_apart_from(x)


@clause("leaf-028d", CONVENTION, level=MAY, sources=["observed"])
def making_a_tensor_from_a_tensor_warns(ag: Autograd) -> None:
    """torch.tensor and new_tensor warn when they are given a tensor.

    Losing the history is rarely meant; who means it can say so with detach and clone.
    """
    x = ag.tensor(1.5)

    with ag.warns():
        ag.tensor_from(x)
    with ag.warns():
        x.new_tensor(x)


@clause("leaf-029", VALUE, sources=["torch.as_tensor docstring"])
def as_tensor_hands_back_the_tensor(ag: Autograd) -> None:
    """as_tensor of a tensor that needs no conversion is that tensor, with its history."""
    x = ag.tensor(1.5, requires_grad=True)
    y = x * 2.0
    same = ag.as_tensor(y)

    expect(same).is_same_object_as(y)
    (same * x).backward()
    expect(x.grad).equals(6.0)


@clause("leaf-029a", VALUE, sources=["torch.asarray docstring"])
def asarray_keeps_the_history_if_asked_to(ag: Autograd) -> None:
    """With requires_grad=True, asarray of a tensor keeps the tensor's history.

    With y = 2x the derivative of same * x is 4x = 6; if the history were lost it would be 3.
    """
    x = ag.tensor(1.5, requires_grad=True)
    same = ag.asarray(x * 2.0, requires_grad=True)

    (same * x).backward()

    expect(x.grad).equals(6.0)


@clause("leaf-029b", CONVENTION, level=MAY, sources=["observed"])
def asarray_keeps_the_history_if_not_asked_and_warns(ag: Autograd) -> None:
    """Without requires_grad, asarray of a tensor keeps the tensor's history and warns of it.

    The default used to be the other one; a call that states requires_grad is silent.
    """
    x = ag.tensor(1.5, requires_grad=True)
    y = x * 2.0

    with ag.warns():
        same = ag.asarray(y)
    with ag.silent():
        ag.asarray(y, requires_grad=True)

    (same * x).backward()
    expect(x.grad).equals(6.0)


@clause("leaf-030", VALUE, sources=["torch.asarray docstring"])
def asarray_cuts_the_history_if_asked_to(ag: Autograd) -> None:
    """With requires_grad=False, asarray gives a constant of equal value and spares its argument.

    The derivative of constant * x is the constant's value, 3, and no more; and y is what it was, a
    result through which the gradient of the summand y passes and adds 2.
    """
    x = ag.tensor(1.5, requires_grad=True)
    y = x * 2.0
    constant = ag.asarray(y, requires_grad=False)

    expect(constant.requires_grad).is_false()
    expect(y.requires_grad).is_true()
    (constant * x + y).backward()
    expect(x.grad).equals(5.0)


@clause("leaf-031", VALUE, sources=["torch.clone docstring"])
def a_clone_is_the_result_of_an_operation(ag: Autograd) -> None:
    """A clone of a tensor that requires grad is a non-leaf, and gradients reach the tensor."""
    x = ag.tensor(2.0, requires_grad=True)
    copy = x.clone()

    expect(copy.requires_grad).is_true()
    expect(copy.is_leaf).is_false()
    (copy * x).backward()
    expect(x.grad).equals(4.0)


@clause("leaf-031a", VALUE, unseen="views", sources=["torch.clone docstring"])
def a_clone_has_its_own_memory(ag: Autograd) -> None:
    """A clone has the values of its original in memory of its own."""
    x = ag.tensor(2.0, requires_grad=True)
    copy = x.clone()

    expect(copy).equals(2.0)
    expect(copy).has_its_own_memory_apart_from(x)


@clause("leaf-031b", VALUE, sources=["torch.clone docstring"])
def a_gradient_passes_through_a_clone_unchanged(ag: Autograd) -> None:
    """The Jacobian of clone is the identity: the cotangent comes out as it went in."""
    y, (gradient,) = ag.vjp(lambda x: x.clone(), [[1.0, 2.0, 3.0]], [4.0, -5.0, 6.0])

    expect(y).equals([1.0, 2.0, 3.0])
    expect(gradient).equals([4.0, -5.0, 6.0])


@clause("leaf-041", CONVENTION, level=SHOULD, sources=["observed"])
def a_deep_copy_of_a_leaf_is_a_leaf_with_its_gradient(ag: Autograd) -> None:
    """A deep copy of a leaf is another leaf with the same value, flag and gradient."""
    x = ag.tensor(2.0, requires_grad=True)
    (x * 3.0).backward()
    copy = ag.deepcopy(x)

    expect(copy).is_another_object_than(x)
    expect(copy).equals(2.0)
    expect(copy.is_leaf).is_true()
    expect(copy.requires_grad).is_true()
    expect(copy.grad).equals(3.0)


@clause("leaf-041a", CONVENTION, level=SHOULD, sources=["observed"], builds_on=("leaf-041",))
def a_deep_copy_and_its_original_go_separate_ways(ag: Autograd) -> None:
    """A backward pass that reaches a leaf's deep copy adds to the copy's grad alone."""
    x = ag.tensor(2.0, requires_grad=True)
    (x * 3.0).backward()
    copy = ag.deepcopy(x)

    (copy * 5.0).backward()

    expect(copy.grad).equals(8.0)
    expect(x.grad).equals(3.0)


@clause(
    "leaf-041b",
    CONVENTION,
    level=SHOULD,
    unseen="views",
    sources=["observed"],
    builds_on=("leaf-041",),
)
def a_deep_copy_has_its_own_memory(ag: Autograd) -> None:
    """A deep copy of a leaf shares memory with it neither in its values nor in its gradient."""
    x = ag.tensor(2.0, requires_grad=True)
    (x * 3.0).backward()
    copy = ag.deepcopy(x)

    expect(copy).has_its_own_memory_apart_from(x)
    expect(copy.grad).has_its_own_memory_apart_from(x.grad)


@clause("leaf-042", CONVENTION, level=SHOULD, sources=["observed"])
def a_result_cannot_be_deep_copied(ag: Autograd) -> None:
    """Deep-copying a tensor that has a history is refused.

    A deep copy has to copy all that belongs to an object, and the history does; a second graph
    over the same leaves is what nobody who copies a model wants.
    """
    y = ag.tensor(2.0, requires_grad=True) * 3.0

    with ag.refuses("nonleaf-copy"):
        ag.deepcopy(y)


@clause("leaf-043", CONVENTION, level=MAY, sources=["observed"])
def a_pickled_result_comes_back_as_a_leaf(ag: Autograd) -> None:
    """A tensor that was pickled comes back as a leaf with its value and flag, without a history."""
    x = ag.tensor(2.0, requires_grad=True)
    back = ag.pickle_and_back(x * 3.0)

    expect(back.is_leaf).is_true()
    expect(back.requires_grad).is_true()
    (back * back).backward()
    expect(back.grad).equals(12.0)
    expect(x.grad).is_none()


@clause("leaf-045", VALUE, sources=["docs autograd § Variable (deprecated)"])
def the_old_constructor_variable_still_makes_a_leaf(ag: Autograd) -> None:
    """The deprecated constructor Variable makes a leaf of a tensor, and takes requires_grad."""
    x = ag.Variable(ag.tensor(2.0), requires_grad=True)

    expect(x.requires_grad).is_true()
    expect(x.is_leaf).is_true()
    (x * x).backward()
    expect(x.grad).equals(4.0)


@clause("leaf-045a", VALUE, sources=["docs autograd § Variable (deprecated)"])
def the_old_constructor_variable_makes_a_constant_by_default(ag: Autograd) -> None:
    """The deprecated constructor Variable makes a constant unless it is told otherwise."""
    x = ag.Variable(ag.tensor(2.0))

    expect(x.requires_grad).is_false()
    expect(x).equals(2.0)


@clause("leaf-046", SAFETY, sources=["torch.autograd.variable source"])
def the_old_function_variable_is_withdrawn(ag: Autograd) -> None:
    """The deprecated function autograd.variable refuses to work."""
    x = ag.tensor(2.0)

    with ag.refuses("deprecated"):
        ag.variable(x)
