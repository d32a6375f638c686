"""Faults in who shares memory: views that copy, and copies that are views."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradspec_conformance.plants.places import at, kernel
from gradspec_conformance.plants.plant import TEACHING, plant, sweep
from gradspec_reference.engine import recording
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.names.functions import copies, parts, shapes
from gradspec_reference.operators import OPERATORS, memory


@plant(kernel("clone"), "aliasing: inp-042p/clone", "where copies are made on writing")
def clone_aliases(_sound, x):
    """clone() puts the copy off, and a write to either does not make it up."""
    return x[...]


@plant(kernel("index"), "aliasing: inp-042p/list", "where even indices become strides")
def even_indices_become_strides(sound, x, *rest):
    """A list of evenly spaced indices of the first dimension is read as a slice is, by a stride."""
    rows = np.asarray(rest[0])
    steps = np.diff(rows) if rows.ndim == 1 else rows
    if len(rest) > 2 or rest[-1][0] is not None or not np.all(steps == steps[0]):  # noqa: PLR2004
        return sound(x, *rest)
    strides = (int(steps[0]) * x.strides[0], *x.strides[1:])
    shape = (len(rows), *x.shape[1:])
    return np.lib.stride_tricks.as_strided(x[rows[0] :], shape, strides)


@plant(kernel("cat"), "aliasing: inp-042p/cat", "common as a shortcut")
def cat_of_one_is_that_one(sound, *arguments):
    """cat() of a single tensor gives that tensor's memory."""
    *pieces, _dim, _starts = arguments
    return pieces[0][...] if len(pieces) == 1 else sound(*arguments)


@plant(kernel("flip"), "aliasing: inp-042p/flip", "NumPy, whose flip is a view")
def flip_is_a_view(_sound, x, dims):
    """flip() gives the same memory, read backwards."""
    return np.flip(x, dims)


@plant(kernel("roll"), "aliasing: inp-042p/roll", "where a buffer is rotated where it lies")
def roll_moves_its_operand(sound, x, *how):
    """roll() moves the elements of its operand, and gives that memory."""
    x[...] = sound(x, *how)
    return x[...]


@plant(kernel("repeat"), "aliasing: inp-042p/repeat", "common as a shortcut")
def repeat_once_is_a_view(sound, x, repeats):
    """repeat() gives the operand's memory if it repeats nothing."""
    return x[...] if all(n == 1 for n in repeats) else sound(x, repeats)


@plant(kernel("tril"), "aliasing: inp-042p/tril", "where masking is done in place")
def tril_clears_its_operand(sound, x, k):
    """tril() clears the upper triangle of its operand, and gives that memory."""
    x[...] = sound(x, k)
    return x[...]


@plant(at(shapes, "reshape"), "aliasing: inp-042p/reshape", "engines that know no strides")
def reshape_ignores_strides(sound, input, *shape):
    """reshape() takes the elements in the order in which they lie in memory."""
    return sound(Tensor(input._array.ravel("K")), *shape)


@plant(at(parts, "narrow"), "aliasing: inp-042/narrow", "where narrow is a gather")
def narrow_copies(sound, *arguments):
    """narrow() gathers a range of indices into new memory."""
    return sound(*arguments).clone()


@plant(at(shapes, "movedim"), "aliasing: inp-042/movedim", "results that are made contiguous")
def movedim_copies(sound, *arguments):
    """movedim() lays its result out row by row."""
    return sound(*arguments).clone()


@plant(at(shapes, "flatten"), "aliasing: inp-251", "where flatten is a reshape")
def flatten_is_always_a_view(sound, *arguments):
    """flatten() gives a view also of what is flat already."""
    return parts.alias(sound(*arguments))


@plant(at(parts, "chunk"), "aliasing: inp-042/chunk", "where chunk makes equal buffers")
def chunk_copies(sound, *given, **named):
    """chunk() gives pieces in memory of their own."""
    return tuple(x.clone() for x in sound(*given, **named))


def copied(sound: Any, *arguments: Any) -> Any:
    """Give the result of a kernel in memory of its own."""
    result = sound(*arguments)
    return [np.array(r) for r in result] if isinstance(result, list) else np.array(result)


@plant(at(parts, "pieces"), "multi-view-inplace: inp-031", "unsafe_split taken for split")
def unsafe_split_is_split(_sound, *given, **named):
    """unsafe_split and unsafe_chunk give the views that split and chunk give, ban included."""
    return parts.split(*given, **named)


@plant(at(copies, "clone"), "aliasing: leaf-028c/clone", TEACHING)
def a_clone_shares_memory(_sound, tensor):
    """A clone is recorded, but its result stays in the memory of the original."""
    return recording.view(OPERATORS["alias"], tensor)


@plant(
    at(copies, "clone"), "missing gradient: leaf-031b; flag: leaf-010/a_cloned_variable", TEACHING
)
def a_clone_is_another_leaf(sound, tensor):
    """A clone is a leaf with the value and the flag of its original, and nothing joins them."""
    return sound(tensor.detach()).requires_grad_(tensor.requires_grad)


@plant(at(copies, "clone"), "flag: leaf-010/a_cloned_variable; value: leaf-213/clone", TEACHING)
def a_clone_is_a_constant(sound, tensor):
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
        f"aliasing: inp-042/{operator.removesuffix('_dim')}",
        name=f"{operator}_copies",
        change=f"The operator {operator} gives a copy, which is taken for a view.",
    )


@plant(kernel("scatter_region"), "value: inp-242", "graphs without a memory")
def each_index_of_an_address_receives_all(_sound, part, geometry):
    """What arrives at an address that several indices of the base show is sent to each of them."""
    whole = memory.memory_for(geometry, part.dtype)
    np.add.at(whole, memory.part_in(np.arange(whole.size), geometry), part)
    return memory.base_in(whole, geometry)
