"""Arrays that show the conjugates, or the negatives, of the numbers in their memory.

`conj` of a tensor and `imag` of that are views, so they have the memory of what they are made of;
what NumPy computes with them, and stores in them, is told the numbers that they show.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

SHOWING: Final = frozenset(
    {
        *(np.reshape, np.transpose, np.swapaxes, np.moveaxis, np.expand_dims, np.squeeze),
        *(np.broadcast_to, np.diagonal, np.shape, np.ndim, np.size),
        *(np.lib.stride_tricks.as_strided, np.lib.stride_tricks.sliding_window_view),
    }
)
"""What shows the same memory in another way, and so goes on showing the same of it."""
ABOUT_MEMORY: Final = frozenset({np.may_share_memory, np.shares_memory})


class Marked(np.ndarray):
    """An array of which `turn` of the numbers in memory is shown; it undoes itself."""

    turn: Any = None

    def __array_ufunc__(
        self, ufunc: Any, method: str, *inputs: Any, out: Any = (), **options: Any
    ) -> Any:
        """Apply a function of NumPy's to the numbers that are shown, and store its results so."""
        if method == "at":
            target, *others = inputs
            numbers = settled(target)
            ufunc.at(numbers, *settled(tuple(others)))
            target[...] = numbers
            return None
        result = getattr(ufunc, method)(*settled(inputs), **settled(options))
        for place, held in enumerate(out):
            if held is not None:
                store(held, result[place] if isinstance(result, tuple) else result)
        return out[0] if len(out) == 1 else out or result

    def __array_function__(self, function: Any, types: Any, args: Any, options: Any) -> Any:
        """Apply any other function of NumPy's to the numbers that are shown."""
        del types
        if function in SHOWING:  # some of which return plain arrays
            found = function(self.view(np.ndarray), *args[1:], **options)
            return found.view(type(self)) if isinstance(found, np.ndarray) else found
        if function in ABOUT_MEMORY:
            return function(*map(bare, args), **options)
        if function is np.copyto:
            target, *others = args
            return store(target, *settled(tuple(others)), **settled(options))
        return function(*settled(args), **settled(options))

    def __getitem__(self, key: Any) -> Any:
        found = super().__getitem__(key)
        return found if isinstance(found, np.ndarray) else type(self).turn(found)

    def __setitem__(self, key: Any, value: Any) -> None:
        self.view(np.ndarray)[key] = type(self).turn(np.asarray(settled(value), self.dtype))

    def astype(self, *args: Any, **options: Any) -> Any:
        """Return the numbers that are shown in another dtype."""
        return settled(self).astype(*args, **options)

    def copy(self, order: Any = "C") -> Any:
        """Return the numbers that are shown in memory of their own."""
        return settled(self).copy(order)

    def item(self, *args: Any) -> Any:
        """Return one number as Python has it."""
        return settled(self).item(*args)

    def tolist(self) -> Any:
        """Return the numbers in nested lists."""
        return settled(self).tolist()


class Conjugated(Marked):
    """The conjugates of what is in memory."""

    turn = np.conjugate

    @property  # type: ignore[misc]
    def real(self) -> Any:
        """The real parts."""
        return self.view(np.ndarray).real

    @property  # type: ignore[misc]
    def imag(self) -> Any:
        """The imaginary parts, which are the negatives of those in memory."""
        return self.view(np.ndarray).imag.view(Negated)


class Negated(Marked):
    """The negatives of what is in memory."""

    turn = np.negative


def bare(value: Any) -> Any:
    """Return the array of what is in memory."""
    return value.view(np.ndarray) if isinstance(value, Marked) else value


def settled(value: Any) -> Any:
    """Return plain arrays of the numbers that are shown, for those in arguments."""
    if isinstance(value, Marked):
        return type(value).turn(value.view(np.ndarray))
    if isinstance(value, dict):
        return {name: settled(each) for name, each in value.items()}
    if type(value) in {list, tuple}:
        return type(value)(map(settled, value))
    return value


def store(target: Any, values: Any, casting: Any = "same_kind", where: Any = True) -> None:
    """Store numbers in an array, so that it shows them."""
    if isinstance(target, Marked):
        np.copyto(target.view(np.ndarray), type(target).turn(values), casting, where)
    else:
        np.copyto(target, values, casting, where)


def conjugate_view(array: Any) -> Any:
    """Return a view of the conjugates; of what is one already, the memory itself."""
    return array.view(np.ndarray if isinstance(array, Conjugated) else Conjugated)


def negative_view(array: Any) -> Any:
    """Return a view of the negatives; of what is one already, the memory itself."""
    return array.view(np.ndarray if isinstance(array, Negated) else Negated)
