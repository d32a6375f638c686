"""`gradspec expect` and `gradspec engines`, as a person uses them."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from gradspec import edition
from gradspec_conformance.cli.engines import command as engines
from gradspec_conformance.cli.engines import described
from gradspec_conformance.cli.expect import command as expect
from gradspec_conformance.exceptions import EngineBroken, EngineNotFound
from gradspec_conformance.isolation.messages import Started
from gradspec_conformance.known.expectations import Expectations
from gradspec_conformance.known.renewal import UNEXPLAINED

if TYPE_CHECKING:
    from click.testing import Result

WRONG = """
from gradspec.port.abilities import expanded
from gradspec_conformance.adapters.reference import ReferenceEngine

class Engine(ReferenceEngine):
    def __init__(self):
        super().__init__()
        self.name, self.version = "wrong", "1"
        self.abilities = expanded({"values", "tape", "dtype:float64"})

    def apply(self, operator, arguments):
        return super().apply("add" if operator == "sub" else operator, arguments)
"""


def only(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """Let the edition be a few clauses and rows, so that all of it is soon run."""
    kept = tuple(demand for demand in edition.demands() if {demand.clause, demand.id} & {*names})
    monkeypatch.setattr(edition, "demands", lambda: kept)
    monkeypatch.setattr("gradspec_conformance.execution.register.cases", lambda *_: {})


@pytest.fixture
def wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Name an engine that takes every difference for a sum, and let the edition be a few rows."""
    only(monkeypatch, "bwd-001", "acc-001", "op-201/add", "op-201/sub")
    file = tmp_path / "wrong.py"
    file.write_text(WRONG)
    return f"{file}:Engine"


def test_a_list_is_written_that_asks_for_reasons_and_is_kept_when_they_are_given(
    wrong: str, tmp_path: Path
) -> None:
    file = tmp_path / "wrong.toml"
    first = CliRunner().invoke(expect, [wrong, "--write", str(file)])
    reasons = file.read_text().replace(UNEXPLAINED, "It cannot subtract.")
    file.write_text(reasons)
    second = CliRunner().invoke(expect, [wrong, "--write", str(file)])

    assert (first.exit_code, second.exit_code) == (0, 0)
    assert "What wrong 1 is known to fail" in reasons
    assert Expectations.load(file).entries
    assert file.read_text() == reasons


def test_without_a_file_the_difference_to_the_shipped_list_is_printed(wrong: str) -> None:
    result = CliRunner().invoke(expect, [wrong])

    assert result.exit_code == 1
    assert "+[[expected]]" in result.output


def test_a_file_that_cannot_be_written_is_told_before_the_run(tmp_path: Path) -> None:
    result = CliRunner().invoke(expect, ["reference", "--write", str(tmp_path / "no" / "file")])

    assert result.exit_code == 2
    assert "there is no directory" in result.output


def test_a_malformed_list_is_told_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "engine.toml"
    file.write_text("[[expected]]\nclause = 7\n")
    result = CliRunner().invoke(expect, ["reference", "--write", str(file)])

    assert result.exit_code == 2
    assert f"{file}:2: clause is a int, expected a text" in result.output


def test_an_engine_that_cannot_be_loaded_exits_3() -> None:
    assert CliRunner().invoke(expect, ["nowhere:Engine"]).exit_code == 3


# the list is changed in what is accepted, and in nothing else ------------------------
TOYS = Path(__file__).with_name("wrong_engines.py")
SELECTED = ("leaf-021", "bwd-001", "acc-001", "leaf-022", "acc-013", "life-202", "life-206")


