"""Faults in what is recorded: a wish for gradients that does not spread, or spreads too far."""

# ruff: noqa: SLF001 - a plant reaches inside

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gradspec_conformance.plants.plant import Swap, plant
from gradspec_conformance.plants.rows import every
from gradspec_reference.engine import modes, recording
from gradspec_reference.engine.operator import TABLE, Operator
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.names.functions import reductions

if TYPE_CHECKING:
    from gradspec_reference.engine.node import Node


@plant(kills={"rec-001a": "flag", "rec-202": "value"}, modelled_on="tinygrad/tinygrad#3832")
def nograd_ignored(swap: Swap) -> None:
    """Operations are recorded in no_grad too."""
    swap(modes.no_grad, "__enter__", lambda self: self._before.append(modes.state.recording))


@plant(
    kills={
        "rec-001/after_a_constant": "flag",
        "rec-001/with_a_computed_constant": "flag",
        "rec-016": "root-without-grad",
    },
    modelled_on="common in teaching engines",
)
def records_first_only(swap: Swap) -> None:
    """A result requires grad if its first operand does."""
    swap(recording, "should_record", lambda requires: any(requires[:1]))


@plant(
    kills={
        **every("rec-002", "flag"),
        "rec-002a": "structure",
        "rec-028/a_factor_of_a_constant": "lifetime",
        "rec-028/a_constant": "lifetime",
    },
    modelled_on="common in teaching engines",
)
def records_everything(swap: Swap) -> None:
    """Every operation on tensors is recorded, also if none of them requires grad."""
    swap(recording, "needs_grad", lambda operand: isinstance(operand, Tensor))


@plant(
    kills={"rec-016": "unexpected gradient", "rec-016a": "structure"},
    modelled_on="common in teaching engines",
)
def requires_grad_spreads_sideways(swap: Swap) -> None:
    """A recorded operation makes all its operands require grad."""
    original = recording.make_node

    def spreading(operator: Operator, operands: Any, params: Any, *rest: Any) -> Node:
        requires, result = rest
        for operand in operands:
            if isinstance(operand, Tensor) and operand.dtype.is_floating_point:
                operand.requires_grad_()
        every = (r or recording.needs_grad(x) for x, r in zip(operands, requires, strict=True))
        return original(operator, operands, params, tuple(every), result)

    swap(recording, "make_node", spreading)


@plant(
    kills={
        **every("rec-011", "flag"),
        "rec-021b/below_the_limit": "value",
        "rec-021b/above_the_limit": "value",
    },
    modelled_on="tinygrad/tinygrad#3037",
)
def compare_records(swap: Swap) -> None:
    """Comparisons are recorded, with the derivative of the identity."""
    original = recording.apply_pointwise

    def comparing(operator: Operator, operands: tuple[Any, ...], *params: Any) -> Tensor:
        result = original(operator, operands, *params)
        requires = tuple(map(recording.needs_grad, operands))
        if not operator.differentiable and any(requires):
            edges = recording.collect_edges(operands, requires)[:1]
            array = result._array
            outputs = ((array.shape, array.dtype),)
            result._grad_fn = TABLE["alias"].node(edges, (), (), outputs, freeable=False)
        return result

    swap(recording, "apply_pointwise", comparing)


@plant(
    kills={"rec-021/argmax": "flag", "rec-021/argmin": "flag"}, modelled_on="tinygrad/tinygrad#3037"
)
def argmax_records(swap: Swap) -> None:
    """The position of an extreme entry requires grad if the entries do."""
    original = reductions._arg

    def marked(kernel: Any, source: Tensor, *how: Any) -> Tensor:
        result = original(kernel, source, *how)
        result._requires_grad = source.requires_grad
        return result

    swap(reductions, "_arg", marked)


@plant(kills={"rec-021/sort": "flag"}, modelled_on="ml-explore/mlx#4114")
def sort_indices_record(swap: Swap) -> None:
    """The indices of a sort share the history of its values."""
    original = reductions.sort

    def sorting(source: Tensor, *how: Any) -> Any:
        found = original(source, *how)
        found.indices._grad_fn = found.values._grad_fn
        return found

    swap(reductions, "sort", sorting)


@plant(
    kills={**every("rec-001", "flag"), **every("rec-201", "missing gradient")},
    modelled_on="engines that record between two calls only",
)
def nothing_is_recorded(swap: Swap) -> None:
    """No operation is recorded, whatever its operands require."""
    swap(recording, "should_record", lambda _requires: False)
