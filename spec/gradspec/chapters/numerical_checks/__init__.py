"""Numerical checks.

A derivative can be wrong and look right.  What it cannot do is to agree with the function itself:
move an input a little to either side, divide the difference of the results by the way, and there is
the derivative, to half the digits, and without any rule.  gradcheck does that for every entry of
every input, and compares; gradgradcheck does it to the derivative.

A checker is itself held to this: right derivatives pass, and each kind of wrong one does not.
"""

from gradspec.chapters.numerical_checks import (
    agreement,
    what_is_owed,
    forward_mode,
    second_derivatives,
    refusals,
)

__all__ = ["agreement", "forward_mode", "refusals", "second_derivatives", "what_is_owed"]
