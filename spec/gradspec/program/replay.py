"""Replay a stored program on an engine: the same steps, the same demands."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from gradspec.judging.outcome import Interrupted, Refused
from gradspec.program.steps import Call, Callback, Program, Ref, Step

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradspec.program.recorder import Recorder


def replay(program: Program, recorder: Recorder) -> None:
    """Perform every step; raises what a clause that did the same would raise."""
    _Player(recorder).play(program.steps)


class _Player:
    """Knows which number stands for which object of this replay."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._objects: dict[int, Any] = {}

    def play(self, steps: list[Step]) -> None:
        for step in steps:
            if step.refusal is None:
                self._perform(step)
            else:
                self._recorder.expect_refusal(step.refusal, self._refused(step))

    def _refused(self, step: Step) -> Refused | None:
        try:
            self._perform(step)
        except Refused as refused:
            return refused
        return None

    def _perform(self, step: Step) -> None:
        arguments = self._objects_in(step.arguments)
        keywords = self._objects_in(step.keywords)
        match step.act:
            case "expect":
                subject, check, expected = arguments
                self._recorder.expect(subject, check, expected, keywords)
            case "forget":
                self._recorder.forget(arguments[0])
            case _:
                result = self._recorder.perform(step.act, *arguments, **keywords)
                self._bind(step.result, result)

    def _bind(self, described: Any, found: Any) -> None:
        if isinstance(described, Ref):
            self._objects[described.number] = found
        elif isinstance(described, tuple) and isinstance(found, tuple):
            for one, other in zip(described, found, strict=False):
                self._bind(one, other)

    def _objects_in(self, value: Any) -> Any:
        match value:
            case Ref():
                return self._objects[value.number]
            case Callback():
                return self._function(value)
            case list():
                return [self._objects_in(v) for v in value]
            case tuple():
                return tuple(self._objects_in(v) for v in value)
            case dict():
                return {k: self._objects_in(v) for k, v in value.items()}
            case MappingProxyType():
                return MappingProxyType({k: self._objects_in(v) for k, v in value.items()})
            case slice():
                parts = (value.start, value.stop, value.step)
                return slice(*(self._objects_in(v) for v in parts))
        return value

    def _function(self, callback: Callback) -> Callable[..., Any]:
        calls = iter(callback.calls)
        last: list[Call] = []

        def function(*parameters: Any) -> Any:
            call = next(calls, None) or (last[0] if last else Call(()))
            last[:] = [call]
            for ref, parameter in zip(call.parameters, parameters, strict=False):
                self._objects[ref.number] = parameter
            self.play(call.steps)
            if call.raised:
                raise Interrupted
            return self._objects_in(call.returned)

        return function
