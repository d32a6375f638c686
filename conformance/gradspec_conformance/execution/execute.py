"""The one path that executes a clause: `run_clause(clause, engine) -> Verdict`."""

from __future__ import annotations

import gc
import time
import traceback
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gradspec.exceptions import BrokenPort, Diverged, Failure, Refused, Unsupported, text_of
from gradspec.judging.spelled import spell
from gradspec.port.engine import Subject
from gradspec.program.recorder import Recorder
from gradspec.program.replay import replay
from gradspec.program.storing import to_json
from gradspec.writing.notation import Autograd
from gradspec_conformance.execution import register
from gradspec_conformance.execution.effort import EVERYDAY, Effort, seed_of
from gradspec_conformance.execution.habit import NO_GRADIENT, habit
from gradspec_conformance.execution.lacking import unsupported
from gradspec_conformance.execution.place import place_of
from gradspec_conformance.execution.verdict import Kind, Outcome, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gradspec.port.engine import Engine
    from gradspec.program.steps import Program
    from gradspec.writing.clause import Clause


def run_clause(
    clause: Clause,
    engine: Engine | Subject,
    effort: Effort = EVERYDAY,
    *,
    verdict_of: Callable[[str], Verdict] | None = None,
    known: Program | None = None,
) -> Verdict:
    """Run one clause on an engine and judge what happened; never raises for what engines do.

    `verdict_of` gives the verdict of a clause that this one builds on (default: run it here).
    `known` is the stored example of a failure already recorded: it is tried first.
    """
    started, subject = time.perf_counter(), Subject.of(engine)
    verdict = _precluded(clause, subject, effort, verdict_of)
    if verdict is None and known is not None:
        verdict = _replayed(clause, subject, known)
    if verdict is None:
        verdict = _executed(clause, subject, effort)
    return replace(verdict, duration=time.perf_counter() - started)


def _precluded(
    clause: Clause, subject: Subject, effort: Effort, verdict_of: Callable[[str], Verdict] | None
) -> Verdict | None:
    lacking = unsupported(clause, subject.abilities)
    if lacking is not None:
        return lacking
    for foundation in clause.foundations:
        if verdict_of is not None:
            below = verdict_of(foundation)
        else:
            below = _alone(foundation, subject, effort)
        if below.outcome is not Outcome.PASSED and below.outcome is not Outcome.UNSUPPORTED:
            message = f"builds on {foundation}, which {below.outcome.replace('_', ' ')}"
            return Verdict(clause.id, Outcome.BLOCKED, message=message, foundation=foundation)
    return None


def _alone(identifier: str, subject: Subject, effort: Effort) -> Verdict:
    case = register.case(identifier)
    if case is None:
        return Verdict(identifier, Outcome.ERRORED, Kind.UNREADABLE, register.why_not(identifier))
    return run_clause(case, subject, effort)


def _executed(clause: Clause, subject: Subject, effort: Effort) -> Verdict:
    recorders: list[Recorder] = []

    def once(**inputs: Any) -> None:
        with _no_collection(), Recorder(subject, seed=seed_of(clause, effort)) as recorder:
            recorders[:] = [recorder]
            clause.perform(Autograd(recorder), **inputs)

    # what was recorded is let go of before Python looks for cycles: it would look through all of it
    with nullcontext() if clause.is_law else _no_collection():
        try:
            return _judged(clause, tried(clause, once, effort), recorders)
        except Diverged as error:  # nothing was replayed: an engine says so
            return _stopped(clause, error)
        finally:
            recorders.clear()


def tried(clause: Clause, once: Callable[..., None], effort: Effort) -> Callable[[], None]:
    """Give what runs the clause: once as it is, or a law on drawn inputs."""
    if not clause.is_law:
        return once
    from gradspec_conformance.execution.laws import drawn  # noqa: PLC0415 - Hypothesis takes time

    return drawn(clause, once, effort)


def judge_program(clause: Clause, engine: Engine | Subject, program: Program) -> Verdict:
    """Judge a stored program of a clause; raises Diverged where only the clause can decide."""
    recorders: list[Recorder] = []

    def run() -> None:
        with _no_collection(), Recorder(engine) as recorder:
            recorders[:] = [recorder]
            replay(program, recorder)

    return _judged(clause, run, recorders)


def _replayed(clause: Clause, subject: Subject, known: Program) -> Verdict | None:
    """Judge the stored program; None if it no longer fails, so that the clause decides."""
    try:
        verdict = judge_program(clause, subject, known)
    except Diverged:
        return None
    return None if verdict.outcome is Outcome.PASSED else verdict


