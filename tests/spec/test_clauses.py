"""What holds for every clause, whatever it says."""

from __future__ import annotations

import functools
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from chosen_cases import A_CHAPTER, CALLS_ARE_ITS_OWN, SOME, some_of

from gradspec import CASES, CLAUSES, CONVENTION, VALUE, Autograd, Clause, edition, expect
from gradspec.exceptions import MalformedClause
from gradspec.port.engine import Subject
from gradspec.program.recorder import Recorder
from gradspec.program.storing import to_json
from gradspec.rank import Level
from gradspec.writing.clause import INFORMATIVE, clause
from gradspec_conformance.adapters.phrases import read_book
from gradspec_conformance.adapters.reference import BOOK, ReferenceEngine
from gradspec_conformance.edition.tracing import Trace, traced
from gradspec_conformance.engines.loading import load_engine
from gradspec_conformance.exceptions import EngineNotInstalled
from gradspec_conformance.execution.execute import run_clause
from gradspec_conformance.execution.lacking import missing_abilities
from gradspec_conformance.execution.verdict import Outcome
from gradspec_conformance.known.expectations import Expectations

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@functools.cache
def on_torch() -> Subject:
    """Load torch, if it is here."""
    try:
        return Subject.of(load_engine("torch"))
    except EngineNotInstalled as error:
        pytest.skip(str(error))


@functools.cache
def known_of_torch() -> Expectations:
    """Read what torch is expected to fail."""
    path = Expectations.for_engine("torch")
    assert path
    return Expectations.load(path, clauses=CASES)


@A_CHAPTER
def test_torch_needs_what_the_edition_says(chapter: str) -> None:
    torch, known = on_torch(), known_of_torch()
    for case in some_of(chapter):
        if missing_abilities(case, torch.abilities) or known.entry(case.id):
            continue  # it has no such thing, or fails before it has used all
        line = edition.demand(case.id)

        assert line, case.id
        found = traced(case, torch)
        if case.id.partition("/")[0] in CALLS_ARE_ITS_OWN:
            found = replace(found, acts=line.acts)
        assert found == Trace(line.needs, line.errors, line.acts), case.id


def recorded(case: Clause, engine: ReferenceEngine) -> Recorder:
    with Recorder(engine, seed=1) as recorder:
        case.perform(Autograd(recorder))
    return recorder


@A_CHAPTER
def test_no_step_shows_what_a_clause_says_of_its_needs(
    chapter: str, engine: ReferenceEngine
) -> None:
    for case in some_of(chapter):
        if case.unseen and not case.is_law:
            assert case.unseen & recorded(case, engine).used == set(), case.id


@A_CHAPTER
def test_a_clause_runs_twice_with_the_same_steps(chapter: str, engine: ReferenceEngine) -> None:
    for case in some_of(chapter):
        if not case.is_law:
            once, again = (to_json(recorded(case, engine).program) for _ in range(2))

            assert once == again, case.id


def test_tutorials_are_cited_from_the_bibliography() -> None:
    cited = {s for c in CASES.values() for s in c.sources}
    tutorials = {s.split()[0] for s in cited if re.match(r"T\d", s)}

    assert tutorials == {"T1", "T2", "T3", "T4", "T5"}
    assert not any("seed" in s for s in cited)


def test_what_a_clause_builds_on_exists_and_has_no_cycle() -> None:
    for identifier, entered in CASES.items():
        below, seen = list(entered.foundations), set()
        while below:
            foundation = below.pop()
            seen.add(foundation)
            below += [b for b in CASES[foundation].foundations if b not in seen]

        assert identifier not in seen


def test_a_foundation_needs_no_more_than_what_stands_on_it() -> None:
    """A word less would leave the foundation out, and what it blocks would fail."""
    for case in CASES.values():
        named = {row for name in case.builds_on for row in edition.resolve(name)}
        granted = case.needs | edition.GRANTED

        assert all(CASES[below].needs <= granted for below in case.foundations)
        assert not named or named & set(case.foundations), f"{case.id} builds on nothing it needs"


def test_what_is_right_or_safe_builds_on_no_choice_of_torchs() -> None:
    """Otherwise an engine that chose otherwise is not asked whether its values are right."""
    for case in CASES.values():
        below = {CASES[foundation].nature for foundation in case.foundations}

        assert case.nature is CONVENTION or CONVENTION not in below, case.id


def test_every_statement_is_one_sentence() -> None:
    several = [i for i, c in CASES.items() if re.search(r"[a-z)]\. [A-Z]", c.statement[:-1])]

    assert several == []


def test_informative_entries_say_why() -> None:
    assert INFORMATIVE
    for identifier, note in INFORMATIVE.items():
        assert note.id == identifier
        assert note.statement.endswith(".")
        assert note.reason
        assert note.sources
        assert note.level in Level


def declare(**changes: object) -> None:
    """Declare a clause with one part changed."""
    parts: dict[str, object] = {"sources": ["observed"]} | changes

    def body(ag: Autograd) -> None:
        """Say something."""

    body.__doc__ = str(parts.pop("doc", "It says something."))
    clause(str(parts.pop("id", "zzz-001")), VALUE, **parts)(body)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"id": "acc-1"}, "no id"),
        ({"id": "bwd-001"}, "declared twice"),
        ({"doc": "no sentence"}, "begins with a sentence"),
        ({"sources": []}, "names no source"),
        ({"unseen": "magic"}, "no such ability"),
        ({"unseen": "op:magic"}, "no such ability"),
        ({"over": {"one": 1}}, "{name} in its sentence"),
        ({"over": {}, "doc": "It says {name}."}, "needs a row"),
        ({"over": {"One!": 1}, "doc": "It says {name}."}, "no names of rows"),
        (
            {"over": {"one": 1}, "doc": "It says {name}.", "stands_for": {"acc-999": "two"}},
            "no row 'two'",
        ),
    ],
)
def test_a_malformed_clause_is_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(MalformedClause, match=message):
        declare(**changes)


