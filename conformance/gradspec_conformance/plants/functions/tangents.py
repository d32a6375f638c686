"""Faults in the rule by which a custom function takes part in forward mode."""

from __future__ import annotations

import contextlib
import itertools
from typing import TYPE_CHECKING, Any

from gradspec_conformance.plants.places import at
from gradspec_conformance.plants.plant import plant
from gradspec_reference.engine import context, custom_forward, forward
from gradspec_reference.engine.custom import Function
from gradspec_reference.engine.recording import tensors
from gradspec_reference.errors import FunctionTangentsError

if TYPE_CHECKING:
    from gradspec_reference.engine.tensor import Tensor

PROPAGATE = at(custom_forward, "propagate")
PUT = at(custom_forward, "put")
CHECK_SAVED = at(context, "check_for_forward")
BOLTED_ON = "engines that bolt forward mode on to custom functions"


def stretched(tangent: Any, output: Tensor) -> Any:
    """Broadcast a tangent to the shape of its result."""
    return tensors.spread(tangent, output.shape)


@plant(PROPAGATE, "missing gradient: fwd-024 fwd-024a", BOLTED_ON)
def custom_functions_have_no_tangents(*_):
    """The result of a custom function has no tangent, whatever its jvp says."""


@plant(PROPAGATE, "value: fwd-024 fwd-026", "signatures that are read backwards")
def a_jvp_is_given_tangents_backwards(sound, node, arguments, moving, *results):
    """The tangents of arguments are given to jvp in the opposite order."""
    backwards = {level: tangents[::-1] for level, tangents in moving.items()}
    sound(node, arguments, backwards, *results)


@plant(PUT, "value: fwd-024 fwd-024a", "an adjoint instead of a tangent")
def a_jvp_is_taken_for_a_share(sound, name, output, tangent, level, written):
    """Each result of a custom function has half the tangent that jvp returned."""
    sound(name, output, tangent * 0.5, level, written)


@plant(PROPAGATE, "value: fwd-024a", "outputs[0] for all of them")
def the_first_tangent_is_that_of_all(sound, node, arguments, moving, outputs, written):
    """Each of several results of a custom function has the tangent of the first."""
    sound(node, arguments, moving, outputs, written)
    for level, output in itertools.product(moving, outputs[1:]):
        tangent = forward.tangent_of(outputs[0], level)
        if tangent is not None:
            forward.give(output, tangent, level)


@plant(at(custom_forward, "keep_with_saved"), "missing gradient: fwd-270", BOLTED_ON)
def a_result_is_saved_without_its_tangent(*_):
    """What a custom function saved of its result is constant, in forward mode."""


@plant(PROPAGATE, "missing gradient: fwd-025", BOLTED_ON)
def what_has_no_jvp_is_constant(sound, node, *call):
    """The result of a custom function without jvp has no tangent, without a word."""
    if node.function.jvp is not Function.jvp:
        sound(node, *call)


@plant(PROPAGATE, "no error: fwd-025a", "engines that differentiate forward itself")
def what_has_no_jvp_is_linear(sound, node, arguments, moving, outputs, written):
    """A custom function without jvp is taken to be linear, which the one of the clause is."""
    if node.function.jvp is not Function.jvp:
        sound(node, arguments, moving, outputs, written)
        return
    for level, tangents in moving.items():
        with forward.linearising():
            forward.give(outputs[0], node.function.forward(node, *tangents), level)


@plant(PROPAGATE, "value: fwd-026", "one list of saved tensors, which forward mode reverses")
def what_is_saved_for_forward_changes_places(sound, node, *call):
    """What was saved for jvp is found in the opposite order."""
    node.saved_for_forward = node.saved_for_forward[::-1]
    sound(node, *call)


@plant(CHECK_SAVED, "no error: fwd-026a", "contexts that keep what they are given")
def anything_is_saved_for_forward(*_):
    """What is no tensor is saved for jvp without a word."""


@plant(PROPAGATE, "value: fwd-027", "a seed of one for every input")
def a_constant_has_a_tangent_of_ones_for_a_jvp(sound, node, arguments, moving, *results):
    """For an argument without a tangent jvp is given ones."""
    given = {
        level: tuple(
            tensors.zeros_like(x) + 1.0 if t is None and custom_forward.is_floating(x) else t
            for x, t in zip(arguments, tangents, strict=True)
        )
        for level, tangents in moving.items()
    }
    sound(node, arguments, given if node.materialize_grads else moving, *results)


@plant(PROPAGATE, "order: fwd-027a", "flags that forward mode does not read")
def tangents_are_always_zeros_for_a_jvp(sound, node, *call):
    """For an argument without a tangent jvp is given zeros, whatever was wished."""
    node.materialize_grads = True
    sound(node, *call)


@plant(PROPAGATE, "no error: fwd-028", "zip, which stops at the shorter")
def tangents_too_many_are_dropped(sound, node, *call):
    """Of the tangents that jvp returned as many are taken as there are results."""
    with contextlib.suppress(FunctionTangentsError):
        sound(node, *call)


@plant(PUT, "no error: fwd-028a", "what broadcasts where it can")
def the_tangent_of_a_result_is_stretched(sound, name, output, tangent, level, written):
    """A tangent that jvp returned is broadcast to the shape of the result."""
    sound(name, output, stretched(tangent, output), level, written)
