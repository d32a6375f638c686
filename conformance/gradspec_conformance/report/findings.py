"""`print_findings(result, where)`: what is wrong, a finding for each cause, the gravest first.

Each is headed by a sentence that can stand alone.  Then comes the shortest program that shows it,
in the engine's own words where its adapter knows them, and what else fails by the same cause.
"""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Final

from rich.text import Text

from gradspec_conformance.report.causes import MOST, findings
from gradspec_conformance.report.explanation import WIDTH, cut, explain, paragraph
from gradspec_conformance.run.result import by_clause

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import Console

    from gradspec_conformance.report.causes import Finding
    from gradspec_conformance.report.explanation import Explanation
    from gradspec_conformance.run.judgement import Judged
    from gradspec_conformance.run.result import Result

MOST_NAMED: Final = 8
SEVERAL: Final = 3
INDENT: Final = "   "


def print_findings(result: Result, where: Console, *, everything: bool = False) -> None:
    """Print the findings; unless `everything`, the first, and how many there are beside them."""
    found = findings(result.judged)
    most = len(found) if everything else MOST
    width = min(where.width, WIDTH)
    for number, finding in enumerate(found[:most], 1):
        heading, *parts = set_out(number, finding, result, width, everything=everything)
        where.print(Text(f"\n{heading}", style="bold"), soft_wrap=True)
        for part in parts:
            where.print(Text(part), soft_wrap=True)
    if found[most:]:
        said = f"\n{counted(found[most:])} not shown: --all shows them"
        where.print(Text(said, style="bold"), soft_wrap=True)


def set_out(
    number: int, finding: Finding, result: Result, width: int = WIDTH, *, everything: bool = False
) -> Iterator[str]:
    """Give the heading of a finding and what stands below it."""
    heading = f"{number}. {finding.gravity.words}: {finding.sentence}"
    yield paragraph(heading, width, "", INDENT)
    yield from _parts(finding, result, width, everything=everything)


def counted(found: Sequence[Finding]) -> str:
    """Count the findings that are left, and their failures."""
    rows = sum(len(finding.members) for finding in found)
    return f"{_plural(len(found), 'more finding')} ({_plural(rows, 'failure')})"


def _parts(finding: Finding, result: Result, width: int, *, everything: bool) -> Iterator[str]:
    """Give what stands below the heading."""
    one = finding.example
    told = explain(one, result.spec, result.effort)
    yield f"{INDENT}{one.id} [{one.level}, {one.nature}, {one.chapter}] {one.standing}"
    if told.statement not in finding.sentence:
        yield paragraph(told.statement, width, INDENT)
    if not finding.says(one.verdict.message):
        yield f"\n{paragraph(told.finding, width, INDENT)}"
    for name, value in told.facts:
        yield f"{INDENT}  {name:9}{value}"
    program = _program(told)
    if program:
        shown = program.rstrip() if everything else cut(program)
        yield f"\n{textwrap.indent(shown, f'{INDENT}  ')}"
    yield ""
    most = None if everything else MOST_NAMED
    others = [other for other in finding.members if other is not one]
    for title, group in (("also", others), ("blocks", finding.blocked)):
        if group:
            yield paragraph(f"{title} {len(group)}: {_named(group, most)}", width, INDENT)
    yield f"{INDENT}repeat it: {told.command}"


def _program(told: Explanation) -> str | None:
    """Choose the engine's own words, unless there are none but an excuse."""
    if told.script is None or told.script.startswith("# script() "):
        return "\n".join(filter(None, (told.script, told.program))) or None
    return told.script


def _named(group: Sequence[Judged], most: int | None) -> str:
    """Name clauses and rows; where not all are asked for, a table with several rows once."""
    if most is None:
        return ", ".join(one.id for one in group)
    names: list[tuple[str, int]] = []
    for clause, rows in by_clause(group).items():
        several = [(f"{clause} ({len(rows)} rows)", len(rows))]
        names += several if len(rows) >= SEVERAL else [(one.id, 1) for one in rows]
    named = ", ".join(name for name, _ in names[:most])
    more = sum(count for _, count in names[most:])
    return f"{named} and {more} more" if more else named


def _plural(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'}"
