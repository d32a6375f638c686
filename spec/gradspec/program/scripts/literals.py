"""Values as source text."""

from __future__ import annotations

import math
from abc import abstractmethod
from types import EllipsisType, MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec.port.abilities import NARROW
from gradspec.program.steps import Function, Ref, Value
from gradspec.program.structure import Held, Plain

if TYPE_CHECKING:
    from collections.abc import Iterable


class Literals:
    """Writes values; whoever has the names of a program's objects says which they are."""

    @property
    @abstractmethod
    def working_dtype(self) -> str:
        """The data type of floats for which the program names none."""

    @abstractmethod
    def _name(self, number: int) -> str:
        """Name an object of the program."""

    def literal(self, value: Any) -> str:
        """Write a value as source text."""
        match value:
            case Ref() | Value():
                return self._name(value.number)
            case Function():
                return f"f{value.number}"
            case bool() | None:
                return repr(value)
            case str():
                return str.__repr__(value)  # that of an enumeration says its class
            case int():
                return int.__repr__(value)
            case float() | np.floating() if not math.isfinite(value):
                return f"float('{float(value)}')"
            case complex() if not _is_read_back(value):
                return f"complex({self.literal(value.real)}, {self.literal(value.imag)})"
            case np.ndarray() if not value.size:
                dtype = "" if value.dtype.kind == "f" else f", {value.dtype.name!r}"
                return f"np.zeros({value.shape}{dtype})"
            case np.ndarray():
                return self.literal(value.tolist())
            case np.generic():
                return self.literal(value.item())
            case list():
                return f"[{self.listed(value)}]"
            case tuple():
                return f"({self.listed(value)}{',' if len(value) == 1 else ''})"
            case dict():
                pairs = (f"{self.literal(k)}: {self.literal(v)}" for k, v in value.items())
                return "{" + ", ".join(pairs) + "}"
            case MappingProxyType():
                return f"types.MappingProxyType({self.literal(dict(value))})"
            case slice():
                return f"slice({self.listed((value.start, value.stop, value.step))})"
            case EllipsisType():
                return "..."
            case Plain(value=np.ndarray() as array):
                return self.array(array, array.dtype.name)
            case Plain():
                return self.literal(value.value)
            case Held():
                return self.literal(value.thing)
        return repr(value)

    def array(self, data: Any, dtype: str | None) -> str:
        """Write data as an array of a data type."""
        name = dtype if dtype and dtype not in NARROW else self._dtype_of(data)
        text, array = self.literal(data), np.asarray(data)
        alike = array.size and np.array(array.tolist()).dtype.name == name
        return f"np.array({text})" if alike else f"np.array({text}, dtype={name!r})"

    def _dtype_of(self, data: Any) -> str:
        dtype = np.asarray(data).dtype
        return self.working_dtype if dtype.kind == "f" else dtype.name

    def index(self, value: Any) -> str:
        """Write an index as it stands between brackets."""
        match value:
            case tuple() if value:
                return ", ".join(self.index(v) for v in value)
            case slice():
                ends = ["" if v is None else self.literal(v) for v in (value.start, value.stop)]
                step = "" if value.step is None else f":{self.literal(value.step)}"
                return f"{ends[0]}:{ends[1]}{step}"
        return self.literal(value)

    def listed(self, values: Iterable[Any]) -> str:
        """Write values with commas between them."""
        return ", ".join(self.literal(v) for v in values)


def _is_read_back(value: complex) -> bool:
    """Say whether Python reads what it writes for the number: no NaN, and no negative zero."""
    parts = (value.real, value.imag)
    return all(map(math.isfinite, parts)) and not any(
        part == 0.0 and math.copysign(1.0, part) < 0.0 for part in parts
    )
