"""Padding as a function (torch.nn.functional.pad)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gradspec_reference.dtypes import check_holds
from gradspec_reference.engine.recording import unary
from gradspec_reference.engine.shapes import as_shape
from gradspec_reference.operators import OPERATORS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gradspec_reference.engine.tensor import Tensor

NAMES = {"reflect": "reflection", "replicate": "replication"}


def pad(
    input: Tensor, pad: Sequence[int], mode: str = "constant", value: float | None = None
) -> Tensor:
    """Put something around a tensor, from the last dimension on; what is negative is cut off."""
    sizes = as_shape((pad,))
    if len(sizes) % 2 or len(sizes) // 2 > input.ndim:
        raise RuntimeError(f"pad was given {len(sizes)} widths for {input.ndim} dimensions")
    pairs = [(sizes[i], sizes[i + 1]) for i in range(0, len(sizes), 2)]
    widths = ((0, 0),) * (input.ndim - len(pairs)) + tuple(reversed(pairs))
    if mode == "constant":
        check_lengths(input, widths)
        check_holds(input._array.dtype, value)
        return unary(OPERATORS["constant_pad_nd"], input, widths, 0.0 if value is None else value)
    if value is not None and value != 0:
        raise RuntimeError(f"pad was given a value in the mode {mode}, which has none")
    if mode not in (*NAMES, "circular"):
        raise NotImplementedError(f"pad was given the mode {mode!r}")
    if len(pairs) not in (1, 2, 3) or input.ndim not in (len(pairs) + 1, len(pairs) + 2):
        raise NotImplementedError(
            f"{mode} padding of {input.ndim} dimensions by {len(pairs)} pairs"
        )
    if mode in NAMES and 0 in input.shape[-len(pairs) - 1 :]:
        raise RuntimeError(f"{mode} padding was asked for of {list(input.shape)}, which is empty")
    check_reach(input, widths, mode)
    check_lengths(input, widths, 0 if mode == "circular" else 1)
    if mode in NAMES and input._array.dtype.kind == "b":
        raise NotImplementedError(f"pad was given booleans in the mode {mode}; convert with to()")
    name = "circular_pad" if mode == "circular" else f"{NAMES[mode]}_pad{len(pairs)}d"
    return unary(OPERATORS[name], input, widths)


def check_lengths(input: Tensor, widths: tuple[tuple[int, int], ...], longest: int = 0) -> None:
    """Refuse to cut off more than there is, or all of it where the longest must have some."""
    pairs = zip(input.shape, widths, strict=True)
    lengths = [n + sum(pair) for n, pair in pairs if any(pair)] or [1]
    if not longest:
        left = [n + min(a, 0) + min(b, 0) for n, (a, b) in zip(input.shape, widths, strict=True)]
        lengths += [n for n in left if n < 0]
    if min(lengths) < 0 or max(lengths) < longest:
        raise RuntimeError(f"pad would give the lengths {lengths}")


def check_reach(input: Tensor, widths: tuple[tuple[int, int], ...], mode: str) -> None:
    """Refuse to copy more than there is."""
    for n, pair in zip(input.shape, widths, strict=True):
        if mode == "reflect" and max(pair) >= n and max(pair) > 0:
            raise RuntimeError(f"a reflection of {max(pair)} elements was asked for, of {n}")
        left = n + min(pair[0], 0) + min(pair[1], 0)
        if mode == "circular" and max(pair) > left:
            raise RuntimeError(f"{max(pair)} elements were to be wrapped round, of {left}")
