"""Blocks of steps: modes, and demands on all that happens inside.

Each is one step of the program with steps of its own, so that a program is left as it was entered
however its block ends.
"""

from __future__ import annotations

import json
import re
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final, Self

from gradspec.exceptions import Failure, FailureKind, ProgramError, Refused, text_of
from gradspec.judging.comparison import warned
from gradspec.port.acts import ACTS
from gradspec.port.errors import ERROR_KINDS, PRESUPPOSES
from gradspec.program.objects import Object
from gradspec.program.passing import compared
from gradspec.program.steps import Ref

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager
    from types import TracebackType

    from gradspec.program.recording import Recording
    from gradspec.program.steps import Step


@contextmanager
def mode(
    recorder: Recording, key: str, arguments: tuple[Any, ...], keywords: dict[str, Any]
) -> Iterator[None]:
    """Switch the engine to a mode; what ends the block is told to the engine that leaves it."""
    act = ACTS[key]
    step, _, passed = recorder.begun(act, arguments, keywords)
    steps: list[Step] = []
    step.steps = steps
    handle = recorder.asked(act, step, passed)

    def left(error: BaseException | None) -> bool:
        leave = recorder.subject.engine.leave
        return bool(recorder.heard(act.name, lambda: leave(handle, error), step))

    with recorder.ending(step):
        try:
            with recorder.frame(steps):
                yield
        except Exception as error:
            original = error.error if isinstance(error, Refused) else error
            swallowed = left(original)
            if not swallowed or (isinstance(error, ProgramError) and original is error):
                raise
        except BaseException as interruption:
            with suppress(ProgramError):
                left(interruption)
            raise
        else:
            left(None)


@contextmanager
def refuses(recorder: Recording, kind: str) -> Iterator[None]:
    """Demand that the engine refuses the block with an error of this kind."""
    if kind not in ERROR_KINDS:
        message = f"unknown error kind {kind!r}; the list is gradspec.port.errors.ERROR_KINDS"
        raise ValueError(message)
    recorder.require(frozenset(filter(None, [PRESUPPOSES.get(kind)])))
    refused = None
    step, steps = recorder.block("refuses", kind=kind)
    with recorder.ending(step):
        try:
            with recorder.frame(steps), recorder.holding_answers() as answers:
                yield
                recorder.look_at(answers)  # a lazy engine refuses when it is asked for values
        except Refused as error:
            refused = error
        except ProgramError:
            raise
        except BaseException:
            recorder.dissolve(step)
            raise
        recorder.assertions += 1
        text = f"expected an error of the kind {kind}: {ERROR_KINDS[kind]}"
        if refused is None:
            raise recorder.failed(Failure(FailureKind.NO_ERROR, text, "no error", kind))
        if refused.kind is None:
            told = f"{text}; {refused}, which has no kind; {_to_map(recorder, refused, kind)}"
            failure = Failure(FailureKind.UNMAPPED, told, type(refused.error).__name__, kind)
            raise recorder.failed(failure) from refused
        if refused.kind != kind:
            failure = Failure(FailureKind.WRONG_ERROR, f"{text}; {refused}", refused.kind, kind)
            raise recorder.failed(failure) from refused


def _to_map(recorder: Recording, refused: Refused, kind: str) -> str:
    """Say which line maps an exception to a kind, if it is the refusal that was demanded.

    The numbers of a message are those of this program: the line has to hold for others, too.
    """
    raised = type(refused.error).__name__
    if recorder.subject.speak is None:
        return f"if it is this refusal, let error_kind() give {kind!r} for this {raised}"
    pattern = re.escape(text_of(refused.error)[:60]).replace(r"\ ", " ")
    pattern = re.sub(r"0x[0-9a-f]+", r"0x\\w+", pattern)
    pattern = re.sub(r"\d+(?![\dx])", r"\\d+", pattern)
    says = json.dumps(f"{raised}: {pattern}", ensure_ascii=False)
    return f'if it is this refusal, add to the book: [[errors]] kind = "{kind}" says = {says}'


