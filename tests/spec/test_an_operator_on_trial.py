"""An operator that is added is one row in the catalogue and one in the engine, and nothing else.

Three are: of two operands; of one, with an option, and in place; and one of `special`.
"""

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
TRIALS = (
    two(
        "trial(x, other)",
        lambda x, other: np.sin(x) * np.exp(other),
        ANALYTIC,
        array=on(2, 3, other=of(2, 3)),
        keeps="x other result",
    ),
    row(
        "trial_wave(x, pace=1.0)",
        *(lambda x, pace=1.0: np.sin(pace * x), ANALYTIC, on()),
        array=on(2, 3),
        slow=on(2, 3, pace=0.5),
        method=True,
        has_inplace=True,
    ),
    row(
        "trial_bell(x)",
        *(lambda x: np.exp(-x * x), ANALYTIC, on()),
        array=on(2, 3),
        torch="torch.special.trial_bell($x)",
        keeps="x result",
    ),
)
ROWS = (*ROWS, *TRIALS)
"""
IN_THE_ENGINE = """
ROWS = (
    *ROWS,
    binary(
        "trial",
        kernel=lambda x, y: np.sin(x) * np.exp(y),
        saves={"self": "self other", "other": "result"},
        vjp=both(
            lambda xp, g, x, y, _result: g * xp.cos(x) * xp.exp(y),
            lambda _xp, g, _x, _y, result: g * result,
        ),
        floating=True,
    ),
    Operator(
        "trial_wave",
        kernel=lambda x, pace: np.sin(pace * x),
        params="pace=1.0",
        saves="self",
        vjp={"self": lambda xp, g, x, pace: g * pace * xp.cos(x * pace)},
        floating=True,
    ),
    Operator(
        "trial_bell",
        kernel=lambda x: np.exp(-x * x),
        saves="self result",
        vjp={"self": lambda _xp, g, x, result: g * -2 * x * result},
        floating=True,
    ),
)
"""
NAMES = ("trial", "trial_wave", "trial_wave_", "trial_bell")
PROGRAM = """
import json
from gradspec.chapters import load
from gradspec.catalogue.operators import OPERATORS
from gradspec.port.abilities import WORDS
from gradspec.writing.clause import CASES
from gradspec_conformance import plants
from gradspec_conformance.plants.plant import PLANTS
from gradspec_conformance.plants.proof import named_kills, run_alone, run_trials
import gradspec_reference as torch

load()
plants.load()
facets, verdicts = {}, {}
for name in (*NAMES, *SIBLINGS):
    rows = {OPERATORS[name].named(call) for call in OPERATORS[name].calls} | {name}
    facets[name] = sorted({i.split("/")[0] for i in CASES if i.partition("/")[2] in rows})
    if name in NAMES:
        ran = {i: run_alone(i) for i in CASES if i.partition("/")[2] in rows}
        verdicts |= {i: [verdict.outcome, verdict.message] for i, verdict in ran.items()}
swept = [p for n, p in PLANTS.items() if p.sweep and n.startswith("trial")]
wanted = [(p, i, kind) for p in swept for i, kind in named_kills(p).items()]
trials = [[t.plant, t.clause, t.fate, t.detail] for t in run_trials(wanted)]
words = [f"op:{name}" in WORDS for name in NAMES]
x, y = torch.tensor([0.5, 1.0]), torch.tensor([0.25, 2.0])
called = [
    [torch.trial(x, y), x.trial(y), torch.trial(input=x, other=y)],
    [torch.trial_wave(x, 0.5), x.trial_wave(pace=0.5), x.clone().trial_wave_(0.5)],
    [torch.special.trial_bell(x), torch.trial_bell(x), x.trial_bell(), x.clone().trial_bell_()],
]
print(json.dumps([facets, verdicts, trials, words, [[t.tolist() for t in c] for c in called]]))
"""
SIBLING = "atan2"
"""A smooth function of two operands, which is in the catalogue."""

SIBLING_IN_PLACE = "sin_"
"""A smooth function of one, in place."""


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
    siblings = repr((SIBLING, SIBLING_IN_PLACE))
    program = PROGRAM.replace("SIBLINGS", siblings).replace("NAMES", repr(NAMES))
    made = subprocess.run(
        [
            sys.executable,
            "-c",
            program,
        ],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr[-2000:]
    return json.loads(made.stdout)


def asking(facets: Any, name: str) -> set[str]:
    return {facet for facet in facets[name] if facet.startswith("op-")}


OF_STATED_POINTS = {"op-204", "op-205", "op-210", "op-250", "op-251", "op-252"}
OF_SEVERAL_OPERANDS = {
    *(
        "op-050",
        "op-051",
        "op-100",
        "op-221",
        "op-222",
        "op-242",
        "op-243",
        "op-270",
        "op-271",
        "op-282",
        "op-249",
    ),
}


def test_it_is_asked_by_every_facet_that_its_smoothness_has(found: Any) -> None:
    facets, *_ = found
    of_every_operator = asking(facets, SIBLING) - {"op-208", "op-209"} - OF_STATED_POINTS

    assert of_every_operator <= asking(facets, "trial")
    for name in ("trial_wave", "trial_bell"):
        assert of_every_operator - OF_SEVERAL_OPERANDS <= asking(facets, name)


def test_so_is_its_form_in_place(found: Any) -> None:
    facets, *_ = found
    of_every_form = asking(facets, SIBLING_IN_PLACE)

    assert {"op-208", "op-209", "op-220", "op-234", "op-240", "op-244", "op-245"} <= of_every_form
    assert of_every_form <= asking(facets, "trial_wave_")


def test_the_engine_passes_all_of_them(found: Any) -> None:
    _, verdicts, *_ = found

    assert len(verdicts) > 60
    assert {i: said for i, (outcome, said) in verdicts.items() if outcome != "passed"} == {}


def test_a_fault_in_its_kernel_and_its_rules_turns_red(found: Any) -> None:
    _, _, trials, *_ = found
    planted = {plant for plant, *_ in trials}
    kinds = ("is_wrong", "loses_its_sign", "is_cut_short", "widens")

    assert {f"{name}_{kind}" for name in NAMES if name[-1] != "_" for kind in kinds} <= planted
    assert "trial_is_lost_alone" in planted
    assert [trial for trial in trials if trial[2] != "killed"] == []


def test_an_engine_declares_it_with_a_word_of_its_own(found: Any) -> None:
    _, _, _, has_a_word, _ = found

    assert has_a_word == [True] * len(NAMES)


def test_it_is_a_function_of_the_engine_and_a_method_and_special(found: Any) -> None:
    *_, called = found

    assert [[value == values[0] for value in values] for values in called] == [
        [True] * len(values) for values in called
    ]
