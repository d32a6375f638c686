"""Random programs as data of JSON: step by step, as they were drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gradspec.program.steps import Step
from gradspec.program.storing import decode, encode

if TYPE_CHECKING:
    from collections.abc import Sequence

FORMAT: Final = "gradspec-random-program/1"


def written(steps: Sequence[Step]) -> list[dict[str, Any]]:
    """Write steps down."""
    return [_written(step) for step in steps]


def read(data: Sequence[dict[str, Any]]) -> list[Step]:
    """Read what `written` wrote."""
    return [_read(one) for one in data]


def _written(step: Step) -> dict[str, Any]:
    data: dict[str, Any] = {"act": step.act}
    if step.given:
        data["with"] = {name: encode(value) for name, value in step.given.items()}
    if step.makes is not None:
        data["makes"] = encode(step.makes)
    if step.steps is not None:
        data["steps"] = written(step.steps)
    return data


def _read(data: dict[str, Any]) -> Step:
    given = {name: decode(value) for name, value in data.get("with", {}).items()}
    steps = read(data["steps"]) if "steps" in data else None
    return Step(data["act"], given, decode(data.get("makes")), steps=steps)
