"""Faults in copying: operations that give a window where they ought to give a copy."""

# ruff: noqa: SLF001 - a plant reaches inside

from __future__ import annotations

from typing import Any

import numpy as np

from gradspec_conformance.plants.in_place.tools import kernel
from gradspec_conformance.plants.plant import Swap, plant
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.names.functions import shapes


@plant(
    kills={"inp-042p/clone": "aliasing"},
    modelled_on="common where copies are made on writing",
)
def clone_aliases(swap: Swap) -> None:
    """clone() puts the copy off, and a write to either does not make it up."""
    kernel(swap, "clone", lambda _sound, x: x[...])


@plant(kills={"inp-042p/list": "aliasing"}, modelled_on="common where even indices become strides")
def even_indices_become_strides(swap: Swap) -> None:
    """A list of evenly spaced indices of the first dimension is read as a slice is, by a stride."""

    def index(sound: Any, x: Any, *rest: Any) -> Any:
        rows = np.asarray(rest[0])
        steps = np.diff(rows) if rows.ndim == 1 else rows
        if len(rest) > 2 or rest[-1][0] is not None or not np.all(steps == steps[0]):  # noqa: PLR2004
            return sound(x, *rest)
        strides = (int(steps[0]) * x.strides[0], *x.strides[1:])
        shape = (len(rows), *x.shape[1:])
        return np.lib.stride_tricks.as_strided(x[rows[0] :], shape, strides)

    kernel(swap, "index", index)


@plant(kills={"inp-042p/cat": "aliasing"}, modelled_on="common as a shortcut")
def cat_of_one_is_that_one(swap: Swap) -> None:
    """cat() of a single tensor gives that tensor's memory."""

    def cat(sound: Any, *arguments: Any) -> Any:
        *pieces, _dim, _starts = arguments
        return pieces[0][...] if len(pieces) == 1 else sound(*arguments)

    kernel(swap, "cat", cat)


@plant(kills={"inp-042p/flip": "aliasing"}, modelled_on="common on NumPy, whose flip is a view")
def flip_is_a_view(swap: Swap) -> None:
    """flip() gives the same memory, read backwards."""
    kernel(swap, "flip", lambda _sound, x, dims: np.flip(x, dims))


@plant(
    kills={"inp-042p/roll": "aliasing"},
    modelled_on="common where a buffer is rotated where it lies",
)
def roll_moves_its_operand(swap: Swap) -> None:
    """roll() moves the elements of its operand, and gives that memory."""

    def roll(sound: Any, x: Any, *how: Any) -> Any:
        x[...] = sound(x, *how)
        return x[...]

    kernel(swap, "roll", roll)


@plant(kills={"inp-042p/repeat": "aliasing"}, modelled_on="common as a shortcut")
def repeat_once_is_a_view(swap: Swap) -> None:
    """repeat() gives the operand's memory if it repeats nothing."""

    def repeat(sound: Any, x: Any, repeats: Any) -> Any:
        return x[...] if all(n == 1 for n in repeats) else sound(x, repeats)

    kernel(swap, "repeat", repeat)


@plant(kills={"inp-042p/tril": "aliasing"}, modelled_on="common where masking is done in place")
def tril_clears_its_operand(swap: Swap) -> None:
    """tril() clears the upper triangle of its operand, and gives that memory."""

    def tril(sound: Any, x: Any, k: int) -> Any:
        x[...] = sound(x, k)
        return x[...]

    kernel(swap, "tril", tril)


@plant(kills={"inp-042p/reshape": "aliasing"}, modelled_on="common in engines that know no strides")
def reshape_ignores_strides(swap: Swap) -> None:
    """reshape() takes the elements in the order in which they lie in memory."""
    sound = shapes.reshape

    def reshape(input: Any, *shape: Any) -> Any:
        return sound(Tensor(input._array.ravel("K")), *shape)

    swap(shapes, "reshape", reshape)