@pytest.fixture
def _few(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Let the edition be a few clauses, of which the toy fails leaf-021 and leaf-022."""
    only(monkeypatch, *SELECTED)
    monkeypatch.chdir(tmp_path)


def expected(engine: str, *words: str) -> Result:
    """Bring known.toml up to date with an engine of wrong_engines.py."""
    return CliRunner().invoke(expect, [f"{TOYS}:{engine}", "--write", "known.toml", *words])


def listed() -> dict[str, str]:
    """Give the clauses that known.toml lists, with their reasons."""
    return {entry.clause: entry.reason for entry in Expectations.load("known.toml").entries}


def explained() -> str:
    """Give each entry of known.toml a reason; give its text."""
    file = Path("known.toml")
    file.write_text(file.read_text().replace(UNEXPLAINED, "It is so."))
    return file.read_text()


@pytest.mark.usefixtures("_few")
def test_a_new_failure_is_no_entry_unless_it_is_accepted() -> None:
    expected("ToyEngine")
    before = explained()
    refused = expected("Overwrites")
    kept = Path("known.toml").read_text()
    accepted = expected("Overwrites", "--accept", "acc-001")

    assert list(listed()) == ["leaf-021", "leaf-022", "acc-001"]
    assert listed()["acc-001"] == UNEXPLAINED
    assert (refused.exit_code, accepted.exit_code) == (1, 0)
    assert kept == before
    assert "fails, and no entry says so: acc-001" in refused.output
    assert "look at it first: gradspec run " in refused.output
    assert "--no-expect -k acc-001" in refused.output


@pytest.mark.usefixtures("_few")
def test_an_entry_of_what_passes_is_dropped_only_if_it_is_accepted() -> None:
    expected("Overwrites")
    before = explained()
    refused = expected("ToyEngine")
    kept = Path("known.toml").read_text()
    accepted = expected("ToyEngine", "--accept", "acc-*")

    assert list(listed()) == ["leaf-021", "leaf-022"]
    assert (refused.exit_code, accepted.exit_code) == (1, 0)
    assert kept == before
    assert "passes, and an entry says that it fails: acc-001" in refused.output
    assert "--write known.toml --accept acc-001" in refused.output


@pytest.mark.usefixtures("_few")
def test_what_fails_otherwise_keeps_its_entry_until_it_is_accepted() -> None:
    expected("Overwrites")
    file = Path("known.toml")
    before = explained().replace('"acc-001"\nkind = "value"', '"acc-001"\nkind = "shape"')
    file.write_text(before)
    refused = expected("Overwrites")
    kept = file.read_text()
    accepted = expected("Overwrites", "--accept", "acc-001")

    assert kept == before
    assert "fails otherwise than its entry says: acc-001" in refused.output
    assert (refused.exit_code, accepted.exit_code) == (1, 0)
    assert listed()["acc-001"] == f"{UNEXPLAINED} (it was said before: It is so.)"


@pytest.mark.usefixtures("_few")
def test_a_stale_entry_is_dropped_only_if_it_is_accepted() -> None:
    expected("ToyEngine")
    file = Path("known.toml")
    file.write_text(explained() + STALE)
    refused = expected("ToyEngine")

    assert refused.exit_code == 1
    assert "acc-013/a_pass was expected to fail; it never ran: the engine does not decl" in (
        refused.output
    )
    assert "acc-013/a_pass" in listed()
    assert expected("ToyEngine", "--accept", "acc-013/a_pass").exit_code == 0
    assert "acc-013/a_pass" not in listed()


STALE = """
[[expected]]
clause = "acc-013/a_pass"
kind = "value"
class = "missing"
reason = "No strides."
"""


@pytest.mark.usefixtures("_few")
def test_that_fewer_clauses_run_is_written_only_if_it_is_accepted() -> None:
    expected("ToyEngine")
    file = Path("known.toml")
    before = re.sub(r"ran = \d+", "ran = 40", explained())
    file.write_text(before)
    refused = expected("ToyEngine")
    kept = file.read_text()

    assert refused.exit_code == 1
    assert "and 40 when the expectations were written: the engine declares less" in refused.output
    assert kept == before
    assert expected("ToyEngine", "--accept", "ran").exit_code == 0
    assert "ran = 40" not in file.read_text()


@pytest.mark.usefixtures("_few")
def test_an_accepted_failure_takes_what_it_blocks_along() -> None:
    expected("ToyEngine")
    explained()
    before = Expectations.load("known.toml").ran
    refused = expected("DoesNothing")
    ran = Expectations.load("known.toml").ran
    expected("DoesNothing", "--accept", "bwd-001")
    fewer = Expectations.load("known.toml").ran

    assert "bwd-001 failed and blocked" in refused.output
    assert "declares less" not in refused.output
    assert "stale" not in refused.output
    assert ran == before
    assert fewer is not None
    assert before is not None
    assert fewer < before


@pytest.mark.usefixtures("_few")
def test_a_raised_list_takes_on_what_is_newer_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    expected("ToyEngine")
    text = explained()
    ran = Expectations.load("known.toml").ran or 0
    Path("known.toml").write_text(text.replace(f"ran = {ran}", f"ran = {ran - 1}"))
    demand = edition.demand

    def since(identifier: str) -> Any:
        found = demand(identifier)
        is_new = found is not None and identifier == "acc-001"
        return replace(found, since="torch-2.13/2") if is_new else found  # type: ignore[type-var]

    monkeypatch.setattr(edition, "EDITIONS", (edition.EDITION, "torch-2.13/2"))
    monkeypatch.setattr(edition, "demand", since)
    as_it_is = expected("Overwrites")
    kept = list(listed())
    raised = expected("Overwrites", "--raise")

    assert as_it_is.exit_code == 0
    assert kept == ["leaf-021", "leaf-022"]
    assert "1 newer than edition torch-2.13/1" in as_it_is.output
    assert raised.exit_code == 0
    assert list(listed()) == ["leaf-021", "leaf-022", "acc-001"]
    assert Expectations.load("known.toml").made_for == "torch-2.13/2"


@pytest.mark.usefixtures("_few")
@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("*", "--accept '*' means everything"),
        ("", "--accept '' means everything"),
        ("acc-0O1", "no clause is called or matched by 'acc-0O1'; did you mean acc-"),
    ],
)
def test_what_is_accepted_has_to_be_there_and_not_everything(name: str, sentence: str) -> None:
    result = expected("ToyEngine", "--accept", name)

    assert result.exit_code == 2
    assert sentence in result.output
    assert not Path("known.toml").exists()


@pytest.mark.usefixtures("_few")
def test_where_nothing_was_to_accept_that_is_said() -> None:
    expected("ToyEngine")
    result = expected("ToyEngine", "--accept", "acc-001")

    assert result.exit_code == 0
    assert "--accept acc-001: nothing to accept" in result.output


@pytest.mark.usefixtures("_few")
def test_what_no_list_excuses_cannot_be_accepted() -> None:
    expected("ToyEngine")
    result = expected("ReplacesTheJudge", "--accept", "acc-*", "--accept", "bwd-001")

    assert result.exit_code == 1
    assert "the engine changed the kit, which no list excuses: bwd-001" in result.output
    assert "bwd-001" not in listed()


@pytest.mark.usefixtures("_few")
def test_of_a_run_that_is_not_whole_nothing_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    expected("ToyEngine")
    before = Path("known.toml").read_text()
    gone = replace(edition.demands()[0], id="leaf-999", clause="leaf-999")
    more = (*edition.demands(), gone)
    monkeypatch.setattr(edition, "demands", lambda: more)
    result = expected("Overwrites", "--accept", "acc-001")

    assert result.exit_code == 3
    assert "1 clause has no verdict: leaf-999\nnothing is written" in result.output
    assert Path("known.toml").read_text() == before


@pytest.mark.usefixtures("_few")
def test_a_list_that_ships_is_where_a_new_one_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    expected("ToyEngine")
    Path("known.toml").rename("ships.toml")
    Path("ships.toml").write_text(Path("ships.toml").read_text().replace(UNEXPLAINED, "Known."))
    monkeypatch.setattr(Expectations, "for_engine", lambda _: Path("ships.toml"))
    expected("Overwrites")

    assert listed() == {
        "leaf-021": "Known.",
        "acc-001": UNEXPLAINED,
        "leaf-022": "Known.",
    }


@pytest.mark.usefixtures("_few")
def test_an_empty_file_is_no_list_yet() -> None:
    Path("known.toml").write_text("\n")

    assert expected("ToyEngine").exit_code == 0
    assert list(listed()) == ["leaf-021", "leaf-022"]


@pytest.mark.usefixtures("_few")
def test_processes_do_not_change_the_list() -> None:
    expected("Overwrites")
    one = Path("known.toml").read_text()
    Path("known.toml").unlink()
    expected("Overwrites", "-n", "2")

    assert Path("known.toml").read_text() == one


def test_the_engines_that_are_here_are_listed_with_what_they_declare() -> None:
    result = CliRunner().invoke(engines)

    assert result.exit_code == 0
    assert "reference" in result.output
    assert "operators" in result.output


def test_an_engine_that_ends_its_process_takes_no_other_from_the_list(tmp_path: Path) -> None:
    file = tmp_path / "ends.py"
    file.write_text("import os\nos._exit(0)")
    known = described([f"{file}:Engine", "reference", "nowhere:Engine"])

    assert [type(one) for one in known.values()] == [EngineBroken, Started, EngineNotFound]
