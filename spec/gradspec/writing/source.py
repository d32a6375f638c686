"""The text of clauses and chapters as they were written."""

from __future__ import annotations

import ast
import importlib
import inspect
import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gradspec.writing.clause import Clause


def program_text(clause: Clause) -> str:
    """Give the source of the clause's body, without decorator, signature and docstring."""
    text = textwrap.dedent(inspect.getsource(clause.body))
    (function,) = ast.parse(text).body
    if not isinstance(function, ast.FunctionDef):
        message = f"{clause.id} is not a plain function"
        raise TypeError(message)
    docstring = function.body[0]
    lines = text.splitlines()[docstring.end_lineno or 0 :]
    return textwrap.dedent("\n".join(lines)).strip("\n")


def introduction(chapter: str) -> str:
    """Give the introduction of the chapter of this name."""
    return inspect.getdoc(importlib.import_module(f"gradspec.chapters.{chapter}")) or ""


def section_introduction(clause: Clause) -> str:
    """Give the introduction of the section that the clause stands in, empty in a chapter of one."""
    module = clause.body.__module__
    if module == f"gradspec.chapters.{clause.chapter}":
        return ""
    return inspect.getdoc(importlib.import_module(module)) or ""
