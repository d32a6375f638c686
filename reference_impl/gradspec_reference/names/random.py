"""Random tensors; equal seeds give equal numbers, which are not torch's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec_reference import dtypes
from gradspec_reference.names.devices import check_device
from gradspec_reference.names.factories import lengths, made

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gradspec_reference.dtypes import DType
    from gradspec_reference.engine.shapes import LeftOut
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


def source(generator: Generator | None) -> Generator:
    """Return the generator given, or the one used by default; TypeError for all else."""
    if generator is not None and not isinstance(generator, Generator):
        raise TypeError(f"a {type(generator).__name__} was given as a generator of random numbers")
    return generator or default


def _made(
    draw: Any, size: tuple[Any, ...], dtype: DType | None, requires_grad: bool | None
) -> Tensor:
    dtype = dtype or dtypes.get_default_dtype()
    if not dtype.is_floating_point:
        raise NotImplementedError(f"random numbers of {dtype} were asked for; use randint()")
    numpy_dtype = dtype.numpy
    return made(np.asarray(draw(lengths(size)), numpy_dtype), requires_grad)


def rand(
    *size: int | Sequence[int],
    generator: Any = None,
    dtype: DType | None = None,
    requires_grad: bool | None = False,
) -> Tensor:
    """Return numbers uniform in [0, 1) (torch.rand)."""
    return _made(source(generator).numpy.random, size, dtype, requires_grad)


def randn(
    *size: int | Sequence[int],
    generator: Any = None,
    dtype: DType | None = None,
    requires_grad: bool | None = False,
) -> Tensor:
    """Return standard normal numbers (torch.randn)."""
    return _made(source(generator).numpy.standard_normal, size, dtype, requires_grad)


def randint(
    low: int = 0,
    high: int | Sequence[int] | LeftOut = None,
    size: Sequence[int] | LeftOut = None,
    *,
    generator: Any = None,
    dtype: DType = dtypes.int64,
    requires_grad: bool | None = False,
    device: Any = None,
) -> Tensor:
    """Return whole numbers from low to high - 1, or from 0 to low - 1 (torch.randint)."""
    start, end, given = (low, high, size) if isinstance(high, int) else (0, low, size or high)
    if given is None:
        raise TypeError("randint was given no size; it needs a list of integers")
    check_device(device)
    shape = lengths((given,))
    if start >= end:
        raise RuntimeError(f"randint was asked for numbers from {start} to {end}, exclusive")
    draw = source(generator).numpy.integers(start, end, shape)
    return made(np.asarray(draw, dtype.numpy), requires_grad)


def rand_like(
    input: Tensor, *, dtype: DType | None = None, requires_grad: bool | None = False
) -> Tensor:
    """Return uniform numbers in a tensor's shape and dtype (torch.rand_like)."""
    return rand(input.shape, dtype=dtype or input.dtype, requires_grad=requires_grad)


def randn_like(
    input: Tensor, *, dtype: DType | None = None, requires_grad: bool | None = False
) -> Tensor:
    """Return normal numbers in a tensor's shape and dtype (torch.randn_like)."""
    return randn(input.shape, dtype=dtype or input.dtype, requires_grad=requires_grad)


def randperm(n: int, *, generator: Any = None) -> Tensor:
    """Return the numbers below n in random order (torch.randperm)."""
    if n < 0:
        raise RuntimeError(f"randperm was given {n}; give none or more")
    return made(source(generator).numpy.permutation(n), requires_grad=False)
