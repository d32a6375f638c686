"""What operators compute, defined entry by entry, in loops, on the numbers of mpmath.

Nothing here is shared with the formulas of the catalogue, which are held to it.  What a row says
that its operator `means` for each number is read here, by mpmath; `DEFINITIONS` has the others.
"""

from __future__ import annotations

import functools
import itertools
from typing import TYPE_CHECKING, Any

import complex_definitions
import joining_definitions
import loss_definitions
import mpmath as mp
import network_definitions
import numpy as np
import placing_definitions
import resampling_definitions
import statistics_definitions
from matrix_definitions import MATRICES

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradspec.catalogue.operator import Operator


def each(function: Callable[..., Any]) -> Callable[..., Any]:
    return np.vectorize(function, otypes=[object])


def exact(array: Any) -> Any:
    return shaped([mp.mpmathify(entry) for entry in np.ravel(array).tolist()], np.shape(array))


def along(function: Callable[[list[Any]], Any]) -> Callable[..., Any]:
    """Apply a function of a list along dimensions."""

    def reduced(x: Any, dim: Any = None, keepdim: bool = False, **how: Any) -> Any:
        dims = (dim,) if isinstance(dim, int) else tuple(dim or range(x.ndim))
        shape = [1 if d in dims else n for d, n in enumerate(x.shape)]
        result = np.empty(shape, object)
        for at in np.ndindex(*shape):
            ranges = [range(n) if d in dims else [at[d]] for d, n in enumerate(x.shape)]
            result[at] = function([x[i] for i in itertools.product(*ranges)], **how)
        return (
            result
            if keepdim
            else result.reshape([n for d, n in enumerate(x.shape) if d not in dims])
        )

    return reduced


def rows(function: Callable[..., Any]) -> Callable[..., Any]:
    """Apply a function from lists to lists along one dimension."""

    def applied(x: Any, dim: int = -1, **how: Any) -> Any:
        moved = np.moveaxis(x, dim, -1)
        flat = [function(list(row), **how) for row in moved.reshape(-1, moved.shape[-1])]
        return np.moveaxis(np.array(flat, object).reshape(*moved.shape[:-1], -1), -1, dim)

    return applied


def with_places(pick: Callable[[list[Any]], int]) -> Callable[..., Any]:
    value, place = along(lambda v: v[pick(v)]), along(pick)

    def picked(x: Any, dim: Any = None, keepdim: bool = False) -> Any:
        return value(x) if dim is None else (value(x, dim, keepdim), place(x, dim, keepdim))

    return picked


def sorted_places(v: list[Any], descending: bool = False, k: int | None = None) -> list[int]:
    return sorted(range(len(v)), key=v.__getitem__, reverse=descending)[:k]


def sort(
    x: Any, dim: int = -1, descending: bool = False, stable: bool = True, k: int | None = None
) -> Any:
    del stable  # it always is
    places = functools.partial(sorted_places, descending=descending, k=k)
    return rows(lambda v: [v[i] for i in places(v)])(x, dim), rows(places)(x, dim)


def variance(v: list[Any], correction: int) -> Any:
    mean = mp.fsum(v) / len(v)
    return mp.fsum((e - mean) ** 2 for e in v) / (len(v) - correction)


def along_corrected(function: Callable[..., Any]) -> Callable[..., Any]:
    def reduced(x: Any, dim: Any = None, correction: int = 1, keepdim: bool = False) -> Any:
        return along(function)(x, dim, keepdim, correction=correction)

    return reduced


def average(v: list[Any]) -> Any:
    return mp.fsum(v) / len(v)


def numbers(v: list[Any]) -> list[Any]:
    return [e for e in v if not mp.isnan(e)]


def pair(first: Callable[..., Any], second: Callable[..., Any]) -> Callable[..., Any]:
    """Give what two functions give; a correction is for the first one."""

    def both(x: Any, dim: Any = None, correction: int = 1, keepdim: bool = False) -> Any:
        return first(x, dim, correction, keepdim), second(x, dim, keepdim)

    return both


def most_frequent(v: list[Any]) -> int:
    chosen = min(v, key=lambda e: (-v.count(e), e))
    return max(i for i, e in enumerate(v) if e == chosen)


