"""What writes into its first operand and has no other form, and the augmented assignments.

The result of a formula here is what the operand holds afterwards.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from gradspec.catalogue import elementary, special
from gradspec.catalogue.entrywise import ARITHMETIC
from gradspec.catalogue.operator import CONSTANT, LINEAR, REFUSED, Operator, of, on, row
from gradspec.catalogue.signature import Signature

PLAIN: Final = {operator.name: operator for operator in ARITHMETIC}
WRITES: Final[dict[str, Any]] = {"inplace": True, "method": True}


def augmented(name: str, sign: str, plain: str) -> Operator:
    """Write the row of an augmented assignment: the arithmetic behind its sign."""
    operator = PLAIN[plain]
    _, second = operator.signature.names[:2]
    given = {"x": operator.calls[""]["x"], "other": operator.calls[""][second]}
    return replace(
        operator.form_in_place(),
        name=name,
        signature=Signature.read("x, other"),
        calls={"": given},
        means=f"x {sign.removesuffix('=')} other",
        sign=f"$result = $x\n$result {sign} $other",
        torch=None,
        method=False,
    )


def assigned(x: Any, index: Any, value: Any) -> Any:
    """Give x with other values at the index."""
    whole = x.copy()
    whole[index] = value
    return whole


AUGMENTED: Final = (
    augmented("iadd", "+=", "add"),
    augmented("isub", "-=", "sub"),
    augmented("imul", "*=", "mul"),
    augmented("itruediv", "/=", "div"),
    augmented("ipow", "**=", "pow"),
)
POLYGAMMA: Final = replace(
    next(
        operator for operator in special.FUNCTIONS if operator.name == "polygamma"
    ).form_in_place(),
    signature=Signature.read("x, n"),
    formula=lambda x, n: special.polygamma(n, x),
)
"""Where it is written in place, x comes first."""

REFUSED_IN_PLACE: Final = tuple(
    replace(operator.form_in_place(), smoothness=REFUSED)
    for operator in elementary.FUNCTIONS
    if operator.name in ("acosh", "asinh", "atanh")
)
"""Of which torch has a derivative, but not of their forms in place."""

ROWS: Final = (
    row("zero_(x)", lambda x: x * 0.0, LINEAR, on(2, 3), means="0", **WRITES),
    row(
        "fill_(x, value)",
        lambda x, value: x * 0.0 + value,
        LINEAR,
        on(2, 3, value=7.0),
        means="value",
        **WRITES,
    ),
    row(
        "copy_(x, other)",
        lambda x, other: x * 0.0 + other,
        LINEAR,
        on(2, 3, other=of(3)),
        means="other",
        **WRITES,
    ),
    row(
        *("resize_(x, *size)", lambda x, size: x.reshape(size), CONSTANT, on(2, 3, size=(3, 2))),
        **WRITES,
    ),
    row(
        "setitem(x, index, value)",
        *(assigned, LINEAR, on(2, 3, index=(0, slice(1, None)), value=of(2))),
        number=on(2, 3, index=1, value=7.0),
        columns=on(3, 4, index=(slice(1, None), [2, 0]), value=of(2, 2)),
        sign="$x[$index] = $value\n$x",
        torch=None,
        inplace=True,
    ),
    POLYGAMMA,
    *REFUSED_IN_PLACE,
    *AUGMENTED,
)
