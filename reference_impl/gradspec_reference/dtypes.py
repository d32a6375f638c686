"""Data types, and which one an operation on several of them has; start at `promoted_dtype`.

A tensor's category (boolean < integer < floating < complex) and then its width decide, but a Python
number or a 0-d tensor only has a say if its category is higher than that of the tensors with
dimensions (documentation of torch.result_type).
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from gradspec_reference.errors import NarrowTypeError, NoKernelError

try:
    import ml_dtypes
except ImportError:  # then the types that NumPy has not are names only
    ml_dtypes = None  # type: ignore[assignment]

Scalar = bool | int | float | complex
NumpyDType = np.dtype[Any]


class DType:
    """One data type, under torch's name; `numpy` is its NumPy counterpart."""

    __slots__ = (
        "category",
        "is_complex",
        "is_floating_point",
        "is_signed",
        "itemsize",
        "name",
        "numpy",
    )

    def __init__(self, name: str, numpy_type: type[np.generic]) -> None:
        self.name = name
        self.numpy: NumpyDType = np.dtype(numpy_type)
        self.is_floating_point = self.numpy.kind in FLOATING
        self.is_complex = self.numpy.kind == "c"
        self.is_signed = self.numpy.kind not in "bu" and name != "float8_e8m0fnu"
        self.itemsize = self.numpy.itemsize
        self.category = CATEGORY[self.numpy.kind]

    def __repr__(self) -> str:
        return f"torch.{self.name}"

    def __reduce__(self) -> tuple[Any, ...]:
        return dtype_named, (self.name,)

    def to_real(self) -> DType:
        """Return the dtype of real parts."""
        return REAL_OF.get(self, self)

    def to_complex(self) -> DType:
        """Return the dtype of complex numbers whose parts have this one; RuntimeError if none."""
        try:
            return COMPLEX_OF[self]
        except KeyError:
            raise RuntimeError(f"{self!r} has no complex counterpart") from None


class MissingDType(DType):
    """A data type that NumPy has not, where the library that adds it is not installed."""

    __slots__ = ()

    def __init__(self, name: str) -> None:
        self.name = name
        self.is_floating_point = True
        self.is_complex = False
        self.is_signed = name != "float8_e8m0fnu"
        self.itemsize = 2 if name == "bfloat16" else 1
        self.category = CATEGORY["V"]

    def __getattr__(self, name: str) -> Any:
        if name == "numpy":
            raise ImportError(
                f"{self!r} is of the library ml_dtypes, which is not here; install it, as "
                "pip install 'gradspec[types]' does"
            )
        raise AttributeError(f"a dtype has no attribute {name!r}")


class UnknownToNumPy(DType):
    """Complex numbers of two halves, which torch has and NumPy has not: a name only."""

    __slots__ = ()

    def __init__(self, name: str) -> None:
        self.name = name
        self.is_floating_point = False
        self.is_complex = self.is_signed = True
        self.itemsize = 4
        self.category = CATEGORY["c"]

    def __getattr__(self, name: str) -> Any:
        if name == "numpy":
            raise NoKernelError(f"NumPy has no {self!r}, nor has this engine; use torch.complex64")
        raise AttributeError(f"a dtype has no attribute {name!r}")


FLOATING: Final = "fV"
"""NumPy's letters for floating-point numbers; the second for those that it does not have itself."""
DIFFERENTIABLE: Final = "fVc"
"""The letters of numbers that have gradients: floating-point ones, and complex ones."""
FLOAT: Final = 2
"""The category of floating-point numbers, above which there are complex ones only."""
HALF: Final = "e"
"""NumPy's letter for float16, whose own kernels round at each of their steps."""
NUMPYS_LAST: Final = 255
"""The number of a NumPy dtype up to which it is NumPy's own."""
E4M3_LARGEST: Final = 448.0
E8M0_LEAST: Final = np.float32(2.0**-127)
CATEGORY: Final = {"b": 0, "u": 1, "i": 1, "f": FLOAT, "V": FLOAT, "c": 3}

bool_ = DType("bool", np.bool_)
uint8 = DType("uint8", np.uint8)
int8 = DType("int8", np.int8)
int16 = DType("int16", np.int16)
int32 = DType("int32", np.int32)
int64 = DType("int64", np.int64)
float16 = DType("float16", np.float16)
float32 = DType("float32", np.float32)
float64 = DType("float64", np.float64)
complex32 = UnknownToNumPy("complex32")
complex64 = DType("complex64", np.complex64)
complex128 = DType("complex128", np.complex128)


def narrow(name: str) -> DType:
    """Return a data type that NumPy has not, by its name in ml_dtypes."""
    return MissingDType(name) if ml_dtypes is None else DType(name, getattr(ml_dtypes, name))


