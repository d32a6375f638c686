"""Random tensors; equal seeds give equal numbers, which are not torch's."""

from __future__ import annotations

import json
import math
import secrets
from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec_reference import dtypes
from gradspec_reference.engine import batched, recording
from gradspec_reference.engine.narrow import check_is_wider
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.names import likeness
from gradspec_reference.names.devices import check_device
from gradspec_reference.names.factories import lengths, made
from gradspec_reference.operators import OPERATORS
from gradspec_reference.operators.complex_numbers import complex_kernel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gradspec_reference.dtypes import DType
    from gradspec_reference.engine.shapes import LeftOut

__all__ = [
    "Generator",
    "bernoulli",
    "get_rng_state",
    "initial_seed",
    "manual_seed",
    "multinomial",
    "normal",
    "poisson",
    "rand",
    "rand_like",
    "randint",
    "randint_like",
    "randn",
    "randn_like",
    "randperm",
    "seed",
    "set_rng_state",
]

HALF_DEVIATION = math.sqrt(0.5)  # of each part of a number


class Generator:
    """A source of random numbers (torch.Generator)."""

    def __init__(self, device: Any = None) -> None:
        check_device(device)
        self.manual_seed(0)

    def manual_seed(self, seed: Any) -> Generator:
        """Start the sequence that belongs to a seed; ValueError unless it has 64 bits at most."""
        self._seed = int(seed)
        if not -(2**63) <= self._seed < 2**64:
            raise ValueError(f"{seed} was given as a seed; it has more than 64 bits")
        self.numpy = np.random.default_rng(self._seed % 2**64)
        return self

    def seed(self) -> int:
        """Start a sequence that nobody has chosen, and return its seed."""
        return self.manual_seed(secrets.randbits(63))._seed

    def initial_seed(self) -> int:
        """Return the seed of the sequence, from zero on."""
        return self._seed % 2**64

    def get_state(self) -> Tensor:
        """Return where the sequence is, as a tensor of bytes that `set_state` takes."""
        written = json.dumps([self._seed, self.numpy.bit_generator.state])
        return Tensor(np.frombuffer(written.encode(), np.uint8).copy())

    def set_state(self, new_state: Tensor) -> Generator:
        """Go to where the sequence was; TypeError unless told so by a tensor of bytes."""
        if not isinstance(new_state, Tensor) or new_state.dtype is not dtypes.uint8:
            raise TypeError("set_state was given no tensor of bytes; give what get_state returned")
        self._seed, where = json.loads(new_state._array.tobytes())
        self.numpy.bit_generator.state = where
        return self


default = Generator()


def manual_seed(seed: Any) -> Generator:
    """Seed the generator that is used by default (torch.manual_seed)."""
    return default.manual_seed(seed)


def seed() -> int:
    """Seed the default generator with what nobody has chosen, and return that (torch.seed)."""
    return default.seed()


def initial_seed() -> int:
    """Return the seed of the default generator (torch.initial_seed)."""
    return default.initial_seed()


def get_rng_state() -> Tensor:
    """Return where the default generator is (torch.get_rng_state)."""
    return default.get_state()


def set_rng_state(new_state: Tensor) -> None:
    """Put the default generator back to where it was (torch.set_rng_state)."""
    default.set_state(new_state)


def source(generator: Generator | None) -> Generator:
    """Return the generator given, or the one used by default; TypeError for all else."""
    if generator is not None and not isinstance(generator, Generator):
        raise TypeError(f"a {type(generator).__name__} was given as a generator of random numbers")
    return generator or default


def state() -> Any:
    """Return where the default generator is in its sequence."""
    return default.numpy.bit_generator.state


def restore(where: Any) -> None:
    """Put the default generator back to where it was."""
    default.numpy.bit_generator.state = where


def _made(
    draw: Any,
    size: tuple[Any, ...],
    dtype: DType | None,
    requires_grad: bool | None,
    device: Any = None,
) -> Tensor:
    dtype = dtype or dtypes.get_default_dtype()
    if dtype.is_complex:
        return drawn(
            lambda shape: pairs(draw((*shape, 2)), dtype), lengths(size), requires_grad, device
        )
    if not dtype.is_floating_point:
        raise NotImplementedError(f"random numbers of {dtype} were asked for; use randint()")
    return drawn(
        lambda shape: np.asarray(draw(shape), dtype.numpy), lengths(size), requires_grad, device
    )


