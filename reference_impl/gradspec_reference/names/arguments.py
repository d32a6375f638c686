"""The door: what a program passes is held to the annotations of the function behind it.

A call whose arguments have types that came in before costs one look-up.  Any other is read:
NumPy's keywords get torch's names, `out=` is taken off, and each argument must be of a kind that
its annotation names, or TypeError.  Elements of lists are looked at by those who use them.
"""

from __future__ import annotations

import functools
import inspect
import operator
from typing import TYPE_CHECKING, Any, Final, TypeVar

import numpy as np

from gradspec_reference import dtypes
from gradspec_reference.engine import inplace, overriding
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.errors import UnfitArgumentError

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

F = TypeVar("F", bound="Callable[..., Any]")

OF_NUMPY: Final = {
    "axis": "dim",
    "keepdims": "keepdim",
    "x": "input",
    "a": "input",
    "x1": "input",
    "x2": "other",
}
"""NumPy's names of arguments, which torch accepts."""

STORING: Final = """
    abs absolute acos acosh add addbmm addcdiv addcmul addmm addmv addr all amax amin aminmax
    any arange arccos arccosh arcsin arcsinh arctan arctan2 arctanh argmax argmin asin asinh
    atan atan2 atanh baddbmm bitwise_and bitwise_not bitwise_or bitwise_xor bmm bucketize cat
    ceil cholesky clamp column_stack concat copysign cos cosh cross cummax cummin cumprod
    cumsum deg2rad diag diff digamma div divide dot dstack eigh eigvalsh empty eq erf erfc
    erfinv exp exp2 expm1 eye fix float_power floor floor_divide fmax fmin fmod frac full
    gather ge gt heaviside hstack hypot index_add index_copy index_select inner inv inverse
    isneginf isposinf kron kthvalue le lerp lgamma linspace log log10 log1p log2 log_softmax
    logaddexp logaddexp2 logcumsumexp logical_and logical_not logical_or logical_xor logit
    logsumexp lt masked_select matmul matrix_norm matrix_power max maximum mean median min
    minimum mm mode msort mul multi_dot multiply mv nan_to_num nanmean nansum ne neg negative
    nonzero norm ones outer pinv polygamma pow prod qr rad2deg rand randint randn randperm
    reciprocal remainder round rsqrt scatter scatter_add scatter_reduce searchsorted sigmoid
    sign signbit sin sinc sinh slogdet softmax solve solve_triangular sort sqrt square stack
    std sub subtract sum svd svdvals take take_along_dim tan tanh tensordot topk tril triu
    true_divide trunc var vdot vecdot vstack where xlog1py xlogy zeros
"""
WITH_OUT: Final = frozenset(STORING.split())
"""The functions that can store their result in a tensor given as `out=`."""

NEEDS_DIM: Final = frozenset({"sum", "mean", "prod", "max", "min", "median", "nanmedian"})
"""Reductions that keep dimensions only if some are named."""

SIZES: Final = "int | Sequence[int]"
LARGEST: Final = 2**64


class Unfit:
    """What is no argument; of a class of its own, since a caller may give any object."""


UNFIT: Final = Unfit()


def only_element(value: Any, kinds: str) -> Any:
    """Return the number in a 0-d tensor whose dtype is of these kinds."""
    fits = isinstance(value, Tensor) and not value.ndim and value._array.dtype.kind in kinds
    return value.item() if fits and not value.requires_grad else UNFIT


def whole_number(value: Any) -> Any:
    """Accept integers, NumPy's and a tensor's too, but no booleans."""
    if isinstance(value, Tensor):
        return only_element(value, "iu")
    if isinstance(value, bool | np.bool_ | np.ndarray) or not hasattr(value, "__index__"):
        return UNFIT
    value = operator.index(value)
    if not -LARGEST // 2 <= value < LARGEST // 2:
        raise ValueError(f"{value} does not fit into 64 bits")
    return value


def number(value: Any) -> Any:
    """Accept numbers, NumPy's and a tensor's too."""
    if isinstance(value, np.number | np.bool_):
        value = value.item()
    if isinstance(value, int) and not -LARGEST // 2 <= value < LARGEST:
        raise OverflowError(f"{value} does not fit into 64 bits")
    return value if isinstance(value, int | float) else only_element(value, "biuf")


def any_number(value: Any) -> Any:
    """Accept numbers, complex ones too."""
    if isinstance(value, complex):  # NumPy's as well, of two doubles
        return complex(value)
    if isinstance(value, np.complexfloating):
        return value.item()
    real = number(value)
    return only_element(value, "c") if real is UNFIT else real


