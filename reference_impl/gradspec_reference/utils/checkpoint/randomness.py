"""The state of the random numbers, as it was when a function ran first; start at `as_it_was`."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec_reference.names import random

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager


def as_it_was(preserve: bool) -> Callable[[], AbstractContextManager[None]]:
    """Remember the state of now; return a block in which it is that again, and after it as before.

    Where it is not to be preserved, the block changes nothing.
    """
    if not preserve:
        return contextlib.nullcontext
    bits = random.default.numpy.bit_generator
    kind, state = type(bits), bits.state
    return lambda: _another(kind, state)


@contextlib.contextmanager
def _another(kind: type[Any], state: Any) -> Iterator[None]:
    outside = random.default.numpy
    bits = kind()
    bits.state = state
    random.default.numpy = np.random.Generator(bits)
    try:
        yield
    finally:
        random.default.numpy = outside
