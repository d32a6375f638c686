"""A program: what a clause did, as plain data.

A program is a list of steps over numbered objects.  It can be printed (`gradspec.program.scripts`), stored
as JSON, replayed on any engine (`gradspec.program.replay`) and made smaller.  A function of the
caller (a hook body, say) is stored as what it did each time the engine called it.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from types import EllipsisType, MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

FORMAT: Final = "gradspec-program/1"


@dataclass(frozen=True, slots=True)
class Ref:
    """The n-th object that a program made."""

    number: int


@dataclass(slots=True)
class Call:
    """One call of a caller's function: its parameters, what it did, what it returned."""

    parameters: tuple[Ref, ...]
    steps: list[Step] = field(default_factory=list)
    returned: Any = None
    raised: bool = False


@dataclass(slots=True)
class Callback:
    """A function of the caller, given to the engine."""

    number: int
    calls: list[Call] = field(default_factory=list)


@dataclass(slots=True)
class Step:
    """One act: a method of the port, or of the kit (`expect`, `forget`, `host_write`).

    `refusal` is the error kind that the clause demands of this step, `raised` what was seen.
    """

    act: str
    arguments: tuple[Any, ...]
    keywords: dict[str, Any] = field(default_factory=dict)
    result: Any = None
    refusal: str | None = None
    raised: str | None = None


@dataclass(slots=True)
class Program:
    """The steps of a clause, and the data type that it computed in."""

    steps: list[Step] = field(default_factory=list)
    dtype: str = "float64"

    def to_json(self) -> str:
        """Give the program as one line of JSON; arrays, NaN, infinities and -0.0 survive."""
        data = {"format": FORMAT, "dtype": self.dtype, "steps": [_step(s) for s in self.steps]}
        return json.dumps(data, separators=(",", ":"), allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> Program:
        """Read what `to_json` wrote; raises ValueError if it is not such a program."""
        data = json.loads(text)
        if not isinstance(data, dict) or data.get("format") != FORMAT:
            message = f"not a program in the format {FORMAT}"
            raise ValueError(message)
        return cls([_read_step(s) for s in data["steps"]], data["dtype"])


def encode(value: Any) -> Any:
    """Turn a value into JSON data; what JSON lacks becomes an object with one `$` key."""
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            return value if math.isfinite(value) else {"$float": repr(value)}
        case list():
            return [encode(v) for v in value]
        case tuple():
            return {"$tuple": [encode(v) for v in value]}
        case dict():
            return {"$dict": [[k, encode(v)] for k, v in value.items()]}
        case MappingProxyType():
            return {"$mapping": [[k, encode(v)] for k, v in value.items()]}
        case slice():
            return {"$slice": [encode(v) for v in (value.start, value.stop, value.step)]}
        case EllipsisType():
            return {"$ellipsis": True}
        case Ref():
            return {"$ref": value.number}
        case Callback():
            return {"$function": value.number, "calls": [_call(c) for c in value.calls]}
        case np.generic():
            return encode(value.item())
        case np.ndarray():
            flat = [encode(v) for v in value.ravel().tolist()]
            return {"$array": flat, "dtype": value.dtype.name, "shape": list(value.shape)}
    message = f"a program cannot hold a {type(value).__name__}: {value!r}"
    raise TypeError(message)


def decode(data: Any) -> Any:
    """Read back what `encode` wrote."""
    match data:
        case list():
            return [decode(v) for v in data]
        case {"$float": text}:
            return float(text)
        case {"$tuple": items}:
            return tuple(decode(v) for v in items)
        case {"$dict": items}:
            return {k: decode(v) for k, v in items}
        case {"$mapping": items}:
            return MappingProxyType({k: decode(v) for k, v in items})
        case {"$slice": parts}:
            return slice(*(decode(v) for v in parts))
        case {"$ellipsis": _}:
            return ...
        case {"$ref": number}:
            return Ref(number)
        case {"$function": number, "calls": calls}:
            return Callback(number, [_read_call(c) for c in calls])
        case {"$array": flat, "dtype": dtype, "shape": shape}:
            return np.array([decode(v) for v in flat], dtype=dtype).reshape(shape)
    return data


def mapped(value: Any, change: Callable[[Any], Any]) -> Any:
    """Apply a change to each member of a structure; give anything else back as it is."""
    match value:
        case list():
            return [change(v) for v in value]
        case tuple():
            return tuple(change(v) for v in value)
        case dict():
            return {k: change(v) for k, v in value.items()}
        case MappingProxyType():
            return MappingProxyType({k: change(v) for k, v in value.items()})
        case slice():
            return slice(change(value.start), change(value.stop), change(value.step))
    return value


def _step(step: Step) -> dict[str, Any]:
    data: dict[str, Any] = {"act": step.act, "arguments": [encode(a) for a in step.arguments]}
    if step.keywords:
        data["keywords"] = {k: encode(v) for k, v in step.keywords.items()}
    if step.result is not None:
        data["result"] = encode(step.result)
    if step.refusal is not None:
        data["refusal"] = step.refusal
    if step.raised is not None:
        data["raised"] = step.raised
    return data


def _read_step(data: dict[str, Any]) -> Step:
    return Step(
        data["act"],
        tuple(decode(a) for a in data["arguments"]),
        {k: decode(v) for k, v in data.get("keywords", {}).items()},
        decode(data.get("result")),
        data.get("refusal"),
        data.get("raised"),
    )


def _call(call: Call) -> dict[str, Any]:
    return {
        "parameters": [p.number for p in call.parameters],
        "steps": [_step(s) for s in call.steps],
        "returned": encode(call.returned),
        "raised": call.raised,
    }


def _read_call(data: dict[str, Any]) -> Call:
    return Call(
        tuple(Ref(n) for n in data["parameters"]),
        [_read_step(s) for s in data["steps"]],
        decode(data["returned"]),
        data["raised"],
    )
