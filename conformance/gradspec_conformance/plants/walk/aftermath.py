"""Faults that show after an error: what was begun and is never ended."""

from __future__ import annotations

import gradspec_reference
from gradspec_conformance.plants.places import BACKWARD, GRAD, REQUIRES_GRAD_, at
from gradspec_conformance.plants.plant import compound, plant
from gradspec_reference.engine import inplace, modes, refusals


@compound(
    "root-without-grad: err-015/a_second_pass err-015/operands_that_do_not_fit",
    "code that restores a mode behind its last line only",
)
def an_error_leaves_recording_off(swap):
    """Whoever refuses has switched recording off, and does not switch it on again."""

    def off(sound, *given, **named):
        try:
            return sound(*given, **named)
        except Exception:
            modes.enter(recording=False)
            raise

    for place in (BACKWARD, GRAD, REQUIRES_GRAD_, at(gradspec_reference.Tensor, "__mul__")):
        swap(place, off)
    swap(at(inplace, "check_not_a_leaf"), off)
    swap(at(refusals, "refused"), off)
    swap.data(modes.state, "recording", modes.state.recording)  # put back when the plant goes


@plant(
    at(modes.GradMode, "__exit__"),
    "root-without-grad: err-015/a_pass_in_no_grad",
    "contexts without a finally",
)
def an_error_stays_in_no_grad(sound, self, *exception):
    """A block that an error leaves leaves recording as it is in the block."""
    if not exception or exception[0] is None:
        sound(self, *exception)
