"""The JSON report of a run; its schema is published beside this file, in `report.schema.json`.

Two runs of the same engine differ in durations and in nothing else.  After a change of the
structs, `python -m gradspec_conformance.report.json` writes the schema again.
"""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from gradspec.edition import EDITION
from gradspec.rank import Level, Nature
from gradspec_conformance.execution.verdict import Kind, Outcome
from gradspec_conformance.known.entry import Cause
from gradspec_conformance.known.expectations import Standing
from gradspec_conformance.report.causes import findings
from gradspec_conformance.report.declared import Gain, gains, unexercised
from gradspec_conformance.run.phrases import Phrases
from gradspec_conformance.run.result import Counts

if TYPE_CHECKING:
    from gradspec_conformance.report.causes import Finding
    from gradspec_conformance.run.judgement import Judged
    from gradspec_conformance.run.result import Result

SCHEMA: Final = "gradspec-report/5"
DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"
SCHEMA_FILE: Final = Path(__file__).with_name("report.schema.json")


Program = Annotated[
    msgspec.Raw,
    Meta(
        description="The steps that show it, as `gradspec.program.steps` stores them.",
        extra_json_schema={"type": "object", "required": ["format", "steps"]},
    ),
]


class Kit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What held the engine to the specification."""

    name: str
    version: str


class HeldEngine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was held to it."""

    spec: str
    name: str
    version: str
    platform: str
    abilities: list[str]


