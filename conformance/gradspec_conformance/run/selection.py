"""`select("core", ["acc"])`: which clauses a claim of conformance is about.

A profile names what an engine of some size is held to.  Profiles are a ladder: scalar is part
of tape, tape of core, core of full; `functional` is the part of core that needs no tape.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final, Protocol

from gradspec import edition
from gradspec.rank import Level, Nature
from gradspec_conformance.exceptions import UnknownSelection
from gradspec_conformance.hints import did_you_mean
from gradspec_conformance.run.chapter import chapter_named
from gradspec_conformance.run.keyword import Keyword

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from gradspec.edition import Demand

FULL: Final = "full"


class Selectable(Protocol):
    """What a selection looks at: a clause, or its line in the edition's list."""

    @property
    def id(self) -> str:
        """Its id."""

    @property
    def chapter(self) -> str:
        """The chapter it stands in."""

    @property
    def words(self) -> tuple[str, ...]:
        """What else it is found by."""

    @property
    def nature(self) -> Nature:
        """What it means to fail it."""

    @property
    def level(self) -> Level:
        """How binding it is."""

    @property
    def needs(self) -> frozenset[str]:
        """What an engine must have to be asked."""


@dataclass(frozen=True)
class Profile:
    """A named set of clauses: those of these levels and natures that need no more than these words.

    Without `allowed` a clause may need anything; `operators`, if given, are the only ones.
    """

    name: str
    sentence: str
    allowed: str | None = None
    operators: frozenset[str] | None = None
    levels: frozenset[Level] = frozenset({Level.MUST})
    natures: frozenset[Nature] = frozenset(Nature)

    def holds(self, clause: Selectable) -> bool:
        """Whether the clause belongs to the profile."""
        fits = clause.level in self.levels and clause.nature in self.natures
        return fits and (self.words is None or all(map(self._allows, clause.needs)))

    @cached_property
    def words(self) -> frozenset[str] | None:
        """The words that a clause may need, if there is a limit."""
        if self.allowed is None:
            return None
        from gradspec.port.abilities import expanded  # noqa: PLC0415 - takes time

        return expanded(self.allowed.split())

    def _allows(self, word: str) -> bool:
        words = self.words or frozenset()
        if not word.startswith("op:"):
            return word in words
        allowed = self.operators is None or word in self.operators or word in words
        return allowed and not (word.endswith("_") and "inplace" not in words)


PROFILES: Final[dict[str, Profile]] = {
    profile.name: profile
    for profile in (
        Profile(
            FULL,
            "Every clause of the edition, also those that only recommend or describe.",
            levels=frozenset(Level),
        ),
        Profile(
            "sound",
            "Every clause about values and safety: nothing that torch merely chose.",
            levels=frozenset(Level),
            natures=frozenset({Nature.VALUE, Nature.SAFETY}),
        ),
        Profile(
            "core",
            "What a tutorial on torch.autograd uses: tape, queries, modes, higher order.",
            "values arrays tape flags cotangent grad_api vjp retain_graph create_graph "
            "control_flow detach modes several_dims negative_dims dtype:float64 dtype:float32",
        ),
        Profile(
            "tape",
            "A tape over arrays: backward from any root, gradients that add up in leaves.",
            "values arrays tape flags cotangent vjp control_flow retain_graph "
            "several_dims negative_dims dtype:float64 dtype:float32",
        ),
        Profile(
            "functional",
            "Vector-Jacobian products of functions of arrays, of any order; no tape.",
            "values arrays vjp create_graph control_flow several_dims negative_dims "
            "dtype:float64 dtype:float32",
        ),
        Profile(
            "scalar",
            "A tape over single numbers, with relu, tanh and exp: an engine of micrograd's size.",
            "values tape vjp control_flow",
            operators=frozenset({"op:relu", "op:tanh", "op:exp"}),
        ),
    )
}
"""Name -> profile, from the largest to the smallest."""


@dataclass(frozen=True, slots=True)
class Selection:
    """A profile, the chapters of it that were asked for (none: all), and a -k expression.

    `only` are the ids of what failed the last time, where no more than that was asked for.
    """

    profile: Profile
    chapters: tuple[str, ...] = ()
    keyword: Keyword | None = None
    only: frozenset[str] | None = None

    def holds(self, clause: Selectable) -> bool:
        """Whether the clause, or row, was asked for."""
        in_chapter = not self.chapters or clause.chapter in self.chapters
        return in_chapter and self.profile.holds(clause) and self._is_meant(clause)

    def demanded(self) -> tuple[Demand, ...]:
        """List what the edition demands, in reading order."""
        return tuple(demand for demand in edition.demands() if self.holds(demand))

    @property
    def is_whole(self) -> bool:
        """Whether it leaves nothing out."""
        return self.profile.name == FULL and not (self.chapters or self.is_narrowed)

    @property
    def is_narrowed(self) -> bool:
        """Whether it names clauses, and not a part of the specification."""
        return self.keyword is not None or self.only is not None

    @property
    def nothing_found(self) -> str:
        """Say that it holds nothing, and what was probably meant."""
        if self.keyword is None:
            return f"no clause of {self} is in the edition"
        text = self.keyword.text
        hint = did_you_mean(text, sorted(edition.names()))
        return f"no clause of {self} matches -k {text!r}{hint}"

    def _is_meant(self, clause: Selectable) -> bool:
        if self.only is not None and clause.id not in self.only:
            return False
        return self.keyword is None or self.keyword.matches(clause.id, clause.words)

    def __str__(self) -> str:
        parts = [f"profile {self.profile.name}"]
        parts += [f"chapter {' and '.join(self.chapters)}"] if self.chapters else []
        parts += ["a part of it"] if self.only is not None else []
        return ", ".join(parts)


def select(
    profile: str = FULL,
    wanted: Iterable[str] = (),
    keyword: str = "",
    only: Collection[str] | None = None,
) -> Selection:
    """Find a profile and chapters by name (or `acc` for accumulation).

    Raises UnknownSelection, and WrongUsage for a `keyword` that is no expression.
    """
    if profile not in PROFILES:
        names = list(PROFILES)
        hint = did_you_mean(profile, names)
        message = f"no profile is called {profile!r}{hint} Profiles are {', '.join(names)}."
        raise UnknownSelection(message)
    found = tuple(dict.fromkeys(map(chapter_named, wanted)))
    expression = Keyword(keyword) if keyword else None
    return Selection(
        PROFILES[profile], found, expression, frozenset(only) if only is not None else None
    )
