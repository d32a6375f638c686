"""Faults of the factors of complex matrices: what the phases of vectors have to do with it."""

from __future__ import annotations

from gradspec_conformance.plants.places import at
from gradspec_conformance.plants.plant import general
from gradspec_reference.operators import factorisations
from gradspec_reference.operators.conjugation import is_complex


@general(
    "value: cplx-365/svd cplx-365/eigh cplx-365/qr cplx-366/svd cplx-366/eigh cplx-366/qr",
    "transposes for adjoints",
)
def adjoints_are_transposes(swap):
    """Where a complex matrix is differentiated, its adjoint is its transpose."""

    @swap.into(at(factorisations, "adjoint"))
    def transposed(sound, xp, x):
        return transposed(xp, x) if is_complex(x) else sound(xp, x)
