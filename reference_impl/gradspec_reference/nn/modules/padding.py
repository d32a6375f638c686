"""Padding as modules: each by what it puts around, and around how many dimensions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gradspec_reference.nn import functional
from gradspec_reference.nn.modules.module import Module

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gradspec_reference.engine.tensor import Tensor


class Padding(Module):
    """What puts something around the last dimensions (torch.nn.ReflectionPad1d and others)."""

    dims: int
    mode: str
    value: float = 0.0

    def __init__(self, padding: int | Sequence[int]) -> None:
        super().__init__()
        widths = [padding] * 2 * self.dims if isinstance(padding, int) else padding
        self.padding = tuple(widths)

    def forward(self, input: Tensor) -> Tensor:
        """Return the input with something around it."""
        return functional.pad(input, self.padding, self.mode, self.value or None)

    def extra_repr(self) -> str:
        """Show the widths."""
        return f"{self.padding}"


class ConstantPadding(Padding):
    """What puts a number around the last dimensions."""

    def __init__(self, padding: int | Sequence[int], value: float) -> None:
        super().__init__(padding)
        self.value = value

    def extra_repr(self) -> str:
        """Show the widths and the number."""
        return f"padding={self.padding}, value={self.value}"


MODES: Final[dict[str, tuple[type[Padding], str]]] = {
    "ConstantPad": (ConstantPadding, "constant"),
    "ZeroPad": (Padding, "constant"),
    "ReflectionPad": (Padding, "reflect"),
    "ReplicationPad": (Padding, "replicate"),
    "CircularPad": (Padding, "circular"),
}
"""Beginning of a name -> what is put around, and how `pad` calls it."""


def padding(name: str, dims: int) -> Any:
    """Make a kind of padding around so many dimensions."""
    kind, mode = MODES[name]
    about = {"__doc__": f"torch.nn.{name}{dims}d", "__module__": __name__}
    return type(f"{name}{dims}d", (kind,), {**about, "dims": dims, "mode": mode})


ConstantPad1d, ConstantPad2d, ConstantPad3d = (padding("ConstantPad", n) for n in (1, 2, 3))
ZeroPad1d, ZeroPad2d, ZeroPad3d = (padding("ZeroPad", n) for n in (1, 2, 3))
ReflectionPad1d, ReflectionPad2d, ReflectionPad3d = (padding("ReflectionPad", n) for n in (1, 2, 3))
ReplicationPad1d, ReplicationPad2d, ReplicationPad3d = (
    padding("ReplicationPad", n) for n in (1, 2, 3)
)
CircularPad1d, CircularPad2d, CircularPad3d = (padding("CircularPad", n) for n in (1, 2, 3))

__all__ = [
    "CircularPad1d",
    "CircularPad2d",
    "CircularPad3d",
    "ConstantPad1d",
    "ConstantPad2d",
    "ConstantPad3d",
    "ReflectionPad1d",
    "ReflectionPad2d",
    "ReflectionPad3d",
    "ReplicationPad1d",
    "ReplicationPad2d",
    "ReplicationPad3d",
    "ZeroPad1d",
    "ZeroPad2d",
    "ZeroPad3d",
]
