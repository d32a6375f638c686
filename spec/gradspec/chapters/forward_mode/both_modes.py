"""Forward over reverse and reverse over forward: second derivatives of both kinds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gradspec import VALUE, clause, expect

if TYPE_CHECKING:
    from gradspec import Autograd


@clause("fwd-022", VALUE, sources=["torch.autograd.forward_ad.make_dual docstring"])
def a_tangent_can_be_differentiated(ag: Autograd) -> None:
    """The tangent of a result is recorded: its gradients are those with respect to the value and
    to the tangent that were given.
    """
    x = ag.tensor([2.0, 3.0], requires_grad=True)
    v = ag.tensor([1.0, 5.0], requires_grad=True)
    with ag.dual_level():
        dual = ag.make_dual(x, v)
        tangent = ag.tangent(dual * dual * dual)
    of_x, of_v = ag.grad(tangent, [x, v], grad_outputs=ag.tensor([1.0, 2.0]))

    expect(of_x).is_close([12.0, 180.0])
    expect(of_v).is_close([12.0, 54.0])


@clause("fwd-023", VALUE, sources=["torch.func.hessian docstring"])
def a_gradient_has_a_tangent(ag: Autograd) -> None:
    """The gradient of a function at a dual tensor has as its tangent the Hessian times the tangent
    of that.
    """
    with ag.dual_level():
        x = ag.make_dual(ag.tensor([2.0, 3.0]), ag.tensor([1.0, 2.0]))
        x.requires_grad_()
        (gradient,) = ag.grad(x * x * x, [x], grad_outputs=ag.tensor([1.0, 4.0]))
        tangent = ag.tangent(gradient)

        expect(tangent).is_close([12.0, 144.0])
