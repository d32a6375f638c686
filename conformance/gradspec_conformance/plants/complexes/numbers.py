"""Faults of the parts of complex numbers, of their sizes, angles and conjugates."""

from __future__ import annotations

import math
from typing import Final

from gradspec_conformance.plants.places import at, kernel, rule
from gradspec_conformance.plants.plant import TEACHING, plant
from gradspec_reference.engine import inplace
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.names.functions import complex_numbers
from gradspec_reference.operators.conjugation import conj, is_complex, real_part

CONJ: Final = at(complex_numbers, "conj")
COPIES: Final = "engines without views"


# rules --------------------------------------------------------------------------------
@plant(rule("conj", "self"), "value: cplx-005 cplx-202/conj", "a conjugate that is forgotten")
def conjugates_hand_on(_sound, _xp, g):
    """conj passes a cotangent on as it is."""
    return g


@plant(rule("view_as_real", "self"), "value: cplx-006a dty-001a/complex64", "2 Re z = z + conj z")
def parts_count_twice(sound, xp, g):
    """The gradient by a part is twice what arrives at it."""
    return 2.0 * sound(xp, g)


@plant(rule("view_as_complex", "self"), "value: cplx-012", "which of two strides is which")
def pairs_are_swapped(sound, xp, g):
    """Of a cotangent of complex numbers view_as_complex makes pairs of the imaginary part first."""
    pairs = sound(xp, g)
    return xp.flip(pairs, (len(pairs.shape) - 1,))


@plant(rule("abs", "self"), "value: cplx-007 cplx-202/abs_array", "a conjugate that is forgotten")
def sizes_rise_across(sound, xp, g, x):
    """abs makes the conjugate of z/|z| times its cotangent."""
    return conj(xp, sound(xp, g, x))


@plant(rule("abs", "self"), "value: cplx-007a cplx-007", "HIPS/autograd")
def the_size_of_nothing_has_no_slope(_sound, xp, g, x):
    """abs divides z by |z|, which at zero is no number."""
    return g * (x / xp.abs(x))


@plant(rule("angle", "self"), "value: cplx-014 cplx-019/angle", "pytorch/pytorch#77246")
def angles_turn_the_other_way(sound, xp, g, x):
    """The gradient of an angle has the wrong sign."""
    return -sound(xp, g, x)


@plant(rule("sgn", "self"), "value: cplx-202/sgn cplx-019/sgn", "where a sign is constant")
def directions_are_constant(_sound, xp, g, *_saved):
    """sgn has no slope, as it has none of real numbers."""
    return xp.zeros_like(g)


@plant(rule("polar", "abs"), "value: cplx-013 cplx-202/polar", TEACHING)
def sizes_count_by_their_size(_sound, xp, g, result):
    """The gradient of polar by the size is that part of a cotangent times the size."""
    return real_part(xp, conj(xp, g) * result)


# powers, and parts that are no numbers -------------------------------------------------
@plant(rule("pow", "exponent"), "value: cplx-361", "logarithms of sizes")
def logarithms_are_of_sizes(sound, xp, g, x, y, result):
    """The slope of a power by its exponent has the logarithm of the size in it."""
    if is_complex(result) and not is_complex(x):
        return g * (result * xp.log(xp.abs(x)))
    return sound(xp, g, x, y, result)


@plant(rule("rpow", "exponent"), "value: cplx-362", "logarithms of sizes")
def logarithms_of_numbers_are_real(sound, xp, g, y, result, base):
    """The slope of a power of a number by its exponent has the logarithm of its size in it."""
    return (
        g * (result * math.log(abs(base)))
        if isinstance(base, complex)
        else sound(xp, g, y, result, base)
    )


@plant(kernel("nan_to_num"), "value: cplx-363", "kernels for real numbers alone")
def the_real_part_is_made_a_number(sound, x, nan, posinf, neginf):
    """Of complex numbers nan_to_num changes the real part alone."""
    if x.dtype.kind != "c":
        return sound(x, nan, posinf, neginf)
    return sound(x.real, nan, posinf, neginf) + 1j * x.imag


@plant(kernel("angle"), "value: cplx-364", "real numbers that are told apart too late")
def real_numbers_have_no_angle(sound, x):
    """The angle of every real number is zero."""
    return sound(x) if x.dtype.kind == "c" else x * 0


# views --------------------------------------------------------------------------------
@plant(CONJ, "value: cplx-206; flag: cplx-017", COPIES)
def conjugates_are_computed(_sound, z):
    """conj gives a conjugate in memory of its own, which has no mark."""
    return complex_numbers.conj_physical(z)


@plant(at(complex_numbers, "is_conj"), "flag: cplx-017", "marks that nobody reads")
def conjugates_are_not_known(_sound, _z):
    """is_conj says of a conjugate that it is none."""
    return False


@plant(at(complex_numbers, "resolve_conj"), "value: cplx-017a", "a mark that is taken off too late")
def resolved_conjugates_are_conjugated_again(sound, z):
    """resolve_conj conjugates a cotangent once more than conj does."""
    turned = complex_numbers.conj_physical(z)
    return sound(z).detach() + (turned - turned.detach())


@plant(at(complex_numbers, "imag"), "value: cplx-207", COPIES)
def parts_are_copies(sound, z):
    """What is written into the imaginary part is not written into the number."""
    return sound(z).clone()


# types --------------------------------------------------------------------------------
@plant(at(Tensor, "is_complex"), "flag: cplx-208", "types that are asked of the memory")
def parts_are_complex(sound, tensor):
    """is_complex says of a view of complex numbers that it is of complex numbers."""
    relation = tensor._view
    return sound(tensor if relation is None else relation.base)


@plant(kernel("cast"), "value: cplx-018 cplx-018a", "conversions that keep what they can")
def conversions_keep_sizes(sound, x, dtype, origin):
    """Complex numbers that are converted to real ones are converted to their sizes."""
    return sound(abs(x) if x.dtype.kind == "c" != dtype.kind else x, dtype, origin)


@plant(at(inplace, "check_dtype"), "no error: cplx-205", "NumPy's ComplexWarning")
def what_has_no_room_is_discarded(sound, array, dtype):
    """What is complex may be written into a real tensor, which keeps the real part."""
    if not dtype.is_complex:
        sound(array, dtype)
