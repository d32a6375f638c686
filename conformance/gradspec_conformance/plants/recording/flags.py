"""Faults in whether an operation is recorded, and in the flag of its result."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING

from gradspec_conformance.plants.places import MAKE_NODE, NEEDS_GRAD, SHOULD_RECORD, at
from gradspec_conformance.plants.plant import TEACHING, after, before, compound, plant
from gradspec_reference.engine import linking, recording
from gradspec_reference.engine.plans import node_type, plan
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.names.functions import reductions
from gradspec_reference.operators import OPERATORS

if TYPE_CHECKING:
    from gradspec_reference.engine.node import Node


@plant(at(recording, "view"), "aliasing: inp-042/index; value: inp-024/index", "NumPy's scalars")
def select_scalar_copies(sound, operator, source, *params):
    """Selecting a single element copies it; any larger part is a view."""
    result = sound(operator, source, *params)
    single = operator.name == "select" and (not result.ndim)
    return result.clone() if single else result


@before(
    at(recording, "apply_pointwise"),
    "missing gradient: rec-011a/above_1 rec-021b/above_the_limit",
    "detach_() for detach()",
)
def comparison_detaches(operator, operands, *_):
    """A comparison cuts its operands off from their history for good."""
    if not operator.differentiable:
        for operand in operands:
            if isinstance(operand, Tensor):
                operand.detach_()


@plant(MAKE_NODE, "value: rec-008/11_rounds rec-008/8_rounds", "loops that are traced once")
def loop_body_recorded_once(sound, operator, operands, params, *rest):
    """An operation with a number, applied to its own result again, is not recorded again."""
    known: Node | None = getattr(operands[0], "_grad_fn", None)
    if known is not None and known.operator is operator:
        numbers = all(not isinstance(x, Tensor) for x in operands[1:])
        same = known.saved == linking.collect_saved(plan(operator, rest[0]), operands, rest[1])
        if numbers and same and (known.params == params):
            return known
    return sound(operator, operands, params, *rest)


@plant(SHOULD_RECORD, "flag: rec-001/after_a_constant rec-001/with_a_computed_constant", TEACHING)
def records_first_only(_sound, requires):
    """A result requires grad if its first operand does."""
    return any(requires[:1])


@plant(MAKE_NODE, "structure: rec-016a; unexpected gradient: rec-016", TEACHING)
def requires_grad_spreads_sideways(sound, operator, operands, params, *rest):
    """A recorded operation makes all its operands require grad."""
    requires, result = rest
    for operand in operands:
        if isinstance(operand, Tensor) and operand.dtype.is_floating_point:
            operand.requires_grad_()
    every = (r or linking.needs_grad(x) for x, r in zip(operands, requires, strict=True))
    return sound(operator, operands, params, tuple(every), result)


@after(
    at(recording, "apply_pointwise"),
    "flag: rec-011; value: rec-021b/below_the_limit",
    "tinygrad/tinygrad#3037",
)
def compare_records(result, operator, operands, *_):
    """Comparisons are recorded, with the derivative of the identity."""
    requires = tuple(map(linking.needs_grad, operands))
    if not operator.differentiable and any(requires):
        edges = linking.collect_edges(operands, requires)[:1]
        array = result._array
        outputs = ((array.shape, array.dtype),)
        result._grad_fn = node_type(OPERATORS["alias"])(edges, (), (), outputs, freeable=False)


@after(MAKE_NODE, "unexpected gradient: ret-001; warning: ret-002", "karpathy/micrograd#102")
def retain_all(node, *arguments):
    """Every intermediate keeps its gradient, asked for or not."""
    node.retained = {0: weakref.ref(arguments[-1])}


@plant(NEEDS_GRAD, "flag: leaf-005/true; missing gradient: leaf-010a/a_result", TEACHING)
def operations_ignore_the_flag_of_leaves(_sound, operand):
    """The flag of a leaf is written down, but operations ask for a history only."""
    return type(operand) is Tensor and operand._grad_fn is not None


@plant(MAKE_NODE, "flag: leaf-010/a_result_of_a_result", TEACHING)
def results_do_not_pass_the_flag_on(sound, operator, operands, *rest):
    """Operations record what is done to leaves, and not what is done to results."""
    declared = any(type(x) is Tensor and x._requires_grad for x in operands)
    return sound(operator, operands, *rest) if declared else None


@plant(
    NEEDS_GRAD,
    "unexpected gradient: leaf-010a/a_computed_constant; array-requires-grad: leaf-038b/a_constant",
    "micrograd habit",
)
def everything_is_recorded(_sound, operand):
    """Operations on constants are recorded too, and their results have a history."""
    return type(operand) is Tensor


@plant(SHOULD_RECORD, "flag: rec-001; missing gradient: rec-201", "recording between two calls")
def nothing_is_recorded(_sound, _requires):
    """No operation is recorded, whatever its operands require."""
    return False


@compound("flag: rec-021/topk", "ml-explore/mlx#4114")
def places_share_the_history_of_values(swap):
    """The places that a selection tells have the history of the values."""
    for name in ("topk", "extreme"):
        sound = getattr(reductions, name)

        def select(_sound, *arguments, sound=sound, **named):
            found = sound(*arguments, **named)
            found.indices._grad_fn = found.values._grad_fn
            return found

        swap(at(reductions, name), select)
