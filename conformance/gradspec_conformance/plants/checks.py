"""Faults in numerical checks: what they compare, what they let pass, and what they leave behind."""

from __future__ import annotations

import dataclasses
import sys

import numpy as np

from gradspec.program.structure import Plain
from gradspec_conformance.plants.places import at
from gradspec_conformance.plants.plant import TEACHING, plant
from gradspec_reference import autograd
from gradspec_reference.autograd.checking import (
    analytical,
    comparison,
    demands,
    numerical,
    projection,
)
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.errors import GradcheckError

module = sys.modules[autograd.gradcheck.__module__]

GRADCHECK = at(autograd, "gradcheck")
GRADGRADCHECK = at(autograd, "gradgradcheck")
COMPARE = at(module, "compare")
NEAR = at(comparison, "are_near")
SETTLED = at(comparison, "settled")
DIFFERENCE = at(numerical, "difference")
BY_HAND = "checkers that every course has its own of"


# what is near ---------------------------------------------------------------------------
@plant(NEAR, "flag: chk-003 chk-009", "assert without a demand")
def all_is_near(*_):
    """Every Jacobian agrees with every other."""
    return True


@plant(NEAR, "flag: chk-008/atol chk-008/rtol", BY_HAND)
def tolerances_are_fixed(_sound, _check, found, wanted):
    """What is near does not depend on the tolerances that are given."""
    return bool(np.allclose(found, wanted, 1e-3, 1e-5))


@plant(at(comparison, "compare"), "flag: chk-009", "zip, which stops at the shorter")
def the_first_input_is_compared_alone(sound, check, outputs, mode):
    """Where the Jacobian by a further input is wrong, nothing is said."""
    try:
        sound(check, outputs, mode)
    except GradcheckError as error:
        if "respect to input 0" in str(error):
            raise


@plant(GRADCHECK, "no error: chk-002", BY_HAND)
def a_check_says_false(sound, function, inputs, **options):
    """A wrong derivative is False, and never an error."""
    return sound(function, inputs, **{**options, "raise_exception": False})


@plant(GRADCHECK, "derivative-mismatch: chk-003", BY_HAND)
def a_check_always_raises(sound, function, inputs, **options):
    """A wrong derivative is an error, whatever was wished."""
    return sound(function, inputs, **{**options, "raise_exception": True})


# differences ----------------------------------------------------------------------------
@plant(DIFFERENCE, "flag: chk-008a", BY_HAND)
def eps_is_fixed(sound, function, inputs, x, where, step, eps):
    """An input is moved by a millionth, whatever eps is."""
    return sound(function, inputs, x, where, step * (1e-6 / eps), 1e-6)


@plant(DIFFERENCE, "flag: chk-014/abs", "one-sided differences")
def differences_look_ahead(_sound, function, inputs, x, where, step, eps):
    """A difference is that to the one side, (f(x + eps) - f(x)) / eps."""
    low = numerical.values(function, inputs)
    with numerical.moved(x, where, step):
        high = numerical.values(function, inputs)
    return [(b - a) / eps for a, b in zip(low, high, strict=True)]


@plant(DIFFERENCE, "flag: chk-014/relu", "one-sided differences")
def differences_look_back(_sound, function, inputs, x, where, step, eps):
    """A difference is that to the other side, (f(x) - f(x - eps)) / eps."""
    high = numerical.values(function, inputs)
    with numerical.moved(x, where, -step):
        low = numerical.values(function, inputs)
    return [(b - a) / eps for a, b in zip(low, high, strict=True)]


@plant(DIFFERENCE, "order: chk-026", "one difference for all entries")
def all_entries_are_moved_together(sound, function, inputs, x, _where, step, eps):
    """All entries of an input are moved at once."""
    return sound(function, inputs, x, ..., step, eps)


@plant(DIFFERENCE, "value: chk-024", "inputs that are not put back")
def an_entry_stays_moved(sound, function, inputs, x, where, step, eps):
    """After a difference an entry stays a little off."""
    found = sound(function, inputs, x, where, step, eps)
    x.materialise()[where] += step
    return found


