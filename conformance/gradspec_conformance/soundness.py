"""`unsound(engine)`: what an object lacks to be an engine, found by looking, without a call."""

from __future__ import annotations

import difflib
from collections.abc import Set as AbstractSet
from typing import Any, Final

from gradspec.catalogue.operators import OPERATORS
from gradspec.port.capabilities import DTYPES, GROUPS, METHODS

WORDS: Final[tuple[str, ...]] = (
    *GROUPS,
    *(f"dtype:{name}" for name in DTYPES),
    *(f"op:{name}" for name in OPERATORS),
)
"""All words that an engine may declare."""


def unsound(engine: Any) -> str:
    """Say what was found, what was expected and what to do; nothing if all is there."""
    return _attributes(engine) or _words(engine.capabilities) or _methods(engine)


def missing_methods(engine: Any) -> list[str]:
    """List the methods of the declared groups that the engine does not have."""
    declared = set(engine.capabilities)
    expected = ["error_kind", *(m for m, group in METHODS.items() if group in declared)]
    return [name for name in expected if not callable(getattr(engine, name, None))]


def _attributes(engine: Any) -> str:
    kind = type(engine).__name__
    for name, demand in (("name", str), ("version", str), ("capabilities", AbstractSet)):
        if not hasattr(engine, name):
            return f"its {kind} has no {name}, which every engine has: add the attribute"
        found = getattr(engine, name)
        if not isinstance(found, demand):
            wanted = "a set of words" if name == "capabilities" else "a text"
            return f"its {name} is a {type(found).__name__}, expected {wanted}: change it"
    if not engine.name:
        return "its name is empty, expected a text to report it by: give it one"
    return ""


def _words(capabilities: AbstractSet[Any]) -> str:
    unknown = sorted(str(word) for word in capabilities if word not in WORDS)
    if unknown:
        close = difflib.get_close_matches(unknown[0], WORDS, n=1, cutoff=0.5)
        hint = f"write {close[0]!r}" if close else "the words are in gradspec.port.capabilities"
        return f"it declares {', '.join(map(repr, unknown))}, which no capability is called: {hint}"
    if "values" not in capabilities:
        return "it does not declare 'values', without which no program can run: declare it"
    return ""


def _methods(engine: Any) -> str:
    missing = missing_methods(engine)
    if not missing:
        return ""
    reasons = [f"{m}() of {METHODS[m]}" if m in METHODS else f"{m}()" for m in missing]
    return (
        f"it lacks {', '.join(reasons)}: write what is missing as gradspec.port.engine.Engine "
        "says, or declare less"
    )