def pairs(parts: Any, dtype: DType) -> Any:
    """Return complex numbers of these parts."""
    return complex_kernel(parts[..., 0], parts[..., 1]).astype(dtype.numpy)


def drawn(
    draw: Any, shape: tuple[int, ...], requires_grad: bool | None, device: Any = None
) -> Tensor:
    """Return a leaf of random numbers; inside vmap, as it says how they are drawn."""
    levels = batched.drawing()
    sizes = tuple(level.size for level in levels)
    result = made(draw((*sizes, *shape)), requires_grad, device)
    for level in reversed(levels):
        result = batched.wrap(level, result)
    return result


def rand(
    *size: int | Sequence[int],
    generator: Any = None,
    dtype: DType | None = None,
    requires_grad: bool | None = False,
    device: Any = None,
) -> Tensor:
    """Return numbers uniform in [0, 1) (torch.rand)."""
    check_is_wider("rand", dtype)
    return _made(source(generator).numpy.random, size, dtype, requires_grad, device)


def randn(
    *size: int | Sequence[int],
    generator: Any = None,
    dtype: DType | None = None,
    requires_grad: bool | None = False,
    device: Any = None,
) -> Tensor:
    """Return standard normal numbers (torch.randn)."""
    normal = source(generator).numpy.standard_normal
    if dtype is not None and dtype.is_complex:  # so that a number varies by one, as real ones do
        return _made(
            lambda shape: normal(shape) * HALF_DEVIATION, size, dtype, requires_grad, device
        )
    return _made(normal, size, dtype, requires_grad, device)


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
    shape = lengths((given,))
    if start >= end:
        raise RuntimeError(f"randint was asked for numbers from {start} to {end}, exclusive")
    integers = source(generator).numpy.integers
    return drawn(
        lambda shape: np.asarray(integers(start, end, shape), dtype.numpy),
        shape,
        requires_grad,
        device,
    )


def rand_like(
    input: Tensor, *, dtype: DType | None = None, requires_grad: bool | None = False
) -> Tensor:
    """Return uniform numbers in a tensor's shape and dtype (torch.rand_like)."""
    made = rand(input.shape, dtype=dtype or input.dtype)
    return likeness.like(input, made._array, requires_grad, None)


def randint_like(
    input: Tensor,
    low: int | Tensor,
    high: int | LeftOut = None,
    *,
    dtype: DType | None = None,
    requires_grad: bool | None = False,
) -> Tensor:
    """Return whole numbers in a tensor's shape and dtype (torch.randint_like)."""
    if isinstance(low, Tensor):
        if low.numel() != 1:
            raise RuntimeError(f"randint_like was given {low.numel()} ends; give one")
        low = int(low)
    start, end = (0, low) if high is None else (low, high)
    made = randint(start, end, input.shape, dtype=dtype or input.dtype)
    return likeness.like(input, made._array, requires_grad, None)


def randn_like(
    input: Tensor, *, dtype: DType | None = None, requires_grad: bool | None = False
) -> Tensor:
    """Return normal numbers in a tensor's shape and dtype (torch.randn_like)."""
    made = randn(input.shape, dtype=dtype or input.dtype)
    return likeness.like(input, made._array, requires_grad, None)


def randperm(n: int, *, generator: Any = None) -> Tensor:
    """Return the numbers below n in random order (torch.randperm)."""
    if n < 0:
        raise RuntimeError(f"randperm was given {n}; give none or more")
    permutation = source(generator).numpy.permutation
    return drawn(lambda sizes: permuted(permutation, n, sizes), (n,), requires_grad=False)


def permuted(permutation: Any, n: int, shape: tuple[int, ...]) -> Any:
    """Return the numbers below n in random order, as often as a shape says."""
    rows = [permutation(n) for _ in range(math.prod(shape[:-1]))]
    return np.array(rows, np.int64).reshape(shape)


# drawn with what tensors say ------------------------------------------------------------
def check_floating(name: str, *given: Any) -> None:
    """Refuse probabilities and moments that are whole numbers or flags."""
    for each in given:
        if isinstance(each, Tensor) and not each.dtype.is_floating_point:
            raise NotImplementedError(f"{name} was given {each.dtype}; convert it with float()")


