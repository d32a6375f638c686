"""Faults in tangents: where they come from, what becomes of them, and where they end."""

from __future__ import annotations

import contextlib
import dataclasses
from typing import Any

import numpy as np

import gradspec_reference
from gradspec_conformance.plants.places import at
from gradspec_conformance.plants.plant import TEACHING, compound, plant
from gradspec_reference import nn
from gradspec_reference.autograd import forward_ad
from gradspec_reference.engine import duals, forward
from gradspec_reference.engine.modes import state
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.operators.forward import Call

MAKE = at(forward_ad, "make_dual")
MADE = at(forward, "make_dual")
UNPACK = at(forward_ad, "unpack_dual")
EXIT = at(forward_ad, "exit_dual_level")
PROPAGATE = at(forward, "propagate")
HAS_TANGENT = at(forward, "has_tangent")
OVERWRITE = at(forward, "overwrite")
GIVE = at(forward, "give")
CALL = at(forward, "call")
TAPES = "engines that bolt forward mode on to a tape"
WRAPPERS = "engines whose dual numbers are a wrapper around arrays"


def filled(like: Tensor, value: float) -> Tensor:
    """Give a tangent of one number for a tensor's shape."""
    return Tensor(np.full(like.shape, value, like._array.dtype))


def any_dual(tensor: Any) -> Any:
    """Give what a tensor has in whatever level."""
    return next(iter(getattr(tensor, "_dual", {}).values()), None)


def relu_of(operator: Any, operands: Any) -> Any:
    """Give the tangents of operands by level, none of another operator than relu."""
    return forward.tangents_of(operands) if operator.name == "relu" else {}


# what an operation does to tangents -----------------------------------------------------
@plant(PROPAGATE, "value: fwd-001 fwd-002", TEACHING)
def tangents_are_dropped(sound, operator, operands, params, result):
    """The tangent of the result of an operation is zeros."""
    sound(operator, operands, params, result)
    if operator.differentiable:
        for level in forward.tangents_of(operands):
            forward.give(result, filled(result, 0.0), level)


@plant(PROPAGATE, "value: fwd-001 fwd-002", "a derivative that is not multiplied by")
def tangents_go_through(_sound, operator, operands, _params, result):
    """The tangent of a result is that of its first operand that has one."""
    if operator.differentiable and isinstance(result, Tensor):
        for level, tangents in forward.tangents_of(operands).items():
            forward.give(result, next(t for t in tangents if t is not None), level)


@plant(at(Call, "moving"), "value: fwd-001 fwd-002", "partial derivatives that are not summed")
def tangents_are_not_added(sound, self):
    """Of several operands with a tangent the last one counts alone."""
    return sound(self)[-1:]


@plant(CALL, "value: fwd-002 fwd-003", "an operand's derivative in another's place")
def tangents_change_places(sound, *operation):
    """The tangent of each operand is multiplied by the derivative for another."""
    found = sound(*operation)
    return dataclasses.replace(found, tangents=found.tangents[::-1])


@plant(CALL, "value: fwd-003 fwd-017", "a seed of one for every input")
def constants_have_a_tangent_of_ones(sound, *operation):
    """An operand without a tangent counts as if it had one of ones."""
    found = sound(*operation)
    pairs = zip(found.operands, found.tangents, strict=False)
    tangents = [filled(x, 1.0) if t is None and isinstance(x, Tensor) else t for x, t in pairs]
    return dataclasses.replace(found, tangents=tuple(tangents))


@compound("value: fwd-031/relu fwd-031a/relu", "derivatives as quotients")
def relu_has_no_slope_at_its_kink(swap):
    """The tangent of relu is the tangent given times the quotient of result and value."""

    @swap.into(PROPAGATE)
    def propagate(sound, operator, operands, params, result):
        sound(operator, operands, params, result)
        for level, tangents in relu_of(operator, operands).items():
            with np.errstate(invalid="ignore"):
                slope = Tensor(result._array / operands[0]._array)
            with forward.linearising():
                forward.give(result, tangents[0] * slope, level)


