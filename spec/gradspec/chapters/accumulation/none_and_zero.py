"""None and zero: not reached, and reached with nothing to say.

A derivative can be zero for two reasons.  The result may depend on the leaf in a way that happens
to be flat here; then there is a path in the graph, the pass walks it, and delivers zeros.  Or
the result may not depend on the leaf at all; then nothing is delivered, and grad stays what it was,
None if it was None.  The difference matters to whoever uses the gradient.  An optimiser with
momentum or weight decay moves a parameter whose gradient is zero, and must leave alone one that has
none: Muon#54 decayed weights that had taken no part.
"""

from __future__ import annotations

from gradspec import CONVENTION, VALUE, Autograd, clause, expect


@clause(
    "acc-020",
    CONVENTION,
    sources=["torch.Tensor.grad docstring", "torch.optim.Optimizer.zero_grad docstring"],
)
def a_leaf_that_is_not_reached_keeps_none(ag: Autograd) -> None:
    """A leaf on which the root does not depend keeps grad None; it does not become zero.

    Zero would say that there is a dependence, and that it is flat here.  An engine that starts
    every gradient at zero cannot tell the two apart, and its caller cannot tell a forgotten
    parameter from a converged one.  tinygrad#16230 gave zeros.
    """
    a = ag.tensor(3.0, requires_grad=True)
    b = ag.tensor(5.0, requires_grad=True)
    (a * 2.0).backward()

    expect(a.grad).equals(2.0)
    expect(b.grad).is_none()


@clause("acc-020a", VALUE, sources=["torch.Tensor.grad docstring"])
def a_leaf_that_is_not_reached_keeps_what_it_has(ag: Autograd) -> None:
    """A pass leaves the grad of a leaf on which its root does not depend as it was.

    pytorch#119334: the stored gradient lay in a buffer that the next pass used again.
    """
    a = ag.tensor(3.0, requires_grad=True)
    b = ag.tensor(5.0, requires_grad=True)
    (a * a).backward()
    (b * b * b).backward()

    expect(a.grad).equals(6.0)
    expect(b.grad).equals(75.0)


@clause("acc-022", CONVENTION, sources=["observed"])
def a_use_beside_the_path_does_not_count(ag: Autograd) -> None:
    """A leaf all of whose uses lie beside the paths to the root is given nothing."""
    a = ag.tensor(3.0, requires_grad=True)
    b = ag.tensor(5.0, requires_grad=True)
    side = a * b
    (b * 3.0).backward()

    expect(a.grad).is_none_or_zero()
    expect(b.grad).equals(3.0)
    expect(side).equals(15.0)


@clause("acc-021", VALUE, sources=["observed"])
def a_leaf_with_derivative_zero_has_a_gradient_of_zeros(ag: Autograd) -> None:
    """A leaf from which a product leads to a root that does not vary with it has a grad of zeros,
    and not None.
    """
    a = ag.tensor(3.0, requires_grad=True)
    (a * 0.0).backward()

    expect(a.grad).equals(0.0)
