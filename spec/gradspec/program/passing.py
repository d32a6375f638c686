"""Readings of what a clause passes on: what is stored, handed over, wrapped, compared."""

from __future__ import annotations

from types import EllipsisType, MappingProxyType
from typing import Any, Final, NoReturn

import numpy as np

from gradspec.exceptions import WrongCall
from gradspec.program.objects import FunctionHandle, HostArray, Log, Object, Tensor
from gradspec.program.observed import Observed
from gradspec.program.steps import Ref
from gradspec.program.structure import Held, Plain, mapped

FORGOTTEN: Final = object()
"""The handle of an object that the program let go of."""

PLAIN: Final = frozenset({int, float, bool, str, type(None)})


DATA: Final = (
    *(type(None), bool, int, float, complex, str, np.ndarray, np.generic),
    *(list, tuple, dict, slice, EllipsisType, MappingProxyType),
)
"""Types of what can be written down as it is, if its members can."""


def described(value: Any) -> Any:
    """What the program stores: objects by number, plain values as they are."""
    if type(value) in PLAIN:
        return value
    if isinstance(value, Object):
        return Ref(value._number, value._kind)
    if isinstance(value, Observed):
        return Ref(value._number, f"value: {type(value._value).__name__}")
    if isinstance(value, np.generic):
        return value.item()
    return mapped(value, described)


def stored(value: Any) -> Any:
    """What the program stores of a structure: an array stays one, whatever becomes of it.

    Nothing is stored of an object that the engine merely keeps: what was done with it is in the
    program, where it was done.
    """
    if isinstance(value, np.ndarray):
        return Plain(value.copy())
    if is_opaque(value):
        return None
    members = isinstance(value, list | tuple | dict)
    return mapped(value, stored) if members else described(value)


def demand_storable(value: Any) -> None:
    """Demand an argument that a program can hold, and tell another process; raises WrongCall."""
    match value:
        case list() | tuple():
            for member in value:
                demand_storable(member)
        case dict() | MappingProxyType():
            for member in value.values():
                demand_storable(member)
        case slice():
            demand_storable((value.start, value.stop, value.step))
        case np.generic() if isinstance(value.item(), bool | int | float | complex | str):
            return
        case np.generic():
            _refuse(value)
        case None | bool() | int() | float() | complex() | str() | np.ndarray() | EllipsisType():
            return
        case Object() | Observed() | Held() | Plain():
            return
        case _:
            _refuse(value)


def _refuse(value: Any) -> NoReturn:
    message = f"a program cannot hold a {type(value).__name__}: {value!r}; give plain values"
    raise WrongCall(message)


def handed(value: Any) -> Any:
    """What the engine gets as an argument: handles and bare plain values."""
    if type(value) in PLAIN:
        return value
    if isinstance(value, Object):
        return handle_of(value)
    if isinstance(value, Observed):
        return handed(value._value)
    if isinstance(value, np.generic):
        return value.item()  # as a stored program and another process have it
    if isinstance(value, np.ndarray):
        return value.copy()  # the program and the clause keep theirs
    return mapped(value, handed)


def wrapped(value: Any) -> Any:
    """What the engine gets as a structure: handles, with everything else wrapped."""
    match value:
        case None:
            return None
        case FunctionHandle():
            return Held(value)  # to whom it is passed on it is still a function
        case Object():
            return handle_of(value)
        case Observed():
            return Plain(handed(value._value))
        case np.generic():
            return Plain(value.item())
        case list() | tuple() | dict():
            return mapped(value, wrapped)
        case Held():
            return value
    return Plain(value)


def compared(value: Any) -> Any:
    """What a comparison sees: arrays and plain values."""
    match value:
        case Tensor():
            return value._recorder.look(value)
        case HostArray():
            return np.array(value)
        case Log():
            return [compared(entry) for entry in value._handle]
        case Observed():
            return value._value
        case Object():
            return repr(value)
    return mapped(value, compared)


def handle_of(thing: Object) -> Any:
    """Give the engine's handle; raises ValueError if it was let go of."""
    if thing._handle is FORGOTTEN:
        message = f"{thing!r} was forgotten earlier in this program"
        raise ValueError(message)
    return thing._handle


def is_opaque(value: Any) -> bool:
    """Say whether a value is an object of the caller's: no data, and nothing of the engine's."""
    return not isinstance(value, DATA) and not isinstance(value, Object | Observed | Plain | Held)


def is_function(value: Any) -> bool:
    """Say whether a value is a function of the caller's."""
    return callable(value) and not isinstance(value, type | FunctionHandle | Object)
