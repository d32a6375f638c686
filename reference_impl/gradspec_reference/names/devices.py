"""Where tensors live: where NumPy has its numbers, or nowhere, as on torch's device `meta`."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self

from gradspec_reference.meta import is_meta, to_meta

if TYPE_CHECKING:
    from gradspec_reference.engine.tensor import Tensor

KINDS: Final = ("cpu", "meta")


@dataclass(frozen=True, slots=True, init=False, repr=False)
class device:  # noqa: N801 - the name that a user reads
    """A device by type and index; RuntimeError for a type that is not here (torch.device)."""

    type: str
    index: int | None

    def __init__(self, type: str | int | device, index: int | None = None) -> None:
        name, _, number = str(type).partition(":")
        if name not in KINDS or (number and (index is not None or not number.isdecimal())):
            raise RuntimeError(f"device {type!r} was given; this engine has 'cpu' and 'meta' only")
        object.__setattr__(self, "type", name)
        object.__setattr__(self, "index", int(number) if number else index)

    def __enter__(self) -> Self:
        """Make tensors on this device, unless another is named, until the block ends."""
        entered.devices.append(self)
        return self

    def __exit__(self, *exception: object) -> None:
        entered.devices.pop()

    def __str__(self) -> str:
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __repr__(self) -> str:
        index = "" if self.index is None else f", index={self.index}"
        return f"device(type={self.type!r}{index})"


class Entered(threading.local):
    """The devices whose blocks a thread is in, the innermost last."""

    def __init__(self) -> None:
        self.devices: list[device] = []


entered = Entered()
Device = device
CPU: Final = Device("cpu")
META: Final = Device("meta")


def of(self: Tensor) -> Device:
    """Return where a tensor is (torch.Tensor.device)."""
    return META if is_meta(self._array) else CPU


def named(device: Any) -> Device:
    """Return the device that an argument names; TypeError for what is no device."""
    if not isinstance(device, Device | str | int) or isinstance(device, bool):
        raise TypeError(f"a device was given as {type(device).__name__}; name it, as 'cpu' does")
    return device if isinstance(device, Device) else Device(device)


def wanted(device: Any) -> Device:
    """Return the device on which a tensor is to be made: the one named, or that of the block."""
    if device is None:
        return entered.devices[-1] if entered.devices else CPU
    return named(device)


def placed(array: Any, device: Any) -> Any:
    """Return a new array on the device that is wanted."""
    return to_meta(array) if wanted(device).type == "meta" else array


def check_device(device: Any) -> None:
    """Refuse any device but the one that has numbers."""
    if device is not None and named(device).type != "cpu":
        raise RuntimeError("random numbers are drawn on 'cpu' here; move them with to()")
