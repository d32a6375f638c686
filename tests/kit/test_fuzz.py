"""Random programs: what is drawn, what is compared, what is shortened, and what is never lost."""

from __future__ import annotations

import json
import os
import signal
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from click.testing import CliRunner

from gradspec.catalogue.operators import CALLS
from gradspec.port.acts import ACTS
from gradspec.port.engine import Subject
from gradspec.program.steps import Ref, Step
from gradspec_conformance import plants
from gradspec_conformance.cli import main
from gradspec_conformance.engines.loading import load_engine
from gradspec_conformance.fuzz import campaign as campaigns
from gradspec_conformance.fuzz import corpus
from gradspec_conformance.fuzz.campaign import Plan, campaign
from gradspec_conformance.fuzz.causes import merged
from gradspec_conformance.fuzz.comparing import Difference, Likeness, likeness, nature_of
from gradspec_conformance.fuzz.generating import Drawn, Generator
from gradspec_conformance.fuzz.grammar.table import LEFT_OUT, ROWS
from gradspec_conformance.fuzz.judge import verdict
from gradspec_conformance.fuzz.lockstep import difference
from gradspec_conformance.fuzz.outcome import CONFORMANT, DIFFERENT, VOID, Outcome
from gradspec_conformance.fuzz.shrinking import shrunk
from gradspec_conformance.fuzz.sides import Refusal
from gradspec_conformance.fuzz.stated import known, stated
from gradspec_conformance.fuzz.storing import read, written
from gradspec_conformance.fuzz.work import Block, work
from gradspec_conformance.plants.finding import finding, sample
from gradspec_conformance.plants.plant import PLANTS

if TYPE_CHECKING:
    from pathlib import Path

ENOUGH = 50
"""How many programs are drawn by day."""


@pytest.fixture(scope="module")
def reference() -> Subject:
    return Subject.of(load_engine("reference"))


@pytest.fixture(scope="module")
def torch() -> Subject:
    pytest.importorskip("torch")
    return Subject.of(load_engine("torch"))


@pytest.fixture(scope="module")
def source(torch: Subject, reference: Subject) -> Generator:
    return Generator(torch, reference, least=3, most=10)


def test_every_act_is_in_the_grammar_or_it_is_said_why_not() -> None:
    drawn = {row.key for row in ROWS}
    assert drawn.isdisjoint(LEFT_OUT)
    assert drawn | LEFT_OUT.keys() == ACTS.keys()


def test_a_seed_gives_the_same_program_again(source: Generator) -> None:
    for seed in range(8):
        one, other = (json.dumps(written(source.program(seed).steps)) for _ in range(2))
        assert one == other


def test_the_reference_engine_does_what_torch_does(source: Generator) -> None:
    found = [source.program(seed) for seed in range(3_000_000, 3_000_000 + ENOUGH)]
    differences = [one for one in found if one.difference]
    assert [one for one in differences if not _is_stated(one, source)] == []


def _is_stated(drawn: Drawn, source: Generator) -> bool:
    assert drawn.difference is not None
    if stated(drawn.difference, source.engines):
        return True
    steps, found = shrunk(drawn.steps, drawn.difference, source.oracle, source.subject)
    return bool(known(steps, found, source.engines))


def test_an_engine_is_no_oracle_for_itself() -> None:
    asked = ["fuzz", "reference", "--oracle", "reference"]
    found = CliRunner().invoke(main, asked)
    assert found.exit_code == 2
    assert "share" in found.output


def test_a_program_comes_back_from_json(source: Generator) -> None:
    for seed in range(20):
        steps = written(source.program(seed).steps)
        again = read(json.loads(json.dumps(steps)))
        assert written(again) == steps


@pytest.mark.parametrize("name", ["accum_replaces", "accum_dtype", "accum_drops_history"])
def test_the_chapter_rand_finds_a_planted_fault(name: str, reference: Subject) -> None:
    plants.load()
    _, transcripts = corpus.load()
    with PLANTS[name].planted():
        found = (corpus.replay(one, reference) for one in transcripts)
        assert any(one.difference for one in found)


def test_a_planted_fault_is_found_and_shortened(source: Generator) -> None:
    plants.load()
    with PLANTS["accum_replaces"].planted():
        drawn = (source.program(seed) for seed in range(ENOUGH))
        one = next(d for d in drawn if d.difference and d.difference.observable == "grad")
        assert one.difference is not None
        small, found = shrunk(one.steps, one.difference, source.oracle, source.subject)
    assert found.observable == "grad"
    assert len(small) <= 6


def test_it_is_measured_after_how_many_programs_a_plant_is_found(source: Generator) -> None:
    plants.load()
    those = [PLANTS["accum_replaces"], PLANTS["thread_inherits_inference_mode"]]
    assert sample(3, 7) == sample(3, 7) != sample(3, 8)
    found, other = finding(source, those, ENOUGH)
    assert found.programs is not None
    assert found.programs <= ENOUGH
    assert found.data()["plant"] == "accum_replaces"
    assert (other.programs, other.tried) == (None, ENOUGH)


