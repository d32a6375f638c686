"""Functions of the caller, as an engine calls them: live, and recorded call by call.

What is given and what comes back goes by the slot.  An exception of the engine that leaves a
caller's function goes back as the same object, and one of the caller's passes the engine; the
kit's own (a demand that does not hold) is kept aside, in case the engine swallows it.
"""

from __future__ import annotations

import inspect
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from gradspec.exceptions import ProgramError, Refused
from gradspec.port.slots import SLOTS
from gradspec.program.answers import arrived, opened, pattern
from gradspec.program.objects import FunctionContext
from gradspec.program.passing import is_opaque, stored, wrapped
from gradspec.program.signatures import parameters_of, signature_of
from gradspec.program.steps import Body, Function
from gradspec.program.structure import Held, Plain, mapped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gradspec.port.slots import Slot
    from gradspec.program.recording import Recording


def facing_the_engine(recorder: Recording, function: Callable[..., Any], record: Function) -> Any:
    """Give the callable that the engine gets; what each call does goes into the record."""

    def call(*handles: Any, **named: Any) -> Any:
        recorder.received.append(handles if record.slot == "body" else ())
        try:
            return run(recorder, function, record, handles, named)
        finally:
            recorder.received.pop()

    call.__name__ = getattr(function, "__name__", "function")
    signature = _with_defaults(function)
    if signature is not None:
        record.signature = parameters_of(signature, stored)
        wrapped_ones = parameters_of(signature, _passed_default)
        call.__signature__ = signature_of(wrapped_ones, lambda d: d)  # type: ignore[attr-defined]
    return call


def run(
    recorder: Recording,
    function: Callable[..., Any],
    record: Function,
    handles: tuple[Any, ...],
    named: dict[str, Any],
) -> Any:
    """Call the function for the engine, and give the engine what it returns."""
    slot = SLOTS[record.slot]
    given = tuple(_received(recorder, slot.kind(n), h) for n, h in enumerate(handles))
    keywords = {name: arrived(recorder, h) for name, h in named.items()}
    body = Body(tuple(map(pattern, given)), {k: pattern(v) for k, v in keywords.items()})
    record.turns.append(len(record.bodies))
    record.bodies.append(body)
    original: BaseException
    try:
        # what is made here is the engine's own: nobody looks at it from outside
        with (
            recorder.frame(body.steps, aside=False),
            recorder.holding_answers(),
            _counted(recorder),
        ):
            returned = function(*given, **keywords)
            return _returned(recorder, slot, returned, body)
    except Refused as refused:
        body.cut = True
        original = refused.error
    except ProgramError as error:
        body.cut = True
        recorder.keep(error)
        original = error
    except Exception as error:
        body.raised = type(error).__name__
        recorder.raised_by_the_caller(error)
        raise
    except BaseException as interruption:
        body.raised = interruption_of(interruption)
        raise
    raise original  # outside of the handlers, so that nothing is added to its history


@contextmanager
def _counted(recorder: Recording) -> Iterator[None]:
    recorder.running += 1
    try:
        yield
    finally:
        recorder.running -= 1


def _received(recorder: Recording, kind: str, handle: Any) -> Any:
    match kind:
        case "context":
            return FunctionContext(recorder, handle, recorder.number())
        case "held":
            return opened(recorder, handle.thing if isinstance(handle, Held) else handle)
        case "plain":
            return handle.value if isinstance(handle, Plain) else handle
    return arrived(recorder, handle)


def _returned(recorder: Recording, slot: Slot, returned: Any, body: Body) -> Any:
    if slot.returns == "nothing":
        return None
    if slot.returns == "held":
        body.returned = Held(stored(returned))
        return Held(returned)
    returned = recorder.with_functions(returned)
    body.returned = stored(returned)
    if slot.returns == "structure and plain":
        structure, plain = returned
        return wrapped(structure), plain
    return wrapped(returned)


def interruption_of(error: BaseException) -> str:
    """Name what interrupts a program: as Python does, whatever the caller has made of it."""
    return next(kind.__name__ for kind in type(error).__mro__ if kind.__module__ == "builtins")


def _with_defaults(function: Callable[..., Any]) -> inspect.Signature | None:
    """Give the signature, if an engine could fill any default in."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return None
    defaults = [p.default for p in signature.parameters.values()]
    return None if all(d is inspect.Parameter.empty for d in defaults) else signature


def _passed_default(default: Any) -> Any:
    """Wrap a default as a structure; an object of the caller's is held for it."""
    if isinstance(default, list | tuple | dict):
        return mapped(default, _passed_default)
    return Held(default) if is_opaque(default) else wrapped(default)
