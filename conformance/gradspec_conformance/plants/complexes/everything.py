"""Faults in what all complex numbers pass: each turns whole tables red, operator by operator."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec_conformance.plants.history import number
from gradspec_conformance.plants.places import ACCUMULATE_ARRAY, at, rule, step
from gradspec_conformance.plants.plant import TEACHING, general
from gradspec_conformance.plants.rules.functions import first_operand, where_refused
from gradspec_conformance.plants.rules.sweeps import public
from gradspec_reference.engine import asking, complexes, forward
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.marked import settled
from gradspec_reference.names.functions.complex_numbers import conj_physical

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradspec_conformance.plants.swap import Swap

ROW: Final = at(complexes, "row")


def is_complex(value: Any) -> bool:
    """Say whether a tensor, or an array, is of complex numbers."""
    return bool(getattr(value, "_array", value).dtype.kind == "c")


# the convention -----------------------------------------------------------------------
def with_rules(swap: Swap, change: Callable[[Any], Any]) -> None:
    """Change the rules under which a holomorphic operator is recorded."""

    @swap.into(ROW)
    def row(sound, operator):
        sound(operator)
        if operator.on_complex != "holomorphic":
            return operator
        rules = {operand: change(own) for operand, own in operator.vjp.items()}
        return dataclasses.replace(operator, vjp=rules)


@general(
    "value: cplx-004/mul_broadcast cplx-009/prod cplx-016/exp_array cplx-015 cplx-016a",
    "ml-explore/mlx#3433",
)
def derivatives_are_not_conjugated(swap):
    """A rule is that of real numbers: a cotangent times the derivative, not its conjugate."""
    with_rules(swap, lambda own: own)


@general("value: cplx-004/mul_broadcast cplx-009/mul_broadcast", "a conjugate in one of two places")
def cotangents_alone_are_conjugated(swap):
    """What arrives is conjugated before a rule, and nothing is behind it."""

    def change(own):
        return lambda xp, g, *given: own(xp, xp.conj_physical(g), *settled(given))

    with_rules(swap, change)


@general(
    "missing gradient: cplx-016/exp_array cplx-016/mul_broadcast cplx-016a",
    "pytorch/pytorch#104040",
)
def what_complex_rules_use_is_a_number(swap):
    """What a rule for complex numbers saved is a mere number when the rule is differentiated."""

    def change(own):
        sound = complexes.conjugated(own)
        return lambda xp, g, *given: sound(xp, g, *map(number, given))

    with_rules(swap, change)


@general("value: cplx-016/cat cplx-016/exp_array", "a factor that is differentiated once more")
def recorded_gradients_depend_on_their_points(swap):
    """A gradient that is recorded depends on its point by a term that is zero."""

    @swap.into(at(asking, "answer"))
    def answered(sound, roots, given, targets, retain_graph, create_graph):
        found = sound(roots, given, targets, retain_graph, create_graph)
        return [
            g + (x - x.detach()) if create_graph and g is not None and isinstance(x, Tensor) else g
            for g, x in zip(found, targets, strict=True)
        ]


@general(
    "value: cplx-002 cplx-003 cplx-004/asarray cplx-004/exp_array cplx-202/angle cplx-006",
    "the convention of JAX and of HIPS/autograd",
)
def gradients_are_conjugates(swap):
    """The complex gradient that a program is given is the conjugate, dL/dx - i dL/dy."""

    @swap.into(ACCUMULATE_ARRAY)
    def kept(sound, leaf, gradient, *status):
        sound(leaf, np.conj(gradient) if is_complex(gradient) else gradient, *status)

    @swap.into(at(asking, "answer"))
    def answered(sound, *asked):
        return [g if g is None else conj_physical(g) for g in sound(*asked)]


@general("dtype: cplx-001/complex64 cplx-001/complex128; value: cplx-002", TEACHING)
def gradients_keep_their_real_part(swap):
    """The gradient of a real loss is real, whatever the leaf is."""

    @swap.into(ACCUMULATE_ARRAY)
    def kept(sound, leaf, gradient, *status):
        sound(leaf, gradient.real.copy() if is_complex(gradient) else gradient, *status)


# from real numbers to real numbers ----------------------------------------------------
@general(
    "value: cplx-009/asarray cplx-203/angle cplx-203/irfft cplx-202/complex",
    "signs of imaginary parts",
)
def imaginary_parts_descend(swap):
    """The gradient by the second argument of complex has the wrong sign."""
    swap(rule("complex", "imag"), lambda sound, *given: -sound(*given))


@general("value: cplx-203/rfft cplx-203/polar cplx-012", "signs of imaginary parts")
def pairs_are_conjugated(swap):
    """Of a cotangent of the parts view_as_real makes the conjugate."""
    swap(rule("view_as_real", "self"), lambda sound, xp, g: xp.conj_physical(sound(xp, g)))


@general(
    "value: cplx-008/mul_broadcast cplx-008/cat",
    "gradients that are not projected to real numbers",
)
def real_operands_receive_complex_gradients(swap):
    """What arrives at a real operand stays complex where others were."""

    @swap.into(step("fit"))
    def fit(sound, walk, part, status, shape, dtype):
        narrowed = dtype is not None and dtype.kind == "f" and is_complex(part)
        return sound(walk, part, status, shape, None if narrowed else dtype)


# values and tangents ------------------------------------------------------------------
@general(
    "value: cplx-201/mul_broadcast cplx-201/exp_array cplx-201/abs_array",
    "NumPy's ComplexWarning, that the imaginary part is discarded",
)
def imaginary_parts_are_discarded(swap):
    """A kernel is given the real parts of complex numbers."""

    @swap.into(at(complexes, "run"))
    def run(sound, operator, values, params):
        return sound(operator, [real_part(value) for value in values], params)


@general(
    "value: cplx-201/contiguous cplx-201/as_tensor cplx-201/asarray cplx-201/dropout",
    "copies that forget whether they show a conjugate",
)
def what_changes_nothing_conjugates(swap):
    """What is to give back the numbers that it was given gives their conjugates."""

    def turned(sound, *given, **named):
        return conj_physical(sound(*given, **named))

    for name in ("contiguous", "as_tensor", "dropout"):  # asarray is made of as_tensor
        swap(public(name), turned)


def real_part(value: Any) -> Any:
    """Give complex numbers without their imaginary part, in their own data type."""
    if isinstance(value, np.ndarray | np.generic) and value.dtype.kind == "c":
        return settled(value).real.astype(value.dtype)
    return value


@general(
    "value: cplx-019/mul_broadcast cplx-019/asarray cplx-019/abs_array",
    "tangents that are real numbers",
)
def tangents_keep_their_real_part(swap):
    """A complex tangent that is given counts by its real part."""

    @swap.into(at(forward, "make_dual"))
    def make(sound, tensor, tangent, level):
        return sound(tensor, Tensor(real_part(tangent._array)), level)


@general("value: cplx-019/complex cplx-019/rfft cplx-019/prod", "pytorch/pytorch#77246")
def tangents_of_results_are_conjugated(swap):
    """The tangent of a complex result is the conjugate of what it should be."""

    @swap.into(at(forward, "give"))
    def give(sound, tensor, tangent, level):
        with forward.linearising(level.depth):
            turned = conj_physical(tangent)
        sound(tensor, turned, level)


@general("value: cplx-019/real cplx-019/view_as_complex", "2 Re z = z + conj z")
def tangents_of_views_count_twice(swap):
    """What shows the memory of numbers that move has twice their tangent."""

    @swap.into(at(forward, "show"))
    def show(sound, result, source, *row):
        sound(result, source, *row)
        for level in forward.tangents_of((source,)):
            with forward.linearising(level.depth):
                dual = result._dual[level]
                dual.tangent = dual.tangent * 2.0


# refusals -----------------------------------------------------------------------------
@general("no error: op-270/complex op-270/polar", "errors that a queue swallows")
def parts_need_not_fit(swap):
    """Of parts that do not fit together the first is the result."""
    for name in ("complex", "polar"):
        swap(public(name), where_refused(first_operand))
