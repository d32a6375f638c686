"""Faults in recording: what engines get wrong about the notes that they take."""

from gradspec_conformance.plants.recording import (
    chain_rule,
    control_flow,
    graph,
    operands,
    selections,
    what_is_kept,
    what_is_recorded,
)

__all__ = [
    "chain_rule",
    "control_flow",
    "graph",
    "operands",
    "selections",
    "what_is_kept",
    "what_is_recorded",
]
