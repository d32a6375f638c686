"""What is said of a run as a whole: its faults, what is worth knowing, and what to do about it.

The terminal, pytest, JUnit and `check_engine` say the same, since all of them read it here.
"""

from __future__ import annotations

import shlex
from collections import Counter
from typing import TYPE_CHECKING, Final, NamedTuple

from gradspec import edition
from gradspec_conformance.known.expectations import Expectations, Standing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from gradspec_conformance.execution.verdict import Verdict
    from gradspec_conformance.known.entry import Entry
    from gradspec_conformance.run.judgement import Judged
    from gradspec_conformance.run.result import Result

MOST_NAMED: Final = 12
HAS_VERDICT: Final = "has a verdict"


class Fault(NamedTuple):
    """What makes a run red and is no verdict; reports have a test case of that name."""

    name: str
    sentence: str


def faults(result: Result) -> tuple[Fault, ...]:
    """List everything that makes a run red and is no verdict."""
    return tuple(_faults(result))


def complaints(result: Result) -> tuple[str, ...]:
    """Say the same in sentences; what has no verdict is one of them."""
    said = [f.sentence for f in faults(result) if not f.name.endswith(HAS_VERDICT)]
    if result.missing:
        clauses = "clause has" if len(result.missing) == 1 else "clauses have"
        said.append(f"{len(result.missing)} {clauses} no verdict: {some(result.missing)}")
    return tuple(said)


def _faults(result: Result) -> Iterator[Fault]:
    if result.complaints:
        yield Fault("the run is whole", "\n".join(result.complaints))
    if result.shortfall is not None:
        yield Fault("enough ran", result.shortfall)
    for identifier in result.missing:
        yield Fault(f"{identifier} {HAS_VERDICT}", "it has no verdict")
    for entry in result.stale:
        yield Fault(f"{entry.clause} runs", why_stale(entry, result.judged))
    for entry in result.unexplained if result.strict else ():
        said = f"unexplained entry (line {entry.line}): nobody has said why {entry.clause} fails"
        yield Fault(f"{entry.clause} is explained", said)


def why_stale(entry: Entry, judged: Iterable[Judged]) -> str:
    """Say that an entry speaks of what never ran, and what kept it from running."""
    spoken = (j.verdict for j in judged if entry.speaks_of(j.id))
    kept = dict.fromkeys(_kept(v) for v in spoken if v.lacking or v.foundation)
    said = f"stale entry (line {entry.line}): {entry.clause} was expected to fail; it never ran"
    return f"{said}: {' and '.join(kept)}" if kept else said


def _kept(verdict: Verdict) -> str:
    if verdict.lacking is not None:
        return f"the engine does not declare {verdict.lacking}"
    return f"{verdict.foundation} does not hold"


# what is worth knowing ----------------------------------------------------------------
def notes(result: Result) -> tuple[str, ...]:
    """Say what is no fault: classes, newer clauses, entries that are open or no more needed."""
    return tuple(_notes(result))


def _notes(result: Result) -> Iterator[str]:
    known = result.known
    if result.causes:
        counted = ", ".join(f"{count} {cause}" for cause, count in result.causes.items())
        yield f"expected failures by class: {counted}"
    if result.unexplained and not result.strict:
        named = some([entry.clause for entry in result.unexplained])
        yield f"unexplained, which --strict makes red: {named}"
    if result.newer:
        yield _newer(result)
    for entry in known.gone:
        here = edition.EDITIONS[-1]
        yield f"entry (line {entry.line}): {entry.clause} is not in edition {here}; take it out"
    if known.path is not None and known.made_for is None:
        key = f'edition = "{edition.EDITIONS[-1]}"'
        yield f"{known.path} names no edition, so all clauses gate; begin it with {key}"


def _newer(result: Result) -> str:
    outcomes = Counter(judged.verdict.outcome for judged in result.newer)
    counted = ", ".join(f"{n} {outcome.replace('_', ' ')}" for outcome, n in outcomes.items())
    failed = [judged.id for judged in result.standing(Standing.NEWER)]
    named = f" ({some(failed)})" if failed else ""
    return (
        f"{len(result.newer)} newer than edition {result.known.made_for}, for which the "
        f"expectations were made, and no gate: {counted}{named}; to take them on: "
        f"{_mend(result, '--raise')}"
    )


# what to do about it ------------------------------------------------------------------
def advice(result: Result) -> tuple[str, ...]:
    """Say what to do where a run is not as its expectations file has it."""
    if result.known.path is None:
        return ()
    return tuple(_advice(result))


def _advice(result: Result) -> Iterator[str]:
    worse = [judged.id for judged in result.red if judged.standing is not Standing.UNEXPECTED_PASS]
    better = [judged.id for judged in result.standing(Standing.UNEXPECTED_PASS)]
    if worse:
        words = shlex.quote(" or ".join(worse)) if len(worse) <= MOST_NAMED else "ID"
        look = f"gradspec run {shlex.quote(result.spec)} --no-expect -k {words}"
        yield f"not as before, so look at it first: {look}"
    if better:
        yield f"passes now; to take its entry out: {_mend(result, *_accepting(better))}"
    if worse or result.stale:
        yield f"what is meant to stay so is written down by name: {_mend(result, '--accept ID')}"


def _accepting(identifiers: Sequence[str]) -> list[str]:
    if len(identifiers) > MOST_NAMED:
        return ["--accept ID"]
    return [f"--accept {shlex.quote(identifier)}" for identifier in identifiers]


def _mend(result: Result, *words: str) -> str:
    path = result.known.path
    ships = path is None or path == Expectations.for_engine(result.spec)
    file = "FILE" if ships else shlex.quote(str(path))
    return " ".join(["gradspec expect", shlex.quote(result.spec), "--write", file, *words])


def some(words: Sequence[str]) -> str:
    """Name the first dozen, and say how many more there are."""
    more = len(words) - MOST_NAMED
    return ", ".join(words[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
