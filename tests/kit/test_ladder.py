"""The ladder: a rung for each kind of thing that an engine has to get right."""

from __future__ import annotations

import io

import pytest
from made_up import judged, result
from rich.console import Console

from gradspec import CONVENTION, edition
from gradspec_conformance.execution.verdict import Outcome
from gradspec_conformance.report.terminal import show
from gradspec_conformance.run.ladder import RUNGS, climbed, rung_of
from gradspec_conformance.run.selection import select

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
    step = climbed(
        [
            judged("bwd-001"),
            judged("bwd-008", Outcome.CRASHED),
            judged("bwd-009", Outcome.UNSUPPORTED, lacking="tape"),
            judged("acc-001", Outcome.FAILED, nature=CONVENTION, kind="value"),
        ]
    )[0]

    assert (step.passed, step.left, step.asked, step.not_asked) == (1, ("bwd-008",), 2, 1)
    assert not step.is_held


def ending(*found: object, **parts: object) -> list[str]:
    """Print a result, and give what it says of rungs."""
    where = Console(file=io.StringIO(), width=400, highlight=False)
    show(result(*found, **parts), where)  # type: ignore[arg-type]
    text = where.file.getvalue()  # type: ignore[attr-defined]
    return [line for line in text.splitlines() if "rung" in line]


def test_a_run_ends_with_the_rungs_that_were_reached_and_what_is_left_on_the_next() -> None:
    found = [judged("bwd-001"), judged("rec-013"), judged("vjp-005", Outcome.FAILED, kind="value")]

    assert ending(*found) == [
        "rungs: scalars 1 of 1; paths that meet 1 of 1; arrays 0 of 1",
        "rungs reached: scalars, paths that meet",
        f"next rung: arrays: {RUNGS[2].sentence} 0 of 1 passed; left: vjp-005",
    ]


def test_a_rung_of_which_nothing_was_asked_is_not_reached() -> None:
    found = [judged("bwd-001"), judged("rec-013", Outcome.UNSUPPORTED, lacking="tape")]

    assert ending(*found) == [
        "rungs: scalars 1 of 1",
        "rungs reached: scalars",
        f"next rung: paths that meet: {RUNGS[1].sentence} 0 of 0 passed; 1 not asked",
    ]


def test_on_the_first_rung_none_is_reached_yet() -> None:
    assert ending(judged("bwd-001", Outcome.FAILED, kind="value"))[1] == "rungs reached: none yet"


def test_part_of_a_specification_is_no_ladder() -> None:
    assert ending(judged("bwd-001"), selection=select(wanted=["backward"])) == []
