"""`renewed(old, verdicts, clauses, accept)`: entries brought up to date where somebody said so.

What nobody accepted stays as it is, so that the file goes on saying that it is wrong: an entry of
what passes now, fails otherwise or never ran, and the lack of one for what fails anew.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from gradspec_conformance.execution.verdict import INEXCUSABLE, Outcome
from gradspec_conformance.known.entry import EXPECTABLE, Cause, Entry
from gradspec_conformance.known.entry import UNEXPLAINED as OPEN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from gradspec.edition import Demand
    from gradspec.writing.clause import Clause
    from gradspec_conformance.execution.verdict import Verdict
    from gradspec_conformance.known.expectations import Expectations

    Accept = Callable[[str], bool]

UNEXPLAINED: Final = f"{OPEN}: say why"


def everything(_: str) -> bool:
    """Accept whatever there is, as a first list does."""
    return True


def renewed(
    old: Expectations,
    verdicts: Iterable[Verdict],
    clauses: Mapping[str, Clause | Demand],
    accept: Accept = everything,
) -> list[Entry]:
    """Give the entries in the file's order; a new one stands where its clause is in reading order.

    `accept` tells of an id, or of what an entry is called, whether it is to be as it is now.
    """
    seen = list(verdicts)
    place = {verdict.id: number for number, verdict in enumerate(seen)}
    governed: dict[int, list[Verdict]] = {id(entry): [] for entry in old.entries}
    placed: list[tuple[int, Entry]] = []
    for verdict in seen:
        entry = old.entry(verdict.id)
        if entry is not None:
            governed[id(entry)].append(verdict)
    reached = -1
    for entry in old.entries:
        spoken = governed[id(entry)]
        reached = max(reached, min((place[verdict.id] for verdict in spoken), default=reached))
        placed += [(reached, kept) for kept in _kept(entry, spoken, accept)]
    for verdict in seen:
        new = _new(verdict, old.entry(verdict.id), accept)
        placed += [] if new is None else [(place[verdict.id], new)]
    placed.sort(key=lambda pair: pair[0])
    laws = {v.id: v for v in seen if v.program is not None and clauses[v.id].is_law}
    return [_with_program(entry, laws.get(entry.clause)) for _, entry in placed]


def _kept(entry: Entry, governed: Sequence[Verdict], accept: Accept) -> list[Entry]:
    """Give what is left of an entry: all of it, nothing, or parts of a pattern."""
    ran = [verdict for verdict in governed if verdict.ran]
    if not ran:
        dropped = accept(entry.clause) or any(accept(verdict.id) for verdict in governed)
        return [] if dropped else [entry]
    mended = [v for v in ran if not entry.foresees(v) and accept(v.id) and _may_be(v)]
    left = [verdict for verdict in ran if verdict not in mended]
    if not mended or (entry.is_pattern and left and not any(_passed(v) for v in mended)):
        return [entry]  # an entry of its own goes before a pattern
    return [replace(entry, clause=verdict.id, text=None) for verdict in left]


def _new(verdict: Verdict, entry: Entry | None, accept: Accept) -> Entry | None:
    """Write down a failure that somebody accepts and no entry foresees."""
    known = entry is not None and entry.foresees(verdict)
    if known or _passed(verdict) or verdict.outcome not in EXPECTABLE or not _may_be(verdict):
        return None
    if not accept(verdict.id):
        return None
    single = entry is not None and not entry.is_pattern
    before = f" (it was said before: {entry.reason})" if entry is not None else ""
    return Entry(
        clause=verdict.id,
        kind=verdict.kind,
        particular=verdict.particular,
        reason=UNEXPLAINED + before,
        cause=Cause.UNKNOWN,
        verdict=verdict.outcome,
        above=entry.above if entry is not None and single else "",
    )


def _with_program(entry: Entry, law: Verdict | None) -> Entry:
    """Store the smallest example of a law's failure with an entry of its own."""
    if law is None or entry.program is not None or not entry.foresees(law):
        return entry
    return replace(entry, program=law.program, text=None)


def _passed(verdict: Verdict) -> bool:
    return verdict.outcome is Outcome.PASSED


def _may_be(verdict: Verdict) -> bool:
    return verdict.kind not in INEXCUSABLE
