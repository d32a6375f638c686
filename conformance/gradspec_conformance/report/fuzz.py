"""What `gradspec fuzz` prints: causes with their smallest programs, coverage, and a last line."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Final

from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

    from gradspec_conformance.fuzz.causes import Cause
    from gradspec_conformance.fuzz.outcome import Outcome

MOST: Final = 10
LONGEST: Final = 30


def show(outcome: Outcome, where: Console, *, everything: bool = False) -> None:
    """Print the causes, the first ten unless all are wanted, and how it went."""
    causes = outcome.causes
    most = len(causes) if everything else MOST
    for number, cause in enumerate(causes[:most], 1):
        heading = f"\n{number}. {cause.nature}: {cause.sentence}"
        where.print(Text(heading, style="bold"), soft_wrap=True)
        for part in _parts(cause, outcome):
            where.print(Text(part), soft_wrap=True)
    if causes[most:]:
        where.print(Text(f"\n{len(causes) - most} more causes not shown: --all shows them"))
    for line in _last(outcome):
        where.print(Text(line), soft_wrap=True)


def _parts(cause: Cause, outcome: Outcome) -> Iterator[str]:
    told = cause.told
    seeds = ", ".join(map(str, cause.seeds))
    yield f"   {_times(cause.count)}; {cause.length} steps; seeds {seeds}"
    yield f"   {outcome.plan.oracle}: {' '.join(told['expected'].split())}"
    yield f"   {outcome.plan.subject}: {' '.join(told['found'].split())}"
    if told["judged"]:
        yield f"   {told['judged']}"
    if told["clause"]:
        yield f"   it breaks {told['clause']}: gradspec show {told['clause']}"
    for name in ("notation", "oracle", "subject"):
        if told[name]:
            yield textwrap.indent(_cut(told[name]), "      ")
    if told["stub"]:
        yield "   no clause that was tried speaks of it; a stub for one:"
        yield textwrap.indent(_cut(told["stub"]), "      ")


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _cut(text: str) -> str:
    lines = text.strip().split("\n")
    more = [f"... {len(lines) - LONGEST} more lines"] if len(lines) > LONGEST else []
    return "\n".join([*lines[:LONGEST], *more])


def _last(outcome: Outcome) -> Iterator[str]:
    done = outcome.coverage
    tried = sum(one for one, _ in done.values())
    refused = tried - sum(one for _, one in done.values())
    rows = len(set(outcome.rows))
    yield ""
    yield (
        f"coverage: {rows - len(outcome.never)} of {rows} acts succeeded; "
        f"{tried} steps, {refused} of them refused by both"
    )
    if outcome.never:
        names = ", ".join(outcome.never[:12])
        yield f"never succeeded: {names}{' ...' if len(outcome.never) > 12 else ''}"  # noqa: PLR2004
    for reason, count in outcome.stated.items():
        yield f"stated: {reason} ({_times(count)})"
    if outcome.crashed:
        yield f"ended a process: seeds {', '.join(map(str, outcome.crashed))}"
    if outcome.is_void:
        yield "VOID: the campaign says nothing of what never succeeded"
    pace = outcome.programs / outcome.seconds if outcome.seconds else 0.0
    count = sum(cause.count for cause in outcome.causes)
    yield (
        f"{outcome.programs} programs, {outcome.plan.subject} against {outcome.plan.oracle}: "
        f"{count} differ, of {len(outcome.causes)} causes ({pace:.0f} programs/s)"
    )
