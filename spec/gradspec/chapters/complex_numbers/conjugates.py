"""Conjugates that are not computed before they are needed: views with a mark."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gradspec import CONVENTION, MAY, SHOULD, VALUE, clause, expect

if TYPE_CHECKING:
    from gradspec import Autograd

CONJ: Final = "torch.conj docstring"
RESOLVING: Final = "torch.resolve_conj docstring"


@clause("cplx-017", CONVENTION, level=MAY, sources=[CONJ, RESOLVING])
def a_conjugate_is_a_view_with_a_mark(ag: Autograd) -> None:
    """conj gives a view that is marked as a conjugate, resolve_conj one that is not, and both have
    the values of the conjugate.
    """
    z = ag.tensor([1.0 + 2.0j, -0.5j])
    conjugate = ag.conj(z)
    resolved = ag.resolve_conj(conjugate)

    expect(conjugate.is_conj()).is_true()
    expect(resolved.is_conj()).is_false()
    expect(conjugate).equals([1.0 - 2.0j, 0.5j])
    expect(resolved).equals([1.0 - 2.0j, 0.5j])


@clause("cplx-017a", VALUE, sources=[CONJ, RESOLVING])
def a_conjugate_that_was_computed_has_its_gradient(ag: Autograd) -> None:
    """Through resolve_conj of a conjugate a cotangent is conjugated once."""
    _, (gradient,) = ag.vjp(
        lambda z: ag.resolve_conj(ag.conj(z)), [[1.0 + 2.0j, -0.5j]], [2.0 + 3.0j, -1.0j]
    )

    expect(gradient).equals([2.0 - 3.0j, 1.0j])


@clause("cplx-206", CONVENTION, level=SHOULD, sources=[CONJ])
def a_write_shows_in_a_conjugate(ag: Autograd) -> None:
    """What is written into a tensor shows in the conjugate that was taken before, and the other way
    round.
    """
    z = ag.tensor([1.0 + 2.0j, -0.5j])
    conjugate = ag.conj(z)
    z.mul_(2.0)
    expect(conjugate).equals([2.0 - 4.0j, 1.0j])
    conjugate.add_(ag.tensor([1.0j, 1.0j]))

    expect(z).equals([2.0 + 3.0j, -2.0j])


@clause("cplx-207", CONVENTION, level=SHOULD, sources=["torch.real docstring"])
def parts_are_views(ag: Autograd) -> None:
    """What is written into the real or the imaginary part is written into the complex number, and
    the gradient goes through the part that was left.
    """
    z = ag.tensor([1.0 + 2.0j, -0.5j], requires_grad=True)
    w = z * 1.0
    ag.imag(w).mul_(3.0)
    expect(w).equals([1.0 + 6.0j, -1.5j])
    ag.view_as_real(w).sum().backward()

    expect(z.grad).equals([1.0 + 3.0j, 1.0 + 3.0j])


@clause("cplx-208", VALUE, sources=["torch.Tensor.is_complex docstring"])
def complex_numbers_are_known(ag: Autograd) -> None:
    """is_complex says of a tensor of complex numbers that it is one, and of its real part not."""
    z = ag.tensor([1.0 + 2.0j, -0.5j])

    expect(z.is_complex()).is_true()
    expect(ag.real(z).is_complex()).is_false()
