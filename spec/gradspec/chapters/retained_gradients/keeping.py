"""What is kept: the whole derivative, no more and no less, in a `.grad` like that of a leaf."""

from __future__ import annotations

from gradspec import CONVENTION, SHOULD, VALUE, Autograd, clause, expect
from gradspec.drawing.expressions import SCALARS, Expression, expressions


@clause(
    "ret-013", VALUE, sources=["notes/autograd § Backward Hooks execution"], builds_on=("ret-004",)
)
def whole_gradient_is_kept(ag: Autograd) -> None:
    """The gradient kept is the total over all uses of the tensor.

    For y^3 + 3y, with y^2 a value of its own, it is 3y^2 + 3: 15 at y = 2.  An engine that stores
    a contribution when it arrives keeps the last, or the first, of the four.
    """
    x = ag.tensor(1.0, requires_grad=True)
    y = x * 2
    y.retain_grad()
    square = y * y
    (square * y + y * 3).backward()

    expect(y.grad).equals(15.0)
    expect(x.grad).equals(30.0)


@clause(
    "ret-013a",
    VALUE,
    sources=["notes/autograd § Backward Hooks execution"],
    builds_on=("ret-013",),
    given={"case": expressions(shapes=SCALARS, unary=("neg",))},
)
def whole_gradient_is_kept_in_every_graph(ag: Autograd, case: Expression) -> None:
    """For every function of scalar intermediates, what they retain is the function's gradient.

    Each intermediate is twice a leaf, which therefore receives twice what is retained.
    """
    leaves = [ag.tensor(leaf / 2, requires_grad=True) for leaf in case.leaves]
    doubles = [leaf * 2 for leaf in leaves]
    for double in doubles:
        double.retain_grad()
    case.evaluate(ag, doubles).backward()

    for leaf, double, gradient in zip(leaves, doubles, case.gradients(1.0), strict=True):
        expect(double.grad).is_close(gradient, scale=case.scale)
        expect(leaf.grad).is_close(2 * gradient, scale=2 * case.scale)


@clause("ret-012", VALUE, sources=["leaf/non-leaf tutorial § retain_grad"], builds_on=("ret-004",))
def root_keeps_the_one_it_starts_from(ag: Autograd) -> None:
    """A scalar root that retains its gradient keeps the one that the pass starts from."""
    x = ag.tensor(3.0, requires_grad=True)
    z = x * x
    z.retain_grad()
    z.backward()

    expect(z.grad).equals(1.0)


@clause("ret-012a", VALUE, sources=["leaf/non-leaf tutorial § retain_grad"], builds_on=("ret-012",))
def root_keeps_the_cotangent_it_was_given(ag: Autograd) -> None:
    """A root that retains its gradient and is given a cotangent keeps that cotangent."""
    x = ag.tensor([1.0, -2.0, 3.0], requires_grad=True)
    z = x * x
    z.retain_grad()
    z.backward(ag.tensor([0.5, 4.0, -8.0]))

    expect(z.grad).equals([0.5, 4.0, -8.0])
    expect(x.grad).equals([1.0, -16.0, -48.0])


@clause(
    "ret-011",
    CONVENTION,
    sources=["torch.Tensor.grad docstring"],
    builds_on=("acc-001", "ret-004"),
)
def retained_gradients_accumulate(ag: Autograd) -> None:
    """A further backward pass adds to a retained gradient, as it does to that of a leaf.

    The sum is for the reader only: the pass itself starts from nothing at each intermediate.  An
    engine that uses `.grad` as its buffer passes the old gradient on a second time and gives the
    leaf 72 (micrograd#102).
    """
    x = ag.tensor(3.0, requires_grad=True)
    y = x * 2
    y.retain_grad()
    z = y * y
    z.backward(retain_graph=True)

    expect(y.grad).equals(12.0)

    z.backward()

    expect(y.grad).equals(24.0)
    expect(x.grad).equals(48.0)


@clause(
    "ret-011a",
    VALUE,
    sources=["torch.Tensor.retain_grad docstring", "observed"],
    builds_on=("ret-004",),
)
def retained_gradient_is_a_tensor_of_its_own(ag: Autograd) -> None:
    """What is added to the grad of a leaf later does not change the grad that a non-leaf retains.

    The sum x + 1 passes its gradient on as it is, so the same numbers arrive at y and at x.  An
    engine that keeps them in both places without a copy has one total for two tensors.
    """
    x = ag.tensor([3.0, 4.0], requires_grad=True)
    y = x + 1
    y.retain_grad()
    (y * 2).backward(ag.tensor([1.0, -0.5]))
    (x * 5).backward(ag.tensor([-1.0, 2.0]))

    expect(y.grad).equals([2.0, -1.0])


@clause("ret-014", VALUE, sources=["torch.Tensor.retain_grad docstring"])
def leaves_receive_the_same(ag: Autograd) -> None:
    """Retaining gradients on the way does not change the gradients that reach the leaves."""
    x = ag.tensor(3.0, requires_grad=True)
    w = ag.tensor(-2.0, requires_grad=True)
    y = x * w
    z = y * x + y
    y.retain_grad()
    z.retain_grad()
    (z * z).backward()

    expect(x.grad).equals(2 * -24.0 * -14.0)  # 2z (2xw + w)
    expect(w.grad).equals(2 * -24.0 * 12.0)  # 2z (x^2 + x)


@clause(
    "ret-020",
    VALUE,
    level=SHOULD,
    sources=["T1 §2.1.6", "torch.Tensor.retain_grad docstring"],
    builds_on=("ret-004",),
)
def all_layers_of_a_net_can_be_looked_at(ag: Autograd) -> None:
    """The gradients that the layers of a net retain are those that a query for them gives.

    Both are the closed form: of the loss 3p with p = z^2, p has the gradient 3, and z 6z.
    """
    w = ag.tensor(2.0, requires_grad=True)
    z = w * 5.0
    p = z * z
    loss = p * 3.0
    layers = (z, p, loss)
    for layer in layers:
        layer.retain_grad()
    loss.backward(retain_graph=True)

    for layer, gradient in zip(layers, (60.0, 3.0, 1.0), strict=True):
        expect(layer.grad).equals(gradient)
    for found, gradient in zip(ag.grad(loss, layers), (60.0, 3.0, 1.0), strict=True):
        expect(found).equals(gradient)


@clause(
    "ret-201",
    VALUE,
    sources=["torch.Tensor.retain_grad docstring"],
    over={"first": (0, 5.0), "second": (1, 7.0)},
    builds_on=("ret-004",),
)
def results_of_one_operation_retain_their_own(ag: Autograd, row: tuple[int, float]) -> None:
    """If two results of one operation retain their gradients, the {name} has its own."""
    number, gradient = row
    x = ag.tensor([2.0, 3.0], requires_grad=True)
    first, second = results = x.unbind(0)
    first.retain_grad()
    second.retain_grad()
    (first * 5.0 + second * 7.0).backward()

    expect(results[number].grad).equals(gradient)