class Selected(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which clauses were asked for, and how hard laws were tried."""

    chapters: list[str]
    keyword: str | None
    examples: int
    seed: int | None


class Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One clause, or one row of one; what does not apply is null."""

    id: str
    clause: str
    chapter: str
    name: str
    level: Level
    nature: Nature
    verdict: Outcome
    standing: Standing
    kind: Annotated[Kind | None, Meta(description="In which way it did not pass.")]
    error_kind: Annotated[str | None, Meta(description="What the engine's error was taken for.")]
    exception: Annotated[str | None, Meta(description="The class in Python of any other error.")]
    signal: Annotated[str | None, Meta(description="What ended the engine's process.")]
    lacking: Annotated[str | None, Meta(description="The ability that it needs.")]
    foundation: Annotated[str | None, Meta(description="The clause whose failure blocks it.")]
    cause: Annotated[Cause | None, Meta(description="The class of its expected failure.")]
    reason: Annotated[str | None, Meta(description="The reason of its expected failure.")]
    disturbed_by: Annotated[
        list[str], Meta(description="The clauses after which it failed, though it passes alone.")
    ]
    place: Annotated[str | None, Meta(description="The line of the engine's that raised.")]
    habit: Annotated[str | None, Meta(description="How a result is wrong, in general words.")]
    message: str | None
    found: str | None
    expected: str | None
    program: Program | None
    script: Annotated[str | None, Meta(description="The same in the engine's own words.")]
    assertions: Annotated[int, Meta(ge=0)]
    duration: Annotated[float, Meta(ge=0, description="Seconds.")]

    @classmethod
    def of(cls, judged: Judged) -> Line:
        """Take from a judgement what the report says."""
        verdict = judged.verdict
        return cls(
            id=judged.id,
            clause=judged.clause,
            chapter=judged.chapter,
            name=judged.name,
            level=judged.level,
            nature=judged.nature,
            verdict=verdict.outcome,
            standing=judged.standing,
            kind=verdict.kind,
            error_kind=verdict.error_kind,
            exception=verdict.exception,
            signal=verdict.signal,
            lacking=verdict.lacking,
            foundation=verdict.foundation,
            cause=judged.cause,
            reason=judged.reason,
            disturbed_by=list(verdict.disturbed_by),
            place=verdict.place,
            habit=verdict.habit,
            message=verdict.message,
            found=verdict.found,
            expected=verdict.expected,
            script=verdict.script,
            program=None if verdict.program is None else msgspec.Raw(verdict.program.encode()),
            assertions=verdict.assertions,
            duration=round(verdict.duration, 6),
        )


class RungLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A rung of the ladder, and what became of the clauses and rows on it."""

    name: str
    sentence: str
    passed: Annotated[int, Meta(ge=0)]
    left: Annotated[list[str], Meta(description="What failed, or builds on what did.")]
    choices: Annotated[list[str], Meta(description="Known failures that are no fault.")]
    not_asked: Annotated[int, Meta(ge=0)]
    lacking: Annotated[dict[str, int], Meta(description="For want of what, and how many.")]


class Climb(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How far up the ladder of values and safety the engine stands."""

    reached: Annotated[list[str], Meta(description="Rungs from the ground up.")]
    next: Annotated[str | None, Meta(description="The rung above them.")]
    correct: Annotated[bool, Meta(description="Whether nothing that was asked is left.")]
    rungs: list[RungLine]

    @classmethod
    def of(cls, result: Result) -> Climb | None:
        """Report the ladder; of a part of the specification there is none."""
        ladder = result.ladder
        if ladder is None:
            return None
        return cls(
            reached=[step.rung.name for step in ladder.reached],
            next=None if ladder.next is None else ladder.next.rung.name,
            correct=result.is_correct,
            rungs=[
                RungLine(
                    name=step.rung.name,
                    sentence=step.rung.sentence,
                    passed=step.passed,
                    left=list(step.left),
                    choices=list(step.choices),
                    not_asked=step.not_asked,
                    lacking=dict(step.lacking),
                )
                for step in ladder.steps
            ],
        )


class Told(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Failures that have one cause; the gravest finding stands first."""

    gravity: Annotated[str, Meta(description="Such as `wrong value`, `crash` or `convention`.")]
    sentence: str
    example: Annotated[str, Meta(description="Where the shortest program shows it.")]
    ids: Annotated[list[str], Meta(description="What fails by it.")]
    blocks: Annotated[list[str], Meta(description="What builds on that, and so did not run.")]

    @classmethod
    def of(cls, finding: Finding) -> Told:
        """Take from a finding what the report says."""
        return cls(
            gravity=finding.gravity.words,
            sentence=finding.sentence,
            example=finding.example.id,
            ids=[one.id for one in finding.members],
            blocks=[one.id for one in finding.blocked],
        )


class Declared(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the engine declares beside what it was asked."""

    never_exercised: Annotated[
        list[str], Meta(description="Clauses need it, and none of them ran.")
    ]
    needed_by_none: Annotated[list[str], Meta(description="No clause is about it.")]
    gains: Annotated[list[Gain], Meta(description="What each word more would let run.")]

    @classmethod
    def of(cls, result: Result) -> Declared:
        """Look at a result."""
        return cls(*unexercised(result), gains(result))


class Report(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A whole run."""

    schema: Literal["gradspec-report/5"]
    edition: str
    kit: Kit
    engine: HeldEngine
    profile: str
    selection: Selected
    counts: Annotated[Counts, Meta(description="Clauses; one with rows counts once.")]
    rows: Annotated[Counts, Meta(description="Rows, and clauses without rows.")]
    ladder: Annotated[Climb | None, Meta(description="Null if only a part was asked for.")]
    natures: Annotated[dict[Nature, Counts], Meta(description="Clauses, by nature.")]
    findings: Annotated[list[Told], Meta(description="What fails and was not expected to.")]
    declared: Declared
    verdicts: list[Line]
    missing: list[str]
    complaints: list[str]
    shortfall: Annotated[str | None, Meta(description="Why fewer ran than before.")]
    stale: list[str]
    unexplained: Annotated[list[str], Meta(description="Entries without a true reason.")]
    newer: Annotated[list[str], Meta(description="What came after the expectations' edition.")]
    phrases: Annotated[Phrases, Meta(description="Of the engine's book, if it has one.")]
    exit_status: Annotated[int, Meta(ge=0, le=130)]

    @classmethod
    def of(cls, result: Result) -> Report:
        """Report a result."""
        engine = result.engine
        abilities = sorted(engine.abilities)
        keyword = result.selection.keyword
        return cls(
            schema=SCHEMA,
            edition=EDITION,
            kit=Kit("gradspec", kit_version()),
            engine=HeldEngine(result.spec, engine.name, engine.version, engine.platform, abilities),
            profile=result.selection.profile.name,
            selection=Selected(
                chapters=list(result.selection.chapters),
                keyword=keyword.text if keyword is not None else None,
                examples=result.effort.examples,
                seed=result.effort.seed,
            ),
            counts=result.counts,
            rows=result.rows,
            ladder=Climb.of(result),
            natures={nature: result.of_nature(nature) for nature in Nature},
            findings=[Told.of(finding) for finding in findings(result.judged)],
            declared=Declared.of(result),
            verdicts=[Line.of(judged) for judged in result.judged],
            missing=list(result.missing),
            complaints=list(result.complaints),
            shortfall=result.shortfall,
            stale=[entry.clause for entry in result.stale],
            unexplained=[entry.clause for entry in result.unexplained],
            newer=[judged.id for judged in result.newer],
            phrases=Phrases.of(result),
            exit_status=int(result.exit_status),
        )

    def to_json(self) -> str:
        """Write the report, indented; each verdict on a line of its own."""
        encoded = msgspec.json.encode(msgspec.structs.replace(self, verdicts=[]))
        whole = msgspec.json.format(encoded, indent=2).decode()
        lines = ",".join(f"\n    {msgspec.json.encode(line).decode()}" for line in self.verdicts)
        return whole.replace('\n  "verdicts": []', f'\n  "verdicts": [{lines}\n  ]', 1) + "\n"


def kit_version() -> str:
    """Give the version of this kit; a checkout that is not installed has none."""
    try:
        return version("gradspec")
    except PackageNotFoundError:
        return "unknown"


def schema() -> dict[str, Any]:
    """Derive the JSON Schema from the structs above; the published file is a copy of it."""
    return {"$schema": DRAFT, "title": SCHEMA} | msgspec.json.schema(Report)


if __name__ == "__main__":
    text = msgspec.json.format(msgspec.json.encode(schema()), indent=2)
    SCHEMA_FILE.write_bytes(text + b"\n")
