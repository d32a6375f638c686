"""Reading and writing at indices; start at `pick` and `scatter_to`, each the other's rule."""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

from gradspec_reference.operators.batching import (
    along as along_dims,
)
from gradspec_reference.operators.batching import (
    in_turn,
    indexed,
    keyed,
    looked_up,
    selected,
)
from gradspec_reference.operators.forward import linear
from gradspec_reference.operators.layouts import laid_as
from gradspec_reference.operators.row import Operator, as_is, unary_operator

Key = tuple[Any, ...]


def is_basic(key: Key) -> bool:
    """Tell whether a NumPy index names each element at most once by construction."""
    return not any(isinstance(k, np.ndarray) and k.dtype != np.bool_ for k in key)


def scatter_kernel(g: Any, shape: tuple[int, ...], key: Key) -> Any:
    """Zeros with g added at the indices; an index that occurs twice receives twice."""
    whole = np.zeros(shape, g.dtype)
    if is_basic(key):
        whole[key] = g
    else:
        np.add.at(whole, key, g)
    return whole


def array_of(index: Any) -> Any:
    """Return the plain array of an index, which is a constant in every rule."""
    return getattr(index, "_array", index)


def fill_key(template: Key, indices: list[Any]) -> Key:
    """Put index arrays into the places of a key that are None."""
    arrays = iter(indices)
    return tuple(array_of(next(arrays)) if k is None else k for k in template)


def along(index: Any, dim: int) -> Key:
    """Return the NumPy index that reads `index` along one dimension (torch.gather)."""
    index = array_of(index)
    if not index.ndim:
        return ()
    grid = list(np.ogrid[tuple(slice(n) for n in index.shape)])
    grid[dim] = index
    return tuple(grid)


def index_rule(xp: Any, g: Any, indices: list[Any], shape: Any, template: Key) -> Any:
    """Return what was read, added where it was read."""
    return xp.scatter_to(g, shape, fill_key(template, indices))


def gather_rule(xp: Any, g: Any, index: Any, shape: Any, dim: int, *_: Any) -> Any:
    """Return what was read along a dimension, added where it was read."""
    if not shape:
        return g
    if not math.prod(index.shape):
        return xp.scatter_to(xp.reshape(g, (0, *shape[1:])), shape, (slice(0, 0),))
    key = along(index, dim) if index.ndim else (array_of(index),)
    return xp.scatter_to(g, shape, key)


def chosen_along_rule(xp: Any, g: Any, index: Any, shape: Any, dim: int, keepdim: bool) -> Any:
    """The one element that was read along the dimension receives everything."""
    if not shape:
        return g
    if not keepdim:
        g = xp.reshape(g, tuple(array_of(index).shape))
    return xp.scatter_to(g, shape, along(index, dim))


def sorted_kernel(x: Any, index: Any, dim: int) -> Any:
    """Return elements in another order along a dimension; they lie as the operand does."""
    return laid_as(x, gather_kernel(x, index, dim))


def extreme_kernel(x: Any, index: Any, dim: int, keepdim: bool) -> Any:
    """Return the elements at one index per row of a dimension."""
    values = x[along(index, dim)]
    return values if keepdim or not x.ndim else np.squeeze(values, dim)


def put_kernel(x: Any, values: Any, *rest: Any) -> Any:
    """Return a tensor with other values at the indices."""
    *indices, template = rest
    copy = copy_with_its_overlaps(x)
    copy[fill_key(template, indices)] = values
    return copy


def put_added_kernel(x: Any, values: Any, *rest: Any) -> Any:
    """Return a tensor with values added at the indices, as often as they are named."""
    *indices, template = rest
    copy = copy_with_its_overlaps(x)
    np.add.at(copy, fill_key(template, indices), values)
    return copy


def clear_kernel(x: Any, key: Key) -> Any:
    """Return a tensor with zeros at the indices."""
    copy = x.copy()
    copy[key] = 0
    return copy


def copy_with_its_overlaps(x: Any) -> Any:
    """Return a copy in which one address that has several indices has them still."""
    if 0 not in x.strides:
        return x.copy()
    once = x[tuple(slice(None if s else 1) for s in x.strides)].copy()
    copy = np.broadcast_to(once, x.shape)
    copy.flags.writeable = True
    return copy


def pick_rule(xp: Any, g: Any, shape: Any, key: Key) -> Any:
    """Return what was read, added where it was read."""
    return xp.scatter_to(g, shape, key)


def scatter_rule(xp: Any, g: Any, _shape: Any, key: Key) -> Any:
    """Return what lies at the indices."""
    return xp.pick(g, key)


def index_kernel(x: Any, *rest: Any) -> Any:
    *indices, template = rest
    return np.asanyarray(x[fill_key(template, indices)], order="C")


def put_self(xp: Any, g: Any, indices: list[Any], template: Key) -> Any:
    """Return the gradient outside the indices."""
    return xp.clear_at(g, fill_key(template, indices))


def put_values(xp: Any, g: Any, indices: list[Any], template: Key) -> Any:
    """Return the gradient at the indices."""
    return xp.pick(g, fill_key(template, indices))


