"""Between real numbers and complex ones: where both meet, and where one is made of the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec import CONVENTION, MAY, VALUE, clause, expect
from gradspec.catalogue.operator import replaced, variables
from gradspec.catalogue.types import promotes
from gradspec.catalogue.wirtinger import HOLOMORPHIC, complex_sample, pulled_back
from gradspec.chapters.complex_numbers.calling import cotangent, drawn, weighed
from gradspec.chapters.operators.calling import function

if TYPE_CHECKING:
    from gradspec import Autograd
    from gradspec.catalogue.operator import Call

CROSS: Final = "notes/autograd § What about cross-domain functions?"
CONVERTING: Final = "torch.Tensor.to docstring"

MIXED: Final = {
    name: call
    for name, call in HOLOMORPHIC.items()
    if len(list(variables(call.sample()))) > 1 and promotes(call.operator)
}
"""Operators whose operands need not be of one type."""


def off_zero(x: Any) -> Any:
    """Move what is nearer to zero than a quarter away from it: something may divide by it."""
    return np.where(np.abs(x) < 0.25, x + 0.5, x)  # noqa: PLR2004 - a quarter


@clause("cplx-008", VALUE, sources=[CROSS], over=MIXED)
def a_real_operand_has_a_real_gradient(ag: Autograd, call: Call) -> None:
    """Where one operand of {name} is real and the others complex, its gradient is real: that by its
    real part.
    """
    real = [off_zero(point) for point in variables(call.sample())]
    points = list(variables(complex_sample(call)))
    for place in range(len(points)):
        mixed = [*points[:place], real[place], *points[place + 1 :]]
        sample = replaced(complex_sample(call), mixed, np.asarray)
        weights = cotangent(ag, call.value(sample))

        def seen(x: Any, sample: Any = sample, mixed: Any = mixed, place: int = place) -> Any:
            tensors = [x if n == place else ag.tensor(v) for n, v in enumerate(mixed)]
            return weighed(ag, function(ag, call, sample)(*tensors), weights)  # noqa: B023

        _, (gradient,) = ag.vjp(seen, [real[place]], np.ones(weights.shape))
        wanted = pulled_back(call, sample, weights)
        expect(gradient).is_close(wanted.gradients[place], scale=wanted.scale)


@clause("cplx-012", CONVENTION, sources=["torch.view_as_real docstring"])
def pairs_and_complex_numbers_have_one_gradient(ag: Autograd) -> None:
    """view_as_real makes of a cotangent of pairs the complex numbers of which these are the parts,
    and view_as_complex the pairs again.
    """
    at, pairs, g = drawn(ag, 2), ag.random(2, 2), drawn(ag, 2)
    in_pairs = np.stack([g.real, g.imag], axis=-1)
    _, (of_numbers,) = ag.vjp(ag.view_as_real, [at], in_pairs)
    _, (of_pairs,) = ag.vjp(ag.view_as_complex, [pairs], g)

    expect(of_numbers).equals(g)
    expect(of_pairs).equals(in_pairs)


@clause("cplx-013", VALUE, sources=["torch.complex docstring", "torch.polar docstring"])
def complex_numbers_are_made_of_real_ones(ag: Autograd) -> None:
    """complex and polar are differentiable by both of their real arguments: the real part of the
    one by its first and not by its second, that of the other as r cos t.
    """
    r, t, w = ag.random(3, positive=True), ag.random(3), ag.random(3)
    _, (by_real, by_imag) = ag.vjp(lambda x, y: ag.real(ag.complex(x, y)), [r, t], w)
    _, (by_size, by_angle) = ag.vjp(lambda r, t: ag.real(ag.polar(r, t)), [r, t], w)

    expect(by_real).equals(w)
    expect(by_imag).equals(np.zeros(3))
    expect(by_size).is_close(w * np.cos(t))
    expect(by_angle).is_close(-w * r * np.sin(t))


@clause("cplx-361", VALUE, sources=["mathematics"])
def real_numbers_have_complex_powers(ag: Autograd) -> None:
    """A real number x, also a negative one, to a complex power u + iv is exp((u + iv) log x), with
    the derivatives of that by x, by u and by v.
    """
    x, u, v = np.array([0.5, -1.5, 2.0]), ag.random(3), ag.random(3)
    weights = ag.random(3)
    value, found = ag.vjp(lambda x, u, v: ag.real(x ** ag.complex(u, v)), [x, u, v], weights)

    power, logarithm = u + 1j * v, np.log(x + 0j)
    wanted = np.exp(power * logarithm)
    slopes = power * wanted / x, logarithm * wanted, 1j * logarithm * wanted
    rounded = np.maximum(np.abs(power * logarithm), 1.0)  # of an exponent, by how much it is
    expect(value).is_close(wanted.real, scale=np.abs(rounded * wanted).max())
    for gradient, slope in zip(found, slopes, strict=True):
        expect(gradient).is_close(weights * slope.real, scale=np.abs(rounded * slope).max())


@clause("cplx-362", VALUE, unseen="dtype:complex128", sources=["mathematics"])
def complex_numbers_have_real_powers(ag: Autograd) -> None:
    """A complex number b to a real power x is exp(x log b), with the derivative of that by x."""
    x, weights, b = ag.random(3), ag.random(3), 1.5 - 2.0j
    value, (gradient,) = ag.vjp(lambda x: ag.real(b**x), [x], weights)

    wanted = np.exp(x * np.log(b))
    slope = np.log(b) * wanted
    rounded = np.maximum(np.abs(x * np.log(b)), 1.0)
    expect(value).is_close(wanted.real, scale=np.abs(rounded * wanted).max())
    expect(gradient).is_close(weights * slope.real, scale=np.abs(rounded * slope).max())


@clause("cplx-363", VALUE, sources=["torch.nan_to_num docstring"])
def parts_are_made_numbers_each(ag: Autograd) -> None:
    """nan_to_num of complex numbers puts in each part what is given for what is no number there."""
    x = np.array([complex(np.nan, 1.0), complex(-2.0, np.inf), complex(-np.inf, np.nan)])
    found = ag.nan_to_num(ag.tensor(x), nan=0.5, posinf=7.0, neginf=-3.0)

    expect(found).equals([0.5 + 1.0j, -2.0 + 7.0j, -3.0 + 0.5j])


@clause("cplx-364", VALUE, sources=["torch.angle docstring"])
def real_numbers_have_one_of_two_angles(ag: Autograd) -> None:
    """The angle of a real number is pi if it is negative, 0 if positive, and its derivative
    zero.
    """
    value, (gradient,) = ag.vjp(ag.angle, [[-1.5, 0.25, 2.0]], ag.random(3))

    expect(value).is_close([np.pi, 0.0, 0.0])
    expect(gradient).equals([0.0, 0.0, 0.0])


@clause("cplx-018", CONVENTION, level=MAY, sources=[CONVERTING, "observed"])
def what_is_converted_to_real_numbers_keeps_its_real_part(ag: Autograd) -> None:
    """Converted to real numbers, complex ones lose their imaginary part, and the gradient has none.

    torch warns of it.
    """
    z = ag.tensor([1.0 + 2.0j, -0.5j], requires_grad=True)
    x = z.to(dtype="float64")
    x.backward(ag.tensor(np.array([3.0, -1.5])))

    expect(x).equals([1.0, 0.0])
    expect(z.grad).equals([3.0 + 0.0j, -1.5 + 0.0j])


@clause("cplx-018a", VALUE, sources=[CONVERTING])
def what_is_converted_to_complex_numbers_is_moved_by_real_ones(ag: Autograd) -> None:
    """Converted to complex numbers, real ones have the gradient of the real part alone."""
    w = drawn(ag, 3)

    def turned(x: Any) -> Any:
        return ag.real(x.to(dtype="complex128") * ag.tensor(w))

    _, (gradient,) = ag.vjp(turned, [ag.random(3)], [2.0, -1.0, 0.5])

    expect(gradient).is_close(w.real * [2.0, -1.0, 0.5])


@clause("cplx-205", CONVENTION, sources=["observed"])
def a_real_tensor_has_no_room_for_complex_numbers(ag: Autograd) -> None:
    """To multiply a real tensor in place by a complex one is refused.

    Remedy: convert it to complex numbers first, or write `x = x * z`.
    """
    x = ag.tensor([1.5, -2.0])
    z = ag.tensor([1.0 + 2.0j, -0.5j])

    with ag.refuses("inplace-dtype"):
        x.mul_(z)
    expect(x).equals([1.5, -2.0])
