"""NumPy's names of inverse functions, which torch has as well."""

from gradspec_reference.names.functions import elementwise

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
    "fix",
    "fix_",
]

arccos, arccos_ = elementwise.acos, elementwise.acos_
arccosh, arccosh_ = elementwise.acosh, elementwise.acosh_
arcsin, arcsin_ = elementwise.asin, elementwise.asin_
arcsinh, arcsinh_ = elementwise.asinh, elementwise.asinh_
arctan, arctan_ = elementwise.atan, elementwise.atan_
arctanh, arctanh_ = elementwise.atanh, elementwise.atanh_
fix, fix_ = elementwise.trunc, elementwise.trunc_
