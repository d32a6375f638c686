"""Faults in counting versions."""

# ruff: noqa: SLF001 - a plant reaches inside

from __future__ import annotations

from typing import Any

import numpy as np

from gradspec_conformance.plants.places import at
from gradspec_conformance.plants.plant import plant
from gradspec_reference.autograd import graph
from gradspec_reference.engine import inplace, versions
from gradspec_reference.engine.tensor import Tensor


@plant(at(inplace, "store"), {"inp-001": "value", "inp-002": "value"}, "pytorch/pytorch#197887")
def inplace_no_bump(_sound: Any, target: Any, result: Any) -> None:
    """A write in place does not raise the version."""
    np.copyto(target._array, result, casting="unsafe")


@plant(
    at(inplace, "store"),
    {"inp-001": "value", "inp-001b": "value"},
    "common where checking and storing both count",
)
def write_counts_twice(sound: Any, target: Any, result: Any) -> None:
    """A write in place raises the version by two."""
    sound(target, result)
    versions.bump(target)


@plant(
    at(inplace, "store"),
    {"inp-001b": "value"},
    "common where changes are found by comparing values",
)
def only_changes_are_counted(sound: Any, target: Any, result: Any) -> None:
    """A write is counted only if a value differs afterwards."""
    if np.array_equal(target._array, result):
        return
    sound(target, result)


@plant(
    at(graph, "increment_version"),
    {"inp-037": "value", "inp-038": "no error"},
    "common in engines that accept torch's calls as stubs",
)
def increment_version_noop(_sound: Any, *_: Any) -> Any:
    """increment_version() does nothing."""
    return None


@plant(
    at(graph, "increment_version"),
    {"inp-037": "value"},
    "common where an argument may be one or several",
)
def increment_version_of_the_first(sound: Any, tensor: Any) -> Any:
    """increment_version() of a list raises the version of its first tensor only."""
    return sound(tensor if isinstance(tensor, Tensor) else tensor[0])
