"""What `gradspec run` prints: a bar while it runs, then chapters, failures and one last line.

Where the output is no terminal there is no bar and no control code.
"""

from __future__ import annotations

import sys
from collections import Counter
from io import TextIOWrapper
from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from gradspec import chapters
from gradspec.rank import Nature
from gradspec_conformance.execution.verdict import Outcome, of_rows
from gradspec_conformance.known.expectations import Standing
from gradspec_conformance.report.whole import advice, complaints, notes, some
from gradspec_conformance.run.phrases import Phrases
from gradspec_conformance.run.result import ExitStatus, Result, by_clause

if TYPE_CHECKING:
    from typing import Self

    from gradspec_conformance.run.judgement import Judged

ALWAYS: Final = (Outcome.PASSED, Outcome.FAILED, Outcome.UNSUPPORTED, Outcome.BLOCKED)
STYLES: Final[dict[str, str]] = {
    Outcome.PASSED: "green",
    Outcome.FAILED: "red",
    Outcome.ERRORED: "red",
    Outcome.CRASHED: "bold red",
    Outcome.TIMED_OUT: "bold red",
    Outcome.UNSUPPORTED: "yellow",
    Outcome.BLOCKED: "yellow",
}
PLAIN_WIDTH: Final = 120
MOST_NAMED: Final = 12
NEVER: Final = ("declared, never exercised", "declared, and no clause is about it")


class Output(Console):
    """A console that leaves it to the command what a closed pipe comes to."""

    def on_broken_pipe(self) -> None:
        """Raise what was caught."""
        raise  # noqa: PLE0704 - Rich calls it where it caught BrokenPipeError


def console(*, widest: int | None = None) -> Console:
    """Give a console for standard output, wide enough where it is a file or a pipe."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    found = Output(highlight=False)
    width = found.width if found.is_terminal else PLAIN_WIDTH
    return Output(highlight=False, width=width if widest is None else min(width, widest))


class RunProgress:
    """A bar that counts clauses; a context manager, and silent where there is no terminal."""

    def __init__(self, where: Console, engine: str) -> None:
        self._red = 0
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[found]}", style="red"),
            console=where,
            transient=True,
            disable=not where.is_terminal,
        )
        self._task = self._progress.add_task(f"loading {escape(engine)}", total=None, found="")

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._progress.stop()

    def begin(self, total: int) -> None:
        """So many clauses and rows are going to run."""
        self._progress.update(self._task, total=total)

    def see(self, judged: Judged) -> None:
        """One more has run."""
        if self._progress.disable:
            return
        self._red += judged.standing.red
        found = f"{self._red} red" if self._red else ""
        title = chapters.find(judged.chapter).title
        self._progress.update(self._task, advance=1, description=title, found=found)


def show(result: Result, where: Console, *, everything: bool = False) -> None:
    """Print the whole result; unless `everything`, the gravest findings alone."""
    engine = result.engine
    said = f"{engine.name} {engine.version} ({engine.platform})".replace("  ", " ")
    where.print(said, markup=False)
    where.print(_table(result))
    _print_not_run(result, where)
    if result.red or result.deviations or result.disturbed:
        from gradspec_conformance.report.findings import print_findings  # noqa: PLC0415 - takes time

        print_findings(result, where, everything=everything)
    _print_whole(result, where)
    _print_phrases(result, where)
    style = "bold green" if result.exit_status is ExitStatus.AS_EXPECTED else "bold red"
    where.print()
    _print_declared(result, where)
    _print_ladder(result, where)
    _say(where, f"{result.score}: {result.outlook}", style)
    if result.rows.ran:
        _say(where, f"passed, of what ran: {_natures(result)}")
    _say(where, tally(result))


def _say(where: Console, line: str, style: str = "") -> None:
    """Print a line whole, for whoever looks for it; a person's is broken between words."""
    where.print(Text(line, style=style), soft_wrap=not where.is_terminal)


def _table(result: Result) -> Table:
    """Count clauses by chapter and verdict."""
    groups = by_clause(result.judged)
    words = {clause: _words(rows) for clause, rows in groups.items()}
    total = Counter(word for group in words.values() for word in group)
    columns: list[str] = [*(o for o in Outcome if o in ALWAYS or total[o])]
    columns += [w for w in (Standing.EXPECTED_FAILURE,) if total[w]]
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("chapter")
    for word in columns:
        style = STYLES.get(word, "cyan")
        table.add_column(word.replace("_", " "), justify="right", style=style)
    for chapter in chapters.CHAPTERS:
        here = [words[c] for c, rows in groups.items() if rows[0].chapter == chapter.name]
        if here:
            counts = Counter(word for group in here for word in group)
            table.add_row(chapter.title, *(str(counts[word] or "-") for word in columns))
    return table


