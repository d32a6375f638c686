"""A function of one example as a function of a batch (torch.vmap); start at `vmap`."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from gradspec_reference.engine import recording
from gradspec_reference.engine.batched import Level, held, in_front, is_at, lifted, over_axis, wrap
from gradspec_reference.engine.shapes import normal_dim
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.errors import (
    BatchAxesError,
    BatchChunkError,
    BatchOutputError,
    BatchRandomnessError,
)
from gradspec_reference.names import random
from gradspec_reference.operators import OPERATORS

if TYPE_CHECKING:
    from collections.abc import Callable

CONTAINERS = (tuple, list, dict)
RANDOMNESS = ("error", "different", "same")


def vmap(
    func: Callable[..., Any],
    in_dims: Any = 0,
    out_dims: Any = 0,
    randomness: str = "error",
    *,
    chunk_size: int | None = None,
) -> Callable[..., Any]:
    """Return a function that maps another over a dimension of its arguments (torch.vmap).

    `in_dims` says over which, `out_dims` where the batch goes in what is returned; both may be as
    nested as arguments and results are, None for what is the same for all examples.  Arguments
    given by name are.  Raises BatchAxesError, BatchOutputError, BatchChunkError,
    BatchRandomnessError; inside, BatchedValueError, BatchedWriteError, BatchedRandomError.
    """
    if randomness not in RANDOMNESS:
        raise BatchRandomnessError(
            f"vmap was given randomness={randomness!r}; it is one of {', '.join(RANDOMNESS)}"
        )
    if chunk_size is not None and chunk_size <= 0:
        raise BatchChunkError(f"vmap was given chunk_size={chunk_size}; give None, or more than 0")

    @functools.wraps(func)
    def mapped(*args: Any, **keywords: Any) -> Any:
        check_dims(in_dims)
        if not args:
            raise BatchAxesError("vmap was given no arguments to map over; give some by position")
        leaves = list(beside(in_dims, args, "in_dims"))
        dims = [axis_of(dim, value) for dim, value in leaves]
        values = [value for _, value in leaves]
        size = size_of(dims, values)
        width = size if chunk_size is None else chunk_size
        if width >= size:
            return once(func, args, dims, values, size, keywords, out_dims, randomness)
        return in_pieces(func, args, dims, values, (size, width), keywords, out_dims, randomness)

    return mapped


# what goes in ---------------------------------------------------------------------------
def check_dims(in_dims: Any) -> None:
    """Refuse what cannot say over which dimensions to map."""
    if isinstance(in_dims, bool) or not isinstance(in_dims, int | tuple):
        raise BatchAxesError(
            f"vmap was given {in_dims!r} as in_dims; it is a dimension, or a tuple of one entry "
            "for each argument"
        )


def beside(dims: Any, values: Any, name: str) -> Any:
    """Give each leaf of a structure with its dimension; one dimension stands for all below it."""
    if not isinstance(values, CONTAINERS):
        if isinstance(dims, CONTAINERS):
            raise misfit(dims, values, name)
        yield dims, values
    elif not isinstance(dims, CONTAINERS):
        for value in values.values() if isinstance(values, dict) else values:
            yield from beside(dims, value, name)
    elif type(dims) is not type(values) or len(dims) != len(values):
        raise misfit(dims, values, name)
    elif isinstance(values, dict):
        if {*dims} != {*values}:
            raise misfit(dims, values, name)
        for key, value in values.items():
            yield from beside(dims[key], value, name)
    else:
        for dim, value in zip(dims, values, strict=True):
            yield from beside(dim, value, name)


def misfit(dims: Any, values: Any, name: str) -> BatchAxesError:
    """Word the refusal of dimensions that are not nested as what they are for."""
    return BatchAxesError(
        f"vmap was given {name}={dims!r} beside a {type(values).__name__}; they must be nested in "
        "the same way, or one dimension may stand for all of a container"
    )


def axis_of(dim: Any, value: Any) -> int | None:
    """Return the dimension of an argument to map over, counted from the front."""
    if dim is None:
        return None
    if isinstance(dim, bool) or not isinstance(dim, int):
        raise BatchAxesError(f"vmap was given {dim!r} among in_dims; give integers, or None")
    if not isinstance(value, Tensor):
        raise BatchAxesError(
            f"vmap was to map over a {type(value).__name__}; give None as its entry of in_dims"
        )
    if not -value.ndim <= dim < value.ndim:
        raise BatchAxesError(
            f"vmap was to map over dimension {dim} of a tensor that has {value.ndim}"
        )
    return dim % value.ndim


def size_of(dims: list[int | None], values: list[Any]) -> int:
    """Return how many examples there are."""
    sizes = {value.shape[d] for d, value in zip(dims, values, strict=True) if d is not None}
    if not sizes:
        raise BatchAxesError(
            "vmap was told to map over no argument; give at least one a dimension in in_dims"
        )
    if len(sizes) > 1:
        raise BatchAxesError(
            f"vmap was to map over dimensions of the lengths {sorted(sizes)}; they must agree"
        )
    return int(sizes.pop())


# the call -------------------------------------------------------------------------------
def once(
    func: Callable[..., Any],
    args: tuple[Any, ...],
    dims: list[int | None],
    values: list[Any],
    size: int,
    keywords: dict[str, Any],
    out_dims: Any,
    randomness: str,
) -> Any:
    """Call the function with all examples at once."""
    level = Level(size, randomness)
    with level:
        batched = iter(
            [
                value if d is None else wrap(level, in_front(value, d))
                for d, value in zip(dims, values, strict=True)
            ]
        )
        returned = func(*rebuilt(args, batched), **keywords)
    places = list(beside(of_one(out_dims, returned), returned, "out_dims"))
    return rebuilt(returned, iter([taken_out(level, dim, value) for dim, value in places]))


def rebuilt(structure: Any, leaves: Any) -> Any:
    """Return a structure with other leaves."""
    if isinstance(structure, dict):
        return type(structure)((key, rebuilt(value, leaves)) for key, value in structure.items())
    if not isinstance(structure, CONTAINERS):
        return next(leaves)
    parts = [rebuilt(value, leaves) for value in structure]
    return type(structure)(*parts) if hasattr(structure, "_fields") else type(structure)(parts)


def of_one(out_dims: Any, returned: Any) -> Any:
    """Return the dimension of a single result, which may be given in a tuple."""
    alone = isinstance(returned, Tensor) and isinstance(out_dims, tuple) and len(out_dims) == 1
    return out_dims[0] if alone else out_dims


def taken_out(level: Level, dim: Any, value: Any) -> Any:
    """Return one result with the batch where it was asked for."""
    if dim is None:
        if is_at(value, level) and held(value).has_axis:
            raise BatchOutputError(
                "a mapped function returned a batched tensor where out_dims is None; say where "
                "the batch goes"
            )
        return held(value).lower if is_at(value, level) else value
    if isinstance(dim, bool) or not isinstance(dim, int):
        raise BatchAxesError(f"vmap was given {dim!r} among out_dims; give integers, or None")
    if not isinstance(value, Tensor):
        raise BatchOutputError(
            f"a mapped function returned a {type(value).__name__}; it must return tensors, but "
            "where out_dims is None"
        )
    whole = over_axis(level, lifted(level, value))
    place = normal_dim(dim, whole.ndim)
    return whole if place == 0 else whole.movedim(0, place)


# in pieces ------------------------------------------------------------------------------
def in_pieces(
    func: Callable[..., Any],
    args: tuple[Any, ...],
    dims: list[int | None],
    values: list[Any],
    lengths: tuple[int, int],
    keywords: dict[str, Any],
    out_dims: Any,
    randomness: str,
) -> Any:
    """Call the function with so many examples at a time, and put the results together."""
    size, width = lengths
    found, before = [], random.state()
    for start in range(0, size, width):
        count = min(width, size - start)
        piece = [
            value if d is None else value.narrow(d, start, count)
            for d, value in zip(dims, values, strict=True)
        ]
        if randomness == "same":
            random.restore(before)
        found.append(once(func, args, dims, piece, count, keywords, out_dims, randomness))
    columns = zip(*(beside(of_one(out_dims, one), one, "out_dims") for one in found), strict=True)
    return rebuilt(found[0], iter([put_together(list(column)) for column in columns]))


def put_together(column: list[tuple[Any, Any]]) -> Any:
    """Return one result of all pieces; what is the same for all examples is that of the first."""
    dim, first = column[0]
    if dim is None:
        return first
    pieces = tuple(value for _, value in column)
    place = normal_dim(dim, first.ndim)
    ends = [0]
    for piece in pieces:
        ends.append(ends[-1] + piece.shape[place])
    return recording.apply(OPERATORS["cat"], pieces, place, tuple(ends))
