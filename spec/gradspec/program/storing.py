"""Programs as JSON: every value survives, NaN, infinities and -0.0 too.

A program is folded first.  Arrays of floats are nested lists of numbers, of whatever type the
engine works in, unless the step names a data type.
"""

from __future__ import annotations

import json
import math
from base64 import b64decode, b64encode
from collections import namedtuple
from types import EllipsisType, MappingProxyType
from typing import Any, Final

import numpy as np

from gradspec.program.folding import folded
from gradspec.program.steps import UNSEEN, Body, Function, Program, Ref, Step, Value
from gradspec.program.structure import Held, Plain

FORMAT: Final = "gradspec-program/2"

COMMON: Final = ("float64", "int64", "bool")
"""Data types whose arrays are nested lists: reading the list gives the type again."""


def to_json(program: Program) -> str:
    """Give the program as one line of JSON."""
    return json.dumps(to_data(program), separators=(",", ":"), allow_nan=False)


def from_json(text: str) -> Program:
    """Read what `to_json` wrote; raises ValueError if it is not such a program."""
    data = json.loads(text)
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        message = f"not a program in the format {FORMAT}"
        raise ValueError(message)
    return Program([_read_step(s) for s in data["steps"]])


def to_data(program: Program) -> dict[str, Any]:
    """Give the program as data of JSON."""
    return {"format": FORMAT, "steps": [_step(s) for s in folded(program).steps]}


class Said(dict[str, Any]):
    """What is data of JSON already."""


def encode(value: Any) -> Any:
    """Turn a value into JSON data; what JSON lacks becomes an object with one `$` key."""
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            lost = not math.isfinite(value) or (value == 0.0 and math.copysign(1.0, value) < 0)
            return {"$float": repr(value)} if lost else value
        case complex():
            return {"$complex": [encode(value.real), encode(value.imag)]}
        case list():
            return [encode(v) for v in value]
        case tuple() if hasattr(value, "_fields"):
            return {"$named": {n: encode(getattr(value, n)) for n in value._fields}}
        case tuple():
            return {"$tuple": [encode(v) for v in value]}
        case Said():
            return dict(value)
        case dict():
            return {"$dict": [[encode(k), encode(v)] for k, v in value.items()]}
        case MappingProxyType():
            return {"$mapping": [[encode(k), encode(v)] for k, v in value.items()]}
        case slice():
            return {"$slice": [encode(v) for v in (value.start, value.stop, value.step)]}
        case EllipsisType():
            return {"$ellipsis": True}
        case np.generic():
            return encode(value.item())
        case np.ndarray():
            return _array(value)
    return _of_a_program(value)


def _array(array: np.ndarray[Any, Any]) -> Any:
    if array.dtype.name in COMMON and array.size:
        return encode(array.tolist())
    return array_data(array)


def array_data(array: np.ndarray[Any, Any]) -> Said:
    """Give an array with its data type and shape, entries row by row."""
    flat = [encode(v) for v in array.ravel().tolist()]
    return Said({"$array": flat, "dtype": array.dtype.name, "shape": list(array.shape)})


def packed(array: np.ndarray[Any, Any]) -> Said:
    """Give an array as `array_data` does, its entries as their bytes: little-endian, in base64."""
    little = np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<"), copy=False)
    text = b64encode(little.tobytes()).decode("ascii")
    return Said({"$array": text, "dtype": array.dtype.name, "shape": list(array.shape)})


def _of_a_program(value: Any) -> Any:
    match value:
        case Ref(kind="tensor"):
            return {"$ref": value.number}
        case Ref():
            return {"$ref": value.number, "kind": value.kind}
        case Value():
            return {"$value": value.number, "was": _plain(value.value)}
        case Plain():
            return {"$plain": _plain(value.value)}
        case Held():
            return {"$held": encode(value.thing)}
        case Function():
            return _function(value)
    message = f"a program cannot hold a {type(value).__name__}: {value!r}"
    raise TypeError(message)


def _plain(value: Any) -> Any:
    """Turn a plain value of a structure into data: an array stays one."""
    return array_data(value) if isinstance(value, np.ndarray) else encode(value)


