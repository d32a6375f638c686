"""The law of in-place writes is worth what its programs do: they write through views, and end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings

from gradspec import Autograd
from gradspec.drawing.writes import InPlaceProgram, Take, Write, inplace_programs
from gradspec.exceptions import Refused
from gradspec.program.recorder import Recorder
from gradspec_conformance.execution.laws import same_everywhere

if TYPE_CHECKING:
    from gradspec_conformance.adapters.reference import ReferenceEngine

SAMPLE = 150
GIVEN = 3
"""A program begins with a leaf, a copy of it and a buffer."""


def views_written(program: InPlaceProgram) -> bool:
    """Whether some write has a view as its target."""
    made = [act for act in program.acts if not isinstance(act, Write)]
    views = {GIVEN + place for place, act in enumerate(made) if isinstance(act, Take)}
    return any(isinstance(act, Write) and act.target in views for act in program.acts)


@pytest.fixture(scope="module")
def sample() -> list[InPlaceProgram]:
    same_everywhere()
    found: list[InPlaceProgram] = []

    @settings(
        max_examples=SAMPLE,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(inplace_programs().make())
    def draw(program: InPlaceProgram) -> None:
        found.append(program)

    draw()
    return found


def test_most_programs_write_through_a_view(sample: list[InPlaceProgram]) -> None:
    share = sum(map(views_written, sample)) / len(sample)

    assert share > 0.7


def test_most_writes_through_views_can_be_differentiated(
    sample: list[InPlaceProgram], engine: ReferenceEngine
) -> None:
    ends = [end(program, engine) for program in sample if views_written(program)]

    assert set(ends) <= {"done", "stale-saved-tensor"}
    assert ends.count("done") > 0.6 * len(sample)


def end(program: InPlaceProgram, engine: ReferenceEngine) -> str | None:
    """Run the program; say how it ended."""
    with Recorder(engine) as recorder:
        ag = Autograd(recorder)
        x = ag.tensor(program.point, requires_grad=True)
        try:
            program.weighted_sum(ag, program.run_on(ag, x)).backward()
        except Refused as refused:
            return refused.kind
    return "done"
