"""What holds for every clause, whatever it says."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pytest

from gradspec import CLAUSES, Autograd, Clause
from gradspec.program.recorder import Recorder
from gradspec.program.storing import to_json
from gradspec.writing.clause import INFORMATIVE, MalformedClauseError, clause
from gradspec_conformance.edition.tracing import traced

if TYPE_CHECKING:
    from gradspec_conformance.adapters.reference import ReferenceEngine

EVERY = pytest.mark.parametrize("clause", list(CLAUSES.values()), ids=lambda c: c.id)
EVERY_BUT_LAWS = pytest.mark.parametrize(
    "clause", [c for c in CLAUSES.values() if not c.is_law], ids=lambda c: c.id
)


@EVERY
def test_the_edition_says_what_a_clause_needs(clause: Clause, engine: ReferenceEngine) -> None:
    assert traced(clause, engine) == clause.needs


@EVERY
def test_no_step_shows_what_a_clause_says_of_its_needs(
    clause: Clause, engine: ReferenceEngine
) -> None:
    if clause.is_law:
        return
    with Recorder(engine) as recorder:
        clause.body(Autograd(recorder))

    assert clause.unseen & recorder.used == set()


@EVERY_BUT_LAWS
def test_a_clause_runs_twice_with_the_same_steps(clause: Clause, engine: ReferenceEngine) -> None:
    programs = []
    for _ in range(2):
        with Recorder(engine, seed=1) as recorder:
            clause.body(Autograd(recorder))
        programs.append(to_json(recorder.program))

    assert programs[0] == programs[1]


def test_tutorials_are_cited_from_the_bibliography() -> None:
    cited = {s for c in CLAUSES.values() for s in c.sources}
    tutorials = {s.split()[0] for s in cited if re.match(r"T\d", s)}

    assert tutorials == {"T1", "T2", "T3", "T4", "T5"}
    assert not any("seed" in s for s in cited)


def test_what_a_clause_builds_on_exists_and_has_no_cycle() -> None:
    for identifier, entered in CLAUSES.items():
        below, seen = list(entered.foundations), set()
        while below:
            foundation = below.pop()
            seen.add(foundation)
            below += [b for b in CLAUSES[foundation].foundations if b not in seen]

        assert identifier not in seen


def test_every_statement_is_one_sentence() -> None:
    several = [i for i, c in CLAUSES.items() if re.search(r"[a-z)]\. [A-Z]", c.statement[:-1])]

    assert several == []


def test_informative_entries_say_why() -> None:
    assert INFORMATIVE
    assert all(note.reason for note in INFORMATIVE.values())


def declare(**changes: object) -> None:
    """Declare a clause with one part changed."""
    parts: dict[str, object] = {"sources": ["observed"]} | changes

    def body(ag: Autograd) -> None:
        """Say something."""

    body.__doc__ = str(parts.pop("doc", "It says something."))
    clause(str(parts.pop("id", "zzz-001")), **parts)(body)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"id": "acc-1"}, "no id"),
        ({"id": "bwd-001"}, "declared twice"),
        ({"doc": "no sentence"}, "begins with a sentence"),
        ({"sources": []}, "names no source"),
        ({"unseen": "magic"}, "no such ability"),
        ({"unseen": "op:magic"}, "no such ability"),
    ],
)
def test_a_malformed_clause_is_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(MalformedClauseError, match=message):
        declare(**changes)


def test_random_arrays_are_the_same_in_every_run(engine: ReferenceEngine) -> None:
    first, second = (Autograd(Recorder(engine, seed=3)).random(2, 3) for _ in range(2))

    np.testing.assert_array_equal(first, second)
