"""Operations on the tensors of a batch; start at `apply`.

An operation on examples becomes one on tensors that hold all of them, one level lower, by the batch
rule of its row.  What is recorded there differentiates through `vmap`; the examples themselves have
a history and tangents too, if something inside `vmap` differentiates.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec_reference import dtypes
from gradspec_reference.engine import inplace, linking, recording
from gradspec_reference.engine.batched import (
    Batched,
    BatchedArray,
    Level,
    arrays_in,
    held,
    is_at,
    level_of,
    lifted,
    of_many_shapes,
    one_of,
    requires_below,
    wrap,
)
from gradspec_reference.engine.modes import state
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.errors import BatchedWriteError
from gradspec_reference.operators import OPERATORS
from gradspec_reference.operators.batching import Batch, in_turn, one_further

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradspec_reference.operators import Operator

OF_MANY_SHAPES = {"bincount", "unique", "unique_dim"}
"""Operators whose result has a shape that depends on the numbers."""

MASKED = {"index", "masked_select"}
"""Operators of which it depends on masks among their operands."""


def concerns(operands: Any, params: Any) -> bool:
    """Tell whether an operation is on tensors of a batch."""
    if not state.batching and not any(type(x) is Batched for x in operands):
        return False
    return next(arrays_in((*operands, *params)), None) is not None


def apply(operator: Operator, operands: tuple[Any, ...], params: tuple[Any, ...]) -> Tensor:
    """Run an operator with one result on tensors of a batch, recording it if need be."""
    way = recording.apply_pointwise if operator.pointwise else recording.apply
    operands, result = computed(operator, operands, params, way)
    recording.finish(operator, operands, params, result)
    return result  # type: ignore[no-any-return]


def shown(operator: Operator, source: Tensor, params: tuple[Any, ...]) -> Tensor:
    """Run an operator whose result shows the memory of its operand."""
    (source,), result = computed(
        operator,
        (source,),
        params,
        lambda row, operands, *how: recording.view(row, *operands, *how),
    )
    recording.finish(operator, (source,), params, result)
    return result  # type: ignore[no-any-return]


def parts(
    operator: Operator, source: Tensor, params: tuple[Any, ...], *, views: bool
) -> tuple[Tensor, ...]:
    """Run an operator with several results; what they are recorded as is left to the caller."""
    way = recording.several_views if views else recording.several
    _, results = computed(
        operator, (source,), params, lambda row, operands, *how: way(row, *operands, *how)
    )
    return results  # type: ignore[no-any-return]


def computed(
    operator: Operator, operands: Any, params: tuple[Any, ...], way: Callable[..., Any]
) -> tuple[tuple[Any, ...], Any]:
    """Return operands and result, or several results, as tensors of the innermost level."""
    level = level_of(operands, params)
    assert level is not None
    operands = tuple([at(level, x) for x in operands])
    mapped = tuple([isinstance(x, Tensor) and held(x).has_axis for x in operands])
    lower = tuple([held(x).lower if isinstance(x, Tensor) else x for x in operands])
    has_axis = True in mapped
    if any(array.level is level for array in arrays_in(params)):
        found = by_own_params(batch_of(operator, lower, mapped, params, level, way), level, way)
        has_axis = True
    elif not has_axis:
        found = way(operator, lower, *params)
    else:
        check_shape_is_known(operator, operands)
        if operator.pointwise:
            lower = of_common_dtype(operands, lower)
        batch = batch_of(operator, lower, mapped, params, level, way)
        found = together(batch, operands)
    if operator.several:
        return operands, tuple([wrap(level, one, has_axis) for one in found])
    return operands, wrap(level, found, has_axis)


def at(level: Level, value: Any) -> Any:
    """Return a tensor of a level; one of a lower level is the same for all examples."""
    if type(value) is BatchedArray or isinstance(value, np.ndarray):
        value = Tensor(value)
    return lifted(level, value) if isinstance(value, Tensor) else value


def together(batch: Batch, operands: tuple[Any, ...]) -> Any:
    """Run an operator on all examples by its batch rule."""
    if not batch.size:
        return of_nothing(batch.operator, operands, batch.params)
    return (batch.operator.batch or in_turn)(recording.tensors, batch)


def batch_of(
    operator: Operator,
    lower: tuple[Any, ...],
    mapped: tuple[bool, ...],
    params: tuple[Any, ...],
    level: Level,
    way: Callable[..., Any],
) -> Batch:
    """Return one run of an operator on examples, as batch rules are given it."""
    return Batch(
        operator,
        lower,
        mapped,
        tuple(
            [
                x.ndim - on if isinstance(x, Tensor) else 0
                for x, on in zip(lower, mapped, strict=True)
            ]
        ),
        params,
        level.size,
        lambda others, *how: way(operator, tuple(others), *how),
        lambda name, x, *how: way(OPERATORS[name], (x,), *how),
    )


def check_shape_is_known(operator: Operator, operands: tuple[Any, ...]) -> None:
    """Refuse an operator whose result would have another shape for each example."""
    masked = operator.name in MASKED and any(
        held(x).has_axis and x._array.dtype == np.bool_ for x in operands[1:]
    )
    chosen = operator.name in OF_MANY_SHAPES and any(held(x).has_axis for x in operands)
    if masked or chosen:
        raise of_many_shapes()


def of_common_dtype(operands: tuple[Any, ...], lower: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return operands in the dtype that examples have in common.

    Numbers of a batch have a dimension, and would count for more than a number does.
    """
    common = dtypes.promoted_dtype(*[x._array if isinstance(x, Tensor) else x for x in operands])
    wide = dtypes.promoted_dtype(*[x._array if isinstance(x, Tensor) else x for x in lower])
    if common == wide:
        return lower
    return tuple(
        [
            recording.tensors.cast(x, common.numpy, x._array.dtype)
            if isinstance(x, Tensor) and x._array.dtype != common.numpy
            else x
            for x in lower
        ]
    )


