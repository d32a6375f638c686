"""Faults in whether a pass is recorded."""

from __future__ import annotations

from typing import Any

from gradspec_conformance.plants.places import at
from gradspec_conformance.plants.plant import plant
from gradspec_reference.engine import requests
from gradspec_reference.engine.backward import BackwardPass


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


@plant(at(requests, "new_pass"), {"vjp-008a": "flag"}, "huggingface/candle#1243")
def grad_has_graph(sound: Any, retain_graph: Any, create_graph: bool) -> Any:
    """A pass without create_graph records itself all the same."""
    return sound(create_graph if retain_graph is None else retain_graph, True)


@plant(
    at(BackwardPass, "__init__"),
    {"acc-012": "flag", "acc-012a": "structure"},
    "huggingface/candle#1243",
)
def pass_always_recorded(
    sound: Any, self: BackwardPass, *, retain_graph: bool, create_graph: bool
) -> None:
    """Every pass records itself, and the gradients keep their graphs."""
    del create_graph
    sound(self, retain_graph=retain_graph, create_graph=True)
