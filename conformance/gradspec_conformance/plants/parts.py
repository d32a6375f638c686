"""The parts of the reference engine, in the order in which a derivative comes about.

A plant belongs to the part that it breaks; its module bears the part's name.
"""

from __future__ import annotations

from typing import Final

PARTS: Final = {
    "leaves": "tensors, their flags and their attribute grad",
    "recording": "what an operation writes down",
    "graph": "what callers see of nodes, edges and saved values",
    "rules": "what each operator computes, and how it is differentiated",
    "walk": "the order in which a backward pass visits nodes, and what it passes on",
    "accumulation": "how gradients are added up and kept",
    "saved": "what a node keeps for its rule, and when it lets go",
    "checkpoints": "functions whose values are computed again",
    "packing": "a caller's functions that pack what is saved",
    "views": "tensors that share memory",
    "writes": "changes in place, and the versions that they count",
    "modes": "what switches recording off and on",
    "training": "optimizers, modules, and what loops do with gradients",
    "hooks": "a caller's functions that are told of gradients",
    "functions": "a caller's own functions, with the derivatives that they have",
    "functional": "derivatives of a function, by a call",
    "transforms": "functions that make functions",
    "forward": "tangents, and the level in which tensors have them",
    "checks": "derivatives held to finite differences",
    "batches": "functions that are mapped over a batch of examples",
    "complexes": "complex numbers: their gradients, their parts and their spectra",
    "anomalies": "what finds out which call a failure comes from",
}
"""Name of a part -> what it does."""
