"""Operations that write into their first operand; start at `apply_inplace`.

The result is computed, checked and only then stored, so a refused operation changes nothing.
Everybody who shares the memory sees the version rise; if the operation is recorded, the target's
history becomes the operation.
"""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec_reference import dtypes
from gradspec_reference.engine import (
    batching,
    forward,
    growth,
    layout,
    linking,
    packing,
    recording,
    refusals,
    saved,
    versions,
    views,
)
from gradspec_reference.engine.batched import Batched
from gradspec_reference.engine.modes import exceptional, is_door, state
from gradspec_reference.engine.plans import plan
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.errors import (
    InplaceDtypeError,
    InplaceShapeError,
    LeafInplaceError,
    NoForwardError,
    OutRequiresGradError,
    OverlappingMemoryError,
)

if TYPE_CHECKING:
    from gradspec_reference.engine.node import Node
    from gradspec_reference.operators import Operator


AT_INDICES = {
    *("index_add", "index_copy", "index_put", "put", "scatter", "scatter_add", "scatter_reduce"),
}
"""Operators that write where indices say, so that a source must lie elsewhere."""

# these may store in memory that overlaps itself: one value at each address, or the last of several
PASS_OVERLAP = {"fill", "zero", "masked_fill", "masked_fill_tensor", "index_put"}


def apply_inplace(operator: Operator, operands: tuple[Any, ...], *params: Any) -> Tensor:
    """Run an operator and store its result in its first operand, which is returned."""
    target: Tensor = operands[0]
    if target._counter is versions.INFERENCE and all(map(is_inference, operands[1:])):
        versions.check_may_be_written(target)  # as torch, which looks for leaves only for others
    requires = tuple(linking.needs_grad(x) for x in operands)
    wanted = linking.reach_a_rule(operator, requires)
    recorded = state.recording and wanted and has_rules(operator, target)
    if recorded:
        check_may_be_written(target)
    versions.check_may_be_written(target)
    array = target.materialise()
    if operator.name == "copy":
        check_copy(array, operands[1]._array)
    elif operator.name not in PASS_OVERLAP:
        check_no_overlap(array, operands[1:] if operator.pointwise else ())
        if operator.name in AT_INDICES:
            check_apart(target, tuple([x for x in operands[1:] if isinstance(x, Tensor)]))
    result = result_for(operator, operands, params)
    check_result(array, result)
    tangents = forward.of_write(operator, operands, params) if exceptional else {}
    node = prepare(operator, operands, params, requires) if recorded else None
    store(target, result)
    if node is not None:
        views.rebase(target, node)
        save_results(operator, node, target, requires)
    for level, tangent in tangents.items():
        forward.overwrite(target, tangent, level)
    return target


def has_rules(operator: Operator, target: Tensor) -> bool:
    """Tell whether a write is differentiated: a copy into integers is not, as in torch."""
    return operator.differentiable and (
        operator.name != "copy" or target._array.dtype.kind in "fVc"
    )


def result_for(operator: Operator, operands: tuple[Any, ...], params: tuple[Any, ...]) -> Any:
    """Compute what is to be stored."""
    if exceptional and batching.concerns(operands, params):
        return batching.written(operator, operands, params)
    values = [x._array if isinstance(x, Tensor) else x for x in operands]
    if operator.without:
        refusals.refuse_booleans(operator, values)
    if operator.pointwise:
        values = recording.promoted(values, operator.floating)
    return recording.run(operator, values, params)


def prepare(
    operator: Operator,
    operands: tuple[Any, ...],
    params: tuple[Any, ...],
    requires: tuple[bool, ...],
) -> Node:
    """Make the node before the write: edges and operands are those of the old value."""
    target = operands[0]._array
    how = plan(recording.row_for(operator, target.dtype), requires)
    kept = (old_value(operands[0], how.sources), *operands[1:])
    return how.node(
        linking.differentiated(operator, linking.collect_edges(operands, requires)),
        linking.collect_saved(how, kept, None),
        params,
        ((target.shape, target.dtype),),
        how.freeable,
    )


def old_value(target: Tensor, sources: tuple[tuple[str, int], ...]) -> Tensor:
    """Return what the derivative sees as the target: its value before the write, if it needs it."""
    if ("operand", 0) not in sources:
        return target
    copy: Tensor = target.clone()
    return copy


def save_results(
    operator: Operator, node: Node, target: Tensor, requires: tuple[bool, ...]
) -> None:
    """Save the result, which exists only now that it is stored."""
    sources = plan(operator, requires).sources
    if ("result", 0) not in sources:
        return
    result = saved.save_result(target)
    if target._view is not None and target._grad_fn is not None:
        result.through_view = weakref.ref(target._grad_fn)
    assert node.saved is not None
    node.saved = tuple(
        result if source == ("result", 0) else item
        for source, item in zip(sources, node.saved, strict=True)
    )
    if packing.packing:
        packing.pack_saved(node)


