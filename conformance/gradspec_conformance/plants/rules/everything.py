"""Faults in a place that everything passes: each turns whole tables red, operator by operator."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradspec_conformance.plants.places import (
    ACCUMULATE_ARRAY,
    ADD_CONTRIBUTION,
    APPLY_INPLACE,
    CHECK_VERSION,
    SHOULD_RECORD,
    at,
    kernel,
    rule,
    step,
)
from gradspec_conformance.plants.plant import TEACHING, general
from gradspec_reference.engine import accumulation, asking, recording, shapes, views
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.errors import LeafInplaceError
from gradspec_reference.names import factories
from gradspec_reference.names.functions import reductions


# data types ---------------------------------------------------------------------------
def kept_in(dtype: Any) -> Any:
    """Keep the gradient of a leaf in another data type."""

    def keep(sound: Any, leaf: Any, *given: Any) -> None:
        sound(leaf, *given)
        leaf._grad = Tensor(leaf._grad._array.astype(dtype))

    return keep


@general(
    "dtype: op-240/exp op-241/exp op-100/add op-242/add op-243/add op-101/to_double op-102",
    "engines that differentiate in double precision",
)
def gradients_are_kept_in_double(swap):
    """The gradient of a leaf is of float64, whatever the leaf is of."""
    swap(ACCUMULATE_ARRAY, kept_in(np.float64))


@general("dtype: op-240/exp op-101/to_single", "mixed precision")
def gradients_are_kept_in_single(swap):
    """The gradient of a leaf is of float32, whatever the leaf is of."""
    swap(ACCUMULATE_ARRAY, kept_in(np.float32))


@general("value: op-246/add op-246/exp", "a cast that truncates behind a rounding error")
def whole_numbers_fall_short(swap):
    """A whole number that is made of a floating one is the next towards zero."""

    @swap.into(at(factories, "tensor"))
    def truncated(sound, data, *, dtype=None, **named):
        whole = dtype is not None and dtype.numpy.kind in "iu"
        return sound(np.trunc(np.multiply(data, 0.999)) if whole else data, dtype=dtype, **named)


@general("dtype: op-240/sign op-241/sign op-242/div_rounded", "kernels in double precision")
def steps_are_wide(swap):
    """What is constant between jumps is of float64."""
    for name in ("sign", "floor", "ceil", "round", "trunc", "div_floor", "div_trunc"):
        swap(kernel(name), lambda sound, *given: sound(*given).astype(np.float64))


@general("dtype: op-212/sum", "engines of one data type")
def sums_are_made_in_the_type_of_their_terms(swap):
    """A sum is of the data type of what is summed, whichever is asked for."""
    for name in ("cast", "narrowed"):
        swap(at(reductions, name), lambda _sound, x, _dtype: x)


# memory -------------------------------------------------------------------------------
@general("value: op-247/exp op-248/exp", "buffers that are donated")
def gradients_lie_where_their_leaves_lay(swap):
    """The gradient of a leaf is written into the memory of the leaf."""

    @swap.into(ACCUMULATE_ARRAY)
    def donated(sound, leaf, *given):
        sound(leaf, *given)
        memory = leaf.materialise()
        np.copyto(memory, leaf._grad._array)
        leaf._grad = Tensor(memory)


@general("value: op-244/exp; no error: op-245/exp", TEACHING)
def nobody_looks_at_versions(swap):
    """What was saved is given back, whatever was written to it since."""
    swap(CHECK_VERSION, lambda *_: None)


@general("value: op-244/add", "a history that is recorded twice")
def what_is_written_to_receives_twice(swap):
    """What an addition was made to receives twice what arrives at the sum."""
    swap(rule("add", "self"), lambda sound, *given: 2.0 * sound(*given))


@general("value: op-244/split op-244/chunk op-244/unbind", "views that know no other views")
def one_of_several_is_written_to(swap):
    """One of several views is written to, and receives twice what arrives at it."""
    what_is_written_to_receives_twice.put(swap)
    for refusal in ("check_view_may_be_written", "check_may_follow"):
        swap(at(views, refusal), lambda *_: None)


@general("leaf-inplace: op-245/add op-245/exp", "engines without writes")
def only_constants_are_written_to(swap):
    """A write to what has a history is refused."""

    @swap.before(APPLY_INPLACE)
    def refuse(_operator, operands, *_):
        if operands[0]._grad_fn is not None:
            raise LeafInplaceError("what has a history is not written to")


@general("shape: op-296/add_ op-296/addbmm_ op-296/mul_", "torch.addbmm_")
def a_write_makes_room(swap):
    """What is written in place takes the shape that it has with the other operands."""

    @swap.before(APPLY_INPLACE)
    def make_room(_operator, operands, *_):
        x, *others = operands
        try:
            shape = np.broadcast_shapes(*(np.shape(each._array) for each in (x, *others)))
        except (AttributeError, ValueError):  # a number; or a product, whose factors need not fit
            return
        if shape != x.shape:
            x._array = np.broadcast_to(x._array, shape).copy()


# several operands ---------------------------------------------------------------------
@general("missing gradient: op-221/mul op-221/add", "`all` for `any`")
def one_constant_makes_a_constant(swap):
    """A result requires grad if all its operands do."""
    swap(SHOULD_RECORD, lambda _sound, requires: all(requires))


@general("value: op-222/mul op-222/add", TEACHING)
def the_last_gradient_counts(swap):
    """What arrives a second time takes the place of what had arrived."""
    swap(ADD_CONTRIBUTION, lambda _sound, _held, _status, part: (part, accumulation.SHARED))


@general("value: op-220/mul op-220/exp op-220/sum", "pytorch/pytorch#104040")
def cotangents_are_numbers(swap):
    """In a recorded pass each rule takes what arrives for a mere number."""

    @swap.into(step("differentiate"))
    def cut(sound, self, node, cotangent, status):
        return sound(self, node, numbers(cotangent), status)


def numbers(cotangent: Any) -> Any:
    """Take a cotangent, or several, for numbers."""
    if isinstance(cotangent, list):
        return list(map(numbers, cotangent))
    return cotangent.detach() if isinstance(cotangent, Tensor) else cotangent


@general(
    "value: op-050/mul op-108/silu op-114/exp op-220/sign op-221/mul "
    "op-222/mul op-230/sum op-231/sum op-232/sum op-233/sum op-236/exp op-237/exp op-238/exp "
    "op-244/sum",
    "memory that nobody cleared",
)
def sums_of_gradients_begin_at_one(swap):
    """To what arrives at a leaf 1 is added, which was in its memory."""

    @swap.after(ACCUMULATE_ARRAY)
    def add(_result, leaf, *_):
        leaf._grad = Tensor(leaf._grad._array + 1.0)

    @swap.into(at(asking, "answer"))
    def begin(sound, *given):
        return [None if g is None else g + 1.0 for g in sound(*given)]


ASKED_IN_VIEWS = "op-230/argmax op-234/exp op-235/exp op-236/sign op-237/exp op-238/sign"


@general(f"value: {ASKED_IN_VIEWS}", "arrays with negative strides")
def arrays_are_read_backwards(swap):
    """A tensor that is made of an array has its entries from the last to the first."""
    reading_arrays(swap, lambda array: np.flip(array).copy())


@general(
    "shape: op-230/sum op-232/all op-234/exp op-236/exp; operand-shape: op-237/exp",
    "arrays that lie by columns",
)
def arrays_are_read_by_columns(swap):
    """A tensor that is made of an array is its transpose."""
    reading_arrays(swap, np.transpose)


def reading_arrays(swap: Any, change: Any) -> None:
    """Read in another way what tensors are made of."""

    @swap.into(at(factories, "tensor"))
    def read(sound, data, **named):
        return sound(change(data) if isinstance(data, np.ndarray) else data, **named)


# axes, layouts, sizes -----------------------------------------------------------------
@general("shape: op-230/sum op-231/sum op-233/sum; value: op-230/softmax", TEACHING)
def every_dimension_is_the_first(swap):
    """Whichever dimension is named, the first is taken."""
    swap(at(shapes, "normal_dim"), lambda _sound, _dim, _ndim: 0)


@general("shape: op-295/sum op-295/mean op-295/amax op-295/var", "axes of NumPy")
def no_dimension_is_none(swap):
    """An empty list of dimensions names none, and nothing is reduced."""

    @swap.into(at(shapes, "normal_dims"))
    def none(sound, dim, ndim):
        return () if dim in ((), []) else sound(dim, ndim)


@general("value: op-234/exp op-235/exp op-238/exp", "kernels without strides")
def views_are_read_from_the_beginning(swap):
    """A view has the entries of its base in the order in which they lie in memory."""

    @swap.after(at(recording, "view"))
    def read(result, _operator, source, *_):
        shown = result._array
        if isinstance(shown, np.ndarray) and not shown.flags.c_contiguous:
            result._array = np.resize(np.ravel(source._array, order="K"), shown.shape)


@general("shape: op-114/exp op-114/add", "engines in which arrays of one entry are numbers")
def gradients_of_one_entry_are_numbers(swap):
    """A gradient of one entry has no dimensions."""

    @swap.after(ACCUMULATE_ARRAY)
    def squeezed(_result, leaf, *_):
        if leaf._grad._array.size == 1:
            leaf._grad = Tensor(leaf._grad._array.reshape(()))
