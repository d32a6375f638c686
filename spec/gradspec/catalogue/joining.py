"""Tensors joined, repeated, turned, cut and padded, and their entries on grids: all linear."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec.catalogue.operator import ALWAYS, of, on
from gradspec.catalogue.shapes import METHOD, cut, linear

if TYPE_CHECKING:
    from collections.abc import Callable

Tensors = list[Any]

MODES: Final = {"reflect": "reflect", "replicate": "edge", "circular": "wrap"}


def padded(x: Any, pad: Any, mode: str = "constant", value: float = 0.0) -> Any:
    """Put entries around x, from the last dimension on; what is negative is cut off."""
    given = list(zip(pad[::2], pad[1::2], strict=True))
    pairs = [(0, 0)] * (x.ndim - len(given)) + given[::-1]
    inner = tuple(
        slice(max(-before, 0), n - max(-after, 0))
        for n, (before, after) in zip(x.shape, pairs, strict=True)
    )
    if any(n + before + after < 0 for n, (before, after) in zip(x.shape, pairs, strict=True)):
        raise ValueError("more is cut off than there is")
    around = [(max(before, 0), max(after, 0)) for before, after in pairs]
    if mode in ("reflect", "replicate") and 0 in x.shape[-len(given) - 1 :]:
        raise ValueError("only a batch may be empty")
    if mode == "constant":
        return np.pad(x[inner], around, constant_values=value)
    return np.pad(x[inner], around, mode=MODES[mode])  # type: ignore[call-overload]


def repeated(x: Any, repeats: Any, dim: int | None = None, *_size: int) -> Any:
    """Give each entry, or slice, as often as is said; how many there are then may be said, too."""
    return np.repeat(x, repeats, dim)


def cut_about_equally(x: Any, indices_or_sections: Any, dim: int = 0) -> tuple[Any, ...]:
    """Give so many pieces, the first ones longer by one, or those between places."""
    sections = indices_or_sections
    if not isinstance(sections, int):
        return tuple(np.split(x, sections, dim))
    size, more = divmod(x.shape[dim], sections)
    return cut(x, [size + 1] * more + [size] * (sections - more), dim)


def blocks(tensors: Tensors) -> Any:
    """Give the matrix with matrices on its diagonal."""
    matrices = [np.atleast_2d(each) for each in tensors]
    size = np.sum([each.shape for each in matrices], axis=0)
    whole = np.zeros(size, np.result_type(*matrices))
    row, column = 0, 0
    for each in matrices:
        whole[row : row + each.shape[0], column : column + each.shape[1]] = each
        row, column = row + each.shape[0], column + each.shape[1]
    return whole


def grids(tensors: Tensors, indexing: str) -> Any:
    """Spread vectors over the grid that they make together."""
    return tuple(np.meshgrid(*tensors, indexing=indexing))  # type: ignore[call-overload]


def products(tensors: Tensors) -> Any:
    """Give all tuples of entries, one per row."""
    return np.stack([each.ravel() for each in grids(tensors, "ij")], 1)


def unflattened(x: Any, dim: int, sizes: Any) -> Any:
    """Make several dimensions of one."""
    np.empty(x.shape[dim]).reshape(sizes)  # which refuses what has not as many entries
    return x.reshape(*x.shape[:dim], *sizes, *x.shape[dim + 1 :])


def choices(x: Any, r: int = 2, with_replacement: bool = False) -> Any:
    """Give all choices of r entries in their order, one per row."""
    choose = itertools.combinations_with_replacement if with_replacement else itertools.combinations
    return x[np.array(list(choose(range(len(x)), r)), int).reshape(-1, r)]


def joined(name: str, formula: Callable[..., Any], *shapes: tuple[int, ...], **more: Any) -> Any:
    """Write the row of what joins tensors of these shapes, and vectors of others."""
    return linear(
        f"{name}(tensors)",
        formula,
        {"tensors": [of(*shape) for shape in shapes]},
        promotes=True,
        holomorphic=True,
        **more,
    )


def vectors(*lengths: int) -> Any:
    """Write a call with vectors."""
    return {"tensors": [of(length) for length in lengths]}


SPREAD: Final = "torch.meshgrid(*$tensors, indexing=$indexing)"

ROWS: Final = (
    joined("hstack", np.hstack, (2, 1), (2, 3), vectors=vectors(2, 3)),
    joined("vstack", np.vstack, (1, 3), (2, 3), vectors=vectors(3, 3), hands_on=True),
    joined("dstack", np.dstack, (2, 3, 1), (2, 3, 2), vectors=vectors(3, 3)),
    joined("column_stack", np.column_stack, (2, 1), (2, 3), vectors=vectors(3, 3)),
    linear(
        "block_diag(tensors)",
        blocks,
        {"tensors": [of(2, 3), of(1, 2), of(3)]},
        torch="torch.block_diag(*$tensors)",
        hands_on=True,
        promotes=True,
        holomorphic=True,
    ),
    linear(
        "meshgrid(tensors, indexing)",
        grids,
        {"tensors": [of(2), of(3)], "indexing": "ij"},
        xy={"tensors": [of(2), of(3), of(4)], "indexing": "xy"},
        several=ALWAYS,
        torch=SPREAD,
        keeps="?",
        holomorphic=True,
    ),
    linear(
        "cartesian_prod(tensors)",
        products,
        vectors(2, 3),
        torch="torch.cartesian_prod(*$tensors)",
        holomorphic=True,
    ),
    linear(
        "broadcast_tensors(tensors)",
        lambda tensors: tuple(np.broadcast_arrays(*tensors)),
        {"tensors": [of(3, 1), of(2), of()]},
        several=ALWAYS,
        torch="torch.broadcast_tensors(*$tensors)",
        keeps="?",
        holomorphic=True,
    ),
    linear(
        "combinations(x, r=2, with_replacement=False)",
        choices,
        on(4),
        three=on(4, r=3),
        repeated=on(3, with_replacement=True),
        keeps="?",
        holomorphic=True,
    ),
    linear(
        "tile(x, dims)",
        np.tile,
        on(2, 3, dims=(2, 1, 3)),
        fewer=on(2, 3, dims=(2,)),
        holomorphic=True,
    ),
    linear(
        "repeat_interleave(x, repeats, dim=None, *, output_size=None)",
        repeated,
        on(2, 3, repeats=2),
        dim=on(2, 3, repeats=2, dim=1),
        output_size=on(3, 2, repeats=np.array([1, 0, 3]), dim=0, output_size=4),
        each=on(2, 3, repeats=np.array([2, 0, 3]), dim=1),
        apart="output_size",
        holomorphic=True,
    ),
    linear("fliplr(x)", np.fliplr, on(2, 3), holomorphic=True),
    linear("flipud(x)", np.flipud, on(3, 2), holomorphic=True),
    linear(
        "rot90(x, k=1, dims=(0, 1))",
        np.rot90,
        on(2, 3),
        back=on(2, 3, k=-1),
        plane=on(2, 3, 4, k=3, dims=(2, 0)),
        holomorphic=True,
    ),
    linear(
        "swapaxes(x, axis0, axis1)",
        np.swapaxes,
        on(2, 3, 4, axis0=0, axis1=-1),
        has_inplace=True,
        holomorphic=True,
    ),
    linear(
        "unflatten(x, dim, sizes)",
        unflattened,
        on(2, 6, 3, dim=1, sizes=(2, 3)),
        **METHOD,
        hands_on=True,
        holomorphic=True,
    ),
    linear(
        "tensor_split(x, indices_or_sections, dim=0)",
        cut_about_equally,
        on(5, 2, indices_or_sections=3),
        places=on(2, 5, indices_or_sections=(1, 3), dim=1),
        several=ALWAYS,
        holomorphic=True,
    ),
    linear(
        "pad(x, pad, mode='constant', value=0.0)",
        padded,
        on(2, 3, pad=(1, 2)),
        value=on(2, 3, pad=(1, 0, 2, 1), value=1.5),
        cut=on(3, 4, pad=(-1, 2, 0, -1)),
        reflect=on(2, 4, pad=(3, 1), mode="reflect"),
        reflect_planes=on(2, 3, 4, pad=(2, 0, 1, 2), mode="reflect"),
        replicate=on(2, 3, pad=(2, 1), mode="replicate"),
        replicate_planes=on(2, 3, 4, pad=(0, 1, 2, 1), mode="replicate"),
        circular=on(2, 3, pad=(2, 1), mode="circular"),
        torch="torch.nn.functional.pad($x, $pad, $(mode=$mode), $(value=$value))",
        holomorphic=True,
    ),
)
