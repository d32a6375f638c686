"""Faults in what is kept: values that are lost, replaced, or kept for nothing."""

# ruff: noqa: SLF001 - a plant reaches inside

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec_conformance.plants.plant import Swap, plant
from gradspec_conformance.plants.rows import every
from gradspec_reference.engine import recording
from gradspec_reference.engine.node import Node
from gradspec_reference.engine.saved import SavedTensor
from gradspec_reference.engine.tensor import Tensor

if TYPE_CHECKING:
    from gradspec_reference.engine.operator import Operator


@plant(kills={"rec-028/a_factor_of_a_constant": "lifetime"}, modelled_on="pytorch/pytorch#15115")
def saves_both_always(swap: Swap) -> None:
    """A recorded operation saves all its operands, whether or not the derivative needs them."""
    original = recording.make_node

    def saving(operator: Operator, operands: Any, params: Any, requires: Any, result: Any) -> Node:
        every = (r or isinstance(x, Tensor) for x, r in zip(operands, requires, strict=True))
        return original(operator, operands, params, tuple(every), result)

    swap(recording, "make_node", saving)


@plant(kills={"rec-024": "value"}, modelled_on="common in teaching engines")
def saves_nothing_const(swap: Swap) -> None:
    """An operand that does not require grad is not saved, and its partner receives one times g."""
    original = recording.collect_saved

    def saving(sources: Any, operands: tuple[Any, ...], result: Tensor | None) -> tuple[Any, ...]:
        known = (
            Tensor(np.ones_like(x._array))
            if isinstance(x, Tensor) and not recording.needs_grad(x)
            else x
            for x in operands
        )
        return original(sources, tuple(known), result)

    swap(recording, "collect_saved", saving)


@plant(
    kills={
        "rec-006": "value",
        "rec-019": "value",
        "rec-024": "value",
        **every("rec-027", "value"),
        "rec-009/negative": "value",
        "rec-009/large": "value",
        "rec-018": "value",
    },
    modelled_on="common in teaching engines: closures that look up their variables when called",
)
def records_alias(swap: Swap) -> None:
    """An operator refills one list of operands at each call, and its nodes keep that list."""
    original = recording.make_node
    lists: dict[tuple[str, tuple[bool, ...]], list[Any]] = {}

    def aliasing(operator: Operator, operands: Any, params: Any, *rest: Any) -> Node:
        made = original(operator, operands, params, *rest)
        kept = lists.setdefault((operator.name, rest[0]), [])
        kept[:] = made.saved or ()
        made.saved = kept  # type: ignore[assignment]
        return made

    swap(recording, "make_node", aliasing)


@plant(
    kills={
        "rec-006": "value",
        "rec-024": "value",
        **every("rec-027", "value"),
        "rec-009/negative": "value",
        "rec-009/large": "value",
    },
    modelled_on="bshillingford/autobw.torch#7",
)
def first_run_replayed(swap: Swap) -> None:
    """What an operation saved when it first ran serves all its later runs."""
    original = recording.make_node
    first: dict[tuple[str, tuple[bool, ...]], Any] = {}

    def replaying(operator: Operator, operands: Any, params: Any, *rest: Any) -> Node:
        made = original(operator, operands, params, *rest)
        made.saved = first.setdefault((operator.name, rest[0]), made.saved)
        return made

    swap(recording, "make_node", replaying)


@plant(kills={"rec-004": "value", "rec-019": "value"}, modelled_on="pytorch/pytorch#119334")
def results_reuse_operand_memory(swap: Swap) -> None:
    """A recorded operation leaves its result in the memory of its first operand as well."""
    original = recording.make_node

    def reusing(operator: Operator, operands: Any, *rest: Any) -> Node:
        made = original(operator, operands, *rest)
        result = rest[-1]._array
        target = operands[0].materialise()
        if target.shape == result.shape and target.dtype == result.dtype:
            target[...] = result
        return made

    swap(recording, "make_node", reusing)


@plant(
    kills={"rec-004": "value", "rec-006": "value", "rec-019": "value"},
    modelled_on="pytorch/pytorch#119334",
)
def saved_memory_recycled(swap: Swap) -> None:
    """When a graph is freed, the memory of its saved values is put to another use."""
    original = Node.release

    def recycling(self: Node) -> None:
        for item in self.saved or ():
            if isinstance(item, SavedTensor):
                item.tensor.materialise().fill(0)
        original(self)

    swap(Node, "release", recycling)