def so_far(extreme: Callable[..., Any]) -> Callable[..., Any]:
    def places(v: list[Any]) -> list[int]:
        return [max(j for j in range(i + 1) if v[j] == extreme(v[: i + 1])) for i in range(len(v))]

    return lambda x, dim: (rows(lambda v: [v[i] for i in places(v)])(x, dim), rows(places)(x, dim))


def searchsorted(
    order: Any, x: Any, right: bool = False, side: Any = None, sorter: Any = None
) -> Any:
    result = np.empty(x.shape, object)
    for at in np.ndindex(*x.shape):
        row = list(order if order.ndim == 1 else order[at[:-1]])
        row = row if sorter is None else [row[int(i)] for i in sorter]
        up_to = right or side == "right"
        result[at] = sum(b < x[at] or (up_to and b == x[at]) for b in row)
    return result


def differences(x: Any, n: int = 1, dim: int = -1, prepend: Any = None, append: Any = None) -> Any:
    given = [each for each in (prepend, x, append) if each is not None]
    step = rows(lambda v: [b - a for a, b in itertools.pairwise(v)])
    whole = np.concatenate(given, dim)
    for _ in range(n):
        whole = step(whole, dim)
    return whole


def norm(v: list[Any], p: Any = "fro") -> Any:
    if abs(mp.mpf(p) if p != "fro" else 2) == mp.inf:
        return (max if p > 0 else min)(abs(e) for e in v)
    order = 2 if p == "fro" else p
    if order == 0:
        return mp.mpf(sum(e != 0 for e in v))
    return mp.fsum(abs(e) ** order for e in v) ** (mp.mpf(1) / order)


def either_norm(x: Any, ord: Any = None, dim: Any = None, keepdim: bool = False) -> Any:
    count = 1 if isinstance(dim, int) else x.ndim if dim is None else len(dim)
    if ord is None or count == 1:
        return vector_norm(x, 2 if ord is None else ord, dim, keepdim)
    return MATRICES["matrix_norm"](x, ord, (-2, -1) if dim is None else dim, keepdim)


def norm_of(x: Any, p: Any = "fro", dim: Any = None, keepdim: bool = False) -> Any:
    if p == "nuc":
        return MATRICES["matrix_norm"](x, p, (-2, -1) if dim is None else dim, keepdim)
    return along(norm)(x, dim, keepdim, p=p)


def vector_norm(x: Any, ord: float = 2, dim: Any = None, keepdim: bool = False) -> Any:
    return along(norm)(x, dim, keepdim, p=ord)


def softmax(v: list[Any]) -> list[Any]:
    return [mp.exp(e) / mp.fsum(mp.exp(f) for f in v) for e in v]


def matmul(x: Any, other: Any) -> Any:
    a = x[None, :] if x.ndim == 1 else x
    b = other[:, None] if other.ndim == 1 else other
    stacks = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    a, b = (np.broadcast_to(m, (*stacks, *m.shape[-2:])) for m in (a, b))
    c = np.empty((*stacks, a.shape[-2], b.shape[-1]), object)
    for *stack, i, k in np.ndindex(*c.shape):
        left, right = a[(*stack, i)], b[(*stack, slice(None), k)]
        c[(*stack, i, k)] = mp.fsum(p * q for p, q in zip(left, right, strict=True))
    c = c[..., 0, :] if x.ndim == 1 else c
    return c[..., 0] if other.ndim == 1 else c


def placed(shape: Callable[..., Any], index: Callable[..., Any]) -> Callable[..., Any]:
    """Say for each entry of the result where it stands in the operand."""

    def built(x: Any, *given: Any, **more: Any) -> Any:
        result = np.empty(shape(x.shape, *given, **more), object)
        for at in np.ndindex(*result.shape):
            result[at] = x[index(at, *given, **more)]
        return result

    return built


def transposed(at: Any, dim0: int, dim1: int) -> Any:
    swap = {dim0: dim1, dim1: dim0}
    return tuple(at[swap.get(d, d)] for d in range(len(at)))


def at_offset(at: Any, dim: int, start: int) -> Any:
    return (*at[:dim], at[dim] + start, *at[dim + 1 :])


def length(shape: Any, dim: int, new: int) -> Any:
    return (*shape[:dim], new, *shape[dim + 1 :])


