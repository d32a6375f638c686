"""Changing in place how a tensor shows its memory; start at `change_view_`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec_reference.engine import (
    batching,
    forward,
    growth,
    hooks,
    inplace,
    layout,
    linking,
    recording,
    refusals,
    versions,
    views,
)
from gradspec_reference.engine.batched import Batched
from gradspec_reference.engine.modes import exceptional, state
from gradspec_reference.engine.plans import in_place
from gradspec_reference.engine.shapes import as_shape, named_dims, normal_dim
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.errors import NoForwardError, ResizeRequiresGradError
from gradspec_reference.names.functions import parts, shapes
from gradspec_reference.operators import OPERATORS
from gradspec_reference.operators.memory import strided

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gradspec_reference.engine.shapes import LeftOut

__all__ = []


def change_view_(input: Tensor, name: str, *params: Any) -> Tensor:
    """Change how a tensor shows its memory, in place."""
    versions.check_may_be_written(input)
    operator = in_place(OPERATORS[name])
    requires = (linking.needs_grad(input),)
    recorded = state.recording and linking.should_record(requires)
    if recorded:
        inplace.check_may_be_written(input)
        refusals.refuse_integers(operator, (input,), requires)
    if type(input) is Batched:
        array: Any = batching.shown(operator, input.detach(), params)._array
    else:
        array = recording.run(operator, [input.materialise()], params)
    moving = forward.tangents_of((input,)) if exceptional else {}
    if recorded:
        node = linking.make_node(operator, (input,), params, requires, Tensor(array))
        hooks.keep_retained(input)
        input._grad_fn, input._output_nr = node, 0
    input._array = array
    for level, (tangent,) in moving.items():
        forward.show_again(input, OPERATORS[name], tangent, params, level)
    versions.bump(input)
    if recorded and input._view is not None:  # what its base shows is the same
        input._view.version = versions.version(input)
    return input


def t_(input: Tensor) -> Tensor:
    """Transpose in place (torch.Tensor.t_)."""
    inplace.check_if_recorded(input)
    shapes.check_is_matrix(input)
    return change_view_(input, "t")


def transpose_(input: Tensor, dim0: int, dim1: int) -> Tensor:
    """Exchange two dimensions in place (torch.Tensor.transpose_)."""
    inplace.check_if_recorded(input)
    dims = (normal_dim(dim0, input.ndim), normal_dim(dim1, input.ndim))
    return change_view_(input, "transpose", *dims)


def swapaxes_(input: Tensor, axis0: int, axis1: int) -> Tensor:
    """Exchange two dimensions in place (torch.Tensor.swapaxes_)."""
    return transpose_(input, axis0, axis1)


def as_strided_(
    input: Tensor, size: Sequence[int], stride: Sequence[int], storage_offset: int | None = None
) -> Tensor:
    """Show any part of the memory in place (torch.as_strided_)."""
    inplace.check_if_recorded(input)
    return change_view_(input, "as_strided", *parts.strided(input, size, stride, storage_offset))


def squeeze_(input: Tensor, dim: int | Sequence[int] | LeftOut = None) -> Tensor:
    """Drop dimensions of length one in place (torch.Tensor.squeeze_)."""
    if dim is None:
        return change_view_(input, "squeeze")
    inplace.check_if_recorded(input)
    return change_view_(input, shapes.squeezing(dim), named_dims(dim, input.ndim))


def unsqueeze_(input: Tensor, dim: int) -> Tensor:
    """Add a dimension of length one in place (torch.Tensor.unsqueeze_)."""
    inplace.check_if_recorded(input)
    return change_view_(input, "unsqueeze", normal_dim(dim, input.ndim + 1))


def resize_(input: Tensor, *size: int | Sequence[int]) -> Tensor:
    """Change the number of elements in place (torch.Tensor.resize_).

    ResizeRequiresGradError if it requires grad, but for inference mode.
    """
    has_tangent = exceptional and forward.has_tangent((input,))
    if has_tangent or (input.requires_grad and not state.inference):
        what = "requires grad" if input.requires_grad else "has a tangent"
        raise ResizeRequiresGradError(
            f"resize_() was called on a tensor that {what}; use detach() first, or build the new "
            "tensor with cat() or expand()"
        )
    versions.check_may_be_written(input)
    shape = as_shape(size)
    if min(shape, default=0) < 0:
        raise RuntimeError(f"resize_ was given {list(shape)}; no length is negative")
    if shape != input._array.shape:
        growth.resize(input, shape)
        versions.bump(input)
    return input


def set_(
    input: Tensor,
    source: Tensor | LeftOut = None,
    storage_offset: int | LeftOut = None,
    size: Sequence[int] | LeftOut = None,
    stride: Sequence[int] | None = None,
) -> Tensor:
    """Let a tensor show another's memory, all of it as that does or a part (torch.Tensor.set_).

    It has no derivative: a pass that comes to it is refused, and so are tangents.
    """
    if source is None:
        source = Tensor(np.empty(0, input._array.dtype))
    if (size is None) is not (storage_offset is None):
        raise TypeError("set_ was given one of offset and size; give both, or neither")
    if exceptional and forward.has_tangent((input, source)):
        raise NoForwardError(
            "set_ was given a tensor that has a tangent, but has no forward derivative, as in "
            "torch; detach() what it is given"
        )
    if source.dtype is not input.dtype:
        raise RuntimeError(
            f"set_ was given a tensor of {source.dtype} for one of {input.dtype}; convert it first"
        )
    versions.check_may_be_written(input)
    requires = (linking.needs_grad(input), linking.needs_grad(source))
    recorded = state.recording and linking.should_record(requires)
    if recorded:
        inplace.check_may_be_written(input)
    array = source.materialise()
    if size is not None and storage_offset is not None:
        steps = tuple(stride) if stride else layout.row_major(tuple(size))
        array = strided(layout.memory_of(array), tuple(size), steps, storage_offset)
    if recorded:
        node = linking.make_node(OPERATORS["set"], (input, source), (), requires, Tensor(array))
        views.rebase(input, node)
    input._array = array
    versions.bump(input)
    return input
