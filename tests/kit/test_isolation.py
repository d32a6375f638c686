"""A verdict depends on the engine and the clause, and on nothing that happened before."""

from __future__ import annotations

import gc
from typing import Any

import gradspec_reference
from gradspec import CASES
from gradspec_conformance import plants
from gradspec_conformance.adapters.reference import ReferenceEngine
from gradspec_conformance.execution.execute import run_clause
from gradspec_conformance.execution.verdict import Outcome, Verdict
from gradspec_conformance.plants.plant import PLANTS


class Notices(ReferenceEngine):
    """Notes whether cycles are being collected while a clause looks at the life of a tensor."""

    collecting: bool | None = None

    def is_alive(self, watcher: Any) -> bool:
        """Note it, and answer as the engine does."""
        self.collecting = gc.isenabled()
        return super().is_alive(watcher)


def test_no_garbage_is_collected_while_a_clause_runs_so_that_a_leak_never_passes() -> None:
    engine = Notices()
    verdict = run_clause(CASES["life-015a"], engine)

    assert verdict.outcome is Outcome.PASSED
    assert engine.collecting is False
    assert gc.isenabled()


def test_a_mode_that_was_left_on_does_not_reach_the_next_clause() -> None:
    gradspec_reference.set_grad_enabled(False)
    verdict = run_clause(CASES["bwd-001"], ReferenceEngine())

    assert verdict.outcome is Outcome.PASSED
    assert gradspec_reference.is_grad_enabled()


def passed(clause_id: str) -> Verdict:
    """Take it that what a clause builds on holds."""
    return Verdict(clause_id, Outcome.PASSED)


def test_a_law_is_tried_on_the_same_examples_each_time() -> None:
    plants.load()
    programs = set()
    for _ in range(2):
        with PLANTS["buffer_overwrite"].planted():
            verdict = run_clause(CASES["bwd-001c"], ReferenceEngine(), verdict_of=passed)
        programs.add((verdict.outcome, verdict.program))

    assert len(programs) == 1
    assert programs.pop()[0] is Outcome.FAILED
