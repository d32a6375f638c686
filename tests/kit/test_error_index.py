"""`gradspec list --errors`: the index of errors, which follows from the clauses."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from gradspec import edition
from gradspec.misuse import MISUSES, Misuse
from gradspec.port.errors import ERROR_KINDS
from gradspec_conformance.cli import main

BY_ID = {misuse.id: misuse for misuse in MISUSES}


def said(*arguments: str) -> str:
    result = CliRunner().invoke(main, list(arguments))
    assert result.exit_code == 0, result.output
    return result.stdout


def test_every_clause_that_demands_an_error_is_in_the_index() -> None:
    demanding = {d.clause for d in edition.demands() if d.errors}

    assert demanding == set(BY_ID["err-001"].clauses())


@pytest.mark.parametrize("misuse", MISUSES, ids=lambda m: m.id)
def test_each_clause_of_an_entry_demands_one_of_its_kinds(misuse: Misuse) -> None:
    assert misuse.clauses()
    kinds = set(misuse.errors() or (() if not misuse.kinds else ERROR_KINDS))

    for demand in misuse.demands():
        assert not kinds or kinds & set(demand.errors)


@pytest.mark.parametrize(
    ("identifier", "clause"),
    [
        ("err-002", "bwd-005"),
        ("err-003", "bwd-006"),
        ("err-004", "life-001"),
        ("err-005", "inp-010"),
        ("err-006", "inp-004"),
        ("err-007", "vjp-011d"),
        ("err-008", "vjp-004"),
        ("err-009", "leaf-006"),
        ("err-010", "dty-002"),
        ("err-013", "cf-012"),
        ("err-016", "ret-002"),
        ("err-017", "inp-029"),
        ("err-020", "leaf-042"),
    ],
)
def test_an_entry_leads_to_the_clauses_about_it(identifier: str, clause: str) -> None:
    assert clause in BY_ID[identifier].clauses()


def test_the_index_is_listed() -> None:
    listed = " ".join(said("list", "--errors").split())

    assert "err-002 A root that does not have exactly one element needs a cotangent" in listed
    assert "nonscalar-root" in listed
    assert "bwd-005" in listed


def test_the_index_can_be_read_by_programs() -> None:
    whole = json.loads(said("list", "--json"))
    entry = next(one for one in whole["errors"] if one["id"] == "err-004")
    clause = next(one for one in whole["clauses"] if one["id"] == "life-001")

    assert "life-001" in entry["clauses"]
    assert entry["kinds"] == ["graph-freed"]
    assert clause["errors"] == ["err-001", "err-004"]


def test_an_entry_is_shown_with_its_clauses() -> None:
    page = " ".join(said("show", "err-009").split())

    assert "leaf-006" in page
    assert "nonleaf-flag" in page
