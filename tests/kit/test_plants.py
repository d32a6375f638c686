"""The proof itself can fail: each of its rules is shown to bite."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import gradspec_reference
from gradspec import CASES, CLAUSES
from gradspec_conformance import plants
from gradspec_conformance.adapters.reference import ReferenceEngine
from gradspec_conformance.exceptions import MalformedPlant
from gradspec_conformance.execution.execute import run_clause
from gradspec_conformance.execution.verdict import Outcome
from gradspec_conformance.plants.plant import PLANTS, Plant, Swap, plant
from gradspec_conformance.plants.proof import Finding, Trial, judge, trials

if TYPE_CHECKING:
    from collections.abc import Iterator

Tensor = gradspec_reference.Tensor


@pytest.fixture(scope="module", autouse=True)
def _declared() -> None:
    plants.load()


def made(fault: Any, **kills: str) -> Plant:
    """Make a plant of the accumulation chapter that is not entered in the register."""
    named = {name.replace("_", "-"): kind for name, kind in kills.items()}
    return Plant("made", "accumulation", "It is faulty.", "a test", named, fault)


def tried(fault: Any, **kills: str) -> Trial:
    (trial,) = trials([made(fault, **kills)])
    return trial


def no_gradient_is_kept(swap: Swap) -> None:
    swap(Tensor, "backward", lambda *_arguments, **_keywords: None)


def test_every_rule_of_the_proof_is_kept() -> None:
    proof = judge(trials(PLANTS.values()))
    wrong = [t for t in proof.trials if t.finding is not Finding.KILLED]

    assert wrong == []
    assert proof.unplanted == ()
    assert proof.strays == ()
    assert proof.holds


def test_the_engine_is_sound_again_after_every_plant() -> None:
    for planted in PLANTS.values():
        with planted.planted():
            pass
    engine = ReferenceEngine()
    verdicts = [run_clause(clause, engine) for clause in CASES.values() if not clause.is_law]

    assert [v.id for v in verdicts if v.outcome is not Outcome.PASSED] == []


def test_a_kill_is_the_clause_failing_with_the_kind() -> None:
    trial = tried(no_gradient_is_kept, acc_001="missing gradient")

    assert trial.finding is Finding.KILLED


def test_a_clause_that_fails_in_another_way_is_no_kill() -> None:
    trial = tried(no_gradient_is_kept, acc_001="value")

    assert trial.finding is Finding.WRONG_KIND


def test_a_crash_is_no_kill() -> None:
    def crash(swap: Swap) -> None:
        swap(Tensor, "backward", lambda *_: {}["nothing"])

    trial = tried(crash, acc_001="value")

    assert trial.finding is Finding.WRONG_KIND


def test_a_clause_that_stays_green_is_a_survivor() -> None:
    original = Tensor.backward

    def harmless(swap: Swap) -> None:
        swap(Tensor, "backward", original)

    trial = tried(harmless, acc_001="value")

    assert trial.finding is Finding.SURVIVED


def test_a_fault_that_never_takes_effect_is_void() -> None:
    def unused(swap: Swap) -> None:
        swap(Tensor, "register_hook", lambda *_: None)

    trial = tried(unused, acc_001="value")

    assert trial.finding is Finding.VOID


def test_a_clause_that_does_not_exist_is_void() -> None:
    trial = tried(no_gradient_is_kept, acc_999="value")

    assert trial.finding is Finding.VOID


def test_to_kill_a_table_is_to_kill_each_row() -> None:
    rows = CLAUSES["inp-054"].rows
    tried_on = [t.clause for t in trials([made(no_gradient_is_kept, inp_054="missing gradient")])]

    assert tried_on == [row.id for row in rows]


def test_a_sound_engine_that_fails_the_clause_is_void(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Tensor, "backward", lambda *_arguments, **_keywords: None)
    trial = tried(no_gradient_is_kept, acc_001="missing gradient")

    assert trial.finding is Finding.VOID


def test_no_trials_at_all_is_no_proof() -> None:
    assert not judge([]).holds


def test_a_clause_without_a_plant_is_named() -> None:
    proof = judge([], frozenset({"accumulation"}))

    assert "acc-001" in proof.unplanted


def test_a_plant_that_its_own_chapter_does_not_catch_is_a_stray() -> None:
    killed_elsewhere = Trial("accum_aliases", "bwd-001", "value", Finding.KILLED)
    proof = judge([killed_elsewhere], frozenset({"accumulation"}))

    assert "accum_aliases" in proof.strays


@pytest.fixture
def _register_restored() -> Iterator[None]:
    before = dict(PLANTS)
    yield
    PLANTS.clear()
    PLANTS.update(before)


@pytest.mark.usefixtures("_register_restored")
@pytest.mark.parametrize(
    ("kills", "modelled_on", "sentence", "message"),
    [
        ({}, "a bug", "It is faulty.", "needs a docstring"),
        ({"acc-001": "value"}, "", "It is faulty.", "needs a docstring"),
        ({"acc-001": "value"}, "a bug", "no sentence", "needs a docstring"),
        ({"acc-001": "TypeError"}, "a bug", "It is faulty.", "a crash is not a kill"),
    ],
)
def test_a_malformed_plant_is_refused(
    kills: dict[str, str], modelled_on: str, sentence: str, message: str
) -> None:
    def fault(_swap: Swap) -> None: ...

    fault.__doc__ = sentence

    with pytest.raises(MalformedPlant, match=message):
        plant(kills=kills, modelled_on=modelled_on)(fault)


def test_a_swap_is_undone_in_every_module_that_imported_the_function() -> None:
    from gradspec_reference.engine import backward, shapes  # noqa: PLC0415 - patched here

    original, swap = shapes.unbroadcast, Swap()
    swap(shapes, "unbroadcast", lambda *_: None)
    replaced = backward.unbroadcast is not original
    swap.undo()

    assert replaced
    assert backward.unbroadcast is shapes.unbroadcast is original
