"""The functions as methods and operators of `Tensor`; start at `METHODS`."""

from __future__ import annotations

from types import FunctionType
from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec_reference import autograd, dtypes, operators
from gradspec_reference.engine.recording import binary, view
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.names import factories, interop, printing
from gradspec_reference.names.functions import arithmetic, indexing, products, reductions, shapes
from gradspec_reference.operators import OPERATORS

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["METHODS", "PUBLIC", "operators"]

FUNCTIONS: dict[str, Any] = {
    name: function
    for module in (arithmetic, indexing, products, reductions, shapes)
    for name, function in vars(module).items()
    if isinstance(function, FunctionType)
    and function.__module__ == module.__name__
    and not name.startswith("_")
}

NOT_PUBLIC = [
    "apply_maximum",
    "apply_minimum",
    "alias",
    "as_index",
    "bounds",
    "check_divisor",
    "check_has_dimensions",
    "check_is_floating",
    "check_is_mask",
    "check_is_matrix",
    "check_same_dtype",
    "change_view_",
    "comparison",
    "documented",
    "expand_ellipsis",
    "getitem",
    "in_range",
    "is_number",
    "iterate",
    "prepared",
    "put",
    "setitem",
    "take_slice",
    "with_length",
    "take_views",
    "unary",
    "unary_inplace",
    "view_",
    "widened",
]

METHODS_ONLY = [
    "add_",
    "bitwise_not_",
    "contiguous",
    "copy_",
    "div_",
    "expand",
    "expand_as",
    "logical_not_",
    "masked_fill_",
    "mul_",
    "pow_",
    "remainder_",
    "repeat",
    "resize_",
    "sign_",
    "squeeze_",
    "sub_",
    "t_",
    "transpose_",
    "unfold",
    "unsqueeze_",
    "view_as",
]

# of lists of tensors, or of operands in an order that only a function has
NOT_METHODS = ["cat", "concat", "rsub", "stack"]


def cast(dtype: dtypes.DType) -> Callable[[Tensor], Tensor]:
    """Make the method that converts to a dtype."""

    def method(self: Tensor) -> Tensor:
        return interop.to(self, dtype)

    return arithmetic.documented(method, dtype.name, f"Return the tensor as {dtype!r}.")


def multiply(self: Tensor, other: Any) -> Tensor:
    """Serve `*`."""
    return binary(OPERATORS["mul"], self, other)


def plus(self: Tensor, other: Any) -> Tensor:
    """Serve `+`."""
    return binary(OPERATORS["add"], self, other, 1)


def minus(self: Tensor, other: Any) -> Tensor:
    """Serve `-`."""
    return binary(OPERATORS["sub"], self, other, 1)


def divide(self: Tensor, other: Any) -> Tensor:
    """Serve `/`."""
    return binary(OPERATORS["div"], self, other)


def divide_from(self: Tensor, other: Any) -> Tensor:
    """Serve `number / tensor`, as torch does: a reciprocal and a product."""
    return multiply(FUNCTIONS["reciprocal"](self), other)


def power_of(self: Tensor, base: Any) -> Tensor:
    """Serve `number ** tensor`."""
    return arithmetic.pow(base, self)


def compared(name: str) -> Callable[[Tensor, Any], Any]:
    """Make `==` or `!=`: element by element with tensors and numbers, of objects otherwise."""

    def method(self: Tensor, other: Any) -> Any:
        if isinstance(other, Tensor | int | float | np.ndarray | np.generic):
            return FUNCTIONS[name](self, other)
        return NotImplemented

    return arithmetic.documented(method, f"__{name}__", f"Serve the comparison {name}.")