@plant(PROPAGATE, "value: fwd-031a/relu", "a derivative for each mode, by another author")
def relu_is_steep_at_its_kink_forward(sound, operator, operands, params, result):
    """At zero the tangent of relu is that of its operand."""
    sound(operator, operands, params, result)
    for level, tangents in relu_of(operator, operands).items():
        slope = Tensor((operands[0]._array >= 0).astype(result._array.dtype))
        with forward.linearising():
            forward.give(result, tangents[0] * slope, level)


# modes, and what cuts off ---------------------------------------------------------------
@plant(PROPAGATE, "value: fwd-016", TAPES)
def no_grad_drops_tangents(sound, operator, operands, params, result):
    """Under no_grad the tangent of a result is zeros."""
    sound(operator, operands, params, result)
    if not state.recording and operator.differentiable:
        for level in forward.tangents_of(operands):
            forward.give(result, filled(result, 0.0), level)


@compound("value: fwd-017", "tangents in a table, by the memory that they belong to")
def detach_keeps_the_tangent(swap):
    """A tensor that shows all the memory of a dual one has its tangent, detached or not."""
    known = {}

    @swap.after(GIVE)
    def give(_, tensor, tangent, _level):
        known[id(tensor._array)] = (tensor._array, tangent)

    @swap.into(at(forward, "tangent_of"))
    def tangent_of(sound, tensor, level):
        found = sound(tensor, level)
        if found is None and isinstance(tensor, Tensor) and duals.levels:
            _, found = known.get(id(tensor._array), (None, None))
        return found


@plant(GIVE, "root-without-grad: fwd-022", WRAPPERS)
def tangents_are_not_recorded(sound, tensor, tangent, level):
    """The tangent of a tensor is cut off from its history."""
    with forward.linearising():
        cut = tangent.detach()
    sound(tensor, cut, level)


@plant(CALL, "value: fwd-023", "partial derivatives that are not summed")
def gradients_that_meet_keep_one_tangent(sound, *operation):
    """Of two gradients that a pass adds up the first one's tangent counts alone."""
    found = sound(*operation)
    if found.operator.name == "add" and not state.recording:
        return dataclasses.replace(found, tangents=(found.tangents[0], None))
    return found


# levels ---------------------------------------------------------------------------------
@plant(UNPACK, "unexpected gradient: fwd-003a", "zeros for what is missing")
def what_has_no_tangent_has_zeros(sound, tensor, **level):
    """In a level, unpacking a constant of floating-point numbers gives zeros for a tangent."""
    found = sound(tensor, **level)
    if found.tangent is not None or not duals.levels or not tensor.is_floating_point():
        return found
    return found._replace(tangent=filled(tensor, 0.0))


@plant(UNPACK, "unexpected gradient: fwd-018", "zeros where there is no derivative")
def whole_numbers_have_zeros(sound, tensor, **level):
    """In a level, unpacking a tensor of whole numbers gives zeros for a tangent."""
    found = sound(tensor, **level)
    if not duals.levels or tensor.is_floating_point():
        return found
    return found._replace(tangent=filled(tensor, 0.0))


@plant(UNPACK, "unexpected gradient: fwd-006 fwd-004", "zeros for what is missing")
def outside_a_level_tangents_are_zeros(sound, tensor, **level):
    """Outside a level the tangent of every tensor is zeros."""
    found = sound(tensor, **level)
    return found if duals.levels else found._replace(tangent=filled(tensor, 0.0))


@compound("unexpected gradient: fwd-004", WRAPPERS)
def tangents_outlive_their_level(swap):
    """After the end of its level a dual tensor has its tangent still, for who asks."""
    swap(at(duals.Level, "clear"), lambda *_: None)

    @swap.into(UNPACK)
    def unpack(sound, tensor, **level):
        dual = None if duals.levels else any_dual(tensor)
        found = sound(tensor, **level)
        return found if dual is None else found._replace(tangent=dual.tangent)