bfloat16 = narrow("bfloat16")
float8_e4m3fn = narrow("float8_e4m3fn")
float8_e4m3fnuz = narrow("float8_e4m3fnuz")
float8_e5m2 = narrow("float8_e5m2")
float8_e5m2fnuz = narrow("float8_e5m2fnuz")
float8_e8m0fnu = narrow("float8_e8m0fnu")

OF_8_BITS: Final = (float8_e4m3fn, float8_e4m3fnuz, float8_e5m2, float8_e5m2fnuz, float8_e8m0fnu)
NARROW: Final = (bfloat16, *OF_8_BITS)
"""The types that NumPy has not; what computes with them computes in float32."""


def missing() -> tuple[DType, ...]:
    """Return the types that are names only, as the library that adds them is not installed."""
    return tuple(dtype for dtype in NARROW if isinstance(dtype, MissingDType))


_OWN: Final = (
    *(bool_, uint8, int8, int16, int32, int64),
    *(float16, float32, float64, complex64, complex128),
)
ALL: Final = _OWN if ml_dtypes is None else (*_OWN, *NARROW)
OF_NUMPY: Final[dict[NumpyDType, DType]] = {d.numpy: d for d in ALL}
_OF_TYPE: Final[dict[type, DType]] = {
    float: float64,
    int: int64,
    bool: bool_,
    complex: complex128,
}
_NAMED: Final = {d.name: d for d in (*_OWN, *NARROW, complex32)}
REAL_OF: Final = {complex32: float16, complex64: float32, complex128: float64}
COMPLEX_OF: Final = {
    **{real: dtype for dtype, real in REAL_OF.items()},
    **{dtype: dtype for dtype in REAL_OF},
    bfloat16: complex64,
}


class _Default:
    """The dtype of tensors made from Python floats."""

    dtype = float32


def of_type(kind: Any) -> DType | None:
    """Return a dtype, or the one that a Python type of numbers stands for; None for all else."""
    if isinstance(kind, DType):
        return kind
    return _OF_TYPE.get(kind) if isinstance(kind, type) else None


def dtype_named(name: str) -> DType:
    """Return the dtype of that name."""
    return _NAMED[name]


def is_narrow(dtype: NumpyDType) -> bool:
    """Tell whether what computes with a type computes in float32 and rounds once."""
    return dtype.char == HALF or dtype.num > NUMPYS_LAST


def limits(dtype: NumpyDType) -> Any:
    """Return what NumPy, or the library that adds the type, knows of its least and largest."""
    if dtype.num > NUMPYS_LAST:
        return ml_dtypes.finfo(dtype)  # type: ignore[no-untyped-call]
    return np.finfo(dtype) if dtype.kind in "fc" else np.iinfo(dtype)


def within_ends(array: Any, dtype: NumpyDType) -> Any:
    """Return numbers as torch converts them to a dtype: what is beyond the ends of one is there.

    Of complex numbers the real parts are converted, unless to booleans.
    """
    if array.dtype.kind == "c" and dtype.kind not in "cb":
        array = array.real
    if dtype.num > NUMPYS_LAST:
        if dtype == float8_e4m3fn.numpy:
            return np.clip(array, -E4M3_LARGEST, E4M3_LARGEST)
        if dtype == float8_e8m0fnu.numpy:  # powers of two: it has neither zero nor a sign
            return np.maximum(np.abs(np.asarray(array, np.float32)), E8M0_LEAST)
    return array


def of(dtype: NumpyDType) -> DType:
    """Return torch's name for a NumPy dtype; TypeError if this engine does not have it."""
    try:
        return OF_NUMPY[dtype]
    except KeyError:
        raise TypeError(
            f"an array of dtype {dtype} was given; this engine has {', '.join(_NAMED)}; "
            "convert the array with astype first"
        ) from None


def get_default_dtype() -> DType:
    """Return the dtype that Python floats get (torch.get_default_dtype)."""
    return _Default.dtype


def set_default_dtype(dtype: DType) -> None:
    """Set the dtype that Python floats get; TypeError unless it is a floating one."""
    if not dtype.is_floating_point:
        raise TypeError(f"the default dtype must be a floating one, found {dtype}")
    _Default.dtype = dtype


def of_number(value: Scalar) -> DType:
    """Return the dtype that a tensor made from this Python number has."""
    if isinstance(value, bool):
        return bool_
    if isinstance(value, complex):
        return _Default.dtype.to_complex()
    if not isinstance(value, int | float):
        raise TypeError(f"a {type(value).__name__} was given where a tensor or number is needed")
    return int64 if isinstance(value, int) else _Default.dtype


