"""What a person is told of a clause that did not pass, in plain text.

The parts are always the same, in the same order: clause, sentence, kind, found and expected, the
program that shows it, the command that repeats it.
"""

from __future__ import annotations

import shlex
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gradspec.program.scripts import as_gradspec
from gradspec.program.storing import from_json
from gradspec.writing.source import program_text
from gradspec_conformance.execution import register
from gradspec_conformance.execution.effort import DEFAULT_EXAMPLES, Effort

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gradspec_conformance.execution.verdict import Verdict
    from gradspec_conformance.run.judgement import Judged

WIDTH = 92
FIRST_LINES = 24
LAST_LINES = 12


@dataclass(frozen=True, slots=True)
class Explanation:
    """One finding, in parts that a display may set as it likes."""

    heading: str
    statement: str
    finding: str
    facts: tuple[tuple[str, str], ...]
    program: str | None
    script: str | None
    command: str

    def __str__(self) -> str:
        parts = [self.heading, paragraph(self.statement), "", paragraph(self.finding)]
        parts += [textwrap.indent(f"{name:9}{value}", "    ") for name, value in self.facts]
        if self.program is not None:
            parts += ["", textwrap.indent(cut(self.program), "    ")]
        if self.script is not None:
            parts += ["", "  the same in the engine's own words:", ""]
            parts += [textwrap.indent(cut(self.script), "    ")]
        return "\n".join([*parts, "", f"  repeat it: {self.command}"])


def explain(judged: Judged, engine: str, effort: Effort) -> Explanation:
    """Say what was found, and how to see it again."""
    verdict = judged.verdict
    facts = [("found", verdict.found), ("expected", verdict.expected)]
    manner = verdict.manner or verdict.lacking or verdict.foundation
    kind = f" ({manner})" if manner else ""
    said = f": {verdict.message}" if verdict.message not in (None, manner) else ""
    rank = f"[{judged.level}, {judged.nature}, {judged.chapter}]"
    return Explanation(
        heading=f"{judged.id} {judged.name} {rank} {judged.standing}",
        statement=judged.statement,
        finding=f"{verdict.outcome.replace('_', ' ')}{kind}{said}",
        facts=tuple((name, text) for name, text in facts if text is not None),
        program=_program(judged, engine),
        script=None if _is_plain_pass(verdict) else verdict.script,
        command=rerun_command(judged.id, engine, effort, verdict.disturbed_by),
    )


def rerun_command(clause_id: str, engine: str, effort: Effort, after: Sequence[str] = ()) -> str:
    """Give the command that runs one clause again, as hard as it was run, and shows it in full."""
    words = ["gradspec run", shlex.quote(engine), "--no-expect", "-k", clause_id]
    words += [f"--after {before}" for before in after]
    if effort.seed is not None:
        words += ["--seed", str(effort.seed)]
    if effort.examples != DEFAULT_EXAMPLES:
        words += ["--examples", str(effort.examples)]
    return " ".join(words)


def _program(judged: Judged, engine: str) -> str | None:
    """Print the program as a script; where none came back, the clause's own text."""
    if _is_plain_pass(judged.verdict):
        return None
    if judged.verdict.program is None:
        case = register.case(judged.id)
        return None if case is None else program_text(case)
    return as_gradspec(from_json(judged.verdict.program), engine)


def _is_plain_pass(verdict: Verdict) -> bool:
    """Whether there is nothing to show: it passed, and not by itself alone."""
    return verdict.outcome == "passed" and verdict.kind is None


def cut(program: str) -> str:
    """Leave out the middle of a long program."""
    lines = program.rstrip().splitlines()
    hidden = len(lines) - FIRST_LINES - LAST_LINES
    if hidden > 1:
        said = f"# ... {hidden} more lines, shown by gradspec run --all ..."
        lines = [*lines[:FIRST_LINES], said, *lines[-LAST_LINES:]]
    return "\n".join(lines)


def paragraph(text: str, width: int = WIDTH, indent: str = "  ", below: str | None = None) -> str:
    """Set a paragraph; lines that stand below it were somebody else's, and stay as they are.

    `below` is the indent of its second line and of those that follow, if that is another.
    """
    first, _, rest = text.partition("\n")
    following = indent if below is None else below
    wrapped = textwrap.fill(
        first, width, initial_indent=indent, subsequent_indent=following, break_on_hyphens=False
    )
    return f"{wrapped}\n{textwrap.indent(rest, f'{following}  ')}" if rest else wrapped