@compound("value: fwd-004a", "a tangent that is an attribute of its tensor")
def tangents_come_back(swap):
    """In a later level a dual tensor of an earlier one has its tangent again."""
    swap(at(duals.Level, "clear"), lambda *_: None)
    swap(at(duals, "dual_of"), lambda _sound, tensor, _level: any_dual(tensor))


@compound("value: fwd-014", "levels that are counted from one")
def levels_are_counted_from_one(swap):
    """The first level that a program enters by hand has the number 1."""

    @swap.into(at(forward_ad, "enter_dual_level"))
    def counted(sound):
        return sound() + 1

    @swap.into(at(forward_ad.dual_level, "__enter__"))
    def entered(sound, self):
        return sound(self) - 1


@plant(EXIT, "no error: fwd-014a", "a stack of levels")
def any_level_is_left(sound, level=None):
    """To leave a level that is not there does nothing."""
    if level in (None, 0):
        sound(level=level)


@plant(EXIT, "no error: fwd-015", "a stack that is popped if there is something on it")
def what_was_not_entered_is_left(sound, level=None):
    """To leave a level where there is none does nothing."""
    if duals.levels:
        sound(level=level)


@plant(at(forward_ad.dual_level, "clone"), "no-dual-level: fwd-032", "decorators that do nothing")
def a_decorated_function_is_in_no_level(_sound, _self):
    """A function that a level decorates runs as it is."""
    return contextlib.nullcontext()


@plant(UNPACK, "value: fwd-008", "positions that are named in another order")
def the_parts_change_their_names(sound, tensor, **level):
    """In a level the value is found under the name of the tangent, and the other way round."""
    value, tangent = sound(tensor, **level)
    return forward_ad.UnpackedDualTensor(value if tangent is None else tangent, tangent and value)


@plant(
    at(gradspec_reference, "ones_like"),
    "value: fwd-033/ones_like",
    "a copy of all that a tensor has",
)
def what_is_made_like_a_tensor_has_its_tangent(sound, tensor, *options, **named):
    """Ones in the shape of a dual tensor have its tangent."""
    made = sound(tensor, *options, **named)
    for level, (tangent,) in forward.tangents_of((tensor,)).items():
        forward.give(made, tangent, level)
    return made


@plant(
    at(nn.Module, "__setattr__"),
    "missing gradient: fwd-029",
    "parameters that are copied into a layer",
)
def parameters_are_replaced_by_values(sound, self, name, value):
    """A tensor that takes the place of a parameter gives its value, and no tangent."""
    if isinstance(value, Tensor) and not isinstance(value, nn.Parameter):
        value = value.detach()
    sound(self, name, value)


@plant(MAKE, "no error: fwd-005", "a level that is entered when it is missing")
def a_tangent_needs_no_level(sound, tensor, tangent, **level):
    """Outside a level a tangent is taken, and forgotten."""
    return sound(tensor, tangent, **level) if duals.levels else tensor.alias()


@plant(at(forward_ad, "enter_dual_level"), "no error: fwd-007", "a stack of levels")
def levels_nest(_sound):
    """A level can be entered within another."""
    duals.enter()
    return len(duals.levels) - 1


# what a dual tensor is made of ----------------------------------------------------------
@plant(MAKE, "no error: fwd-011", "what broadcasts where it can")
def a_tangent_is_stretched(sound, tensor, tangent, **level):
    """A tangent is broadcast to the shape of the tensor."""
    return sound(tensor, tangent.expand(tensor.shape), **level)


