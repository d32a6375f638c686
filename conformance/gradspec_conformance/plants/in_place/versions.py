"""Faults in counting: writes that are not counted, and what is counted without a write."""

# ruff: noqa: SLF001 - a plant reaches inside

from __future__ import annotations

from typing import Any

import numpy as np

from gradspec_conformance.plants.plant import Swap, plant
from gradspec_reference.autograd import graph
from gradspec_reference.engine import inplace, recording, versions
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.names import interop
from gradspec_reference.names.functions import copies


@plant(
    kills={
        "inp-001": "value",
        "inp-001a": "value",
        "inp-001b": "value",
        "inp-002": "value",
        "inp-003": "value",
        "inp-010": "no error",
        "inp-011": "no error",
        "inp-016": "no error",
        "inp-016a": "no error",
        "inp-017": "value",
    },
    modelled_on="pytorch/pytorch#197887",
)
def inplace_no_bump(swap: Swap) -> None:
    """A write in place does not raise the version."""

    def store(target: Any, result: Any) -> None:
        np.copyto(target._array, result, casting="unsafe")

    swap(inplace, "store", store)


@plant(
    kills={"inp-001": "value", "inp-001b": "value"},
    modelled_on="common where checking and storing both count",
)
def write_counts_twice(swap: Swap) -> None:
    """A write in place raises the version by two."""
    original = inplace.store

    def store(target: Any, result: Any) -> None:
        original(target, result)
        versions.bump(target)

    swap(inplace, "store", store)


@plant(
    kills={"inp-001b": "value"}, modelled_on="common where changes are found by comparing values"
)
def only_changes_are_counted(swap: Swap) -> None:
    """A write is counted only if a value differs afterwards."""
    original = inplace.store

    def store(target: Any, result: Any) -> None:
        if np.array_equal(target._array, result):
            return
        original(target, result)

    swap(inplace, "store", store)


@plant(kills={"inp-001a": "value"}, modelled_on="common where each access to memory is counted")
def reading_counts(swap: Swap) -> None:
    """An operation raises the version of the tensors that it reads."""
    original = recording.binary

    def binary(operator: Any, a: Any, b: Any, *params: Any) -> Any:
        result = original(operator, a, b, *params)
        versions.bump(a)
        return result

    swap(recording, "binary", binary)


@plant(
    kills={"inp-001a": "value"}, modelled_on="common where results take over their operand's data"
)
def results_share_the_counter(swap: Swap) -> None:
    """The result of an operation counts together with its first operand."""
    original = recording.binary

    def binary(operator: Any, a: Any, b: Any, *params: Any) -> Any:
        result = original(operator, a, b, *params)
        versions.share(result, a)
        return result

    swap(recording, "binary", binary)


@plant(kills={"inp-003": "value"}, modelled_on="common where a copy takes over all attributes")
def clone_goes_on_counting(swap: Swap) -> None:
    """A copy starts with the version of its original."""
    original = copies.clone

    def clone(input: Any) -> Any:
        result = original(input)
        versions.counter_of(result).value = versions.version(input)
        return result

    swap(copies, "clone", clone)


@plant(kills={"inp-003": "value"}, modelled_on="common where a copy takes over all attributes")
def clone_shares_the_counter(swap: Swap) -> None:
    """A copy and its original have one counter between them."""
    original = copies.clone

    def clone(input: Any) -> Any:
        result = original(input)
        versions.share(result, input)
        return result

    swap(copies, "clone", clone)


@plant(
    kills={"inp-037": "value", "inp-038": "no error"},
    modelled_on="common in engines that accept torch's calls as stubs",
)
def increment_version_noop(swap: Swap) -> None:
    """increment_version() does nothing."""
    swap(graph, "increment_version", lambda *_: None)


@plant(kills={"inp-037": "value"}, modelled_on="common where an argument may be one or several")
def increment_version_of_the_first(swap: Swap) -> None:
    """increment_version() of a list raises the version of its first tensor only."""
    original = graph.increment_version
    swap(
        graph,
        "increment_version",
        lambda tensor: original(tensor if isinstance(tensor, Tensor) else tensor[0]),
    )


@plant(kills={"inp-040": "value"}, modelled_on="common where an export is taken for a write")
def exports_are_counted(swap: Swap) -> None:
    """Handing out the NumPy array of a tensor counts as a write to it."""
    original = interop.numpy

    def numpy(self: Any, *, force: bool = False) -> Any:
        versions.bump(self)
        return original(self, force=force)

    swap(Tensor, "numpy", numpy)
