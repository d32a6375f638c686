"""Faults where values leave the engine."""

from __future__ import annotations

from gradspec_conformance.plants.places import at
from gradspec_conformance.plants.plant import TEACHING, before, plant
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.errors import ArrayRequiresGradError
from gradspec_reference.names import interop


@before(at(interop, "item"), "root-without-grad: leaf-212/float leaf-212/int", "tracing engines")
def decisions_detach(tensor):
    """A tensor that was turned into a number of the host language is a constant from then on."""
    tensor.detach_()


@plant(at(interop, "to"), "aliasing: leaf-012/float", TEACHING)
def float_always_copies(sound, self, *given, **named):
    """float() and its like copy a tensor that has the wanted data type already."""
    return sound(self, *given, **{**named, "copy": True})


@before(at(interop, "item"), "array-requires-grad: leaf-037/float leaf-037/int", "tracing engines")
def numbers_are_refused_to_variables(self):
    """float() and int() of a tensor that requires grad are refused."""
    if self.requires_grad:
        raise ArrayRequiresGradError("a tensor that requires grad was made a number")


@plant(at(Tensor, "__bool__"), "value: rec-011a/below_1", "tracing engines")
def every_condition_holds(_sound, tensor):
    """The truth of a tensor is that there is one."""
    return tensor is not None


@plant(at(Tensor, "__format__"), "value: leaf-055/format", "lazy engines")
def formatting_cuts_the_history(_sound, self, spec):
    """Formatting a tensor computes its value, and drops the way to it."""
    text = interop.format_number(self, spec)
    self._grad_fn = None
    return text


@plant(at(Tensor, "__format__"), "text: leaf-214", "Python's habit for objects")
def formatting_is_printing(_sound, self, _spec):
    """A tensor in a formatted string is shown as it is printed."""
    return repr(self)
