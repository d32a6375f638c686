"""The data type of a gradient: the leaf's own, unless `grad_dtype` says otherwise.

Training in low precision keeps the weights in a narrow data type and would often rather sum
their gradients in a wide one.  `grad_dtype` separates the two: it names the data type that an
incoming gradient is cast to before it is added to `grad`, and that an assigned gradient has to
have.
"""

from __future__ import annotations

from gradspec import SAFETY, VALUE, Autograd, clause, expect


@clause("leaf-025", VALUE, sources=["torch.Tensor.grad_dtype docstring"])
def the_data_type_of_a_gradient_is_the_leafs_by_default(ag: Autograd) -> None:
    """The grad_dtype of a leaf is the leaf's own data type unless it was set."""
    x = ag.tensor(2.0, dtype="float32", requires_grad=True)
    w = ag.tensor(2.0, dtype="float16", requires_grad=True)

    expect(x.grad_dtype).equals("float32")
    expect(w.grad_dtype).equals("float16")


@clause("leaf-025a", VALUE, sources=["torch.Tensor.grad_dtype docstring"])
def incoming_gradients_are_cast_to_the_gradients_data_type(ag: Autograd) -> None:
    """A backward pass casts what it adds to grad to the grad_dtype of the leaf."""
    x = ag.tensor(2.0, dtype="float32", requires_grad=True)
    x.grad_dtype = "float64"

    (x * 3.0).backward()

    expect(x.grad).equals(3.0)
    expect(x.grad).has_dtype("float64")
    expect(x).has_dtype("float32")


@clause("leaf-020", SAFETY, sources=["torch.Tensor.grad_dtype docstring"])
def a_gradient_of_another_data_type_cannot_be_assigned(ag: Autograd) -> None:
    """Assigning to grad a tensor whose data type is not the leaf's grad_dtype is refused."""
    x = ag.tensor(2.0, dtype="float64", requires_grad=True)
    gradient = ag.tensor(5.0, dtype="float32")

    with ag.refuses("grad-dtype"):
        x.grad = gradient

    expect(x.grad).is_none()


@clause("leaf-020a", SAFETY, sources=["torch.Tensor.grad_dtype docstring"], builds_on=("leaf-020",))
def an_assigned_gradient_is_held_to_grad_dtype_and_not_to_the_leaf(ag: Autograd) -> None:
    """Where grad_dtype was set, an assigned gradient has to have it rather than the leaf's own."""
    x = ag.tensor(2.0, dtype="float32", requires_grad=True)
    x.grad_dtype = "float64"
    narrow, wide = ag.tensor(5.0, dtype="float32"), ag.tensor(5.0, dtype="float64")

    with ag.refuses("grad-dtype"):
        x.grad = narrow
    expect(x.grad).is_none()

    x.grad = wide
    expect(x.grad).is_same_object_as(wide)


@clause("leaf-026", VALUE, sources=["torch.Tensor.grad_dtype docstring"], builds_on=("leaf-020",))
def without_grad_dtype_any_data_type_is_accepted(ag: Autograd) -> None:
    """With grad_dtype None, a gradient of any data type can be assigned and is kept uncast."""
    x = ag.tensor(2.0, dtype="float32", requires_grad=True)
    x.grad_dtype = None
    expect(x.grad_dtype).is_none()

    x.grad = ag.tensor(5.0, dtype="float64")

    expect(x.grad).equals(5.0)
    expect(x.grad).has_dtype("float64")


@clause(
    "leaf-026a",
    VALUE,
    sources=["torch.Tensor.grad_dtype docstring", "observed"],
    builds_on=("leaf-026",),
)
def the_derivative_of_a_conversion_converts_back(ag: Autograd) -> None:
    """A gradient that comes back through a conversion has the data type of what was converted.

    With grad_dtype None nothing else casts it on its way to the leaf.
    """
    x = ag.tensor(2.0, dtype="float32", requires_grad=True)
    x.grad_dtype = None
    (x.to("float64") * 3.0).backward()

    expect(x.grad).equals(3.0)
    expect(x.grad).has_dtype("float32")


@clause("leaf-027", SAFETY, sources=["torch.Tensor.grad_dtype docstring"])
def grad_dtype_belongs_to_leaves(ag: Autograd) -> None:
    """Reading the grad_dtype of a tensor that has a history is refused."""
    y = ag.tensor(2.0, requires_grad=True) * 3.0

    with ag.refuses("grad-dtype-nonleaf"):
        _ = y.grad_dtype
