"""Entries put into a tensor: slices, single entries, whatever a mask or an index names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec.catalogue.domain import TRUTH, places
from gradspec.catalogue.entrywise import real
from gradspec.catalogue.operator import PIECEWISE, REFUSED, Kink, Operator, of, on, point, row
from gradspec.catalogue.shapes import linear

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradspec.catalogue.operator import Given

INTO_X: Final[dict[str, Any]] = {"has_inplace": True, "has_room": True}
ROWS_OF_X: Final = np.array([2, 0])
COLUMNS_OF_X: Final = np.array([3, 1])
FIRSTS: Final = np.array([[2, 0, 1], [0, 1, 2]])
COLUMNS: Final = np.array([[2, 0], [1, 3]])
TWICE: Final = np.array([[0, 2, 2], [2, 0, 1], [0, 2, 0]])


def at_slices(x: Any, dim: int) -> Any:
    """Give a copy, seen with a dimension first, and the copy itself."""
    whole = np.array(x)
    return np.moveaxis(whole, dim, 0), whole


def typed(x: Any, *others: Any) -> Any:
    """Give x in the type that holds the others too."""
    return x.astype(np.result_type(x, *others))


def added(x: Any, dim: int, index: Any, source: Any, alpha: float = 1) -> Any:
    """Add slices where an index says, as often as it says it."""
    seen, whole = at_slices(typed(x, source), dim)
    for place, piece in zip(index, np.moveaxis(source, dim, 0), strict=True):
        seen[place] += alpha * piece
    return whole


def copied(x: Any, dim: int, index: Any, source: Any) -> Any:
    """Put slices where an index says."""
    seen, whole = at_slices(typed(x, source), dim)
    seen[index] = np.moveaxis(source, dim, 0)
    return whole


def slices_filled(x: Any, dim: int, index: Any, value: Any) -> Any:
    """Put one value into the slices that an index names."""
    seen, whole = at_slices(typed(x, value) if isinstance(value, np.ndarray) else x, dim)
    seen[index] = value
    return whole


def put_at(x: Any, indices: Any, values: Any, accumulate: bool = False) -> Any:
    """Put values where indices say, or add them as often as it is said."""
    whole = np.array(typed(x, values))
    if accumulate:
        np.add.at(whole, tuple(indices), values)
    else:
        whole[tuple(indices)] = values
    return whole


def put_flat(x: Any, index: Any, source: Any, accumulate: bool = False) -> Any:
    """Put entries at places of all entries in a row."""
    flat = put_at(x.ravel(), (index.ravel(),), source.ravel(), accumulate)
    return flat.reshape(x.shape)


def masked(x: Any, mask: Any, source: Any) -> Any:
    """Put the first entries of another tensor where a mask holds."""
    whole = np.array(typed(x, source))
    where = np.broadcast_to(mask, x.shape)
    whole[where] = source.ravel()[: np.count_nonzero(where)]
    return whole


def key(dim: int, index: Any) -> Any:
    """Give the index of NumPy that reads along a dimension."""
    grid = list(np.indices(index.shape))
    grid[dim] = index
    return tuple(grid)


def reached(src: Any, index: Any) -> Any:
    """Give the part of a source that an index is as large as."""
    return src[tuple(map(slice, index.shape))]


def scattered(x: Any, dim: int, index: Any, src: Any = None, value: Any = None) -> Any:
    """Put entries, or a number, along a dimension, where an index says."""
    return put_at(x, key(dim, index), np.asarray(value) if src is None else reached(src, index))


def scattered_and_added(x: Any, dim: int, index: Any, src: Any) -> Any:
    """Add entries along a dimension, where an index says."""
    return put_at(x, key(dim, index), reached(src, index), accumulate=True)


REDUCED: Final[dict[str, Callable[[Any], Any]]] = {
    "sum": np.sum,
    "mean": np.mean,
    "prod": np.prod,
    "amax": lambda entries: entries[np.argmax(real(entries))],
    "amin": lambda entries: entries[np.argmin(real(entries))],
}


def scattered_and_reduced(
    x: Any, dim: int, index: Any, src: Any, reduce: str, include_self: bool = True
) -> Any:
    """Reduce what an index sends to each entry, with the entry or without."""
    whole = np.array(typed(x, src))
    told = key(dim, index)
    sent = np.broadcast_to(reached(src, index), whole[told].shape)  # which are there, or refused
    for place in np.ndindex(*x.shape):
        here = np.all([each == p for each, p in zip(told, place, strict=True)], axis=0)
        own = [x[place]] if include_self or not here.any() else []
        whole[place] = REDUCED[reduce](np.array([*own, *sent[here]]))
    return whole


def scattered_and_joined(
    x: Any, dim: int, index: Any, src: Any = None, *, value: Any = None, reduce: str
) -> Any:
    """Add what an index sends to each entry, or multiply by it."""
    sent = np.full(index.shape, value) if src is None else src
    return scattered_and_reduced(x, dim, index, sent, {"add": "sum", "multiply": "prod"}[reduce])


def selected_replaced(x: Any, src: Any, dim: int, index: int) -> Any:
    """Put another tensor in the place of one position of a dimension."""
    return copied(x, dim, np.array([index]), np.expand_dims(src, dim))


def slice_replaced(
    x: Any, src: Any, dim: int = 0, start: Any = None, end: Any = None, step: int = 1
) -> Any:
    """Put another tensor in the place of a slice."""
    return copied(x, dim, np.arange(x.shape[dim])[start:end:step], src)


def diagonal_replaced(x: Any, src: Any, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Any:
    """Put another tensor in the place of a diagonal."""
    whole = np.array(typed(x, src))
    diagonal = np.diagonal(whole, offset, dim1, dim2)
    diagonal.flags.writeable = True
    diagonal[...] = src
    return whole


def embedded(x: Any, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Any:
    """Put vectors on the diagonals of matrices of zeros."""
    size = x.shape[-1] + abs(offset)
    matrices = np.zeros((*x.shape[:-1], size, size), x.dtype)
    return np.moveaxis(diagonal_replaced(matrices, x, offset, -2, -1), (-2, -1), (dim1, dim2))


def diagonal_of(x: Any, diagonal: int = 0) -> Any:
    """Give the matrix with a diagonal, or the diagonal of a matrix."""
    return embedded(x, diagonal) if x.ndim == 1 else np.diagonal(x, diagonal)


def into(called: str, formula: Callable[..., Any], plain: Given, **calls: Any) -> Operator:
    """Write the row of what puts entries into x, which may happen in place."""
    return linear(called, formula, plain, **calls, **INTO_X)


def reducing(reduce: str, **more: Any) -> Given:
    """Write a call in which several entries are sent to one place, and none to another."""
    return on(4, 3, dim=1, index=TWICE, src=of(3, 3), reduce=reduce, **more)


TWO_AT_ONE: Final = np.array([0, 0])
ZEROS_SENT: Final = {
    "x": np.array([1.5, -2.0, 0.5]),
    "dim": 0,
    "index": np.array([0, 0, 1, 1, 1]),
    "src": np.array([0.0, 2.0, 0.0, -1.5, 0.0]),
    "reduce": "prod",
}
STARTING_TIED: Final = {
    "x": np.array([2.0, 3.0, 0.5]),
    "dim": 0,
    "index": np.array([0, 1]),
    "src": np.array([2.0, 1.0]),
    "reduce": "amax",
    "include_self": False,
}

PUTTING: Final = (
    into(
        "index_add(x, dim, index, source, *, alpha=1)",
        added,
        on(3, 4, dim=0, index=of(5, domain=places(3)), source=of(5, 4)),
        alpha=on(2, 4, dim=1, index=of(3, domain=places(4)), source=of(2, 3), alpha=-1.5),
        keeps="?",
        holomorphic=True,
    ),
    into(
        "index_copy(x, dim, index, source)",
        copied,
        on(3, 4, dim=0, index=ROWS_OF_X, source=of(2, 4)),
        columns=on(3, 4, dim=1, index=COLUMNS_OF_X, source=of(3, 2)),
        keeps="?",
        holomorphic=True,
    ),
    into(
        "index_fill(x, dim, index, value)",
        slices_filled,
        on(3, 4, dim=0, index=ROWS_OF_X, value=7.0),
        tensor=on(3, 4, dim=1, index=COLUMNS_OF_X, value=of()),
        holomorphic=True,
    ),
    into(
        "index_put(x, indices, values, accumulate=False)",
        put_at,
        on(3, 4, indices=[ROWS_OF_X, COLUMNS_OF_X], values=of(2)),
        accumulate=on(3, 4, indices=[TWO_AT_ONE], values=of(2, 4), accumulate=True),
        holomorphic=True,
    ),
    into(
        "put(x, index, source, accumulate=False)",
        put_flat,
        on(3, 4, index=np.array([[7, 2], [0, 11]]), source=of(2, 2)),
        accumulate=on(2, 3, index=np.array([4, 1, 4]), source=of(3), accumulate=True),
        keeps="?",
        holomorphic=True,
    ),
    into(
        "masked_scatter(x, mask, source)",
        masked,
        on(2, 3, mask=of(2, 3, domain=TRUTH), source=of(2, 2)),
        row=on(2, 4, mask=of(4, domain=TRUTH), source=of(5)),
        holomorphic=True,
    ),
    into(
        "scatter(x, dim, index, src=None, *, value=None)",
        scattered,
        on(3, 4, dim=0, index=FIRSTS[:1], src=of(1, 3)),
        columns=on(3, 4, dim=1, index=COLUMNS, src=of(2, 2)),
        part=on(3, 4, dim=1, index=COLUMNS, src=of(3, 3)),
        value=on(3, 4, dim=1, index=COLUMNS, value=7.0),
        particular=True,
        holomorphic=True,
    ),
    into(
        "scatter_add(x, dim, index, src)",
        scattered_and_added,
        on(4, 3, dim=1, index=TWICE, src=of(3, 3)),
        first=on(4, 3, dim=0, index=FIRSTS, src=of(2, 3)),
        part=on(3, 4, dim=1, index=COLUMNS, src=of(3, 3)),
        particular=True,
        holomorphic=True,
    ),
)
SHAPED: Final = (
    linear(
        "take(x, index)",
        lambda x, index: x.ravel()[index],
        on(2, 3, index=of(4, 2, domain=places(6))),
        keeps="?",
        holomorphic=True,
    ),
    linear(
        "masked_select(x, mask)",
        lambda x, mask: x[np.broadcast_to(mask, x.shape)],
        on(2, 3, mask=of(2, 3, domain=TRUTH)),
        row=on(2, 4, mask=of(4, domain=TRUTH)),
        keeps="mask x",
        holomorphic=True,
    ),
    linear(
        "select_scatter(x, src, dim, index)",
        selected_replaced,
        on(2, 3, src=of(2), dim=1, index=2),
        first=on(2, 3, src=of(3), dim=0, index=-1),
    ),
    linear(
        "slice_scatter(x, src, dim=0, start=None, end=None, step=1)",
        slice_replaced,
        on(4, 3, src=of(2, 3), start=2),
        end=on(2, 5, src=of(2, 2), dim=1, end=4, step=2),
        hands_on=True,
        dimensioned=True,
    ),
    linear(
        "diagonal_scatter(x, src, offset=0, dim1=0, dim2=1)",
        diagonal_replaced,
        on(3, 4, src=of(3)),
        offset=on(2, 3, 4, src=of(2, 3), offset=1, dim1=1, dim2=2),
        holomorphic=True,
    ),
    linear(
        "diag_embed(x, offset=0, dim1=-2, dim2=-1)",
        embedded,
        on(2, 3),
        offset=on(2, 3, offset=-1, dim1=2, dim2=0),
        holomorphic=True,
    ),
    linear(
        "diag(x, diagonal=0)", diagonal_of, on(3), matrix=on(3, 4, diagonal=1), holomorphic=True
    ),
)
ALONE: Final[dict[str, Any]] = {
    f"{name}_alone": reducing(name, include_self=False)
    for name in ("sum", "mean", "prod", "amax", "amin")
}
REDUCING: Final = row(
    "scatter_reduce(x, dim, index, src, reduce, *, include_self=True)",
    scattered_and_reduced,
    PIECEWISE,
    {**reducing("sum"), "x": of(3, 3)},
    mean=reducing("mean"),
    prod=reducing("prod"),
    amax=reducing("amax"),
    amin=reducing("amin"),
    zeros=ZEROS_SENT,
    start=STARTING_TIED,
    part=on(3, 4, dim=1, index=COLUMNS, src=of(3, 3), reduce="sum"),
    **ALONE,
    kinks={
        "": Kink(
            point([2.0], dim=0, index=TWO_AT_ONE, src=np.array([2.0, 1.0]), reduce="amax"),
            *(None, (0.5, np.array([0.5, 0.0]))),
        ),
    },
    **INTO_X,
    keeps="index result src x",
)
JOINING: Final = row(
    "scatter_joined(x, dim, index, src=None, *, value=None, reduce)",
    scattered_and_joined,
    REFUSED,
    reducing("add"),
    multiply=reducing("multiply"),
    value=on(3, 3, dim=0, index=TWICE, value=2.5, reduce="multiply"),
    torch="torch.scatter($x, $dim, $index, $(src=$src), $(value=$value), reduce=$reduce)",
    particular=True,
)
ROWS: Final = (*PUTTING, *SHAPED, REDUCING, JOINING)
