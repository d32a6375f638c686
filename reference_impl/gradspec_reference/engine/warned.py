"""Warnings that are given once in a process; start at `once`."""

from __future__ import annotations

import warnings


class State:
    """Which warnings were given already, and whether they are given always."""

    given: set[str]
    always = False


State.given = set()


def once(said: str, stacklevel: int) -> None:
    """Give a warning, unless it was given before."""
    if said in State.given and not State.always:
        return
    State.given.add(said)
    warnings.warn(said, UserWarning, stacklevel=stacklevel + 1)


def of_lost_part(from_: str, to: str) -> None:
    """Warn that of numbers of one kind, complex ones, only the real parts are kept in another."""
    if from_ == "c" and to not in "cb":
        once(
            "complex numbers are converted to real ones, which drops their imaginary parts; take "
            "real() to say that this is meant",
            stacklevel=4,
        )