@contextmanager
def _no_collection() -> Iterator[None]:
    """Keep Python from collecting cycles in between, or a leak would pass now and then.

    A collection that the engine asks for finds nothing to collect.
    """
    collecting = gc.isenabled()
    gc.disable()
    gc.callbacks.append(_put_aside)
    try:
        yield
    finally:
        with suppress(ValueError):  # whoever took it out
            gc.callbacks.remove(_put_aside)
        gc.unfreeze()
        if collecting:
            gc.enable()


def _put_aside(phase: str, _about: dict[str, int]) -> None:
    if phase == "start":
        gc.freeze()


def _judged(clause: Clause, run: Callable[[], None], recorders: list[Recorder]) -> Verdict:
    try:
        run()
    except (Failure, Unsupported) as word:
        verdict = _by_the_kits_word(clause, word, recorders[-1])
    except Refused as refused:
        if refused.kind == "grad-is-none":
            kind = Kind.MISSING_GRADIENT
            verdict = Verdict(clause.id, Outcome.FAILED, kind, str(refused), "None", "a tensor")
            verdict = replace(verdict, habit=NO_GRADIENT)
        else:
            verdict = _refused(clause, refused)
    except Diverged:
        raise
    except BrokenPort as broken:
        verdict = Verdict(clause.id, Outcome.ERRORED, Kind.BROKEN_PORT, str(broken))
    except Exception as error:  # noqa: BLE001 - whatever else: the program could not go on
        verdict = _stopped(clause, error)
    else:
        if recorders and recorders[-1].assertions:
            return Verdict(clause.id, Outcome.PASSED, assertions=recorders[-1].assertions)
        verdict = Verdict(clause.id, Outcome.ERRORED, Kind.VOID, "the clause asserted nothing")
    return _with_program(verdict, recorders[-1]) if recorders else verdict


def _by_the_kits_word(clause: Clause, word: Failure | Unsupported, recorder: Recorder) -> Verdict:
    """Believe the kit's own word, and not an engine that says the same."""
    if not recorder.said(word):
        return _stopped(clause, word)
    if isinstance(word, Unsupported):
        lacking = word.capability
        return Verdict(clause.id, Outcome.UNSUPPORTED, message=str(word), lacking=lacking)
    found, expected = spell(word.found), spell(word.expected)
    verdict = Verdict(clause.id, Outcome.FAILED, Kind(word.kind), str(word), found, expected)
    if isinstance(word.__cause__, Refused):
        return replace(verdict, place=place_of(word.__cause__.error))
    return replace(verdict, habit=habit(word, recorder.program))


def _refused(clause: Clause, refused: Refused) -> Verdict:
    place = place_of(refused.error)
    verdict = Verdict(clause.id, Outcome.ERRORED, Kind.REFUSED, str(refused), place=place)
    if refused.kind is not None:
        return replace(verdict, error_kind=refused.kind)
    return replace(verdict, kind=Kind.RAISED, exception=type(refused.error).__name__)


def _stopped(clause: Clause, error: Exception) -> Verdict:
    raised = type(error).__name__
    verdict = Verdict(clause.id, Outcome.ERRORED, Kind.RAISED, _where(error), exception=raised)
    return replace(verdict, place=place_of(error))


def _with_program(verdict: Verdict, recorder: Recorder) -> Verdict:
    """Add to what did not pass what was done: how much was demanded, and the program."""
    verdict = replace(verdict, assertions=recorder.assertions)
    # an engine may have put into it what is no plain data, or what nobody can write
    with suppress(TypeError, ValueError, RecursionError):
        verdict = replace(verdict, program=to_json(recorder.program))
        verdict = replace(verdict, script=_script(recorder.subject.engine, recorder.program))
    return verdict


def _script(engine: Engine, program: Program) -> str | None:
    """Give the program in the engine's own words, or say why there is none."""
    native: Callable[[Program], Any] | None = getattr(engine, "script", None)
    if native is None:
        return None
    try:
        script = native(program)
    except Exception as error:  # noqa: BLE001 - the engine's own, whatever it is
        return f"# script() raised {type(error).__name__}: {text_of(error)}"
    if not isinstance(script, str):
        return f"# script() gave a {type(script).__name__}, expected a text"
    return str.__str__(script)


def _where(error: Exception) -> str:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    place = f"in {frame.name}, {frame.filename}:{frame.lineno}"
    return f"{type(error).__name__}: {text_of(error)} ({place})"
