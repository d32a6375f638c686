"""Faults around control flow: what engines get wrong when the program takes decisions."""

# ruff: noqa: SLF001 - a plant reaches inside

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec_conformance.plants.plant import Swap, plant
from gradspec_conformance.plants.rows import every
from gradspec_reference.engine import cotangents, recording
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.names import interop

if TYPE_CHECKING:
    from gradspec_reference.engine.node import Node
    from gradspec_reference.engine.operator import Operator


@plant(
    kills={"rec-011a/above_1": "missing gradient", "rec-021b/above_the_limit": "missing gradient"},
    modelled_on="common in teaching engines: detach_() where detach() is meant",
)
def comparison_detaches(swap: Swap) -> None:
    """A comparison cuts its operands off from their history for good."""
    original = recording.apply_pointwise

    def comparing(operator: Operator, operands: tuple[Any, ...], *params: Any) -> Tensor:
        if not operator.differentiable:
            for operand in operands:
                if isinstance(operand, Tensor):
                    operand.detach_()
        return original(operator, operands, *params)

    swap(recording, "apply_pointwise", comparing)


@plant(
    kills={
        **every("rec-007", "missing gradient"),
        **every("rec-008", "missing gradient"),
        **every("rec-009", "missing gradient"),
        "rec-012": "root-without-grad",
    },
    modelled_on="common in tracing engines: what is read as a number becomes a constant",
)
def decisions_detach(swap: Swap) -> None:
    """A tensor that was turned into a number of the host language is a constant from then on."""
    original = interop.item

    def reading(tensor: Tensor) -> Any:
        tensor.detach_()
        return original(tensor)

    swap(interop, "item", reading)


@plant(
    kills={
        "rec-008/11_rounds": "value",
        "rec-008/8_rounds": "value",
        "rec-009/small": "value",
        "rec-009/negative": "value",
        "rec-009/medium": "value",
        "rec-010a": "value",
        "rec-207": "value",
    },
    modelled_on="common in graph-mode engines: the body of a loop is traced once",
)
def loop_body_recorded_once(swap: Swap) -> None:
    """An operation with a number, applied to its own result again, is not recorded again."""
    original = recording.make_node

    def once(operator: Operator, operands: Any, params: Any, *rest: Any) -> Node:
        known: Node | None = getattr(operands[0], "_grad_fn", None)
        if known is not None and known.operator is operator:
            numbers = all(not isinstance(x, Tensor) for x in operands[1:])
            same = known.saved == recording.collect_saved(
                operator.plan(rest[0])[0], operands, rest[1]
            )
            if numbers and same and known.params == params:
                return known
        return original(operator, operands, params, *rest)

    swap(recording, "make_node", once)


@plant(kills={"rec-010": "no error"}, modelled_on="common in teaching engines: micrograd's habit")
def vector_root_takes_ones(swap: Swap) -> None:
    """A root with several elements is given a cotangent of ones."""
    swap(cotangents, "default", lambda _root, shape, dtype: Tensor(np.ones(shape, dtype)))


@plant(
    kills={**every("rec-008", "value"), "rec-010a": "value", "rec-022a": "value"},
    modelled_on="pytorch/pytorch#4355",
)
def given_cotangent_ignored(swap: Swap) -> None:
    """A pass begins with ones, whatever cotangent was given."""
    original = cotangents.for_root

    def ones(root: Any, given: Any) -> Tensor | None:
        seed = original(root, given)
        return None if seed is None else Tensor(np.ones_like(seed._array))

    swap(cotangents, "for_root", ones)


@plant(kills={"rec-011a/below_1": "value"}, modelled_on="common in tracing engines")
def every_condition_holds(swap: Swap) -> None:
    """The truth of a tensor is that there is one."""
    swap(Tensor, "__bool__", lambda tensor: tensor is not None)
