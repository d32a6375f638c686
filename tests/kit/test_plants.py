"""The proof itself can fail: each of its rules is shown to bite."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any, Final

import pytest
from chosen_cases import SOME
from click.testing import CliRunner

import gradspec_reference
from gradspec import CASES, CLAUSES
from gradspec_conformance import plants
from gradspec_conformance.adapters.reference import ReferenceEngine
from gradspec_conformance.cli import main
from gradspec_conformance.cli import plants as command_of_plants
from gradspec_conformance.exceptions import MalformedPlant
from gradspec_conformance.execution.execute import run_clause
from gradspec_conformance.execution.verdict import Outcome
from gradspec_conformance.plants import kills, measuring, reach
from gradspec_conformance.plants.journal import Journal, digest
from gradspec_conformance.plants.places import assigning, at, kernel, reading, rule
from gradspec_conformance.plants.plant import PLANTS, Plant, after, before, compound, plant
from gradspec_conformance.plants.proof import Fate, Trial, judge_proof, meant, trials
from gradspec_conformance.plants.swap import Swap

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Tensor = gradspec_reference.Tensor
BACKWARD = at(Tensor, "backward")


@pytest.fixture(scope="module", autouse=True)
def _declared() -> None:
    plants.load()


def made(put: Any, **named: str) -> Plant:
    """Make a plant that is not entered in the register."""
    named = {name.replace("_", "-"): kind for name, kind in named.items()}
    return Plant("made", "walk", "It is faulty.", "a test", named, put)


def tried(put: Any, **named: str) -> Trial:
    (trial,) = trials([made(put, **named)])
    return trial


def no_gradient_is_kept(swap: Swap) -> None:
    swap(BACKWARD, lambda *_arguments, **_keywords: None)


# the rules of the proof -----------------------------------------------------------------
EVERY: Final = 50
"""One plant in so many is tried here: `gradspec plants`, which is the proof, tries them all."""


def test_every_rule_of_the_proof_is_kept() -> None:
    some = [*PLANTS.values()][::EVERY]
    proof = judge_proof(trials(some), PLANTS, kills.read_kills(), CASES)

    assert [t for t in proof.trials if t.fate is not Fate.KILLED] == []
    assert proof.unplanted == ()
    assert proof.unmeasured == ()
    assert proof.stale == ()
    assert proof.alike == ()
    assert proof.holds


def test_the_engine_is_sound_again_after_every_plant() -> None:
    for planted in PLANTS.values():
        with planted.planted():
            pass
    engine = ReferenceEngine()
    verdicts = [run_clause(clause, engine) for clause in SOME.values() if not clause.is_law]

    assert [v.id for v in verdicts if v.outcome is not Outcome.PASSED] == []


def test_a_kill_is_the_clause_failing_with_the_kind() -> None:
    trial = tried(no_gradient_is_kept, acc_001="missing gradient")

    assert trial.fate is Fate.KILLED


def test_a_clause_that_fails_in_another_way_is_no_kill() -> None:
    trial = tried(no_gradient_is_kept, acc_001="value")

    assert trial.fate is Fate.WRONG_KIND


def test_a_crash_is_no_kill() -> None:
    trial = tried(lambda swap: swap(BACKWARD, lambda *_: {}["nothing"]), acc_001="value")

    assert trial.fate is Fate.WRONG_KIND


def test_a_clause_that_stays_green_is_a_survivor() -> None:
    harmless = lambda sound, *given, **named: sound(*given, **named)  # noqa: E731
    trial = tried(lambda swap: swap(BACKWARD, harmless), acc_001="value")

    assert trial.fate is Fate.SURVIVED


def test_a_fault_that_never_takes_effect_is_void() -> None:
    trial = tried(lambda swap: swap(at(Tensor, "register_hook"), lambda *_: None), acc_001="value")

    assert trial.fate is Fate.VOID


def test_a_clause_that_does_not_exist_is_void() -> None:
    trial = tried(no_gradient_is_kept, acc_999="value")

    assert trial.fate is Fate.VOID


def test_to_kill_a_table_is_to_kill_each_row() -> None:
    rows = CLAUSES["inp-046"].rows
    tried_on = [t.clause for t in trials([made(no_gradient_is_kept, inp_046="missing gradient")])]

    assert tried_on == [row.id for row in rows]


def test_a_sound_engine_that_fails_the_clause_is_void(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Tensor, "backward", lambda *_arguments, **_keywords: None)
    trial = tried(no_gradient_is_kept, acc_001="missing gradient")

    assert trial.fate is Fate.VOID


def test_no_trials_at_all_is_no_proof() -> None:
    assert not judge_proof([], {}, {}).holds


KILLED = Trial("made", "acc-001", "missing gradient", Fate.KILLED)
KNOWN = {"made": {"acc-001": "missing gradient"}}


def judged(known: kills.Kills, *wanted: str, others: tuple[Plant, ...] = ()) -> Any:
    mine = made(no_gradient_is_kept, acc_001="missing gradient")
    return judge_proof([KILLED], {p.name: p for p in (mine, *others)}, known, wanted)


def test_a_proof_of_which_every_rule_is_kept_holds() -> None:
    assert judged(KNOWN, "acc-001").holds


def test_a_clause_without_a_plant_is_named() -> None:
    proof = judged(KNOWN, "acc-001", "acc-002")

    assert proof.unplanted == ("acc-002",)
    assert not proof.holds


def test_a_clause_that_only_crashes_is_without_a_plant() -> None:
    known = {"made": {"acc-001": "missing gradient", "acc-002": kills.CRASH}}

    assert judged(known, "acc-002").unplanted == ("acc-002",)


def test_a_plant_whose_named_kill_was_not_measured_is_named() -> None:
    proof = judged({"made": {"acc-001": "value"}})

    assert proof.unmeasured == ("made",)
    assert not proof.holds


def test_a_line_about_a_plant_that_is_no_more_is_stale() -> None:
    proof = judged(KNOWN | {"gone": {"acc-001": "value"}})

    assert proof.stale == ("gone acc-001",)
    assert not proof.holds


def test_a_line_about_a_clause_that_is_no_more_is_stale() -> None:
    proof = judged({"made": {"acc-001": "missing gradient", "acc-999": "value"}})

    assert proof.stale == ("made acc-999",)


def test_plants_that_no_clause_tells_apart_are_named_together() -> None:
    other = Plant("other", "walk", "It is.", "a test", KNOWN["made"], no_gradient_is_kept)
    proof = judged(KNOWN | {"other": KNOWN["made"]}, others=(other,))

    assert proof.alike == (("made", "other"),)
    assert not proof.holds


@pytest.mark.parametrize("more", [{}, {"acc-002": kills.CRASH}], ids=["a_kind", "a_crash"])
def test_neither_a_kind_nor_a_crash_tells_plants_apart(more: dict[str, str]) -> None:
    found = {"acc-001": "value"} | more
    other = Plant("other", "walk", "It is.", "a test", {"acc-001": "value"}, no_gradient_is_kept)

    assert judged(KNOWN | {"other": found}, others=(other,)).alike == (("made", "other"),)


def test_plants_of_a_sweep_may_be_alike() -> None:
    other = Plant("other", "walk", "It is.", "a", KNOWN["made"], no_gradient_is_kept, sweep=True)

    assert judged(KNOWN | {"other": KNOWN["made"]}, others=(other,)).alike == ()


# how a plant is declared ----------------------------------------------------------------
@pytest.fixture
def _register_restored() -> Iterator[None]:
    before = dict(PLANTS)
    yield
    PLANTS.clear()
    PLANTS.update(before)


@pytest.mark.usefixtures("_register_restored")
@pytest.mark.parametrize(
    ("named", "modelled_on", "sentence", "message"),
    [
        ("", "a bug", "It is faulty.", "not of the form"),
        ("acc-001", "a bug", "It is faulty.", "not of the form"),
        ("value: acc-001; acc-002", "a bug", "It is faulty.", "' acc-002' are not of the form"),
        ("value: acc-001", "", "It is faulty.", "needs a docstring"),
        ("value: acc-001", "a bug", "no sentence", "needs a docstring"),
        ("TypeError: acc-001", "a bug", "It is faulty.", "a crash is not a kill"),
        ("value: a b; no error: c", "a bug", "It is faulty.", "names 3 clauses"),
    ],
)
def test_a_malformed_plant_is_refused(
    named: str, modelled_on: str, sentence: str, message: str
) -> None:
    def fault(_swap: Swap) -> None: ...

    fault.__doc__ = sentence
    fault.__module__ = "gradspec_conformance.plants.walk.order"

    with pytest.raises(MalformedPlant, match=message):
        compound(named, modelled_on)(fault)


@pytest.mark.usefixtures("_register_restored")
def test_a_plant_of_no_part_is_refused() -> None:
    def fault(_swap: Swap) -> None:
        """It is faulty."""

    with pytest.raises(MalformedPlant, match="no part of the engine"):
        compound("value: acc-001", "a bug")(fault)


@pytest.mark.usefixtures("_register_restored")
def test_a_plant_declared_twice_is_refused() -> None:
    def fault(*_: Any) -> None:
        """It is faulty."""

    fault.__module__ = "gradspec_conformance.plants.walk.order"
    declare = plant(BACKWARD, "value: acc-001", "a bug")
    declare(fault)

    with pytest.raises(MalformedPlant, match="declared twice"):
        declare(fault)


# what runs when -------------------------------------------------------------------------
DETACH = at(Tensor, "detach")


def planted(declare: Any, fault: Any) -> Any:
    """Declare a plant, and tell what detach() of a variable gives while it is planted."""
    fault.__doc__, fault.__module__ = "It is faulty.", "gradspec_conformance.plants.walk.order"
    made = declare(fault)
    with made.planted():
        return gradspec_reference.tensor(2.0, requires_grad=True).detach()


@pytest.mark.usefixtures("_register_restored")
def test_a_plant_is_handed_the_sound_function() -> None:
    given = planted(plant(DETACH, "value: acc-001", "a bug"), lambda sound, x: (sound(x), x))

    assert [one.requires_grad for one in given] == [False, True]


@pytest.mark.usefixtures("_register_restored")
def test_a_fault_before_the_sound_function_gives_nothing_back() -> None:
    seen: list[Any] = []
    given = planted(before(DETACH, "value: acc-001", "a bug"), lambda x: seen.append(x) or "lost")

    assert [one.requires_grad for one in seen] == [True]
    assert not given.requires_grad


@pytest.mark.usefixtures("_register_restored")
def test_a_fault_behind_the_sound_function_changes_what_was_made() -> None:
    def flag(made: Any, _tensor: Any) -> None:
        made.requires_grad_()

    assert planted(after(DETACH, "value: acc-001", "a bug"), flag).requires_grad


@pytest.mark.usefixtures("_register_restored")
def test_what_a_fault_remembers_is_made_anew_whenever_it_is_planted() -> None:
    def fault(memory: list[Any], _sound: Any, tensor: Any) -> Any:
        """It is faulty."""
        memory.append(tensor)
        return len(memory)

    fault.__module__ = "gradspec_conformance.plants.walk.order"
    remembering = plant(DETACH, "value: acc-001", "a bug", memory=list)(fault)
    tensor = gradspec_reference.tensor(2.0)
    counts: list[Any] = []
    for _ in range(2):
        with remembering.planted():
            counts += [tensor.detach(), tensor.detach()]

    assert counts == [1, 2, 1, 2]


def test_a_compound_says_what_runs_in_each_place() -> None:
    order: list[str] = []
    with Swap() as swap:
        swap.before(DETACH)(lambda _: order.append("first"))
        swap.after(at(Tensor, "numpy"))(lambda *_: order.append("then"))
        swap.into(at(Tensor, "item"))(lambda *_: order.append("instead"))
        tensor = gradspec_reference.tensor(2.0)
        found = tensor.detach().numpy(), tensor.item()

    assert order == ["first", "then", "instead"]
    assert found == (2.0, None)


# places ---------------------------------------------------------------------------------
def test_a_function_is_replaced_in_every_module_that_imported_it() -> None:
    from gradspec_reference.engine import backward, shapes  # noqa: PLC0415 - patched here

    original = shapes.unbroadcast
    with Swap() as swap:
        swap(at(shapes, "unbroadcast"), lambda *_: None)
        replaced = backward.unbroadcast is not original

    assert replaced
    assert backward.unbroadcast is shapes.unbroadcast is original


def test_a_fault_is_handed_what_is_sound() -> None:
    x = gradspec_reference.tensor([1.0, 2.0])
    with Swap() as swap:
        swap(kernel("neg"), lambda sound, *given: sound(*given) * 2.0)
        doubled = (-x).tolist()

    assert doubled == [-2.0, -4.0]
    assert (-x).tolist() == [-1.0, -2.0]
    assert swap.ran == 1


def test_a_rule_is_replaced_for_one_operand_only() -> None:
    def slopes() -> list[float]:
        x, y = (gradspec_reference.tensor(v, requires_grad=True) for v in (3.0, 5.0))
        (x * y).backward()
        return [x.grad.item(), y.grad.item()]

    with Swap() as swap:
        swap(rule("mul", "other"), lambda sound, *given: -sound(*given))
        faulty = slopes()

    assert faulty == [5.0, -3.0]
    assert slopes() == [5.0, 3.0]


def test_reading_and_assigning_an_attribute_are_places_of_their_own() -> None:
    x = gradspec_reference.tensor(1.0, requires_grad=True)
    with Swap() as swap:
        swap(reading("grad"), lambda _sound, _tensor: "read")
        swap(assigning("grad"), lambda _sound, _tensor, _value: None)
        x.grad = gradspec_reference.tensor(2.0)
        found = x.grad

    assert found == "read"
    assert x.grad is None


# kills.txt ------------------------------------------------------------------------------
def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    many = {f"acc-{n:03}": "value" for n in range(60)}
    measured = {"b": many, "a": {"acc-001": "missing gradient", "acc-002": "value"}}
    kills.write(measured, tmp_path / "kills.txt")

    assert kills.read_kills(tmp_path / "kills.txt") == measured
    assert max(map(len, (tmp_path / "kills.txt").read_text().splitlines())) <= kills.WIDTH


def test_a_line_that_tells_nothing_is_refused(tmp_path: Path) -> None:
    place = tmp_path / "kills.txt"
    place.write_text("accum_replaces\n")

    with pytest.raises(MalformedPlant, match="accum_replaces"):
        kills.read_kills(place)


def measure(put: Any, *clauses: str) -> dict[str, str]:
    fault = made(put, acc_001="value")
    ((_, found),) = measuring.measured([fault], {"made": clauses})
    return found


def test_measuring_tells_the_kind_of_each_failure() -> None:
    found = measure(no_gradient_is_kept, "acc-001", "leaf-001")

    assert found == {"acc-001": "missing gradient"}


def test_an_engine_that_dies_costs_the_clause_on_which_it_died() -> None:
    dying = lambda swap: swap(BACKWARD, lambda *_given, **_named: os.abort())  # noqa: E731

    assert measure(dying, "leaf-001", "acc-001", "leaf-010/a_computed_constant", "acc-002") == {
        "acc-001": kills.CRASH,
        "acc-002": kills.CRASH,
    }


def test_an_engine_that_never_ends_is_cut_short(monkeypatch: pytest.MonkeyPatch) -> None:
    def endless(*_given: Any, **_named: Any) -> None:
        while True:
            pass

    monkeypatch.setattr(measuring, "PATIENCE", 0.05)

    assert measure(lambda swap: swap(BACKWARD, endless), "acc-001") == {"acc-001": kills.CRASH}


def put_sine(swap: Swap) -> None:
    swap(rule("sin", "self"), lambda _sound, _xp, g, _x: g)


def put_data(swap: Swap) -> None:
    swap.data(Tensor, "nothing_of_the_kind", 1)


def test_a_fault_is_measured_against_the_clauses_that_reach_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    few = ("acc-001", "bwd-202/the_sine_of_a_square", "leaf-001")
    monkeypatch.setattr(reach, "CASES", {identifier: CASES[identifier] for identifier in few})
    named = {"bwd-202/the_sine_of_a_square": "value"}
    seen = Plant("seen", "rules", "It is.", "a test", named, put_sine)
    hidden = Plant("hidden", "rules", "It is.", "a test", named, put_data)

    assert reach.reached([seen, hidden]) == {
        "seen": ["bwd-202/the_sine_of_a_square"],
        "hidden": list(few),
    }


def test_an_interrupted_measurement_goes_on_where_it_was(tmp_path: Path) -> None:
    Journal(tmp_path).add("a", {"acc-001": "value"})
    half = next(tmp_path.iterdir())
    half.write_text(half.read_text() + '["b", {"acc')

    assert Journal(tmp_path).read() == {"a": {"acc-001": "value"}}


@pytest.mark.parametrize("name", ["engine.py", "adapters/torch.toml", "edition.jsonl"])
def test_what_a_verdict_depends_on_makes_a_new_journal(tmp_path: Path, name: str) -> None:
    place = tmp_path / name
    place.parent.mkdir(exist_ok=True)
    place.write_text("one")
    before = digest([tmp_path])
    place.write_text("two")

    assert digest([tmp_path]) != before


def test_what_was_measured_makes_no_new_journal(tmp_path: Path) -> None:
    before = digest([tmp_path])
    (tmp_path / "kills.txt").write_text("a: value: acc-001")

    assert digest([tmp_path]) == before


def test_a_finished_measurement_leaves_nothing_behind(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.add("a", {})
    journal.end()

    assert list(tmp_path.iterdir()) == []


# the command ----------------------------------------------------------------------------
def test_the_command_tries_the_plants_that_are_named() -> None:
    result = CliRunner().invoke(main, ["plants", "accum_replaces"])

    assert result.exit_code == 0, result.output
    assert "accum_replaces" in result.output
    assert "1 plants" in result.output


def test_the_command_finds_the_plants_that_a_clause_names() -> None:
    result = CliRunner().invoke(main, ["plants", "acc-001", "--json"])

    assert result.exit_code == 0, result.output
    assert '"clause": "acc-001"' in result.output


@pytest.mark.parametrize("name", ["inp-042", "inp-042/select", "leaf-001b", "leaf-002"])
def test_the_command_finds_the_plants_that_turn_a_clause_red(name: str) -> None:
    result = CliRunner().invoke(main, ["plants", name, "--json"])
    trials = json.loads(result.output)["trials"]

    assert result.exit_code == 0
    assert {t["clause"] for t in trials} == set(meant(name))
    assert {t["fate"] for t in trials} == {Fate.KILLED}


def test_a_clause_that_no_plant_turns_red_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    unheard = {name: plant for name, plant in PLANTS.items() if "acc-001" not in plant.kills}
    monkeypatch.setattr(command_of_plants, "PLANTS", unheard)
    monkeypatch.setattr(kills, "read_kills", dict)
    result = CliRunner().invoke(main, ["plants", "acc-001"])

    assert result.exit_code == 1
    assert result.output == "gradspec: no plant turns acc-001 red\n"


@pytest.mark.parametrize(
    "arguments", [["--measure", "-n", "0"], ["--measure", "-n", "-1"], ["--measure", "--json"]]
)
def test_what_cannot_be_measured_is_wrong_usage(arguments: list[str]) -> None:
    result = CliRunner().invoke(main, ["plants", *arguments, "accum_replaces"])

    assert result.exit_code == 2


def test_a_misspelt_plant_is_wrong_usage() -> None:
    result = CliRunner().invoke(main, ["plants", "accum_replace"])

    assert result.exit_code == 2
    assert "accum_replaces" in result.output


def test_an_unknown_part_is_wrong_usage() -> None:
    result = CliRunner().invoke(main, ["plants", "--part", "chapters"])

    assert result.exit_code == 2
    assert "leaves" in result.output