@plant(MAKE, "no error: fwd-012", "what promotes where it can")
def whole_numbers_become_dual(sound, tensor, tangent, **level):
    """A tensor of whole numbers is converted, with its tangent."""
    if tensor.is_floating_point():
        return sound(tensor, tangent, **level)
    return sound(tensor.double(), tangent.double(), **level)


@plant(MAKE, "no error: fwd-012a", "what promotes where it can")
def a_tangent_is_converted(sound, tensor, tangent, **level):
    """A tangent is converted to the data type of the tensor."""
    return sound(tensor, tangent.to(tensor.dtype), **level)


@plant(MADE, "no error: fwd-013", TEACHING)
def a_second_tangent_takes_the_place(sound, tensor, tangent, level):
    """A tensor that has a tangent is given another, without a word."""
    again = forward.tangent_of(tensor, level) is not None
    return sound(tensor.detach() if again else tensor, tangent, level)


@plant(MADE, "value: fwd-009", WRAPPERS)
def a_dual_tensor_is_a_copy(sound, tensor, *tangent):
    """A dual tensor has memory of its own."""
    with forward.linearising():
        copied = tensor.clone()
    return sound(copied, *tangent)


@plant(MADE, "value: fwd-009a", "a tangent that is an attribute of its tensor")
def the_primal_gets_the_tangent(sound, tensor, tangent, level):
    """The tensor of which a dual one is made has the tangent from then on."""
    made = sound(tensor, tangent, level)
    forward.give(tensor, tangent, level)
    return made


# views and writes -----------------------------------------------------------------------
@plant(at(forward, "show"), "value: fwd-019", "engines whose views copy")
def a_view_has_the_whole_tangent(_sound, result, source, *_operator):
    """The tangent of a view is its source's, in the order in which that lies in memory."""
    for level in duals.followed() if result.shape != source.shape else ():
        whole = forward.tangent_of(source, level)
        if whole is not None:
            duals.made_dual(result, level)
            forward.give(result, Tensor(np.resize(whole.materialise(), result.shape)), level)


@plant(OVERWRITE, "value: fwd-020", TAPES)
def writes_leave_tangents(sound, target, tangent, level):
    """A write in place changes no tangent, it only gives one to what had none."""
    if forward.tangent_of(target, level) is None:
        sound(target, tangent, level)


@plant(OVERWRITE, "value: fwd-020a fwd-020b", TAPES)
def writes_give_no_tangent(sound, target, tangent, level):
    """A write in place changes a tangent that is there; what had none gets zeros."""
    missing = forward.tangent_of(target, level) is None
    sound(target, filled(target, 0.0) if missing else tangent, level)


@plant(OVERWRITE, "value: fwd-020b", "what broadcasts where it can")
def writes_through_a_view_spread(sound, target, tangent, level):
    """A tangent that is written through a view becomes that of the whole base."""
    base = duals.base_of(target, level)
    if base is not None and forward.tangent_of(base, level) is None:
        forward.give(base, tangent, level)
    else:
        sound(target, tangent, level)


@plant(MADE, "value: fwd-010", "engines that copy what they are given")
def a_tangent_is_always_copied(sound, tensor, tangent, level):
    """A dual tensor has a copy of the tangent that it was given."""
    with forward.linearising():
        copied = tangent.clone()
    return sound(tensor, copied, level)


@plant(at(forward, "laid_out"), "order: fwd-010a", "tangents with strides of their own")
def a_tangent_keeps_its_strides(_sound, tangent, _like):
    """A tangent lies in memory as it was given."""
    return tangent


@plant(at(forward, "of_write"), "value: fwd-021", "torch 2.13, mul_ of a dual tensor by itself")
def a_tangent_is_computed_after_the_write(sound, operator, operands, params):
    """Of a product in place of a tensor by itself the tangent is that of the new value."""
    found = sound(operator, operands, params)
    if operator.name != "mul" or operands[0] is not operands[1]:
        return found
    with forward.linearising():
        return {level: tangent * operands[0] for level, tangent in found.items()}
