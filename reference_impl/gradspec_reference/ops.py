"""Operations as things, by the names that torch.ops.aten has for them: `ops.aten.mm.default`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

OTHER_NAMES: Final = {"mm": "matmul", "bmm": "matmul", "mv": "matmul", "dot": "matmul"}
"""Names of torch's for what is one operation here."""


@dataclass(frozen=True, slots=True)
class Overload:
    """One operation."""

    name: str

    def __str__(self) -> str:
        """Write it as torch does."""
        return f"aten.{self.name}.default"


def overload(name: str) -> Overload:
    """Return the operation of a name; names for one operation give one."""
    return Overload(OTHER_NAMES.get(name, name))


class Packet:
    """The forms of one operation, of which this engine has one."""

    def __init__(self, name: str) -> None:
        self.default = self.Tensor = overload(name)


class Namespace:
    """All operations, by their names."""

    def __getattr__(self, name: str) -> Packet:
        if name.startswith("_"):
            raise AttributeError(name)
        return Packet(name)


aten: Final = Namespace()
