"""Faults in the modes that switch recording off and on."""

from __future__ import annotations

from gradspec_conformance.plants.places import APPLY_INPLACE, NEW_PASS, at, step
from gradspec_conformance.plants.plant import after, compound, plant
from gradspec_reference.engine import modes


@compound("flag: ho-011 ho-012", "pytorch/pytorch#31715")
def pass_does_not_restore_the_mode(swap):
    """After a pass the grad mode is that of the pass."""

    @swap.after(step("run"))
    def run(_, self):
        modes.enter(self.create_graph)

    swap.data(modes.state, "recording", modes.state.recording)  # put back when the plant goes


@plant(at(modes.no_grad, "__enter__"), "flag: rec-001a; value: rec-202", "tinygrad/tinygrad#3832")
def nograd_ignored(_sound, self):
    """Operations are recorded in no_grad too."""
    return self._before.append(modes.state.recording)


@plant(NEW_PASS, "root-without-grad: ho-012", "where the mode has the last word")
def mode_overrules_the_switch(sound, retain, create):
    """A pass inside no_grad is not recorded, even with create_graph=True."""
    retain = create if retain is None else retain
    return sound(retain, create and modes.state.recording)


@compound("order: ho-011; root-without-grad: ho-012", "where nobody sets the mode for a pass")
def pass_leaves_the_mode_alone(swap):
    """A pass runs in the caller's grad mode, whatever create_graph says."""
    enter = modes.enter

    def stay(recording):
        del recording
        return modes.state.recording

    @swap.into(step("start"))
    def start(sound, self, *roots):
        modes.enter = stay
        sound(self, *roots)
        modes.enter = enter

    @swap.into(step("run"))
    def run(sound, self):
        caller = modes.state.recording

        def enter_callers(_recording):
            modes.enter = enter
            return enter(caller)

        modes.enter = enter_callers
        sound(self)


@after(APPLY_INPLACE, "flag: acc-201", "where a leaf is written through its data")
def step_clears_the_flag(_, _operator, operands, *_rest):
    """A leaf that is written while recording is off does not require grad afterwards."""
    if not modes.state.recording and operands[0].is_leaf:
        operands[0]._requires_grad = False


@after(APPLY_INPLACE, "missing gradient: acc-205", "where an update makes a new parameter")
def step_drops_the_gradient(_, _operator, operands, *_rest):
    """A leaf that is written while recording is off loses its gradient."""
    if not modes.state.recording and operands[0].is_leaf:
        operands[0]._grad = None
