"""`badge(report)`: the rung that an engine has reached, as a small picture for its README.

The template stands beside this file, in `badge.svg`.
"""

from __future__ import annotations

from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape

import msgspec

from gradspec_conformance.report.json import Climb
from gradspec_conformance.report.junit import UNPRINTABLE
from gradspec_conformance.run.ladder import RUNGS
from gradspec_conformance.run.selection import FULL

if TYPE_CHECKING:
    from gradspec_conformance.report.json import Report

LABEL: Final = "gradspec"
CORRECT, FLAWED, NONE = "#2c7a3f", "#b8860b", "#9f4a3a"
"""Nothing is left of what was asked; something is; no rung is reached."""

WIDTHS: Final = {"ijlI.,:;|'! ": 3.5, "frt()-/": 4.5, "mwMW%": 9.5}
"""Letters -> pixels that one takes, about; the viewer fits the text to the sum."""

OTHERS: Final = 6.5
MARGIN: Final = 6

WHOLE: Final = (FULL, "sound")
"""The profiles that leave nothing out of the ladder."""

TEMPLATE: Final = Path(__file__).with_suffix(".svg")


class _Engine(msgspec.Struct, frozen=True):
    name: str
    version: str


class Reported(msgspec.Struct, frozen=True):
    """What a badge needs of a report."""

    edition: str
    engine: _Engine
    profile: str
    ladder: Climb | None
    missing: list[str]
    complaints: list[str]

    @classmethod
    def of(cls, report: Report) -> Reported:
        """Take it from a report."""
        return msgspec.convert(report, cls, from_attributes=True)

    @property
    def gap(self) -> str | None:
        """Say why no badge can be made of it."""
        if self.ladder is None:
            return "it is about a part of the specification"
        if self.profile not in WHOLE:
            return f"it is about profile {self.profile}, and not full or sound"
        if self.missing or self.complaints:
            return "the run is incomplete"
        return None

    @property
    def sentence(self) -> str:
        """Say what the badge shows."""
        climb = self._climb
        names = ", ".join(climb.reached) or "none yet"
        correct = "; correct as far as it goes" if climb.correct else ""
        name = f"{self.engine.name} {self.engine.version}".strip()
        return f"{name}: rungs reached: {names}{correct} ({self.edition})"

    @property
    def message(self) -> str:
        """What the badge says."""
        reached = self._climb.reached
        return f"{reached[-1]} ({len(reached)} of {len(RUNGS)})" if reached else "no rung yet"

    @property
    def colour(self) -> str:
        """Which colour it has."""
        if not self._climb.reached:
            return NONE
        return CORRECT if self._climb.correct else FLAWED

    @property
    def _climb(self) -> Climb:
        if self.ladder is None:
            raise AssertionError  # a gap
        return self.ladder


def badge(reported: Reported) -> str:
    """Draw the badge as SVG."""
    label, message = (_length(text) for text in (LABEL, reported.message))
    left, right = label + 2 * MARGIN, message + 2 * MARGIN
    title = UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", reported.sentence)
    return Template(TEMPLATE.read_text("utf-8")).substitute(
        title=escape(title, {'"': "&quot;"}),
        width=left + right,
        label=LABEL,
        label_length=label,
        label_width=left,
        label_middle=left / 2,
        message=escape(reported.message),
        message_length=message,
        message_width=right,
        message_middle=left + right / 2,
        colour=reported.colour,
    )


def _length(text: str) -> int:
    """Say how many pixels a text takes, about."""
    found = {letter: pixels for letters, pixels in WIDTHS.items() for letter in letters}
    return round(sum(found.get(letter, OTHERS) for letter in text))
