"""Faults in how modes are switched: by blocks, by functions, by decorators, in threads."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from gradspec_conformance.plants.places import at
from gradspec_conformance.plants.plant import TEACHING, after, compound, plant
from gradspec_reference.engine import decorating, modes

if TYPE_CHECKING:
    from gradspec_conformance.plants.swap import Swap

EXIT = at(modes.GradMode, "__exit__")


@plant(EXIT, "order: mode-013; value: mode-220", TEACHING)
def block_ends_in_grad_mode(_sound, _self, *_exception):
    """Leaving a block switches grad mode on, whatever it was before."""
    modes.leave(True)


@plant(
    EXIT,
    "flag: mode-014/no_grad; root-without-grad: err-015/a_pass_in_no_grad",
    "where nothing is finally done",
)
def exception_keeps_the_mode(sound, self, kind=None, *exception):
    """A block that an exception ends leaves its mode behind."""
    if kind is None:
        sound(self, kind, *exception)


@plant(EXIT, "root-without-grad: mode-003/no_grad", TEACHING)
def block_stays_in_effect(_sound, _self, *_exception):
    """A mode stays in effect after its block."""


@plant(EXIT, "order: mode-202", "where a block takes back what it did itself")
def block_keeps_what_was_switched_in_it(sound, self, *exception):
    """Leaving a block restores nothing if the mode was switched in it."""
    if modes.is_grad_enabled() == self.recording:
        sound(self, *exception)


@plant(at(modes.Setting, "__exit__"), "root-without-grad: mode-003/set_grad_enabled", TEACHING)
def setting_outlasts_its_block(_sound, _self, *_exception):
    """The mode of set_grad_enabled stays in effect after its block."""


@compound("root-without-grad: mode-003/inference_mode", TEACHING)
def inference_mode_outlasts_its_block(swap):
    """Inference mode stays on after its block."""
    swap.replace(modes.state, "inference", False)  # put back when the plant goes
    swap.replace(modes.state, "recording", True)
    swap.replace(modes.state, "following", True)

    @swap.into(at(modes.inference_mode, "__exit__"))
    def leave(_sound, _self, *_exception):
        pass


@plant(
    at(modes.set_grad_enabled, "enter"), "value: mode-006/set_grad_enabled", "a flag that is lost"
)
def flag_false_is_ignored(sound, self, mode):
    """set_grad_enabled(False) does nothing."""
    return sound(self, mode) if mode else modes.is_grad_enabled()


@after(at(modes, "leave_inference"), "value: mode-045/inference_mode", "tinygrad/tinygrad#3832")
def inference_mode_records(_, _before):
    """What is computed in inference mode is recorded."""
    modes.state.recording = modes.state.recording or modes.state.inference


def grad_mode_set_last(swap: Swap) -> list[bool]:
    """Keep which grad mode any thread has set last."""
    last = [True]

    @swap.before(at(modes, "enter"))
    def enter(recording):
        last[0] = recording

    @swap.before(at(modes, "leave"))
    def leave(before):
        last[0] = before

    return last


@compound("order: mode-015", "where a thread takes over its parent's settings")
def thread_inherits_the_mode(swap):
    """A new thread starts in the grad mode that was set last."""
    last = grad_mode_set_last(swap)

    @swap.after(at(modes.ThreadState, "__init__"))
    def begin(_, self):
        self.recording = last[0]


@compound("order: mode-039", "where a thread takes over its parent's settings")
def thread_inherits_inference_mode(swap):
    """A new thread starts in the inference mode that was set last."""
    last = [False]

    @swap.before(at(modes, "leave_inference"))
    def leave(before):
        last[0] = before[0]

    @swap.after(at(modes.ThreadState, "__init__"))
    def begin(_, self):
        self.inference = last[0]


@compound("flag: mode-015a", "pydynet: one variable of the process")
def grad_mode_is_one_of_the_process(swap):
    """Whoever asks for the grad mode is told what any thread has set last."""
    last = grad_mode_set_last(swap)

    @swap.into(at(modes, "is_grad_enabled"))
    def told(_sound):
        return last[0]


@plant(at(modes, "is_grad_enabled"), "flag: mode-001", TEACHING)
def grad_mode_is_not_told(_sound):
    """is_grad_enabled says no."""
    return False


@plant(at(modes, "is_inference_mode_enabled"), "flag: mode-201", "a simple model of torch")
def inference_mode_is_told_as_grad_mode(_sound):
    """is_inference_mode_enabled says whether grad mode is on."""
    return modes.is_grad_enabled()


@plant(at(modes.enable_grad, "__enter__"), "root-without-grad: mode-008", TEACHING)
def enable_grad_ignored(_sound, self):
    """enable_grad does not record inside no_grad."""
    self.prev = modes.is_grad_enabled()


@plant(
    at(modes.set_grad_enabled, "__enter__"),
    "order: mode-010/true",
    "set_grad_enabled that only switches off",
)
def flag_true_is_ignored(sound, self):
    """A block of a setting does nothing if its flag is True."""
    if self.mode:
        self.take_back()
    else:
        sound(self)


@plant(at(modes.set_grad_enabled, "enter"), "order: mode-011", "pytorch/pytorch#2861")
def setting_waits_for_its_block(sound, self, mode):
    """set_grad_enabled takes effect when its block begins, and without a block never."""
    if hasattr(self, "prev"):
        return sound(self, mode)
    return modes.is_grad_enabled()


@plant(at(modes.Setting, "take_back"), "order: mode-012", "pytorch/pytorch#83586")
def decorating_switches_the_mode(_sound, _self):
    """Decorating a function by set_grad_enabled leaves the mode that it set."""


@plant(
    at(modes._Plain, "__new__"), "value: mode-007/without_parentheses", "a decorator of one form"
)
def decorator_needs_parentheses(sound, cls, function=None):
    """A function that is decorated without parentheses stays as it is."""
    return sound(cls) if function is None else function


@plant(at(decorating, "decorated"), "root-without-grad: mode-009/with_parentheses", TEACHING)
def decorator_holds_while_defining(sound, mode, function):
    """A decorator's mode holds while the function is defined, not while it runs."""
    with mode.clone():
        sound(mode, function)
    return function


