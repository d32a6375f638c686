"""Run an operator and write it into the graph; start at `apply`.

The kernel runs on arrays.  If recording is on and an operand requires grad, the result gets a
node that holds an edge per operand and what the derivative needs; otherwise it is a leaf without
history.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec_reference import dtypes
from gradspec_reference.engine import node as graph
from gradspec_reference.engine import refusals, views
from gradspec_reference.engine.modes import is_quiet, state
from gradspec_reference.engine.plans import plan
from gradspec_reference.engine.saved import SavedTensor, save_result
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.operators import OPERATORS

if TYPE_CHECKING:
    from gradspec_reference.engine.plans import Plan
    from gradspec_reference.operators import Operator

NUMBERS = (int, float)
OPERANDS = (Tensor, int, float)
PAIR = 2


def apply(operator: Operator, operands: tuple[Any, ...], *params: Any) -> Tensor:
    """Run an operator on tensors and numbers, recording it if need be."""
    array = run(operator, [x._array if isinstance(x, Tensor) else x for x in operands], params)
    result = Tensor(array)
    if state.recording and operator.differentiable:
        record(operator, operands, params, result)
    return result


def apply_pointwise(operator: Operator, operands: tuple[Any, ...], *params: Any) -> Tensor:
    """Run an operator whose operands are first brought to their common dtype."""
    values = [x._array if isinstance(x, Tensor) else x for x in operands]
    if operator.without:
        refusals.refuse_booleans(operator, values)
    array = run(operator, promoted(values, operator.floating), params)
    result = Tensor(array)
    if state.recording and operator.differentiable:
        record(operator, operands, params, result)
    return result


def binary(operator: Operator, a: Any, b: Any, *params: Any) -> Tensor:
    """Run an operator on two operands: `apply_pointwise` without its loops, for the common case.

    Returns NotImplemented, as Python's signs do, for what is neither tensor nor number.
    """
    if type(a) is not Tensor:
        return binary_of_any(operator, a, b, *params)
    x = a._array
    if type(b) is Tensor:
        y = b._array
        plain = x.dtype is y.dtype and not (operator.particular and x.dtype.kind != "f")
    else:
        y = b
        plain = type(b) in NUMBERS and x.dtype.kind == "f"
    if not plain:
        return binary_of_any(operator, a, b, *params)
    try:
        result = Tensor(state.quietly(operator.kernel, x, y, *params))
    except (ValueError, RuntimeError, TypeError) as error:
        result = Tensor(run_again(operator, (x, y), params, error))
    # a tensor with a history requires grad: no need to ask
    requires = (
        a._grad_fn is not None or needs_grad(a),
        b is not y and (b._grad_fn is not None or needs_grad(b)),
    )
    if should_record(requires) and operator.differentiable and state.recording:
        result._grad_fn = make_node(operator, (a, b), params, requires, result)
    return result


def binary_of_any(operator: Operator, *arguments: Any) -> Tensor:
    """Run an operator on operands that may be numbers of NumPy, or no operands at all."""
    pair = [x.item() if isinstance(x, np.generic) else x for x in arguments[:PAIR]]
    if not all(isinstance(x, OPERANDS) for x in pair):
        return NotImplemented  # type: ignore[no-any-return]
    return apply_pointwise(operator, tuple(pair), *arguments[PAIR:])


def unary(operator: Operator, a: Tensor, *params: Any) -> Tensor:
    """Run an operator on one operand: `apply` without its loops."""
    x = a._array
    if operator.particular and x.dtype.kind != "f":
        return apply_pointwise(operator, (a,), *params)
    try:
        result = Tensor(state.quietly(operator.kernel, x, *params))
    except (ValueError, RuntimeError, TypeError) as error:
        result = Tensor(run_again(operator, (x,), params, error))
    requires = a._grad_fn is not None or needs_grad(a)
    if requires and operator.differentiable and state.recording:
        record(operator, (a,), params, result)
    return result


def run(operator: Operator, values: list[Any], params: tuple[Any, ...]) -> Any:
    """Run a kernel on arrays; OperandShapeError if their shapes do not fit together."""
    try:
        return state.quietly(operator.kernel, *values, *params)
    except (ValueError, RuntimeError, TypeError) as error:
        return run_again(operator, values, params, error)


def run_again(operator: Operator, values: Any, params: tuple[Any, ...], error: Exception) -> Any:
    """Refuse operands that a kernel refused, or run it where the quiet context is entered already.

    That is so if a signal or a destructor interrupted another kernel to compute something.
    """
    if isinstance(error, ValueError):
        raise refusals.refused(operator, values, error) from error
    if isinstance(error, TypeError) and all(isinstance(v, np.ndarray | np.generic) for v in values):
        refusals.check_shapes(operator, values)
        raise refusals.dtypes_do_not_fit(operator, values) from error
    if isinstance(error, TypeError) or not is_quiet.get():
        raise error
    try:
        return operator.kernel(*values, *params)
    except ValueError as refusal:
        raise refusals.refused(operator, values, refusal) from refusal


def promoted(values: list[Any], floating: bool) -> list[Any]:
    """Cast arrays and numbers to the dtype of an operation on them.

    An operation that only makes sense on floating numbers turns integers into the default dtype.
    """
    common = dtypes.promoted_dtype(*values)
    if floating and not common.is_floating_point:
        common = dtypes.get_default_dtype()
    dtype = common.numpy
    return [cast_operand(v, dtype) for v in values]


def view(operator: Operator, source: Tensor, *params: Any) -> Tensor:
    """Run an operator whose result shows the memory of its operand."""
    source.materialise()
    result = unary(operator, source, *params)
    views.relate(result, source, several=False)
    return result


def several_views(operator: Operator, source: Tensor, *params: Any) -> tuple[Tensor, ...]:
    """Run an operator that returns several views, which share one node."""
    source.materialise()
    results = several(operator, source, *params)
    for result in results:
        views.relate(result, source, several=True)
    return results


def several(operator: Operator, source: Tensor, *params: Any) -> tuple[Tensor, ...]:
    """Run an operator with several results, each of which is one output of its node."""
    arrays = run(operator, [source._array], params)
    results = tuple([Tensor(array) for array in arrays])
    if state.recording and needs_grad(source):
        refusals.refuse_integers(operator, (source,), (True,))
        how = plan(operator, (True,))
        node = how.node(
            (graph.gradient_edge(source),),
            collect_saved(how, (source,), None),
            params,
            tuple([(array.shape, array.dtype) for array in arrays]),
            how.freeable,
        )
        for number, result in enumerate(results):
            result._grad_fn, result._output_nr = node, number
    return results


def cast_operand(value: Any, dtype: dtypes.NumpyDType) -> Any:
    """Cast one operand; a number keeps its weakness, which NumPy knows as well."""
    if isinstance(value, np.ndarray | np.generic):
        return value if value.dtype == dtype else value.astype(dtype)
    if dtype.kind in "iu" and type(value) is int:
        return np.asarray(value).astype(dtype)[()]
    return dtype.type(value)


def needs_grad(operand: Any) -> bool:
    """Tell whether one operand makes the result require grad."""
    if type(operand) is not Tensor:
        return False
    return (
        operand._grad_fn is not None
        or operand._requires_grad
        or (operand._view is not None and operand.requires_grad)
    )


def should_record(requires: tuple[bool, ...]) -> bool:
    """Tell whether a result requires grad: if any operand does."""
    return True in requires


def record(
    operator: Operator, operands: tuple[Any, ...], params: tuple[Any, ...], result: Tensor
) -> None:
    """Give a result its history, if it has one."""
    requires = tuple([needs_grad(x) for x in operands])
    if not should_record(requires):
        return
    if operator.ruled is not None and not should_record(differentiated(operator, requires)):
        return
    if result._array.dtype.kind != "f":
        refusals.refuse_integers(operator, operands, requires)
        return
    node = make_node(operator, operands, params, requires, result)
    if operator.ruled is not None:
        node.next_functions = differentiated(operator, node.next_functions)
    result._grad_fn = node


def differentiated(operator: Operator, of_operands: tuple[Any, ...]) -> tuple[Any, ...]:
    """Leave out operands without a rule: indices, masks, conditions."""
    ruled = operator.ruled
    return of_operands if ruled is None else tuple([of_operands[p] for p in ruled])


def make_node(
    operator: Operator,
    operands: tuple[Any, ...],
    params: tuple[Any, ...],
    requires: tuple[bool, ...],
    result: Tensor,
) -> graph.Node:
    """Make the node of an operation with one result."""
    how: Plan = operator.derived.get(requires) or plan(operator, requires)
    array = result._array
    return how.node(
        collect_edges(operands, requires),
        collect_saved(how, operands, result),
        params,
        ((array.shape, array.dtype),),
        how.freeable,
    )


def collect_edges(operands: tuple[Any, ...], requires: tuple[bool, ...]) -> tuple[graph.Edge, ...]:
    """Return one edge per operand, in their order; none where no gradient is wanted."""
    edge, none = graph.gradient_edge, graph.NO_EDGE
    if len(operands) == PAIR:  # the commonest case, without a loop
        (a, b), (of_a, of_b) = operands, requires
        return (edge(a) if of_a else none, edge(b) if of_b else none)
    return tuple(
        [edge(x) if wanted else none for x, wanted in zip(operands, requires, strict=True)]
    )


def collect_saved(how: Plan, operands: tuple[Any, ...], result: Tensor | None) -> tuple[Any, ...]:
    """Return what the rules need: operands, their shapes, or the result if there is one yet."""
    if how.operands is not None:
        return tuple([keep(operands[index]) for index in how.operands]) if how.operands else ()
    saved: list[Any] = []
    for kind, index in how.sources:
        if kind == "operand":
            saved.append(keep(operands[index]))
        elif kind == "result":
            saved.append(None if result is None else save_result(result))
        elif kind == "shape":
            saved.append(operands[index]._array.shape)
        elif kind == "rest":
            saved.append([SavedTensor(x) for x in operands[index:]])
        else:
            saved.append(None)
    return tuple(saved)


def keep(operand: Any) -> Any:
    """Return what a node keeps of an operand: the tensor itself, as long as nobody wrote it."""
    if type(operand) is not Tensor or operand._counter is None:
        return operand
    return SavedTensor(operand)


def function(operator: Operator) -> Any:
    """Return an operator as rules call it: a function of operands, then params, that records."""
    applied = apply_pointwise if operator.pointwise else apply
    count = len(operator.operand_names)

    def recorded(*arguments: Any) -> Tensor:
        return applied(operator, arguments[:count], *arguments[count:])

    return recorded


# as `xp` in a rule, `xp.sin` runs the row sin on tensors and records it
tensors: Final = OPERATORS.namespace(function)
