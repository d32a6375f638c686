"""`ladder_lines(result, width)`: how far up the ladder an engine stands, in lines of text."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Final

from gradspec.port.abilities import WORDS
from gradspec.rank import Nature
from gradspec_conformance.execution.verdict import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from gradspec_conformance.run.ladder import Ladder, Step
    from gradspec_conformance.run.result import Result

MOST_NAMED: Final = 6
COLUMNS: Final = ("passed", "left", "choices", "not asked")


def ladder_lines(result: Result, width: int) -> list[str]:
    """Say what was reached, what is left, what comes next, and whether what ran is correct.

    Nothing where the run was about a part of the specification.
    """
    ladder = result.ladder
    if ladder is None:
        return []
    sentences = [*_sentences(ladder), *_conclusion(result, ladder)]
    wrapper = textwrap.TextWrapper(width, break_on_hyphens=False, break_long_words=False)
    return [*_table(ladder), *(line for said in sentences for line in wrapper.wrap(said))]


def _table(ladder: Ladder) -> Iterator[str]:
    """Count by rungs, from the ground up."""
    yield f"{'the ladder':20}{_columns(COLUMNS)}"
    reached, above = ladder.reached, ladder.next
    for step in ladder.steps:
        state = "reached" if step in reached else "next" if step == above else ""
        counts = (step.passed, len(step.left), len(step.choices), step.not_asked)
        line = f"  {step.rung.name:18}{_columns(str(n or '-') for n in counts)}  {state}"
        yield line.rstrip()


def _columns(texts: Iterable[str]) -> str:
    pairs = zip(texts, COLUMNS, strict=True)
    return "".join(text.rjust(len(name) + 2) for text, name in pairs)


def _sentences(ladder: Ladder) -> Iterator[str]:
    names = [step.rung.name for step in ladder.reached]
    yield f"reached: {', '.join(names)}" if names else "reached: no rung yet"
    if ladder.next is not None:
        yield f"next: {ladder.next.rung.name}. {ladder.next.rung.sentence} {_todo(ladder.next)}"
    if ladder.choices:
        yield (
            f"choices: {named(ladder.choices)}. They are known, refused aloud, and classed as "
            "convention, design or missing: no fault."
        )


def _todo(step: Step) -> str:
    """Say what has to be done for a rung."""
    if step.left:
        return f"Left: {named(step.left)}."
    words = ", ".join(f"{word} ({count})" for word, count in step.lacking[:MOST_NAMED])
    more = len(step.lacking) - MOST_NAMED
    words += f" and {more} more" if more > 0 else ""
    first = next((word for word, _ in step.lacking if word in WORDS), None)
    hint = f": `gradspec words {first}` says how to have it" if first else ""
    return f"None of it was asked, for want of {words}{hint}."


def _conclusion(result: Result, ladder: Ladder) -> Iterator[str]:
    """Say whether the engine is correct, as far as that was seen."""
    if ladder.next is not None and ladder.left != ladder.next.left:
        yield f"left on all rungs: {len(ladder.left)}: {named(ladder.left)}"
    if not result.is_correct:
        return
    name = result.engine.name
    yield (
        f"{name} is correct as far as it goes: all {ladder.passed} clauses and rows about values "
        f"and safety that it was asked passed{_but(ladder)}.{_differences(result)}"
    )


def _but(ladder: Ladder) -> str:
    count = len(ladder.choices)
    return f", but for {count} known {'choice' if count == 1 else 'choices'}" if count else ""


def _differences(result: Result) -> str:
    """Count the conventions in which the engine chose otherwise."""
    unlike = {
        judged.clause
        for judged in result.judged
        if judged.nature is Nature.CONVENTION
        and judged.verdict.ran
        and judged.verdict.outcome is not Outcome.PASSED
    }
    if not unlike:
        return ""
    conventions = "one convention" if len(unlike) == 1 else f"{len(unlike)} conventions"
    return f" It differs from torch in {conventions}, as a sound engine may."


def named(identifiers: Sequence[str]) -> str:
    """Name clauses; of one with rows, the row, or how many there are."""
    by_clause: dict[str, list[str]] = {}
    for identifier in identifiers:
        by_clause.setdefault(identifier.partition("/")[0], []).append(identifier)
    names = [
        rows[0] if len(rows) == 1 else f"{clause} ({len(rows)} rows)"
        for clause, rows in by_clause.items()
    ]
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
