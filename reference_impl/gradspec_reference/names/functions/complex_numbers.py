"""Complex numbers, their parts and conjugates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gradspec_reference import dtypes
from gradspec_reference.engine import recording
from gradspec_reference.marked import Conjugated, Negated
from gradspec_reference.names.functions import copies, parts, shapes
from gradspec_reference.names.functions.elementwise import unary_function, unary_inplace
from gradspec_reference.operators import OPERATORS

if TYPE_CHECKING:
    from gradspec_reference.engine.tensor import Tensor

__all__ = [
    "adjoint",
    "angle",
    "complex",
    "conj",
    "conj_physical",
    "conj_physical_",
    "imag",
    "is_complex",
    "is_conj",
    "is_neg",
    "polar",
    "real",
    "resolve_conj",
    "resolve_neg",
    "sgn",
    "view_as_complex",
    "view_as_real",
]

PAIR: Final = 2
HALVES: Final = (dtypes.float16, dtypes.float32, dtypes.float64)

angle = unary_function("angle")
sgn = unary_function("sgn")
sgn_ = unary_inplace("sgn")
conj_physical_ = unary_inplace("conj_physical")


def is_complex(input: Tensor) -> bool:
    """Tell whether the dtype is a complex one (torch.is_complex)."""
    return bool(input._array.dtype.kind == "c")


def complex(real: Tensor, imag: Tensor) -> Tensor:
    """Return real + i imag (torch.complex)."""
    check_parts("complex", real, imag)
    return recording.apply(OPERATORS["complex"], (real, imag))


def polar(abs: Tensor, angle: Tensor) -> Tensor:
    """Return the numbers of these sizes and angles (torch.polar)."""
    check_parts("polar", abs, angle)
    return recording.apply(OPERATORS["polar"], (abs, angle))


def check_parts(name: str, first: Tensor, second: Tensor) -> None:
    """Refuse parts that are not floating-point numbers of one dtype; RuntimeError."""
    for each in (first, second):
        if each.dtype not in HALVES:
            raise RuntimeError(f"{name} was given {each.dtype}; it makes numbers of real parts")
    if first.dtype is not second.dtype:
        raise RuntimeError(
            f"{name} was given {first.dtype} and {second.dtype}; convert one with to() first"
        )
    first.dtype.to_complex().numpy  # noqa: B018 - refused for halves, which NumPy does not pair


def view_as_real(input: Tensor) -> Tensor:
    """Return a view with the two parts as its last dimension (torch.view_as_real)."""
    if not is_complex(input):
        raise RuntimeError(f"view_as_real was given {input.dtype}; it shows complex numbers")
    if is_conj(input):
        raise RuntimeError("view_as_real was given a conjugate view; use resolve_conj() first")
    return recording.view(OPERATORS["view_as_real"], input)


def view_as_complex(input: Tensor) -> Tensor:
    """Return a view in which each pair is one number (torch.view_as_complex)."""
    if input.dtype not in HALVES:
        raise RuntimeError(f"view_as_complex was given {input.dtype}; it shows floating numbers")
    shape, steps = input._array.shape, input.stride()
    if not shape or shape[-1] != PAIR:
        raise RuntimeError(
            f"view_as_complex was given the shape {list(shape)}; the last dimension must be 2"
        )
    if steps[-1] != 1 or any(
        step % PAIR and n != 1 for step, n in zip(steps[:-1], shape, strict=False)
    ):
        raise RuntimeError(
            f"view_as_complex was given the strides {list(steps)}, whose pairs do not lie side by "
            "side; use contiguous() first"
        )
    if input.storage_offset() % PAIR:
        raise RuntimeError(
            f"view_as_complex was given the offset {input.storage_offset()} in memory, where no "
            "pair begins; use clone() first"
        )
    input.dtype.to_complex().numpy  # noqa: B018 - refused for halves, which NumPy does not pair
    return recording.view(OPERATORS["view_as_complex"], input)


def real(input: Tensor) -> Tensor:
    """Return a view of the real parts; of real numbers themselves (torch.real)."""
    if not is_complex(input):
        return input
    return parts.select(in_memory(input), -1, 0)


def imag(input: Tensor) -> Tensor:
    """Return a view of the imaginary parts; RuntimeError for real numbers (torch.imag)."""
    if not is_complex(input):
        raise RuntimeError(f"imag was given {input.dtype}; only complex numbers have such parts")
    pairs = in_memory(input)
    if is_conj(input):
        pairs = recording.view(OPERATORS["neg_view"], pairs)
    return parts.select(pairs, -1, 1)


def in_memory(input: Tensor) -> Tensor:
    """Return a view of both parts of the numbers in memory."""
    return view_as_real(conj(input) if is_conj(input) else input)


def conj(input: Tensor) -> Tensor:
    """Return a view of the conjugates; of real numbers themselves (torch.conj)."""
    if not is_complex(input):
        return input
    return recording.view(OPERATORS["conj"], input)


def conj_physical(input: Tensor) -> Tensor:
    """Return the conjugate in memory of its own; of real numbers themselves."""
    if not is_complex(input):
        return input
    return recording.unary(OPERATORS["conj_physical"], input)


def is_conj(input: Tensor) -> bool:
    """Tell whether a tensor shows the conjugates of its memory (torch.is_conj)."""
    return isinstance(input._array, Conjugated)


def is_neg(input: Tensor) -> bool:
    """Tell whether a tensor shows the negatives of its memory (torch.is_neg)."""
    return isinstance(input._array, Negated)


def resolve_conj(input: Tensor) -> Tensor:
    """Return a tensor whose memory holds its numbers: itself, or a copy (torch.resolve_conj)."""
    return copies.clone(input) if is_conj(input) else input


def resolve_neg(input: Tensor) -> Tensor:
    """Return a tensor whose memory holds its numbers: itself, or a copy (torch.resolve_neg)."""
    return copies.clone(input) if is_neg(input) else input


def adjoint(input: Tensor) -> Tensor:
    """Return the conjugates with the last two dimensions swapped (torch.adjoint)."""
    if input.ndim == 1:
        raise RuntimeError("adjoint was given a vector; it is of matrices")
    return conj(shapes.transpose(input, -2, -1) if input.ndim else input)


def hermitian(self: Tensor) -> Tensor:
    """Return the adjoint of a matrix (torch.Tensor.H)."""
    if self.ndim not in {0, PAIR}:
        raise RuntimeError(f"H was asked of {self.ndim} dimensions; it is for matrices, as mH is")
    return adjoint(self) if self.ndim else conj(self)


def part(read: Any, name: str) -> property:
    """Make the attribute that shows a part, and into which it is written."""

    def write(self: Tensor, value: Any) -> None:
        read(self).copy_(value)

    return property(read, write, doc=f"The {name} parts, in the same memory.")


REAL: Final = part(real, "real")
IMAG: Final = part(imag, "imaginary")
