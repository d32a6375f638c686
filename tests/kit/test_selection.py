"""Profiles and chapters name sets of clauses, and the edition says how many there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gradspec import CLAUSES, edition
from gradspec.edition import Demand, MalformedEditionError
from gradspec.port.abilities import WORDS
from gradspec.writing.clause import Level
from gradspec_conformance.edition.tracing import list_of
from gradspec_conformance.run.selection import EVERY, PROFILES, Profile, UnknownSelection, select

if TYPE_CHECKING:
    from pathlib import Path

    from gradspec_conformance.adapters.reference import ReferenceEngine


def ids(profile: str) -> set[str]:
    """Give the clauses of a profile."""
    return set(select(profile).demanded())


def test_the_list_of_the_edition_is_what_the_chapters_declare(engine: ReferenceEngine) -> None:
    assert edition.MANIFEST.read_text("utf-8") == list_of(engine)


def test_full_is_every_clause() -> None:
    assert ids("full") == CLAUSES.keys()


@pytest.mark.parametrize(
    ("smaller", "larger"),
    [("scalar", "tape"), ("tape", "core"), ("functional", "core"), ("core", "full")],
)
def test_each_rung_holds_the_one_below(smaller: str, larger: str) -> None:
    assert ids(smaller) < ids(larger)


@pytest.mark.parametrize("profile", PROFILES)
def test_no_profile_is_empty(profile: str) -> None:
    assert ids(profile)


@pytest.mark.parametrize("profile", PROFILES.values(), ids=lambda profile: profile.name)
def test_profiles_speak_of_words_that_exist(profile: Profile) -> None:
    assert profile.words is EVERY or profile.words <= WORDS.keys()


def test_only_full_holds_what_is_not_demanded() -> None:
    optional = Demand("xyz-001", "accumulation", Level.SHOULD, frozenset({"tape"}))

    assert [name for name in PROFILES if select(name).holds(optional)] == ["full"]


def test_a_chapter_is_named_by_its_prefix_or_its_name() -> None:
    assert select("full", ["acc"]) == select("full", ["accumulation"])


def test_a_chapter_named_twice_counts_once() -> None:
    assert select("full", ["acc", "accumulation"]).chapters == ("accumulation",)


def test_chapters_narrow_a_profile() -> None:
    narrowed = set(select("tape", ["acc"]).demanded())

    assert narrowed < ids("tape")
    assert all(name.startswith("acc-") for name in narrowed)


@pytest.mark.parametrize(
    ("profile", "chapter", "sentence"),
    [
        ("tap", "acc", "no profile is called 'tap'; did you mean tape?"),
        ("tape", "acumulation", "no chapter is called 'acumulation'; did you mean accumulation?"),
        ("tape", "xyz", "Chapters are tensors_and_leaves"),
    ],
)
def test_what_is_unknown_is_answered_with_what_is_known(
    profile: str, chapter: str, sentence: str
) -> None:
    with pytest.raises(UnknownSelection) as raised:
        select(profile, [chapter])

    assert sentence in str(raised.value)


def test_a_malformed_line_of_the_edition_is_named(tmp_path: Path) -> None:
    manifest = tmp_path / "edition.txt"
    manifest.write_text("# heading\nacc-001 accumulation shall tape\n")

    with pytest.raises(MalformedEditionError, match="line 2"):
        edition.demands(manifest)
