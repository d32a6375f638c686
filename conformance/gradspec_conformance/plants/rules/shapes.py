"""Faults in rules that bring a gradient back into a shape."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradspec_conformance.plants.places import rule
from gradspec_conformance.plants.plant import TEACHING, compound, plant


def by_columns(_sound: Any, _xp: Any, g: Any, shape: Any, *_: Any) -> Any:
    """Bring a gradient into a shape, read by rows and stored by columns."""
    return np.ascontiguousarray(g).reshape(shape[::-1]).T


@plant(rule("t", "self"), "value: op-209/t_", TEACHING)
def transposed_is_reshaped_back(_f, xp, g):
    """The gradient of a transposed matrix is reshaped instead of transposed back."""
    return xp.reshape(g, g.shape[::-1])


@plant(rule("transpose", "self"), "value: op-209/transpose_", TEACHING)
def exchanged_is_reshaped_back(_sound, xp, g, a, b):
    """The gradient of exchanged dimensions is reshaped instead of exchanged back."""
    shape = list(g.shape)
    shape[a], shape[b] = (shape[b], shape[a])
    return xp.reshape(g, tuple(shape))


@plant(rule("unsqueeze", "self"), "value: op-209/unsqueeze_", "where two layouts meet")
def inserted_dimension_turns_the_layout(sound, *arguments):
    """The gradient of an inserted dimension is read by rows and stored by columns."""
    return by_columns(sound, *arguments)


@plant(rule("squeeze_dim", "self"), "value: op-209/squeeze__dim", "where two layouts meet")
def dropped_dimension_turns_the_layout(sound, *arguments):
    """The gradient of a dropped dimension is read by rows and stored by columns."""
    return by_columns(sound, *arguments)


@plant(rule("unsafe_split", "self"), "value: inp-229", "an offset that is forgotten")
def unsafe_pieces_all_go_to_the_front(_sound, xp, g, shape, _sizes, dim):
    """The gradients of the pieces of unsafe_split are all put at the front."""
    lead = (slice(None),) * dim
    parts = [
        xp.scatter_to(piece, shape, (*lead, slice(0, piece.shape[dim])))
        for piece in g
        if piece is not None
    ]
    return sum(parts[1:], start=parts[0])


@plant(rule("slice", "self"), "value: inp-024a inp-017", "an offset that is forgotten")
def narrow_offset(sound, xp, g, shape, *which):
    """The gradient of a slice is put at the front, whatever the offset."""
    dim, start, end, step = which
    return sound(xp, g, shape, dim, 0, end - start, step)


@compound("value: rec-203", "places that are counted from one")
def selections_send_gradients_one_place_on(swap):
    """The gradient of a selected value goes to the place after its own."""
    for name in ("sort_values", "topk_values", "max_dim", "min_dim", "median_dim"):
        swap(rule(name, "self"), lambda sound, *given: np.roll(sound(*given), 1))
