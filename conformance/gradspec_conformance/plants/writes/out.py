"""Faults in the argument out."""

from __future__ import annotations

from gradspec_conformance.plants.history import unrecorded
from gradspec_conformance.plants.places import INTO_OUT
from gradspec_conformance.plants.plant import before, plant
from gradspec_reference.engine import linking, versions
from gradspec_reference.errors import OutRequiresGradError


@plant(INTO_OUT, "value: inp-232; no error: inp-035", "where out= goes past the recorder")
def out_is_a_plain_write(sound, *arguments):
    """out= takes the result whoever requires grad, and nothing is recorded."""
    return unrecorded(sound, *arguments)


@plant(INTO_OUT, "no error: inp-035/argument inp-035/target", "where out= is made of copy_")
def out_is_recorded(_sound, out, result, _operands):
    """out= becomes the result of the operation, history and all."""
    return out.copy_(result)


@plant(INTO_OUT, "no error: inp-035/leaf; value: inp-233", "where only the arguments are looked at")
def out_target_is_not_looked_at(sound, out, result, operands):
    """out= may be a tensor that requires grad, if no argument does."""
    if any(map(linking.needs_grad, operands)):
        return sound(out, result, operands)
    return unrecorded(sound, out, result, operands)


@before(INTO_OUT, "out-requires-grad: inp-235", "where the check does not ask for the mode")
def out_is_refused_in_every_mode(_out, _result, operands):
    """out= refuses arguments that require grad in no_grad too."""
    if any(map(linking.needs_grad, operands)):
        raise OutRequiresGradError("out= was given with arguments that require grad")


@plant(INTO_OUT, "value: inp-035b", "where out= goes past the counter")
def out_is_not_counted(sound, out, result, operands):
    """out= takes the result without counting as a write."""
    sound(out, result, operands)
    versions.counter_of(out).value -= 1
    return out


@plant(INTO_OUT, "value: inp-234", "pytorch/pytorch#2940")
def out_is_refused_after_the_write(sound, out, result, operands):
    """Whether out= may take a result is checked after it was stored."""
    unrecorded(sound, out, result, operands)
    return sound(out, result, operands)