def test_transcripts_say_again_what_was_said(source: Generator, reference: Subject) -> None:
    transcripts = list(corpus.record(source, range(20)))
    assert transcripts
    for one in json.loads(json.dumps(transcripts)):
        assert corpus.replay(one, reference).difference is None


def test_what_differs_is_shortened_to_what_shows_it(torch: Subject, reference: Subject) -> None:
    oracle = torch
    x, y, z = Ref(0), Ref(1), Ref(2)
    steps = [
        Step("leaf", {"data": np.array([1.5, -0.5])}, x),
        Step("op:sin", {"x": x}, y),
        Step("op:cos", {"x": x}, z),
        Step("op:logical_not_", {"x": x}, Ref(3)),
    ]
    found = difference(steps, oracle, reference)
    assert found is not None
    small, found = shrunk(steps, found, oracle, reference)
    assert [step.act for step in small] == ["leaf", "op:logical_not_"]
    assert found.act == "op:logical_not_"


def test_numbers_are_alike_up_to_rounding_and_refusals_by_their_kinds() -> None:
    one = np.array([1.0, np.nan])
    assert likeness(one, one.copy()) is Likeness.SAME
    assert likeness(one, one + np.array([1e-12, 0.0])) is Likeness.ROUNDED
    assert likeness(one, one + 1.0) is Likeness.OTHER
    assert likeness(one, one.astype(np.float32)) is Likeness.OTHER
    error = RuntimeError("no")
    assert likeness(Refusal("graph-freed", error), Refusal(None, error)) is Likeness.SAME
    assert likeness(Refusal("graph-freed", error), Refusal("unused-input", error)) is Likeness.OTHER
    assert likeness(Refusal("graph-freed", error), None) is Likeness.OTHER
    assert likeness(True, 1) is Likeness.SAME or likeness(True, False) is Likeness.OTHER


def test_a_difference_has_a_nature() -> None:
    error = Refusal("graph-freed", RuntimeError("freed"))
    assert nature_of(Difference("op:sin", "value", np.ones(1), np.zeros(1))) == "value"
    assert nature_of(Difference("backward", "answer", error, None)) == "safety"
    assert nature_of(Difference("backward", "answer", None, error)) == "convention"
    shape = Refusal("operand-shape", ValueError("shape"))
    assert nature_of(Difference("op:mv", "answer", shape, None)) == "convention"
    assert nature_of(Difference("backward", "answer", shape, None)) == "safety"
    assert nature_of(Difference("op:sin", "get:is_leaf", True, False)) == "convention"


def test_what_torch_does_not_have_yet_is_stated_and_nobody_else_may_say_so() -> None:
    error = RuntimeError("Nested forward mode AD is not supported at the moment")
    refused = Difference("call", "answer", Refusal(None, error), None)
    other = Difference("call", "answer", Refusal(None, RuntimeError("no")), None)

    assert stated(refused, ("torch", "mine"))
    assert not stated(other, ("torch", "mine"))
    assert not stated(refused, ("reference", "mine"))
    assert not stated(refused, ("reference", "torch"))


def test_a_row_of_torchs_own_list_is_stated_of_the_calls_that_it_has() -> None:
    pytest.importorskip("torch")
    x, y, z = Ref(0), Ref(1), Ref(2)
    call = dict.fromkeys(CALLS["cosine_similarity_eps"].given, x)
    steps = [Step("op:cosine_similarity", call, z), Step("backward", {"root": z})]
    wrong = Difference("backward", "grad", np.ones(2), np.zeros(2), 0)
    assert "cosine_similarity_eps" in known(steps, wrong, ("torch", "mine"))
    assert not known(steps, wrong, ("reference", "mine"))
    steps[0] = Step("op:mul", {"x": x, "other": y}, z)
    assert not known(steps, wrong, ("torch", "mine"))


def test_a_write_to_a_cotangent_may_show_in_a_gradient_of_torchs() -> None:
    x, y, g = Ref(0), Ref(1), Ref(2)
    made = Step("grad", {"outputs": y, "inputs": [x], "grad_outputs": y}, (g,))
    wrong = Difference("op:exp_", "value", np.ones(2), np.zeros(2), 2)
    steps = [made, Step("op:exp_", {"x": y}, Ref(3))]
    assert known(steps, wrong, ("torch", "mine"))
    steps = [made, Step("op:exp_", {"x": x}, Ref(3))]
    assert not known(steps, wrong, ("torch", "mine"))


def test_strides_that_lead_nowhere_are_not_compared(torch: Subject, reference: Subject) -> None:
    steps = [
        Step("tensor", {"data": np.zeros((0,))}, Ref(0)),
        Step("get:strides", {"x": Ref(0)}),
    ]
    assert difference(steps, torch, reference) is None


