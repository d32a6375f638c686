"""Faults of what begins a pass at complex numbers, and of a caller's functions that it meets."""

from __future__ import annotations

from typing import Any

from gradspec_conformance.plants.places import DEFAULT_COTANGENT, FOR_ROOT, at
from gradspec_conformance.plants.plant import TEACHING, compound, plant
from gradspec_reference.autograd.checking import analytical, given, numerical
from gradspec_reference.engine.custom import FunctionNode
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.func import arguments
from gradspec_reference.names.functions.complex_numbers import conj_physical, is_complex


@plant(DEFAULT_COTANGENT, "no error: cplx-010", TEACHING)
def complex_roots_have_a_one(sound, root, shape, dtype):
    """A pass from a complex number begins with one."""
    if dtype.kind != "c":
        return sound(root, shape, dtype)
    return Tensor(dtype.type(1))


@plant(FOR_ROOT, "value: cplx-011; no error: vjp-007/real_for_a_complex_result", "JAX's promotion")
def real_cotangents_are_of_both_parts(sound, root, cotangent):
    """A real cotangent of a complex result counts for either part."""
    if is_complex(root) and cotangent is not None and not is_complex(cotangent):
        return cotangent * (1.0 + 1.0j)
    return sound(root, cotangent)


@plant(
    FOR_ROOT, "value: cplx-011a; no error: vjp-007/complex_for_a_real_result", "NumPy's absolute"
)
def complex_cotangents_count_by_their_size(sound, root, cotangent):
    """A complex cotangent of a real result counts by its size."""
    if not is_complex(root) and cotangent is not None and is_complex(cotangent):
        return abs(cotangent)
    return sound(root, cotangent)


def turned(gradients: Any) -> list[Any]:
    """Conjugate the gradients among several."""
    return [conj_physical(g) if isinstance(g, Tensor) else g for g in gradients]


@plant(at(FunctionNode, "shares"), "value: cplx-020", "the convention of JAX and of HIPS/autograd")
def callers_functions_are_given_conjugates(sound, node, cotangents):
    """A caller's function is given, and gives, the conjugates of gradients."""
    return turned(sound(node, turned(cotangents)))


@plant(at(arguments, "check_real"), "no error: func-028", "JAX's holomorphic")
def jacobians_are_of_complex_numbers(*_asked):
    """A Jacobian by complex numbers is computed as if they were real."""


@plant(at(analytical, "product"), "derivative-mismatch: chk-019 chk-019a", "JAX's convention")
def checks_expect_conjugates(sound, *asked):
    """A check takes a gradient for the conjugate of what it is."""
    return [None if g is None else conj_physical(g) for g in sound(*asked)]


@compound("flag: chk-019b", "a check of real parts")
def imaginary_parts_are_not_checked(swap):
    """A check looks at the real parts of outputs alone."""

    @swap.into(at(numerical, "values"))
    def values(_sound, function, inputs):
        returned = [x for x in given.as_tuple(function(*inputs)) if isinstance(x, Tensor)]
        found = [x.materialise() for x in returned]
        return [given.reals(x.real.astype(x.dtype)) if x.dtype.kind == "c" else x for x in found]

    @swap.into(at(given, "of_reals"))
    def of_reals(sound, parts, like):
        made = sound(parts, like)
        return made.real.astype(made.dtype)
