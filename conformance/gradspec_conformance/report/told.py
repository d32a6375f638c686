"""`Told`: what a report says of one clause that did not pass, for a person and for a tracker."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from gradspec import edition
from gradspec.program.scripts import as_gradspec
from gradspec.program.storing import from_json
from gradspec_conformance.exceptions import WrongUsage
from gradspec_conformance.execution import register
from gradspec_conformance.execution.effort import Effort
from gradspec_conformance.execution.verdict import Outcome
from gradspec_conformance.hints import did_you_mean
from gradspec_conformance.report.explanation import Explanation, cut, rerun_command
from gradspec_conformance.report.junit import UNPRINTABLE

if TYPE_CHECKING:
    from collections.abc import Iterator


class Engine(msgspec.Struct, frozen=True):
    """Which engine was run."""

    spec: str
    name: str
    version: str
    platform: str


class Selected(msgspec.Struct, frozen=True):
    """How hard laws were tried."""

    examples: int
    seed: int | None


class Line(msgspec.Struct, frozen=True):
    """What a clause without rows, or a row, came to."""

    id: str
    clause: str
    chapter: str
    name: str
    level: str
    nature: str
    verdict: Outcome
    standing: str
    kind: str | None
    lacking: str | None
    message: str | None
    found: str | None
    expected: str | None
    program: dict[str, Any] | None
    script: str | None


class Told(msgspec.Struct, frozen=True):
    """What is read of a report."""

    edition: str
    engine: Engine
    selection: Selected
    verdicts: list[Line]

    def line(self, identifier: str) -> Line:
        """Find a row, or the first row of a clause that did not pass; raises WrongUsage."""
        here = [one for one in self.verdicts if identifier in (one.id, one.clause)]
        if not here:
            known = {name for one in self.verdicts for name in (one.id, one.clause)}
            hint = did_you_mean(identifier, sorted(known))
            raise WrongUsage(f"the report has no clause {identifier!r}{hint}")
        bad = [one for one in here if one.verdict not in (Outcome.PASSED, Outcome.UNSUPPORTED)]
        if not bad:
            what = ", ".join(sorted({str(one.verdict) for one in here}))
            raise WrongUsage(f"there is nothing to explain of {identifier}: {what}")
        return bad[0]

    def explanation(self, line: Line) -> Explanation:
        """Say it as `gradspec run` does."""
        kind = f" ({line.kind})" if line.kind else ""
        said = f": {line.message}" if line.message not in (None, line.kind) else ""
        return Explanation(
            heading=f"{line.id} {line.name} [{line.level}, {line.nature}, {line.chapter}] "
            f"{line.standing}",
            statement=_statement(line),
            finding=f"{line.verdict.replace('_', ' ')}{kind}{said}",
            facts=tuple(_facts(line)),
            program=self._program(line),
            script=line.script,
            command=self._command(line),
        )

    def issue(self, line: Line) -> str:
        """Write what can be filed as an issue of the engine, in Markdown."""
        case = register.case(line.id)
        script = line.script if line.script is not None else self._program(line)
        environment = Environment(  # noqa: S701 - it is no HTML
            loader=FileSystemLoader(Path(__file__).parent),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )
        environment.filters["cell"] = lambda text: text.replace("\n", " ").rstrip(".")
        written = environment.get_template("issue.md.j2").render(
            told=self,
            title=f"{self.engine.name} {self.engine.version}".strip(),
            line=line,
            statement=_statement(line),
            commentary="" if case is None else case.commentary,
            script=None if script is None else cut(script.strip()),
            command=self._command(line),
        )
        return UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", written)

    def _program(self, line: Line) -> str | None:
        if line.program is None:
            return None
        return as_gradspec(from_json(msgspec.json.encode(line.program).decode()), self.engine.spec)

    def _command(self, line: Line) -> str:
        effort = Effort(examples=self.selection.examples, seed=self.selection.seed)
        return rerun_command(line.id, self.engine.spec, effort)


def _statement(line: Line) -> str:
    demand = edition.demand(line.id)
    return line.name if demand is None else demand.statement


def _facts(line: Line) -> Iterator[tuple[str, Any]]:
    for name, text in (("found", line.found), ("expected", line.expected)):
        if text is not None:
            yield name, text
