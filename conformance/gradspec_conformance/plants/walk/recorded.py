"""Faults in whether a pass is recorded."""

from __future__ import annotations

from gradspec_conformance.plants.places import NEW_PASS
from gradspec_conformance.plants.plant import plant


@plant(NEW_PASS, "root-without-grad: ho-004a; missing gradient: ho-003", "Oneflow-Inc/oneflow#8248")
def create_graph_ignored(sound, retain, create):
    """No pass is recorded, whatever create_graph says."""
    return sound(create if retain is None else retain, False)


@plant(NEW_PASS, "no error: ho-002; flag: ho-002a", "huggingface/candle#1243")
def every_pass_is_recorded(sound, retain, create):
    """Every pass is recorded, whatever create_graph says."""
    return sound(create if retain is None else retain, True)