def _words(rows: list[Judged]) -> set[str]:
    """Say what a clause came to, and whether that was expected."""
    outcome = of_rows(judged.verdict.outcome for judged in rows)
    expected = any(judged.standing is Standing.EXPECTED_FAILURE for judged in rows)
    return {str(outcome), *([str(Standing.EXPECTED_FAILURE)] if expected else [])}


def _print_not_run(result: Result, where: Console) -> None:
    """Count in the open what was not run, by what was lacking."""
    for outcome, sentence, cause in (
        (Outcome.UNSUPPORTED, "unsupported, because the engine does not declare", "lacking"),
        (Outcome.BLOCKED, "blocked, because they build on", "foundation"),
    ):
        not_run = [j.verdict for j in result.judged if j.verdict.outcome is outcome]
        lacking = Counter(getattr(verdict, cause) for verdict in not_run)
        if lacking:
            named = [f"{word} ({count})" for word, count in lacking.most_common(MOST_NAMED)]
            more = f" and {len(lacking) - MOST_NAMED} more" if len(lacking) > MOST_NAMED else ""
            where.print(f"\n{lacking.total()} {sentence}: {', '.join(named)}{more}", markup=False)
    ran = {judged.id for judged in result.judged}
    blocking = {j.verdict.foundation for j in result.judged} - ran
    for foundation in sorted(filter(None, blocking)):
        command = f"gradspec run {result.spec} --no-expect -k {foundation}"
        where.print(f"see why it does not hold: {command}", markup=False, soft_wrap=True)


def _print_whole(result: Result, where: Console) -> None:
    """Say what makes the run red beside its verdicts, what is worth knowing, and what to do."""
    for sentence in complaints(result):
        where.print(f"\n{sentence}", style="bold red", markup=False, soft_wrap=True)
    for sentence in (*notes(result), *advice(result)):
        where.print(f"\n{sentence}", markup=False, soft_wrap=True)


def _print_phrases(result: Result, where: Console) -> None:
    """Name the phrases of a book that nobody could rely on yet."""
    found = Phrases.of(result)
    if found.always_raised:
        said = "; ".join(map(str, found.always_raised))
        _say(where, f"\nphrases that raised whenever they were used: {said}")
    if found.never_used:
        said = "; ".join(found.never_used)
        _say(where, f"\nphrases that were never used: {said}")


def _print_declared(result: Result, where: Console) -> None:
    """Say what is declared to no use, and what would be gained by declaring more."""
    if result.selection.is_narrowed:
        return
    from gradspec_conformance.report.declared import (  # noqa: PLC0415 - takes time
        MOST_GAINFUL,
        gains,
        unexercised,
    )

    told = zip(NEVER, unexercised(result), strict=True)
    lines = [f"{title}: {some(words)}" for title, words in told if words]
    gained = ", ".join(map(str, gains(result)[:MOST_GAINFUL]))
    lines += [f"to declare more: {gained}"] if gained else []
    for line in (*lines, *([""] if lines else [])):
        _say(where, line)


def _print_ladder(result: Result, where: Console) -> None:
    from gradspec_conformance.report.ladder import ladder_lines  # noqa: PLC0415 - takes time

    for line in ladder_lines(result, where.width):
        where.print(line, markup=False, soft_wrap=True)


def tally(result: Result) -> str:
    """Count verdicts, then how they stand."""
    counts = [f"{getattr(result.rows, o)} {o.replace('_', ' ')}" for o in Outcome]
    standings = Counter(j.standing for j in result.judged)
    plain = (Standing.AS_DEMANDED, Standing.NOT_RUN)
    named = [f"{n} {_plural(s, n)}" for s, n in standings.items() if s not in plain]
    named += [f"{len(result.stale)} stale"] if result.stale else []
    ran = f"{result.rows.ran} ran, {result.rows.asserted} asserted something"
    return "; ".join(filter(None, [", ".join(counts), ", ".join(named), ran]))


def _natures(result: Result) -> str:
    """Count what passed of each nature, of what ran."""
    counted = {nature: result.of_nature(nature) for nature in Nature}
    return "; ".join(f"{nature} {c.passed} of {c.ran}" for nature, c in counted.items() if c.ran)


def _plural(word: str, count: int) -> str:
    ending = "es" if word.endswith("s") else "s"
    return word if count == 1 or word == Standing.DISTURBED else f"{word}{ending}"