def dtype(value: Any) -> Any:
    """Accept dtypes, and Python's types of numbers in their place."""
    return dtypes.of_type(value) or UNFIT


def instance_of(*kinds: Any) -> Callable[[Any], Any]:
    """Make the kind of the instances of classes."""
    return lambda value: value if isinstance(value, kinds) else UNFIT


KINDS: Final[dict[str, Callable[[Any], Any]]] = {
    "Tensor": instance_of(Tensor),
    "Scalar": any_number,
    "float": number,
    "int": whole_number,
    "bool": instance_of(bool),
    "str": instance_of(str),
    "DType": dtype,
    "Sequence[int]": instance_of(tuple, list),
    "Sequence[Tensor]": instance_of(tuple, list),
    "np.ndarray[Any, Any]": instance_of(np.ndarray),
    "None": instance_of(type(None)),
    "LeftOut": lambda _value: UNFIT,
    "Any": lambda value: value,
}
"""What each word of an annotation accepts: the value to be used, or UNFIT."""


class Signature:
    """What a function accepts: its parameters, and the kinds of each."""

    def __init__(self, function: Callable[..., Any], *, method: bool, numpy: bool) -> None:
        self.python = inspect.signature(function)
        self.numpy = numpy
        self.name = function.__name__
        self.kinds = {
            name: [KINDS.get(word, KINDS["Any"]) for word in parameter.annotation.split(" | ")]
            for name, parameter in self.python.parameters.items()
        }
        all_of_them = self.python.parameters.values()
        several = [p for p in all_of_them if p.kind is p.VAR_POSITIONAL and p.annotation == SIZES]
        self.sizes = several[0].name if several else None
        self.sizes_needed = bool(several) and not any(
            p.default is not p.empty for p in all_of_them if p.kind is p.POSITIONAL_OR_KEYWORD
        )
        first = next(iter(self.kinds), "")
        if method:  # a number cannot stand for the tensor whose method it is
            self.kinds[first] = [KINDS["Tensor"]]
        # torch's functions take a list where its methods also take numbers one by one
        self.needs_list = bool(several) and not method and first != self.sizes

    def read(self, args: tuple[Any, ...], keywords: dict[str, Any]) -> tuple[Any, Any]:
        """Return the arguments in the form in which the function uses them; TypeError otherwise."""
        named = {self.torch_name(name): value for name, value in keywords.items()}
        sizes = named.pop(self.sizes or "", UNFIT)
        bound = self.python.bind(*args, **named).arguments
        if self.sizes is not None and sizes is not UNFIT:
            if self.sizes in bound:
                raise TypeError(f"{self.name}() was given {self.sizes!r} twice")
            bound[self.sizes] = (sizes,)
        if self.sizes_needed and self.sizes not in bound:
            raise TypeError(f"{self.name}() is missing its argument {self.sizes!r}")
        if "stable" in named and "descending" in self.kinds and len(args) > 1:
            raise TypeError(f"{self.name}() was given stable; give the rest by keyword then, too")
        if isinstance(named.get("dim"), bool):
            raise TypeError(f"{self.name}() was given a boolean for dim; a dimension is a number")
        if isinstance(named.get("src"), int | float | complex):
            raise TypeError(f"{self.name}() was given a number as src; give it as value")
        if "keepdim" in bound and "dim" not in bound and self.name in NEEDS_DIM:
            raise TypeError(f"{self.name}() was given keepdim without dim; name the dimensions")
        positional: list[Any] = []
        for name, value in bound.items():
            if name == self.sizes:
                positional += self.read_sizes(value)
            elif self.python.parameters[name].kind is inspect.Parameter.VAR_POSITIONAL:
                positional += value
            elif name in named and (self.sizes not in bound or self.is_keyword(name)):
                named[name] = self.fitting(name, value)
            else:
                named.pop(name, None)
                positional.append(self.fitting(name, value))
        return positional, named

    def is_keyword(self, name: str) -> bool:
        """Tell whether a parameter is given by its name only."""
        return self.python.parameters[name].kind is inspect.Parameter.KEYWORD_ONLY

    def torch_name(self, name: str) -> str:
        """Return torch's name of a keyword that may be NumPy's."""
        return OF_NUMPY.get(name, name) if self.numpy and name not in self.kinds else name

    def read_sizes(self, values: tuple[Any, ...]) -> tuple[Any, ...]:
        """Check numbers given one by one, or one list of them."""
        if len(values) == 1 and isinstance(values[0], tuple | list):
            return values
        if self.needs_list:
            raise TypeError(f"{self.name}() needs a list of integers as {self.sizes!r}")
        assert self.sizes is not None
        return tuple(self.fitting(self.sizes, value) for value in values)

    def fitting(self, name: str, value: Any) -> Any:
        """Return a value as one of the kinds of its parameter; TypeError if it is of none."""
        for kind in self.kinds[name]:
            fit = kind(value)
            if fit is not UNFIT:
                return fit
        raise UnfitArgumentError(
            f"{self.name}() was given {type(value).__name__} for {name!r}; it needs "
            f"{self.python.parameters[name].annotation}"
        )


