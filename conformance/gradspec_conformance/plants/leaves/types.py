"""Faults in what can require grad, in what types gradients have, and in where tensors are."""

from __future__ import annotations

import numpy as np

from gradspec_conformance.plants.places import ACCUMULATE_ARRAY, REQUIRES_GRAD_, at, rule
from gradspec_conformance.plants.plant import TEACHING, after, before, plant
from gradspec_reference import dtypes, meta
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.errors import NonfloatRequiresGradError, OperandShapeError


@plant(REQUIRES_GRAD_, "no error: dty-002/int32 dty-003/bool", "checks of one type of integers")
def only_long_integers_are_refused(sound, x, requires_grad=True):
    """Of whole numbers only those of int64 cannot require grad."""
    if x._array.dtype.kind in "biu" and x._array.dtype != np.int64:
        x._requires_grad = requires_grad
        return x
    return sound(x, requires_grad)


@before(REQUIRES_GRAD_, "nonfloat-requires-grad: dty-003", "checks that do not look at the flag")
def whole_numbers_have_no_flag(x, requires_grad=True):
    """requires_grad_(False) is refused on whole numbers, too."""
    if x._array.dtype.kind != "f" and not requires_grad:
        raise NonfloatRequiresGradError("whole numbers have no flag")


@after(at(Tensor, "to"), "flag: dty-004", "where a copy has the flags of its source")
def conversions_take_the_flag_along(result, x, *_, **__):
    """What was converted to whole numbers requires grad if its source does."""
    if result._array.dtype.kind != "f":
        result._requires_grad = x.requires_grad


@plant(rule("mul", "self"), "value: dty-006/int64 dty-006/bool", "pytorch/pytorch#76785")
def products_take_the_type_of_the_constant(_sound, xp, g, other, *_):
    """The rule of a product brings what arrives to the type of the other factor."""
    del xp
    return np.asarray(g).astype(np.asarray(other).dtype) * other


@after(ACCUMULATE_ARRAY, "text: dty-007", "where gradients are gathered on the host")
def gradients_come_home(_, leaf, *__):
    """The gradient of a leaf is where all gradients are, and not where the leaf is."""
    leaf._grad._array = meta.bare(leaf._grad._array)


@plant(at(Tensor, "to"), "flag: dty-008", "the advice to make parameters anew on the device")
def moving_makes_a_leaf(sound, x, *place, **options):
    """What was moved is a leaf, that requires grad if its source does."""
    moved = sound(x, *place, **options)
    return moved.detach().requires_grad_(x.requires_grad) if meta.is_meta(moved._array) else moved


@plant(at(Tensor, "to"), "flag: dty-008 dty-009", "engines with one device")
def everything_stays_where_it_is(sound, x, *place, **options):
    """To move a tensor gives the tensor."""
    moved = sound(x, *place, **options)
    return x if meta.is_meta(moved._array) else moved


@before(at(meta, "check_together"), "wrong error: dty-201", "messages about shapes")
def devices_are_shapes(values):
    """Operands on several devices are refused for their shapes."""
    if len({type(value) for value in values}) > 1:
        raise OperandShapeError("the operands do not fit together")


@plant(at(dtypes, "set_default_dtype"), "dtype: dty-010/float64 dty-010/float16", TEACHING)
def the_default_is_fixed(sound, _dtype):
    """The default data type is float32, whatever is set."""
    sound(dtypes.float32)


@plant(rule("mul", "self"), "value: dty-014", "conversions that cut off")
def gradients_are_cut_off(sound, *given):
    """The gradient of a factor loses its last digits instead of being rounded."""
    found = np.asarray(sound(*given))
    bits = found.view(f"i{found.itemsize}") & -8 if found.dtype.kind == "f" else found
    return bits.view(found.dtype)