def promote(a: DType, b: DType) -> DType:
    """Return the dtype of an operation on two tensors of equal rank in the rules."""
    if a is b:
        return a
    if a in OF_8_BITS or b in OF_8_BITS:
        raise NarrowTypeError(f"{a} and {b} have no common dtype; convert the narrow one with to()")
    if a.category != b.category:
        high, low = (a, b) if a.category > b.category else (b, a)
        return (
            promote(high, low.to_complex()) if high.is_complex and low.category == FLOAT else high
        )
    if complex32 in (a, b):
        return b if a is complex32 else a
    if bfloat16 in (a, b):
        return float32 if float16 in (a, b) else (b if a is bfloat16 else a)
    return of(np.promote_types(a.numpy, b.numpy))


JUST_ARRAYS: Final = frozenset({np.ndarray})


def promoted_dtype(*operands: Any) -> DType:
    """Return the dtype of an operation on these arrays and Python numbers.

    Operands are NumPy arrays or scalars and Python numbers.  Those with dimensions decide; 0-d
    arrays, then numbers, count only if their category is higher.
    """
    if JUST_ARRAYS.issuperset(map(type, operands)) and len({x.dtype for x in operands}) == 1:
        return of(operands[0].dtype)  # the commonest case, at a glance
    result: DType | None = None
    for rank in (0, 1, 2):
        voice: DType | None = None
        for operand in operands:
            if _rank(operand) == rank:
                dtype = of_number(operand) if rank == 2 else of(operand.dtype)  # noqa: PLR2004
                voice = dtype if voice is None else promote(voice, dtype)
        if voice is not None and (result is None or voice.category > result.category):
            result = beside(voice, result)
    if result is None:
        raise TypeError("a result type was asked for without any operand; give at least one")
    return result


def beside(higher: DType, result: DType | None) -> DType:
    """Return a dtype of a higher category than what tensors of more say have in common.

    Complex numbers beside floating-point ones are as wide as these.
    """
    if higher.is_complex and result is not None and result.category == FLOAT:
        return result.to_complex()
    return higher


def _rank(operand: Any) -> int:
    """0 for arrays with dimensions, 1 for 0-d ones, 2 for Python numbers."""
    if isinstance(operand, np.ndarray) and operand.ndim:
        return 0
    return 1 if isinstance(operand, np.ndarray | np.generic) else 2


def can_cast(from_: DType, to: DType) -> bool:
    """Tell whether an in-place operation may store one dtype in the other (torch.can_cast)."""
    return from_.category <= to.category


NUMBERS: Final = (int, float, np.bool_, np.integer, np.floating)


def check_holds(dtype: NumpyDType, *values: Any) -> None:
    """Refuse numbers that a floating dtype would make infinite."""
    for value in values if dtype.kind in "fV" else ():
        if isinstance(value, float) and math.isfinite(value):
            number_for(value, dtype)


def number_for(value: Any, dtype: NumpyDType) -> Any:
    """Return a number as a dtype holds it; RuntimeError if it cannot, TypeError unless a number.

    A negative integer may stand for an unsigned one, as in torch.
    """
    if dtype.kind == "c":
        return complex_number_for(value, dtype)
    if dtype.kind == "b" and isinstance(value, complex):
        return np.bool_(value)
    if not isinstance(value, NUMBERS):
        kind = RuntimeError if isinstance(value, complex) else TypeError
        raise kind(f"{value!r} was to be stored in a tensor of {dtype}; give a number or a tensor")
    if dtype.kind == "b":
        return np.bool_(value)
    ends = limits(dtype)
    wraps = dtype.kind == "u" and isinstance(value, int)
    low, high = (float(n) if dtype.kind in "fV" else int(n) for n in (ends.min, ends.max))
    if of(dtype) is float8_e8m0fnu and isinstance(value, int):
        low = -high  # which lose their sign
    if not (-high if wraps else low) <= value <= high and (
        dtype.kind not in "fV" or math.isfinite(value)
    ):
        raise RuntimeError(f"{value} was to be stored in a tensor of {dtype}, which cannot hold it")
    number = np.asarray(value if dtype.kind in "fV" else int(value))
    return within_ends(number, dtype).astype(dtype)[()]


def complex_number_for(value: Any, dtype: NumpyDType) -> Any:
    """Return a number as a complex dtype holds it: each of its parts must fit."""
    if not isinstance(value, (*NUMBERS, complex, np.complexfloating)):
        raise TypeError(f"{value!r} was to be stored in a tensor of {dtype}; give a number")
    of_parts = of(dtype).to_real().numpy
    parts = [number_for(part, of_parts) for part in (value.real, value.imag)]
    return dtype.type(complex(*parts))
