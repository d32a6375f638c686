"""Faults in whether a pass is recorded."""

from __future__ import annotations

from typing import Any

from gradspec_conformance.plants.places import at
from gradspec_conformance.plants.plant import plant
from gradspec_reference.engine import requests


@plant(
    at(requests, "new_pass"),
    {"ho-004a": "root-without-grad", "ho-003": "missing gradient"},
    "Oneflow-Inc/oneflow#8248",
)
def create_graph_ignored(sound: Any, retain: bool | None, create: bool) -> Any:
    """No pass is recorded, whatever create_graph says."""
    return sound(create if retain is None else retain, False)


@plant(
    at(requests, "new_pass"), {"ho-002": "no error", "ho-002a": "flag"}, "huggingface/candle#1243"
)
def every_pass_is_recorded(sound: Any, retain: bool | None, create: bool) -> Any:
    """Every pass is recorded, whatever create_graph says."""
    return sound(create if retain is None else retain, True)
