"""Switching: for a block or from here on, in this thread and in no other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gradspec import CONVENTION, SHOULD, VALUE, clause, expect
from gradspec.chapters.grad_modes.rows import DOCSTRING, INFERENCE, UNRECORDED

if TYPE_CHECKING:
    from gradspec import Autograd
    from gradspec.chapters.grad_modes.rows import Entered

SETTING = "torch.set_grad_enabled docstring"
MODES = "notes/autograd § Grad Modes"


@clause("mode-001", CONVENTION, sources=["notes/autograd § Default Mode (Grad Mode)"])
def grad_mode_is_on(ag: Autograd) -> None:
    """Grad mode is on where nobody switched it off."""
    expect(ag.is_grad_enabled()).is_true()


@clause("mode-201", CONVENTION, sources=["notes/autograd § Default Mode (Grad Mode)"])
def inference_mode_is_off(ag: Autograd) -> None:
    """Inference mode is off where nobody switched it on."""
    expect(ag.is_inference_mode_enabled()).is_false()


@clause("mode-003", VALUE, sources=[DOCSTRING], over=UNRECORDED)
def after_the_block_operations_are_recorded(ag: Autograd, mode: Entered) -> None:
    """What is computed after a block of {name} is recorded again."""
    x = ag.tensor(3.0, requires_grad=True)
    with mode(ag):
        pass
    (x * x).backward()

    expect(x.grad).equals(6.0)


@clause("mode-008", VALUE, sources=["torch.enable_grad docstring"])
def enable_grad_records_again(ag: Autograd) -> None:
    """What is computed in enable_grad inside no_grad is recorded."""
    x = ag.tensor(3.0, requires_grad=True)
    with ag.no_grad(), ag.enable_grad():
        y = x * x
    y.backward()

    expect(x.grad).equals(6.0)


@clause("mode-010", CONVENTION, sources=[SETTING], over={"true": True, "false": False})
def set_grad_enabled_sets_grad_mode_for_a_block(ag: Autograd, flag: Any) -> None:
    """With the flag {name}, set_grad_enabled sets grad mode to it in its block; then as before."""
    with ag.set_grad_enabled(not flag):
        with ag.set_grad_enabled(flag):
            inside = ag.is_grad_enabled()
        after = ag.is_grad_enabled()

    expect([inside, after]).happened_in_order([flag, not flag])


@clause("mode-011", CONVENTION, sources=[SETTING])
def set_grad_enabled_as_a_function_stays_in_effect(ag: Autograd) -> None:
    """Called as a function, set_grad_enabled takes effect at once and until it is called again."""
    found = []
    for flag in (False, True):
        ag.switch_grad(flag)
        found.append(ag.is_grad_enabled())

    expect(found).happened_in_order([False, True])


@clause("mode-202", CONVENTION, sources=["observed"])
def a_block_ends_what_was_switched_in_it(ag: Autograd) -> None:
    """The end of a block restores the mode of before, whatever was set inside as a function."""
    with ag.enable_grad():
        ag.switch_grad(False)
    found = [ag.is_grad_enabled()]
    with ag.no_grad():
        with ag.no_grad():
            ag.switch_grad(True)
        found += [ag.is_grad_enabled()]

    expect(found).happened_in_order([True, False])


@clause("mode-013", CONVENTION, sources=[MODES])
def modes_nest(ag: Autograd) -> None:
    """Modes nest: leaving a block restores the mode that held when it was entered."""
    found = []
    with ag.no_grad():
        found.append(ag.is_grad_enabled())
        with ag.enable_grad():
            found.append(ag.is_grad_enabled())
            with ag.no_grad():
                found.append(ag.is_grad_enabled())
            found.append(ag.is_grad_enabled())
        found.append(ag.is_grad_enabled())
    found.append(ag.is_grad_enabled())

    expect(found).happened_in_order([False, True, False, True, False, True])


@clause("mode-014", CONVENTION, sources=[DOCSTRING], over=UNRECORDED)
def an_exception_restores_the_mode(ag: Autograd, mode: Entered) -> None:
    """A block of {name} that an exception ends restores the mode of before."""
    with ag.attempt(), mode(ag):
        ag.tensor([1.0, 2.0]) + ag.tensor([1.0, 2.0, 3.0])

    expect(ag.is_grad_enabled()).is_true()


@clause("mode-015", CONVENTION, sources=[DOCSTRING, "torch.enable_grad docstring"])
def a_new_thread_starts_in_grad_mode(ag: Autograd) -> None:
    """Grad mode is on in a new thread, also where the thread that starts it has switched it off."""
    found = ag.notes()
    with ag.no_grad():
        ag.func.thread(lambda: found.note(ag.is_grad_enabled()))()

    expect(found).happened_in_order([True])


@clause("mode-015a", CONVENTION, sources=[DOCSTRING], builds_on=("mode-011",))
def a_thread_switches_for_itself_alone(ag: Autograd) -> None:
    """A thread that switches grad mode off leaves that of others alone."""
    ag.func.thread(lambda: ag.switch_grad(False))()

    expect(ag.is_grad_enabled()).is_true()


@clause("mode-039", CONVENTION, sources=[INFERENCE])
def inference_mode_is_one_of_the_thread(ag: Autograd) -> None:
    """Inference mode is off in a new thread, also where the thread that starts it has it on."""
    found = ag.notes()
    with ag.inference_mode():
        ag.func.thread(lambda: found.note(ag.is_inference_mode_enabled()))()

    expect(found).happened_in_order([False])


MULTITHREADING = "torch.autograd.grad_mode.set_multithreading_enabled docstring"


@clause("mode-046", CONVENTION, sources=[MULTITHREADING])
def multithreading_is_switched_for_a_block(ag: Autograd) -> None:
    """Whether passes may use several threads is what set_multithreading_enabled says in its block,
    and then as before.
    """
    with ag.set_multithreading_enabled(True):
        with ag.set_multithreading_enabled(False):
            inside = ag.is_multithreading_enabled()
        after = ag.is_multithreading_enabled()

    expect([inside, after]).happened_in_order([False, True])


@clause("mode-046a", CONVENTION, sources=[MULTITHREADING])
def multithreading_is_switched_from_here_on(ag: Autograd) -> None:
    """Called as a function, set_multithreading_enabled takes effect at once, until called again."""
    found = []
    for flag in (False, True):
        ag.switch_multithreading(flag)
        found.append(ag.is_multithreading_enabled())

    expect(found).happened_in_order([False, True])


@clause("mode-046b", CONVENTION, sources=[MULTITHREADING])
def multithreading_is_switched_for_the_calling_thread(ag: Autograd) -> None:
    """A thread that switches multithreading off leaves that of others alone."""
    ag.func.thread(lambda: ag.switch_multithreading(False))()

    expect(ag.is_multithreading_enabled()).is_true()


@clause("mode-204", VALUE, sources=[MULTITHREADING])
def one_thread_finds_the_same_gradient(ag: Autograd) -> None:
    """A backward pass that may use one thread only finds the same gradient."""
    x = ag.tensor(3.0, requires_grad=True)
    y = x * x
    with ag.set_multithreading_enabled(False):
        y.backward()

    expect(x.grad).equals(6.0)


@clause("mode-017", CONVENTION, level=SHOULD, sources=["observed"])
def a_no_grad_is_entered_again(ag: Autograd) -> None:
    """One no_grad object can be entered again after it was left, and is left again."""
    found = ag.notes()
    ask = ag.func.one_no_grad(lambda: found.note(ag.is_grad_enabled()))
    for _ in range(2):
        ask()
        found.note(ag.is_grad_enabled())

    expect(found).happened_in_order([False, True, False, True])
