"""The closed sets of words that reports, files and exit statuses are made of."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pytest

from gradspec.exceptions import FailureKind
from gradspec.rank import Level, Nature
from gradspec_conformance.execution.verdict import PARTICULAR, Kind, Outcome, Verdict
from gradspec_conformance.known.entry import Cause
from gradspec_conformance.known.expectations import Standing
from gradspec_conformance.run.selection import PROFILES

if TYPE_CHECKING:
    from enum import StrEnum

ENDS = (
    "refused raised broken_port void unreadable consulted_the_oracle changed_the_kit "
    "depends_on_what_ran_before signal exit restart timeout"
)
FAILURES = """value shape dtype missing_gradient unexpected_gradient wrong_error refused,_unmapped
no_error flag order aliasing warning structure text lifetime"""
STANDINGS = """as_demanded expected_failure unexpected_pass changed_failure unexpected_failure
deviation disturbed newer_than_the_expectations not_run"""


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (Level, "must should may"),
        (Nature, "value safety convention"),
        (Cause, "bug choice missing unknown"),
        (Outcome, "passed failed errored unsupported blocked crashed timed_out"),
        (FailureKind, FAILURES),
        (Kind, f"{FAILURES} {ENDS}"),
        (Standing, STANDINGS),
    ],
)
def test_a_set_of_words_is_closed(words: type[StrEnum], expected: str) -> None:
    assert [str(word).replace(" ", "_") for word in words] == expected.split()


def test_what_a_demand_finds_is_a_kind_of_verdict_under_the_same_name() -> None:
    assert {kind.name: str(kind) for kind in FailureKind}.items() <= {
        kind.name: str(kind) for kind in Kind
    }.items()


def test_what_is_more_particular_than_a_kind_is_a_field_of_a_verdict() -> None:
    fields = {field.name: field.default for field in dataclasses.fields(Verdict)}

    assert [fields[name] for name in PARTICULAR.values()] == [None, None, None]


@pytest.mark.parametrize("name", PROFILES)
def test_a_profile_says_in_a_sentence_what_it_is(name: str) -> None:
    assert PROFILES[name].name == name
    assert PROFILES[name].sentence.endswith(".")
