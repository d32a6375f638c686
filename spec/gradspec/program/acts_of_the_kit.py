"""Acts that the kit does itself: letting go, writing into arrays, keeping a log, and products."""

from __future__ import annotations

import operator
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec.catalogue import signs
from gradspec.exceptions import BrokenPort
from gradspec.port.acts import ACTS
from gradspec.program.answers import kept, made, observed, opened, pattern
from gradspec.program.objects import Log, Object, Tensor
from gradspec.program.observed import Observed, looked_at, unseen
from gradspec.program.passing import FORGOTTEN, described, handed, handle_of, stored
from gradspec.program.products import derivation
from gradspec.program.replay import Frame, Player
from gradspec.program.steps import Body, Function, Ref, Step

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from gradspec.program.objects import HostArray
    from gradspec.program.recorder import Recorder


def _begun(recorder: Recorder, key: str, **given: Any) -> Step:
    recorder.require(ACTS[key].words)
    kinds = ACTS[key].signature.kinds
    said = {n: stored(v) if kinds.get(n) == "structure" else described(v) for n, v in given.items()}
    step = Step(key, said)
    recorder.record(step)
    return step


def forget(recorder: Recorder, thing: Object) -> None:
    """Let go of the engine's object, as `del` does."""
    _begun(recorder, "forget", thing=thing)
    object.__setattr__(thing, "_handle", FORGOTTEN)


def host_write(recorder: Recorder, target: HostArray, index: Any, value: Any) -> None:
    """Write into an array that the engine gave out, behind its back."""
    _begun(recorder, "host_write", target=target, index=index, value=value)
    array, place, written = handle_of(target), handed(index), handed(value)
    recorder.heard("host_write", lambda: operator.setitem(array, place, written))


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
    return Observed(recorder, kept(unseen(what)), recorder.number())


def reckon(name: str, recorder: Recorder, **given: Any) -> Observed:
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


def or_zero(recorder: Recorder, gradient: Any, like: Tensor) -> Tensor:
    """Give the gradient, or zeros of its tensor's shape where there is none."""
    if isinstance(gradient, Tensor):
        return gradient
    zeros = recorder.tensor(np.zeros(recorder.look(like).shape), dtype=None, leaf=False)
    object.__setattr__(zeros, "absent", True)
    return zeros


def tracked(recorder: Recorder, x: Tensor) -> Tensor:
    """Give a tensor that a product can be taken at: a constant becomes a leaf of its values."""
    if "get:requires_grad" not in recorder.subject.abilities or x.requires_grad:
        return x
    values = recorder.look(x)
    dtype = None if values.dtype == recorder.dtype else values.dtype.name
    return recorder.tensor(values, dtype=dtype, leaf=True)


def body_of(_recorder: Recorder, function: Callable[..., Tensor], inputs: list[Tensor]) -> Tensor:
    """Call the function of a product."""
    return function(*inputs)


def product(
    recorder: Recorder,
    function: Callable[..., Any],
    inputs: Sequence[Any],
    cotangent: Any = 1.0,
) -> tuple[Tensor, tuple[Tensor, ...]]:
    """Derive a vector-Jacobian product in steps of the engine's own; one step of the program."""
    words = set(ACTS["vjp"].words)
    words |= {"create_graph"} if any(isinstance(i, Tensor) for i in inputs) else set()
    words |= {"arrays"} if any(np.ndim(i) for i in (*inputs, cotangent)) else set()
    recorder.require(frozenset(words))
    record = Function(recorder.number(), "body")
    step = Step("vjp", {"function": record, "inputs": [described(i) for i in inputs]})
    if np.ndim(cotangent) or cotangent != 1.0:
        step.given["cotangent"] = described(cotangent)
    recorder.record(step)

    places = {i: Ref(-1 - k) for k, i in enumerate(inputs) if isinstance(i, Tensor)}
    points = [places[i] if isinstance(i, Tensor) else i for i in inputs]
    found = derivation(points, cotangent, recorder.subject.abilities, first=0)
    frame = Frame()
    frame.objects = {place.number: tensor for tensor, place in places.items()}
    frame.objects[found.function.number] = _recorded(recorder, function, record)
    with recorder.frame([], aside=True):
        Player(recorder, frame, unlike=BrokenPort).play(found.steps)
    output, *gradients = (frame[ref.number] for ref in (found.output, *found.gradients))
    result = (_renamed(recorder, output), tuple(_renamed(recorder, g) for g in gradients))
    step.makes = made(result)
    return result


def _recorded(recorder: Recorder, function: Callable[..., Any], record: Function) -> Any:
    """Give the function, which writes down what it does."""

    def body(*inputs: Tensor) -> Tensor:
        given = [_renamed(recorder, one) for one in inputs]
        one = Body(tuple(map(pattern, given)), cut=True)
        record.turns.append(len(record.bodies))
        record.bodies.append(one)
        with recorder.frame(one.steps, aside=False):
            returned = function(*given)
            if not isinstance(returned, Tensor):
                returned = recorder.tensor(returned, dtype=None, leaf=False)
        one.returned, one.cut = described(returned), False
        return returned

    return body


def _renamed(recorder: Recorder, tensor: Tensor) -> Tensor:
    """Give a tensor that was made aside a number in the program."""
    renamed = Tensor(recorder, tensor._handle, recorder.number())
    if getattr(tensor, "absent", False):
        object.__setattr__(renamed, "absent", True)
    return renamed


KIT: Final[Mapping[str, Callable[..., Any]]] = {
    "forget": forget,
    "host_write": host_write,
    "log": log,
    "note": note,
    "read": read,
    **{f"plain:{name}": partial(reckon, name) for name in (*signs.BETWEEN, *signs.UNARY)},
    "or_zero": or_zero,
    "tracked": tracked,
    "body_of": body_of,
    "vjp": product,
}
"""Key -> what the kit does."""
