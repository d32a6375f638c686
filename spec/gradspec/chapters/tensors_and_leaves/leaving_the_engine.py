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

from gradspec import CONVENTION, SAFETY, SHOULD, VALUE, Autograd, clause, expect


@clause("leaf-035", VALUE, sources=["docs autograd § Variable (deprecated)", "T4 §7.3"])
def data_has_no_history(ag: Autograd) -> None:
    """The data of a tensor is its value without its history.

    With y = 2x the derivative of y.data * x is the value of y, 3; through the history it would
    be 4x = 6.
    """
    x = ag.tensor(1.5, requires_grad=True)
    y = x * 2.0

    (y.data * x).backward()

    expect(x.grad).equals(3.0)


@clause("leaf-035a", VALUE, sources=["docs autograd § Variable (deprecated)"])
def data_does_not_require_grad(ag: Autograd) -> None:
    """The data of a tensor does not require grad, and the tensor itself is left as it was."""
    x = ag.tensor(1.5, requires_grad=True)

    expect(x.data.requires_grad).is_false()
    expect(x.requires_grad).is_true()


@clause("leaf-035b", VALUE, unseen="views", sources=["docs autograd § Variable (deprecated)"])
def data_shares_memory_with_its_owner(ag: Autograd) -> None:
    """The data of a tensor is a tensor in the memory of its owner."""
    x = ag.tensor(1.5, requires_grad=True)
    data = x.data

    expect(data).equals(1.5)
    expect(data).is_another_object_than(x)
    expect(data).shares_memory_with(x)


@clause("leaf-036", VALUE, sources=["observed"])
def assigning_data_swaps_the_value_of_a_leaf(ag: Autograd) -> None:
    """Assigning to the data of a leaf swaps its value, while it stays the same leaf.

    The flag stays, and what is computed afterwards is differentiated at the new value.
    """
    x = ag.tensor(2.0, requires_grad=True)

    x.data = ag.tensor(5.0)

    expect(x).equals(5.0)
    expect(x.requires_grad).is_true()
    expect(x.is_leaf).is_true()
    (x * x).backward()
    expect(x.grad).equals(10.0)


@clause("leaf-036a", VALUE, sources=["observed"])
def assigning_data_may_change_the_shape_of_a_leaf(ag: Autograd) -> None:
    """Values of another shape can be assigned to data; the leaf and its gradient then have it."""
    x = ag.tensor([1.0, 2.0], requires_grad=True)

    x.data = ag.tensor([3.0, 4.0, 5.0])

    expect(x).equals([3.0, 4.0, 5.0])
    (x * x).backward(ag.tensor([1.0, -2.0, 3.0]))
    expect(x.grad).equals([6.0, -16.0, 30.0])


@clause("leaf-036b", SAFETY, sources=["observed"], builds_on=("leaf-036",))
def data_of_a_variable_is_floating_point(ag: Autograd) -> None:
    """Assigning integers to the data of a leaf that requires grad is refused; the leaf stays whole.

    Let through, it makes a variable of a type that has no derivative (pytorch#76008).
    """
    x = ag.tensor(2.0, requires_grad=True)
    whole = ag.tensor(5, dtype="int64")

    with ag.refuses("nonfloat-requires-grad"):
        x.data = whole
    expect(x).equals(2.0)
    expect(x.requires_grad).is_true()


@clause("leaf-037", VALUE, sources=["torch.Tensor.item docstring", "T4 §7.3"])
def item_gives_a_number_that_is_a_constant(ag: Autograd) -> None:
    """item() of a tensor with one element is its value as a plain number, which has no history.

    With y = 2x the derivative of y.item() * x + y is the number and 2, which is 4.5; through the
    history of the number it would be 4x + 2 = 7.  The tensor keeps its history: without it the
    summand y would be missing.
    """
    x = ag.tensor(1.25, requires_grad=True)
    y = x * 2.0
    number = y.item()

    expect(number).equals(2.5)
    (x * number + y).backward()
    expect(x.grad).equals(4.5)


@clause("leaf-037a", VALUE, sources=["torch.Tensor.item docstring", "T4 §7.3"])
def a_conversion_to_a_number_of_the_language_is_not_recorded(ag: Autograd) -> None:
    """float() and int() of a tensor with one element give constants of the host language."""
    x = ag.tensor(2.25, requires_grad=True)
    y = x * 2.0

    (x * float(y) + x * int(x)).backward()

    expect(x.grad).equals(6.5)