def swapped(function: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Make the operator for a tensor on the right."""
    return lambda self, other: function(other, self)


def backward(
    self: Tensor,
    gradient: Tensor | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Any = None,
) -> None:
    """Add the gradient of this tensor to `.grad` of the leaves it depends on.

    `gradient` has this tensor's shape; it may be left out if there is one element.
    Source: torch.Tensor.backward docstring; errors as for autograd.backward.
    """
    autograd.backward(self, gradient, retain_graph, create_graph, inputs=inputs)


def reversed_dims(self: Tensor) -> Tensor:
    """Return a view with the dimensions in reverse order (torch.Tensor.T)."""
    return view(OPERATORS["permute"], self, tuple(range(self._array.ndim - 1, -1, -1)))


def size(self: Tensor, dim: int | None = None) -> Any:
    """Return the shape, or the length of one dimension (torch.Tensor.size)."""
    return self.shape if dim is None else self.shape[dim]


def is_floating_point(self: Tensor) -> bool:
    """Tell whether the dtype is a floating one (torch.is_floating_point)."""
    return self.dtype.is_floating_point


def equal(input: Tensor, other: Tensor) -> bool:
    """Tell whether shapes and all elements are equal (torch.equal)."""
    a, b = input._array, other._array
    return bool(a.shape == b.shape and (a == b).all())


def allclose(
    input: Tensor,
    other: Tensor,
    rtol: float = 1e-5,
    atol: float = 1e-8,
    equal_nan: bool = False,
) -> bool:
    """Tell whether all elements are about equal (torch.allclose)."""
    return bool(np.allclose(input._array, other._array, rtol, atol, equal_nan))


for _name in arithmetic.UNARY:
    FUNCTIONS[_name] = arithmetic.unary(_name)
    if OPERATORS[_name].differentiable or _name.endswith("not"):
        FUNCTIONS[_name + "_"] = arithmetic.unary_inplace(_name)
for _name in arithmetic.COMPARISONS:
    FUNCTIONS[_name] = arithmetic.comparison(_name)
FUNCTIONS.update(equal=equal, allclose=allclose, is_floating_point=is_floating_point)
FUNCTIONS.update(
    absolute=FUNCTIONS["abs"],
    negative=FUNCTIONS["neg"],
    multiply=arithmetic.mul,
    divide=arithmetic.div,
    true_divide=arithmetic.div,
    subtract=arithmetic.sub,
    concat=shapes.cat,
    swapaxes=shapes.transpose,
    numel=interop.numel,
    clone=shapes.clone,
)
SHOWN = {n: f for n, f in FUNCTIONS.items() if n not in NOT_PUBLIC}
PUBLIC: dict[str, Any] = {n: f for n, f in SHOWN.items() if n not in METHODS_ONLY}

METHODS: dict[str, Any] = {n: f for n, f in SHOWN.items() if n not in NOT_METHODS} | {
    "backward": backward,
    "view": shapes.view_,
    "numpy": interop.numpy,
    "item": interop.item,
    "tolist": interop.tolist,
    "to": interop.to,
    "size": size,
    "dim": lambda self: self.ndim,
    "cpu": lambda self: self,
    "type_as": lambda self, other: interop.to(self, other.dtype),
    "new_tensor": factories.new_tensor,
    "new_zeros": factories.new_zeros,
    "new_ones": factories.new_ones,
    "new_full": factories.new_full,
    "new_empty": factories.new_zeros,
    "double": cast(dtypes.float64),
    "float": cast(dtypes.float32),
    "half": cast(dtypes.float16),
    "long": cast(dtypes.int64),
    "int": cast(dtypes.int32),
    "short": cast(dtypes.int16),
    "bool": cast(dtypes.bool_),
    "__array__": interop.array,
    "__bool__": interop.truth,
    "__float__": interop.to_float,
    "__int__": interop.to_int,
    "__index__": interop.to_index,
    "__len__": interop.length,
    "__format__": interop.format_number,
    "__repr__": printing.show,
    "__deepcopy__": interop.deepcopy,
    "__reduce__": interop.reduce,
    "__iter__": indexing.iterate,
    "__getitem__": indexing.getitem,
    "__setitem__": indexing.setitem,
    "__hash__": object.__hash__,
    "__add__": plus,
    "__radd__": plus,
    "__iadd__": arithmetic.add_,
    "__sub__": minus,
    "__rsub__": arithmetic.rsub,
    "__isub__": arithmetic.sub_,
    "__mul__": multiply,
    "__rmul__": multiply,
    "__imul__": arithmetic.mul_,
    "__truediv__": divide,
    "__rtruediv__": divide_from,
    "__itruediv__": arithmetic.div_,
    "__pow__": arithmetic.pow,
    "__rpow__": power_of,
    "__ipow__": arithmetic.pow_,
    "__matmul__": products.matmul,
    "__mod__": arithmetic.remainder,
    "__rmod__": swapped(arithmetic.remainder),
    "__neg__": FUNCTIONS["neg"],
    "__pos__": lambda self: self,
    "__abs__": FUNCTIONS["abs"],
    "__invert__": FUNCTIONS["bitwise_not"],
    "__contains__": lambda self, element: bool((self == element).any()),
    "__eq__": compared("eq"),
    "__ne__": compared("ne"),
    "__lt__": FUNCTIONS["lt"],
    "__le__": FUNCTIONS["le"],
    "__gt__": FUNCTIONS["gt"],
    "__ge__": FUNCTIONS["ge"],
    "__and__": FUNCTIONS["bitwise_and"],
    "__rand__": FUNCTIONS["bitwise_and"],
    "__or__": FUNCTIONS["bitwise_or"],
    "__ror__": FUNCTIONS["bitwise_or"],
    "__xor__": FUNCTIONS["bitwise_xor"],
    "T": property(reversed_dims),
    "mT": property(lambda self: shapes.transpose(self, -2, -1)),
    "device": property(lambda _self: factories.CPU),
    "is_complex": lambda _self: False,
}

for _name, _method in METHODS.items():
    setattr(Tensor, _name, _method)
