"""Where tensors live: there is one place, but programs name it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True, init=False, repr=False)
class Device:
    """A device by type and index; RuntimeError for every type but cpu (torch.device)."""

    type: str
    index: int | None

    def __init__(self, type: str | int | Device, index: int | None = None) -> None:
        name, _, number = str(type).partition(":")
        if name != "cpu" or (number and (index is not None or not number.isdecimal())):
            raise RuntimeError(f"device {type!r} was given; this engine has 'cpu' only")
        object.__setattr__(self, "type", name)
        object.__setattr__(self, "index", int(number) if number else index)

    def __str__(self) -> str:
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __repr__(self) -> str:
        index = "" if self.index is None else f", index={self.index}"
        return f"device(type={self.type!r}{index})"


CPU: Final = Device("cpu")


def check_device(device: Any) -> None:
    """Refuse every device but the one there is."""
    if device is None or device is CPU:
        return
    if not isinstance(device, Device | str | int) or isinstance(device, bool):
        raise TypeError(f"a device was given as {type(device).__name__}; this engine has 'cpu'")
    Device(device)
