"""Faults of Fourier transforms: the way, the norm, the dimension, and the half that is left out."""

from __future__ import annotations

from typing import Final

from gradspec_conformance.plants.places import at, kernel, rule
from gradspec_conformance.plants.plant import TEACHING, plant
from gradspec_reference import fft
from gradspec_reference.names.functions.complex_numbers import conj

HALVES: Final = "spectra of real signals"


@plant(kernel("fft_c2c"), "value: op-201/fft op-201/ifft", TEACHING)
def transforms_go_the_other_way(sound, x, dim, normalization, forward):
    """A transform of complex numbers is the inverse one, and the inverse is the transform."""
    return sound(x, dim, normalization, not forward)


@plant(at(fft, "way"), "value: op-201/fft_ortho op-201/ifft_forward", "options that are ignored")
def norms_are_ignored(sound, name, _norm, *, forward):
    """A transform is normalised as if no norm were named."""
    return sound(name, None, forward=forward)


@plant(at(fft, "way"), "value: op-201/ifft op-201/irfft", "FFTW, which does not normalise")
def nothing_is_normalised(_sound, _name, _norm, *, forward):
    """No transform is normalised, whichever way it goes."""
    del forward
    return 0


@plant(kernel("fft_c2c"), "value: op-201/ifft_dim op-201/fft2", "options that are ignored")
def transforms_are_along_the_last(sound, x, dim, *rest):
    """A transform of complex numbers is along the last dimension, whichever were named."""
    return sound(x, dim and (x.ndim - 1,), *rest)


@plant(at(fft, "resized"), "shape: op-201/fft_longer op-201/ifft_shorter", TEACHING)
def lengths_are_ignored(_sound, x, *_asked):
    """What is transformed has its own length, whichever is named."""
    return x


@plant(at(fft, "c2r"), "value: op-201/hfft op-201/hfft_dim", "a conjugate that is forgotten")
def hfft_does_not_conjugate(sound, name, input, *rest, forward):
    """hfft takes its operand for the conjugate of what it is."""
    return sound(name, conj(input) if forward else input, *rest, forward=forward)


@plant(at(fft, "r2c"), "value: op-201/ihfft op-201/ihfft_dim", "a conjugate that is forgotten")
def ihfft_does_not_conjugate(sound, *given, forward, onesided):
    """The inverse transform of real numbers is the transform, normalised."""
    found = sound(*given, forward=forward, onesided=onesided)
    return found if forward else conj(found)


@plant(at(fft, "ifftshift"), "value: op-201/ifftshift", "where lengths are even")
def shifts_are_their_own_inverses(_sound, *given):
    """ifftshift moves by half the length, rounded down, as fftshift does."""
    return fft.fftshift(*given)


# rules --------------------------------------------------------------------------------
@plant(
    rule("fft_c2c", "self"), "value: cplx-202/fft cplx-203/ifft", "a conjugate that is forgotten"
)
def transforms_are_differentiated_forward(_sound, xp, g, dim, normalization, forward):
    """The rule of a transform is the transform, and not the other way."""
    return xp.fft_c2c(g, dim, normalization, forward)


@plant(rule("fft_c2c", "self"), "value: cplx-202/fft cplx-202/ifft", "norms of inverses")
def transforms_are_differentiated_as_inverses(_sound, xp, g, dim, normalization, forward):
    """The rule of a transform is its inverse, which is normalised otherwise."""
    return xp.fft_c2c(g, dim, 2 - normalization, not forward)


@plant(rule("fft_c2r", "self"), "value: cplx-202/irfft cplx-203/hfft", HALVES)
def halves_receive_once(_sound, xp, g, dim, normalization, _size):
    """A number that stands for two conjugate ones receives for one of them."""
    return xp.fft_r2c(g, dim, normalization, True)


@plant(rule("fft_r2c", "self"), "value: cplx-202/rfft cplx-203/rfft", HALVES)
def halves_are_transformed_back(sound, xp, g, x, dim, normalization, onesided):
    """The gradient of one half of a spectrum is that of a whole that is symmetric."""
    if not onesided:
        return sound(xp, g, x, dim, normalization, onesided)
    return xp.fft_c2r(g, dim, normalization, x.shape[dim[-1]])
