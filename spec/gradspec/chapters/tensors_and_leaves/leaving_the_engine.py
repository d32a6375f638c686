"""Leaving the engine: values without history, numbers, arrays and text.

Recording stops where values leave the engine's hands.  NumPy and the host language's arithmetic
keep no record, so whatever they are given is a constant afterwards.  A single number is handed
out without ado, since one sees from the code that it is one.  An array is another matter: it may
share the tensor's memory and it answers to the same operators, so that a computation could leave
the graph, come back, and be missing a factor without a word.  Hence the conversion is refused
where there is a history to lose, and has to be asked for.

The attribute `data` is the oldest of these doors: the values as a plain tensor, in shared memory,
and unguarded, as the chapter on writing in place will tell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec import CONVENTION, MAY, SAFETY, SHOULD, VALUE, Autograd, Tensor, clause, expect

if TYPE_CHECKING:
    from collections.abc import Callable

DATA: Final = "docs autograd § Variable (deprecated)"
NUMPY: Final = "torch.Tensor.numpy docstring"


@clause("leaf-035b", CONVENTION, unseen="views", sources=[DATA])
def data_shares_memory_with_its_owner(ag: Autograd) -> None:
    """The data of a tensor is a tensor in the memory of its owner."""
    x = ag.tensor(1.5, requires_grad=True)
    data = x.data

    expect(data).is_another_object_than(x)
    expect(data).shares_memory_with(x)


@clause(
    "leaf-036",
    VALUE,
    sources=["observed"],
    over={"another_value": (2.0, 5.0), "another_shape": ([1.0, 2.0], [3.0, 4.0, 5.0])},
    stands_for={"leaf-036a": "another_shape"},
)
def assigning_data_swaps_the_value_of_a_leaf(ag: Autograd, row: tuple[Any, Any]) -> None:
    """Assigning {name} to the data of a leaf swaps its value, while it stays the same leaf.

    What is computed afterwards is differentiated at the new value.
    """
    before, after = row
    values = np.asarray(after)
    v = ag.random(*values.shape)
    x = ag.tensor(before, requires_grad=True)

    x.data = ag.tensor(after)

    expect(x).equals(after)
    (found,) = ag.grad(x * x, [x], ag.tensor(v))  # a stored gradient might have the old shape
    expect(found).is_close(2.0 * values * v)


@clause(
    "leaf-037",
    VALUE,
    sources=["torch.Tensor.item docstring", "T4 §7.3"],
    over={"item": (lambda y: y.item(), 2.5), "float": (float, 2.5), "int": (int, 2.0)},
    stands_for={"leaf-037a": "float int"},
)
def a_number_of_the_language_is_a_constant(
    ag: Autograd, row: tuple[Callable[[Tensor], Any], float]
) -> None:
    """The number that {name} gives of a tensor with one element is a constant of that value.

    With y = 2x the derivative of number * x is the number; through a history it would be 4x = 5.
    """
    take, value = row
    x = ag.tensor(1.25, requires_grad=True)
    number = take(x * 2.0)

    (x * number).backward()

    expect(x.grad).equals(value)


@clause("leaf-216", VALUE, sources=["torch.Tensor.item docstring"])
def item_is_the_value(ag: Autograd) -> None:
    """item() of a tensor with one element is its value as a plain number."""
    expect(ag.tensor(2.5).item()).equals(2.5)


@clause("leaf-037b", VALUE, sources=["torch.Tensor.tolist docstring"])
def tolist_gives_nested_lists_of_numbers(ag: Autograd) -> None:
    """tolist() of a tensor that requires grad gives its values as nested lists of plain numbers."""
    x = ag.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], requires_grad=True)

    expect(x.tolist()).equals([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])


@clause(
    "leaf-038",
    CONVENTION,
    sources=[NUMPY, "introyt autograd tutorial", "T2 §2.4.2"],
    over={"a_leaf": lambda x: x, "a_result": lambda x: x * 3.0},
    stands_for={"leaf-038a": "a_result"},
)
def a_tensor_that_requires_grad_does_not_become_an_array(
    ag: Autograd, make: Callable[[Tensor], Tensor]
) -> None:
    """While operations are recorded, {name} that requires grad does not become a NumPy array.

    Remedy: ask for x.detach().numpy(), or ask inside no_grad.
    """
    y = make(ag.tensor(2.0, requires_grad=True))

    with ag.refuses("array-requires-grad"):
        y.numpy()


@clause(
    "leaf-038b",
    VALUE,
    unseen="constants",
    sources=[NUMPY],
    over={
        "a_constant": lambda ag: (ag.tensor([1.0, 2.0]) * 3.0).numpy(),
        "a_leaf_by_force": lambda ag: ag.tensor([3.0, 6.0], requires_grad=True).numpy(force=True),
        "a_result_by_force": lambda ag: (ag.tensor([1.0, 2.0], requires_grad=True) * 3.0).numpy(
            force=True
        ),
    },
    stands_for={"leaf-039": "a_leaf_by_force a_result_by_force"},
)
def an_array_has_the_values_of_its_tensor(ag: Autograd, convert: Callable[[Autograd], Any]) -> None:
    """Converting {name} to a NumPy array gives the values of the tensor."""
    expect(convert(ag)).equals([3.0, 6.0])


@clause("leaf-040", CONVENTION, sources=[NUMPY, "T2 §2.4.2"])
def the_array_of_a_detached_tensor_is_a_window_on_it(ag: Autograd) -> None:
    """The array from detach().numpy() shares memory with the tensor: writing to it changes both."""
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    array = x.detach().numpy()

    array[0] = 7.0

    expect(x).equals([7.0, 2.0])


@clause("leaf-221", CONVENTION, level=MAY, sources=["observed"])
def where_nothing_is_recorded_a_leaf_becomes_an_array(ag: Autograd) -> None:
    """In no_grad numpy() of a leaf that requires grad is a window on it, and is not refused."""
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    with ag.no_grad():
        array = x.numpy()

    array[0] = 7.0

    expect(x).equals([7.0, 2.0])


SHOWN: Final = ("requires_grad=True", "grad_fn")


@clause(
    "leaf-044",
    CONVENTION,
    unseen="constants",
    level=SHOULD,
    sources=["blitz autograd tutorial", "T1 §2.1.4"],
    over={
        "a_leaf": (lambda ag: ag.tensor(2.0, requires_grad=True), "requires_grad=True"),
        "a_result": (lambda ag: ag.tensor(2.0, requires_grad=True) * 3.0, "grad_fn"),
        "a_constant": (lambda ag: ag.tensor(2.0), ""),
    },
)
def printing_tells_a_leaf_from_a_result_and_a_constant(
    ag: Autograd, row: tuple[Callable[[Autograd], Tensor], str]
) -> None:
    """The printed text of {name} shows what kind of tensor it is.

    It is requires_grad=True on a leaf that requires grad, grad_fn on a result, and neither on a
    constant.
    """
    make, shown = row
    text = ag.repr(make(ag))

    for mark in SHOWN:
        if mark == shown:
            expect(text).contains(mark)
        else:
            expect(text).lacks(mark)


@clause(
    "leaf-044a",
    CONVENTION,
    level=SHOULD,
    sources=["blitz autograd tutorial", "T1 §2.1.4"],
)
def printing_a_result_names_its_node(ag: Autograd) -> None:
    """The printed text of a result contains the name of its node, which says Mul for a product."""
    y = ag.tensor(2.0, requires_grad=True) * 3.0

    expect(ag.repr(y)).contains("Mul")
    expect(ag.repr(y)).contains(y.grad_fn.name())


PRINTING: Final[dict[str, Any]] = {
    "repr": lambda ag, x: ag.repr(x),
    "format": lambda ag, x: ag.format(x),
}


@clause("leaf-055", SAFETY, level=SHOULD, sources=["observed"], over=PRINTING)
def printing_changes_nothing(ag: Autograd, show: Callable[[Autograd, Tensor], Any]) -> None:
    """Showing a tensor by {name} leaves its flag and its graph alone."""
    x = ag.tensor(2.0, requires_grad=True)
    y = x * 3.0

    for one in (x, y):
        show(ag, one)

    expect(x.requires_grad).is_true()
    (y * x).backward()
    expect(x.grad).equals(12.0)


@clause("leaf-218", SAFETY, level=SHOULD, sources=["observed"], over=PRINTING)
def printing_leaves_the_gradient(ag: Autograd, show: Callable[[Autograd, Tensor], Any]) -> None:
    """Showing a leaf by {name} leaves its gradient alone."""
    x = ag.tensor(2.0, requires_grad=True)
    (x * 3.0).backward()

    show(ag, x)

    expect(x.grad).equals(3.0)


@clause("leaf-214", CONVENTION, level=SHOULD, sources=["observed"])
def a_formatted_scalar_is_its_number(ag: Autograd) -> None:
    """In a formatted string a tensor without dimensions is its number, whatever its history."""
    loss = ag.tensor(2.0, requires_grad=True) * 3.0

    expect(ag.format(loss)).equals("6.0")
