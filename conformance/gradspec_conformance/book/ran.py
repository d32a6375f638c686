"""What engines made of a clause, or of some of its rows, in the runs that a book is given."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gradspec_conformance.execution.verdict import RAN, Outcome
from gradspec_conformance.report.matrix.runs import share

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from gradspec_conformance.report.matrix.runs import Line, Run

MOST_TOLD: Final = 3


@dataclass(frozen=True, slots=True)
class CameTo:
    """What a run came to: in a word for the colour of a cell, and in words to read."""

    mark: str
    words: str


def came_to(
    runs: Sequence[Run], clause: str, rows: Collection[str] | None = None
) -> Iterator[tuple[str, CameTo]]:
    """Give for each run its title, and what came of a clause, or of these rows of it alone."""
    for run in runs:
        lines = run.clauses.get(clause, ())
        asked = [line for line in lines if rows is None or line.id in rows]
        yield run.title, _told(asked)


def _told(lines: Sequence[Line]) -> CameTo:
    counted = Counter(line.verdict for line in lines)
    ran = sum(counted[outcome] for outcome in RAN)
    if not ran:
        return CameTo("unsupported", "blocked" if counted[Outcome.BLOCKED] else "not asked")
    mark = share([lines]).mark if counted[Outcome.PASSED] in (0, ran) else "partly"
    if counted[Outcome.PASSED] == ran:
        return CameTo(mark, "passes" if ran == 1 else f"passes {ran} rows")
    wrong = [line for line in lines if line.verdict in RAN and line.verdict is not Outcome.PASSED]
    classes = sorted({line.cause for line in wrong if line.cause is not None})
    named = ", ".join(line.id for line in wrong[:MOST_TOLD])
    more = f" and {len(wrong) - MOST_TOLD} more" if len(wrong) > MOST_TOLD else ""
    why = f" ({', '.join(classes)})" if classes else ""
    return CameTo(mark, f"fails {len(wrong)} of {ran}{why}: {named}{more}")
