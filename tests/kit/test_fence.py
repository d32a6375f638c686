"""Nobody but torch's own adapter can ask torch."""

from __future__ import annotations

import importlib
import importlib.util
import os
import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from gradspec_conformance.engines.loading import BOOKS
from gradspec_conformance.exceptions import OracleConsulted
from gradspec_conformance.execution.verdict import Kind, Outcome, Verdict
from gradspec_conformance.isolation.fence import oracle_fence
from gradspec_conformance.run.session import EngineSession

if TYPE_CHECKING:
    from pathlib import Path

CONSULTING = """
from gradspec_conformance.adapters.reference import ReferenceEngine

class Engine(ReferenceEngine):
    name = "careless"

    def retain_grad(self, tensor):
        try:
            import torch
        except Exception:
            pass
        super().retain_grad(tensor)
"""

LOADING = """
from toy_engine import ToyEngine
try:
    import torch
except Exception:
    torch = None
"""

PASSED = Verdict("acc-001", Outcome.PASSED)


def test_importing_torch_is_refused() -> None:
    with oracle_fence("reference"), pytest.raises(OracleConsulted, match="import torch"):
        importlib.import_module("torch")


def test_an_attempt_is_remembered_though_the_exception_is_swallowed() -> None:
    with oracle_fence("reference") as fence, suppress(Exception):  # as a careless adapter does
        importlib.import_module("torch")

    assert fence.tripped == "import torch"


def test_to_ask_whether_torch_is_there_is_no_attempt() -> None:
    with oracle_fence("reference") as fence:
        importlib.util.find_spec("torch")

    assert not fence.tripped


def test_the_clause_that_asked_is_errored_and_the_next_one_is_not() -> None:
    with oracle_fence("reference") as fence, pytest.raises(OracleConsulted):
        importlib.import_module("torch")
    first, second = fence.judged(PASSED), fence.judged(PASSED)

    assert (first.outcome, first.kind) == (Outcome.ERRORED, Kind.CONSULTED)
    assert first.message == "the engine asked torch while the clause ran: import torch"
    assert second == PASSED


def test_the_first_of_several_attempts_is_told() -> None:
    with oracle_fence("reference") as fence:
        for module in ("torch.nn", "torch"):
            with pytest.raises(OracleConsulted):
                importlib.import_module(module)

    assert fence.tripped == "import torch"  # its parent is imported first


def test_what_merely_begins_like_torch_is_left_alone() -> None:
    with oracle_fence("reference"), pytest.raises(ModuleNotFoundError):
        importlib.import_module("torchlight")


def test_a_clause_that_was_not_run_is_not_blamed() -> None:
    unsupported = Verdict("acc-001", Outcome.UNSUPPORTED, lacking="tape")
    with oracle_fence("reference") as fence, pytest.raises(OracleConsulted):
        importlib.import_module("torch")

    assert fence.judged(unsupported) == unsupported


@pytest.mark.parametrize("spec", ["torch", str(BOOKS / "torch.toml")])
def test_torch_itself_is_not_fenced(spec: str) -> None:
    path = list(sys.meta_path)
    with oracle_fence(spec):
        inside = list(sys.meta_path)

    assert inside == path


def test_all_is_as_before_when_the_fence_is_down(monkeypatch: pytest.MonkeyPatch) -> None:
    module = type(sys)("torch")
    monkeypatch.setitem(sys.modules, "torch", module)
    path = list(sys.meta_path)
    with oracle_fence("reference"):
        hidden = "torch" not in sys.modules

    assert hidden
    assert sys.modules["torch"] is module
    assert sys.meta_path == path


def test_functions_of_torch_that_an_adapter_holds_are_intercepted() -> None:
    torch = pytest.importorskip("torch")
    x = torch.ones(2, requires_grad=True)
    calls = [
        lambda: torch.sin(x),
        lambda: x * 2,
        lambda: torch.tensor([1.0]),
        lambda: torch.autograd.grad(x, [x]),
        x.backward,
        lambda: x.grad,
        x.detach,
    ]
    with oracle_fence("reference"):
        for call in calls:
            with pytest.raises(OracleConsulted):
                call()
    after = torch.sin(x)

    assert after.shape == (2,)


