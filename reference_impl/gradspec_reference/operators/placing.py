"""Elements put into a tensor, in slices, under a mask or into the flattened one.

An index is a constant in every rule, so a rule puts or reads at the same places.
"""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

from gradspec_reference.errors import IndexRangeError
from gradspec_reference.operators.batching import shifted
from gradspec_reference.operators.forward import linear, symmetric
from gradspec_reference.operators.indexing import array_of
from gradspec_reference.operators.row import Operator, as_is, unary_operator
from gradspec_reference.operators.shapes import place_diagonal_kernel

Dims = tuple[int, ...]


def slices(index: Any, dim: int) -> tuple[Any, ...]:
    """Return the NumPy index of the slices of a dimension that an index names."""
    return (*(slice(None),) * dim, array_of(index))


def index_add_kernel(x: Any, index: Any, source: Any, dim: int, alpha: float) -> Any:
    """Return a tensor with slices added to those that an index names."""
    copy = np.atleast_1d(x).copy()
    if copy.size:
        np.add.at(
            copy, slices(np.atleast_1d(index), dim), np.atleast_1d(source * x.dtype.type(alpha))
        )
    return copy.reshape(x.shape)


def index_copy_kernel(x: Any, index: Any, source: Any, dim: int) -> Any:
    """Return a tensor with other slices where an index says."""
    copy = np.atleast_1d(x).copy()
    if copy.size:
        copy[slices(np.atleast_1d(index), dim)] = source
    return copy.reshape(x.shape)


def slices_rule(xp: Any, g: Any, index: Any, shape: Dims, dim: int, *_: Any) -> Any:
    """Return the slices that an index names."""
    if not g.shape:
        return xp.reshape(g, shape)
    named = np.atleast_1d(array_of(index))
    if 0 in g.shape:
        check_names_slices(named, g.shape[dim])
    return xp.reshape(xp.index_select(g, named, dim), shape)


def check_names_slices(index: Any, length: int) -> None:
    """Refuse an index behind the end, which nobody looked at where there were no elements."""
    if index.size and not 0 <= index.min() <= index.max() < length:
        raise IndexRangeError(f"an index outside 0 to {length - 1} was given, and passes nothing")


def index_add_source(xp: Any, g: Any, index: Any, shape: Dims, dim: int, alpha: float) -> Any:
    """Return the slices that an index names, as often as they were added."""
    found = slices_rule(xp, g, index, shape, dim)
    return found if alpha == 1 else found * alpha


def index_fill_number_kernel(x: Any, index: Any, dim: int, value: Any) -> Any:
    return index_copy_kernel(x, index, x.dtype.type(value), dim)


def index_fill_kernel(x: Any, index: Any, value: Any, dim: int) -> Any:
    """Return a tensor with one value in the slices that an index names."""
    return index_copy_kernel(x, index, value.astype(x.dtype), dim)


def outside_slices(xp: Any, g: Any, index: Any, *rest: Any) -> Any:
    """Return the gradient outside the slices that an index names."""
    return xp.where(filled_by(g, index, rest[-1]), 0.0, g)


def filled_by(g: Any, index: Any, dim: int) -> Any:
    """Return where the slices are that an index names."""
    mask = np.zeros(tuple(g.shape) or (1,), np.bool_)
    if mask.size:
        mask[slices(np.atleast_1d(array_of(index)), dim)] = True
    return mask.reshape(tuple(g.shape))


def filled_value(xp: Any, g: Any, index: Any, dim: int) -> Any:
    """Return the sum over all that was filled; what is named twice was filled once."""
    if 0 in g.shape:
        check_names_slices(np.atleast_1d(array_of(index)), g.shape[dim])
    return xp.sum(xp.where(filled_by(g, index, dim), g, 0.0))


def masked_scatter_kernel(x: Any, mask: Any, source: Any) -> Any:
    """Return a tensor with the first elements of another where a mask holds."""
    copy = np.broadcast_to(x, np.broadcast_shapes(x.shape, mask.shape)).copy()
    where = np.broadcast_to(mask, copy.shape)
    copy[where] = source.reshape(-1)[: np.count_nonzero(where)]
    return copy


def masked_source(xp: Any, g: Any, mask: Any, shape: Dims) -> Any:
    """Return what lies where the mask holds, zero for what was not used."""
    picked = xp.pick(g, (np.broadcast_to(array_of(mask), tuple(g.shape)),))
    whole = xp.scatter_to(picked, (math.prod(shape),), (slice(0, picked.shape[0]),))
    return xp.reshape(whole, shape)


def flat_take_kernel(x: Any, index: Any) -> Any:
    """Return elements of the flattened tensor."""
    return np.asanyarray(x.reshape(-1)[index])


def flat_take_rule(xp: Any, g: Any, index: Any, shape: Dims) -> Any:
    """Return what was read, added where it was read."""
    return xp.reshape(xp.scatter_to(g, (math.prod(shape),), (array_of(index),)), shape)


