"""The ladder: a rung for each kind of thing that an engine has to get right."""

from __future__ import annotations

import io
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import mended_autograd
import pytest
from made_up import judged, result
from rich.console import Console
from toy_book import readme_book

import gradspec_conformance
from gradspec import CONVENTION, edition
from gradspec_conformance import check_engine
from gradspec_conformance.check import Checked
from gradspec_conformance.execution.verdict import Kind, Outcome, Verdict
from gradspec_conformance.known.entry import Cause, Entry
from gradspec_conformance.known.expectations import Expectations
from gradspec_conformance.report.ladder import ladder_lines
from gradspec_conformance.report.terminal import show
from gradspec_conformance.run.ladder import RUNGS, SILENT, climbed, is_choice, rung_of
from gradspec_conformance.run.selection import select

if TYPE_CHECKING:
    from gradspec_conformance.run.result import Result

NAMES = [rung.name for rung in RUNGS]


def place(identifier: str) -> str | None:
    """Name the rung of a clause or row."""
    demand = edition.demand(identifier)
    assert demand is not None
    rung = rung_of(demand)
    return None if rung is None else rung.name


@pytest.mark.parametrize(
    ("identifier", "rung"),
    [
        ("bwd-001", "scalars"),
        ("rec-013", "paths that meet"),
        ("vjp-005", "arrays"),
        ("op-001/add_broadcast", "broadcasting"),
        ("op-001/sin", "operators"),
        ("ho-001", "second order"),
        ("inp-008", "safety in place"),
        ("inp-027", "views"),
        ("rec-015a", "hooks and the rest"),
        ("acc-001", None),
    ],
)
def test_a_clause_stands_on_the_rung_that_it_is_about(identifier: str, rung: str | None) -> None:
    assert place(identifier) == rung


def test_all_but_conventions_stand_on_the_ladder() -> None:
    off = [d.id for d in edition.demands() if (rung_of(d) is None) is not (d.nature == CONVENTION)]

    assert off == []


@pytest.mark.parametrize("rung", NAMES)
def test_no_rung_is_bare(rung: str) -> None:
    assert sum(place(demand.id) == rung for demand in edition.demands()) >= 15


@pytest.mark.parametrize("rung", RUNGS, ids=lambda rung: rung.name)
def test_what_a_rung_names_is_in_the_edition(rung: object) -> None:
    named = rung.clauses.split()  # type: ignore[attr-defined]

    assert set(named) <= {demand.clause for demand in edition.demands()}


def test_a_step_counts_what_passed_what_is_left_and_what_was_not_asked() -> None:
    (step,) = climbed(
        [
            judged("bwd-001"),
            judged("bwd-008", Outcome.CRASHED),
            judged("bwd-009", Outcome.UNSUPPORTED, lacking="tape"),
            judged("acc-001", Outcome.FAILED, nature=CONVENTION, kind="value"),
        ]
    ).steps

    assert (step.passed, step.left, step.lacking) == (1, ("bwd-008",), (("tape", 1),))
    assert not step.is_held


def test_what_builds_on_a_convention_that_fails_is_not_asked_and_not_left() -> None:
    convention = judged("leaf-054", Outcome.FAILED, nature=CONVENTION, kind="value")
    blocked = judged("bwd-008", Outcome.BLOCKED, foundation="leaf-054")
    (step,) = climbed([convention, blocked]).steps

    assert (step.left, step.lacking) == ((), (("leaf-054", 1),))


def test_what_builds_on_a_wrong_value_is_left() -> None:
    wrong = judged("bwd-001", Outcome.FAILED, kind="value")
    blocked = judged("bwd-008", Outcome.BLOCKED, foundation="bwd-001")

    assert climbed([wrong, blocked]).left == ("bwd-001", "bwd-008")


def known(cause: Cause, **parts: Any) -> Entry:
    """Expect of bwd-001 to fail."""
    return Entry("bwd-001", Kind.RAISED, "so it is", cause, Outcome.ERRORED, "KeyError", **parts)


