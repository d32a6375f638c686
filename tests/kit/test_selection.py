"""Profiles and chapters name sets of clauses, and the edition says how many there are."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from chosen_cases import SOME

from gradspec import CASES, CLAUSES, edition
from gradspec.exceptions import MalformedEdition
from gradspec.port.abilities import WORDS
from gradspec.rank import Level, Nature
from gradspec_conformance.edition import tracing
from gradspec_conformance.edition.tracing import lines
from gradspec_conformance.exceptions import UnknownSelection
from gradspec_conformance.run.selection import PROFILES, Profile, select

if TYPE_CHECKING:
    from pathlib import Path

    from gradspec.writing.clause import Clause
    from gradspec_conformance.adapters.reference import ReferenceEngine


def ids(profile: str) -> set[str]:
    """Give the clauses of a profile."""
    return {demand.id for demand in select(profile).demanded()}


def test_the_list_of_the_edition_is_what_the_chapters_declare(
    engine: ReferenceEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By day, what the list says of the rows that are not chosen is believed."""
    found, listed = tracing._facts, facts_of_rows()

    def facts(case: Clause, *given: Any) -> dict[str, Any]:
        return found(case, *given) if case.id in SOME else listed.get(case.id, {})

    monkeypatch.setattr(tracing, "_facts", facts)

    assert edition.MANIFEST.read_text("utf-8") == "".join(lines(engine))


def facts_of_rows() -> dict[str, dict[str, Any]]:
    """Give what the list says of each row, but for its sentence."""
    return {
        f"{line['id']}/{row}": {name: fact for name, fact in facts.items() if name != "sentence"}
        for line in edition.entries()
        for row, facts in line.get("rows", {}).items()
    }


def test_full_is_every_clause() -> None:
    assert ids("full") == CASES.keys()


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
    assert profile.words is None or profile.words <= WORDS.keys()


def test_only_full_holds_what_is_not_demanded() -> None:
    (line,) = (d for d in edition.demands() if d.id == "vjp-001")
    optional = replace(line, level=Level.SHOULD)

    assert [name for name in PROFILES if select(name).holds(optional)] == ["full", "sound"]


def test_only_full_holds_what_torch_merely_chose() -> None:
    conventions = {d.id for d in edition.demands() if d.nature is Nature.CONVENTION}

    assert ids("full") - ids("sound") == conventions


@pytest.mark.parametrize(
    ("profile", "needs", "holds"),
    [
        ("scalar", "values tape op:mul", True),
        ("scalar", "op:relu op:tanh op:exp", True),
        ("scalar", "op:sin", False),
        ("scalar", "arrays", False),
        ("scalar", "dtype:float32", False),
        ("scalar", "op:mul_", False),
        ("tape", "arrays given_cotangent op:sin keeps_graph dtype:float32", True),
        ("tape", "grad", False),
        ("tape", "create_graph", False),
        ("tape", "op:mul_", False),
        ("functional", "vjp create_graph arrays op:sin", True),
        ("functional", "tape", False),
        ("core", "grad create_graph mode:no_grad op:detach get:requires_grad", True),
        ("core", "versions", False),
        ("core", "inplace op:mul_", False),
        ("full", "versions inplace op:mul_ dtype:complex128", True),
    ],
)
def test_a_profile_holds_what_an_engine_of_its_size_can_be_asked(
    profile: str, needs: str, holds: bool
) -> None:
    (line,) = (d for d in edition.demands() if d.id == "acc-001")

    assert select(profile).holds(replace(line, needs=frozenset(needs.split()))) is holds


def test_a_chapter_is_named_by_its_prefix_or_its_name() -> None:
    assert select("full", ["acc"]) == select("full", ["accumulation"])


@pytest.mark.parametrize("word", ["in_place", "in-place", "in_place.py", "inp"])
def test_a_chapter_is_named_as_people_write_it(word: str) -> None:
    assert select("full", [word]).chapters == ("in_place",)


def test_a_chapter_named_twice_counts_once() -> None:
    assert select("full", ["acc", "accumulation"]).chapters == ("accumulation",)