def checked(function: F, *, method: bool = False, out: bool = False, numpy: bool = True) -> F:
    """Put the door before a function: as one of the package or, if `method`, of tensors.

    `out` says whether it can store its result in a tensor, `numpy` whether NumPy's names will do.
    """
    signature = Signature(function, method=method, numpy=numpy)
    let_in: set[Any] = set()

    @functools.wraps(function)
    def call(
        first: Any = UNFIT,
        second: Any = UNFIT,
        third: Any = UNFIT,
        /,
        *rest: Any,
        **keywords: Any,
    ) -> Any:
        if not (rest or keywords):  # the commonest calls, without a loop
            if second is UNFIT:
                if type(first) in let_in:
                    return function(first)
            elif third is UNFIT:
                if (type(first), type(second)) in let_in:
                    return function(first, second)
            elif (type(first), type(second), type(third)) in let_in:
                return function(first, second, third)
        args = tuple([value for value in (first, second, third, *rest) if value is not UNFIT])
        types = (*map(type, args), *keywords, *map(type, keywords.values()))
        if types in let_in:
            return function(*args, **keywords)
        asked = overriding.among((*args, *keywords.values()))
        if asked and overriding.asking.on:
            return overriding.answer(call, asked, args, keywords)
        if out and "out" in keywords:
            return call_with_out(function, signature, args, keywords)
        positional, named = signature.read(args, keywords)
        same = is_same(
            (*positional, *named, *named.values()), (*args, *keywords, *keywords.values())
        )
        if same and not asked and not (overriding.Made.any and LISTS & {*types}):
            let_in.add(type(first) if len(types) == 1 else types)
        return function(*positional, **named)

    doors.append(let_in)
    return call  # type: ignore[return-value]


doors: Final[list[set[Any]]] = []
"""What each door lets in without a look."""

LISTS: Final = frozenset({list, tuple})


def forget_lists() -> None:
    """Have lists looked into from now on: a class of tensors in one may have to be asked."""
    for let_in in doors:
        let_in -= {
            types for types in let_in if LISTS & {*(types if type(types) is tuple else (types,))}
        }


def is_same(values: Any, given: Any) -> bool:
    """Tell whether nothing was converted."""
    return len(values) == len(given) and all(map(operator.is_, values, given))


def call_with_out(function: Any, signature: Signature, args: Any, keywords: Any) -> Any:
    """Call a function and store its results in what was given as `out=`."""
    out = keywords.pop("out")
    positional, named = signature.read(args, keywords)
    result = function(*positional, **named)
    return result if out is None else written_to(out, result, (*positional, *named.values()))


def put_doors(family: ModuleType, *, numpy: bool = True) -> None:
    """Put the door before each public function of a module."""
    for name in family.__all__:
        function = getattr(family, name)
        if inspect.isfunction(function) and not hasattr(function, "__wrapped__"):
            setattr(family, name, checked(function, out=numpy and name in WITH_OUT, numpy=numpy))


def written_to(out: Any, result: Any, operands: tuple[Any, ...]) -> Any:
    """Store one result, or each of several, in what was given as `out=`."""
    if isinstance(result, Tensor):
        if not isinstance(out, Tensor):
            raise TypeError(f"out= was given {type(out).__name__}; it must be a tensor")
        if any(out is operand for operand in operands):  # then it is written in place
            inplace.check_result(out.materialise(), result._array)
        return inplace.into_out(out, result, operands)
    if not isinstance(out, tuple | list) or len(out) != len(result):
        raise TypeError(f"out= must be {len(result)} tensors here, one for each result")
    pairs = zip(out, result, strict=True)
    return type(result)(*(written_to(each, value, operands) for each, value in pairs))