@plant(at(numerical, "values"), "derivative-mismatch: chk-005a", "tensors that numbers become")
def numbers_are_moved(sound, function, inputs):
    """For a difference numbers among the inputs are doubled."""
    return sound(
        function, tuple(x if isinstance(x, Tensor) else Plain(2 * x.value) for x in inputs)
    )


@plant(at(comparison, "demand_constant"), "flag: chk-010", BY_HAND)
def what_has_no_history_passes(*_):
    """An output without a history is not looked at."""


@plant(at(comparison, "demand_constant"), "derivative-mismatch: chk-010a", BY_HAND)
def what_has_no_history_fails(*_):
    """An output without a history does not pass, constant or not."""
    raise GradcheckError("an output does not require grad")


# what is owed ---------------------------------------------------------------------------
@plant(SETTLED, "flag: chk-011", BY_HAND)
def a_derivative_is_asked_once(sound, check, *rest):
    """That a derivative is another one the second time is not seen."""
    return sound(dataclasses.replace(check, nondet_tol=np.inf), *rest)


@plant(SETTLED, "derivative-mismatch: chk-011a", BY_HAND)
def nothing_may_waver(sound, check, *rest):
    """A derivative is bit by bit the same the second time, or does not pass."""
    return sound(dataclasses.replace(check, nondet_tol=0.0), *rest)


@plant(SETTLED, "derivative-mismatch: chk-025", BY_HAND)
def no_type_is_right(sound, check, *rest):
    """Where types of gradients are looked at, none is right."""
    if check.check_grad_dtypes:
        raise GradcheckError("a gradient has another data type than its input")
    return sound(check, *rest)


@plant(at(demands, "demand_multiplied"), "flag: chk-012", BY_HAND)
def no_cotangent_of_zeros_is_tried(*_):
    """What a derivative gives for zeros is not looked at."""


@plant(at(demands, "demand_undefined"), "flag: chk-013", BY_HAND)
def no_missing_cotangent_is_tried(*_):
    """What a derivative gives for nothing is not looked at."""


@plant(at(demands, "demand_undefined_tangents"), "flag: chk-201", BY_HAND)
def no_missing_tangent_is_tried(*_):
    """What forward mode gives for nothing is not looked at."""


@plant(GRADCHECK, "derivative-mismatch: chk-013a", BY_HAND)
def missing_cotangents_are_always_tried(sound, function, inputs, **options):
    """What a derivative gives for nothing is looked at, whatever was wished."""
    return sound(function, inputs, **{**options, "check_undefined_grad": True})


@plant(at(demands, "answers_of_a_batch"), "derivative-mismatch: chk-017", "torch vmap fallbacks")
def batches_come_back_reversed(sound, *query):
    """Of a batch of cotangents the gradients come in the opposite order."""
    return [Tensor(found.materialise()[::-1].copy()) for found in sound(*query)]


@plant(GRADCHECK, "flag: chk-005", BY_HAND)
def all_inputs_are_checked(sound, function, inputs, **options):
    """By every tensor the derivative is checked, whether it requires grad or not."""
    given = inputs if isinstance(inputs, tuple) else (inputs,)
    required = (
        x.detach().requires_grad_() if isinstance(x, Tensor) and x.is_floating_point() else x
        for x in given
    )
    return sound(function, tuple(required), **options)


# modes ----------------------------------------------------------------------------------
@plant(COMPARE, "flag: chk-015/slow chk-015/fast", TEACHING)
def forward_mode_is_not_compared(sound, check, outputs, fast, **modes):
    """Forward mode is not looked at."""
    sound(check, outputs, fast, **{**modes, "forward": False})


@plant(COMPARE, "derivative-mismatch: chk-015b", BY_HAND)
def forward_mode_is_always_compared(sound, check, outputs, fast, **modes):
    """Forward mode is looked at, whatever was wished."""
    sound(check, outputs, fast, **{**modes, "forward": True})


