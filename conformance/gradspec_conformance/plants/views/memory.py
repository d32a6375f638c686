"""Faults in who shares memory: views that copy, and copies that are views."""

# ruff: noqa: SLF001 - a plant reaches inside

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec_conformance.plants.places import at, instead, kernel
from gradspec_conformance.plants.plant import compound, plant, sweep
from gradspec_reference.engine import recording
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.names.functions import copies, parts, shapes
from gradspec_reference.operators import OPERATORS

if TYPE_CHECKING:
    from gradspec_conformance.plants.swap import Swap


@plant(
    kernel("clone"),
    {"inp-042p/clone": "aliasing"},
    "common where copies are made on writing",
)
def clone_aliases(_sound: Any, x: Any) -> Any:
    """clone() puts the copy off, and a write to either does not make it up."""
    return x[...]


@plant(kernel("index"), {"inp-042p/list": "aliasing"}, "common where even indices become strides")
def even_indices_become_strides(sound: Any, x: Any, *rest: Any) -> Any:
    """A list of evenly spaced indices of the first dimension is read as a slice is, by a stride."""
    rows = np.asarray(rest[0])
    steps = np.diff(rows) if rows.ndim == 1 else rows
    if len(rest) > 2 or rest[-1][0] is not None or not np.all(steps == steps[0]):  # noqa: PLR2004
        return sound(x, *rest)
    strides = (int(steps[0]) * x.strides[0], *x.strides[1:])
    shape = (len(rows), *x.shape[1:])
    return np.lib.stride_tricks.as_strided(x[rows[0] :], shape, strides)


@plant(kernel("cat"), {"inp-042p/cat": "aliasing"}, "common as a shortcut")
def cat_of_one_is_that_one(sound: Any, *arguments: Any) -> Any:
    """cat() of a single tensor gives that tensor's memory."""
    *pieces, _dim, _starts = arguments
    return pieces[0][...] if len(pieces) == 1 else sound(*arguments)


@plant(kernel("flip"), {"inp-042p/flip": "aliasing"}, "common on NumPy, whose flip is a view")
def flip_is_a_view(_sound: Any, x: Any, dims: Any) -> Any:
    """flip() gives the same memory, read backwards."""
    return np.flip(x, dims)


@plant(
    kernel("roll"), {"inp-042p/roll": "aliasing"}, "common where a buffer is rotated where it lies"
)
def roll_moves_its_operand(sound: Any, x: Any, *how: Any) -> Any:
    """roll() moves the elements of its operand, and gives that memory."""
    x[...] = sound(x, *how)
    return x[...]


@plant(kernel("repeat"), {"inp-042p/repeat": "aliasing"}, "common as a shortcut")
def repeat_once_is_a_view(sound: Any, x: Any, repeats: Any) -> Any:
    """repeat() gives the operand's memory if it repeats nothing."""
    return x[...] if all(n == 1 for n in repeats) else sound(x, repeats)


@plant(kernel("tril"), {"inp-042p/tril": "aliasing"}, "common where masking is done in place")
def tril_clears_its_operand(sound: Any, x: Any, k: int) -> Any:
    """tril() clears the upper triangle of its operand, and gives that memory."""
    x[...] = sound(x, k)
    return x[...]


@plant(
    at(shapes, "reshape"),
    {"inp-042p/reshape": "aliasing"},
    "common in engines that know no strides",
)
def reshape_ignores_strides(sound: Any, input: Any, *shape: Any) -> Any:
    """reshape() takes the elements in the order in which they lie in memory."""
    return sound(Tensor(input._array.ravel("K")), *shape)


@plant(at(parts, "narrow"), {"inp-042/narrow": "aliasing"}, "common where narrow is a gather")
def narrow_copies(sound: Any, *arguments: Any) -> Any:
    """narrow() gathers a range of indices into new memory."""
    return sound(*arguments).clone()


@plant(
    at(shapes, "movedim"),
    {"inp-042/movedim": "aliasing"},
    "common where movedim makes its result contiguous",
)
def movedim_copies(sound: Any, *arguments: Any) -> Any:
    """movedim() lays its result out row by row."""
    return sound(*arguments).clone()


@plant(at(shapes, "flatten"), {"inp-251": "aliasing"}, "common where flatten is a reshape")
def flatten_is_always_a_view(sound: Any, *arguments: Any) -> Any:
    """flatten() gives a view also of what is flat already."""
    return parts.alias(sound(*arguments))


@plant(at(parts, "chunk"), {"inp-042/chunk": "aliasing"}, "common where chunk makes equal buffers")
def chunk_copies(sound: Any, *given: Any, **named: Any) -> Any:
    """chunk() gives pieces in memory of their own."""
    return tuple(x.clone() for x in sound(*given, **named))


def copied(sound: Any, *arguments: Any) -> Any:
    """Give the result of a kernel in memory of its own."""
    result = sound(*arguments)
    return [np.array(r) for r in result] if isinstance(result, list) else np.array(result)


@compound({"inp-031": "multi-view-inplace"}, "common where unsafe_split is an alias of split")
def unsafe_split_is_split(swap: Swap) -> None:
    """unsafe_split and unsafe_chunk give the views that split and chunk give, ban included."""
    swap(at(parts, "pieces"), instead(parts.split))


@plant(at(copies, "clone"), {"leaf-028c/clone": "aliasing"}, "common in teaching engines")
def a_clone_shares_memory(_sound: Any, tensor: Any) -> Any:
    """A clone is recorded, but its result stays in the memory of the original."""
    return recording.view(OPERATORS["alias"], tensor)


@plant(
    at(copies, "clone"),
    {"leaf-031b": "missing gradient", "leaf-010/a_cloned_variable": "flag"},
    "common in teaching engines",
)
def a_clone_is_another_leaf(sound: Any, tensor: Any) -> Any:
    """A clone is a leaf with the value and the flag of its original, and nothing joins them."""
    return sound(tensor.detach()).requires_grad_(tensor.requires_grad)


@plant(
    at(copies, "clone"),
    {"leaf-010/a_cloned_variable": "flag", "leaf-213/clone": "value"},
    "common in teaching engines",
)
def a_clone_is_a_constant(sound: Any, tensor: Any) -> Any:
    """A clone has the values of its original and no history."""
    return sound(tensor.detach())


A_VIEW = (
    "slice select t transpose permute view expand unsqueeze squeeze_dim diagonal unfold split "
    "unbind"
)
"""Rows of the engine's table that show memory that is there already."""

for operator in A_VIEW.split():
    sweep(
        kernel(operator),
        copied,
        {f"inp-042/{operator.removesuffix('_dim')}": "aliasing"},
        name=f"{operator}_copies",
        part="views",
        change=f"The operator {operator} gives a copy, which is taken for a view.",
    )
