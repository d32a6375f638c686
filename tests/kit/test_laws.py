"""A law is tried on drawn inputs: the same ones on every engine, unless others are asked for."""

from __future__ import annotations

import zlib
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import strategies
from hypothesis.internal.conjecture import providers
from made_up import clause
from toy_engine import ToyEngine

from gradspec import Autograd, Clause, expect
from gradspec_conformance.execution import laws
from gradspec_conformance.execution.effort import EVERYDAY, Effort, seed_of
from gradspec_conformance.execution.execute import run_clause
from gradspec_conformance.execution.verdict import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable

NUMBERS = SimpleNamespace(make=lambda: strategies.integers(0, 10**6))


def law(body: Callable[..., None], **parts: Any) -> Clause:
    """Make a law about a number."""
    return clause(body, given={"n": NUMBERS}, **parts)


def tried(effort: Effort, **parts: Any) -> list[int]:
    """Give the numbers that a law was tried on."""
    numbers: list[int] = []

    def note(ag: Autograd, n: int) -> None:
        numbers.append(n)
        expect(ag.tensor(float(n))).equals(float(n))

    assert run_clause(law(note, **parts), ToyEngine(), effort).outcome is Outcome.PASSED
    return numbers


def test_a_law_is_tried_as_often_as_is_asked() -> None:
    assert len(tried(Effort(examples=7))) == 7
    assert len(tried(EVERYDAY)) == 25


def test_a_law_is_tried_on_the_same_examples_unless_another_seed_is_given() -> None:
    assert tried(EVERYDAY) == tried(EVERYDAY) == tried(Effort(seed=0))
    assert tried(EVERYDAY) != tried(Effort(seed=1))
    assert tried(Effort(seed=1)) != tried(Effort(seed=2))


def test_each_law_has_examples_of_its_own() -> None:
    assert tried(EVERYDAY) != tried(EVERYDAY, id="zzz-002")


def holds(ag: Autograd) -> None:
    expect(ag.tensor(1.0)).equals(1.0)


def test_the_seed_is_that_of_the_oldest_id() -> None:
    renamed = clause(holds, id="zzz-201", stands_for=("zzz-001",))

    assert seed_of(renamed, EVERYDAY) == seed_of(clause(holds), EVERYDAY)
    assert seed_of(clause(holds, id="zzz-201"), EVERYDAY) == zlib.crc32(b"zzz-201")
    assert seed_of(renamed, Effort(seed=3)) == seed_of(renamed, EVERYDAY) + 3


def test_what_a_clause_draws_itself_goes_by_its_seed() -> None:
    def drawn(effort: Effort) -> float:
        found: list[float] = []

        def draw(ag: Autograd) -> None:
            found.append(float(ag.random(1)[0]))
            expect(ag.tensor(1.0)).equals(1.0)

        run_clause(clause(draw), ToyEngine(), effort)
        return found[0]

    assert drawn(EVERYDAY) == drawn(EVERYDAY) != drawn(Effort(seed=1))


@pytest.mark.parametrize("shrink", [True, False])
def test_the_smallest_example_is_looked_for_if_that_is_asked(shrink: bool) -> None:
    numbers: list[int] = []

    def fails_from_1000_on(ag: Autograd, n: int) -> None:
        numbers.append(n)
        expect(ag.tensor(float(n))).equals(float(min(n, 999)))

    verdict = run_clause(law(fails_from_1000_on), ToyEngine(), Effort(shrink=shrink))

    assert (verdict.outcome, verdict.found) == (Outcome.FAILED, f"{numbers[-1]}.0")
    assert (numbers[-1] == 1000) is shrink


def test_examples_do_not_depend_on_the_sources_that_were_imported() -> None:
    laws.same_everywhere()

    assert providers._get_local_constants() is providers._local_constants
    assert not any(providers._local_constants.set_for_type(kind) for kind in ("integer", "float"))
