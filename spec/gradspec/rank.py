"""The rank of a clause: how binding it is, and what it means to fail it."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Level(StrEnum):
    """How binding a clause is, in the words of RFC 2119."""

    MUST = "must"
    SHOULD = "should"
    MAY = "may"


MUST, SHOULD, MAY = Level.MUST, Level.SHOULD, Level.MAY
"""What chapters are written with."""


class Nature(StrEnum):
    """What it means to fail a clause."""

    VALUE = "value"
    SAFETY = "safety"
    CONVENTION = "convention"

    @property
    def sentence(self) -> str:
        """Say it in a sentence."""
        return NATURES[self]


VALUE, SAFETY, CONVENTION = Nature.VALUE, Nature.SAFETY, Nature.CONVENTION
"""What chapters are written with, too."""

NATURES: Final = {
    VALUE: "The mathematics says otherwise.",
    SAFETY: "Something went wrong and nobody was told, or more was lost than needed be.",
    CONVENTION: "torch chose one way where a sound engine may choose another.",
}
"""Nature -> what it means."""
