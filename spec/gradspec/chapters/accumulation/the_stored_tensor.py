"""The stored tensor: what kind of object grad is.

The gradient is kept in a tensor, and one may ask of it what one asks of any tensor: is it the same
one as before, whose memory does it use, does it require grad?  The answers follow from its being a
running total.  A total is updated where it stands, so that whoever holds it sees it grow, an
optimiser for instance.  It belongs to one leaf, and changing it changes nothing else: that is
easily lost, because many derivative rules just pass their gradient on, and the tensor that arrives
at one leaf may be the very tensor that arrives at another.  And it is a number and no function of
anything, unless the pass was asked to record itself.
"""

from __future__ import annotations

from typing import Any

from gradspec import CONVENTION, MAY, SAFETY, SHOULD, VALUE, Autograd, clause, expect

LAYOUTS = "docs autograd § Default gradient layouts"


@clause("acc-009", CONVENTION, sources=[LAYOUTS], builds_on=("acc-001",))
def the_total_is_updated_where_it_stands(ag: Autograd) -> None:
    """A pass without create_graph adds in place: grad stays the same tensor, with a new value.

    tinygrad#13674 put a new tensor in its place, and what had been captured before was lost.
    """
    x = ag.tensor(2.0, requires_grad=True)
    (x * 2.0).backward()
    held = x.grad
    (x * 3.0).backward()

    expect(x.grad).is_same_object_as(held)
    expect(held).equals(5.0)


@clause(
    "acc-009a",
    SAFETY,
    unseen="versions",
    sources=["notes/autograd § In-place correctness checks"],
)
def a_later_pass_is_not_taken_for_the_old_total(ag: Autograd) -> None:
    """What was computed from a grad is refused after a later pass, or has the derivative of before.

    pytorch#178315: gradients that were changed between their production and their use.
    """
    x = ag.tensor(2.0, requires_grad=True)
    w = ag.tensor(5.0, requires_grad=True)
    (x * x).backward()
    penalty = w * x.grad
    (x * x).backward()

    with ag.attempt() as backward:
        penalty.backward()
    with backward.granted():
        expect(w.grad).equals(4.0)


@clause(
    "acc-010",
    CONVENTION,
    sources=["docs autograd § Manual gradient layouts"],
    builds_on=("acc-001",),
)
def a_gradient_that_the_user_assigned_is_added_to_in_place(ag: Autograd) -> None:
    """A pass without create_graph adds in place to the tensor that the user assigned to grad."""
    x = ag.tensor(2.0, requires_grad=True)
    own = ag.tensor(1.0)
    x.grad = own
    (x * 3.0).backward()

    expect(x.grad).is_same_object_as(own)
    expect(own).equals(4.0)


@clause("acc-011", CONVENTION, sources=[LAYOUTS], builds_on=("acc-001",))
def with_create_graph_the_total_is_a_new_tensor(ag: Autograd) -> None:
    """A pass with create_graph puts a new tensor, which holds the sum, in the place of grad.

    The old total may be part of a graph by then, and so it keeps its value.
    """
    x = ag.tensor(2.0, requires_grad=True)
    (x * x * x).backward(create_graph=True)
    held = x.grad
    (x * x).backward(create_graph=True)

    expect(x.grad).is_another_object_than(held)
    expect(held).equals(12.0)
    expect(x.grad).equals(16.0)


@clause(
    "acc-012", CONVENTION, sources=["torch.autograd.backward docstring"], builds_on=("acc-001",)
)
def a_stored_gradient_is_a_constant(ag: Autograd) -> None:
    """A grad that came of passes without create_graph alone is a constant for what is computed
    from it, after the first pass and after a second.

    candle#1243 kept the graph of every gradient.
    """
    x = ag.tensor(3.0, requires_grad=True)
    w = ag.tensor(5.0, requires_grad=True)
    for total in (6.0, 12.0):
        (x * x).backward()
        (w * x.grad).backward()
        expect(x.grad).equals(total)


@clause(
    "acc-012a", CONVENTION, sources=["torch.autograd.backward docstring"], builds_on=("acc-012",)
)
def a_stored_gradient_has_no_history(ag: Autograd) -> None:
    """A grad that came of passes without create_graph alone has no grad_fn."""
    x = ag.tensor(3.0, requires_grad=True)
    for _ in range(2):
        (x * x).backward()
        expect(x.grad.grad_fn).has_structure(None)


