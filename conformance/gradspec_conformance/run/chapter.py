"""`chapter_named("acc")`: which chapter a person means."""

from __future__ import annotations

from gradspec import chapters
from gradspec_conformance.exceptions import UnknownSelection
from gradspec_conformance.hints import did_you_mean


def chapter_named(word: str) -> str:
    """Find a chapter by its name or prefix; raises UnknownSelection with what is like it."""
    try:
        return chapters.find(word.removesuffix(".py").replace("-", "_")).name
    except KeyError:
        names = [name for c in chapters.CHAPTERS for name in (c.name, c.prefix)]
        hint = did_you_mean(word, names) or ";"
        listed = ", ".join(c.name for c in chapters.CHAPTERS)
        message = f"no chapter is called {word!r}{hint} Chapters are {listed}."
        raise UnknownSelection(message) from None