@pytest.mark.parametrize("cause", [Cause.CHOICE, Cause.MISSING])
def test_a_known_refusal_with_a_good_reason_is_a_choice(cause: Cause) -> None:
    raised = Verdict("bwd-001", Outcome.ERRORED, Kind.RAISED, exception="KeyError")

    assert is_choice(raised, known(cause))


@pytest.mark.parametrize("cause", [Cause.BUG, Cause.UNKNOWN])
def test_a_known_bug_is_no_choice(cause: Cause) -> None:
    raised = Verdict("bwd-001", Outcome.ERRORED, Kind.RAISED, exception="KeyError")

    assert not is_choice(raised, known(cause))


@pytest.mark.parametrize("kind", SILENT)
def test_a_wrong_value_is_no_choice_whatever_its_entry_calls_it(kind: Kind) -> None:
    wrong = Verdict("bwd-001", Outcome.FAILED, kind)

    assert not is_choice(wrong, Entry("bwd-001", kind, "so it is", Cause.CHOICE))


def ending(*found: Any, width: int = 400, **parts: Any) -> list[str]:
    """Give what the end of a run says of the ladder."""
    return ladder_lines(result(*found, **parts), width)


def test_a_run_ends_with_the_rungs_that_were_reached_and_what_is_left_on_the_next() -> None:
    found = [judged("bwd-001"), judged("rec-013"), judged("vjp-005", Outcome.FAILED, kind="value")]

    assert ending(*found) == [
        "the ladder            passed  left  choices  not asked",
        "  scalars                  1     -        -          -  reached",
        "  paths that meet          1     -        -          -  reached",
        "  arrays                   -     1        -          -  next",
        "reached: scalars, paths that meet",
        f"next: arrays. {RUNGS[2].sentence} Left: vjp-005.",
    ]


def test_what_is_left_further_up_is_told_too() -> None:
    bad = {"outcome": Outcome.FAILED, "kind": "value"}
    *_, last = ending(judged("bwd-001"), judged("rec-013", **bad), judged("vjp-005", **bad))

    assert last == "left on all rungs: 2: rec-013, vjp-005"


def test_a_rung_of_which_nothing_was_asked_is_not_reached_and_says_what_it_wants() -> None:
    found = [judged("bwd-001"), judged("rec-013", Outcome.UNSUPPORTED, lacking="keeps_graph")]

    reached, next_rung = ending(*found)[3:5]

    assert reached == "reached: scalars"
    assert next_rung.endswith(
        "None of it was asked, for want of keeps_graph (1): "
        "`gradspec words keeps_graph` says how to have it."
    )


def test_on_the_first_rung_none_is_reached_yet() -> None:
    assert "reached: no rung yet" in ending(judged("bwd-001", Outcome.FAILED, kind="value"))


def test_whoever_passes_all_that_was_asked_is_told_to_be_correct() -> None:
    *_, last = ending(judged("bwd-001"), judged("acc-001", Outcome.FAILED, nature=CONVENTION))

    assert last == (
        "toy is correct as far as it goes: all 1 clauses and rows about values and safety that it "
        "was asked passed. It differs from torch in one convention, as a sound engine may."
    )


def test_choices_are_named_and_take_no_rung_away() -> None:
    chosen = judged("op-201/relu", Outcome.ERRORED, kind="raised", exception="KeyError")
    told = ending(judged("bwd-001"), chosen, choices=frozenset({"op-201/relu"}))

    assert told[1] == "  scalars                  1     -        1          -  reached"
    assert "choices: op-201/relu. They are known, " in told[3]
    assert "passed, but for 1 known choice." in told[4]


@pytest.mark.parametrize(
    "parts", [{"missing": ("bwd-002",)}, {"complaints": ("it stopped",)}], ids=["missing", "not"]
)
def test_of_an_incomplete_run_nothing_is_said_to_be_correct(parts: Any) -> None:
    assert not any("correct" in line for line in ending(judged("bwd-001"), **parts))


