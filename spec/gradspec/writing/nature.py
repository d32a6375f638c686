"""What a clause is about."""

from __future__ import annotations

from enum import StrEnum


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
"""What chapters are written with."""
