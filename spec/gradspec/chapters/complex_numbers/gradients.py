"""What the gradient of a complex number is: a pair, written as one complex number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec import CONVENTION, VALUE, clause, expect
from gradspec.chapters.complex_numbers.calling import drawn

if TYPE_CHECKING:
    from gradspec import Autograd

NOTES: Final = "notes/autograd § Autograd for Complex Numbers"
WIRTINGER: Final = "notes/autograd § How does PyTorch compute the conjugate Wirtinger derivative?"
CROSS: Final = "notes/autograd § What about cross-domain functions?"
KINKED: Final = "notes/autograd § Gradients for non-differentiable functions"
CHECK: Final = "notes/gradcheck § Notations and background information"

TYPES: Final = {name: name for name in ("complex64", "complex128")}


@clause("cplx-001", CONVENTION, sources=["torch.autograd module docstring", NOTES], over=TYPES)
def a_complex_leaf_has_a_complex_gradient(ag: Autograd, dtype: str) -> None:
    """The gradient of a leaf of {name} is of {name}, though the loss is a real number."""
    z = ag.tensor([1.0 + 2.0j, -0.5j], dtype=dtype, requires_grad=True)
    ag.real(z).sum().backward()

    expect(z.grad).has_dtype(dtype)


@clause("cplx-002", CONVENTION, sources=[CHECK, f"{NOTES} (which calls it dL/dz*)"])
def a_gradient_has_the_slopes_by_both_parts(ag: Autograd) -> None:
    """The gradient of a real loss L by z = x + iy is dL/dx + i dL/dy.

    Here L is the product of the parts, so that is y + ix.  It is twice the derivative of L by the
    conjugate of z, as Wirtinger's calculus has it.
    """
    z = ag.tensor([3.0 + 4.0j, -2.0 + 0.5j], requires_grad=True)
    (ag.real(z) * ag.imag(z)).sum().backward()

    expect(z.grad).equals([4.0 + 3.0j, 0.5 - 2.0j])


@clause("cplx-003", CONVENTION, sources=[f"{NOTES} (Wirtinger calculus in optimization)"])
def a_step_against_the_gradient_descends(ag: Autograd) -> None:
    """A small step against its gradient makes a real loss smaller, whatever the parameters are.

    Of |z - c|^2 a step of a tenth of the gradient leaves four fifths of the way.
    """
    at, goal = drawn(ag, 3), drawn(ag, 3)

    def loss(z: Any) -> Any:
        away = z - ag.tensor(goal)
        return (ag.real(away) * ag.real(away) + ag.imag(away) * ag.imag(away)).sum()

    _, (gradient,) = ag.vjp(loss, [at])

    expect(loss(ag.tensor(at) - gradient * 0.1)).is_close(0.64 * (np.abs(at - goal) ** 2).sum())


@clause("cplx-005", VALUE, sources=[WIRTINGER])
def a_conjugate_conjugates_the_cotangent(ag: Autograd) -> None:
    """conj makes of a cotangent its conjugate."""
    _, (gradient,) = ag.vjp(ag.conj, [[3.0 + 4.0j, -1.5j]], np.array([2.0 + 3.0j, -0.5 - 1.0j]))

    expect(gradient).equals([2.0 - 3.0j, -0.5 + 1.0j])


@clause("cplx-006", CONVENTION, sources=[CROSS])
def an_imaginary_part_turns_its_cotangent(ag: Autograd) -> None:
    """imag makes i times the cotangent of it, which is a real number."""
    _, (gradient,) = ag.vjp(ag.imag, [[3.0 + 4.0j, -1.5j]], [2.0, -0.5])

    expect(gradient).equals([2.0j, -0.5j])


@clause("cplx-006a", VALUE, sources=[CROSS])
def a_real_part_hands_its_cotangent_on(ag: Autograd) -> None:
    """real makes of its cotangent, a real number, the complex number with nothing imaginary."""
    _, (gradient,) = ag.vjp(ag.real, [[3.0 + 4.0j, -1.5j]], [2.0, -0.5])

    expect(gradient).equals([2.0 + 0.0j, -0.5 + 0.0j])


@clause("cplx-007", CONVENTION, sources=[KINKED])
def a_modulus_rises_outwards(ag: Autograd) -> None:
    """abs makes of its cotangent z/|z| times it, and zero where z is zero."""
    _, (gradient,) = ag.vjp(ag.abs, [[3.0 + 4.0j, -1.5j, 0.0j]], [10.0, -0.5, 2.0])

    expect(gradient).is_close([6.0 + 8.0j, 0.5j, 0.0j])


@clause("cplx-007a", VALUE, sources=[KINKED, "mathematics"])
def a_modulus_has_a_kink_at_zero(ag: Autograd) -> None:
    """At zero the slopes of abs by either part are between -1 and 1."""

    def size(x: Any, y: Any) -> Any:
        return ag.abs(ag.complex(x, y))

    _, slopes = ag.vjp(size, [[0.0], [0.0]], [1.0])

    for slope in slopes:
        expect(slope).lies_between([-1.0], [1.0])


@clause("cplx-014", CONVENTION, sources=["torch.angle docstring"])
def an_angle_turns_around_zero(ag: Autograd) -> None:
    """angle makes iz/|z|^2 times its cotangent, the gradient of atan2(y, x) by both parts."""
    at, weights = np.array([3.0 + 4.0j, 1.0 - 2.0j, -2.0 - 1.0j]), np.array([50.0, -5.0, 10.0])
    _, (gradient,) = ag.vjp(ag.angle, [at], weights)

    expect(gradient).is_close(1j * at / np.abs(at) ** 2 * weights)


@clause("cplx-015", CONVENTION, sources=[NOTES])
def matrix_products_have_adjoints(ag: Autograd) -> None:
    """A matrix product AB with the cotangent G makes G B^H for A and A^H G for B, where H
    transposes and conjugates.
    """
    a, b, g = drawn(ag, 2, 3), drawn(ag, 3, 2), drawn(ag, 2, 2)
    _, (of_a, of_b) = ag.vjp(lambda a, b: a @ b, [a, b], g)

    expect(of_a).is_close(g @ b.conj().T, scale=10.0)
    expect(of_b).is_close(a.conj().T @ g, scale=10.0)
