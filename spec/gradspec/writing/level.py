"""How binding a clause is."""

from __future__ import annotations

from enum import StrEnum


class Level(StrEnum):
    """How binding a clause is, in the words of RFC 2119."""

    MUST = "must"
    SHOULD = "should"
    MAY = "may"


MUST, SHOULD, MAY = Level.MUST, Level.SHOULD, Level.MAY
