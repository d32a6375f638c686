"""Acts that the kit does itself: letting go, writing into arrays, keeping a log, and products."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gradspec.port.acts import ACTS
from gradspec.program.answers import opened, pattern
from gradspec.program.objects import Log, Object, Observed
from gradspec.program.passing import FORGOTTEN, described, handle_of
from gradspec.program.products import product
from gradspec.program.steps import Step

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gradspec.program.objects import HostArray
    from gradspec.program.recorder import Recorder


def _begun(recorder: Recorder, key: str, **given: Any) -> Step:
    recorder.require(ACTS[key].words)
    step = Step(key, {name: described(value) for name, value in given.items()})
    recorder.record(step)
    return step


def forget(recorder: Recorder, thing: Object) -> None:
    """Let go of the engine's object, as `del` does."""
    _begun(recorder, "forget", thing=thing)
    object.__setattr__(thing, "_handle", FORGOTTEN)


def host_write(recorder: Recorder, target: HostArray, index: Any, value: Any) -> None:
    """Write into an array that the engine gave out, behind its back."""
    _begun(recorder, "host_write", target=target, index=index, value=value)
    handle_of(target)[index] = value


def log(recorder: Recorder) -> Log:
    """Begin a list of what callbacks do."""
    step = _begun(recorder, "log")
    begun = Log(recorder, [], recorder.number())
    step.makes = pattern(begun)
    return begun


def note(recorder: Recorder, log: Log, what: Any) -> None:
    """Write down what a callback saw."""
    _begun(recorder, "note", log=log, what=what)
    log._handle.append(what)


def read(recorder: Recorder, log: Log) -> Any:
    """Give what was written down; each thing under a number of its own."""
    step = _begun(recorder, "read", log=log)
    found = [_observed(recorder, what) for what in log._handle]
    step.makes = pattern(found)
    return found


def _observed(recorder: Recorder, what: Any) -> Any:
    if what is None or isinstance(what, Object | list | tuple | dict):
        return opened(recorder, what)
    value = what._value if isinstance(what, Observed) else what
    return Observed(recorder, value, recorder.number())


KIT: Final[Mapping[str, Callable[..., Any]]] = {
    "forget": forget,
    "host_write": host_write,
    "log": log,
    "note": note,
    "read": read,
    "vjp": product,
}
"""Key -> what the kit does."""