def bernoulli(input: Tensor, *, generator: Any = None) -> Tensor:
    """Return 1 with the probability that each entry says, else 0 (torch.bernoulli).

    The result requires grad if the probabilities do, and passes zero back.
    """
    numpy = source(generator).numpy
    input = batched.to_draw_with(input)
    if input.numel():
        check_floating("bernoulli", input)
    if not np.all((input._array >= 0) & (input._array <= 1)):
        raise RuntimeError("bernoulli was given what is no probability; they lie in 0 to 1")
    return recording.apply(OPERATORS["bernoulli"], (input,), numpy)


def poisson(input: Tensor, generator: Any = None) -> Tensor:
    """Return counts of the rate that each entry says (torch.poisson); they pass zero back."""
    numpy = source(generator).numpy
    input = batched.to_draw_with(input)
    check_floating("poisson", input)
    if not np.all(input._array >= 0):
        raise RuntimeError("poisson was given a negative rate")
    return recording.apply(OPERATORS["poisson"], (input,), numpy)


def normal(
    mean: Tensor | float = 0.0,
    std: Tensor | float = 1.0,
    size: Sequence[int] | LeftOut = None,
    *,
    generator: Any = None,
    dtype: DType | None = None,
    requires_grad: bool | None = False,
) -> Tensor:
    """Return normal numbers of the moments given; numbers alone need a size (torch.normal).

    The result requires grad if a moment does, and passes zero back.
    """
    numpy = source(generator).numpy
    kind = isinstance(mean, Tensor) + 2 * isinstance(std, Tensor)
    if kind and size is not None:
        raise TypeError("normal was given a size beside moments that are tensors and have one")
    first: Any = mean if isinstance(mean, Tensor) else std
    if not kind or first.numel():  # as in torch, whichever dtype has no entry
        check_floating("normal", first)
    if not np.all(getattr(std, "_array", std) >= 0):
        raise RuntimeError("normal was given a negative standard deviation")
    if kind:
        mean, std = batched.to_draw_with(mean), batched.to_draw_with(std)
        made = recording.apply_pointwise(OPERATORS[f"normal{kind}"], (mean, std), numpy)
        return made if first.dtype.is_floating_point else made.to(first.dtype)
    if size is None:
        raise TypeError("normal was given two numbers and no size")
    return _made(lambda shape: numpy.normal(mean, std, shape), (size,), dtype, requires_grad)


def multinomial(
    input: Tensor, num_samples: int, replacement: bool = False, *, generator: Any = None
) -> Tensor:
    """Return places, drawn row by row with the weights given (torch.multinomial)."""
    input = batched.to_draw_with(input)
    numpy, array = source(generator).numpy, input._array
    if not input.dtype.is_floating_point or array.ndim not in {1, 2}:
        raise RuntimeError("multinomial needs floating-point weights in one row or several")
    total = array.sum(axis=-1, keepdims=True)
    if not (np.all(array >= 0) and np.all(np.isfinite(array)) and np.all(total > 0)):
        raise RuntimeError("multinomial needs finite weights, none negative and not all zero")
    if num_samples <= 0 or (not replacement and num_samples > array.shape[-1]):
        raise RuntimeError(f"multinomial cannot draw {num_samples} of {array.shape[-1]} places")
    if type(input) is batched.Batched:
        return Tensor(batched.each(of_rows, (array / total, numpy, num_samples, replacement), {}))
    return Tensor(of_rows(array / total, numpy, num_samples, replacement))


def of_rows(shares: Any, numpy: Any, count: int, replacement: bool) -> Any:
    """Draw places row by row."""
    *rows, length = shares.shape
    weights = shares.astype(np.float64).reshape(-1, length)
    found = [places(numpy, row / row.sum(), count, replacement) for row in weights]
    return np.array(found, np.int64).reshape(*rows, count)


def places(numpy: Any, shares: Any, count: int, replacement: bool) -> Any:
    """Draw places; those of weight zero come when the others are gone, as in torch."""
    possible = np.count_nonzero(shares)
    if replacement or count <= possible:
        return numpy.choice(len(shares), count, replacement, shares)
    first = numpy.choice(len(shares), possible, replace=False, p=shares)
    return np.concatenate([first, np.flatnonzero(shares == 0)[: count - possible]])
