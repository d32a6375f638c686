"""Faults in the argument out."""

from __future__ import annotations

from typing import Any

from gradspec_conformance.plants.history import unrecorded
from gradspec_conformance.plants.places import at
from gradspec_conformance.plants.plant import plant
from gradspec_reference.engine import inplace, recording, versions
from gradspec_reference.errors import OutRequiresGradError


@plant(
    at(inplace, "into_out"),
    {"inp-232": "value", "inp-035": "no error"},
    "common where out= goes past the recorder",
)
def out_is_a_plain_write(sound: Any, *arguments: Any) -> Any:
    """out= takes the result whoever requires grad, and nothing is recorded."""
    return unrecorded(sound, *arguments)


@plant(
    at(inplace, "into_out"),
    {"inp-035/argument": "no error", "inp-035/target": "no error"},
    "common where out= is made of copy_",
)
def out_is_recorded(_sound: Any, out: Any, result: Any, _operands: Any) -> Any:
    """out= becomes the result of the operation, history and all."""
    return out.copy_(result)


@plant(
    at(inplace, "into_out"),
    {"inp-035/leaf": "no error", "inp-233": "value"},
    "common where only the arguments are looked at",
)
def out_target_is_not_looked_at(sound: Any, out: Any, result: Any, operands: Any) -> Any:
    """out= may be a tensor that requires grad, if no argument does."""
    if any(map(recording.needs_grad, operands)):
        return sound(out, result, operands)
    return unrecorded(sound, out, result, operands)


@plant(
    at(inplace, "into_out"),
    {"inp-235": "out-requires-grad"},
    "common where the check does not ask for the mode",
)
def out_is_refused_in_every_mode(sound: Any, out: Any, result: Any, operands: Any) -> Any:
    """out= refuses arguments that require grad in no_grad too."""
    if any(map(recording.needs_grad, operands)):
        raise OutRequiresGradError("out= was given with arguments that require grad")
    return sound(out, result, operands)


@plant(at(inplace, "into_out"), {"inp-035b": "value"}, "common where out= goes past the counter")
def out_is_not_counted(sound: Any, out: Any, result: Any, operands: Any) -> Any:
    """out= takes the result without counting as a write."""
    sound(out, result, operands)
    versions.counter_of(out).value -= 1
    return out


@plant(at(inplace, "into_out"), {"inp-234": "value"}, "pytorch/pytorch#2940")
def out_is_refused_after_the_write(sound: Any, out: Any, result: Any, operands: Any) -> Any:
    """Whether out= may take a result is checked after it was stored."""
    unrecorded(sound, out, result, operands)
    return sound(out, result, operands)
