"""Faults in counting versions."""

from __future__ import annotations

import numpy as np

from gradspec_conformance.plants.places import STORE, at
from gradspec_conformance.plants.plant import after, plant
from gradspec_reference.autograd import graph
from gradspec_reference.engine import versions
from gradspec_reference.engine.tensor import Tensor


@plant(STORE, "value: inp-001 inp-002", "pytorch/pytorch#197887")
def inplace_no_bump(_sound, target, result):
    """A write in place does not raise the version."""
    np.copyto(target._array, result, casting="unsafe")


@after(STORE, "value: inp-001 inp-001b", "where checking and storing both count")
def write_counts_twice(_, target, *_rest):
    """A write in place raises the version by two."""
    versions.bump(target)


@plant(STORE, "value: inp-001b", "where changes are found by comparing values")
def only_changes_are_counted(sound, target, result):
    """A write is counted only if a value differs afterwards."""
    if np.array_equal(target._array, result):
        return
    sound(target, result)


@plant(
    at(graph, "increment_version"), "value: inp-037; no error: inp-038", "torch's calls as stubs"
)
def increment_version_noop(_sound, *_):
    """increment_version() does nothing."""
    return


@plant(at(graph, "increment_version"), "value: inp-037", "where an argument may be one or several")
def increment_version_of_the_first(sound, tensor):
    """increment_version() of a list raises the version of its first tensor only."""
    return sound(tensor if isinstance(tensor, Tensor) else tensor[0])
