"""`unsound(engine)`: what an object lacks to be an engine, found by looking, without a call."""

from __future__ import annotations

import difflib
from collections.abc import Set as AbstractSet
from typing import Any

from gradspec.port.abilities import BUNDLES, WORDS, expanded
from gradspec.port.acts import ACTS
from gradspec.port.engine import method_of


def unsound(engine: Any) -> str | None:
    """Say what was found, what was expected and what to do; None if all is there."""
    if hasattr(engine, "abilities"):
        attribute, known = "abilities", [*WORDS]
    else:
        attribute, known = "capabilities", [*WORDS, *BUNDLES]
    complaint = _attributes(engine, attribute) or _words(getattr(engine, attribute), known)
    if complaint or hasattr(engine, "speak"):  # a book was checked when it was read
        return complaint
    return _methods(engine)


def missing_methods(engine: Any) -> dict[str, str]:
    """Give the methods of the declared words that the engine does not have, and a word of each."""
    small: frozenset[str] | None = getattr(engine, "abilities", None)
    declared = expanded(engine.capabilities) if small is None else small
    expected = {"error_kind": "values"}
    for act in ACTS.values():
        word = next(iter(act.words & declared), "")
        if word and not act.by_kit and act.words <= declared:
            expected.setdefault(method_of(act), word)
            if act.family == "mode":
                expected.setdefault("leave", word)
    return {m: w for m, w in expected.items() if not callable(getattr(engine, m, None))}


def _attributes(engine: Any, words: str) -> str | None:
    kind = type(engine).__name__
    for name, demand in (("name", str), ("version", str), (words, AbstractSet)):
        if not hasattr(engine, name):
            return f"its {kind} has no {name}, which every engine has: add the attribute"
        found = getattr(engine, name)
        if not isinstance(found, demand):
            wanted = "a set of words" if name == words else "a text"
            return f"its {name} is a {type(found).__name__}, expected {wanted}: change it"
    if not engine.name:
        return "its name is empty, expected a text to report it by: give it one"
    return None


def _words(words: AbstractSet[Any], known: list[str]) -> str | None:
    names = frozenset(known)
    unknown = sorted(str(word) for word in words if word not in names)
    if unknown:
        close = difflib.get_close_matches(unknown[0], known, n=1, cutoff=0.5)
        hint = f"write {close[0]!r}" if close else "the words are in gradspec.port.abilities"
        if unknown[0] in BUNDLES:
            hint = "it is a bundle: write its words, or declare it under capabilities"
        return f"it declares {', '.join(map(repr, unknown))}, which no ability is called: {hint}"
    if "values" not in words:
        return "it does not declare 'values', without which no program can run: declare it"
    return None


def _methods(engine: Any) -> str | None:
    missing = missing_methods(engine)
    if not missing:
        return None
    reasons = [f"{method}() of {word}" for method, word in missing.items()]
    return (
        f"it lacks {', '.join(reasons)}: write what is missing as gradspec.port.engine "
        "says, or declare less"
    )
