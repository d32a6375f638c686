"""The attribute `grad`: where a backward pass puts what it found.

Every tensor has the attribute.  It is None until there is something to say, and None is not
zero: zero says that the derivative was computed and vanishes, None says that nobody computed
one.  An optimiser relies on the difference, for a step along a zero gradient may still move a
parameter (by weight decay, by momentum) where a missing gradient moves nothing.

A gradient pairs with its tensor entry by entry, since entry i is the derivative with respect to
entry i.  It follows that it has the tensor's shape.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gradspec import CONVENTION, SHOULD, VALUE, Autograd, Tensor, clause, expect

if TYPE_CHECKING:
    from collections.abc import Callable

GRAD: Final = "torch.Tensor.grad docstring"
SETTING: Final = "notes/autograd § Setting requires_grad"


@clause("leaf-054", CONVENTION, unseen="constants", sources=[GRAD, "T3 §3"])
def a_constant_has_the_attribute_too(ag: Autograd) -> None:
    """The grad of a tensor that does not require grad can be read, and nothing is in it.

    T3 says that only tensors that require grad have the attribute; what they alone have is a
    value in it.
    """
    expect(ag.tensor(2.0).grad).is_none_or_zero()


def _nothing(_x: Tensor, _w: Tensor) -> None: ...


@clause(
    "leaf-015",
    CONVENTION,
    sources=[GRAD, "T1 §2.1.1", "T3 §1"],
    over={
        "its_declaration": _nothing,
        "a_computation": lambda x, _: x * x,
        "a_pass_elsewhere": lambda x, w: (x * x, (w * w).backward()),
    },
)
def a_gradient_is_none_until_a_backward_pass_arrives(
    ag: Autograd, before: Callable[[Tensor, Tensor], Any]
) -> None:
    """After {name} the grad of a leaf that no backward pass reached is None, and not zeros.

    tinygrad#16230: since a change, a leaf that the result used only detached had a gradient of
    zeros.
    """
    x = ag.tensor(2.0, requires_grad=True)
    w = ag.tensor(3.0, requires_grad=True)
    before(x, w)

    expect(x.grad).is_none()


@clause("leaf-016", VALUE, sources=[GRAD, "T3 §1"])
def a_gradient_has_the_shape_of_its_leaf(ag: Autograd) -> None:
    """After a backward pass the grad of a leaf is a tensor of the leaf's shape."""
    data, v = ag.random(2, 3), ag.random(2, 3)
    x = ag.tensor(data, requires_grad=True)

    (x * x).backward(ag.tensor(v))

    expect(x.grad).has_shape(2, 3)


Stretch = tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]


@clause(
    "leaf-016a",
    VALUE,
    sources=[GRAD],
    builds_on=("leaf-016",),
    over={
        "a_row": ((3,), (2, 3), (0,)),
        "a_column": ((2, 1), (2, 3), (1,)),
        "a_number": ((), (2, 3), (0, 1)),
        "a_number_with_dimensions": ((1, 1), (2, 3), (0, 1)),
        "a_row_beside_a_column": ((1, 3), (2, 1), (0,)),
        "a_row_to_no_rows": ((1, 3), (0, 3), (0,)),
        "a_number_to_no_numbers": ((), (0,), (0,)),
    },
)
def a_stretched_leaf_has_a_gradient_of_its_own_shape(ag: Autograd, row: Stretch) -> None:
    """The grad of {name} that an operation broadcast has the leaf's shape, and each entry the sum
    over the places that it was stretched to.

    Of no places the sum is zero.  An engine that stores what arrives has a
    gradient of two rows.  In rust-autograd#38 a scalar that multiplied a vector was given a vector
    for its gradient.
    """
    shape, partner, stretched = row
    data, c = ag.random(*shape), ag.random(*partner)
    v = ag.random(*(data * c).shape)
    x = ag.tensor(data, requires_grad=True)

    (x * ag.tensor(c)).backward(ag.tensor(v))

    expect(x.grad).is_close((c * v).sum(axis=stretched).reshape(shape), scale=6.0)