def decode(data: Any) -> Any:
    """Read back what `encode` wrote."""
    match data:
        case list():
            return [decode(v) for v in data]
        case {"$float": text}:
            return float(text)
        case {"$complex": [real, imaginary]}:
            return complex(decode(real), decode(imaginary))
        case {"$tuple": items}:
            return tuple(decode(v) for v in items)
        case {"$named": dict(items)}:
            return namedtuple("Named", items)(*map(decode, items.values()))  # noqa: PYI024
        case {"$dict": items}:
            return {decode(k): decode(v) for k, v in items}
        case {"$mapping": items}:
            return MappingProxyType({decode(k): decode(v) for k, v in items})
        case {"$slice": parts}:
            return slice(*(decode(v) for v in parts))
        case {"$ellipsis": _}:
            return ...
        case {"$ref": number}:
            return Ref(number, data.get("kind", "tensor"))
        case {"$value": number, "was": value}:
            return Value(number, decode(value))
        case {"$plain": value}:
            return Plain(decode(value))
        case {"$held": thing}:
            return Held(decode(thing))
        case {"$function": _}:
            return _read_function(data)
        case {"$array": str(text), "dtype": dtype, "shape": shape}:
            little = np.dtype(dtype).newbyteorder("<")
            bytes_of = b64decode(text, validate=True)
            return _shaped(np.frombuffer(bytes_of, little).astype(dtype), shape)
        case {"$array": flat, "dtype": dtype, "shape": shape}:
            return _shaped(np.array([decode(v) for v in flat], dtype=dtype), shape)
    return data


def _shaped(array: np.ndarray[Any, Any], shape: list[int]) -> np.ndarray[Any, Any]:
    if any(type(size) is not int or size < 0 for size in shape):
        raise ValueError(f"{shape!r} is no shape")
    return array.reshape(shape)


def _step(step: Step) -> dict[str, Any]:
    data: dict[str, Any] = {"act": step.act}
    if step.given:
        data["with"] = {name: encode(value) for name, value in step.given.items()}
    if step.makes is not None:
        data["makes"] = encode(step.makes)
    if step.seen is not UNSEEN:
        data["seen"] = encode(step.seen)
    if step.steps is not None:
        data["steps"] = [_step(s) for s in step.steps]
    return data


def _read_step(data: dict[str, Any]) -> Step:
    return Step(
        data["act"],
        {name: decode(value) for name, value in data.get("with", {}).items()},
        decode(data.get("makes")),
        decode(data["seen"]) if "seen" in data else UNSEEN,
        [_read_step(s) for s in data["steps"]] if "steps" in data else None,
    )


def _function(function: Function) -> dict[str, Any]:
    data: dict[str, Any] = {"$function": function.number, "slot": function.slot}
    if function.signature is not None:
        data["signature"] = encode([list(p) for p in function.signature])
    data["bodies"] = [_body(b) for b in function.bodies]
    if function.turns != list(range(len(function.bodies))):
        data["turns"] = function.turns
    return data


def _read_function(data: dict[str, Any]) -> Function:
    bodies = [_read_body(b) for b in data["bodies"]]
    signature = tuple(map(tuple, decode(data["signature"]))) if "signature" in data else None
    turns = list(data.get("turns", range(len(bodies))))
    return Function(data["$function"], data["slot"], signature, bodies, turns)


def _body(body: Body) -> dict[str, Any]:
    data: dict[str, Any] = {"given": [encode(a) for a in body.arguments]}
    if body.keywords:
        data["named"] = {name: encode(value) for name, value in body.keywords.items()}
    data["steps"] = [_step(s) for s in body.steps]
    if body.returned is not None:
        data["returns"] = encode(body.returned)
    if body.raised:
        data["raises"] = body.raised
    if body.cut:
        data["cut"] = True
    if body.exports:
        data["exports"] = list(body.exports)
    return data


def _read_body(data: dict[str, Any]) -> Body:
    return Body(
        tuple(decode(a) for a in data["given"]),
        {name: decode(value) for name, value in data.get("named", {}).items()},
        [_read_step(s) for s in data["steps"]],
        decode(data.get("returns")),
        data.get("raises", ""),
        data.get("cut", False),
        tuple(data.get("exports", ())),
    )
