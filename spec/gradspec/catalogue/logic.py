"""Truth values and bits: tests of each number, logic, and whole numbers bit by bit."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from gradspec.catalogue.domain import (
    ENDLESS,
    FEW,
    HIGH,
    HIGHEST,
    LOW,
    LOWEST,
    NUMBER_OR_NAN,
    ONE,
    WHOLE,
    ZERO,
)
from gradspec.catalogue.entrywise import IN_PLACE, one, two
from gradspec.catalogue.operator import CONSTANT, Operator, of, on, row


def asked(name: str, formula: Any, means: str = "") -> Operator:
    """Write the row of a test of each number, finite or not."""
    others = {"negative": LOW, "highest": HIGHEST, "lowest": LOWEST}
    numbers = {call: on(domain=domain) for call, domain in others.items()}
    array = on(3, 2, domain=ENDLESS)
    return one(name, formula, CONSTANT, HIGH, means=means, array=array, **numbers)


def logical(name: str, formula: Any, means: str) -> Operator:
    """Write the row of a connective, which takes what is not zero for true."""
    return two(
        *(f"{name}(x, other)", formula, CONSTANT, (HIGH, HIGH)),
        means=means,
        first=on(domain=HIGH, other=of(domain=ZERO)),
        second=on(domain=ZERO, other=of(domain=HIGH)),
        neither=on(domain=ZERO, other=of(domain=ZERO)),
        broadcast=on(3, 1, domain=FEW, other=of(4, domain=FEW)),
        array=on(2, 3, domain=FEW, other=of(2, 1, domain=FEW)),
        **IN_PLACE,
    )


def bitwise(name: str, formula: Any, sign: str) -> Operator:
    """Write the row of an operator on the bits of whole numbers."""
    called, means = f"{name}(x, other)", f"x {sign} other"
    array = on(2, 3, domain=WHOLE, other=of(2, 1, domain=WHOLE))
    return two(*(called, formula, CONSTANT, (WHOLE, WHOLE)), means=means, array=array, **IN_PLACE)


def close(
    x: Any, other: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> Any:
    """Say whether two numbers differ by no more than atol, and rtol of the second."""
    near = np.abs(x - other) <= atol + rtol * np.abs(other)
    both_nan = np.logical_and(np.isnan(x) & np.isnan(other), equal_nan)
    return (x == other) | (near & np.isfinite(other)) | both_nan


ROWS: Final = (
    asked("isinf", np.isinf),
    asked("isfinite", np.isfinite, "not (isinf(x) or isnan(x))"),
    asked("isposinf", np.isposinf, "x == inf"),
    asked("isneginf", np.isneginf, "x == ninf"),
    asked("signbit", lambda x: x < 0, "x < 0"),
    row(
        "isclose(x, other, rtol=1e-05, atol=1e-08, equal_nan=False)",
        *(close, CONSTANT, on(domain=LOW, other=of(domain=HIGH))),
        means="abs(x - other) <= atol + rtol * abs(other) "
        "or (equal_nan and isnan(x) and isnan(other))",
        same=on(domain=ONE, other=of(domain=ONE)),
        rtol=on(3, 1, other=of(4), rtol=0.5),
        atol=on(3, 1, other=of(4), atol=0.75),
        both=on(3, 1, other=of(4), rtol=0.5, atol=0.5),
        nan=on(3, 1, domain=NUMBER_OR_NAN, other=of(4, domain=NUMBER_OR_NAN)),
        equal_nan=on(3, 1, domain=NUMBER_OR_NAN, other=of(4, domain=NUMBER_OR_NAN), equal_nan=True),
        apart="equal_nan",
    ),
    logical("logical_and", np.logical_and, "bool(x) and bool(other)"),
    logical("logical_or", np.logical_or, "bool(x) or bool(other)"),
    logical("logical_xor", np.logical_xor, "bool(x) != bool(other)"),
    bitwise("bitwise_and", np.bitwise_and, "&"),
    bitwise("bitwise_or", np.bitwise_or, "|"),
    bitwise("bitwise_xor", np.bitwise_xor, "^"),
    one("bitwise_not", np.invert, CONSTANT, WHOLE, means="-x - 1", **IN_PLACE),
)
