"""`Outcome`: what a campaign came to: its causes, its coverage, and the exit status."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from gradspec.rank import Nature
from gradspec_conformance.fuzz.causes import Cause, coverage, merged
from gradspec_conformance.fuzz.generating import rows_of

if TYPE_CHECKING:
    from gradspec_conformance.fuzz.campaign import Plan

CONFORMANT, DIFFERENT, VOID = 0, 1, 3
OFTEN: Final = 4
"""How many programs for each row are enough to expect that each act succeeded once."""

SOUND: Final = (Nature.VALUE, Nature.SAFETY)


@dataclass(frozen=True, slots=True)
class Outcome:
    """A campaign that came to its end, or as far as it had time."""

    plan: Plan
    blocks: list[dict[str, Any]]
    common: frozenset[str]
    seconds: float

    @property
    def programs(self) -> int:
        """How many programs were done."""
        return sum(block["count"] - len(block["without"]) for block in self.blocks)

    @property
    def causes(self) -> list[Cause]:
        """What differs, the gravest first."""
        return merged(cause for block in self.blocks for cause in block["causes"])

    @property
    def stated(self) -> dict[str, int]:
        """Reason -> how many programs came to a difference that may be for it."""
        reasons: Counter[str] = Counter()
        for block in self.blocks:
            reasons.update(block["stated"])
        return dict(reasons.most_common())

    @property
    def crashed(self) -> list[int]:
        """The seeds of programs that ended a process."""
        return [seed for block in self.blocks for seed in block["without"]]

    @property
    def coverage(self) -> dict[str, tuple[int, int]]:
        """Act -> how often it was tried, and how often it succeeded."""
        return coverage(self.blocks)

    @property
    def rows(self) -> list[str]:
        """The acts of the grammar that both engines have."""
        return [row.key for row in rows_of(self.common)]

    @property
    def never(self) -> list[str]:
        """The acts of the grammar that never succeeded."""
        done = self.coverage
        return sorted({key for key in self.rows if not done.get(key, (0, 0))[1]})

    @property
    def is_void(self) -> bool:
        """Whether the campaign says nothing: no program, or enough of them and an act without."""
        enough = self.programs >= OFTEN * len(self.rows)
        given_up = any(block.get("given_up") for block in self.blocks)
        return not self.programs or given_up or (enough and bool(self.never))

    def status(self, profile: str) -> int:
        """Give the exit status: of profile `sound`, what was chosen otherwise does not count."""
        natures = {str(nature) for nature in (SOUND if profile == "sound" else Nature)}
        if self.crashed or any(cause.nature in natures for cause in self.causes):
            return DIFFERENT
        return VOID if self.is_void else CONFORMANT

    def data(self) -> dict[str, Any]:
        """Give all of it as data of JSON."""
        return {
            "format": "gradspec-fuzz/1",
            "oracle": self.plan.oracle,
            "subject": self.plan.subject,
            "seeds": [self.plan.first, self.plan.first + self.plan.programs],
            "programs": self.programs,
            "seconds": round(self.seconds, 3),
            "void": self.is_void,
            "never": self.never,
            "stated": self.stated,
            "crashed": self.crashed,
            "coverage": {k: {"tried": t, "succeeded": s} for k, (t, s) in self.coverage.items()},
            "causes": [
                {
                    "sentence": cause.sentence,
                    "nature": cause.nature,
                    "count": cause.count,
                    "seeds": cause.seeds,
                    "steps": cause.steps,
                    **cause.told,
                }
                for cause in self.causes
            ],
        }
