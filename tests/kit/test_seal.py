"""Whoever judges stays who they were, whatever an engine puts in their place."""

from __future__ import annotations

import importlib
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from gradspec.judging import comparison
from gradspec.judging.comparison import COMPARISONS
from gradspec.program import answers
from gradspec.program.recorder import Recorder
from gradspec_conformance.execution.verdict import Kind, Outcome, Verdict
from gradspec_conformance.isolation.seal import Seal

if TYPE_CHECKING:
    from collections.abc import Iterator

PASSED = Verdict("acc-001", Outcome.PASSED, assertions=3)


@pytest.fixture
def seal() -> Iterator[Seal]:
    """Seal the kit, and leave it as it was."""
    sealed = Seal()
    yield sealed
    sealed.mend()


def everything_is_fine(*_arguments: Any, **_keywords: Any) -> None:
    """Find nothing wrong."""


def test_a_kit_that_was_left_alone_judges(seal: Seal) -> None:
    assert seal.is_whole
    assert seal.mend() is None
    assert seal.judged(PASSED) is PASSED


@pytest.mark.parametrize(
    "place",
    [
        "gradspec.exceptions:Failure.__init__",
        "gradspec.judging.comparison:is_close",
        "gradspec.program.products:product",
        "gradspec.program.answers:wrap",
        "gradspec.program.blocks:refuses",
        "gradspec.program.callbacks:run",
        "gradspec.program.observed:Observed.__eq__",
        "gradspec.program.passing:compared",
        "gradspec.program.recorder:Recorder.expect",
        "gradspec.program.recording:Recording.require",
        "gradspec.program.replay:Player.play",
        "gradspec.writing.expectation:Expectation._check",
        "gradspec.writing.notation:Autograd.refuses",
        "gradspec_conformance.execution.execute:run_clause",
        "gradspec_conformance.execution.verdict:Verdict.__init__",
        "gradspec_conformance.isolation.fence:Fence.judged",
        "gradspec_conformance.isolation.host:readable",
        "gradspec_conformance.isolation.seal:Seal.judged",
        "gradspec_conformance.isolation.worker:send",
    ],
)
def test_what_decides_a_verdict_is_sealed(
    seal: Seal, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    module, _, name = place.partition(":")
    owner, _, member = name.rpartition(".")
    holder: Any = importlib.import_module(module)
    holder = attrgetter(owner)(holder) if owner else holder
    before = vars(holder)[member]
    monkeypatch.setattr(holder, member, everything_is_fine)
    changed, now = seal.mend(), vars(holder)[member]

    assert changed == place.replace(":", ".")
    assert now is before
    assert seal.mend() is None


def test_the_code_of_a_judge_is_sealed_too(seal: Seal) -> None:
    before = comparison.is_close.__code__
    comparison.is_close.__code__ = everything_is_fine.__code__
    verdict = seal.judged(PASSED)

    assert comparison.is_close.__code__ is before
    assert (verdict.outcome, verdict.kind) == (Outcome.ERRORED, Kind.TAMPERED)
    assert verdict.message == (
        "the engine replaced gradspec.judging.comparison.is_close while the clause ran"
    )
    assert verdict.assertions == PASSED.assertions


DEFAULTS = {
    "another value in the dict": lambda f: f.__kwdefaults__.update(or_nan=True),
    "another dict": lambda f: setattr(f, "__kwdefaults__", {"or_nan": True}),
    "defaults by place": lambda f: setattr(f, "__defaults__", ((-1e300, 1e300),)),
}


@pytest.mark.parametrize("how", DEFAULTS)
def test_what_a_judge_takes_by_default_is_sealed(seal: Seal, how: str) -> None:
    judge: Any = comparison.lies_between
    before = judge.__defaults__, judge.__kwdefaults__, dict(judge.__kwdefaults__)
    DEFAULTS[how](judge)
    changed = seal.mend()

    assert changed is not None
    assert changed.startswith("gradspec.judging.comparison.lies_between")
    assert (judge.__defaults__, judge.__kwdefaults__, dict(judge.__kwdefaults__)) == before
    assert seal.mend() is None


@pytest.mark.parametrize(
    ("module", "name", "value"),
    [
        ("gradspec.judging.comparison", "DEFAULT_ULPS", 1e300),
        ("gradspec.judging.comparison", "EPSILONS", {}),
        ("gradspec.program.recorder", "DONE_WITH_NUMBERS", frozenset()),
    ],
)
def test_a_constant_of_a_judge_is_sealed(
    seal: Seal, module: str, name: str, value: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    holder = importlib.import_module(module)
    before = vars(holder)[name]
    monkeypatch.setattr(holder, name, value)
    changed, now = seal.mend(), vars(holder)[name]

    assert changed == f"{module}.{name}"
    assert now is before


def test_what_a_table_of_a_judge_has_is_sealed(seal: Seal) -> None:
    key, before = next(iter(comparison.EPSILONS.items()))
    comparison.EPSILONS[key] = 1e300

    assert seal.mend() == f"gradspec.judging.comparison.EPSILONS, {key}"
    assert comparison.EPSILONS[key] == before


def test_the_table_of_comparisons_is_sealed(seal: Seal) -> None:
    before = COMPARISONS["equals"]
    COMPARISONS["equals"] = everything_is_fine

    assert seal.mend() == "the comparison equals"
    assert COMPARISONS["equals"] is before


def test_what_hides_an_inherited_method_is_taken_away(seal: Seal) -> None:
    Recorder.require = everything_is_fine  # type: ignore[method-assign]

    assert seal.mend() == "gradspec.program.recorder.Recorder.require"
    assert "require" not in vars(Recorder)


def test_what_was_taken_away_is_put_back(seal: Seal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(comparison, "is_close")
    monkeypatch.delitem(COMPARISONS, "lacks")

    assert seal.mend() == "gradspec.judging.comparison.is_close"
    assert "is_close" in vars(comparison)
    assert "lacks" in COMPARISONS


@pytest.mark.parametrize(
    "place",
    ["numpy:array_equal", "numpy:asarray", "numpy.linalg:det", "math:isnan", "builtins:all"],
)
def test_what_the_judges_call_is_sealed(
    seal: Seal, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    module, _, name = place.partition(":")
    before = getattr(importlib.import_module(module), name)
    monkeypatch.setattr(f"{module}.{name}", lambda *_: True)
    changed = seal.mend()

    assert changed == f"{module}.{name}"
    assert getattr(importlib.import_module(module), name) is before


def test_a_module_that_a_judge_looks_things_up_in_is_sealed(seal: Seal) -> None:
    answers.np = everything_is_fine  # type: ignore[assignment]

    assert seal.mend() == "gradspec.program.answers.np"


@pytest.mark.parametrize("name", ["all", "abs", "asarray", "array_equal", "isnan"])
def test_a_comparison_does_not_ask_the_numpy_of_the_engine(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(np, name, lambda *_: np.zeros(()))

    assert comparison.is_close(np.array([1.0, 2.0]), np.array([1.0, 3.0])) is not None


@pytest.mark.parametrize("name", ["all", "array_equal", "sum", "mean"])
def test_the_code_behind_a_function_of_numpy_is_sealed(seal: Seal, name: str) -> None:
    function = getattr(np, name)._implementation
    before = function.__code__
    function.__code__ = everything_is_fine.__code__
    verdict = seal.judged(PASSED)

    assert function.__code__ is before
    assert verdict.message == f"the engine replaced numpy.{name} while the clause ran"


def test_a_comparison_runs_no_code_of_numpy_that_an_engine_can_replace(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("all", "array_equal", "amax"):
        function = getattr(np, name)._implementation
        monkeypatch.setattr(function, "__code__", (lambda *_, **__: True).__code__)

    assert comparison.is_close(np.array([1.0, 2.0]), np.array([1.0, 3.0])) is not None


def test_the_room_for_rounding_is_not_what_an_engine_makes_of_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kept: Any = np.finfo
    for kind in (np.float64, np.dtype("float64")):  # NumPy keeps one of each
        monkeypatch.setattr(kept(kind), "eps", 1e9)

    assert comparison.is_close(np.array([1.0, 2.0]), np.array([1.0, 3.0])) is not None
