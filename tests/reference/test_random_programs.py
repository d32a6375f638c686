"""Random programs do in the reference engine what they do in torch."""

from __future__ import annotations

import os
from typing import Any

import hypothesis
import pytest
from hypothesis import HealthCheck, Phase
from random_programs import Act, difference, hooked_programs, programs, shortened

from gradspec_reference.engine import accumulation, hooks, node_hooks, versions

LINES = 8
settings = hypothesis.settings(
    max_examples=500,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],  # `shortened` is faster than Hypothesis, which knows no programs
)


@settings
@hypothesis.given(programs)
def test_random_programs_do_what_they_do_in_torch(program: list[Act]) -> None:
    found = difference(program)
    assert found is None, str(shortened(found))


# more of them, every night
@hypothesis.settings(settings, max_examples=int(os.environ.get("GRADSPEC_HOOKED_PROGRAMS", "200")))
@hypothesis.given(hooked_programs)
def test_hooks_do_what_they_do_in_torch(program: list[Act]) -> None:
    found = difference(program)
    assert found is None, str(shortened(found))


def replaces(leaf: Any, gradient: Any, status: int) -> None:
    leaf._grad = None
    original(leaf, gradient, status)


original = accumulation.accumulate_array
FAULTS: dict[str, Any] = {
    "a second gradient replaces the first": (accumulation, "accumulate_array", replaces),
    "writes are not counted": (versions, "bump", lambda _tensor: None),
    "hooks run in the reverse order": (hooks, "in_turn", lambda found: [*found.values()][::-1]),
    "a node drops what its hooks return": (node_hooks, "fire", lambda _hooks, given, *_: given),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found_and_shortened(
    fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(*FAULTS[fault])
    drawn = hooked_programs if "hooks" in fault else programs
    program = hypothesis.find(drawn, lambda each: bool(difference(each)), settings=settings)
    found = shortened(difference(program))
    assert found is not None
    assert len(found.lines) <= LINES, str(found)
