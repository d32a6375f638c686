"""Replace one half of an attribute of `Tensor`: how it is read, or how it is assigned."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from gradspec_reference.engine.tensor import Tensor

if TYPE_CHECKING:
    from gradspec_conformance.plants.plant import Swap

Read = Callable[[Any, Callable[[Any], Any]], Any]
Write = Callable[[Any, Any, Callable[[Any, Any], None]], None]


def reading(swap: Swap, name: str, fault: Read) -> None:
    """Read the attribute by `fault(tensor, read)`, where `read(tensor)` is the sound way."""
    sound: property = getattr(Tensor, name)
    read = sound.fget
    assert read is not None

    def faulty(tensor: Any) -> Any:
        swap.took_effect()
        return fault(tensor, read)

    swap(Tensor, name, sound.getter(faulty))


def assigning(swap: Swap, name: str, fault: Write) -> None:
    """Assign the attribute by `fault(tensor, value, write)`; `write(tensor, value)` is sound."""
    sound: property = getattr(Tensor, name)
    write = sound.fset
    assert write is not None

    def faulty(tensor: Any, value: Any) -> None:
        swap.took_effect()
        fault(tensor, value, write)

    swap(Tensor, name, sound.setter(faulty))


def deleting(swap: Swap, name: str, fault: Callable[[Any], None]) -> None:
    """Delete the attribute by `fault(tensor)`."""
    sound: property = getattr(Tensor, name)

    def faulty(tensor: Any) -> None:
        swap.took_effect()
        fault(tensor)

    swap(Tensor, name, sound.deleter(faulty))
