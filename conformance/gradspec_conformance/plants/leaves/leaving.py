"""Faults where values leave the engine."""

from __future__ import annotations

from typing import Any

from gradspec_conformance.plants.places import at
from gradspec_conformance.plants.plant import plant
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.errors import ArrayRequiresGradError
from gradspec_reference.names import interop


@plant(
    at(interop, "item"),
    {"rec-007": "missing gradient", "rec-009": "missing gradient"},
    "common in tracing engines: what is read as a number becomes a constant",
)
def decisions_detach(sound: Any, tensor: Tensor) -> Any:
    """A tensor that was turned into a number of the host language is a constant from then on."""
    tensor.detach_()
    return sound(tensor)


@plant(at(interop, "to"), {"leaf-012/float": "aliasing"}, "common in teaching engines")
def float_always_copies(sound: Any, self: Any, *given: Any, **named: Any) -> Any:
    """float() and its like copy a tensor that has the wanted data type already."""
    return sound(self, *given, **{**named, "copy": True})


@plant(
    at(interop, "item"),
    {"leaf-037/float": "array-requires-grad", "leaf-037/int": "array-requires-grad"},
    "common in tracing engines",
)
def numbers_are_refused_to_variables(sound: Any, self: Any) -> Any:
    """float() and int() of a tensor that requires grad are refused."""
    if self.requires_grad:
        raise ArrayRequiresGradError("a tensor that requires grad was made a number")
    return sound(self)


@plant(at(Tensor, "__bool__"), {"rec-011a/below_1": "value"}, "common in tracing engines")
def every_condition_holds(_sound: Any, tensor: Any) -> Any:
    """The truth of a tensor is that there is one."""
    return tensor is not None


@plant(at(Tensor, "__format__"), {"leaf-055/format": "value"}, "common in lazy engines")
def formatting_cuts_the_history(_sound: Any, self: Any, spec: str) -> str:
    """Formatting a tensor computes its value, and drops the way to it."""
    text = interop.format_number(self, spec)
    self._grad_fn = None
    return text


@plant(at(Tensor, "__format__"), {"leaf-214": "text"}, "Python's habit for objects")
def formatting_is_printing(_sound: Any, self: Any, _spec: Any) -> Any:
    """A tensor in a formatted string is shown as it is printed."""
    return repr(self)
