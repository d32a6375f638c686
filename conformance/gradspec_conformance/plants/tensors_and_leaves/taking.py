"""Faults in taking values out of a tensor: the tensor itself loses its history."""

# ruff: noqa: SLF001 - a plant reaches inside

from __future__ import annotations

from typing import Any

from gradspec_conformance.plants.plant import Swap, plant
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.names import factories

TAKERS: dict[str, tuple[Any, str]] = {
    "tensor": (factories, "tensor"),
    "new_tensor": (Tensor, "new_tensor"),
    "detach": (Tensor, "detach"),
    "numpy": (Tensor, "numpy"),
    "deepcopy": (Tensor, "__deepcopy__"),
    "pickle": (Tensor, "__reduce__"),
}
"""Row of leaf-212 -> the function that takes the value."""


def cutting(owner: Any, name: str) -> Any:
    """Make a fault: a function cuts the tensors that it is given off from their history."""

    def fault(swap: Swap) -> None:
        sound = getattr(owner, name)

        def take(*arguments: Any, **named: Any) -> Any:
            for one in arguments:
                if isinstance(one, Tensor):
                    one._grad_fn = None
            return sound(*arguments, **named)

        swap(owner, name, take)

    return fault


for row, place in TAKERS.items():
    made = cutting(*place)
    made.__name__, made.__doc__ = f"{row}_cuts_its_tensor", f"{row} detaches the tensor itself."
    plant(
        kills={f"leaf-212/{row}": "root-without-grad"},
        modelled_on="common in teaching engines: detach_() where detach() is meant",
    )(made)


@plant(
    kills={"leaf-028/detach": "value", "leaf-035a/detach": "flag"},
    modelled_on="common in engines without constants",
)
def detach_returns_the_tensor(swap: Swap) -> None:
    """detach() gives the tensor itself, with its history."""
    swap(Tensor, "detach", lambda self: self)
