"""Elements put, one by one, where an index says along a dimension: what `gather` reads."""

from __future__ import annotations

import functools
import math
from typing import Any, Final

import numpy as np

from gradspec_reference.operators.arithmetic import no_derivative
from gradspec_reference.operators.batching import along as along_dims
from gradspec_reference.operators.forward import added, linear, symmetric, written
from gradspec_reference.operators.indexing import along, array_of
from gradspec_reference.operators.row import NOT_IMPLEMENTED, Operator, as_is

Dims = tuple[int, ...]


def region_of(index: Any) -> tuple[slice, ...]:
    """Return the part of a source that an index of this shape reaches."""
    return tuple(slice(0, n) for n in index.shape)


def copy_and_places(x: Any, index: Any, dim: int) -> Any:
    """Return a copy with a dimension, and the places in it that an index names."""
    copy = np.atleast_1d(x).copy()
    return copy, along(np.atleast_1d(index), dim)


def scatter_kernel(x: Any, index: Any, src: Any, dim: int) -> Any:
    """Return a tensor with the elements of another along a dimension, where an index says."""
    if not index.size:
        return x.copy()
    copy, key = copy_and_places(x, index, dim)
    copy[key] = np.atleast_1d(src)[region_of(np.atleast_1d(index))]
    return copy.reshape(x.shape)


def scatter_number_kernel(x: Any, index: Any, dim: int, value: Any) -> Any:
    """Return a tensor with one number along a dimension, where an index says."""
    if not index.size:
        return x.copy()
    copy, key = copy_and_places(x, index, dim)
    copy[key] = x.dtype.type(value)
    return copy.reshape(x.shape)


def scatter_add_kernel(x: Any, index: Any, src: Any, dim: int) -> Any:
    """Return a tensor with the elements of another added along a dimension, where an index says."""
    return reduced(np.add, x, index, src, dim)


def reduced(join: np.ufunc, x: Any, index: Any, src: Any, dim: int) -> Any:
    """Join elements along a dimension with those that are where an index says."""
    if not index.size:
        return x.copy()
    copy, key = copy_and_places(x, index, dim)
    join.at(copy, key, np.atleast_1d(src)[region_of(np.atleast_1d(index))])
    return copy.reshape(x.shape)


def outside(xp: Any, g: Any, index: Any, dim: int) -> Any:
    """Return the gradient outside the places that an index names along a dimension."""
    return xp.where(named(index, tuple(g.shape), dim), 0.0, g)


def named(index: Any, shape: Dims, dim: int) -> Any:
    """Return which places an index names along a dimension."""
    return scatter_number_kernel(np.zeros(shape, np.bool_), array_of(index), dim, True)


def scatter_self(xp: Any, g: Any, index: Any, _shape: Dims | None, dim: int) -> Any:
    return outside(xp, g, index, dim)


def scatter_source(xp: Any, g: Any, index: Any, shape: Dims, dim: int) -> Any:
    """Return what lies at the places; zero for what of the source was not reached."""
    return given_back(xp, read(xp, g, index, dim), index, shape)


def read(xp: Any, g: Any, index: Any, dim: int) -> Any:
    """Return what lies at the places that an index names along a dimension."""
    index = array_of(index)
    if not index.size:
        return xp.pick(xp.reshape(g, (math.prod(g.shape),)), (np.zeros(index.shape, np.int64),))
    return xp.pick(xp.reshape(g, tuple(g.shape) or (1,)), along(np.atleast_1d(index), dim))


def given_back(xp: Any, found: Any, index: Any, shape: Dims) -> Any:
    """Put what belongs to an index into the shape of its source, which may be larger."""
    reached = array_of(index).shape
    if not math.prod(reached):
        return xp.scatter_to(xp.reshape(found, (0, *shape[1:])), shape, (slice(0, 0),))
    found = xp.reshape(found, reached)
    if reached == shape:
        return found
    if math.prod(shape) == 1:
        return xp.reshape(found, shape)
    return xp.scatter_to(found, shape, region_of(array_of(index)))


JOINS: Final[dict[str, np.ufunc]] = {
    "sum": np.add,
    "mean": np.add,
    "prod": np.multiply,
    "amax": np.maximum,
    "amin": np.minimum,
}


def identity(reduce: str, dtype: Any) -> Any:
    """Return what changes nothing in a reduction."""
    if reduce in ("amax", "amin"):
        lowest = reduce == "amax"
        if dtype.kind == "f":
            return -math.inf if lowest else math.inf
        if dtype.kind == "b":
            return not lowest
        return np.iinfo(dtype).min if lowest else np.iinfo(dtype).max
    return reduce == "prod"


def scatter_reduce_kernel(
    x: Any, index: Any, src: Any, dim: int, reduce: str, include_self: bool
) -> Any:
    """Return a tensor whose elements are reduced with those that an index sends to them."""
    if not include_self:
        x = scatter_number_kernel(x, index, dim, identity(reduce, x.dtype))
    result = reduced(JOINS[reduce], x, index, src, dim)
    if reduce != "mean":
        return result
    counts = counted(index, x.shape, dim, include_self).astype(x.dtype)
    return result / counts if x.dtype.kind == "f" else result // counts


def counted(index: Any, shape: Dims, dim: int, include_self: bool) -> Any:
    """Count what is reduced to each element; one where nothing is."""
    index = array_of(index)
    own = np.ones(shape, np.int64)
    if not include_self:
        own = scatter_number_kernel(own, index, dim, 0)
    return reduced(np.add, own, index, np.ones(index.shape, np.int64), dim)