@clause(
    "acc-012b", CONVENTION, sources=["torch.autograd.backward docstring"], builds_on=("acc-001",)
)
def with_create_graph_the_stored_total_is_a_function(ag: Autograd) -> None:
    """After passes with create_graph, a grad that varies with its leaf has the sum's derivative.

    The gradient of a linear function does not vary, and is a constant under create_graph, too.
    oneflow#8248: the gradient of a leaf came out without its graph.
    """
    x = ag.tensor(2.0, requires_grad=True)
    (x * x * x).backward(create_graph=True)
    (x * x).backward(create_graph=True)

    (second,) = ag.grad(x.grad, [x])
    expect(second).equals(14.0)


@clause(
    "acc-206",
    CONVENTION,
    sources=["torch.autograd.backward docstring"],
    builds_on=("acc-012", "acc-012b"),
)
def a_constant_is_added_to_a_function(ag: Autograd) -> None:
    """A pass without create_graph that adds to a grad with a history leaves it the history."""
    x = ag.tensor(2.0, requires_grad=True)
    (x * x * x).backward(create_graph=True)
    (x * x).backward()

    (second,) = ag.grad(x.grad, [x])
    expect(second).equals(12.0)


@clause("acc-019", VALUE, sources=["observed"])
def each_leaf_has_a_total_of_its_own(ag: Autograd) -> None:
    """A pass that adds to the grad of one argument of a sum leaves that of the other as it was.

    The two gradients of x + y are the same number, and both are the gradient of the sum itself.
    oneflow#8248 stored one tensor for both leaves, and adding to the one added to the other.
    """
    x = ag.tensor(2.0, requires_grad=True)
    y = ag.tensor(1.0, requires_grad=True)
    (x + y).backward()
    (x * 3.0).backward()

    expect(y.grad).equals(1.0)


@clause("acc-019a", SAFETY, sources=["observed"])
def zeroing_one_gradient_leaves_the_others_alone(ag: Autograd) -> None:
    """A gradient that is zeroed in place leaves that of the other argument of a sum as it was."""
    x = ag.tensor(2.0, requires_grad=True)
    y = ag.tensor(1.0, requires_grad=True)
    (x + y).backward()
    x.grad.zero_()

    expect(x.grad).equals(0.0)
    expect(y.grad).equals(1.0)


IN_EITHER_ORDER: dict[str, Any] = {
    "first": lambda x, y: (x + y) + x * 5.0 + y * 7.0,
    "last": lambda x, y: x * 5.0 + y * 7.0 + (x + y),
}


@clause("acc-019b", VALUE, over=IN_EITHER_ORDER, sources=["observed"])
def gradients_on_their_way_do_not_share_a_total(ag: Autograd, f: Any) -> None:
    """A contribution that is added to one gradient during a pass is not added to another's (the sum
    that both come from is recorded {name}).

    The sum passes one gradient on to both of its arguments, of which each is used once more.
    AiDotNet.Tensors#935 made that gradient the running total of the first.  It shows if the sum is
    the first to deliver; so it is the oldest operation in one row, the latest in the other.
    """
    _, (for_x, for_y) = ag.vjp(f, [2.0, 1.0])

    expect(for_x).equals(6.0)
    expect(for_y).equals(8.0)


@clause("acc-019c", SAFETY, sources=["observed"])
def the_entries_of_a_gradient_have_memory_of_their_own(ag: Autograd) -> None:
    """A write to one entry of a stored gradient changes no other entry.

    The gradient of a sum is one number, repeated, and it is tempting to store it once and show it
    everywhere.  In pytorch#25814 a stored gradient was a view, and could not be zeroed.
    """
    x = ag.tensor([1.0, 2.0, 3.0], requires_grad=True)
    x.sum().backward()
    gradient = x.grad
    expect(gradient).equals([1.0, 1.0, 1.0])
    gradient[1] = 5.0

    expect(x.grad).equals([1.0, 5.0, 1.0])


@clause("acc-024", CONVENTION, sources=["torch.Tensor.grad_dtype docstring"])
def the_total_has_the_data_type_of_the_leaf(ag: Autograd) -> None:
    """The grad of a leaf has the leaf's data type, whatever the data type of the computation."""
    x = ag.tensor(1.5, dtype="float32", requires_grad=True)
    wide = ag.tensor(3.0, dtype="float64")
    for _ in range(2):
        (x * wide).backward()
        expect(x.grad).has_dtype("float32")


