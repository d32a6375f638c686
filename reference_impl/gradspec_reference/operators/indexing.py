"""Reading and writing at indices; start at `pick` and `scatter_to`, each the other's rule."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradspec_reference.engine.operator import Operator

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
    return xp.scatter_to(g, shape, along(index, dim)) if shape else g


def extreme_rule(xp: Any, g: Any, index: Any, shape: Any, dim: int, keepdim: bool) -> Any:
    """The one element that was read along the dimension receives everything."""
    if not shape:
        return g
    if not keepdim:
        g = xp.reshape(g, tuple(array_of(index).shape))
    return xp.scatter_to(g, shape, along(index, dim))


def extreme_kernel(x: Any, index: Any, dim: int, keepdim: bool) -> Any:
    """Return the elements at one index per row of a dimension."""
    values = x[along(index, dim)]
    return values if keepdim or not x.ndim else np.squeeze(values, dim)


def put_kernel(x: Any, values: Any, *rest: Any) -> Any:
    """Return a tensor with other values at the indices."""
    *indices, template = rest
    copy = x.copy()
    copy[fill_key(template, indices)] = values
    return copy


def gather(name: str, node: str) -> Operator:
    """Return a row that reads along a dimension with an index of the result's shape."""
    return Operator(
        name,
        node,
        lambda x, index, dim: x[along(index, dim)],
        ("self", "indices"),
        {"self": ("indices self_shape", gather_rule)},
        "dim",
    )


def extreme(name: str, node: str) -> Operator:
    """Return a row that reads one element along a dimension."""
    return Operator(
        name,
        node,
        extreme_kernel,
        ("self", "indices"),
        {"self": ("indices self_shape", extreme_rule)},
        "dim keepdim",
    )


PUT = "all_indices self_shape"
ROWS = (
    Operator(
        "pick",
        "PickBackward0",
        lambda x, key: x[key],
        ("self",),
        {"self": ("self_shape", lambda xp, g, shape, key: xp.scatter_to(g, shape, key))},
        "key",
    ),
    Operator(
        "scatter_to",
        "ScatterToBackward0",
        scatter_kernel,
        ("self",),
        {"self": ("", lambda xp, g, _shape, key: xp.pick(g, key))},
        "size key",
    ),
    Operator(
        "index",
        "IndexBackward0",
        lambda x, *rest: x[fill_key(rest[-1], list(rest[:-1]))],
        ("self",),
        {"self": (PUT, index_rule)},
        "key",
    ),
    Operator(
        "index_put",
        "IndexPutBackward0",
        put_kernel,
        ("self", "values"),
        {
            "self": (
                "all_indices",
                lambda xp, g, indices, template: xp.clear_at(g, fill_key(template, indices)),
            ),
            "values": (
                "all_indices",
                lambda xp, g, indices, template: xp.pick(g, fill_key(template, indices)),
            ),
        },
        "key",
    ),
    Operator(
        "clear_at",
        "ClearAtBackward0",
        lambda x, key: put_kernel(x, 0, key),
        ("self",),
        {"self": ("", lambda xp, g, key: xp.clear_at(g, key))},
        "key",
    ),
    Operator(
        "index_select",
        "IndexSelectBackward0",
        lambda x, index, dim: np.take(x, index, dim if x.ndim else None),
        ("self", "index"),
        {
            "self": (
                "index self_shape",
                lambda xp, g, index, shape, dim: xp.scatter_to(
                    g, shape, (*(slice(None),) * dim, array_of(index))
                ),
            )
        },
        "dim",
    ),
    gather("gather", "GatherBackward0"),
    gather("sort_values", "SortBackward0"),
    gather("topk_values", "TopkBackward0"),
    extreme("max_dim", "MaxBackward0"),
    extreme("min_dim", "MinBackward0"),
    extreme("median_dim", "MedianBackward1"),
)
