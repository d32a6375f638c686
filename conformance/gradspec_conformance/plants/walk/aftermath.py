"""Faults that show after an error: what was begun and is never ended."""

from __future__ import annotations

import gradspec_reference
from gradspec_conformance.plants.places import BACKWARD, GRAD, REQUIRES_GRAD_, at
from gradspec_conformance.plants.plant import compound
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