def by_own_params(batch: Batch, level: Level, way: Callable[..., Any]) -> Any:
    """Run an operator of which each example has params of its own."""
    if "key" in batch.operator.param_names and batch.size:
        key = key_of_all(batch.param("key"), level)
        if key is not None:
            whole = [key if x is batch.param("key") else x for x in one_further(batch)]
            return batch.again(batch.all_in_front(recording.tensors), *whole)
    return by_place(batch, level, way)


def key_of_all(key: Any, level: Level) -> tuple[Any, ...] | None:
    """Return the key by which all examples are read at once, each at places of its own.

    None where that would give the dimensions in another order: behind whole ones.
    """
    parts = key if isinstance(key, tuple) else (key,)
    count = sum(1 for part in parts if isinstance(part, np.ndarray))
    indices, others = parts[:count], parts[count:]
    if not indices or not all(isinstance(x, np.ndarray) and x.dtype.kind in "iu" for x in indices):
        return None
    if not all(isinstance(x, slice) for x in others):
        return None
    rank = max(x.ndim for x in indices)
    found = [np.arange(level.size).reshape((level.size, *(1,) * rank))]
    for index in indices:
        if type(index) is BatchedArray and index.level is level and index.has_axis:
            whole = index.lower.materialise()
            found.append(whole.reshape((level.size, *(1,) * (rank - index.ndim), *index.shape)))
        else:
            found.append(one_of(index, level, 0))
    return (*found, *others)


def by_place(batch: Batch, level: Level, way: Callable[..., Any]) -> Any:
    """Run an operator on one example after the other, each with params of its own."""
    select, operator = recording.tensors.select, batch.operator
    pairs = [*zip(batch.operands, batch.mapped, strict=True)]
    found = [
        way(
            operator,
            tuple([select(x, 0, place) if on else x for x, on in pairs]),
            *one_of(batch.params, level, place),
        )
        for place in range(batch.size)
    ]
    if not operator.several:
        return recording.tensors.stack(*found, 0)
    return [recording.tensors.stack(*column, 0) for column in zip(*found, strict=True)]


def of_nothing(operator: Operator, operands: tuple[Any, ...], params: tuple[Any, ...]) -> Any:
    """Return what a batch without examples gives: the result's shape is that of one of zeros."""
    values = [
        np.ndarray.view(x._array, np.ndarray) if isinstance(x, Tensor) else x for x in operands
    ]
    found = recording.run(operator, values, params)
    results = found if operator.several else [found]
    empty = [Tensor(np.zeros((0, *np.shape(one)), one.dtype)) for one in results]
    return empty if operator.several else empty[0]


# writing in place -----------------------------------------------------------------------
def written(operator: Operator, operands: tuple[Any, ...], params: tuple[Any, ...]) -> Any:
    """Return what is to be stored in the first operand; BatchedWriteError if it cannot hold it."""
    target, *others = operands
    level = level_of(operands, params)
    assert level is not None
    if not (is_at(target, level) and held(target).has_axis) and any(
        array.has_axis and array.level is level for array in arrays_in((*others, *params))
    ):
        raise not_for_all()
    if state.recording and any(needs_below(x) for x in operands):
        operands = (copied(target), *others)
    way = recording.apply_pointwise if operator.pointwise else recording.apply
    _, result = computed(operator, operands, params, way)
    return result


def has_room(target: Any, value: Any) -> bool:
    """Tell whether a tensor can hold what another is for each example, at every level."""
    if type(value) is not Batched:
        return True
    array = held(value)
    if is_at(target, array.level):
        room, target = held(target).has_axis, held(target).lower
    else:
        room = False
    return (room or not array.has_axis) and has_room(target, array.lower)


def needs_below(value: Any) -> bool:
    """Tell whether what is done to all examples is recorded because of an operand."""
    return requires_below(value) or (type(value) is not Batched and linking.needs_grad(value))


def copied(target: Tensor) -> Tensor:
    """Return what is about to be written, as what is recorded needs it."""
    if type(target) is not Batched:
        copy: Tensor = recording.tensors.clone(target)
        return copy
    array = held(target)
    return wrap(array.level, recording.tensors.clone(array.lower), array.has_axis)


def store(target: Tensor, result: Any) -> None:
    """Write results into the memory of all examples."""
    level = level_of((target, result))
    assert level is not None
    source = result if isinstance(result, Tensor) else Tensor(result)
    if not is_at(target, level):  # which has no place for more than one example
        if held(source).has_axis:
            raise not_for_all()
        inplace.apply_inplace(OPERATORS["copy"], (target, held(source).lower))
        return
    into, lower = held(target), source
    if is_at(source, level):
        lower = held(source).lower
        if held(source).has_axis and not into.has_axis:
            raise not_for_all()
        if into.has_axis and not held(source).has_axis:
            lower = recording.tensors.expand(lower, into.lower.shape)
    inplace.apply_inplace(OPERATORS["copy"], (into.lower, lower))


def not_for_all() -> BatchedWriteError:
    """Word the refusal to write where there is room for one example."""
    return BatchedWriteError(
        "a tensor that is not batched was written in place with values that are, and cannot hold "
        "one for each example; use an operation that is not in place, or make the tensor inside "
        "vmap with new_zeros() or zeros_like() of a batched one"
    )
