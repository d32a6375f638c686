"""`row_text(case)`: what a row of a table holds, as one would write it in Python.

A function is shown as it was written, with what it closes over; of an operator of the catalogue
its call, its formula and its smoothness.
"""

from __future__ import annotations

import ast
import dataclasses
import functools
import inspect
import textwrap
from enum import Enum
from pathlib import Path
from types import FunctionType
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from rich.pretty import pretty_repr

from gradspec.catalogue.operator import Operator

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import CodeType

    from gradspec.writing.clause import Clause

WIDTH: Final = 72
MOST: Final = 8
"""How many entries of a long list are shown."""


class _Text:
    """Text that is shown as it is."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text


class _Made:
    """An object, shown by the name of its class and by its fields."""

    def __init__(self, fields: dict[str, Any]) -> None:
        self.fields = fields

    def __rich_repr__(self) -> Iterator[tuple[str, Any]]:
        yield from self.fields.items()


def row_text(case: Clause) -> str:
    """Bind what the row holds to the name that the program calls it by.

    Functions that have a name are defined first.
    """
    _, name, *_ = inspect.signature(case.body).parameters
    row = _Row()
    shown = pretty_repr(row.shown(case.value), max_width=WIDTH, max_length=MOST, max_string=WIDTH)
    return "\n\n".join([*row.definitions.values(), f"{name} = {shown}"])


def formula_text(function: Any) -> str:
    """Write a function down, with those that it closes over."""
    row = _Row()
    said = row.function(function)
    return "\n\n".join(
        [*row.definitions.values(), *([] if function in row.definitions else [said])]
    )


class _Row:
    """Shows the parts of a row, and gathers the definitions of the functions that it names."""

    def __init__(self) -> None:
        self.definitions: dict[FunctionType, str] = {}
        self._open: set[FunctionType] = set()

    def shown(self, value: Any) -> Any:
        """Give something whose representation says what a reader wants to know."""
        match value:
            case Operator():
                said = _Text(f"{value.name}({value.signature.text})")
                parts = {"formula": value.formula, "smoothness": value.smoothness}
                return self.made("Operator", {"call": said, **parts})
            case Enum():
                return _Text(f"{type(value).__name__}.{value.name}")
            case tuple() if len(value) > MOST:
                return _Text(f"({value[0]}, {value[1]}, ..., {value[-1]})")
            case tuple() | list() if type(value) in (tuple, list):
                return type(value)(map(self.shown, value))
            case dict():
                return {key: self.shown(part) for key, part in value.items()}
            case np.ndarray():
                return _Text(f"np.array({value.tolist()})")
            case type():
                return _Text(value.__qualname__)
        if isinstance(value, tuple) and hasattr(value, "_asdict"):
            return self.made(type(value).__name__, value._asdict())
        if dataclasses.is_dataclass(value):
            fields = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
            return self.made(type(value).__name__, fields)
        return _Text(self.function(value)) if callable(value) else value

    def made(self, name: str, fields: dict[str, Any]) -> _Made:
        """Show an object by its class and its fields."""
        shown = {field: self.shown(value) for field, value in fields.items()}
        named: type[_Made] = type(name, (_Made,), {})  # representations begin with the class's name
        return named(shown)

    def function(self, function: Any) -> str:
        """Name a function, or write it down if it has no name."""
        module = str(getattr(function, "__module__", None) or "")
        name = str(getattr(function, "__name__", "a function"))
        if not isinstance(function, FunctionType) or module.partition(".")[0] != "gradspec":
            place = "np" if module.startswith("numpy") or isinstance(function, np.ufunc) else module
            return f"{place.lstrip('_')}.{name}"
        if name == "<lambda>":
            name = _lambda(function.__code__)
        else:
            source = textwrap.dedent(inspect.getsource(function)).strip()
            self.definitions.setdefault(function, source)
        if function in self._open:  # it closes over itself
            return name
        self._open.add(function)
        cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
        kept = [f"{free} = {self.shown(cell.cell_contents)!r}" for free, cell in cells]
        self._open.remove(function)
        return f"{name} where {', '.join(kept)}" if kept else name


def _lambda(code: CodeType) -> str:
    """Find the smallest lambda expression that holds all places of the code."""
    places = [
        ((line, column), (last, end))
        for line, last, column, end in code.co_positions()
        if None not in (line, last, column, end) and end
    ]
    first, last = min(start for start, _ in places), max(end for _, end in places)
    holding = [
        node
        for node in _lambdas(code.co_filename)
        if (node.lineno, node.col_offset) <= first and last <= _end(node)
    ]
    return ast.unparse(max(holding, key=lambda node: (node.lineno, node.col_offset)))


def _end(node: ast.Lambda) -> tuple[int, int]:
    return node.end_lineno or 0, node.end_col_offset or 0


@functools.cache
def _lambdas(file: str) -> list[ast.Lambda]:
    tree = ast.parse(Path(file).read_text("utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, ast.Lambda)]
