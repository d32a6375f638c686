"""The JUnit report of a run: a test case for each clause, and for each row of one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from junitparser import Failure, JUnitXml, Properties, Property, Skipped, TestCase, TestSuite

from gradspec_conformance.known.expectations import Standing
from gradspec_conformance.report.causes import findings
from gradspec_conformance.report.explanation import explain
from gradspec_conformance.report.whole import faults

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gradspec_conformance.report.whole import Fault
    from gradspec_conformance.run.judgement import Judged
    from gradspec_conformance.run.result import Result

UNPRINTABLE: Final = re.compile("[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f\ufffe\uffff]")
"""What an engine may write and XML cannot hold."""


def junit(result: Result) -> str:
    """Write the report; what closes the gate is a failure, what did not run is skipped."""
    suite = TestSuite("gradspec")
    suite.add_property("engine", f"{result.engine.name} {result.engine.version}".strip())
    suite.add_property("selection", str(result.selection))
    for name, said in _ladder(result):
        suite.add_property(name, said)
    cause = {
        one.id: f.sentence for f in findings(result.judged) for one in (*f.blocked, *f.members)
    }
    for judged in result.judged:
        suite.add_testcase(_case(judged, result, cause.get(judged.id)))
    for fault in faults(result):
        suite.add_testcase(_of_the_whole(fault))
    xml = JUnitXml()
    xml.add_testsuite(suite)
    text: bytes = xml.tostring()  # type: ignore[no-untyped-call]
    return UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", text.decode())


def _ladder(result: Result) -> Iterator[tuple[str, str]]:
    """Say which rungs were reached, which is next, what is left, and whether that is nothing."""
    ladder = result.ladder
    if ladder is not None:
        yield "rungs reached", ", ".join(step.rung.name for step in ladder.reached) or "none"
        yield "next rung", "none" if ladder.next is None else ladder.next.rung.name
        yield "left on the ladder", " ".join(ladder.left) or "nothing"
        yield "correct as far as it goes", "yes" if result.is_correct else "no"


def _case(judged: Judged, result: Result, cause: str | None) -> TestCase:
    verdict = judged.verdict
    case = TestCase(f"{judged.id}[{judged.name}]", judged.chapter, verdict.duration)
    said = f"{verdict.outcome.replace('_', ' ')}: {verdict.message}"
    if judged.gates:
        case.result = [Failure(said, verdict.manner or str(verdict.outcome))]
        case.result[0].text = str(explain(judged, result.spec, result.effort))
    elif judged.standing is not Standing.AS_DEMANDED:
        why = f" ({judged.cause}: {judged.reason})" if judged.cause is not None else ""
        case.result = [Skipped(f"{judged.standing}{why}, {said}")]
    properties = {
        "level": judged.level,
        "nature": judged.nature,
        "verdict": verdict.outcome,
        "standing": judged.standing,
        **dict(verdict.told),
        **({} if cause is None else {"finding": cause}),
    }
    told = Properties()  # type: ignore[no-untyped-call]
    for name, value in properties.items():
        told.add_property(Property(name, str(value)))
    case.append(told)  # type: ignore[no-untyped-call]
    return case


def _of_the_whole(fault: Fault) -> TestCase:
    case = TestCase(fault.name, "gradspec")
    case.result = [Failure(fault.sentence, "incomplete")]
    return case
