"""Faults in whether an operation is recorded, and in the flag of its result."""

# ruff: noqa: SLF001 - a plant reaches inside

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

from gradspec_conformance.plants.places import at
from gradspec_conformance.plants.plant import compound, plant
from gradspec_reference.engine import recording
from gradspec_reference.engine.plans import node_type, plan
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.names.functions import reductions
from gradspec_reference.operators import OPERATORS, Operator

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradspec_conformance.plants.swap import Swap
    from gradspec_reference.engine.node import Node


@plant(
    at(recording, "view"),
    {"inp-042/index": "aliasing", "inp-024/index": "value"},
    "common on NumPy, which returns a scalar there",
)
def select_scalar_copies(sound: Any, operator: Any, source: Any, *params: Any) -> Any:
    """Selecting a single element copies it; any larger part is a view."""
    result = sound(operator, source, *params)
    single = operator.name == "select" and (not result.ndim)
    return result.clone() if single else result


@plant(
    at(recording, "apply_pointwise"),
    {"rec-011a/above_1": "missing gradient", "rec-021b/above_the_limit": "missing gradient"},
    "common in teaching engines: detach_() where detach() is meant",
)
def comparison_detaches(
    sound: Any, operator: Operator, operands: tuple[Any, ...], *params: Any
) -> Any:
    """A comparison cuts its operands off from their history for good."""
    if not operator.differentiable:
        for operand in operands:
            if isinstance(operand, Tensor):
                operand.detach_()
    return sound(operator, operands, *params)


@plant(
    at(recording, "make_node"),
    {"rec-008/11_rounds": "value", "rec-008/8_rounds": "value"},
    "common in graph-mode engines: the body of a loop is traced once",
)
def loop_body_recorded_once(
    sound: Any, operator: Operator, operands: Any, params: Any, *rest: Any
) -> Any:
    """An operation with a number, applied to its own result again, is not recorded again."""
    known: Node | None = getattr(operands[0], "_grad_fn", None)
    if known is not None and known.operator is operator:
        numbers = all(not isinstance(x, Tensor) for x in operands[1:])
        same = known.saved == recording.collect_saved(
            plan(operator, rest[0]).sources, operands, rest[1]
        )
        if numbers and same and (known.params == params):
            return known
    return sound(operator, operands, params, *rest)


@plant(
    at(recording, "should_record"),
    {"rec-001/after_a_constant": "flag", "rec-001/with_a_computed_constant": "flag"},
    "common in teaching engines",
)
def records_first_only(_sound: Any, requires: Any) -> Any:
    """A result requires grad if its first operand does."""
    return any(requires[:1])


@plant(
    at(recording, "make_node"),
    {"rec-016a": "structure", "rec-016": "unexpected gradient"},
    "common in teaching engines",
)
def requires_grad_spreads_sideways(
    sound: Any, operator: Operator, operands: Any, params: Any, *rest: Any
) -> Any:
    """A recorded operation makes all its operands require grad."""
    requires, result = rest
    for operand in operands:
        if isinstance(operand, Tensor) and operand.dtype.is_floating_point:
            operand.requires_grad_()
    every = (r or recording.needs_grad(x) for x, r in zip(operands, requires, strict=True))
    return sound(operator, operands, params, tuple(every), result)


@plant(
    at(recording, "apply_pointwise"),
    {"rec-011": "flag", "rec-021b/below_the_limit": "value"},
    "tinygrad/tinygrad#3037",
)
def compare_records(sound: Any, operator: Operator, operands: tuple[Any, ...], *params: Any) -> Any:
    """Comparisons are recorded, with the derivative of the identity."""
    result = sound(operator, operands, *params)
    requires = tuple(map(recording.needs_grad, operands))
    if not operator.differentiable and any(requires):
        edges = recording.collect_edges(operands, requires)[:1]
        array = result._array
        outputs = ((array.shape, array.dtype),)
        result._grad_fn = node_type(OPERATORS["alias"])(edges, (), (), outputs, freeable=False)
    return result


@plant(
    at(recording, "make_node"),
    {"ret-001": "unexpected gradient", "ret-002": "warning"},
    "the style of karpathy/micrograd#102",
)
def retain_all(sound: Any, *arguments: Any) -> Any:
    """Every intermediate keeps its gradient, asked for or not."""
    node = sound(*arguments)
    node.retained = {0: weakref.ref(arguments[-1])}
    return node


@plant(
    at(recording, "needs_grad"),
    {"leaf-005/true": "flag", "leaf-010a/a_result": "missing gradient"},
    "common in teaching engines",
)
def operations_ignore_the_flag_of_leaves(_sound: Any, operand: Any) -> Any:
    """The flag of a leaf is written down, but operations ask for a history only."""
    return type(operand) is Tensor and operand._grad_fn is not None


@plant(
    at(recording, "make_node"),
    {"leaf-010/a_result_of_a_result": "flag"},
    "common in teaching engines",
)
def results_do_not_pass_the_flag_on(
    sound: Any, operator: Any, operands: tuple[Any, ...], *rest: Any
) -> Any:
    """Operations record what is done to leaves, and not what is done to results."""
    declared = any(type(x) is Tensor and x._requires_grad for x in operands)
    return sound(operator, operands, *rest) if declared else None


@plant(
    at(recording, "needs_grad"),
    {
        "leaf-010a/a_computed_constant": "unexpected gradient",
        "leaf-038b/a_constant": "array-requires-grad",
    },
    "micrograd habit",
)
def everything_is_recorded(_sound: Any, operand: Any) -> Any:
    """Operations on constants are recorded too, and their results have a history."""
    return type(operand) is Tensor


@plant(
    at(recording, "should_record"),
    {"rec-001": "flag", "rec-201": "missing gradient"},
    "engines that record between two calls only",
)
def nothing_is_recorded(_sound: Any, _requires: Any) -> Any:
    """No operation is recorded, whatever its operands require."""
    return False


@compound({"rec-021/topk": "flag"}, "ml-explore/mlx#4114")
def places_share_the_history_of_values(swap: Swap) -> None:
    """The places that a selection tells have the history of the values."""
    for name in ("topk", "_extreme"):
        sound = getattr(reductions, name)

        def select(
            _sound: Any, *arguments: Any, sound: Callable[..., Any] = sound, **named: Any
        ) -> Any:
            found = sound(*arguments, **named)
            found.indices._grad_fn = found.values._grad_fn
            return found

        swap(at(reductions, name), select)