def store(target: Tensor, result: Any) -> None:
    """Write a result into the target's memory and count the write."""
    if type(target) is Batched or type(result) is Batched:
        batching.store(target, result)
        return
    if state.mutations is not None:
        state.mutations.keep(target)
    np.copyto(target._array, result, casting="unsafe")
    versions.bump(target)


def is_inference(operand: Any) -> bool:
    """Tell whether an operand is a tensor of inference."""
    return getattr(operand, "_counter", None) is versions.INFERENCE


def check_if_recorded(target: Tensor, *others: Tensor) -> None:
    """Refuse a recorded write before its further arguments are looked at, as torch does."""
    if state.recording and any(map(linking.needs_grad, (target, *others))):
        check_may_be_written(target)


def check_may_be_written(target: Tensor) -> None:
    """Refuse a recorded write to a leaf, to a view of one or to a restricted view."""
    if target._view is not None:
        views.check_view_may_be_written(target, target._view)
    check_not_a_leaf(target)


def check_not_a_leaf(target: Tensor) -> None:
    """Refuse a recorded write to a leaf that requires grad: it would no longer be a leaf.

    As in torch, a view of what has a history since counts as one until it is asked for its own.
    """
    if target._grad_fn is None and target.requires_grad:
        raise LeafInplaceError(
            "a leaf that requires grad is written in place while operations are recorded; write "
            "in no_grad to update it, or work on leaf.clone()"
        )
    if state.transforms and is_door(target._grad_fn):
        raise LeafInplaceError(
            "what a transformed function is differentiated by is written in place; work on a "
            "clone() of it"
        )


def check_no_overlap(array: Any, others: tuple[Any, ...]) -> None:
    """Refuse to write where several indices, or a shifted operand, are one address."""
    for other in others:
        if layout.overlaps_partly(array, getattr(other, "_array", other)):
            raise shared_memory()
    if layout.overlaps_itself(array):
        raise OverlappingMemoryError(
            f"a tensor of shape {list(array.shape)} is written in place, but several of its "
            "indices are one address (it was expanded); write to a clone() instead"
        )


def check_copy(array: Any, source: Any) -> None:
    """Refuse to copy within memory, but not to copy something onto itself."""
    if not (isinstance(source, np.ndarray) and layout.is_same(array, source)):
        check_no_overlap(array, (source,))


def check_apart(target: Tensor, others: tuple[Tensor, ...]) -> None:
    """Refuse to write at indices from an operand, or at an index, in the target's own memory."""
    for other in others:
        if other is target or layout.shares(target.materialise(), other._array):
            raise shared_memory()


def shared_memory() -> OverlappingMemoryError:
    """Word the refusal of an operand that the write itself would change."""
    return OverlappingMemoryError(
        "a tensor is written in place from an operand that shares part of its memory; use a "
        "clone() of the operand"
    )


def check_result(array: Any, result: Any) -> None:
    """Refuse a result that the target cannot hold."""
    value = result._array if isinstance(result, Batched) else result
    check_shape(array, value)
    check_dtype(array, dtypes.of(value.dtype))


def check_shape(array: Any, result: Any) -> None:
    """Refuse a result of another shape than the target's."""
    if np.shape(result) != array.shape:
        raise InplaceShapeError(
            f"the result of an in-place operation has shape {list(np.shape(result))}, its target "
            f"has {list(array.shape)}; the target must have the result's shape"
        )


def check_dtype(array: Any, dtype: dtypes.DType) -> None:
    """Refuse a result of a dtype that the target cannot hold."""
    if not dtypes.can_cast(dtype, dtypes.of(array.dtype)):
        raise InplaceDtypeError(
            f"the result of an in-place operation is {dtype}, which cannot be stored as "
            f"{dtypes.of(array.dtype)}; convert the target first"
        )


def into_out(out: Tensor, result: Tensor, operands: tuple[Any, ...]) -> Tensor:
    """Store a result in the tensor given as `out=`, in its shape; it is never recorded.

    Raises OutRequiresGradError if it would have to be.
    """
    if state.recording and (out.requires_grad or any(map(linking.needs_grad, operands))):
        raise OutRequiresGradError(
            "out= was given with tensors that require grad, and such an operation cannot be "
            "recorded; leave out= away, or call it in no_grad"
        )
    if exceptional and forward.has_tangent((out, *operands)):
        raise NoForwardError(
            "out= was given with tensors that have a tangent, and such an operation has no "
            "forward derivative; leave out= away"
        )
    versions.check_may_be_written(out)
    check_no_overlap(out.materialise(), operands)
    if any(out is each for each in operands):
        check_shape(out._array, result._array)
    check_dtype(out._array, result.dtype)
    growth.resize(out, result._array.shape)
    store(out, result if type(result) is Batched else result._array)
    return out