@contextmanager
def warnings(recorder: Recording, *, expected: bool, **text: Any) -> Iterator[None]:
    """Demand at least one warning from the block, or none; blocks inside have their own demands.

    `text` says what the warnings show and what they lack.
    """
    key = "warns" if expected else "silent"
    recorder.require(ACTS[key].words)
    before = len(recorder.warnings)
    step, steps = recorder.block(key, **text)
    with recorder.ending(step):
        try:
            with recorder.frame(steps):
                yield
        except ProgramError:
            raise
        except BaseException:
            recorder.dissolve(step)
            raise
        seen = [f"{w.category.__name__}: {w.message}" for w in recorder.warnings[before:]]
        recorder.assertions += 1
        failure = warned(seen, expected, **{name: compared(said) for name, said in text.items()})
        if failure is not None:
            raise recorder.failed(failure)


ONE_THING: Final = {"tensor": "tensor", **dict.fromkeys(("plain", "flag", "number"), "value")}
"""What an act gives -> the kind of the one thing that it makes."""


@contextmanager
def attempt(recorder: Recording, kinds: Sequence[str]) -> Iterator[Attempt]:
    """Let the block be refused in one of these ways, or in any if none is named."""
    one = Attempt(recorder, None, recorder.number())
    recorder.assertions += 1
    step, steps = recorder.block("attempt", kinds=list(kinds))
    step.makes = Ref(one._number, one._kind)
    with recorder.ending(step):
        try:
            with recorder.frame(steps):
                yield one
        except Refused as error:
            if kinds and error.kind not in kinds:
                raise
            _number_what_was_refused(recorder, steps)
            one.refuse()


def _number_what_was_refused(recorder: Recording, steps: list[Step]) -> None:
    """Number what the last act would have made: a program does not tell which engine refused."""
    if steps and steps[-1].refused is not None and steps[-1].makes is None:
        kind = ONE_THING.get(ACTS[steps[-1].act].gives)
        if kind is not None:
            steps[-1].makes = Ref(recorder.number(), kind)


@contextmanager
def ended(recorder: Recording, attempt: Attempt, act: str) -> Iterator[None]:
    """Demand what is inside if the attempt was `granted`, or `denied`; else only write it down."""
    step, steps = recorder.block(act, attempt=attempt)
    with recorder.ending(step):
        try:
            with recorder.frame(steps):
                yield
        except (Refused, Failure) as error:
            if attempt.refused is (act == "denied"):
                raise
            recorder.excuse(error)


class Attempt(Object):
    """A block that may be refused.

    `with attempt.granted():` demands what holds if it was not, `with attempt.denied():` if it was.
    """

    __slots__ = ("refused",)
    _kind = "attempt"
    _recorder: Recording
    refused: bool

    def __init__(self, recorder: Recording, handle: Any, number: int) -> None:
        super().__init__(recorder, handle, number)
        object.__setattr__(self, "refused", False)

    @property
    def number(self) -> int:
        """The number under which the program knows it."""
        return self._number

    def refuse(self) -> None:
        """Note that the engine refused."""
        object.__setattr__(self, "refused", True)

    def granted(self) -> AbstractContextManager[None]:
        """Demand what is inside if the engine did not refuse."""
        return ended(self._recorder, self, "granted")

    def denied(self) -> AbstractContextManager[None]:
        """Demand what is inside if the engine refused."""
        return ended(self._recorder, self, "denied")


class Mode:
    """A mode of the engine, entered when its block begins."""

    def __init__(self, recorder: Recording, key: str, *arguments: Any, **keywords: Any) -> None:
        self._recorder = recorder
        self._key = key
        self._arguments = arguments
        self._keywords = keywords

    def __enter__(self) -> Self:
        self._block = mode(self._recorder, self._key, self._arguments, self._keywords)
        self._block.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        return bool(self._block.__exit__(kind, error, traceback))