def test_part_of_a_specification_is_no_ladder() -> None:
    assert ending(judged("bwd-001"), selection=select(wanted=["backward"])) == []


def test_lines_are_no_wider_than_asked_for() -> None:
    found = [judged("bwd-001"), judged("rec-013", Outcome.UNSUPPORTED, lacking="keeps_graph")]

    assert max(map(len, ending(*found, width=80))) <= 80


def test_a_run_prints_the_ladder() -> None:
    where = Console(file=io.StringIO(), width=100, highlight=False)
    show(result(judged("bwd-001")), where)

    assert "\nreached: scalars\n" in where.file.getvalue()  # type: ignore[attr-defined]


def climb(book: Path, expectations: Expectations | None = None) -> Result:
    """Hold an engine to what is on the ladder, and to the conventions."""
    return check_engine(str(book), expectations=expectations).result


@pytest.fixture(scope="module")
def readme(tmp_path_factory: pytest.TempPathFactory) -> Result:
    """Hold a micrograd without bugs to the specification, with the book that the README shows."""
    book = tmp_path_factory.mktemp("readme") / "mine.toml"
    book.write_text(readme_book("mended_micrograd"))
    return climb(book)


def test_what_a_notebook_shows_ends_with_the_ladder(readme: Result) -> None:
    assert "reached: scalars, paths that meet\n" in str(Checked(readme))


def test_a_correct_micrograd_is_told_that_it_is_correct(readme: Result) -> None:
    told = " ".join(ladder_lines(readme, 80))

    assert readme.ladder is not None
    assert [step.rung.name for step in readme.ladder.reached] == ["scalars", "paths that meet"]
    assert "next: arrays." in told
    assert "mine is correct as far as it goes: all " in told


def test_the_book_of_the_readme_leads_to_no_false_failure(readme: Result) -> None:
    failed = {j.clause for j in readme.judged if j.verdict.ran and j.verdict.outcome != "passed"}
    begins_at_zero, keeps_all, deleted_is_gone = {"leaf-015", "acc-020"}, {"ret-001"}, {"leaf-023"}

    assert failed == begins_at_zero | keeps_all | deleted_is_gone
    assert not [j.id for j in readme.judged if j.verdict.outcome is Outcome.BLOCKED]


def test_the_book_of_the_readme_has_a_dozen_lines() -> None:
    lines = [line for line in readme_book("mine").splitlines() if "=" in line]

    assert len(lines) <= 12


def test_a_correct_autograd_is_told_that_it_is_correct(tmp_path: Path) -> None:
    shipped = Path(gradspec_conformance.__file__).parent / "adapters" / "phrasebooks"
    shutil.copy(shipped / "autograd.toml", tmp_path)
    book = tmp_path / "mended.toml"
    book.write_text(mended_autograd.BOOK)
    file = Expectations.for_engine("autograd")
    assert file is not None
    entries = [e for e in Expectations.load(file).entries if e.cause is not Cause.BUG]
    found = climb(book, Expectations(tuple(entries)))

    assert found.ladder is not None
    assert [step.rung.name for step in found.ladder.reached] == NAMES[:6]
    assert any("is correct as far as it goes" in line for line in ladder_lines(found, 400))


def test_the_micrograd_that_ships_is_told_its_bugs() -> None:
    file = Expectations.for_engine("micrograd")
    assert file is not None
    found = check_engine("micrograd", expectations=file).result
    assert found.ladder is not None
    bugs = ["rec-023", "bwd-203/0", "bwd-044", "bwd-214", "life-203", "life-206"]
    blocked = {j.id for j in found.judged if j.verdict.outcome is Outcome.BLOCKED}

    assert sorted(set(found.ladder.left) - blocked) == sorted(bugs)
    assert set(found.ladder.choices) == {"op-201/relu", "op-201/relu_negative"}
