"""The JUnit report has a case for each clause, and for whatever kept the run from being whole."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from made_up import judged, result

from gradspec import SHOULD
from gradspec_conformance.execution.verdict import Kind, Outcome
from gradspec_conformance.known.entry import Cause, Entry
from gradspec_conformance.known.expectations import Standing
from gradspec_conformance.report.junit import junit

if TYPE_CHECKING:
    from gradspec_conformance.run.judgement import Judged


def suite(*found: Judged, **parts: Any) -> ET.Element:
    """Report a result."""
    (one,) = ET.fromstring(junit(result(*found, **parts)))  # noqa: S314 - our own text
    return one


def case(found: Judged) -> ET.Element:
    """Report a judgement, and another for which something ran."""
    one, _ = suite(found, judged("acc-099")).findall("testcase")
    return one


def test_a_report_says_of_which_engine_and_which_claim_it_is() -> None:
    told = {p.attrib["name"]: p.attrib["value"] for p in suite().findall("properties/property")}

    assert suite().attrib["name"] == "gradspec"
    assert told == {"engine": "toy 1", "selection": "profile full"}


def test_a_case_says_what_came_of_a_clause() -> None:
    found = judged(outcome=Outcome.FAILED, kind="value", level=SHOULD, duration=0.25)
    one = case(found)
    told = {p.attrib["name"]: p.attrib["value"] for p in one.findall("properties/property")}

    assert (one.attrib["name"], one.attrib["classname"]) == ("acc-001[it_adds]", "accumulation")
    assert float(one.attrib["time"]) == 0.25
    assert told == {
        "level": "should",
        "nature": "value",
        "verdict": "failed",
        "standing": "deviation",
        "kind": "value",
        "finding": "not so: A backward pass adds.",
    }


def test_what_others_disturb_is_no_failure_and_says_so() -> None:
    one = case(judged(kind=Kind.STATE, message="alone it passes", disturbed_by=("acc-002",)))
    told = {p.attrib["name"]: p.attrib["value"] for p in one.findall("properties/property")}
    skipped = one.find("skipped")

    assert told["kind"] == "depends on what ran before"
    assert skipped is not None
    assert skipped.attrib["message"] == "disturbed, passed: alone it passes"
    assert one.find("failure") is None


def test_what_does_not_apply_is_left_out() -> None:
    names = {p.attrib["name"] for p in case(judged()).findall("properties/property")}

    assert "kind" not in names


def test_what_is_as_demanded_is_neither_failed_nor_skipped() -> None:
    one = case(judged())

    assert one.find("failure") is one.find("skipped") is None


@pytest.mark.parametrize(
    "found",
    [
        judged(outcome=Outcome.TIMED_OUT, kind="timeout", message="too late"),
        judged(outcome=Outcome.BLOCKED, message="too late", gates=True),
        judged(standing=Standing.UNEXPECTED_PASS, message="too late"),
    ],
    ids=["failed", "cut off", "unexpected"],
)
def test_what_closes_the_gate_is_a_failure_and_explained(found: Judged) -> None:
    failure = case(found).find("failure")
    said = f"{found.verdict.outcome.replace('_', ' ')}: too late"

    assert failure is not None
    assert failure.attrib["message"] == said
    assert failure.attrib["type"] == (found.verdict.kind or found.verdict.outcome)
    assert "repeat it: gradspec run mine:Engine" in (failure.text or "")


@pytest.mark.parametrize(
    "found",
    [
        judged(outcome=Outcome.UNSUPPORTED, message="no tape"),
        judged(outcome=Outcome.BLOCKED, message="no tape"),
        judged(outcome=Outcome.FAILED, message="no tape", level=SHOULD),
        judged(outcome=Outcome.FAILED, standing=Standing.EXPECTED_FAILURE, message="no tape"),
    ],
    ids=["unsupported", "blocked", "deviation", "expected"],
)
def test_what_does_not_close_it_is_skipped_with_the_reason(found: Judged) -> None:
    skipped = case(found).find("skipped")

    assert skipped is not None
    assert skipped.attrib["message"] == f"{found.standing}, {found.verdict.outcome}: no tape"


def test_an_expected_failure_is_skipped_with_its_class_and_reason() -> None:
    known = judged(
        outcome=Outcome.FAILED, standing=Standing.EXPECTED_FAILURE, message="other", kind="value"
    )
    skipped = case(msgspec.structs.replace(known, cause=Cause.BUG, reason="It is.")).find("skipped")

    assert skipped is not None
    assert skipped.attrib["message"] == "expected failure (bug: It is.), failed: other"


def test_whatever_kept_the_run_from_being_whole_is_a_failure() -> None:
    stale = Entry("acc-009", "value", "known", Cause.BUG)
    found = suite(
        judged(),
        complaints=("it broke",),
        missing=("acc-007",),
        stale=(stale,),
        least=2,
    )
    told = [
        (one.attrib["name"], failure.attrib["message"], failure.attrib["type"])
        for one in found.findall("testcase")
        for failure in one.findall("failure")
    ]

    assert told == [
        ("the run is whole", "it broke", "incomplete"),
        ("enough ran", result(judged(), missing=("acc-007",), least=2).shortfall, "incomplete"),
        ("acc-007 has a verdict", "it has no verdict", "incomplete"),
        (
            "acc-009 runs",
            "stale entry (line 0): acc-009 was expected to fail; it never ran",
            "incomplete",
        ),
    ]


def test_a_whole_run_has_a_case_for_each_clause_and_no_other() -> None:
    assert len(suite(judged(), judged("acc-002")).findall("testcase")) == 2


def test_what_xml_cannot_hold_is_replaced() -> None:
    found = judged(outcome=Outcome.FAILED, message="a bell \a rings")

    assert "a bell \N{REPLACEMENT CHARACTER} rings" in junit(result(found))


def test_a_report_says_which_rungs_were_reached_and_what_is_left() -> None:
    one = suite(judged("bwd-001"), judged("rec-013", Outcome.FAILED, kind="value"))
    told = {p.attrib["name"]: p.attrib["value"] for p in one.findall("properties/property")}

    assert told["rungs reached"] == "scalars"
    assert told["next rung"] == "paths that meet"
    assert told["left on the ladder"] == "rec-013"
    assert told["correct as far as it goes"] == "no"


def test_a_report_says_that_an_engine_is_correct() -> None:
    told = {p.attrib["name"]: p.attrib["value"] for p in suite(judged("bwd-001")).iter("property")}

    assert told["correct as far as it goes"] == "yes"