@clause("leaf-037b", VALUE, sources=["torch.Tensor.tolist docstring"])
def tolist_gives_nested_lists_of_numbers(ag: Autograd) -> None:
    """tolist() of a tensor that requires grad gives its values as nested lists of plain numbers."""
    x = ag.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], requires_grad=True)

    expect(x.tolist()).equals([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    expect(x.requires_grad).is_true()


@clause(
    "leaf-038",
    SAFETY,
    sources=["torch.Tensor.numpy docstring", "introyt autograd tutorial", "T2 §2.4.2"],
)
def a_leaf_that_requires_grad_does_not_become_an_array(ag: Autograd) -> None:
    """Converting a leaf that requires grad to a NumPy array is refused."""
    x = ag.tensor(2.0, requires_grad=True)

    with ag.refuses("array-requires-grad"):
        x.numpy()


@clause("leaf-038a", SAFETY, sources=["torch.Tensor.numpy docstring", "T2 §2.4.2"])
def a_result_that_requires_grad_does_not_become_an_array(ag: Autograd) -> None:
    """Converting a tensor that has a history to a NumPy array is refused."""
    y = ag.tensor(2.0, requires_grad=True) * 3.0

    with ag.refuses("array-requires-grad"):
        y.numpy()


@clause("leaf-038b", VALUE, sources=["torch.Tensor.numpy docstring"])
def a_constant_becomes_an_array(ag: Autograd) -> None:
    """Converting a tensor that does not require grad to a NumPy array gives its values."""
    c = ag.tensor([1.0, 2.0]) * 3.0

    expect(c.numpy()).equals([3.0, 6.0])


@clause("leaf-039", VALUE, sources=["torch.Tensor.numpy docstring"])
def a_tensor_that_requires_grad_becomes_an_array_by_force(ag: Autograd) -> None:
    """numpy(force=True) gives the values of a tensor that requires grad, which it stays."""
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    y = x * 3.0

    expect(x.numpy(force=True)).equals([1.0, 2.0])
    expect(y.numpy(force=True)).equals([3.0, 6.0])
    expect(x.requires_grad).is_true()
    expect(y.requires_grad).is_true()


@clause("leaf-040", VALUE, sources=["torch.Tensor.numpy docstring", "T2 §2.4.2"])
def the_array_of_a_detached_tensor_is_a_window_on_it(ag: Autograd) -> None:
    """The array from detach().numpy() shares memory with the tensor: writing to it changes both."""
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    array = x.detach().numpy()

    array[0] = 7.0

    expect(x).equals([7.0, 2.0])


@clause("leaf-044", CONVENTION, level=SHOULD, sources=["blitz autograd tutorial", "T1 §2.1.4"])
def printing_tells_a_leaf_from_a_result_and_a_constant(ag: Autograd) -> None:
    """The printed text shows requires_grad=True on a leaf that requires grad, grad_fn on a result.

    Each shows the one and not the other, and a constant shows neither.
    """
    leaf = ag.tensor(2.0, requires_grad=True)
    result = leaf * 3.0
    constant = ag.tensor(2.0)

    expect(ag.repr(leaf)).contains("requires_grad=True")
    expect(ag.repr(leaf)).lacks("grad_fn")
    expect(ag.repr(result)).contains("grad_fn")
    expect(ag.repr(result)).lacks("requires_grad")
    expect(ag.repr(constant)).lacks("requires_grad")
    expect(ag.repr(constant)).lacks("grad_fn")


@clause(
    "leaf-044a",
    CONVENTION,
    level=SHOULD,
    sources=["blitz autograd tutorial", "T1 §2.1.4"],
    builds_on=("leaf-044",),
)
def printing_a_result_names_its_node(ag: Autograd) -> None:
    """The printed text of a result contains the name of its node, which says Mul for a product."""
    y = ag.tensor(2.0, requires_grad=True) * 3.0

    expect(ag.repr(y)).contains("Mul")
    expect(ag.repr(y)).contains(y.grad_fn.name())


@clause("leaf-055", CONVENTION, level=SHOULD, sources=["observed"])
def printing_changes_nothing(ag: Autograd) -> None:
    """Printing or formatting a tensor leaves its flag, its graph and its gradient alone."""
    x = ag.tensor(2.0, requires_grad=True)
    y = x * 3.0

    expect(ag.repr(x)).contains("2.")
    expect(ag.format(y)).contains("6.")

    expect(x.requires_grad).is_true()
    expect(x.grad).is_none()
    (y * x).backward()
    expect(x.grad).equals(12.0)
    expect(ag.repr(x)).contains("2.")
    expect(x.grad).equals(12.0)
