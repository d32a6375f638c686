"""An operator that is added is one row in the catalogue and one in the engine, and nothing else."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = (
    *("spec/gradspec", "conformance/gradspec_conformance"),
    "reference_impl/gradspec_reference",
)
IN_THE_CATALOGUE = """
TRIAL = two(
    "trial(x, other, *, scale=1.0)",
    lambda x, other, scale=1.0: np.sin(x) * np.exp(scale * other),
    ANALYTIC,
    array=on(2, 3, other=of(2, 3)),
    scaled=on(other=of(), scale=-0.5),
    broadcast=on(3, 1, other=of(4), scale=2.0),
    keeps="x other result",
)
ROWS = (*ROWS, TRIAL)
"""
IN_THE_ENGINE = """
ROWS = (
    *ROWS,
    binary(
        "trial",
        kernel=lambda x, y, scale: np.sin(x) * np.exp(scale * y),
        params="scale",
        options={"scale": 1.0},
        saves={"self": "self other", "other": "result"},
        vjp=both(
            lambda xp, g, x, y, _result, scale: g * xp.cos(x) * xp.exp(y * scale),
            lambda _xp, g, _x, _y, result, scale: g * result * scale,
        ),
        floating=True,
    ),
)
"""
PROGRAM = """
import json
from gradspec.chapters import load
from gradspec.catalogue.operators import OPERATORS
from gradspec.port.abilities import WORDS
from gradspec.writing.clause import CASES
from gradspec_conformance import plants
from gradspec_conformance.plants.plant import PLANTS
from gradspec_conformance.plants.proof import named_kills, run_alone, run_trials
from gradspec_reference.operators import OPERATORS as ENGINE

load()
plants.load()
facets, verdicts = {}, {}
for name in ("trial", SIBLING):
    rows = {OPERATORS[name].named(call) for call in OPERATORS[name].calls} | {name}
    facets[name] = sorted({i.split("/")[0] for i in CASES if i.partition("/")[2] in rows})
    if name == "trial":
        ran = {i: run_alone(i) for i in CASES if i.partition("/")[2] in rows}
        verdicts = {i: [verdict.outcome, verdict.message] for i, verdict in ran.items()}
swept = [p for n, p in PLANTS.items() if p.sweep and n.startswith("trial_")]
wanted = [(p, i, kind) for p in swept for i, kind in named_kills(p).items()]
trials = [[t.plant, t.clause, t.fate, t.detail] for t in run_trials(wanted)]
print(json.dumps([facets, verdicts, trials, "op:trial" in WORDS]))
"""
SIBLING = "atan2"
"""A smooth function of two operands, which is in the catalogue."""


def appended(file: Path, text: str) -> None:
    file.write_text(file.read_text() + text)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Any:
    house = tmp_path_factory.mktemp("house")
    for room in ROOMS:
        shutil.copytree(ROOT / room, house / room, ignore=shutil.ignore_patterns("__pycache__"))
    appended(house / "spec/gradspec/catalogue/pairs.py", IN_THE_CATALOGUE)
    appended(house / "reference_impl/gradspec_reference/operators/pairs.py", IN_THE_ENGINE)
    path = os.pathsep.join(str((house / room).parent) for room in ROOMS)
    made = subprocess.run(
        [sys.executable, "-c", PROGRAM.replace("SIBLING", repr(SIBLING))],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr[-2000:]
    return json.loads(made.stdout)


def test_it_is_asked_by_every_facet_that_its_smoothness_has(found: Any) -> None:
    facets, _, _, _ = found
    of_a_form_in_place = {"op-208", "op-209"}
    of_stated_points = {"op-204", "op-205", "op-210", "op-250", "op-251", "op-252"}

    of_every_operator = {facet for facet in facets[SIBLING] if facet.startswith("op-")}
    assert of_every_operator - of_a_form_in_place - of_stated_points <= set(facets["trial"])


def test_the_engine_passes_all_of_them(found: Any) -> None:
    _, verdicts, _, _ = found

    assert len(verdicts) > 20
    assert {i: said for i, (outcome, said) in verdicts.items() if outcome != "passed"} == {}


def test_a_fault_in_its_kernel_and_its_rules_turns_red(found: Any) -> None:
    _, _, trials, _ = found
    kinds = {plant.removeprefix("trial_") for plant, *_ in trials}

    assert {"is_wrong", "loses_its_sign", "is_cut_short", "is_lost_alone", "widens"} <= kinds
    assert [trial for trial in trials if trial[2] != "killed"] == []


def test_an_engine_declares_it_with_a_word_of_its_own(found: Any) -> None:
    *_, has_a_word = found

    assert has_a_word