def test_random_arrays_are_the_same_in_every_run(engine: ReferenceEngine) -> None:
    first, second = (Autograd(Recorder(engine, seed=3)).random(2, 3) for _ in range(2))

    np.testing.assert_array_equal(first, second)


# tables -------------------------------------------------------------------------------
@pytest.fixture
def table() -> Iterator[Clause]:
    """A clause over three rows, one of which does not hold."""

    def doubles(ag: Autograd, row: float) -> None:
        """Twice {name} is {row}."""
        expect(ag.tensor(2.0) * 3.0).equals(row)

    rows = {"three": 6.0, "four": 8.0, "three_again": 6.0}
    meant = {"zzz-002": "four", "zzz-003": "three three_again"}
    declared = clause("zzz-001", VALUE, sources=["observed"], over=rows, stands_for=meant)(doubles)
    yield declared
    del CLAUSES["zzz-001"]
    for case in declared.cases:
        del CASES[case.id]


def test_each_row_of_a_table_has_a_verdict_of_its_own(
    table: Clause, engine: ReferenceEngine
) -> None:
    outcomes = {case.row: run_clause(case, engine).outcome for case in table.cases}

    assert outcomes == {
        "three": Outcome.PASSED,
        "four": Outcome.FAILED,
        "three_again": Outcome.PASSED,
    }


def test_each_row_of_a_table_has_a_sentence_of_its_own(table: Clause) -> None:
    assert table.statement == "Twice {name} is {row}."
    assert [case.statement for case in table.cases] == [
        "Twice three is 6.0.",
        "Twice four is 8.0.",
        "Twice three_again is 6.0.",
    ]


def test_a_row_stands_for_the_ids_that_mean_it(table: Clause) -> None:
    assert [case.ledger for case in table.cases] == [("zzz-003",), ("zzz-002",), ("zzz-003",)]
    assert sorted(table.ledger) == ["zzz-001", "zzz-002", "zzz-003"]
    assert sorted(table.stands_for) == ["zzz-002", "zzz-003"]


def test_a_clause_without_rows_stands_for_other_ids_too() -> None:
    def doubles(ag: Autograd) -> None:
        """Twice three is six."""
        expect(ag.tensor(2.0) * 3.0).equals(6.0)

    other = ("zzz-002",)
    declared = clause("zzz-001", VALUE, sources=["observed"], stands_for=other)(doubles)
    del CLAUSES["zzz-001"], CASES["zzz-001"]

    assert declared.ledger == ("zzz-001", "zzz-002")


def test_the_random_numbers_of_a_row_are_those_of_the_id_that_it_had(table: Clause) -> None:
    assert [case.oldest for case in table.cases] == ["zzz-003", "zzz-002", "zzz-003"]


def test_no_clause_asks_for_more_digits_than_an_engine_of_float32_has(tmp_path: Path) -> None:
    narrow = tmp_path / "narrow.toml"
    narrow.write_text(BOOK.read_text().replace("[dtypes]", "[dtypes]\nfloat64 = false"))
    engine = type("Narrow", (ReferenceEngine,), {"book": read_book(narrow)})()
    verdicts = [run_clause(case, engine) for case in SOME.values()]
    passed = [verdict for verdict in verdicts if verdict.outcome is Outcome.PASSED]

    assert [v for v in verdicts if v not in passed and v.outcome is not Outcome.UNSUPPORTED] == []
    assert len(passed) >= 449


@pytest.mark.parametrize(
    ("identifier", "stands_for", "ledger"),
    [
        ("zzz-001", (), ("zzz-001",)),
        ("zzz-200", (), ("zzz-200",)),
        ("zzz-200b", (), ()),
        ("zzz-201", (), ()),
        ("zzz-201", ("op-012",), ("op-012",)),
        ("zzz-201", ("op-012b", "op-012"), ("op-012",)),
        ("zzz-001/row", (), ()),
        ("acc-026", (), ()),
        ("zzz-001", ("op-012", "zzz-001"), ("zzz-001", "op-012")),
    ],
)
def test_the_ledger_ids_of_a_clause_are_those_of_documented_behaviours(
    identifier: str, stands_for: tuple[str, ...], ledger: tuple[str, ...]
) -> None:
    changed = replace(CASES["acc-001"], id=identifier, stands_for=stands_for)

    assert changed.ledger == ledger
    assert changed.oldest == (stands_for or (identifier,))[0]
    assert changed.words[4:] == stands_for
    assert changed.cases == (changed,)


REMEDY = re.compile(r"Remedy: (?:(?!\. ).)+\.$")
"""The last sentence of a commentary, in one sentence."""


def test_a_clause_ends_with_the_remedy_if_it_demands_an_error() -> None:
    for declared in CLAUSES.values():
        demanded = {kind for case in declared.cases for kind in errors_of(case)}

        assert bool(REMEDY.search(declared.commentary)) is bool(demanded), declared.id


def errors_of(case: Clause) -> tuple[str, ...]:
    """Give the kinds of error that the edition says a clause or row demands."""
    demand = edition.demand(case.id)
    assert demand is not None
    return demand.errors
