"""What a tensor can do: torch's methods and signs, attached to `Tensor`; start at `METHODS`."""

from __future__ import annotations

from inspect import isfunction, signature, unwrap
from typing import TYPE_CHECKING, Any, Final

from gradspec_reference import autograd, dtypes
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.names import (
    arguments,
    copying,
    devices,
    interop,
    likeness,
    notation,
    printing,
    random,
    random_writes,
)
from gradspec_reference.names.functions import (
    aliases,
    arithmetic,
    assembly,
    complex_numbers,
    contractions,
    copies,
    counting,
    elementwise,
    indexing,
    joining,
    matrices,
    moments,
    normalised,
    pairs,
    parts,
    placing,
    products,
    queries,
    ranks,
    reductions,
    reshaping,
    running,
    scattering,
    selection,
    shapes,
    special,
    statistics,
    sums_of_products,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from gradspec_reference.dtypes import Scalar


def backward(
    self: Tensor,
    gradient: Any = None,
    retain_graph: Any = None,
    create_graph: Any = False,
    inputs: Any = None,
) -> None:
    """Add the gradient of this tensor to `.grad` of the leaves it depends on.

    `gradient` has this tensor's shape; it may be left out if there is one element.
    Source: torch.Tensor.backward docstring; errors as for autograd.backward.
    """
    autograd.backward(self, gradient, retain_graph, create_graph, inputs=inputs)


def size(self: Tensor, dim: int | None = None) -> Any:
    """Return the shape, or the length of one dimension (torch.Tensor.size)."""
    return self.shape if dim is None else self.shape[dim]


def where(self: Tensor, condition: Tensor, other: Tensor | Scalar) -> Tensor:
    """Return this tensor where the condition holds, other elsewhere (torch.Tensor.where)."""
    result: Tensor = selection.where(condition, self, other)
    return result


def type_as(self: Tensor, other: Tensor) -> Tensor:
    """Return the tensor in another tensor's dtype (torch.Tensor.type_as)."""
    return interop.to(self, other.dtype)


def cast(dtype: dtypes.DType) -> Callable[[Tensor], Tensor]:
    """Make the method that converts to a dtype."""

    def method(self: Tensor) -> Tensor:
        return interop.to(self, dtype)

    return elementwise.documented(method, dtype.name, f"Return the tensor as {dtype!r}.")


def named(module: ModuleType, names: str) -> dict[str, Any]:
    """Return functions of a module that are methods under the same names."""
    return {name: getattr(module, name) for name in names.split()}


FUNCTIONS: Final[dict[str, Any]] = {
    **named(
        elementwise,
        """
        abs absolute acos acosh asin asinh atan atanh bitwise_not ceil cos cosh deg2rad exp exp2
        expm1 floor frac isfinite isinf isnan isneginf isposinf log log10 log1p log2 logical_not
        neg negative rad2deg reciprocal relu round rsqrt sigmoid sign signbit sin sinh sqrt tan
        tanh trunc
        abs_ acos_ acosh_ asin_ asinh_ atan_ atanh_ bitwise_not_ ceil_ cos_ cosh_ deg2rad_ exp2_
        exp_ expm1_ floor_ frac_ log10_ log1p_ log2_ log_ logical_not_ neg_ rad2deg_ reciprocal_
        relu_ round_ rsqrt_ sigmoid_ sign_ sin_ sinh_ sqrt_ tan_ tanh_ trunc_
        bitwise_and_ bitwise_or_ bitwise_xor_ logical_and_ logical_or_ logical_xor_
        eq_ ne_ lt_ le_ gt_ ge_
        eq ne lt le gt ge bitwise_and bitwise_or bitwise_xor logical_and logical_or logical_xor
        """,
    ),
    **named(aliases, " ".join(aliases.__all__)),
    **aliases.METHODS,
    **named(
        arithmetic,
        """
        add sub subtract mul multiply div divide true_divide floor_divide pow square remainder
        add_ sub_ mul_ div_ floor_divide_ pow_ remainder_ square_
        """,
    ),
    **named(
        pairs,
        """
        addcdiv addcmul arctan2 atan2 copysign float_power fmax fmin fmod hypot lerp logaddexp
        logaddexp2 xlogy
        addcdiv_ addcmul_ arctan2_ atan2_ copysign_ float_power_ fmod_ hypot_ lerp_ xlogy_
        """,
    ),
    **named(
        special,
        """
        digamma erf erfc erfinv lgamma logit nan_to_num sinc
        digamma_ erf_ erfc_ erfinv_ lgamma_ logit_ nan_to_num_ polygamma_ sinc_
        """,
    ),
    **named(
        complex_numbers,
        """
        adjoint angle conj conj_physical conj_physical_ is_complex is_conj is_neg resolve_conj
        resolve_neg sgn sgn_
        """,
    ),
    **named(counting, "bincount unique"),
    **named(random, "bernoulli multinomial"),
    **named(random_writes, " ".join(random_writes.__all__)),
    **named(statistics, "corrcoef cov dist nanmedian nanquantile quantile"),
    **named(
        selection, "maximum minimum heaviside heaviside_ clamp clamp_ masked_fill masked_fill_"
    ),
    **named(copies, "clone contiguous copy_ fill_ zero_ apply_ map_"),
    **named(
        shapes,
        """
        reshape view_as flatten unflatten permute movedim transpose swapaxes t expand expand_as
        broadcast_to unsqueeze ravel reshape_as
        """,
    ),
    **named(
        parts,
        """
        narrow select diagonal unfold as_strided chunk unsafe_split unsafe_chunk unbind
        """,
    ),
    **named(assembly, "repeat flip roll tril tril_ triu triu_"),
    **named(reshaping, "t_ transpose_ swapaxes_ as_strided_ squeeze_ unsqueeze_ resize_ set_"),
    **named(indexing, "index_select gather take_along_dim masked_select"),
    **named(products, "dot vdot mv mm bmm matmul outer"),
    **named(
        sums_of_products,
        "addmm addmv addr baddbmm addbmm addmm_ addmv_ addr_ baddbmm_ addbmm_",
    ),
    **named(contractions, "inner kron"),
    **named(
        matrices,
        "det slogdet logdet inverse pinverse cholesky matrix_exp matrix_power trace cross",
    ),
    **named(
        reductions,
        """
        sum mean prod amax amin max min median argmax argmin argsort sort topk cumsum cumsum_
        """,
    ),
    **named(moments, "var std nansum nanmean"),
    **named(running, "cumprod cumprod_ cummax cummin logcumsumexp diff"),
    **named(
        placing,
        """
        index_add index_copy index_fill index_put masked_scatter take put
        index_add_ index_copy_ index_fill_ index_put_ masked_scatter_ put_
        """,
    ),
    **named(
        scattering,
        """
        scatter scatter_add scatter_reduce select_scatter slice_scatter diagonal_scatter
        diag diag_embed scatter_ scatter_add_ scatter_reduce_
        """,
    ),
    **named(joining, "fliplr flipud rot90 tensor_split tile"),
    **named(ranks, "mode kthvalue aminmax msort"),
    **named(normalised, "logsumexp softmax log_softmax norm"),
    **named(
        queries,
        """
        all allclose any argwhere count_nonzero equal is_floating_point is_nonzero is_same_size
        is_signed isclose isreal nonzero numel
        """,
    ),
    **named(interop, "numpy item tolist to"),
    **named(likeness, "new_tensor new_zeros new_ones new_full"),
}
"""The methods that are called as the function is."""

SIGNS: Final[dict[str, Any]] = {
    "__add__": notation.plus,
    "__radd__": notation.plus,
    "__iadd__": notation.tried(arithmetic.add_),
    "__sub__": notation.minus,
    "__rsub__": notation.minus_from,
    "__isub__": notation.tried(arithmetic.sub_),
    "__mul__": notation.multiply,
    "__rmul__": notation.multiply,
    "__imul__": notation.tried(arithmetic.mul_),
    "__truediv__": notation.divide,
    "__rtruediv__": notation.divide_from,
    "__itruediv__": notation.tried(arithmetic.div_),
    "__pow__": notation.tried(arithmetic.pow),
    "__rpow__": notation.tried(notation.power_of),
    "__ipow__": notation.tried(arithmetic.pow_),
    "__matmul__": notation.product,
    "__mod__": notation.tried(arithmetic.remainder),
    "__rmod__": notation.tried(notation.remainder_of),
    "__imod__": notation.tried(arithmetic.remainder_),
    "__floordiv__": notation.tried(arithmetic.floor_divide),
    "__rfloordiv__": notation.tried(notation.quotient_of),
    "__ifloordiv__": notation.tried(arithmetic.floor_divide_),
    "__neg__": unwrap(elementwise.neg),
    "__pos__": notation.plus_sign,
    "__abs__": unwrap(elementwise.abs),
    "__invert__": notation.inverted,
    "__contains__": notation.contains,
    "__eq__": notation.equals,
    "__ne__": notation.tried(elementwise.ne),
    "__lt__": notation.tried(elementwise.lt),
    "__le__": notation.tried(elementwise.le),
    "__gt__": notation.tried(elementwise.gt),
    "__ge__": notation.tried(elementwise.ge),
    "__and__": notation.tried(elementwise.bitwise_and),
    "__rand__": notation.tried(elementwise.bitwise_and),
    "__or__": notation.tried(elementwise.bitwise_or),
    "__ror__": notation.tried(elementwise.bitwise_or),
    "__xor__": notation.tried(elementwise.bitwise_xor),
    "__rxor__": notation.tried(elementwise.bitwise_xor),
    "__iter__": indexing.iterate,
    "__getitem__": indexing.getitem,
    "__setitem__": indexing.setitem,
    "__hash__": object.__hash__,
}

NAMED: Final = {
    **{
        name: name
        for name in (
            *("__rsub__", "__rpow__", "__floordiv__", "__rfloordiv__", "__rmod__", "__invert__"),
            *("__and__", "__or__", "__xor__", "__eq__", "__getitem__", "__setitem__"),
            *("__contains__", "__len__", "__float__", "__int__", "__index__", "__bool__"),
            *("__format__", "__reversed__"),
        )
    },
    "__rtruediv__": "__rdiv__",
}
"""Signs -> the names by which a caller's class is told of them, where no function has that name."""

PROTOCOLS: Final[dict[str, Any]] = {
    "__array__": interop.array,
    "__array_wrap__": interop.array_wrap,
    "__bool__": interop.truth,
    "__complex__": interop.to_complex,
    "__float__": interop.to_float,
    "__int__": interop.to_int,
    "__index__": interop.to_index,
    "__len__": interop.length,
    "__format__": interop.format_number,
    "__repr__": printing.show,
    "__deepcopy__": copying.deepcopy,
    "__reduce__": copying.reduce,
    "__reversed__": notation.reversed_rows,
}

METHODS: Final[dict[str, Any]] = {
    **FUNCTIONS,
    **SIGNS,
    **PROTOCOLS,
    "backward": backward,
    "polygamma": special.polygamma_of,
    "view": shapes.view_,
    "squeeze": shapes.squeeze_each,
    "split": parts.split_,
    "repeat_interleave": joining.repeat_interleave_,
    "where": where,
    "size": size,
    "dim": lambda self: self.ndim,
    "ndimension": lambda self: self.ndim,
    "nelement": queries.numel,
    "type": interop.type_,
    "is_cpu": property(lambda self: devices.of(self) is devices.CPU),
    "is_meta": property(lambda self: devices.of(self) is devices.META),
    "is_cuda": property(lambda _self: False),
    "itemsize": property(Tensor.element_size),
    "nbytes": property(lambda self: self.element_size() * self._array.size),
    "cpu": notation.on_cpu,
    "type_as": type_as,
    "new_empty": likeness.new_zeros,
    "cfloat": cast(dtypes.complex64),
    "cdouble": cast(dtypes.complex128),
    "double": cast(dtypes.float64),
    "float": cast(dtypes.float32),
    "half": cast(dtypes.float16),
    "bfloat16": cast(dtypes.bfloat16),
    "long": cast(dtypes.int64),
    "int": cast(dtypes.int32),
    "short": cast(dtypes.int16),
    "char": cast(dtypes.int8),
    "byte": cast(dtypes.uint8),
    "bool": cast(dtypes.bool_),
    "real": complex_numbers.REAL,
    "imag": complex_numbers.IMAG,
    "H": property(complex_numbers.hermitian),
    "mH": property(complex_numbers.adjoint),
    "T": property(notation.reversed_dims),
    "mT": property(notation.transposed_matrices),
    "device": property(devices.of),
}


def attach() -> None:
    """Give `Tensor` its methods, each behind its door; signs and what takes nothing need none."""
    for name, method in METHODS.items():
        bare = unwrap(method) if isfunction(method) and name not in SIGNS else method
        if name in SIGNS or name in PROTOCOLS or takes_nothing(bare):
            setattr(Tensor, name, bare)
        else:
            setattr(Tensor, name, arguments.checked(bare, method=True))
    for name, told in NAMED.items():
        vars(Tensor)[name].__name__ = told


def takes_nothing(method: Any) -> bool:
    """Tell whether a method has no arguments beside the tensor."""
    return not callable(method) or len(signature(method).parameters) == 1