@clause(
    "acc-024a", CONVENTION, sources=["torch.Tensor.grad_dtype docstring"], builds_on=("acc-001",)
)
def a_gradient_is_cast_before_it_is_added(ag: Autograd) -> None:
    """A gradient that arrives in another data type than the leaf's grad_dtype is cast, then added.

    The second pass adds 2⁻³⁰ to 1, which float64 can hold and float32 cannot.
    """
    x = ag.tensor(1.0, dtype="float32", requires_grad=True)
    x.grad_dtype = "float64"

    (x * 1.0).backward()
    expect(x.grad).has_dtype("float64")
    (x * 2.0**-30).backward()
    expect(x.grad).has_dtype("float64")
    expect(x.grad).equals(1.0 + 2.0**-30)


@clause("acc-024b", VALUE, sources=["torch.Tensor.grad docstring", "chain rule"])
def the_total_has_the_shape_of_the_leaf(ag: Autograd) -> None:
    """The grad of a leaf has the leaf's shape, whatever shape the leaf was broadcast to.

    rust-autograd#38: the gradient of a number that multiplies a vector came out as a vector.
    """
    x = ag.tensor(2.0, requires_grad=True)
    row = ag.tensor([[1.0, 2.0, 3.0]], requires_grad=True)
    (x * row).sum().backward()
    (row * ag.tensor([[1.0], [2.0]])).sum().backward()

    expect(x.grad).has_shape()
    expect(row.grad).has_shape(1, 3)


WHOLE_OR_PART: dict[str, Any] = {
    "a_tensor": lambda ag: ag.tensor([3.0, 5.0]),
    "a_part_of_a_tensor": lambda ag: ag.tensor([3.0, 5.0, 7.0])[0:2],
}


@clause("acc-018b", CONVENTION, level=SHOULD, over=WHOLE_OR_PART, sources=["observed"])
def a_cotangent_given_to_a_leaf_is_copied(ag: Autograd, make: Any) -> None:
    """The cotangent of a leaf itself, {name}, is copied, not made the leaf's running total.

    The second pass adds to grad, and the caller's tensor must not change along with it.
    """
    x = ag.tensor([2.0, 1.0], requires_grad=True)
    v = make(ag)
    x.backward(v)
    x.backward(v)

    expect(v).equals([3.0, 5.0])


@clause("acc-018", CONVENTION, level=MAY, unseen="views", sources=["observed", LAYOUTS])
def a_cotangent_that_was_only_reshaped_is_not_copied(ag: Autograd) -> None:
    """A cotangent that was only reshaped on its way to a leaf without grad becomes grad, uncopied.

    torch copies an arriving gradient if somebody else holds it, or if it is laid out otherwise than
    the leaf, as after a transposition.  The caller's tensor is held by the caller, but a view of
    it, which is what arrives, is not.
    """
    x = ag.tensor([2.0, 3.0], requires_grad=True)
    v = ag.tensor(ag.random(2))
    x.view(2).backward(v)

    expect(x.grad).shares_memory_with(v)


@clause(
    "acc-018a",
    CONVENTION,
    level=MAY,
    unseen="gradient_tensors shares_memory views",
    sources=["observed"],
    builds_on=("acc-001", "acc-018"),
)
def a_later_pass_writes_into_a_cotangent_that_was_not_copied(ag: Autograd) -> None:
    """A cotangent that became grad uncopied is changed by the next pass, which adds in place."""
    first, second = ag.random(2), ag.random(2)
    x = ag.tensor([2.0, 3.0], requires_grad=True)
    v = ag.tensor(first)
    x.view(2).backward(v)
    (x * 3.0).backward(ag.tensor(second))

    expect(v).is_close(first + 3.0 * second)


@clause("acc-203", CONVENTION, level=MAY, unseen="views", sources=["observed"])
def what_is_only_reshaped_is_shared(ag: Autograd) -> None:
    """Leaves that are only reshaped on the way to a sum share the memory of a first gradient.

    What the sum passes on to both is one tensor, and each leaf receives a view of it, which nobody
    else holds and torch does not copy.  To change the one is to change the other.
    """
    x = ag.tensor(ag.random(2), requires_grad=True)
    y = ag.tensor(ag.random(2), requires_grad=True)
    ((x.view(2, 1) + y.view(2, 1)) * ag.tensor(ag.random(2, 1))).sum().backward()

    expect(x.grad).shares_memory_with(y.grad)


@clause("acc-204", SAFETY, unseen="views", sources=["observed"])
def entries_with_one_address_are_not_added_up(ag: Autograd) -> None:
    """Where entries of the grad share an address, a pass is refused and leaves the grad as it was,
    or adds to each entry its own.
    """
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    x.grad = ag.tensor(0.0).expand(2)
    with ag.attempt() as backward:
        (x * x).sum().backward()

    with backward.granted():
        expect(x.grad).equals([2.0, 4.0])
    with backward.denied():
        expect(x.grad).equals([0.0, 0.0])
