"""`select("core", ["acc"])`: which clauses a claim of conformance is about.

A profile names what an engine of some size is held to.  Profiles are a ladder: scalar is part
of tape, tape of core, core of full; `functional` is the part of core that needs no tape.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from gradspec import chapters, edition
from gradspec.port.abilities import expanded
from gradspec.writing.clause import Level
from gradspec_conformance.engines.loading import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable

FULL: Final = "full"
EVERY: Final = frozenset({"*"})


class UnknownSelection(Exception):
    """No profile or chapter is called so; the message says what is."""


class Selectable(Protocol):
    """What a selection looks at: a clause, or its line in the edition's list."""

    @property
    def chapter(self) -> str:
        """The chapter it stands in."""

    @property
    def level(self) -> Level:
        """How binding it is."""

    @property
    def needs(self) -> frozenset[str]:
        """What an engine must have to be asked."""


@dataclass(frozen=True, slots=True)
class Profile:
    """A named set of clauses: those of these levels that need no more than these words.

    Where `words` is `EVERY`, a clause may need anything; where `operators` is, any operator.
    """

    name: str
    sentence: str
    levels: frozenset[Level]
    words: frozenset[str]
    operators: frozenset[str] = EVERY

    def holds(self, clause: Selectable) -> bool:
        """Whether the clause belongs to the profile."""
        return clause.level in self.levels and all(map(self._allows, clause.needs))

    def _allows(self, word: str) -> bool:
        if self.words is EVERY:
            return True
        if word.startswith("op:"):
            allowed = self.operators is EVERY or word in self.operators or word in self.words
            return allowed and not (word.endswith("_") and "inplace" not in self.words)
        return word in self.words


def _profile(name: str, sentence: str, words: str, *, operators: frozenset[str] = EVERY) -> Profile:
    must = frozenset({Level.MUST})
    return Profile(name, sentence, must, expanded(words.split()), operators)


PROFILES: Final[dict[str, Profile]] = {
    profile.name: profile
    for profile in (
        Profile(
            FULL,
            "Every clause of the edition, also those that only recommend or describe.",
            frozenset(Level),
            EVERY,
        ),
        _profile(
            "core",
            "What a tutorial on torch.autograd uses: tape, queries, modes, higher order.",
            "values arrays tape flags cotangent grad_api vjp retain_graph create_graph "
            "control_flow detach modes dtype:float64 dtype:float32",
        ),
        _profile(
            "tape",
            "A tape over arrays: backward from any root, gradients that add up in leaves.",
            "values arrays tape flags cotangent vjp control_flow retain_graph "
            "dtype:float64 dtype:float32",
        ),
        _profile(
            "functional",
            "Vector-Jacobian products of functions of arrays, of any order; no tape.",
            "values arrays vjp create_graph control_flow dtype:float64 dtype:float32",
        ),
        _profile(
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
    """A profile, and the chapters of it that were asked for (none: all)."""

    profile: Profile
    chapters: tuple[str, ...] = ()

    def holds(self, clause: Selectable) -> bool:
        """Whether the clause was asked for."""
        in_chapter = not self.chapters or clause.chapter in self.chapters
        return in_chapter and self.profile.holds(clause)

    def demanded(self) -> tuple[str, ...]:
        """List the ids that the edition demands, in reading order."""
        return tuple(demand.id for demand in edition.demands() if self.holds(demand))

    def __str__(self) -> str:
        if not self.chapters:
            return f"profile {self.profile.name}"
        return f"profile {self.profile.name}, chapter {' and '.join(self.chapters)}"


def select(profile: str = FULL, wanted: Iterable[str] = ()) -> Selection:
    """Find a profile and chapters by name (or `acc` for accumulation); raises UnknownSelection."""
    if profile not in PROFILES:
        names = list(PROFILES)
        hint = did_you_mean(profile, names)
        message = f"no profile is called {profile!r}{hint} Profiles are {', '.join(names)}."
        raise UnknownSelection(message)
    return Selection(PROFILES[profile], tuple(dict.fromkeys(map(_chapter, wanted))))


def _chapter(word: str) -> str:
    try:
        return chapters.find(word.removesuffix(".py").replace("-", "_")).name
    except KeyError:
        names = [name for c in chapters.CHAPTERS for name in (c.name, c.prefix)]
        hint = did_you_mean(word, names) or ";"
        listed = ", ".join(c.name for c in chapters.CHAPTERS)
        message = f"no chapter is called {word!r}{hint} Chapters are {listed}."
        raise UnknownSelection(message) from None