def attained(
    x: Any, index: Any, src: Any, result: Any, dim: int, include_self: bool
) -> tuple[Any, Any, Any]:
    """Return where the extreme is, in both operands, and how often, for each result."""
    x, index, src, result = map(array_of, (x, index, src, result))
    own = (x == result) & (include_self | ~named(index, x.shape, dim))
    found = np.atleast_1d(result)[along(np.atleast_1d(index), dim)] if index.size else result
    region = region_of(np.atleast_1d(index))
    flags = np.atleast_1d(src)[region] == found if index.size else own
    sent = np.zeros_like(flags, np.bool_, shape=src.shape)
    if index.size and src.ndim:
        sent[region] = flags
    elif index.size:
        sent = flags.reshape(())
    times = reduced(np.add, own.astype(np.int64), index, sent.astype(np.int64), dim)
    return own, sent, np.maximum(times, 1)


def shared(xp: Any, g: Any, times: Any) -> Any:
    """Divide a gradient between as many as share it."""
    return xp.div(g, times.astype(array_of(g).dtype))


def reduced_self(
    xp: Any,
    g: Any,
    x: Any,
    index: Any,
    src: Any,
    result: Any,
    dim: int,
    reduce: str,
    include_self: bool,
) -> Any:
    """Return what each element receives of what it was reduced to."""
    if reduce == "mean":
        g = shared(xp, g, counted(index, tuple(g.shape), dim, include_self))
    elif reduce == "prod":
        ones = np.ones(tuple(g.shape), array_of(src).dtype)
        g = xp.flat(g * xp.scatter_reduce(ones, index, src, dim, "prod", True), x)
    elif reduce != "sum":
        own, _, times = attained(x, index, src, result, dim, include_self)
        g = xp.where(own, shared(xp, g, times), 0.0)
    return g if include_self else outside(xp, g, index, dim)


def reduced_source(
    xp: Any,
    g: Any,
    x: Any,
    index: Any,
    src: Any,
    result: Any,
    dim: int,
    reduce: str,
    include_self: bool,
) -> Any:
    """Return what each element of the source receives of what it was reduced to."""
    shape = tuple(src.shape)
    if reduce == "mean":
        g = shared(xp, g, counted(index, tuple(g.shape), dim, include_self))
    elif reduce == "prod":
        received = read(xp, g, index, dim) * other_factors(xp, x, index, src, dim, include_self)
        return given_back(xp, received, index, shape)
    elif reduce != "sum":
        _, sent, times = attained(x, index, src, result, dim, include_self)
        received = given_back(xp, read(xp, shared(xp, g, times), index, dim), index, shape)
        return xp.where(sent, received, 0.0)
    return given_back(xp, read(xp, g, index, dim), index, shape)


def reduced_jvp(
    xp: Any, t: list[Any], x: Any, index: Any, src: Any, result: Any, dim: int, *how: Any
) -> Any:
    """Return how each result moves with its own element, and with those that are sent to it."""
    of_x, _, of_src = t
    parts = []
    if of_x is not None:
        parts.append(reduced_self(xp, of_x, x, index, src, result, dim, *how))
    if of_src is not None:
        ones = xp.zeros_like(result) + 1
        slope = reduced_source(xp, ones, x, index, src, result, dim, *how)
        parts.append(xp.scatter_add(xp.zeros_like(result), index, slope * of_src, dim))
    return added(parts)


def other_factors(xp: Any, x: Any, index: Any, src: Any, dim: int, include_self: bool) -> Any:
    """Return, for each element of the source, the product of all that it is multiplied with.

    Written without a division, so it holds, to all orders, where elements are zero.
    """
    places = np.atleast_1d(array_of(index))
    reached = xp.reshape(src, tuple(src.shape) or (1,))
    reached = xp.transpose(xp.pick(reached, region_of(places)), dim, places.ndim - 1)
    n, ndim = places.shape[dim], places.ndim
    rows = np.swapaxes(places, dim, -1)
    together = (rows[..., :, None] == rows[..., None, :]) & ~np.eye(n, dtype=np.bool_)
    square = xp.where(together, xp.reshape(reached, (*rows.shape[:-1], 1, n)), 1.0)
    others = xp.transpose(xp.prod_dim(square, ndim, False), dim, ndim - 1)
    return others * read(xp, x, index, dim) if include_self else others


at_places = functools.partial(Operator, operands="self index src", params="dim")

ON_COMPLEX = "as written"
JVP = linear
BATCH = along_dims
ROWS = (
    at_places(
        "scatter",
        kernel=scatter_kernel,
        saves={"self": "index", "src": "index src_shape"},
        vjp={"self": scatter_self, "src": scatter_source},
    ),
    Operator(
        "scatter_number",
        node="ScatterBackward1",
        kernel=scatter_number_kernel,
        operands="self index",
        params="dim value",
        saves="index",
        vjp={"self": lambda xp, g, index, dim, _value: outside(xp, g, index, dim)},
        jvp=symmetric,
    ),
    at_places(
        "scatter_joined",
        node=NOT_IMPLEMENTED,
        kernel=lambda x, index, src, dim, reduce: reduced(JOINS[reduce], x, index, src, dim),
        params="dim reduce",
        vjp={"self": no_derivative, "src": no_derivative},
    ),
    at_places(
        "scatter_add",
        kernel=scatter_add_kernel,
        saves={"src": "index src_shape"},
        vjp={"self": as_is, "src": scatter_source},
    ),
    Operator(
        "scatter_reduce",
        on_complex="undifferentiated",
        kernel=scatter_reduce_kernel,
        operands="self index src",
        params="dim reduce include_self",
        saves="self index src result",
        vjp={"self": reduced_self, "src": reduced_source},
        jvp=written(reduced_jvp),
    ),
)