@plant(at(analytical, "pushed"), "derivative-mismatch: chk-015a/slow chk-015a/fast", "seeds of two")
def tangents_are_doubled_for_a_check(sound, *query):
    """The tangents of a check are twice those of the function."""
    return [2.0 * tangent for tangent in sound(*query)]


@plant(at(projection, "compare"), "flag: chk-018a", BY_HAND)
def fast_mode_passes_all(*_):
    """In fast mode nothing is compared."""


@plant(DIFFERENCE, "derivative-mismatch: chk-018", "vectors that are not of length one")
def fast_mode_moves_half_the_way(sound, function, inputs, x, where, step, eps):
    """In fast mode the difference is divided by twice the way."""
    found = sound(function, inputs, x, where, step, eps)
    return [0.5 * d for d in found] if np.ndim(step) else found


# second derivatives ---------------------------------------------------------------------
@plant(at(module, "first_derivative"), "derivative-mismatch: chk-020/given", TEACHING)
def cotangents_are_constants_in_a_check(sound, function, inputs, count):
    """The first derivative is a constant to the cotangents."""
    derivative = sound(function, inputs, count)

    def cut(*arguments):
        given = arguments[: len(inputs)]
        return derivative(*given, *(x.detach() for x in arguments[len(inputs) :]))

    return cut


@plant(GRADGRADCHECK, "flag: chk-021", BY_HAND)
def first_derivatives_are_checked_twice(_sound, function, inputs, *_cotangents, **options):
    """gradgradcheck checks the first derivatives."""
    return autograd.gradcheck(
        function, inputs, raise_exception=options.get("raise_exception", True)
    )


@plant(GRADGRADCHECK, "flag: chk-022b", BY_HAND)
def forward_over_reverse_is_not_checked(sound, function, inputs, *cotangents, **options):
    """gradgradcheck does not look at forward mode over reverse mode."""
    return sound(function, inputs, *cotangents, **{**options, "check_fwd_over_rev": False})


# what is refused ------------------------------------------------------------------------
@plant(at(module, "check_inputs"), "no error: chk-004", BY_HAND)
def anything_is_checked(*_):
    """Inputs are not looked at before a check."""


@plant(at(module, "check_inputs"), "wrong error: chk-007", "inputs that are copied first")
def entries_that_are_one_are_taken_apart(sound, inputs):
    """Inputs that were expanded are checked, and what they are is taken for the difference."""
    sound(tuple(x.contiguous() if isinstance(x, Tensor) else x for x in inputs))


@plant(at(module, "check_inputs"), "warning: chk-006", BY_HAND)
def single_precision_is_checked_silently(sound, inputs):
    """Inputs of single precision are checked like others."""
    sound(tuple(x.double() if isinstance(x, Tensor) else x for x in inputs))


@plant(
    at(module, "check_options"), "no error: chk-016/nothing chk-022a/missing_cotangents", BY_HAND
)
def any_options_go_together(*_):
    """What is asked for without the mode that has it is left out without a word."""


@plant(at(module, "warn_of_old_helper"), "warning: chk-028", BY_HAND)
def old_helpers_do_not_warn(*_):
    """The deprecated helpers are used without a word."""


@plant(at(module, "check_grad_out"), "no error: chk-028a", BY_HAND)
def old_helpers_take_any_cotangent(*_):
    """The deprecated helpers take a cotangent, and do not use it."""


@plant(GRADGRADCHECK, "flag: chk-291/atol chk-291/eps", "options that are not handed on")
def second_derivatives_are_checked_as_always(sound, function, inputs, *given, **options):
    """gradgradcheck has steps and tolerances of its own."""
    own = ("eps", "atol", "rtol", "nondet_tol")
    kept = {name: value for name, value in options.items() if name not in own}
    return sound(function, inputs, *given, **kept)


@plant(GRADGRADCHECK, "flag: chk-291/check_undefined_grad", "options that are ignored")
def undefined_second_gradients_are_always_checked(sound, *given, **options):
    """A check of second derivatives gives no gradient at all, though it is told not to."""
    options.pop("check_undefined_grad", None)
    return sound(*given, **options)
