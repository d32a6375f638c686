"""Programs in the notation of the specification itself."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from gradspec.catalogue.operators import OPERATORS
from gradspec.judging.comparison import OPTIONS
from gradspec.port.acts import ACTS
from gradspec.port.phrase import Choice, Phrase, choose
from gradspec.program.scripts.writer import print_program

if TYPE_CHECKING:
    from gradspec.port.act import Act
    from gradspec.program.scripts.script import Script
    from gradspec.program.steps import Program, Step

CHECKS: Final = {
    ("is_flag", True): "is_true()",
    ("is_flag", False): "is_false()",
    ("is_none", None): "is_none()",
    ("is_none_or_zero", None): "is_none_or_zero()",
    ("is_present", None): "is_present()",
    ("in_order", None): "happened_in_order",
    ("is_structure", None): "has_structure",
}


def as_gradspec(program: Program, engine: str = "reference") -> str:
    """Print a script in the notation of the specification."""
    return print_program(program, NotationDialect(engine))


SEVERAL = ("has_shape", "lies_between")
"""Demands of which what is expected is written as several arguments."""


class NotationDialect:
    """`ag.tensor(...)`, `x.backward()`, `expect(x.grad).equals(...)`."""

    has_products = True
    working_dtype = "float64"

    def __init__(self, engine: str) -> None:
        self._engine = engine

    def head(self, body: str) -> list[str]:
        """Give the lines before the first step: the imports that the body needs."""
        names = [name for name in ("Interrupted", "expect") if name in body]
        return [
            *(["import contextlib"] if "contextlib." in body else []),
            *(["import functools"] if "functools." in body else []),
            *(["import types"] if "types." in body else []),
            *(["import numpy as np"] if "np." in body else []),
            *([f"from gradspec import {', '.join(names)}"] if names else []),
            "from gradspec_conformance import open_engine",
            "",
            f"ag = open_engine({self._engine!r})",
        ]

    def phrase(self, act: Act, given: dict[str, Any]) -> Choice | None:
        """Say an act as the notation has it."""
        if act.key in ("tensor", "leaf") and given["dtype"] in ("float64", "int64", "bool"):
            given = {name: value for name, value in given.items() if name != "dtype"}
        return choose(act, phrases_of(act.key), given)

    def dtype(self, name: str | None) -> str:
        """Name a data type."""
        return repr(name)

    def interruption(self, raised: str) -> str:
        """Raise what a caller's function raised."""
        return f"raise {raised}"

    def demand(self, step: Step, write: Script) -> str:
        """Say what an `expect` step demands."""
        check, expected = step.given["check"], step.given.get("expected")
        found = write.literal(step.given["found"])
        fixed = CHECKS.get((check, expected)) if isinstance(expected, bool | None) else None
        if fixed is not None and fixed.endswith(")"):
            return f"expect({found}).{fixed}"
        method = CHECKS.get((check, None), check)
        method = method if method not in ("is_alive", "is_aliasing", "is_flag") else "equals"
        wanted = list(expected or ()) if method in SEVERAL else [expected]
        options = [f"{n}={step.given[n]!r}" for n in OPTIONS if n in step.given]
        return f"expect({found}).{method}({', '.join([write.listed(wanted), *options])})"

    def block(self, step: Step, lines: list[str], write: Script) -> list[str]:
        """Say what is demanded of the lines of a block."""
        match step.act:
            case "refuses":
                head = f"with ag.refuses({step.given['kind']!r}):"
            case "attempt":
                kinds = ", ".join(map(repr, step.given["kinds"]))
                head = f"with ag.attempt({kinds}) as t{step.makes.number}:"
            case "caught":
                head = "with contextlib.suppress(Exception):"
            case "granted" | "denied":
                head = f"with {write.literal(step.given['attempt'])}.{step.act}():"
            case _:
                head = f"with ag.{step.act}():"
        return [head, *(f"    {line}" for line in lines)]


@cache
def phrases_of(key: str) -> tuple[Phrase, ...]:
    """Give the phrases of an act, as they follow from its row."""
    act = ACTS[key]
    if act.notation:
        return (Phrase.read(act.notation),)
    texts = [*_signs(act), _method(act)]
    if key == "backward":
        texts.append(_method(replace(act, on="ag")))
    return tuple(map(Phrase.read, texts))


def _signs(act: Act) -> tuple[str, ...]:
    if act.family == "op":
        return tuple(filter(None, [OPERATORS[act.name].sign]))
    return ()


def _method(act: Act) -> str:
    first, *others = act.signature.names or ("",)
    match act.family:
        case "set":
            return f"${first}.{act.name} = ${others[0]}"
        case "clear":
            return f"${first}.{act.name} = None"
        case "del":
            return f"del ${first}.{act.name}"
    if act.attribute:
        return f"${first}.{act.said}"
    place = "ag.func" if act.family == "transform" else "ag"
    on_it = act.on != "ag" and (act.family != "op" or "inplace" in act.words)
    head = f"${{{first}:tensor}}" if act.key == "backward" else f"${first}"  # a root of several
    shown = others if on_it else [n for n in (first, *others) if n]
    arguments = ", ".join(_argument(act, name) for name in shown)
    return f"{head if on_it else place}.{act.said}({arguments})"


def _argument(act: Act, name: str) -> str:
    signature = act.signature
    if name in signature.required and signature.is_by_name_alone(name):
        return f"{name}=${name}"
    required = name in signature.required or name == signature.variadic
    return f"${name}" if required else f"$({name}=${name})"
