"""What a data type can hold: `finfo`, `iinfo`, and the type that holds what two do."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from gradspec_reference import dtypes

if TYPE_CHECKING:
    from gradspec_reference.dtypes import DType

__all__ = ["finfo", "iinfo", "promote_types"]


class finfo:  # noqa: N801 - torch's name
    """Limits of a floating-point type (torch.finfo); TypeError for any other."""

    def __init__(self, type: Any = None) -> None:
        kind = dtypes.get_default_dtype() if type is None else given("finfo", type)
        if not kind.is_floating_point:
            raise TypeError(f"finfo was given {kind}; it takes floating-point types, see iinfo")
        found = dtypes.limits(kind.numpy)
        self.dtype = kind.name
        self.bits = 8 * kind.itemsize
        self.eps, self.max, self.min = float(found.eps), float(found.max), float(found.min)
        self.tiny = self.smallest_normal = float(found.smallest_normal)
        places = 1 - math.log2(self.eps)  # of the significand, in binary
        self.resolution = 10.0 ** -int((places - 1) * math.log10(2))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, finfo) and other.dtype == self.dtype

    def __hash__(self) -> int:
        return hash(self.dtype)

    def __repr__(self) -> str:
        names = ("resolution", "min", "max", "eps", "smallest_normal", "tiny")
        said = ", ".join(f"{name}={getattr(self, name):g}" for name in names)
        return f"finfo({said}, dtype={self.dtype})"


class iinfo:  # noqa: N801 - torch's name
    """Limits of a type of whole numbers (torch.iinfo); TypeError for any other."""

    def __init__(self, type: Any) -> None:
        kind = given("iinfo", type)
        if kind.is_floating_point or kind is dtypes.bool_:
            raise TypeError(f"iinfo was given {kind}; it takes types of whole numbers, see finfo")
        found = dtypes.limits(kind.numpy)
        self.dtype = kind.name
        self.bits = 8 * kind.itemsize
        self.min, self.max = int(found.min), int(found.max)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, iinfo) and other.dtype == self.dtype

    def __hash__(self) -> int:
        return hash(self.dtype)

    def __repr__(self) -> str:
        return f"iinfo(min={float(self.min):g}, max={float(self.max):g}, dtype={self.dtype})"


def given(name: str, kind: Any) -> DType:
    """Return a dtype, also where it is a Python type of numbers; TypeError for all else."""
    found = dtypes.of_type(kind)
    if found is None:
        raise TypeError(f"{name} was given a {type(kind).__name__}; it takes a dtype")
    return found


def promote_types(type1: Any, type2: Any) -> DType:
    """Return the smallest dtype that holds what two do (torch.promote_types)."""
    return dtypes.promote(given("promote_types", type1), given("promote_types", type2))
