"""Faults in what gives tangents to results: each turns whole tables red, operator by operator."""

from __future__ import annotations

from typing import Any

import numpy as np

import gradspec_reference
from gradspec_conformance.plants.places import at
from gradspec_conformance.plants.plant import general
from gradspec_reference.engine import duals, forward
from gradspec_reference.engine.tensor import Tensor


def spoiled(result: Any) -> None:
    """Make of each tangent of a result twice itself and ten."""
    for each in result if isinstance(result, tuple) else (result,):
        for level in duals.followed():
            tangent = forward.tangent_of(each, level)
            if tangent is not None:
                with forward.linearising(level.depth):
                    forward.give(each, tangent * 2.0 + 10.0, level)


@general(
    "value: fwd-231/exp fwd-232/mul fwd-030/mul fwd-031/relu fwd-031a/relu; "
    "unexpected gradient: fwd-233/exp fwd-231/sign",
    "tangents that are not zero where nothing moves",
)
def tangents_of_results_are_spoiled(swap):
    """The tangent of a result is twice what it should be, and ten."""

    @swap.into(at(forward, "propagate"))
    def spoil(sound, operator, operands, params, result):
        sound(operator, operands, params, result)
        spoiled(result)


@general(
    "value: fwd-231/transpose fwd-030/transpose; unexpected gradient: fwd-233/transpose",
    "views whose tangents are their own",
)
def tangents_of_views_are_spoiled(swap):
    """The tangent of a view is twice that of what it shows, and ten."""

    @swap.into(at(forward, "show"))
    def spoil(sound, result, source, *row):
        sound(result, source, *row)
        spoiled(result)

    @swap.into(at(forward, "show_each"))
    def spoil_each(sound, results, source, *row):
        sound(results, source, *row)
        spoiled(results)


@general("value: fwd-234/add_ fwd-234/exp_ fwd-232/add_", "writes that forget the tangent")
def tangents_of_writes_are_spoiled(swap):
    """What is written in place has twice the tangent that it should have, and ten."""

    @swap.into(at(forward, "overwrite"))
    def spoil(sound, target, tangent, level):
        with forward.linearising(level.depth):
            other = tangent * 2.0 + 10.0
        sound(target, other, level)


@general("value: fwd-236/floor_divide fwd-236/heaviside", "engines that have a rule for everything")
def what_has_no_rule_has_a_tangent(swap):
    """A result of what has no rule of forward mode has a tangent of ones."""

    @swap.into(at(forward, "propagate"))
    def make_up(sound, operator, operands, params, result):
        if operator.jvp is not None:
            sound(operator, operands, params, result)
            return
        for level in forward.tangents_of(operands):
            for each in result if isinstance(result, tuple) else (result,):
                forward.give(each, Tensor(np.ones_like(each._array)), level)


@general(
    "value: fwd-231/contiguous fwd-030/contiguous fwd-234/t_ fwd-232/expand_as fwd-236/powers; "
    "unexpected gradient: fwd-233/contiguous",
    "tangents that are not zero where nothing moves",
)
def tangents_are_spoiled_when_they_are_given(swap):
    """A dual tensor has twice the tangent that it was given, and ten."""

    @swap.into(at(forward, "make_dual"))
    def spoil(sound, tensor, tangent, level):
        with forward.linearising(level.depth):
            other = tangent * 2.0 + 10.0
        return sound(tensor, other, level)


@general("no error: fwd-235", "tangents that nobody looks at")
def dual_tensors_are_resized(swap):
    """Nobody asks whether what changes its size has a tangent."""
    swap(at(forward, "has_tangent"), lambda _sound, _operands: False)


@general(
    "dual-again: fwd-033a/ones fwd-033a/full_like fwd-033a/tensor",
    "tangents for all that is made in a level",
)
def what_is_made_in_a_level_moves(swap):
    """What is made in a level has a tangent of ones."""

    def moving(sound, *given, **named):
        made = sound(*given, **named)
        for level in duals.followed():
            forward.give(made, Tensor(np.ones_like(made._array)), level)
        return made

    for name in ("ones", "full_like", "tensor"):
        swap(at(gradspec_reference, name), moving)
