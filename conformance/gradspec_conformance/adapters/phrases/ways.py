"""`way(word)`: how an engine with a phrasebook comes to have an ability."""

from __future__ import annotations

from typing import Final

from gradspec.port.abilities import DERIVED, FOLLOWING
from gradspec.port.acts import ACTS
from gradspec_conformance.adapters.phrases.book import TABLES

MOST: Final = 5

PARTICULAR: Final = {
    "arrays": "[acts] tensor or leaf with $array, $data or $list, and not $number alone",
    "constants": "[acts] leaf, where it is another phrase than tensor",
    "several_roots": "[acts] backward with $root, and not ${root:one}",
}
"""What a book implies by the way in which a phrase is written."""


def way(word: str) -> str:
    """Say what stands in a book for an ability, or that it is listed under `also`."""
    if word in PARTICULAR:
        return PARTICULAR[word]
    family, _, name = word.partition(":")
    match family:
        case "dtype":
            return f"[dtypes] {name}"
        case "rule":
            return f"[acts] define with ${name}"
        case "context":
            return "[acts] context_call, context_get or context_set, beside define with $forward"
    derived = [" and ".join(sorted(words)) for words in DERIVED.get(word, ())]
    if word in FOLLOWING:
        return f"follows from {', or from '.join(derived)}"
    entries = _entries(word)
    if not entries:
        return f'also = ["{word}"]: no phrase shows it'
    return ", or ".join([" and ".join(entries) + _said_already(word), *derived])


def _entries(word: str) -> list[str]:
    """Name the phrases that amount to a word."""
    alone = [key for key, act in ACTS.items() if act.words == {word} and not act.by_kit]
    if alone:
        return [_entry(key) for key in alone[:MOST]]
    beside = [key for key, act in ACTS.items() if word in act.words and not act.by_kit]
    if beside:
        return [f"any of {', '.join(_entry(key) for key in beside[:MOST])} and the like"]
    options = [
        f"{_entry(key)} with ${argument}"
        for key, act in ACTS.items()
        for argument, needed in act.options.items()
        if needed == word and argument in act.signature.names
    ]
    return [" or ".join(options)] if options else []


def _entry(key: str) -> str:
    tables = (table for table, prefix in TABLES.items() if prefix and key.startswith(prefix))
    return f"[{next(tables, 'acts')}] {ACTS[key].name}"


def _said_already(word: str) -> str:
    """Show what the language says, which no book has to write."""
    acts = [act for act in ACTS.values() if act.words == {word} and not act.by_kit]
    is_said = len(acts) == 1 and bool(acts[0].python)
    return f", which Python has: {acts[0].python[0]}" if is_said else ""
