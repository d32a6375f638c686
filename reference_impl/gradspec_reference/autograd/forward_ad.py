"""Forward mode: dual numbers in a level (torch.autograd.forward_ad); start at `dual_level`."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from gradspec_reference.dtypes import DIFFERENTIABLE
from gradspec_reference.engine import duals, forward
from gradspec_reference.engine.batched import inside
from gradspec_reference.engine.decorating import Decorator
from gradspec_reference.engine.modes import state
from gradspec_reference.errors import (
    DualDtypeError,
    LevelExitError,
    LevelInsideError,
    NoLevelError,
)

if TYPE_CHECKING:
    from gradspec_reference.engine.tensor import Tensor

__all__ = [
    "UnpackedDualTensor",
    "dual_level",
    "enter_dual_level",
    "exit_dual_level",
    "make_dual",
    "unpack_dual",
]


class UnpackedDualTensor(NamedTuple):
    """What `unpack_dual` returns: the value, and its tangent or None."""

    primal: Tensor
    tangent: Tensor | None


def enter_dual_level() -> int:
    """Enter a level and return its number, 0; LevelInsideError within another.

    Source: torch.autograd.forward_ad.enter_dual_level docstring.
    """
    if duals.levels or state.dual:
        raise LevelInsideError(
            "a dual level was entered within another, or within jvp(); levels cannot be nested, so "
            "leave the one that there is first"
        )
    duals.enter()
    return 0


def exit_dual_level(*, level: int | None = None) -> None:
    """Leave the latest level, and take the tangents of all tensors.

    Raises LevelExitError for any other level, or if there is none.
    Source: torch.autograd.forward_ad.exit_dual_level docstring.
    """
    latest = len(duals.levels) - 1
    if level is not None and level != latest:
        raise LevelExitError(
            f"dual level {level} was to be left, and the latest one is {latest}; leave out the "
            "number, and levels are left in turn"
        )
    if not duals.levels:
        raise LevelExitError("a dual level was to be left, and none is entered; enter one first")
    duals.leave()


def make_dual(tensor: Tensor, tangent: Tensor, *, level: int | None = None) -> Tensor:
    """Return a tensor on the same memory that has a tangent in this level.

    Raises NoLevelError outside a level, DualDtypeError for whole numbers, TangentShapeError and
    TangentDtypeError for a tangent that does not fit, DualAgainError for a second one.
    Source: torch.autograd.forward_ad.make_dual docstring.
    """
    number = len(duals.levels) - 1 if level is None else level
    if number < 0 or not duals.levels:
        raise NoLevelError(
            "a tensor was to be given a tangent outside any dual level; do it in a block of "
            "dual_level()"
        )
    for name, each in (("primal", tensor), ("tangent", tangent)):
        if each._array.dtype.kind not in DIFFERENTIABLE:
            raise DualDtypeError(f"the {name} is {each.dtype}; it must be floating-point")
    return forward.make_dual(inside(tensor), tangent, duals.levels[number])


def unpack_dual(tensor: Tensor, *, level: int | None = None) -> UnpackedDualTensor:
    """Return the value and the tangent, None if there is none, as in inference mode.

    Outside a level, the value is the tensor itself.

    Source: torch.autograd.forward_ad.unpack_dual docstring.
    """
    number = len(duals.levels) - 1 if level is None else level
    if number < 0 or not duals.levels:
        return UnpackedDualTensor(tensor, None)
    found = duals.levels[number]
    tangent = forward.tangent_of(tensor, found) if state.following else None
    return UnpackedDualTensor(forward.primal_of(tensor, found), tangent)


class dual_level(Decorator):  # noqa: N801 - torch's name
    """A dual level, for a `with` block or for each call of a function that it decorates.

    Tangents are there in it alone.  Source: torch.autograd.forward_ad.dual_level docstring.
    """

    def __enter__(self) -> int:  # type: ignore[override]
        return enter_dual_level()

    def __exit__(self, *exception: object) -> None:
        exit_dual_level()

    def clone(self) -> dual_level:
        """Return a level that nobody has entered."""
        return dual_level()
