"""Faults in what modes do to passes and to what is written while recording is off."""

from __future__ import annotations

from gradspec_conformance.plants.places import (
    APPLY_INPLACE,
    NEW_PASS,
    REQUIRES_GRAD_,
    at,
    reading,
    step,
)
from gradspec_conformance.plants.plant import TEACHING, after, before, compound, general, plant
from gradspec_reference.engine import accumulation, modes, recording, versions, views
from gradspec_reference.engine.views import Creation


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
    self.prev = modes.state.recording


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


@plant(at(versions, "bump"), "no error: mode-019/no_grad; value: mode-208/no_grad", TEACHING)
def unrecorded_writes_do_not_count(sound, tensor):
    """What is written while recording is off raises no version."""
    if modes.state.recording:
        sound(tensor)


@after(APPLY_INPLACE, "flag: mode-020/no_grad", "pytorch/pytorch#26607")
def unrecorded_write_sets_the_flag(_, _operator, operands, *_rest):
    """A tensor into which a value that requires grad is written requires grad, in any mode."""
    target, *others = operands
    if target._array.dtype.kind == "f" and any(getattr(x, "requires_grad", False) for x in others):
        target._requires_grad = True


@after(at(recording, "binary"), "lifetime: mode-044/no_grad", "tapes that are thrown away later")
def operands_are_kept_in_any_mode(result, _operator, a, b, *_rest):
    """A result keeps its operands also if it is not recorded."""
    if not modes.state.recording:
        result.operands = (a, b)


@after(at(recording, "binary"), "root-without-grad: mode-206/no_grad", "modes that detach operands")
def operands_lose_their_history(_, _operator, a, *_rest):
    """An operation that is not recorded cuts its operand off from its history."""
    if not modes.state.recording:
        a._grad_fn = None


@plant(reading("requires_grad"), "flag: mode-004/no_grad", TEACHING)
def flag_follows_the_mode(sound, tensor):
    """No tensor reports that it requires grad while recording is off."""
    return modes.state.recording and sound(tensor)


@compound("value: mode-022/no_grad", "where views are no operations")
def views_are_recorded_in_any_mode(swap):
    """A view is recorded also while recording is off."""

    @swap.into(at(recording, "view"))
    def view(sound, operator, source, *params):
        before, modes.state.recording = modes.state.recording, True
        try:
            return sound(operator, source, *params)
        finally:
            modes.state.recording = before


@plant(
    at(views, "inherited_creation"),
    "wrong error: mode-023/no_grad; no error: mode-211/no_grad",
    "pytorch/pytorch#32839",
)
def unrecorded_views_are_ordinary(sound, parent, several):
    """A view that was made while recording is off counts as made in grad mode."""
    made = sound(parent, several)
    return Creation.DEFAULT if made in views.UNRECORDED else made


@before(
    APPLY_INPLACE, "no-grad-view-inplace: mode-210/no_grad", "where a ban looks at the view alone"
)
def unrecorded_views_are_never_written(_operator, operands, *_rest):
    """A view that was made while recording is off is not written there, either."""
    relation = operands[0]._view
    if relation is not None and relation.creation in views.UNRECORDED:
        views.check_view_may_be_written(operands[0], relation)


@after(
    at(accumulation, "accumulate_array"),
    "flag: mode-042; no error: mode-219",
    "gradients of a pool",
)
def stored_gradients_are_ordinary(_, leaf, *_rest):
    """The gradient that a pass in inference mode stores is an ordinary tensor."""
    if leaf._grad is not None and leaf._grad._counter is versions.INFERENCE:
        leaf._grad._counter = None


@plant(
    at(accumulation, "accumulate_array"), "missing gradient: mode-218", "passes that ask the mode"
)
def nothing_is_stored_in_inference_mode(sound, *arguments):
    """A pass in inference mode stores no gradient."""
    if not modes.state.inference:
        sound(*arguments)


@plant(step("run"), "missing gradient: mode-204", "passes that leave the work to threads")
def passes_need_threads(sound, self):
    """A pass that may use one thread only does nothing."""
    if modes.state.multithreading:
        sound(self)


@general("flag: mode-005/parameter mode-005/flagged", TEACHING)
def flags_are_set_in_grad_mode_alone(swap):
    """Where nothing is recorded no tensor is made to require grad."""

    @swap.into(REQUIRES_GRAD_)
    def flagged(sound, tensor, requires_grad=True):
        return sound(tensor, requires_grad and modes.state.recording)