def masked_select_kernel(x: Any, mask: Any) -> Any:
    """Return the elements where a mask holds; both are broadcast."""
    shape = np.broadcast_shapes(x.shape, mask.shape)
    return np.broadcast_to(x, shape)[np.broadcast_to(mask, shape)]


def masked_select_rule(xp: Any, g: Any, x: Any, mask: Any) -> Any:
    """Return what was selected, where it was."""
    mask = array_of(mask)
    whole = np.broadcast_shapes(tuple(x.shape), mask.shape)
    return xp.scatter_to(g, whole, (np.broadcast_to(mask, whole),))


def gather_kernel(x: Any, index: Any, dim: int) -> Any:
    """Return what the index names; a number counts as one row of one element."""
    if not index.size:
        return np.zeros(index.shape, x.dtype)
    if not (x.ndim and index.ndim):
        return x.reshape(-1)[index.reshape(-1)].reshape(index.shape)
    return x[along(index, dim)]


def take_kernel(x: Any, index: Any, dim: int) -> Any:
    """Return the slices of a dimension that an index names."""
    return np.take(x, index, dim) if x.ndim else np.array(x)


def take_rule(xp: Any, g: Any, index: Any, shape: Any, dim: int) -> Any:
    """Return the slices, added where they were read."""
    if not shape:
        return g
    return xp.scatter_to(g, shape, (*(slice(None),) * dim, array_of(index)))


def embedding_rule(
    xp: Any, g: Any, indices: Any, shape: tuple[int, ...], padding: int, by_frequency: bool
) -> Any:
    """Return the rows, added where they were read; the row of padding receives nothing.

    By frequency each row receives a share of it, one over how often it was read.
    """
    indices = array_of(indices)
    kept = xp.where((indices != padding)[..., None], g, 0.0)
    if by_frequency:
        counts = np.bincount(indices.ravel(), minlength=shape[0])[indices]
        kept = xp.div(kept, counts[..., None].astype(array_of(g).dtype))
    return xp.scatter_to(kept, shape, (indices,))


of_indices = functools.partial(Operator, operands="self indices", saves="indices self_shape")
reading = functools.partial(
    of_indices, kernel=gather_kernel, params="dim", vjp={"self": gather_rule}
)
extreme = functools.partial(
    of_indices, kernel=extreme_kernel, params="dim keepdim", vjp={"self": chosen_along_rule}
)

ON_COMPLEX = "as written"
JVP = linear
BATCH = along_dims
ROWS = (
    unary_operator(
        "pick",
        kernel=lambda x, key: x[key],
        params="key",
        saves="self_shape",
        vjp=pick_rule,
        batch=keyed,
    ),
    unary_operator(
        "scatter_to", kernel=scatter_kernel, params="size key", vjp=scatter_rule, batch=keyed
    ),
    unary_operator(
        "index",
        kernel=index_kernel,
        params="key",
        saves="all_indices self_shape",
        vjp=index_rule,
        batch=indexed,
    ),
    Operator(
        "index_put",
        kernel=put_kernel,
        operands="self values",
        params="key",
        saves="all_indices",
        vjp={"self": put_self, "values": put_values},
        batch=in_turn,
    ),
    Operator(
        "index_put_added",
        node="IndexPutBackward0",
        kernel=put_added_kernel,
        operands="self values",
        params="key",
        saves="all_indices",
        vjp={"self": as_is, "values": put_values},
        batch=in_turn,
    ),
    unary_operator(
        "clear_at",
        kernel=clear_kernel,
        params="key",
        vjp=lambda xp, g, key: xp.clear_at(g, key),
        batch=keyed,
    ),
    Operator(
        "index_select",
        kernel=take_kernel,
        operands="self index",
        params="dim",
        saves="index self_shape",
        vjp={"self": take_rule},
        batch=selected,
    ),
    Operator(
        "embedding",
        on_complex="undifferentiated",
        kernel=lambda weight, indices, _padding, _by_frequency: weight[indices],
        operands="weight indices",
        params="padding_idx scale_grad_by_freq",
        saves="indices weight_shape",
        vjp={"weight": embedding_rule},
        batch=looked_up,
    ),
    Operator(
        "masked_select",
        kernel=masked_select_kernel,
        operands="self mask",
        saves="self mask",
        vjp={"self": masked_select_rule},
        batch=in_turn,
    ),
    reading(
        "gather",
        operands="self index",
        saves="self index",
        vjp={"self": lambda xp, g, x, index, dim: gather_rule(xp, g, index, tuple(x.shape), dim)},
    ),
    reading("sort_values", on_complex="refused", node="SortBackward0", kernel=sorted_kernel),
    reading("topk_values", on_complex="refused", node="TopkBackward0"),
    extreme("max_dim", on_complex="refused", node="MaxBackward0"),
    extreme("min_dim", on_complex="refused", node="MinBackward0"),
    extreme("median_dim", on_complex="refused", node="MedianBackward1"),
    extreme("mode", on_complex="refused"),
    extreme("kthvalue", on_complex="refused"),
)
