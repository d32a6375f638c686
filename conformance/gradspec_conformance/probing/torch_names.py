"""Engines with torch's names: their book inherits torch's, and takes away what they lack."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from gradspec.port.acts import ACTS
from gradspec.port.errors import ERROR_KINDS, SAID_BY_THE_KIT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gradspec_conformance.probing.surroundings import Surroundings

SHARE: Final = 0.75
"""Of torch's names, how many there are in an engine that was made to have them."""

SAID: Final = re.compile(r"\btorch((?:\.[A-Za-z_]\w*)+)|\$(?:\{\w+:tensor\}|\w+)\.([a-z_]\w*)")
"""A name of torch's in a phrase, or an attribute of what an argument is."""


def names_of_torch(around: Surroundings) -> list[str] | None:
    """List the acts that a module with torch's names lacks; None if it has other names."""
    _, module = around.places[0]
    acts = [act for act in ACTS.values() if act.torch and not act.by_kit]
    lacking = [act.key for act in acts if not all(_is_there(module, p) for p in act.torch[-1:])]
    return lacking if len(lacking) < (1 - SHARE) * len(acts) else None


def _is_there(module: Any, phrase: str) -> bool:
    return all(_has(module, path) for path in _paths(phrase))


def _paths(phrase: str) -> Iterator[str]:
    for path, _ in SAID.findall(phrase):
        if path:
            yield path.removeprefix(".")


def _has(thing: Any, path: str) -> bool:
    for part in path.split("."):
        thing = getattr(thing, part, None)
        if thing is None:
            return False
    return True


def named_errors(around: Surroundings) -> list[tuple[str, str, str]]:
    """Find exceptions that are called like the kinds of errors: kind, pattern, and no act."""
    names = {
        name
        for _, module in around.places
        for name, thing in vars(module).items()
        if isinstance(thing, type) and issubclass(thing, Exception)
    }
    found: list[tuple[str, str, str]] = []
    for kind in ERROR_KINDS.keys() - SAID_BY_THE_KIT:
        said = "".join(word.capitalize() for word in kind.split("-"))
        also = said.replace("Nonscalar", "NonScalar").replace("Nonleaf", "NonLeaf")
        called = [n for n in names if n.removesuffix("Error") in (said, also)]
        found += [(kind, f"^{name}:", "") for name in called]
    return sorted(found)