def cut(x: Any, sizes: Any, dim: int = 0) -> Any:
    if isinstance(sizes, int):
        sizes = [min(sizes, x.shape[dim] - s) for s in range(0, x.shape[dim], sizes)]
    starts = [sum(sizes[:n]) for n in range(len(sizes))]
    piece = placed(lambda s, _, n: length(s, dim, n), lambda at, s, _: at_offset(at, dim, s))
    return tuple(piece(x, s, n) for s, n in zip(starts, sizes, strict=True))


def pieces(x: Any, chunks: int, dim: int = 0) -> Any:
    return cut(x, int(mp.ceil(mp.mpf(x.shape[dim]) / chunks)), dim)


def flat(x: Any) -> list[Any]:
    return [x[at] for at in np.ndindex(*x.shape)]


def shaped(entries: list[Any], shape: Any) -> Any:
    result = np.empty(len(entries), object)
    result[:] = entries
    return result.reshape(shape)


def triangle(keeps: Callable[[int, int], bool]) -> Callable[..., Any]:
    def kept(x: Any, diagonal: int = 0) -> Any:
        result = x.copy()
        for at in np.ndindex(*x.shape):
            result[at] = x[at] if keeps(at[-1] - at[-2], diagonal) else mp.mpf(0)
        return result

    return kept