@pytest.mark.parametrize("in_process", [True, False])
def test_a_clause_that_passed_with_the_help_of_torch_is_errored(
    tmp_path: Path, in_process: bool
) -> None:
    file = tmp_path / "careless.py"
    file.write_text(CONSULTING)
    with EngineSession(f"{file}:Engine", in_process=in_process) as session:
        asked, innocent = session.verdict("ret-004"), session.verdict("bwd-001")

    assert (asked.outcome, asked.kind) == (Outcome.ERRORED, Kind.CONSULTED)
    assert innocent.outcome is Outcome.PASSED


def test_an_import_that_was_refused_while_loading_did_no_harm(tmp_path: Path) -> None:
    file = tmp_path / "optional.py"
    file.write_text(LOADING)
    with EngineSession(f"{file}:ToyEngine", in_process=True) as session:
        assert session.verdict("bwd-001").outcome is Outcome.PASSED


TAKEN_DOWN = """
from gradspec_conformance.adapters.reference import ReferenceEngine
import sys

class Engine(ReferenceEngine):
    name = "clever"

    def retain_grad(self, tensor):
        before = list(sys.meta_path)
        sys.meta_path[:] = [f for f in before if "gradspec" not in type(f).__module__]
        try:
            {asked}
        except Exception:
            pass
        finally:
            sys.meta_path[:] = before
        super().retain_grad(tensor)
"""


@pytest.mark.parametrize(
    "asked",
    [
        "import torch",
        "import torch; del sys.modules['torch']",
        "__import__('importlib').import_module('torch')",
        "sys.modules['torch'] = type(sys)('torch')",
    ],
)
def test_a_fence_that_is_taken_down_and_put_up_again_is_noticed(tmp_path: Path, asked: str) -> None:
    file = tmp_path / "clever.py"
    file.write_text(TAKEN_DOWN.format(asked=asked))
    with EngineSession(f"{file}:Engine") as session:
        verdict = session.verdict("ret-004")

    assert (verdict.outcome, verdict.kind) == (Outcome.ERRORED, Kind.CONSULTED)


ASKING = [
    ([sys.executable, "-c", "import torch; print(torch.ones(1))"], "import torch"),
    ([sys.executable, "-c", "from torch import nn"], "from torch"),
    ([sys.executable, "-m", "torch.utils.collect_env"], "-m torch"),
    ([sys.executable, "-c", "__import__('torch')"], "'torch'"),
]


@pytest.mark.parametrize(("command", "asked"), ASKING)
def test_a_process_that_asks_torch_is_not_started(command: list[str], asked: str) -> None:
    with oracle_fence("reference") as fence, pytest.raises(OracleConsulted):
        subprocess.run(command, check=False)

    assert fence.tripped == f"a process was started with {asked!r}"


def test_a_shell_that_asks_torch_is_not_started() -> None:
    with oracle_fence("reference") as fence, pytest.raises(OracleConsulted):
        os.system("python -c 'import torch'")  # noqa: S605, S607 - it is not started

    assert fence.tripped == "a process was started with 'import torch'"


@pytest.mark.parametrize(
    "command",
    [[sys.executable, "-c", "print('torchlike')"], [sys.executable, "-c", "0", "/opt/torch/bin"]],
)
def test_a_process_of_the_engines_own_is_started(command: list[str]) -> None:
    with oracle_fence("reference") as fence:
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)

    assert fence.tripped is None


def test_a_gate_that_was_removed_stands_again() -> None:
    with oracle_fence("reference") as fence:
        before = list(sys.meta_path)
        sys.meta_path.pop(0)
        fence.judged(PASSED)
        after = list(sys.meta_path)

    assert after == before


def test_what_is_imported_while_python_ends_is_heard_without_an_error() -> None:
    ending = (
        "from gradspec_conformance.isolation import fence\n"
        "with fence.oracle_fence('micrograd'): pass\n"
        "for name in vars(fence): setattr(fence, name, None)\n"  # as Python does it to modules
        "import json.tool, os\n"
        "os.system('true')\n"
    )
    done = subprocess.run([sys.executable, "-c", ending], check=False, capture_output=True)
    assert (done.returncode, done.stderr) == (0, b"")
