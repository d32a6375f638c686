"""A complaint to the person at the terminal, as long as can be read."""

from __future__ import annotations

import re
from typing import Final

import click

WORD: Final = re.compile(r"(?<!\w)'[^'\n]{1000,}(?=')|\S{1000,}")
"""A word, or what stands in quotes, that no name and no path is as long as."""

LINE: Final = re.compile(r".{2000,}")


def brief(complaint: str) -> str:
    """Cut what is too long to be read."""
    words = WORD.sub(lambda met: f"{met[0][:80]}...", complaint)
    return LINE.sub(lambda met: f"{met[0][:300]}...", words)


def complain(sentence: str) -> None:
    """Say what is wrong, beside the output."""
    click.echo(brief(sentence), err=True)