def test_finite_differences_say_who_is_wrong(reference: Subject) -> None:
    steps = [
        Step("leaf", {"data": np.array([1.0, 2.0])}, Ref(0)),
        Step("op:mul", {"x": Ref(0), "other": Ref(0)}, Ref(1)),
        Step("op:sum", {"x": Ref(1)}, Ref(2)),
        Step("backward", {"root": Ref(2)}),
    ]
    wrong = Difference("backward", "grad", np.array([2.0, 4.0]), np.array([1.0, 2.0]), 0)
    assert verdict(steps, wrong, reference) == "finite differences agree with the oracle"
    right = Difference("backward", "grad", np.array([1.0, 2.0]), np.array([2.0, 4.0]), 0)
    assert verdict(steps, right, reference) == "finite differences agree with the subject"


def _plan(programs: int, size: int = 10) -> Plan:
    pytest.importorskip("torch")
    return Plan("torch", "reference", 0, programs, 3, 8, size=size)


def test_finished_blocks_are_not_done_again(tmp_path: Path, monkeypatch: Any) -> None:
    kept = tmp_path / "blocks.jsonl"
    first = [block["first"] for block in campaign(_plan(20), 0, kept)]
    assert first == [0, 10]
    kept.write_text(kept.read_text() + '{"oracle": "cut off')
    done: list[int] = []

    def noted(block: Block) -> dict[str, Any]:
        done.append(block.first)
        return work(block)

    monkeypatch.setattr(campaigns, "work", noted)
    assert [block["first"] for block in campaign(_plan(30), 0, kept)] == [0, 10, 20]
    assert done == [20]


def test_a_killed_worker_costs_one_program(tmp_path: Path) -> None:
    kept = tmp_path / "blocks.jsonl"
    plan, killed, blocks = _plan(60, size=20), False, []
    for block in campaign(plan, 1, kept):
        blocks.append(block)
        if not killed:
            killed = True
            for process in campaigns.multiprocessing.active_children():
                os.kill(process.pid or 0, signal.SIGKILL)
    assert sorted(block["first"] for block in blocks) == [0, 20, 40]
    outcome = Outcome(plan, blocks, frozenset(), 1.0)
    assert len(outcome.crashed) <= 1
    assert outcome.programs == 60 - len(outcome.crashed)


def test_a_scheduler_does_blocks_again_whose_worker_was_killed() -> None:
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1) as cluster:
        blocks = []
        for block in campaign(_plan(80, size=10), 0, None, cluster.scheduler_address):
            blocks.append(block["first"])
            if len(blocks) == 1:
                os.kill(next(iter(cluster.workers.values())).pid, signal.SIGKILL)
    assert sorted(blocks) == list(range(0, 80, 10))


def _outcome(**more: Any) -> Outcome:
    block = {"count": 5000, "without": (), "tried": {}, "succeeded": {}, "stated": {}}
    return Outcome(_plan(5000), [block | {"causes": []} | more], frozenset({"op:sin"}), 1.0)


def test_a_campaign_in_which_an_act_never_succeeded_is_void() -> None:
    assert _outcome(tried={"op:sin": 9}).status("full") == VOID
    everything = {row.key: 1 for row in ROWS}
    done = _outcome(tried=everything, succeeded=everything)
    assert (done.never, done.status("full")) == ([], CONFORMANT)


def test_the_nature_of_what_differs_decides_the_status() -> None:
    cause = {"key": ["a", "b", "c", "d"], "count": 1, "seeds": [1], "steps": [], "told": {}}
    everything = {row.key: 1 for row in ROWS}
    for nature, sound in (("value", DIFFERENT), ("safety", DIFFERENT), ("convention", CONFORMANT)):
        found = _outcome(
            tried=everything, succeeded=everything, causes=[cause | {"nature": nature}]
        )
        assert (found.status("full"), found.status("sound")) == (DIFFERENT, sound)


def test_what_blocks_found_is_put_together() -> None:
    one = {"key": ["a", "b", "c", "d"], "nature": "convention", "count": 2, "seeds": [4]}
    long, short = [{"act": "leaf"}, {"act": "leaf"}], [{"act": "leaf"}]
    found = merged([one | {"steps": s, "told": {}} for s in (long, short)])
    assert [(cause.count, cause.length) for cause in found] == [(4, 1)]


def test_the_chapter_rand_holds_an_engine_without_torch(reference: Subject) -> None:
    about, transcripts = corpus.load()
    assert len(transcripts) == about["programs"] >= 2000
    found = [corpus.replay(one, reference) for one in transcripts[::10]]
    assert [one.seed for one in found if one.difference or one.lacking] == []


def test_the_command_writes_a_report(tmp_path: Path) -> None:
    place = tmp_path / "report.json"
    pytest.importorskip("torch")
    asked = ["fuzz", "reference", "--programs", "20", "--steps", "3:6", "-n", "0"]
    found = CliRunner().invoke(main, [*asked, "--json", str(place)])
    report = json.loads(place.read_text())
    assert "20 programs, reference against torch" in found.output
    assert report["programs"] == 20
    assert found.exit_code == (DIFFERENT if report["causes"] else CONFORMANT)


def test_replaying_one_block() -> None:
    found = CliRunner().invoke(main, ["replay", "reference", "--block", "0"])
    assert found.exit_code == 0, found.output
    assert "50 of 50 programs" in found.output
