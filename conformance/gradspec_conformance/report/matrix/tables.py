"""Tables of a matrix: engines beside natures, rungs, chapters, clauses and operators."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gradspec import edition
from gradspec.catalogue.operators import FAMILIES
from gradspec.chapters import CHAPTERS
from gradspec.rank import Level, Nature
from gradspec_conformance.execution.verdict import RAN, Outcome, of_rows
from gradspec_conformance.report.explanation import cut
from gradspec_conformance.report.matrix.runs import Share, printable, share
from gradspec_conformance.run.facets import facets

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gradspec_conformance.report.matrix.runs import Line, Run

LONGEST: Final = 400
"""Letters of a value or a message that are shown."""

MEANT: Final = {
    Nature.VALUE: "numbers that mathematics decides",
    Nature.SAFETY: "nothing is wrong in silence",
    Nature.CONVENTION: "what torch chose",
}


@dataclass(frozen=True, slots=True)
class Told:
    """What an engine did with a clause; `rows` are those that ran and did not pass."""

    title: str
    word: str
    share: Share
    why: str
    rows: tuple[str, ...]
    shown: str
    said: str
    found: str | None
    expected: str | None
    script: str | None


@dataclass(frozen=True, slots=True)
class Entry:
    """A clause, and what each engine made of it."""

    id: str
    sentence: str
    level: Level
    nature: Nature
    told: tuple[Told, ...]

    @property
    def opens(self) -> list[Told]:
        """Give what there is more to say of."""
        return [one for one in self.told if one.word not in {"passed", "not asked"}]


@dataclass(frozen=True, slots=True)
class Part:
    """A chapter, a nature or an operator: its name, and a share for each engine."""

    name: str
    anchor: str
    shares: tuple[Share, ...]
    meaning: str = ""


def natures(runs: Sequence[Run]) -> list[Part]:
    """Count the clauses of each nature."""
    return [
        Part(
            str(nature),
            "",
            tuple(
                share([r for r in run.clauses.values() if r[0].nature is nature]) for run in runs
            ),
            MEANT[nature],
        )
        for nature in (Nature.VALUE, Nature.SAFETY, Nature.CONVENTION)
    ]


def chapters(runs: Sequence[Run]) -> list[Part]:
    """Count the clauses of each chapter that somebody was asked."""
    found = []
    for chapter in CHAPTERS:
        shares = tuple(
            share([rows for rows in run.clauses.values() if rows[0].chapter == chapter.name])
            for run in runs
        )
        if any(one.total for one in shares):
            found.append(Part(chapter.title, chapter.name, shares))
    return found


def entries(runs: Sequence[Run], chapter: str) -> Iterator[Entry]:
    """Give the clauses of a chapter in reading order."""
    seen = set()
    for demand in edition.demands():
        if demand.chapter != chapter or demand.clause in seen:
            continue
        seen.add(demand.clause)
        if any(demand.clause in run.clauses for run in runs):
            told = tuple(_told(run, run.clauses.get(demand.clause, ())) for run in runs)
            sentence = demand.clause_statement.replace("{name}", "…")
            yield Entry(demand.clause, sentence, demand.level, demand.nature, told)


def operators(runs: Sequence[Run]) -> Iterator[tuple[str, list[Part]]]:
    """Count, by family, the rows of all facets that ask an operator; leave out what nobody has."""
    asked: dict[str, list[str]] = {}
    for facet in facets():
        for name, demands in facet.rows.items():
            asked.setdefault(name, []).extend(demand.id for demand in demands)
    for family, rows in FAMILIES.items():
        parts = [
            Part(operator.name, "", tuple(_rows(run, asked.get(operator.name, ())) for run in runs))
            for operator in rows
        ]
        there = [part for part in parts if any(one.ran for one in part.shares)]
        if there:
            yield family, there


def _rows(run: Run, ids: Sequence[str]) -> Share:
    return share([[run.rows[one]] for one in ids if one in run.rows])


def _told(run: Run, rows: Sequence[Line]) -> Told:
    counted = share([[line] for line in rows])
    bad = [line for line in rows if line.verdict in RAN and line.verdict is not Outcome.PASSED]
    shown = bad[0] if bad else rows[0] if rows else None
    if shown is None:
        return Told(run.title, "not asked", counted, "", (), "", "", None, None, None)
    outcome = of_rows(line.verdict for line in rows)
    return Told(
        title=run.title,
        word=outcome.replace("_", " "),
        share=counted,
        why=_why(shown),
        rows=tuple(line.id.partition("/")[2] for line in bad if "/" in line.id),
        shown=shown.id,
        said=short(shown.message) or "",
        found=short(shown.found),
        expected=short(shown.expected),
        script=None if shown.script is None else printable(cut(shown.script)),
    )


def _why(line: Line) -> str:
    """Say why it does not pass, as far as somebody has looked into it."""
    if line.cause is None:
        return ""
    return printable(f"{line.cause}: {line.reason or ''}".rstrip(": "))


def short(text: str | None) -> str | None:
    """Leave out the end of a long text."""
    if text is None:
        return None
    shown = printable(text)
    return shown if len(shown) <= LONGEST else f"{shown[:LONGEST]} ..."
