"""New tensors from old ones, with their history or without it.

A tensor can be handed to whatever makes tensors, and each maker has its own answer.  Some take the
values and nothing else (`torch.tensor`, `new_tensor`); some hand back the tensor that they were
given, history and all (`as_tensor`, `asarray`); `clone` is an operation like any other, so its
result is joined to the original by the graph.  Copies that leave the running program, by deep
copying or pickling, concern a leaf with its gradient, and cannot take a graph along.

In the notation `ag.tensor_from(y)` is `torch.tensor(y)` with a tensor for an argument.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gradspec import CONVENTION, MAY, SAFETY, SHOULD, VALUE, Autograd, Tensor, clause, expect

if TYPE_CHECKING:
    from collections.abc import Callable

    Make = Callable[[Autograd, Tensor], Any]

COPIES: Final[dict[str, Make]] = {
    "tensor": lambda ag, y: ag.tensor_from(y),
    "new_tensor": lambda _, y: y.new_tensor(y),
}
"""What copies the values of a tensor and nothing else."""

CUTS: Final[dict[str, Make]] = {
    **COPIES,
    "asarray": lambda ag, y: ag.asarray(y, requires_grad=False),
    "data": lambda _, y: y.data,
    "detach": lambda _, y: y.detach(),
}
"""What makes of a tensor one without its history."""

TAKING: Final[dict[str, Make]] = {
    **CUTS,
    "item": lambda _, y: y.item(),
    "float": lambda _, y: float(y),
    "int": lambda _, y: int(y),
    "tolist": lambda _, y: y.tolist(),
    "numpy": lambda _, y: y.numpy(),
    "numpy_by_force": lambda _, y: y.numpy(force=True),
    "deepcopy": lambda ag, y: ag.deepcopy(y),
    "pickle": lambda ag, y: ag.pickle_and_back(y),
}
"""What takes the value out of a tensor."""


@clause(
    "leaf-212",
    SAFETY,
    sources=[
        "torch.asarray docstring",
        "torch.Tensor.item docstring",
        "torch.Tensor.numpy docstring",
    ],
    over=TAKING,
    stands_for={
        "leaf-030": "asarray",
        "leaf-035a": "data",
        "leaf-037": "item",
        "leaf-037b": "tolist",
        "leaf-039": "numpy_by_force",
        "det-003": "detach",
    },
)
def a_result_whose_value_is_taken_keeps_its_history(ag: Autograd, take: Make) -> None:
    """Taking the value of a result by {name}, refused or not, leaves the result its history.

    An engine that detaches the tensor itself, and not what it makes of it, loses a summand.
    """
    x = ag.tensor(1.5, requires_grad=True)
    y = x * 2.0

    with ag.attempt():
        take(ag, y)

    (y * 3.0).backward()
    expect(x.grad).equals(6.0)


@clause(
    "leaf-028",
    CONVENTION,
    sources=[
        "torch.tensor docstring",
        "torch.asarray docstring",
        "docs autograd § Variable (deprecated)",
    ],
    over=CUTS,
    stands_for={"leaf-028b": "new_tensor", "leaf-030": "asarray", "leaf-035": "data"},
)
def a_tensor_made_from_a_tensor_has_no_history(ag: Autograd, make: Make) -> None:
    """What {name} makes of a result is its value without its history.

    With y = 2x the derivative of made * x is the value of what was made, 3; an engine that took the
    history along would have 4x = 6.
    """
    x = ag.tensor(1.5, requires_grad=True)
    y = x * 2.0

    (make(ag, y) * x).backward()

    expect(x.grad).equals(3.0)


@clause(
    "leaf-213",
    VALUE,
    sources=["torch.as_tensor docstring", "torch.asarray docstring", "torch.clone docstring"],
    over={
        "as_tensor": lambda ag, y: ag.as_tensor(y),
        "asarray": lambda ag, y: ag.asarray(y, requires_grad=True),
        "clone": lambda _, y: y.clone(),
        "to": lambda _, y: y.to("float32").to("float64"),
    },
    stands_for={
        "leaf-011": "to",
        "leaf-029": "as_tensor",
        "leaf-029a": "asarray",
        "leaf-031": "clone",
    },
)
def a_tensor_made_from_a_tensor_keeps_its_history(ag: Autograd, make: Make) -> None:
    """What {name} makes of a tensor has its value and its history.

    With y = 2x the derivative of made * x is 4x = 6; if the history were lost it would be 3.
    """
    x = ag.tensor(1.5, requires_grad=True)
    y = x * 2.0

    (make(ag, y) * x).backward()

    expect(x.grad).equals(6.0)


@clause(
    "leaf-028c",
    CONVENTION,
    unseen="views",
    sources=[
        "torch.tensor docstring",
        "torch.Tensor.new_tensor docstring",
        "torch.clone docstring",
    ],
    over={**COPIES, "clone": lambda _, y: y.clone()},
    stands_for={"leaf-031a": "clone"},
)
def a_copy_has_its_own_memory(ag: Autograd, make: Make) -> None:
    """What {name} makes of a tensor lies in memory of its own."""
    x = ag.tensor(1.5, requires_grad=True)

    expect(make(ag, x)).has_its_own_memory_apart_from(x)


@clause("leaf-028d", CONVENTION, level=MAY, sources=["observed"], over=COPIES)
def making_a_tensor_from_a_tensor_warns(ag: Autograd, make: Make) -> None:
    """To copy the values of a tensor by {name} warns.

    Losing the history is rarely meant; who means it can say so with detach and clone.
    """
    x = ag.tensor(1.5)

    with ag.warns():
        make(ag, x)


@clause(
    "leaf-035a",
    CONVENTION,
    sources=["docs autograd § Variable (deprecated)", "torch.asarray docstring"],
    over={name: CUTS[name] for name in ("asarray", "data", "detach")},
    stands_for={"leaf-030": "asarray"},
)
def a_tensor_without_history_does_not_require_grad(ag: Autograd, make: Make) -> None:
    """What {name} makes of a result that requires grad does not require grad."""
    y = ag.tensor(1.5, requires_grad=True) * 2.0

    expect(make(ag, y).requires_grad).is_false()


@clause("leaf-029", CONVENTION, sources=["torch.as_tensor docstring"])
def as_tensor_hands_back_the_tensor(ag: Autograd) -> None:
    """as_tensor of a tensor that needs no conversion is that tensor."""
    y = ag.tensor(1.5, requires_grad=True) * 2.0

    expect(ag.as_tensor(y)).is_same_object_as(y)


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


@clause("leaf-041a", SAFETY, level=SHOULD, sources=["observed"])
def a_deep_copy_and_its_original_go_separate_ways(ag: Autograd) -> None:
    """A backward pass that reaches a leaf's deep copy leaves the grad of the original alone."""
    x = ag.tensor(2.0, requires_grad=True)
    (x * 3.0).backward()
    copy = ag.deepcopy(x)

    (copy * 5.0).backward()

    expect(x.grad).equals(3.0)


