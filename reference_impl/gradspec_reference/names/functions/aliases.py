"""Second names of functions, NumPy's mostly, which torch has as well."""

from typing import Any, Final

from gradspec_reference.names.functions import (
    arithmetic,
    elementwise,
    products,
    reshaping,
    selection,
    shapes,
)

__all__ = [
    "arccos",
    "arccos_",
    "arccosh",
    "arccosh_",
    "arcsin",
    "arcsin_",
    "arcsinh",
    "arcsinh_",
    "arctan",
    "arctan_",
    "arctanh",
    "arctanh_",
    "clip",
    "clip_",
    "fix",
    "fix_",
    "ger",
    "greater",
    "greater_equal",
    "less",
    "less_equal",
    "moveaxis",
    "negative_",
    "not_equal",
    "swapdims",
]

arccos, arccos_ = elementwise.acos, elementwise.acos_
arccosh, arccosh_ = elementwise.acosh, elementwise.acosh_
arcsin, arcsin_ = elementwise.asin, elementwise.asin_
arcsinh, arcsinh_ = elementwise.asinh, elementwise.asinh_
arctan, arctan_ = elementwise.atan, elementwise.atan_
arctanh, arctanh_ = elementwise.atanh, elementwise.atanh_
fix, fix_ = elementwise.trunc, elementwise.trunc_
clip, clip_ = selection.clamp, selection.clamp_
ger = products.outer
greater, greater_equal = elementwise.gt, elementwise.ge
less, less_equal, not_equal = elementwise.lt, elementwise.le, elementwise.ne
moveaxis, swapdims = shapes.movedim, shapes.transpose
negative_ = elementwise.neg_

METHODS: Final[dict[str, Any]] = {
    "absolute_": elementwise.abs_,
    "divide_": arithmetic.div_,
    "greater_": elementwise.gt_,
    "greater_equal_": elementwise.ge_,
    "less_": elementwise.lt_,
    "less_equal_": elementwise.le_,
    "multiply_": arithmetic.mul_,
    "not_equal_": elementwise.ne_,
    "subtract_": arithmetic.sub_,
    "swapdims_": reshaping.swapaxes_,
    "true_divide_": arithmetic.true_divide_,
}
"""Those that are methods only."""
