"""The chapters of the specification, in reading order.

A chapter is a module, or a package of sections; its docstring is its introduction.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Chapter:
    """One chapter: its module, the prefix of its clauses' ids, its title."""

    name: str
    prefix: str
    title: str


CHAPTERS: Final[tuple[Chapter, ...]] = (
    Chapter("tensors_and_leaves", "leaf", "Tensors and leaves"),
    Chapter("recording", "rec", "Recording"),
    Chapter("backward", "bwd", "The backward pass"),
    Chapter("accumulation", "acc", "Accumulation"),
    Chapter("vector_jacobian_products", "vjp", "Non-scalar results and vector-Jacobian products"),
    Chapter("retained_gradients", "ret", "Gradients of intermediates"),
    Chapter("graph_lifetime", "life", "The life of a graph"),
    Chapter("higher_order", "ho", "Higher order"),
    Chapter("gradient_function", "grad", "The gradient function"),
    Chapter("detaching", "det", "Detaching"),
    Chapter("grad_modes", "mode", "Grad modes and inference mode"),
    Chapter("in_place", "inp", "Writing in place, versions and views"),
    Chapter("hooks", "hook", "Hooks"),
    Chapter("graph_introspection", "gi", "Looking at the graph"),
    Chapter("custom_functions", "cf", "Custom functions"),
    Chapter("forward_mode", "fwd", "Forward mode"),
    Chapter("saved_tensor_hooks", "sth", "Hooks on saved tensors"),
    Chapter("checkpointing", "ckpt", "Checkpointing"),
    Chapter("functional", "fapi", "Derivatives of a function, by a call"),
    Chapter("transforms", "func", "Transforms of functions"),
    Chapter("numerical_checks", "chk", "Numerical checks"),
    Chapter("operators", "op", "Operators"),
    Chapter("anomaly_detection", "anom", "Anomaly detection"),
    Chapter("complex_numbers", "cplx", "Complex numbers"),
    Chapter("data_types", "dty", "Data types and devices"),
    Chapter("non_differentiable", "nd", "Non-differentiable functions"),
    Chapter("training_loop", "loop", "The training loop"),
    Chapter("threads", "thr", "Threads"),
    Chapter("errors", "err", "Errors"),
)


def load() -> None:
    """Import every chapter, so that `gradspec.writing.clause.CLAUSES` is complete."""
    for chapter in CHAPTERS:
        importlib.import_module(f"{__name__}.{chapter.name}")


def find(name: str) -> Chapter:
    """Find a chapter by its name or by the prefix of its clauses; raises KeyError."""
    for chapter in CHAPTERS:
        if name in (chapter.name, chapter.prefix):
            return chapter
    raise KeyError(name)
