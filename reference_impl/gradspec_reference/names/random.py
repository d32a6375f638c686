"""Random tensors; equal seeds give equal numbers, which are not torch's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec_reference import dtypes
from gradspec_reference.engine.shapes import as_shape
from gradspec_reference.names.factories import check_device, made

if TYPE_CHECKING:
    from gradspec_reference.dtypes import DType
    from gradspec_reference.engine.tensor import Tensor

__all__ = [
    "Generator",
    "manual_seed",
    "rand",
    "rand_like",
    "randint",
    "randn",
    "randn_like",
    "randperm",
]


class Generator:
    """A source of random numbers (torch.Generator)."""

    def __init__(self, device: Any = None) -> None:
        check_device(device)
        self.numpy = np.random.default_rng(0)

    def manual_seed(self, seed: int) -> Generator:
        """Start the sequence that belongs to a seed."""
        self.numpy = np.random.default_rng(seed)
        return self


default = Generator()


def manual_seed(seed: int) -> Generator:
    """Seed the generator that is used by default (torch.manual_seed)."""
    return default.manual_seed(seed)


def _made(draw: Any, size: tuple[Any, ...], dtype: DType | None, requires_grad: bool) -> Tensor:
    numpy_dtype = (dtype or dtypes.get_default_dtype()).numpy
    return made(np.asarray(draw(as_shape(size)), numpy_dtype), requires_grad)


def rand(
    *size: Any,
    generator: Generator | None = None,
    dtype: DType | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return numbers uniform in [0, 1) (torch.rand)."""
    return _made((generator or default).numpy.random, size, dtype, requires_grad)


def randn(
    *size: Any,
    generator: Generator | None = None,
    dtype: DType | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return standard normal numbers (torch.randn)."""
    return _made((generator or default).numpy.standard_normal, size, dtype, requires_grad)


def randint(
    low: int,
    high: int,
    size: Any,
    *,
    generator: Generator | None = None,
    dtype: DType = dtypes.int64,
) -> Tensor:
    """Return whole numbers from low to high - 1 (torch.randint)."""
    draw = (generator or default).numpy.integers(low, high, as_shape((size,)))
    return made(np.asarray(draw, dtype.numpy), requires_grad=False)


def rand_like(input: Tensor, *, dtype: DType | None = None, requires_grad: bool = False) -> Tensor:
    """Return uniform numbers in a tensor's shape and dtype (torch.rand_like)."""
    return rand(input.shape, dtype=dtype or input.dtype, requires_grad=requires_grad)


def randn_like(input: Tensor, *, dtype: DType | None = None, requires_grad: bool = False) -> Tensor:
    """Return normal numbers in a tensor's shape and dtype (torch.randn_like)."""
    return randn(input.shape, dtype=dtype or input.dtype, requires_grad=requires_grad)


def randperm(n: int, *, generator: Generator | None = None) -> Tensor:
    """Return the numbers below n in random order (torch.randperm)."""
    return made((generator or default).numpy.permutation(n), requires_grad=False)