def _met_by_another_data_type(ag: Autograd) -> Tensor:
    x = ag.tensor([1.0, 2.0], dtype="float32", requires_grad=True)
    y = x * ag.tensor([3.0, 4.0], dtype="float64")
    y.backward(ag.tensor([5.0, -6.0], dtype="float64"))
    return x


@clause("leaf-206", VALUE, sources=[GRAD], builds_on=("leaf-016",))
def a_gradient_passes_between_data_types(ag: Autograd) -> None:
    """A leaf that meets another data type in a product has the gradient of the product.

    pytorch#76785 lists operators that failed in backward when their operands differed.
    """
    expect(_met_by_another_data_type(ag).grad).equals([15.0, -24.0])


@clause("leaf-016b", CONVENTION, sources=[GRAD], builds_on=("leaf-206",))
def a_gradient_has_the_data_type_of_its_leaf(ag: Autograd) -> None:
    """The grad of a leaf has the leaf's data type, even if the computation went on in another.

    What arrives is of the other data type, and is converted on its way.
    """
    expect(_met_by_another_data_type(ag).grad).has_dtype("float32")


@clause("leaf-016c", VALUE, sources=[GRAD])
def a_gradient_belongs_to_a_leaf_and_not_to_its_value(ag: Autograd) -> None:
    """Two leaves of equal value are two variables, and each has a gradient of its own.

    tinygrad#9597: constants of equal value were merged, and each leaf was given the sum of both
    derivatives.
    """
    x = ag.tensor(2.0, requires_grad=True)
    y = ag.tensor(2.0, requires_grad=True)

    (x * 3.0 + y * 5.0).backward()

    expect(x.grad).equals(3.0)
    expect(y.grad).equals(5.0)


@clause("leaf-050", VALUE, sources=["T3 §1"])
def the_gradient_of_a_scalar_by_a_vector_is_a_vector(ag: Autograd) -> None:
    """The gradient of a scalar function of a vector is a vector of the same length.

    For y = 2 <x, x> it is 4x.
    """
    _, (gradient,) = ag.vjp(lambda x: (x * x).sum() * 2.0, [[0.0, 1.0, 2.0, 3.0]])

    expect(gradient).equals([0.0, 4.0, 8.0, 12.0])


@clause(
    "leaf-017",
    CONVENTION,
    unseen="constants",
    sources=[SETTING, "T3 §3", "T4 §7.7"],
    builds_on=("leaf-054",),
)
def a_constant_gets_no_gradient(ag: Autograd) -> None:
    """A leaf that does not require grad gets no grad, though its value takes part in the result."""
    c = ag.tensor(3.0)
    x = ag.tensor(2.0, requires_grad=True)

    (c * x).backward()

    expect(c.grad).is_none_or_zero()


def _turned_off_after_recording(ag: Autograd) -> tuple[Tensor, Tensor]:
    x, w = ag.tensor(2.0, requires_grad=True), ag.tensor(3.0, requires_grad=True)
    y = x * w
    x.requires_grad_(False)
    y.backward()
    return x, w


@clause("leaf-207", VALUE, sources=[SETTING])
def a_leaf_turned_off_leaves_the_others_alone(ag: Autograd) -> None:
    """If the flag of a leaf is cleared after the forward pass, the other leaves are served."""
    _, other = _turned_off_after_recording(ag)

    expect(other.grad).equals(2.0)


@clause("leaf-049", CONVENTION, sources=[SETTING])
def a_leaf_turned_off_after_recording_gets_no_gradient(ag: Autograd) -> None:
    """If the flag of a leaf is cleared after the forward pass, backward leaves its grad alone.

    The graph still leads to the leaf; it is the leaf that no longer accepts.
    """
    turned_off, _ = _turned_off_after_recording(ag)

    expect(turned_off.grad).is_none_or_zero()


@clause("leaf-047", CONVENTION, level=SHOULD, sources=["observed"])
def a_leaf_turned_off_keeps_the_gradient_it_has(ag: Autograd) -> None:
    """Clearing the flag of a leaf does not touch the gradient that the leaf already has."""
    x = ag.tensor(2.0, requires_grad=True)
    (x * 3.0).backward()

    x.requires_grad_(False)

    expect(x.grad).equals(3.0)