def flat_put_kernel(x: Any, index: Any, source: Any, accumulate: bool) -> Any:
    """Return a tensor with elements put at places of the flattened one, or added there."""
    flat = x.copy().reshape(-1)
    values = source.reshape(index.shape)
    if accumulate:
        np.add.at(flat, index, values)
    else:
        flat[index] = values
    return flat.reshape(x.shape)


def flat_put_self(xp: Any, g: Any, index: Any, _shape: Any, accumulate: bool) -> Any:
    """Return the gradient outside the places; all of it where elements were added."""
    if accumulate:
        return g
    flat = xp.reshape(g, (math.prod(tuple(g.shape)),))
    return xp.reshape(xp.clear_at(flat, (array_of(index),)), tuple(g.shape))


def flat_put_source(xp: Any, g: Any, index: Any, shape: Dims, _accumulate: bool) -> Any:
    """Return what lies at the places."""
    flat = xp.reshape(g, (math.prod(tuple(g.shape)),))
    return xp.reshape(xp.pick(flat, (array_of(index),)), shape)


def place_kernel(x: Any, src: Any, key: tuple[Any, ...]) -> Any:
    """Return a tensor with another in the place of a slice."""
    copy = x.copy()
    copy[key] = src
    return copy


def place_diagonal_in_kernel(x: Any, src: Any, offset: int, dim1: int, dim2: int) -> Any:
    """Return a tensor with another in the place of a diagonal."""
    copy = x.copy()
    view = np.diagonal(copy, offset, dim1, dim2)
    view.flags.writeable = True
    view[...] = src
    return copy


def diagonal_cleared(xp: Any, g: Any, *which: int) -> Any:
    """Return the gradient outside a diagonal."""
    diagonal = np.diagonal(np.empty(tuple(g.shape)), *which)
    everywhere = np.ones(tuple(g.shape), np.bool_)
    return xp.where(
        place_diagonal_in_kernel(everywhere, np.zeros(diagonal.shape, np.bool_), *which), g, 0.0
    )


by_slices = functools.partial(Operator, params="dim")
placing = functools.partial(
    Operator,
    operands="self src",
    kernel=place_kernel,
    params="key",
    vjp={
        "self": lambda xp, g, key: xp.clear_at(g, key),
        "src": lambda xp, g, key: xp.pick(g, key),
    },
)

ON_COMPLEX = "as written"
JVP = linear
ROWS = (
    Operator(
        "index_add",
        kernel=index_add_kernel,
        operands="self index source",
        params="dim alpha",
        saves={"source": "index source_shape"},
        vjp={"self": as_is, "source": index_add_source},
    ),
    by_slices(
        "index_copy",
        kernel=index_copy_kernel,
        operands="self index source",
        saves={"self": "index", "source": "index source_shape"},
        vjp={"self": outside_slices, "source": slices_rule},
    ),
    Operator(
        "index_fill",
        kernel=index_fill_number_kernel,
        operands="self index",
        params="dim value",
        saves="index",
        vjp={"self": lambda xp, g, index, dim, _value: outside_slices(xp, g, index, dim)},
        jvp=symmetric,
    ),
    by_slices(
        "index_fill_tensor",
        node="IndexFillBackward1",
        kernel=index_fill_kernel,
        operands="self index value",
        saves="index",
        vjp={"self": outside_slices, "value": filled_value},
    ),
    Operator(
        "masked_scatter",
        kernel=masked_scatter_kernel,
        operands="self mask source",
        saves={"self": "mask", "source": "mask source_shape"},
        vjp={
            "self": lambda xp, g, mask, *_: xp.where(mask, 0.0, g),
            "source": masked_source,
        },
    ),
    Operator(
        "take",
        kernel=flat_take_kernel,
        operands="self index",
        saves="index self_shape",
        vjp={"self": flat_take_rule},
    ),
    Operator(
        "put",
        kernel=flat_put_kernel,
        operands="self index source",
        params="accumulate",
        saves={"self": "index", "source": "index source_shape"},
        vjp={"self": flat_put_self, "source": flat_put_source},
    ),
    placing("select_scatter", on_complex="undifferentiated"),
    placing("slice_scatter", on_complex="undifferentiated"),
    Operator(
        "diagonal_scatter",
        kernel=place_diagonal_in_kernel,
        operands="self src",
        params="offset dim1 dim2",
        vjp={
            "self": diagonal_cleared,
            "src": lambda xp, g, *which: xp.diagonal(g, *which),
        },
        batch=shifted,
    ),
    unary_operator(
        "diag_embed",
        kernel=place_diagonal_kernel,
        params="size offset dim1 dim2",
        vjp=lambda xp, g, _shape, *which: xp.diagonal(g, *which),
        batch=shifted,
    ),
)
