"""A chapter that does not import costs its own clauses, and no others."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from toy_engine import ToyEngine

from gradspec import CASES, CLAUSES, chapters, edition
from gradspec.writing.clause import INFORMATIVE
from gradspec_conformance.cli import main
from gradspec_conformance.execution import register
from gradspec_conformance.execution.verdict import Kind, Outcome
from gradspec_conformance.run.selection import select
from gradspec_conformance.run.session import EngineSession

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SECTION = '''
from gradspec import MUST, VALUE, clause, informative

@clause("zzz-001", VALUE, sources=["observed"])
def it_holds(ag):
    """It holds."""

informative("zzz-002", "It says so.", level=MUST, sources=["observed"], reason="It is a test.")
'''


@pytest.fixture
def half(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Write a chapter whose second section raises."""
    place = tmp_path / "half_read"
    place.mkdir()
    (place / "__init__.py").write_text(
        "from gradspec.chapters.half_read import one\nfrom gradspec.chapters.half_read import two\n"
    )
    (place / "one.py").write_text(SECTION)
    (place / "two.py").write_text("raise LookupError('it is under work')\n")
    monkeypatch.setattr(chapters, "__path__", [*chapters.__path__, str(tmp_path)])
    monkeypatch.setitem(register.PREFIXES, "zzz", "half_read")
    register.complaint_about.cache_clear()
    yield "half_read"
    register.complaint_about.cache_clear()
    for module in [m for m in sys.modules if "half_read" in m]:
        del sys.modules[module]


def test_a_chapter_that_does_not_import_says_why(half: str) -> None:
    assert register.complaint_about(half) == "LookupError: it is under work"
    assert register.unreadable() == {half: "LookupError: it is under work"}
    assert register.unreadable(["backward"]) == {}


def test_half_of_a_chapter_says_nothing_and_the_others_say_what_they_said(half: str) -> None:
    before = [dict(entries) for entries in (CLAUSES, CASES, INFORMATIVE)]
    register.complaint_about(half)

    assert [dict(entries) for entries in (CLAUSES, CASES, INFORMATIVE)] == before
    assert not [m for m in sys.modules if m.startswith(f"gradspec.chapters.{half}.")]
    assert "gradspec.chapters.backward.roots" in sys.modules


def test_a_chapter_is_read_once(half: str) -> None:
    first, again = register.complaint_about(half), register.complaint_about(half)

    assert again is first


def test_a_clause_of_it_is_nowhere_and_the_reason_is_told(half: str) -> None:
    assert register.case("zzz-001") is None
    assert register.why_not("zzz-001") == (
        f"chapter {half} could not be read: LookupError: it is under work"
    )
    assert register.why_not("acc-999") == "there is no clause acc-999"
    assert register.why_not("yyy-001") == "there is no clause yyy-001"


@pytest.mark.usefixtures("half")
def test_a_clause_of_it_has_no_verdict_but_that_it_cannot_be_read() -> None:
    with EngineSession(ToyEngine()) as session:
        verdict = session.verdict("zzz-001")

    assert (verdict.outcome, verdict.kind) == (Outcome.ERRORED, Kind.UNREADABLE)


def test_only_the_chapters_that_are_asked_for_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    monkeypatch.setattr(register, "complaint_about", read.append)
    register.cases(["backward", "accumulation"])
    register.case("inp-008")

    assert read == ["backward", "accumulation", "in_place"]
    read.clear()
    register.cases()
    assert read == [chapter.name for chapter in chapters.CHAPTERS]


def test_clauses_are_given_by_chapter_in_reading_order() -> None:
    names = [chapter.name for chapter in chapters.CHAPTERS]
    some = register.cases(["accumulation", "backward"])

    assert list(register.cases()) == list(
        dict.fromkeys(i for name in names for i in register.cases([name]))
    )
    assert {case.chapter for case in some.values()} == {"accumulation", "backward"}
    assert next(iter(some)).startswith("bwd-")
    assert len(register.cases()) == len(select().demanded())


def test_an_informative_entry_belongs_to_the_chapter_that_it_stands_in() -> None:
    names = {chapter.name for chapter in chapters.CHAPTERS}

    assert {note.chapter for note in INFORMATIVE.values()} <= names


def test_a_list_tells_the_ids_of_all_documented_behaviours_and_of_no_others() -> None:
    listed = json.loads(CliRunner().invoke(main, ["list", "--json"]).output)["clauses"]
    records = [r for clause in listed for r in (clause, *clause.get("rows", ()))]
    told = {identifier for record in records for identifier in record["ledger"]}
    every = {identifier for r in records for identifier in (r["id"], *r["stands_for"])}
    plain = {i for i in every if re.fullmatch(r"[a-z]+-\d{3}", i) and int(i[-3:]) <= 200}

    assert told == plain - {"acc-026"}
    assert "acc-008a" in every - told


def test_what_a_row_stands_for_its_table_stands_for_too() -> None:
    listed = json.loads(CliRunner().invoke(main, ["list", "--json"]).output)["clauses"]
    for clause in (clause for clause in listed if "rows" in clause):
        below = {identifier for row in clause["rows"] for identifier in row["stands_for"]}

        assert below == set(clause["stands_for"])


def test_a_list_imports_no_chapter() -> None:
    code = "import sys, gradspec_conformance.cli.list as l; l.command(['--json'], None, "
    code += "standalone_mode=False); print([m for m in sys.modules if '.chapters.' in m])"
    printed = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    )

    assert printed.stdout.endswith("}\n[]\n"), printed.stderr


def test_a_list_that_is_older_than_the_chapters_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edition, "digest", lambda: "of other sources")
    result = CliRunner().invoke(main, ["list", "--json"])

    assert result.stderr.startswith("gradspec: chapters were changed since")
    assert json.loads(result.stdout)["clauses"]


@pytest.mark.parametrize("what", ["zzz", "zzz-001"])
def test_what_cannot_be_read_is_told_in_a_line(
    half: str, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chapters, "CHAPTERS", (chapters.Chapter(half, "zzz", "Half"),))
    monkeypatch.setattr(edition, "resolve", lambda name: (name,) if name == "zzz-001" else ())
    result = CliRunner().invoke(main, ["show", what])

    assert result.exit_code == 1
    assert result.output == (
        f"Error: chapter {half} could not be read: LookupError: it is under work\n"
    )


def test_a_list_says_the_same_things_of_every_entry() -> None:
    result = CliRunner().invoke(main, ["list", "--json"])
    entries = json.loads(result.output)["clauses"]
    said = {"id", "name", "chapter", "level", "statement", "needs", "plants", "builds_on"}
    lacking = [e["id"] for e in entries if "rows" not in e and said - e.keys()]

    assert lacking == []
