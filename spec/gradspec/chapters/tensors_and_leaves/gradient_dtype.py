"""The data type of a gradient: the leaf's own, unless `grad_dtype` says otherwise.

Training in low precision keeps the weights in a narrow data type and would often rather sum
their gradients in a wide one.  `grad_dtype` separates the two: it names the data type that an
incoming gradient is cast to before it is added to `grad`, and that an assigned gradient has to
have.
"""

from __future__ import annotations

from typing import Final

from gradspec import CONVENTION, Autograd, clause, expect

GRAD_DTYPE: Final = "torch.Tensor.grad_dtype docstring"
UNSET: Final = "unset"


@clause(
    "leaf-025",
    CONVENTION,
    sources=[GRAD_DTYPE],
    over={name: name for name in ("float16", "float32", "float64")},
)
def the_data_type_of_a_gradient_is_the_leafs_by_default(ag: Autograd, dtype: str) -> None:
    """The grad_dtype of a leaf of {name} is {name} unless it was set."""
    x = ag.tensor(2.0, dtype=dtype, requires_grad=True)

    expect(x.grad_dtype).equals(dtype)


@clause("leaf-025a", CONVENTION, sources=[GRAD_DTYPE])
def incoming_gradients_are_cast_to_the_gradients_data_type(ag: Autograd) -> None:
    """A backward pass casts what it adds to grad to the grad_dtype of the leaf."""
    x = ag.tensor(2.0, dtype="float32", requires_grad=True)
    x.grad_dtype = "float64"

    (x * 3.0).backward()

    expect(x.grad).equals(3.0)
    expect(x.grad).has_dtype("float64")


@clause(
    "leaf-020",
    CONVENTION,
    sources=[GRAD_DTYPE],
    over={"the_leafs_own": UNSET, "grad_dtype": "float64"},
    stands_for={"leaf-020a": "grad_dtype"},
)
def a_gradient_of_another_data_type_cannot_be_assigned(ag: Autograd, grad_dtype: str) -> None:
    """Assigning to grad a tensor of another data type than {name} is refused.

    Remedy: convert the gradient to that data type, or set the leaf's grad_dtype first.
    """
    x = ag.tensor(2.0, dtype="float64" if grad_dtype == UNSET else "float32", requires_grad=True)
    if grad_dtype != UNSET:
        x.grad_dtype = grad_dtype
    gradient = ag.tensor(5.0, dtype="float32")

    with ag.refuses("grad-dtype"):
        x.grad = gradient

    expect(x.grad).is_none_or_zero()


@clause(
    "leaf-026",
    CONVENTION,
    sources=[GRAD_DTYPE],
    builds_on=("leaf-020",),
    over={"float64": "float64", "none": None},
    stands_for={"leaf-020a": "float64"},
)
def a_gradient_that_grad_dtype_allows_is_kept_uncast(ag: Autograd, grad_dtype: str | None) -> None:
    """With grad_dtype {name}, a gradient of float64 can be assigned to a leaf of another data type.

    None allows every data type; an assigned gradient is kept as it is.
    """
    x = ag.tensor(2.0, dtype="float32", requires_grad=True)
    x.grad_dtype = grad_dtype

    x.grad = ag.tensor(5.0, dtype="float64")

    expect(x.grad).equals(5.0)
    expect(x.grad).has_dtype("float64")


@clause("leaf-026a", CONVENTION, sources=[GRAD_DTYPE, "observed"])
def the_derivative_of_a_conversion_converts_back(ag: Autograd) -> None:
    """A gradient that comes back through a conversion has the data type of what was converted.

    With grad_dtype None nothing else casts it on its way to the leaf.
    """
    x = ag.tensor(2.0, dtype="float32", requires_grad=True)
    x.grad_dtype = None
    (x.to("float64") * 3.0).backward()

    expect(x.grad).equals(3.0)
    expect(x.grad).has_dtype("float32")


@clause("leaf-211", CONVENTION, sources=["observed"])
def the_gradient_of_an_intermediate_has_its_data_type(ag: Autograd) -> None:
    """The gradient of an intermediate has the data type of the intermediate.

    What the product hands back is of the wider type, and is cast before anybody sees it.
    """
    x = ag.tensor([1.0, 2.0], dtype="float32", requires_grad=True)
    h = x * 2.0
    h.retain_grad()
    y = h * ag.tensor([3.0, 4.0], dtype="float64")

    y.backward(ag.tensor([5.0, -6.0], dtype="float64"))

    expect(h.grad).has_dtype("float32")


@clause("leaf-027", CONVENTION, sources=[GRAD_DTYPE])
def grad_dtype_belongs_to_leaves(ag: Autograd) -> None:
    """Reading the grad_dtype of a tensor that has a history is refused.

    Remedy: look at the data type of the tensor itself, which is that of its gradient.
    """
    y = ag.tensor(2.0, requires_grad=True) * 3.0

    with ag.refuses("grad-dtype-nonleaf"):
        _ = y.grad_dtype