@plant(at(decorating, "_generator"), "order: mode-016/no_grad", "pytorch/pytorch#31792")
def generator_leaks_its_mode(_sound, mode, function):
    """A decorated generator keeps its mode while it waits."""

    @functools.wraps(function)
    def within(*args, **kwargs):
        with mode.clone():
            yield from function(*args, **kwargs)

    return within


@plant(at(modes.GradMode, "__enter__"), "order: mode-017", "contextlib.contextmanager", set)
def mode_is_entered_once(entered, sound, self):
    """A no_grad that was left does nothing when it is entered again."""
    if id(self) in entered:
        self.prev = modes.is_grad_enabled()
        return
    entered.add(id(self))
    sound(self)


@plant(at(modes.set_multithreading_enabled, "enter"), "order: mode-046 mode-046a", TEACHING)
def multithreading_stays_as_it_is(_sound, _self, _mode):
    """set_multithreading_enabled does nothing."""
    return modes.state.multithreading


@compound("flag: mode-046b", "one variable of the process")
def multithreading_is_one_of_the_process(swap):
    """Whoever asks about multithreading is told what any thread has set last."""
    last = [True]

    @swap.before(at(modes.set_multithreading_enabled, "enter"))
    def enter(_self, mode):
        last[0] = mode

    @swap.into(at(modes, "is_multithreading_enabled"))
    def told(_sound):
        return last[0]


@after(at(modes, "enter_inference"), "order: mode-036a", "a simple model of torch")
def inference_mode_leaves_grad_mode(before, _inference):
    """Entering inference mode leaves grad mode as it is."""
    modes.enter(before[1])


@after(at(modes, "enter"), "flag: mode-036", "tinygrad/tinygrad#3832")
def enable_grad_records_in_inference_mode(_, recording):
    """Switching grad mode on inside inference mode records."""
    if modes.state.inference:
        modes.state.recording = recording


@plant(
    at(modes.inference_mode, "__enter__"), "root-without-grad: mode-035; order: mode-035a", TEACHING
)
def inference_mode_is_not_switched_off(sound, self):
    """inference_mode(False) does nothing."""
    if self.mode:
        sound(self)
    else:
        self._before = None


@plant(
    at(modes.inference_mode, "clone"),
    "order: mode-037/with_the_flag_false",
    "decorators that are copied",
)
def decorator_loses_its_flag(_sound, _self):
    """A function decorated by inference_mode(False) runs in inference mode."""
    return modes.inference_mode()


@after(
    at(modes.inference_mode, "__enter__"),
    "unexpected gradient: mode-038",
    "a simple model of torch",
)
def inference_mode_follows_tangents(_, _self):
    """Tangents are followed in inference mode, too."""
    modes.state.following = True


@compound("missing gradient: mode-291", "where only one of two flags is restored")
def tangents_end_with_inference_mode(swap):
    """After a block of inference mode no tangent is followed any more."""
    swap.data(modes.state, "following", modes.state.following)  # put back when the plant goes

    @swap.after(at(modes.inference_mode, "__exit__"))
    def leave(_, _self, *_exception):
        modes.state.following = False
