"""The rank of a clause: how binding it is, and what it means to fail it."""

from __future__ import annotations

from enum import StrEnum


class Level(StrEnum):
    """How binding a clause is, in the words of RFC 2119."""

    MUST = "must"
    SHOULD = "should"
    MAY = "may"


MUST, SHOULD, MAY = Level.MUST, Level.SHOULD, Level.MAY
"""What chapters are written with."""


class Nature(StrEnum):
    """What it means to fail a clause.

    `value`: the mathematics says otherwise.  `safety`: something went wrong and nobody was told, or
    more was lost than needed be.  `convention`: torch chose one way where a sound engine may choose
    another.
    """

    VALUE = "value"
    SAFETY = "safety"
    CONVENTION = "convention"


VALUE, SAFETY, CONVENTION = Nature.VALUE, Nature.SAFETY, Nature.CONVENTION
"""What chapters are written with, too."""
