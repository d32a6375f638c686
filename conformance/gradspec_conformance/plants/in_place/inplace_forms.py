"""Faults in in-place forms: slopes at the wrong point, and shapes that are not brought back."""

# ruff: noqa: SLF001 - a plant reaches inside

from __future__ import annotations

from typing import Any

import numpy as np

from gradspec_conformance.plants.in_place.tools import passed_on, rule
from gradspec_conformance.plants.plant import Swap, plant
from gradspec_reference.engine import inplace
from gradspec_reference.engine.saved import SavedResult
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.names.functions import reshaping, shapes


@plant(
    kills={
        "inp-009": "value",
        "inp-018b": "value",
        "inp-018e": "value",
        "inp-018g": "value",
        "inp-018h": "value",
        "inp-018i": "value",
        "inp-048a": "value",
        "inp-017": "value",
    },
    modelled_on="common in engines that save a reference",
)
def inplace_saves_new(swap: Swap) -> None:
    """A write saves its target as it is after the write, and takes it for the old value."""
    swap(inplace, "old_value", lambda target, _sources: Tensor(target.materialise()))


@plant(
    kills={
        "inp-018a": "value",
        "inp-018c": "value",
        "inp-018d": "value",
        "inp-018f": "value",
    },
    modelled_on="common where the in-place form reuses a saved operand",
)
def inplace_saves_old_as_result(swap: Swap) -> None:
    """A write whose derivative is computed from its result saves the old value for it."""
    store, save = inplace.store, inplace.save_results
    old: list[Any] = []

    def stored(target: Any, result: Any) -> None:
        old[:] = [target._array.copy()]
        store(target, result)

    def saved(operator: Any, node: Any, target: Any, requires: Any) -> None:
        save(operator, node, target, requires)
        results = SavedResult(Tensor(old[0]), 0)
        node.saved = tuple(results if isinstance(s, SavedResult) else s for s in node.saved)

    swap(inplace, "store", stored)
    swap(inplace, "save_results", saved)


@plant(kills={"inp-018": "value"}, modelled_on="common where the mask is found in the wrong half")
def relu_tests_its_result_for_negatives(swap: Swap) -> None:
    """relu() blocks the gradient where its result is negative, which it never is."""
    rule(swap, "relu", "self", lambda _f, xp, g, r: xp.where(r < 0, 0.0, g))


@plant(kills={"inp-018a": "value"}, modelled_on="pytorch/pytorch#4355")
def exp_ignores_what_arrives(swap: Swap) -> None:
    """The rule of exp gives its result, whatever gradient arrives from above."""
    rule(swap, "exp", "self", lambda _f, _xp, _g, result: result)


@plant(kills={"inp-018j": "value"}, modelled_on="common in teaching engines")
def neg_passes_the_gradient_on(swap: Swap) -> None:
    """The gradient goes through a change of sign unchanged."""
    rule(swap, "neg", "self", passed_on)


@plant(kills={"inp-018i": "value"}, modelled_on="common in teaching engines")
def abs_passes_the_gradient_on(swap: Swap) -> None:
    """The gradient goes through abs unchanged, as if nothing were negative."""
    rule(swap, "abs", "self", passed_on)


@plant(kills={"inp-009": "value", "inp-018k": "value"}, modelled_on="common in teaching engines")
def div_scales_up(swap: Swap) -> None:
    """The gradient of a quotient is multiplied by the divisor, as that of a product."""
    rule(swap, "div", "self", lambda _f, _xp, g, other, *_: g * other)


@plant(kills={"inp-048": "value"}, modelled_on="apache/mxnet#17893")
def masked_fill_turns_its_mask_round(swap: Swap) -> None:
    """masked_fill passes the gradient on where the mask is true, and blocks it elsewhere."""
    rule(swap, "masked_fill", "self", lambda _f, xp, g, mask, _value: xp.where(mask, g, 0.0))


@plant(kills={"inp-048": "value"}, modelled_on="common in teaching engines")
def masked_fill_passes_everything(swap: Swap) -> None:
    """masked_fill passes the gradient on, also where it has overwritten the value."""
    rule(swap, "masked_fill", "self", passed_on)


@plant(kills={"inp-048a": "value"}, modelled_on="common in straight-through estimators")
def clamp_passes_everything(swap: Swap) -> None:
    """clamp() passes the gradient on outside its bounds too."""
    rule(swap, "clamp", "self", passed_on)


@plant(
    kills={
        "inp-054": "missing gradient",
        "inp-054a": "missing gradient",
        "inp-054b": "missing gradient",
        "inp-054c": "missing gradient",
    },
    modelled_on="common where shapes change without a record",
)
def reshaped_in_place_starts_anew(swap: Swap) -> None:
    """A tensor whose shape is changed in place becomes a new leaf that requires grad."""
    original = reshaping.change_view_

    def change_view_(input: Any, name: str, *params: Any) -> Any:
        history = input._grad_fn
        original(input, name, *params)
        if history is not None:
            input._grad_fn, input._requires_grad = None, True
        return input

    swap(reshaping, "change_view_", change_view_)


@plant(
    kills={
        "inp-054": "cotangent-shape",
        "inp-054a": "cotangent-shape",
        "inp-054b": "cotangent-shape",
        "inp-054c": "cotangent-shape",
    },
    modelled_on="common in engines without metadata changes in place",
)
def shape_is_changed_on_a_view(swap: Swap) -> None:
    """unsqueeze_, squeeze_, t_ and transpose_ return a view and leave the tensor as it was."""
    swap(Tensor, "unsqueeze_", shapes.unsqueeze)
    swap(Tensor, "squeeze_", shapes.squeeze)
    swap(Tensor, "t_", shapes.t)
    swap(Tensor, "transpose_", shapes.transpose)


@plant(kills={"inp-054b": "value"}, modelled_on="common in teaching engines")
def transposed_is_reshaped_back(swap: Swap) -> None:
    """The gradient of a transposed matrix is reshaped instead of transposed back."""
    rule(swap, "t", "self", lambda _f, xp, g: xp.reshape(g, g.shape[::-1]))


@plant(kills={"inp-054c": "value"}, modelled_on="common in teaching engines")
def exchanged_is_reshaped_back(swap: Swap) -> None:
    """The gradient of exchanged dimensions is reshaped instead of exchanged back."""

    def faulty(_sound: Any, xp: Any, g: Any, a: int, b: int) -> Any:
        shape = list(g.shape)
        shape[a], shape[b] = shape[b], shape[a]
        return xp.reshape(g, tuple(shape))

    rule(swap, "transpose", "self", faulty)


def by_columns(_sound: Any, _xp: Any, g: Any, shape: Any, *_: Any) -> Any:
    """Bring a gradient into a shape, read by rows and stored by columns."""
    return np.ascontiguousarray(g).reshape(shape[::-1]).T


@plant(kills={"inp-054": "value"}, modelled_on="common where two layouts meet")
def inserted_dimension_turns_the_layout(swap: Swap) -> None:
    """The gradient of an inserted dimension is read by rows and stored by columns."""
    rule(swap, "unsqueeze", "self", by_columns)


@plant(kills={"inp-054a": "value"}, modelled_on="common where two layouts meet")
def dropped_dimension_turns_the_layout(swap: Swap) -> None:
    """The gradient of a dropped dimension is read by rows and stored by columns."""
    rule(swap, "squeeze_dim", "self", by_columns)
