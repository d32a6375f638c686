"""How the arguments of an operator may be written: by sign, by place, under other names."""

from __future__ import annotations

import inspect
import itertools
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec_conformance.probing.names import ARGUMENTS, LEFT_OUT, LIKE_ELSEWHERE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gradspec.catalogue.operator import Call, Operator

WITHOUT_GRADIENT: Final = ("condition", "index", "indices", "mask")
"""Operands that no gradient goes to: an engine may want an array."""

MOST_NAMES: Final = 3
"""Names of one parameter that are tried, where a function does not tell its own."""

MOST_SPELLINGS: Final = 48
"""Ways to write the arguments that are tried for one function."""


def written(names: Iterable[str], there: Iterable[str]) -> Iterator[str]:
    """Give names as they are, then those that are there in other letters: `reLU`, `logSoftmax`."""
    names = list(names)
    yield from names
    plain = {_plain(name) for name in names}
    for name in there:
        if name not in names and not name.startswith("_") and _plain(name) in plain:
            yield name


def _plain(name: str) -> str:
    """Leave out what only separates words; at the end an underscore says that it is in place."""
    in_place = "_" if name.endswith("_") else ""
    return name.replace("_", "").lower() + in_place


def typed(sign: str, operator: Operator, calls: dict[str, Call]) -> Iterator[str]:
    """Give a sign for all operands, then for some kinds of operands."""
    yield sign
    kinds: dict[str, list[str]] = {}
    for call in calls.values():
        for name, value in call.sample().items():
            kind = kind_of(value)
            if kind and kind not in kinds.setdefault(name, []):
                kinds[name].append(kind)
    names = [name for name in operator.signature.names if name in kinds]
    if sum(map(len, kinds.values())) == len(names):
        return
    for chosen in itertools.product(*(["", *kinds[name]] for name in names)):
        text = sign
        for name, kind in zip(names, chosen, strict=True):
            if kind:
                text = text.replace(f"${name}", f"${{{name}:{kind}}}")
        if text != sign:
            yield text


def kind_of(value: Any) -> str:
    """Give the kind of a value as a phrase may ask for it."""
    match value:
        case np.ndarray():
            return "tensor"
        case bool():
            return "bool"
        case int():
            return "number"
        case float():
            return "number"
        case tuple() | list():
            return "list"
        case slice():
            return "slice"
    return ""


def spellings(
    operator: Operator, names: tuple[str, ...], function: Any, shown: str = ""
) -> Iterator[str]:
    """Give ways to write the arguments, those that the function can take.

    `shown` gives the array of a tensor, for arguments that no gradient goes to.
    """
    signature = operator.signature
    known, open_ended = _parameters(function)
    ways: list[list[str]] = []
    for name in names:
        spelled = [s for s in ARGUMENTS.get(name, name).split() if open_ended or s in known]
        if name in LEFT_OUT and name not in signature.required:
            continue
        spelled = spelled[:MOST_NAMES]
        if name == signature.variadic:
            ways.append([f"${name}", f"$*{name}", *(f"{s}=${name}" for s in spelled)])
        elif name == "tensors":
            ways.append(["$tensors", "$*tensors"])
        elif name in WITHOUT_GRADIENT and shown:
            ways.append([f"${name}", shown.replace("$x", f"${name}")])
        elif name in signature.required:
            ways.append([f"${name}", *(f"{s}=${name}" for s in spelled if s != name)])
        else:
            bare = [f"$(${name})"] if name == names[min(1, len(names) - 1)] else []
            ways.append([*(f"$({s}=${name})" for s in spelled), *bare, ""])
    fixed = [s for s in LIKE_ELSEWHERE.get(operator.name, ()) if s.partition("=")[0] in known]
    texts = [*itertools.islice(itertools.product(*ways), MOST_SPELLINGS)]
    texts.append(tuple(f"${name}" for name in names if name not in LEFT_OUT))
    yield from (", ".join(filter(None, [*text, *_fixed(text, fixed)])) for text in texts)


def _fixed(text: tuple[str, ...], fixed: list[str]) -> list[str]:
    """Give what is said anyway, where the call does not say it."""
    return [] if any("correction" in part for part in text) else fixed[:1]


def _parameters(function: Any) -> tuple[set[str], bool]:
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return set(), True
    return {p.name for p in parameters}, any(p.kind is p.VAR_KEYWORD for p in parameters)
