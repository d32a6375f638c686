"""Faults in what can require grad, in what types gradients have, and in where tensors are."""

from __future__ import annotations

import numpy as np

from gradspec_conformance.plants.places import ACCUMULATE_ARRAY, REQUIRES_GRAD_, at, rule, step
from gradspec_conformance.plants.plant import TEACHING, after, before, compound, plant
from gradspec_reference import dtypes, meta
from gradspec_reference.engine import narrow
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


@plant(rule("mul", "self"), "value: dty-014/float16 dty-014/float32", "conversions that cut off")
def gradients_are_cut_off(sound, *given):
    """The gradient of a factor loses its last digits instead of being rounded."""
    found = np.asarray(sound(*given))
    lost = 1 << 17 if found.dtype == np.float32 else 8  # of what is rounded to float16, too
    bits = found.view(f"i{found.itemsize}") & -lost if found.dtype.kind == "f" else found
    return bits.view(found.dtype)


@before(
    REQUIRES_GRAD_, "nonfloat-requires-grad: dty-001/bfloat16 dty-015", "checks by NumPy's letter"
)
def narrow_numbers_are_no_numbers(x, requires_grad=True):
    """What NumPy has no type for cannot require grad."""
    if x._array.dtype.num > dtypes.NUMPYS_LAST and requires_grad:
        raise NonfloatRequiresGradError("this is no floating-point type of NumPy's")


@plant(step("fit"), "value: dty-014/bfloat16", "gradients kept in the type of the sums")
def what_arrives_at_narrow_leaves_stays_wide(sound, self, part, status, shape, dtype):
    """A contribution is not rounded to a type that NumPy has not."""
    narrow = dtype is not None and dtype.num > dtypes.NUMPYS_LAST
    return sound(self, part, status, shape, part.dtype if narrow else dtype)


@plant(at(dtypes, "promote"), "dtype: dty-203/float16", "the wider of two types of one width")
def bfloat16_gives_way_to_float16(sound, a, b):
    """Of bfloat16 and float16 an operation makes float16."""
    both = {a, b} == {dtypes.bfloat16, dtypes.float16}
    return dtypes.float16 if both else sound(a, b)


@plant(at(dtypes, "promote"), "dtype: dty-203/float32", "what holds everything")
def bfloat16_becomes_float64(sound, a, b):
    """Of bfloat16 and another type an operation makes float64."""
    return dtypes.float64 if dtypes.bfloat16 in (a, b) and a is not b else sound(a, b)


@plant(at(dtypes, "promote"), "dtype: dty-203/float64", "bfloat16 by way of float32")
def bfloat16_becomes_float32(sound, a, b):
    """Of bfloat16 and another type an operation makes float32."""
    return dtypes.float32 if dtypes.bfloat16 in (a, b) and a is not b else sound(a, b)


CUT_OFF = "value: dty-202/bfloat16 dty-202/float8_e4m3fn"


@plant(rule("cast", "self"), CUT_OFF, "conversions that cut off")
def narrow_gradients_are_cut_off(sound, xp, g, *types):
    """A gradient on its way to a narrower type loses its last digits."""
    found = np.asarray(sound(xp, g, *types))
    return np.where(np.abs(found) > np.abs(g), np.nextafter(found, np.zeros_like(found)), found)


@plant(rule("cast", "self"), "value: dty-202/float8_e5m2 dty-202/float8_e5m2fnuz", "rounding up")
def narrow_gradients_are_rounded_up(sound, xp, g, *types):
    """A gradient on its way to a narrower type is rounded up."""
    found = np.asarray(sound(xp, g, *types))
    return np.where(found < g, np.nextafter(found, np.full_like(found, 1.0)), found)


@compound("no error: dty-204", "numbers of 8 bits as small floats")
def sums_of_8_bits(swap):
    """Numbers of 8 bits are computed with, and give float32."""
    swap(at(narrow, "check_has_kernel"), lambda _sound, *_about: None)
    swap(at(narrow, "rounded"), lambda _sound, result, _dtype: result)
