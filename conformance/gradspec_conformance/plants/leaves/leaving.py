"""Faults where values leave the engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gradspec_conformance.plants.places import at
from gradspec_conformance.plants.plant import plant
from gradspec_reference.errors import ArrayRequiresGradError
from gradspec_reference.names import interop

if TYPE_CHECKING:
    from gradspec_reference.engine.tensor import Tensor


@plant(
    at(interop, "item"),
    {"rec-012": "root-without-grad", "rec-007": "missing gradient"},
    "common in tracing engines: what is read as a number becomes a constant",
)
def decisions_detach(sound: Any, tensor: Tensor) -> Any:
    """A tensor that was turned into a number of the host language is a constant from then on."""
    tensor.detach_()
    return sound(tensor)


@plant(at(interop, "to"), {"leaf-012": "aliasing"}, "common in teaching engines")
def float_always_copies(sound: Any, self: Any, *given: Any, **named: Any) -> Any:
    """float() and its like copy a tensor that has the wanted data type already."""
    return sound(self, *given, **{**named, "copy": True})


@plant(at(interop, "item"), {"leaf-037a": "array-requires-grad"}, "common in tracing engines")
def numbers_are_refused_to_variables(sound: Any, self: Any) -> Any:
    """float() and int() of a tensor that requires grad are refused."""
    if self.requires_grad:
        raise ArrayRequiresGradError("a tensor that requires grad was made a number")
    return sound(self)


@plant(at(interop, "item"), {"leaf-037a": "missing gradient"}, "common in teaching engines")
def numbers_cut_their_tensor(sound: Any, self: Any) -> Any:
    """float() and int() of a tensor detach the tensor itself."""
    return sound(self.detach_())
