"""`renewed(old, verdicts, clauses)`: the entries that say what is true of an engine now.

Entries that still hold are kept with their reasons; those that do not are left out; failures
that had none get an entry that asks for a reason.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from gradspec_conformance.execution.verdict import INEXCUSABLE
from gradspec_conformance.known.entry import EXPECTABLE, Cause, Entry

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gradspec.writing.clause import Clause
    from gradspec_conformance.execution.verdict import Verdict
    from gradspec_conformance.known.expectations import Expectations

UNEXPLAINED: Final = "unexplained: say why"


def renewed(
    old: Expectations, verdicts: Iterable[Verdict], clauses: Mapping[str, Clause]
) -> list[Entry]:
    """Give the entries in the order of the verdicts; a pattern stands where it is first needed."""
    seen = list(verdicts)
    broken = {id(old.entry(v.id)) for v in seen if v.ran and not _holds(old.entry(v.id), v)}
    entries: dict[str, Entry] = {}
    for verdict in seen:
        if verdict.outcome not in EXPECTABLE or verdict.kind in INEXCUSABLE:
            continue
        entry = old.entry(verdict.id)
        if entry is None or not entry.foresees(verdict):
            entry = _new(verdict)
        elif entry.is_pattern and id(entry) in broken:
            entry = replace(entry, clause=verdict.id)  # it does not hold of all that it matches
        if clauses[verdict.id].is_law and not entry.is_pattern:
            entry = replace(entry, program=entry.program or verdict.program)
        entries[entry.clause] = entry
    return list(entries.values())


def _holds(entry: Entry | None, verdict: Verdict) -> bool:
    return entry is not None and entry.foresees(verdict)


def _new(verdict: Verdict) -> Entry:
    return Entry(
        clause=verdict.id,
        kind=verdict.kind,
        particular=verdict.particular,
        reason=UNEXPLAINED,
        cause=Cause.UNKNOWN,
        verdict=verdict.outcome,
    )
