"""Blocks of steps: modes, and demands on all that happens inside.

Each is one step of the program with steps of its own, so that a program is left as it was entered
however its block ends.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self

from gradspec.exceptions import Failure, ProgramError, Refused
from gradspec.judging.comparison import warned
from gradspec.judging.outcome import FailureKind
from gradspec.port.acts import ACTS
from gradspec.port.errors import ERROR_KINDS, PRESUPPOSES
from gradspec.program.objects import Object
from gradspec.program.steps import Ref

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager
    from types import TracebackType

    from gradspec.program.recorder import Recorder
    from gradspec.program.steps import Step


@contextmanager
def mode(
    recorder: Recorder, key: str, arguments: tuple[Any, ...], keywords: dict[str, Any]
) -> Iterator[None]:
    """Switch the engine to a mode; what ends the block is told to the engine that leaves it."""
    act = ACTS[key]
    step, _, passed = recorder.begun(act, arguments, keywords)
    steps: list[Step] = []
    step.steps = steps
    handle = recorder.asked(act, step, passed)
    leave = recorder.subject.engine.leave
    with recorder.frame(steps):
        try:
            yield
        except Exception as error:
            original = error.error if isinstance(error, Refused) else error
            swallowed = bool(_left(recorder, step, lambda: leave(handle, original)))
            if not swallowed or (isinstance(error, ProgramError) and original is error):
                raise
        else:
            _left(recorder, step, lambda: leave(handle, None))


def _left(recorder: Recorder, step: Step, leave: Callable[[], Any]) -> Any:
    try:
        return leave()
    except Exception as error:
        raise recorder.refused(ACTS[step.act], step, error) from error


@contextmanager
def refuses(recorder: Recorder, kind: str) -> Iterator[None]:
    """Demand that the engine refuses the block with an error of this kind."""
    if kind not in ERROR_KINDS:
        message = f"unknown error kind {kind!r}; the list is gradspec.port.errors.ERROR_KINDS"
        raise ValueError(message)
    recorder.require(frozenset(filter(None, [PRESUPPOSES.get(kind)])))
    refused = None
    with recorder.block("refuses", kind=kind):
        try:
            yield
        except Refused as error:
            refused = error
    recorder.assertions += 1
    if refused is None:
        text = f"expected an error of the kind {kind}: {ERROR_KINDS[kind]}"
        raise Failure(FailureKind.NO_ERROR, text, "no error", kind)
    if refused.kind != kind:
        text = f"expected an error of the kind {kind}: {ERROR_KINDS[kind]}; {refused}"
        raise Failure(FailureKind.WRONG_ERROR, text, refused.kind, kind) from refused


@contextmanager
def warnings(recorder: Recorder, *, expected: bool) -> Iterator[None]:
    """Demand at least one warning from the block, or none."""
    key = "warns" if expected else "silent"
    recorder.require(ACTS[key].words)
    recorder.warnings.clear()
    with recorder.block(key):
        yield
    seen = [f"{w.category.__name__}: {w.message}" for w in recorder.warnings]
    recorder.warnings.clear()
    recorder.assertions += 1
    failure = warned(seen, expected)
    if failure is not None:
        raise failure


@contextmanager
def attempt(recorder: Recorder, kinds: Sequence[str]) -> Iterator[Attempt]:
    """Let the block be refused in one of these ways, or in any if none is named."""
    one = Attempt(recorder, None, recorder.number())
    recorder.assertions += 1
    with recorder.block("attempt", kinds=list(kinds)) as step:
        step.makes = Ref(one.number, one.kind)
        try:
            yield one
        except Refused as error:
            if kinds and error.kind not in kinds:
                raise
            one.refuse()


@contextmanager
def granted(recorder: Recorder, attempt: Attempt) -> Iterator[None]:
    """Demand what is inside if the attempt was not refused; else only write it down."""
    with recorder.block("granted", attempt=attempt):
        try:
            yield
        except (Refused, Failure):
            if not attempt.refused:
                raise


class Attempt(Object):
    """A block that may be refused; `with attempt.granted():` demands what holds if it was not."""

    __slots__ = ("refused",)
    kind = "attempt"
    refused: bool

    def __init__(self, recorder: Recorder, handle: Any, number: int) -> None:
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
        return granted(self._recorder, self)


class Mode:
    """A mode of the engine, entered when its block begins."""

    def __init__(self, recorder: Recorder, key: str, arguments: tuple[Any, ...]) -> None:
        self._recorder = recorder
        self._key = key
        self._arguments = arguments

    def __enter__(self) -> Self:
        self._block = mode(self._recorder, self._key, self._arguments, {})
        self._block.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        return bool(self._block.__exit__(kind, error, traceback))
