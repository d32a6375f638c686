"""Run an operator and write it into the graph; start at `apply`.

The kernel runs on arrays.  If recording is on and an operand requires grad, the result gets a
node that holds an edge per operand and what the derivative needs; otherwise it is a leaf without
history.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec_reference import dtypes
from gradspec_reference.engine import (
    batching,
    complexes,
    forward,
    linking,
    narrow,
    refusals,
    versions,
    views,
)
from gradspec_reference.engine import node as graph
from gradspec_reference.engine.batched import Batched
from gradspec_reference.engine.linking import (
    collect_saved,
    make_node,
    needs_grad,
    reach_a_rule,
)
from gradspec_reference.engine.modes import exceptional, is_quiet, state
from gradspec_reference.engine.plans import plan
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.errors import GradError
from gradspec_reference.marked import Conjugated, Negated
from gradspec_reference.meta import MetaArray, check_together, moved
from gradspec_reference.operators import OPERATORS

if TYPE_CHECKING:
    from gradspec_reference.operators import Operator

NUMBERS = (int, float)
ONE = (1,)
FLOATS = frozenset({np.float32, np.float64})
WIDE = "fd"  # the letters of floating-point types that kernels compute in
PLAIN = "fd?bBhilq"  # the letters of its real types: kernels are run on these as they are
APART = frozenset(
    {
        *(d.numpy.type for d in dtypes.ALL if d.numpy.char not in PLAIN),
        *(Conjugated, Negated),
    }
)
OPERANDS = (Tensor, int, float, complex)
ARRAYS_AND_NUMBERS = (np.ndarray, np.generic, int, float, complex)
PAIR = 2
new = object.__new__
ndarray = np.ndarray


def apply(operator: Operator, operands: tuple[Any, ...], *params: Any) -> Tensor:
    """Run an operator on tensors and numbers, recording it if need be."""
    if exceptional and batching.concerns(operands, params):
        return batching.apply(operator, operands, params)
    array = run(operator, [x._array if isinstance(x, Tensor) else x for x in operands], params)
    result = Tensor(array)
    if exceptional:
        finish(operator, operands, params, result)
    elif state.recording and operator.differentiable:
        record(operator, operands, params, result)
    return result


def apply_pointwise(operator: Operator, operands: tuple[Any, ...], *params: Any) -> Tensor:
    """Run an operator whose operands are first brought to their common dtype."""
    if exceptional and batching.concerns(operands, params):
        return batching.apply(operator, operands, params)
    values = [x._array if isinstance(x, Tensor) else x for x in operands]
    if operator.without:
        refusals.refuse_booleans(operator, values)
    check_together(values)
    array = run(operator, promoted(values, operator.floating), params)
    result = Tensor(array)
    if exceptional:
        finish(operator, operands, params, result)
    elif state.recording and operator.differentiable:
        record(operator, operands, params, result)
    return result


def binary(operator: Operator, a: Any, b: Any, *params: Any) -> Tensor:
    """Run an operator on two operands: `apply_pointwise` without its loops, for the common case.

    Returns NotImplemented, as Python's signs do, for what is neither tensor nor number.
    """
    if type(a) is not Tensor and not isinstance(a, Tensor):
        return binary_of_any(operator, a, b, *params)
    x = a._array
    kind = type(b)
    both = kind is Tensor or (kind not in NUMBERS and isinstance(b, Tensor) and kind is not Batched)
    y = b._array if both else b
    if not (
        type(x) in FLOATS and (type(y) is type(x) or type(y) in NUMBERS)
        if type(x) is not ndarray
        else (x.dtype is y.dtype if both else type(y) in NUMBERS)
        and (x.dtype.char in WIDE or (both and not operator.particular and x.dtype.char in PLAIN))
    ):
        return binary_of_any(operator, a, b, *params)
    try:
        if not params:
            array = state.quietly(operator.kernel, x, y)
        elif operator.kernel_at_one is not None and params == ONE:
            array = state.quietly(operator.kernel_at_one, x, y)
        else:
            array = state.quietly(operator.kernel, x, y, *params)
    except (ValueError, RuntimeError, TypeError, IndexError, OverflowError) as error:
        array = run_again(operator, (x, y), params, error)
    result = new(Tensor)
    result._array = array
    result._grad_fn = result._grad = result._counter = result._view = result._leaf = None
    result._output_nr = 0
    result._requires_grad = False
    if exceptional:
        versions.mark(result)
        finish(operator, (a, b), params, result)
        return result
    # a tensor with a history requires grad: no need to ask; only a view may without a flag
    of_a = a._grad_fn is not None or a._requires_grad or (a._view is not None and needs_grad(a))
    of_b = both and (
        b._grad_fn is not None or b._requires_grad or (b._view is not None and needs_grad(b))
    )
    if (of_a or of_b) and operator.differentiable and state.recording:
        linking.link_two(operator, a, b, params, of_a, of_b, result)
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
    if type(a) is Batched:
        return batching.apply(operator, (a,), params)
    if operator.particular and (x.dtype.char not in WIDE or type(x) is MetaArray):
        return apply_pointwise(operator, (a,), *params)
    if x.dtype.char not in PLAIN:
        return apply(operator, (a,), *params)
    try:
        array = state.quietly(operator.kernel, x, *params)
    except (ValueError, RuntimeError, TypeError, IndexError, OverflowError) as error:
        array = run_again(operator, (x,), params, error)
    result = new(Tensor)
    result._array = array
    result._grad_fn = result._grad = result._counter = result._view = result._leaf = None
    result._output_nr = 0
    result._requires_grad = False
    if exceptional:
        versions.mark(result)
        finish(operator, (a,), params, result)
        return result
    if (
        (a._grad_fn is not None or a._requires_grad or (a._view is not None and needs_grad(a)))
        and operator.differentiable
        and state.recording
    ):
        if array.dtype.char in WIDE and operator.ruled is None:
            linking.link_one(operator, a, params, result)
        else:
            record(operator, (a,), params, result)
    return result


def unary_of_any(operator: Operator, a: Tensor, *params: Any) -> Tensor:
    """Run an operator on one operand step by step."""
    return (apply_pointwise if operator.particular else apply)(operator, (a,), *params)


def run(operator: Operator, values: list[Any], params: tuple[Any, ...]) -> Any:
    """Run a kernel on arrays; OperandShapeError if their shapes do not fit together."""
    if type(values[0]) is MetaArray:
        return moved(operator.kernel(*values, *params))
    try:
        for value in values:
            if value.dtype.char not in PLAIN if type(value) is ndarray else type(value) in APART:
                return state.quietly(run_apart, operator, values, params)
        return state.quietly(operator.kernel, *values, *params)
    except (ValueError, RuntimeError, TypeError, IndexError, OverflowError) as error:
        return run_again(operator, values, params, error)


def run_apart(operator: Operator, values: list[Any], params: tuple[Any, ...]) -> Any:
    """Run a kernel on values among which there are complex ones, or of types NumPy has not."""
    runs = narrow.run if narrow.among(values) else complexes.run
    return runs(operator, values, params)


def row_for(operator: Operator, dtype: dtypes.NumpyDType) -> Operator:
    """Return the row under which an operation with a result of a dtype is recorded."""
    if dtype.kind == "c":
        return complexes.row(operator)
    return narrow.row(operator) if dtypes.is_narrow(dtype) else operator


def run_again(operator: Operator, values: Any, params: tuple[Any, ...], error: Exception) -> Any:
    """Refuse operands that a kernel refused, or run it where the quiet context is entered already.

    That is so if a signal or a destructor interrupted another kernel to compute something.
    """
    if isinstance(error, GradError):
        raise error
    if isinstance(error, ValueError):
        raise refusals.refused(operator, values, error) from error
    if isinstance(error, IndexError):
        raise refusals.index_refused(operator, error) from error
    if isinstance(error, OverflowError):
        raise refusals.number_does_not_fit(operator, error) from error
    if isinstance(error, TypeError) and all(isinstance(v, ARRAYS_AND_NUMBERS) for v in values):
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
    if floating and common.category < dtypes.FLOAT:
        common = dtypes.get_default_dtype()
    dtype = common.numpy
    return [cast_operand(v, dtype) for v in values]


def view(operator: Operator, source: Tensor, *params: Any) -> Tensor:
    """Run an operator whose result shows the memory of its operand."""
    if type(source._array) is not np.ndarray:
        source.materialise()
    if type(source) is Batched:
        result = batching.shown(operator, source, params)
    else:
        result = unary(operator, source, *params)
    views.relate(result, source, several=False)
    if exceptional:
        forward.show(result, source, operator, params)
    return result


def several_views(operator: Operator, source: Tensor, *params: Any) -> tuple[Tensor, ...]:
    """Run an operator that returns several views, which share one node."""
    source.materialise()
    results = several(operator, source, *params, views=True)
    for result in results:
        views.relate(result, source, several=True)
    if exceptional:
        forward.show_each(results, source, operator, params)
    return results


def several(
    operator: Operator, source: Tensor, *params: Any, views: bool = False
) -> tuple[Tensor, ...]:
    """Run an operator with several results, each of which is one output of its node.

    `views` says whether they show the operand's memory.
    """
    if type(source) is Batched:
        results = batching.parts(operator, source, params, views=views)
    else:
        results = tuple([Tensor(array) for array in run(operator, [source._array], params)])
    arrays = [result._array for result in results]
    if exceptional:
        forward.make_room(results, (source,))
    if state.recording and needs_grad(source):
        refusals.refuse_integers(operator, (source,), (True,))
        how = plan(narrow.row(operator) if narrow.among(arrays) else operator, (True,))
        node = how.node(
            (graph.gradient_edge(source),),
            collect_saved(how, (source,), results),
            params,
            tuple([(array.shape, array.dtype) for array in arrays]),
            how.freeable,
        )
        for number, result in enumerate(results):
            result._grad_fn, result._output_nr = node, number
    if exceptional:
        forward.propagate(operator, (source,), params, results)
    return results


def cast_operand(value: Any, dtype: dtypes.NumpyDType) -> Any:
    """Cast one operand; a number keeps its weakness, which NumPy knows as well."""
    if isinstance(value, np.ndarray | np.generic):
        return value if value.dtype == dtype else value.astype(dtype)
    if dtypes.is_narrow(dtype):
        return value
    if dtype.kind in "iu" and type(value) is int:
        return np.asarray(value).astype(dtype)[()]
    return dtype.type(value)


def record(
    operator: Operator, operands: tuple[Any, ...], params: tuple[Any, ...], result: Tensor
) -> None:
    """Give a result its history, if it has one."""
    requires = tuple([needs_grad(x) for x in operands])
    if not reach_a_rule(operator, requires):
        return
    dtype = result._array.dtype
    if dtype.kind not in dtypes.DIFFERENTIABLE:
        refusals.refuse_integers(operator, operands, requires)
        return
    if dtype.char not in WIDE:
        operator = row_for(operator, dtype)
    result._grad_fn = make_node(operator, operands, params, requires, result)


def finish(
    operator: Operator, operands: tuple[Any, ...], params: tuple[Any, ...], result: Tensor
) -> None:
    """Give a result its history and, in a dual level, its tangent."""
    forward.make_room(result, operands)
    if state.recording and operator.differentiable:
        record(operator, operands, params, result)
    forward.propagate(operator, operands, params, result)


def function(operator: Operator) -> Any:
    """Return an operator as rules call it: a function of operands, then params, that records."""
    applied = apply_pointwise if operator.pointwise else apply
    count = -len(operator.param_names) if operator.variadic else len(operator.operand_names)
    if operator.several:
        return functools.partial(several, operator)

    def recorded(*arguments: Any) -> Tensor:
        return applied(operator, arguments[:count], *arguments[count:])

    return recorded


# as `xp` in a rule, `xp.sin` runs the row sin on tensors and records it
tensors: Final = OPERATORS.namespace(function)
