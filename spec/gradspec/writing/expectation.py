"""`expect(x.grad).equals(8.0)`: what a clause demands, in words.

Each demand is a step of the program like any other, so a stored program still asserts.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradspec.judging.comparison import DEFAULT_ULPS
from gradspec.program.recording import current


class Expectation:
    """What is demanded of one result, an answer, or a list of them."""

    def __init__(self, subject: Any) -> None:
        self._subject = subject

    def _check(self, check: str, expected: Any = None, **options: Any) -> None:
        recorder = current.get()
        if recorder is None:
            message = "expect() belongs in a clause, or after open_engine()"
            raise RuntimeError(message)
        recorder.expect(self._subject, check, expected, options)

    # values ---------------------------------------------------------------------------
    def equals(self, expected: Any) -> None:
        """Exactly this value: shape and every entry; NaN equals NaN."""
        self._check("equals", expected)

    def is_close(
        self, expected: Any, *, ulps: float = DEFAULT_ULPS, scale: float | None = None
    ) -> None:
        """This value within `ulps` units in the last place of its largest entry."""
        options = {"ulps": ulps} if ulps != DEFAULT_ULPS else {}
        self._check("is_close", expected, **options, **({} if scale is None else {"scale": scale}))

    def lies_between(self, low: Any, high: Any, *, or_nan: bool = False) -> None:
        """A value whose every entry is within these bounds, which have its shape, or is NaN."""
        options = {"or_nan": True} if or_nan else {}
        self._check("lies_between", [np.asarray(low), np.asarray(high)], **options)

    def is_none(self) -> None:
        """None, and not a tensor of zeros."""
        self._check("is_none")

    def is_none_or_zero(self) -> None:
        """Nothing arrived: None, or zeros where an engine begins with them."""
        self._check("is_none_or_zero")

    def is_present(self) -> None:
        """A tensor, not None."""
        self._check("is_present")

    def has_shape(self, *shape: int) -> None:
        """A tensor of exactly this shape."""
        self._check("has_shape", tuple(shape))

    def has_dtype(self, dtype: str) -> None:
        """A tensor of exactly this data type."""
        self._check("has_dtype", dtype)

    # flags ----------------------------------------------------------------------------
    def is_true(self) -> None:
        """The flag is set."""
        self._check("is_flag", expected=True)

    def is_false(self) -> None:
        """The flag is not set."""
        self._check("is_flag", expected=False)

    # identity and memory --------------------------------------------------------------
    def is_same_object_as(self, other: Any) -> None:
        """One object of the engine under two names."""
        self._aliasing("same_object", other, expected=True)

    def is_another_object_than(self, other: Any) -> None:
        """Two objects of the engine."""
        self._aliasing("same_object", other, expected=False)

    def shares_memory_with(self, other: Any) -> None:
        """Writing to the one changes the other."""
        self._aliasing("shares_memory", other, expected=True)

    def has_its_own_memory_apart_from(self, other: Any) -> None:
        """Writing to the one leaves the other alone."""
        self._aliasing("shares_memory", other, expected=False)

    def _aliasing(self, act: str, other: Any, *, expected: bool) -> None:
        self.is_present()
        recorder = self._subject._recorder
        found = recorder.perform(act, self._subject, other)
        recorder.expect(found, "is_aliasing", expected, {})

    # life, structure, order, text -----------------------------------------------------
    def is_alive(self) -> None:
        """The watched tensor exists."""
        self._check_life(expected=True)

    def is_gone(self) -> None:
        """The watched tensor no longer exists."""
        self._check_life(expected=False)

    def _check_life(self, *, expected: bool) -> None:
        Expectation(self._subject.is_alive())._check("is_alive", expected)

    def has_structure(self, expected: Any) -> None:
        """Exactly these nodes, edges or counts."""
        self._check("is_structure", expected)

    def exceeds(self, other: Any) -> None:
        """A number larger than this one."""
        self._check("exceeds", other)

    def happened_in_order(self, expected: list[Any]) -> None:
        """Exactly these events, in this order."""
        self._check("in_order", expected)

    def contains(self, text: str) -> None:
        """A text that shows this."""
        self._check("contains", text)

    def lacks(self, text: str) -> None:
        """A text that does not show this."""
        self._check("lacks", text)


def expect(subject: Any) -> Expectation:
    """Begin a demand on a tensor, on an answer of the engine, or on a list of answers."""
    return Expectation(subject)