def diagonal(x: Any, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Any:
    (rest,) = {*range(x.ndim)} - {dim1, dim2} or (None,)
    count = min(x.shape[dim1], x.shape[dim2] - offset)

    def entry(*at: int) -> Any:
        place = {dim1: at[-1], dim2: at[-1] + offset, rest: at[0]}
        return x[tuple(place[d] for d in range(x.ndim))]

    shape = (count,) if rest is None else (x.shape[rest], count)
    return shaped([entry(*at) for at in np.ndindex(*shape)], shape)


def stack(tensors: list[Any], dim: int = 0) -> Any:
    at_end = np.empty((*tensors[0].shape, len(tensors)), object)
    for number, tensor in enumerate(tensors):
        at_end[..., number] = tensor
    return np.moveaxis(at_end, -1, dim)


def clamp(x: Any, low: Any = None, high: Any = None, **named: Any) -> Any:
    low, high = named.get("min", low), named.get("max", high)
    bounds = (-mp.inf if low is None else low, mp.inf if high is None else high)
    return each(lambda e, low, high: min(max(e, low), high))(x, *bounds)


def halves(v: list[Any]) -> Any:
    return zip(v[: len(v) // 2], v[len(v) // 2 :], strict=True)


def prelu(x: Any, weight: Any) -> Any:
    result = np.empty(x.shape, object)
    for at in np.ndindex(*x.shape):
        slope = weight[0] if len(weight) == 1 else weight[at[1]]
        result[at] = x[at] * (1 if x[at] > 0 else slope)
    return result


def unique(
    x: Any, _inverse: bool = False, return_counts: bool = False, dim: int | None = None
) -> Any:
    if dim is not None:
        slices = sorted(np.moveaxis(x, dim, 0).tolist())
        distinct = [one for place, one in enumerate(slices) if one not in slices[:place]]
        return np.moveaxis(np.array(distinct, object), 0, dim)
    found = sorted(set(flat(x)))
    whole = np.array(found, object)
    if not return_counts:
        return whole
    return whole, each(found.index)(x), np.array([flat(x).count(e) for e in found], object)


def meant(operator: Operator) -> Callable[..., Any] | None:
    """Read what an operator of the catalogue means for each number, as mpmath understands it."""
    named = operator.signature.names == ("x",) and hasattr(mp, operator.name)
    means = operator.means or (f"{operator.name}(x)" if named else "")
    if not means:
        return None
    code = compile(means, operator.name, "eval")

    def of_arrays(*first: Any, **rest: Any) -> Any:
        names = operator.signature.names
        given = {**operator.signature.defaults, **dict(zip(names, first, strict=False)), **rest}
        of_numbers = each(lambda *v: eval(code, vars(mp), dict(zip(given, v, strict=True))))  # noqa: S307 - ours
        return of_numbers(*given.values())

    return of_arrays


def definition(operator: Operator) -> Callable[..., Any] | None:
    """Give what an operator computes on arrays of numbers of mpmath; None if nothing says it."""
    return DEFINITIONS.get(operator.name) or meant(operator)


DEFINITIONS: dict[str, Callable[..., Any]] = {
    **complex_definitions.DEFINITIONS,
    **network_definitions.DEFINITIONS,
    **loss_definitions.LOSSES,
    **resampling_definitions.RESAMPLING,
    **statistics_definitions.STATISTICS,
    "clamp": clamp,
    "sum": along(mp.fsum),
    "mean": along(lambda v: mp.fsum(v) / len(v)),
    "prod": along(mp.fprod),
    "argmax": along(lambda v: v.index(max(v))),
    "argmin": along(lambda v: v.index(min(v))),
    "all": along(all),
    "any": along(any),
    "amax": along(max),
    "amin": along(min),
    "var": along_corrected(variance),
    "std": along_corrected(lambda v, correction: mp.sqrt(variance(v, correction))),
    "max": with_places(lambda v: v.index(max(v))),
    "min": with_places(lambda v: v.index(min(v))),
    "median": with_places(lambda v: sorted_places(v)[(len(v) - 1) // 2]),
    "norm": norm_of,
    "linalg_norm": either_norm,
    "logsumexp": along(lambda v: mp.log(mp.fsum(map(mp.exp, v)))),
    "softmax": rows(softmax),
    "log_softmax": rows(lambda v: list(map(mp.log, softmax(v)))),
    "glu": rows(lambda v: [a / (1 + mp.exp(-b)) for a, b in halves(v)]),
    "softmin": rows(lambda v: softmax([-e for e in v])),
    "prelu": prelu,
    "cumsum": rows(lambda v: [mp.fsum(v[: i + 1]) for i in range(len(v))]),
    "nansum": along(lambda v: mp.fsum(numbers(v))),
    "nanmean": along(lambda v: mp.fsum(numbers(v)) / len(numbers(v))),
    "var_mean": pair(along_corrected(variance), along(average)),
    "std_mean": pair(
        along_corrected(lambda v, correction: mp.sqrt(variance(v, correction))), along(average)
    ),
    "vector_norm": vector_norm,
    "mode": lambda x, dim=-1, keepdim=False: with_places(most_frequent)(x, dim % x.ndim, keepdim),
    "kthvalue": lambda x, k, dim=-1, keepdim=False: with_places(lambda v: sorted_places(v)[k - 1])(
        x, dim % x.ndim, keepdim
    ),
    "aminmax": lambda x, dim=None, keepdim=False: (
        along(min)(x, dim, keepdim),
        along(max)(x, dim, keepdim),
    ),
    "msort": lambda x: sort(x, 0)[0],
    "argsort": lambda *given, **how: sort(*given, **how)[1],
    "count_nonzero": along(lambda v: sum(e != 0 for e in v)),
    "searchsorted": searchsorted,
    "bucketize": lambda x, boundaries, right=False: searchsorted(boundaries, x, right),
    "cumprod": rows(lambda v: [mp.fprod(v[: i + 1]) for i in range(len(v))]),
    "logcumsumexp": rows(
        lambda v: [mp.log(mp.fsum(map(mp.exp, v[: i + 1]))) for i in range(len(v))]
    ),
    "cummax": so_far(max),
    "cummin": so_far(min),
    "diff": differences,
    **placing_definitions.DEFINITIONS,
    **joining_definitions.DEFINITIONS,
    "sort": sort,
    "topk": lambda x, k, dim=-1, largest=True: sort(x, dim, largest, k=k),
    **MATRICES,
    "matmul": matmul,
    "dot": matmul,
    "mv": matmul,
    "mm": matmul,
    "outer": lambda x, vec2: np.array([[a * b for b in vec2] for a in x], object),
    "view": lambda x, shape: shaped(flat(x), shape),
    "reshape": lambda x, shape: shaped(flat(x), shape),
    "flatten": lambda x, start_dim=0, end_dim=-1: shaped(
        flat(x), (*x.shape[:start_dim], -1, *x.shape[1 + end_dim % x.ndim :])
    ),
    "transpose": placed(transposed, transposed),
    "permute": placed(
        lambda s, dims: [s[d] for d in dims],
        lambda at, dims: tuple(at[dims.index(d)] for d in range(len(at))),
    ),
    "flip": lambda x, dims: placed(
        lambda s: s,
        lambda at: tuple(x.shape[d] - 1 - i if d in dims else i for d, i in enumerate(at)),
    )(x),
    "t": placed(lambda s: s[::-1], lambda at: at[::-1]),
    "contiguous": lambda x: x,
    "movedim": placed(
        lambda s, *_: [s[1], s[2], s[0]],  # 0 to 2
        lambda at, *_: (at[2], at[0], at[1]),
    ),
    "expand": lambda x, size: placed(
        lambda _: size, lambda at: tuple(i % n for i, n in zip(at[-x.ndim :], x.shape, strict=True))
    )(x),
    "squeeze": lambda x, dim=None: shaped(
        flat(x),
        [
            n
            for d, n in enumerate(x.shape)
            if n != 1 or d not in np.ravel(range(x.ndim) if dim is None else dim)
        ],
    ),
    "unsqueeze": lambda x, dim: shaped(flat(x), (*x.shape[:dim], 1, *x.shape[dim:])),
    "narrow": placed(
        lambda s, dim, _, count: length(s, dim, count),
        lambda at, dim, start, _: at_offset(at, dim, start),
    ),
    "select": placed(
        lambda s, dim, _: (*s[:dim], *s[dim + 1 :]),
        lambda at, dim, index: (*at[:dim], index, *at[dim:]),
    ),
    "diagonal": diagonal,
    "unfold": placed(
        lambda s, d, size, step: (*length(s, d, (s[d] - size) // step + 1), size),
        lambda at, d, _, step: (*at[:d], at[d] * step + at[-1], *at[d + 1 : -1]),
    ),
    "split": cut,
    "unsafe_split": cut,
    "chunk": pieces,
    "unsafe_chunk": pieces,
    "unbind": lambda x, dim=0: tuple(DEFINITIONS["select"](x, dim, i) for i in range(x.shape[dim])),
    "as_strided": lambda x, size, stride, offset=0: placed(
        lambda _: size, lambda at: offset + sum(i * s for i, s in zip(at, stride, strict=True))
    )(shaped(flat(x), -1)),
    "view_as": lambda x, other: shaped(flat(x), other.shape),
    "expand_as": lambda x, other: DEFINITIONS["expand"](x, other.shape),
    "roll": lambda x, shifts, dims=None: (
        shaped([flat(x)[(i - shifts) % x.size] for i in range(x.size)], x.shape)
        if dims is None
        else placed(lambda s: s, lambda at: length(at, dims, (at[dims] - shifts) % x.shape[dims]))(
            x
        )
    ),
    "repeat": lambda x, repeats: placed(
        lambda s: np.multiply(repeats, (1,) * (len(repeats) - len(s)) + s),
        lambda at: tuple(i % n for i, n in zip(at[-x.ndim :], x.shape, strict=True)),
    )(x),
    "tril": triangle(lambda above, diagonal: above <= diagonal),
    "triu": triangle(lambda above, diagonal: above >= diagonal),
    "cat": lambda tensors, dim=0: np.array(
        [list(itertools.chain(*p)) for p in zip(*tensors, strict=True)]
        if dim
        else [*itertools.chain(*tensors)],
        object,
    ),
    "stack": stack,
    "getitem": lambda x, index: x[index],
    "index_select": lambda x, dim, index: placed(
        lambda s: length(s, dim, len(index)), lambda at: length(at, dim, index[at[dim]])
    )(x),
    "gather": lambda x, dim, index: placed(
        lambda _: index.shape, lambda at: length(at, dim, index[at])
    )(x),
    "take_along_dim": lambda x, indices, dim=None: (
        DEFINITIONS["gather"](x, dim, indices)
        if dim is not None
        else shaped([flat(x)[i] for i in indices], -1)
    ),
    **{
        n: (lambda x, *_, **__: x)
        for n in ["clone", "float", "double", "to", "as_tensor", "asarray", "detach"]
    },
    "unique": unique,
    "bincount": lambda x, weights, minlength=0: np.array(
        [
            mp.fsum(w for i, w in zip(x, weights, strict=True) if i == n)
            for n in range(max(max(x) + 1, minlength))
        ],
        object,
    ),
    "long": each(lambda x: mp.sign(x) * mp.floor(abs(x))),
    "resize_": lambda x, size: shaped(flat(x), size),
}
"""Name -> definition on arrays of numbers of mpmath, where it is of more than each number."""

DEFINITIONS["broadcast_to"] = DEFINITIONS["expand"]
