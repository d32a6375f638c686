"""`plain_text(text)`: what an engine wrote, as a person can read it on any terminal.

Control characters are written as Python escapes them, so that no escape sequence of an engine
reaches a terminal, a pipe or a file; what cannot be encoded is replaced, what is too long is cut.
"""

from __future__ import annotations


def plain_text(text: str, longest: int) -> str:
    """Give the text as Python's own string, printable and no longer than this."""
    whole = str.__str__(text)
    kept = whole[:longest].encode("utf-8", "replace").decode()
    if not kept.isprintable():
        kept = "".join(c if c.isprintable() or c in "\n\t" else escaped(c) for c in kept)
    left = len(whole) - longest
    return kept if left <= 0 else f"{kept}... ({left} characters more)"


def escaped(character: str) -> str:
    """Write a character as Python does between quotes."""
    return repr(character)[1:-1]
