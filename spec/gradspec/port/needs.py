"""What an act needs of an engine: the words of `gradspec.port.capabilities` that it relies on."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradspec.catalogue.operators import OPERATORS
from gradspec.port.capabilities import ATTRIBUTES, DTYPES, METHODS


def needed(
    act: str, arguments: tuple[Any, ...], keywords: dict[str, Any], dtype: np.dtype[Any]
) -> set[str]:
    """Name the capabilities that one act needs; `dtype` is the engine's working data type."""
    return _of_the_act(act, arguments, keywords, dtype) | _options(act, arguments, keywords)


def _of_the_act(
    act: str, arguments: tuple[Any, ...], keywords: dict[str, Any], dtype: np.dtype[Any]
) -> set[str]:
    match act:
        case "host_write":
            return {"interop"}
        case "drain_warnings":
            return {"warnings"}
        case "apply":
            return {OPERATORS[arguments[0]].capability} | _named_dtypes(arguments[1:])
        case "inplace":
            return {"inplace", OPERATORS[arguments[0]].capability}
        case "get":
            return {ATTRIBUTES[arguments[1]][1]} if arguments[1] in ATTRIBUTES else set()
        case "set" | "delete":
            return {ATTRIBUTES[arguments[1]][1]} | _named_dtypes(arguments[2:])
        case "tensor":
            array = arguments[0]
            shaped = {"arrays"} if np.ndim(array) else set()
            odd = set() if array.dtype == dtype else {f"dtype:{array.dtype.name}"}
            leaf = {"tape"} if keywords.get("requires_grad") else set()
            return {"values"} | shaped | odd | leaf
        case "leave":
            return set()
        case "enter" if arguments[0] == "enforce_grad_layout_policy":
            return {"layout"}
    return {METHODS[act]}


def _named_dtypes(value: Any) -> set[str]:
    if isinstance(value, str):
        return {f"dtype:{value}"} if value in DTYPES else set()
    if isinstance(value, list | tuple):
        return {word for v in value for word in _named_dtypes(v)}
    if isinstance(value, dict):
        return {word for v in value.values() for word in _named_dtypes(v)}
    return set()


def _options(act: str, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> set[str]:
    """Name the abilities that the arguments of a backward pass ask for."""
    if act not in ("backward", "grad"):
        return set()
    options = {name for name in ("retain_graph", "create_graph") if keywords.get(name)}
    if act == "backward":
        several = isinstance(arguments[0], list | tuple)
        given = arguments[1] is not None or keywords.keys() & {"inputs", "grad_variables"}
        options |= {"cotangent"} if several or given else set()
    return options
