"""Acts that the kit does itself: letting go, writing into arrays, keeping a log, and products."""

from __future__ import annotations

import operator
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from gradspec.catalogue import signs
from gradspec.port.acts import ACTS
from gradspec.program.answers import kept, made, observed, opened, pattern
from gradspec.program.objects import Log, Object
from gradspec.program.observed import Observed, looked_at, unseen
from gradspec.program.passing import FORGOTTEN, described, handed, handle_of, stored
from gradspec.program.products import product
from gradspec.program.steps import Step

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gradspec.program.objects import HostArray
    from gradspec.program.recording import Recording


def _begun(recorder: Recording, key: str, **given: Any) -> Step:
    recorder.require(ACTS[key].words)
    kinds = ACTS[key].signature.kinds
    said = {n: stored(v) if kinds.get(n) == "structure" else described(v) for n, v in given.items()}
    step = Step(key, said)
    recorder.record(step)
    return step


def forget(recorder: Recording, thing: Object) -> None:
    """Let go of the engine's object, as `del` does."""
    _begun(recorder, "forget", thing=thing)
    object.__setattr__(thing, "_handle", FORGOTTEN)


def host_write(recorder: Recording, target: HostArray, index: Any, value: Any) -> None:
    """Write into an array that the engine gave out, behind its back."""
    _begun(recorder, "host_write", target=target, index=index, value=value)
    array, place, written = handle_of(target), handed(index), handed(value)
    recorder.heard("host_write", lambda: operator.setitem(array, place, written))


def log(recorder: Recording) -> Log:
    """Begin a list of what callbacks do."""
    step = _begun(recorder, "log")
    begun = Log(recorder, [], recorder.number())
    step.makes = pattern(begun)
    return begun


def note(recorder: Recording, log: Log, what: Any) -> None:
    """Write down what a callback saw."""
    _begun(recorder, "note", log=log, what=what)
    log._handle.append(what)


def read(recorder: Recording, log: Log) -> Any:
    """Give what was written down; each thing under a number of its own."""
    step = _begun(recorder, "read", log=log)
    found = [_observed(recorder, what) for what in log._handle]
    step.makes = pattern(found)
    return found


def _observed(recorder: Recording, what: Any) -> Any:
    if what is None or isinstance(what, Object | list | tuple | dict):
        return opened(recorder, what)
    return Observed(recorder, kept(unseen(what)), recorder.number())


def reckon(name: str, recorder: Recording, **given: Any) -> Observed:
    """Reckon with plain values; what the language refuses, it refuses."""
    try:
        value = getattr(operator, name)(*map(unseen, given.values()))
    except Exception:
        for one in given.values():
            looked_at(one)  # the program is about to be told
        raise
    step = _begun(recorder, f"plain:{name}", **given)
    result = observed(recorder, step, value)
    step.makes = made(result)
    return result


KIT: Final[Mapping[str, Callable[..., Any]]] = {
    "forget": forget,
    "host_write": host_write,
    "log": log,
    "note": note,
    "read": read,
    **{f"plain:{name}": partial(reckon, name) for name in (*signs.BETWEEN, *signs.UNARY)},
    "vjp": product,
}
"""Key -> what the kit does."""
