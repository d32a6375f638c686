"""Passes that begin at complex results, and functions of the caller's that are given cotangents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec import CONVENTION, SAFETY, clause, expect
from gradspec.chapters.complex_numbers.calling import drawn

if TYPE_CHECKING:
    from gradspec import Autograd

MAKING: Final = "torch.autograd source (_make_grads)"
WRITING: Final = (
    "notes/autograd § How can I write my own derivative formula for a complex function?"
)


@clause("cplx-010", CONVENTION, sources=[MAKING])
def a_complex_root_needs_a_cotangent(ag: Autograd) -> None:
    """A pass from a complex number to which no cotangent is given is refused.

    Remedy: make the loss a real number, or give the cotangent.
    """
    z = ag.tensor(1.0 + 2.0j, requires_grad=True)
    root = z * z

    with ag.refuses("nonscalar-root"):
        root.backward()


@clause("cplx-011", SAFETY, sources=[MAKING])
def a_real_cotangent_of_a_complex_result(ag: Autograd) -> None:
    """For a complex result a real cotangent is refused, or counts as a complex one without an
    imaginary part.
    """
    z = ag.tensor([1.0 + 2.0j, -0.5j], requires_grad=True)

    with ag.attempt() as attempt:
        (z * 2.0).backward(ag.tensor([3.0, -1.5]))
        with attempt.granted():
            expect(z.grad).equals([6.0 + 0.0j, -3.0 + 0.0j])


@clause("cplx-011a", SAFETY, sources=[MAKING])
def a_complex_cotangent_of_a_real_result(ag: Autograd) -> None:
    """For a real result a complex cotangent is refused, or its real part alone counts."""
    x = ag.tensor([1.5, -2.0], requires_grad=True)

    with ag.attempt() as attempt:
        (x * 2.0).backward(ag.tensor([3.0 + 1.0j, -1.5j]))
        with attempt.granted():
            expect(x.grad).equals([6.0, 0.0])


@clause("cplx-020", CONVENTION, sources=[WRITING])
def a_custom_function_has_the_same_convention(ag: Autograd) -> None:
    """The backward of a custom function is given the gradient of a real loss by its complex result,
    and what it returns is taken for that by its operand.

    With L = Re(conj(w) z^2) it is given w, and returns w times the conjugate of 2z.
    """
    given = []

    class Square(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(ctx: Any, z: Any) -> Any:
            ctx.save_for_backward(z)
            return z * z

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            given.append(g)
            (z,) = ctx.saved_tensors
            return g * ag.conj(z * 2.0)

    at, w = drawn(ag, 2), drawn(ag, 2)
    z = ag.tensor(at, requires_grad=True)
    ag.real(Square.apply(z) * ag.tensor(np.conj(w))).sum().backward()

    expect(given[0]).is_close(w)
    expect(z.grad).is_close(w * np.conj(2.0 * at))
