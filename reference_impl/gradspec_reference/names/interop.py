"""In and out of the engine: Python numbers and NumPy arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec_reference import dtypes
from gradspec_reference.engine import warned
from gradspec_reference.engine.batched import Batched, one_number
from gradspec_reference.engine.modes import state
from gradspec_reference.engine.recording import apply
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.errors import ArrayRequiresGradError
from gradspec_reference.marked import Marked, settled
from gradspec_reference.meta import check_has_numbers, is_meta
from gradspec_reference.names import devices
from gradspec_reference.operators import OPERATORS

if TYPE_CHECKING:
    from gradspec_reference.dtypes import DType

OLD_NAMES: Final = {
    "bool": "Bool",
    "uint8": "Byte",
    "int8": "Char",
    "int16": "Short",
    "int32": "Int",
    "int64": "Long",
    "float16": "Half",
    "bfloat16": "BFloat16",
    "float32": "Float",
    "float64": "Double",
    "complex32": "ComplexHalf",
    "complex64": "ComplexFloat",
    "complex128": "ComplexDouble",
    **{dtype.name: dtype.name.capitalize() for dtype in dtypes.OF_8_BITS},
}


def numpy(self: Tensor, *, force: bool = False) -> np.ndarray[Any, Any]:
    """Return an array on the same memory (torch.Tensor.numpy).

    Raises ArrayRequiresGradError, unless in no_grad or with `force`, which detaches first.
    """
    may = self._grad_fn is not None or self._requires_grad or self._view is not None
    if may and not force and self.requires_grad and state.recording:
        raise ArrayRequiresGradError(
            "a tensor that requires grad was asked for a NumPy array, which would lose its "
            "history; use detach().numpy()"
        )
    array = self._array
    if isinstance(array, Marked):
        if not force:
            raise RuntimeError(
                "numpy() was asked of a view of conjugates, or of negatives, whose memory holds "
                "other numbers; use resolve_conj() or resolve_neg() first"
            )
        return settled(array)  # type: ignore[no-any-return]
    if array.dtype.num > dtypes.NUMPYS_LAST:
        raise TypeError(f"NumPy has no {self.dtype}; convert the tensor first, as with float()")
    if type(array) is np.ndarray:
        return array
    if type(self) is Batched:
        raise one_number()
    if is_meta(array):
        raise TypeError("a tensor on the device meta has no numbers to make an array of")
    return self.materialise()


def array(self: Tensor, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, Any]:
    """Serve numpy.asarray(tensor)."""
    return np.array(numpy(self), dtype=dtype, copy=copy)


def array_wrap(
    self: Tensor, array: Any, context: Any = None, return_scalar: bool = False
) -> Tensor:
    """Serve NumPy's own functions of tensors: their result is a tensor without history."""
    del self, context, return_scalar
    return Tensor(array.astype(np.uint8) if array.dtype == np.bool_ else array)


def item(self: Tensor) -> Any:
    """Return the only element as a Python number (torch.Tensor.item)."""
    check_has_numbers(self._array)
    if self._array.size != 1:
        raise RuntimeError(f"item() was called on {self._array.size} elements; there must be one")
    return self._array.item()


def tolist(self: Tensor) -> Any:
    """Return the elements as nested lists of Python numbers (torch.Tensor.tolist)."""
    check_has_numbers(self._array)
    return self._array.tolist()


def truth(self: Tensor) -> bool:
    """Return the truth of the only element; RuntimeError for several."""
    return bool(item(self))


def only_value(self: Tensor) -> Any:
    """Return the only element for Python's own conversions."""
    if self._array.size != 1:
        raise ValueError(f"a tensor of {self._array.size} elements is no number; it needs one")
    return item(self)


def real_value(self: Tensor) -> Any:
    """Return the only element, which must be a real number: RuntimeError if it is not."""
    value = only_value(self)
    if isinstance(value, complex):
        if value.imag:
            raise RuntimeError(f"{value} was to be converted to a real number; take real() first")
        return value.real
    return value


def to_complex(self: Tensor) -> complex:
    """Return the only element as a complex number; ValueError for several."""
    return complex(only_value(self))


def to_float(self: Tensor) -> float:
    """Return the only element as a float; ValueError for several, RuntimeError if not real."""
    return float(real_value(self))


def to_int(self: Tensor) -> int:
    """Return the only element as an int; ValueError for several, RuntimeError if not real."""
    return int(real_value(self))


def to_index(self: Tensor) -> int:
    """Return the only element as an index; TypeError unless it is an integer or a boolean."""
    if self._array.dtype.kind not in "iub" or self._array.size != 1:
        raise TypeError(
            f"a tensor of {self.dtype} with {self._array.size} elements was used as an index; it "
            "must be one integer"
        )
    return to_int(self)


def format_number(self: Tensor, spec: str) -> str:
    """Format the number of a tensor without dimensions; TypeError for a format of any other."""
    return object.__format__(self, spec) if self.ndim else format(item(self), spec)


def length(self: Tensor) -> int:
    """Return the length of the first dimension; TypeError for a 0-d tensor."""
    if not self.ndim:
        raise TypeError("a 0-d tensor has no length")
    return int(self._array.shape[0])


def type_(self: Tensor, dtype: DType | str | None = None) -> Tensor | str:
    """Return the tensor in another dtype, or the name of the type it has (torch.Tensor.type).

    The dtype may be such a name; ValueError for what is none.
    """
    if dtype is None:
        return f"torch.{OLD_NAMES[self.dtype.name]}Tensor"
    if not isinstance(dtype, str):
        return to(self, dtype)
    for name, old in OLD_NAMES.items():
        if dtype == f"torch.{old}Tensor":
            return to(self, dtypes.dtype_named(name))
    raise ValueError(f"a type was given as {dtype!r}; names are like torch.FloatTensor")


def to(
    self: Tensor,
    *args: Any,
    dtype: DType | None = None,
    device: Any = None,
    non_blocking: bool = False,
    copy: bool = False,
) -> Tensor:
    """Return the tensor in another dtype; the tensor itself if nothing changes (torch.Tensor.to).

    The first arguments may be a dtype, a device, or a tensor that has both; then come
    `non_blocking`, which means nothing here, and `copy`.
    """
    if args and type(args[0]) in (bool, float):  # as torch does, which takes them for their types
        args = (type(args[0]), *args[1:])
    flags = [argument for argument in args if isinstance(argument, bool)]
    copy = copy or flags[1:2] == [True]
    del non_blocking
    for argument in args:
        if (named := dtypes.of_type(argument)) is not None:
            dtype = named
        elif isinstance(argument, Tensor):
            dtype, device = argument.dtype, devices.of(argument)
        elif not isinstance(argument, bool):
            device = argument
    origin = devices.of(self)
    place = origin if device is None else devices.named(device)
    if place.type != origin.type:
        here = self if dtype is None else to(self, dtype)
        return apply(OPERATORS["move"], (here,), place.type, origin.type)
    if dtype is None or dtype.numpy == self._array.dtype:
        if not copy:
            return self
        dtype = self.dtype
    if self._array.dtype.kind == "c":
        warned.of_lost_part("c", dtype.numpy.kind)
    return apply(OPERATORS["cast"], (self,), dtype.numpy, self._array.dtype)