def test_chapters_narrow_a_profile() -> None:
    narrowed = {demand.id for demand in select("tape", ["acc"]).demanded()}

    assert narrowed < ids("tape")
    assert all(name.startswith("acc-") for name in narrowed)


@pytest.mark.parametrize(
    ("profile", "chapter", "sentence"),
    [
        ("tap", "acc", "no profile is called 'tap'; did you mean tape?"),
        ("tape", "acumulation", "no chapter is called 'acumulation'; did you mean accumulation"),
        ("tape", "xyz", "Chapters are tensors_and_leaves"),
    ],
)
def test_what_is_unknown_is_answered_with_what_is_known(
    profile: str, chapter: str, sentence: str
) -> None:
    with pytest.raises(UnknownSelection) as raised:
        select(profile, [chapter])

    assert sentence in str(raised.value)


def test_whatever_is_written_in_a_chapter_changes_the_digest(tmp_path: Path) -> None:
    place = tmp_path / "chapter.py"
    found = {edition.digest([tmp_path])}
    for text in ("", "one\n", "two\n"):
        place.write_text(text)
        found.add(edition.digest([tmp_path]))
    place.rename(tmp_path / "another.py")
    found.add(edition.digest([tmp_path]))

    assert len(found) == 5


def test_a_list_of_other_sources_is_not_up_to_date(tmp_path: Path) -> None:
    manifest = tmp_path / "edition.jsonl"
    manifest.write_text(edition.MANIFEST.read_text("utf-8").replace(edition.digest(), "0" * 16))

    assert edition.is_up_to_date()
    assert not edition.is_up_to_date(manifest)


# with which edition a clause came ------------------------------------------------------
NEW = "torch-2.13/2"


def test_a_clause_keeps_the_edition_that_it_came_with(
    engine: ReferenceEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = tmp_path / "edition.jsonl"
    before = edition.MANIFEST.read_text("utf-8").splitlines()
    older = next(i for i in edition.demands() if i.row and i.stands_for).stands_for[0]
    kept = [line for line in before if '"id": "acc-001"' not in line and older not in line]
    renamed = before[1].replace('"leaf-001"', f'"{older}"')
    met = ["<<<<<<< HEAD", *kept, "=======", *kept[:9], renamed, ">>>>>>> theirs"]
    manifest.write_text("\n".join(met))
    monkeypatch.setattr(edition, "EDITIONS", (edition.EDITION, NEW))
    monkeypatch.setattr(edition.came_with, "__defaults__", (manifest,))
    few = {"leaf-001", "acc-001", "acc-013", edition.resolve(older)[0].partition("/")[0]}
    monkeypatch.setattr(tracing, "CLAUSES", {i: c for i, c in CLAUSES.items() if i in few})
    text = "".join(lines(engine))
    manifest.write_text(text)
    newer = {demand.id for demand in edition.demands(manifest) if demand.since == NEW}
    gone = {d.id for d in edition.demands() if d.clause == edition.resolve(older)[0].split("/")[0]}

    assert "acc-001" in newer
    assert newer - gone == {"acc-001"}
    assert not newer & set(edition.resolve(older))
    assert "".join(lines(engine)) == text


def test_what_a_list_says_of_an_edition_that_never_was_is_malformed(tmp_path: Path) -> None:
    first = edition.MANIFEST.read_text("utf-8").splitlines()[1]
    manifest = tmp_path / "edition.jsonl"
    manifest.write_text(first.replace('"acts"', '"since": "torch-9/9", "acts"'))

    with pytest.raises(MalformedEdition, match="line 1"):
        edition.demands(manifest)


def test_a_malformed_line_of_the_edition_is_named(tmp_path: Path) -> None:
    first = edition.MANIFEST.read_text("utf-8").splitlines()[1]
    manifest = tmp_path / "edition.jsonl"
    manifest.write_text(first + "\n" + first.replace('"must"', '"shall"') + "\n")

    with pytest.raises(MalformedEdition, match="line 2"):
        edition.demands(manifest)