@clause(
    "leaf-041b",
    CONVENTION,
    level=SHOULD,
    unseen="views",
    sources=["observed"],
)
def a_deep_copy_has_its_own_memory(ag: Autograd) -> None:
    """A deep copy of a leaf shares memory with it neither in its values nor in its gradient."""
    x = ag.tensor(2.0, requires_grad=True)
    (x * 3.0).backward()
    copy = ag.deepcopy(x)

    expect(copy).has_its_own_memory_apart_from(x)
    expect(copy.grad).has_its_own_memory_apart_from(x.grad)


@clause("leaf-215", CONVENTION, level=SHOULD, sources=["observed"])
def a_deep_copy_of_a_structure_keeps_what_belongs_together(ag: Autograd) -> None:
    """In a deep copy of a structure that holds a leaf and its gradient, these belong together."""
    x = ag.tensor(2.0, requires_grad=True)
    (x * 3.0).backward()
    copy, gradient = ag.deepcopy([x, x.grad])

    expect(copy.grad).is_same_object_as(gradient)


@clause("leaf-222", CONVENTION, level=MAY, unseen="views", sources=["observed"])
def a_deep_copy_of_a_structure_keeps_what_shares_memory(ag: Autograd) -> None:
    """In a deep copy of a structure that holds a tensor and its data, both share memory."""
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    copy, data = ag.deepcopy([x, x.data])

    expect(data).shares_memory_with(copy)


@clause("leaf-042", CONVENTION, level=SHOULD, sources=["observed"])
def a_result_cannot_be_deep_copied(ag: Autograd) -> None:
    """Deep-copying a tensor that has a history is refused.

    A deep copy has to copy all that belongs to an object, and the history does; a second graph
    over the same leaves is what nobody who copies a model wants.

    Remedy: copy what detach() gives, or use clone() to stay in the graph.
    """
    y = ag.tensor(2.0, requires_grad=True) * 3.0

    with ag.refuses("nonleaf-copy"):
        ag.deepcopy(y)


@clause(
    "leaf-043",
    CONVENTION,
    level=MAY,
    sources=["observed"],
    over={"a_leaf": (lambda x: x, 4.0), "a_result": (lambda x: x * 3.0, 12.0)},
)
def a_pickled_tensor_comes_back_as_a_leaf(
    ag: Autograd, row: tuple[Callable[[Tensor], Tensor], float]
) -> None:
    """After it was pickled, {name} comes back as a leaf with its value and flag, and no history."""
    make, gradient = row
    x = ag.tensor(2.0, requires_grad=True)
    back = ag.pickle_and_back(make(x))

    expect(back.is_leaf).is_true()
    expect(back.requires_grad).is_true()
    (back * back).backward()
    expect(back.grad).equals(gradient)
    expect(x.grad).is_none_or_zero()


@clause("leaf-046", CONVENTION, sources=["torch.autograd.variable source"])
def the_old_function_variable_is_withdrawn(ag: Autograd) -> None:
    """The deprecated function autograd.variable refuses to work.

    Remedy: make a tensor and say requires_grad=True: tensors are variables themselves.
    """
    x = ag.tensor(2.0)

    with ag.refuses("deprecated"):
        ag.variable(x)
