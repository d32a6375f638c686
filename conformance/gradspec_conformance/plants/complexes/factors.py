"""Faults of the factors of complex matrices: what the phases of vectors have to do with it."""

from __future__ import annotations

from gradspec_conformance.plants.places import at
from gradspec_conformance.plants.plant import general
from gradspec_reference.operators import factorisations, products
from gradspec_reference.operators.conjugation import is_complex


@general(
    "value: cplx-203/pinv cplx-203/eigh cplx-203/qr cplx-019/svdvals cplx-019/eigvalsh cplx-019/qr",
    "transposes for adjoints",
)
def adjoints_are_transposes(swap):
    """Where a complex matrix is differentiated, its adjoint is its transpose."""

    @swap.into(at(factorisations, "adjoint"))
    def adjoint(sound, xp, x):
        return products.transposed(xp, x) if is_complex(x) else sound(xp, x)
