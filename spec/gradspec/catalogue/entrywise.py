"""Functions of each entry: arithmetic, functions of one variable, comparisons.

They are called on numbers, which an engine of scalars has too, and on arrays; two operands are of
shapes that are both broadcast.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec.catalogue.domain import (
    ABOVE_MINUS_ONE,
    ABOVE_ZERO,
    BELOW_A_POLE,
    BELOW_ZERO,
    BOTH_SIGNS,
    EIGHTHS,
    FALSE,
    FEW,
    HIGH,
    INNER,
    LOW,
    NAN,
    NUMBER_OR_NAN,
    ODD,
    ODD_AND_NEGATIVE,
    ODD_AND_POSITIVE,
    ONE,
    POSITIVE,
    REAL,
    SPACED,
    SPREAD,
    TRUE,
    TRUTH,
    ZERO,
    ZERO_OR_ONE,
    Domain,
)
from gradspec.catalogue.ends import INF, NO_NUMBER, at, at_nan, far, outside
from gradspec.catalogue.operator import (
    ANALYTIC,
    CONSTANT,
    LINEAR,
    PIECEWISE,
    REFUSED,
    End,
    Given,
    Kink,
    Operator,
    Smoothness,
    of,
    on,
    or_nan,
    point,
    row,
)
from gradspec.catalogue.parts import modulus

if TYPE_CHECKING:
    from collections.abc import Callable


def one(
    name: str,
    formula: Callable[..., Any],
    smoothness: Smoothness = ANALYTIC,
    domain: Domain = REAL,
    **more: Any,
) -> Operator:
    """Write the row of a function of one operand."""
    calls = {"array": on(2, 3, domain=domain)} | more
    return row(f"{name}(x)", formula, smoothness, on(domain=domain), **calls)


def two(
    called: str,
    formula: Callable[..., Any],
    smoothness: Smoothness,
    domains: tuple[Domain, Domain] = (REAL, REAL),
    **more: Any,
) -> Operator:
    """Write the row of a function of two operands; `sign` is Python's."""
    second = called.rstrip(")").split(", ")[1]
    first, other = domains
    if "sign" in more:
        more["sign"] = f"$x {more['sign']} ${second}"
    numbers = on(domain=first, **{second: of(domain=other)})
    both = on(2, 1, domain=first, **{second: of(3, domain=other)})
    return row(called, formula, smoothness, numbers, **({"broadcast": both} | more))


def stepped(
    name: str, formula: Callable[..., Any], kinks: Any, options: str = "", **more: Any
) -> Operator:
    """Write the row of a step function, which is asked on either side of zero."""
    positive, negative = on(domain=ODD_AND_POSITIVE), on(domain=ODD_AND_NEGATIVE)
    more |= {"array": on(2, 3, domain=ODD), "negative": negative}
    called = f"{name}(x{options})"
    return row(called, formula, PIECEWISE, positive, kinks=kinks, keeps="", **more)


def either(called: str, formula: Callable[..., Any], **more: Any) -> Operator:
    """Write the row of a function that gives one of two operands, which of them decides."""
    rising = on(domain=LOW, other=of(domain=HIGH))
    falling = on(domain=HIGH, other=of(domain=LOW))
    both = on(3, 1, domain=SPREAD, other=of(4, domain=INNER))
    more = {"kinks": TIE} | more
    return row(called, formula, PIECEWISE, rising, falling=falling, broadcast=both, **more)


def compared(called: str, formula: Callable[..., Any], means: str, **more: Any) -> Operator:
    """Write the row of a comparison: of numbers in each order, and of arrays in all of them."""
    return two(
        *(called, formula, CONSTANT, (LOW, HIGH)),
        means=f"x {means} other",
        falling=on(domain=HIGH, other=of(domain=LOW)),
        equal=on(domain=ONE, other=of(domain=ONE)),
        broadcast=on(3, 1, domain=FEW, other=of(3, domain=FEW)),
        array=on(2, 3, domain=FEW, other=of(2, 1, domain=FEW)),
        has_inplace=True,
        **more,
    )


def real(x: Any) -> Any:
    """Give the number that a branch is decided by."""
    return np.real(x)


def larger(x: Any, other: Any) -> Any:
    """Give the larger of each pair."""
    return np.where((real(x) >= real(other)) | np.isnan(real(x)), x, other)


def smaller(x: Any, other: Any) -> Any:
    """Give the smaller of each pair."""
    return np.where((real(x) <= real(other)) | np.isnan(real(x)), x, other)


def size(x: Any) -> Any:
    """Give the absolute value; not the modulus of complex numbers, which is not analytic."""
    return np.where(real(x) >= 0, x, -x)


def remainder(x: Any, other: Any) -> Any:
    """Give what is left of x, with the sign of the divisor."""
    return less(x, other, np.floor_divide(real(x), real(other)))


def less(x: Any, other: Any, times: Any) -> Any:
    """Take so many times the other away."""
    return x - so_many(times, other)


def so_many(count: Any, x: Any) -> Any:
    """Give so many times x, and zero of what is taken no times, whatever it is."""
    shape = np.broadcast_shapes(np.shape(count), np.shape(x))
    none = np.zeros(shape, np.result_type(count, x, float))
    return np.multiply(count, x, out=none, where=count != 0)


def whole_quotient(x: Any, other: Any, rounding_mode: str) -> Any:
    """Give the whole number below x / other, or the one nearer to zero."""
    truncated = np.trunc(real(x) / real(other))
    quotient = rounded_down(x, other) if rounding_mode == "floor" else truncated
    return quotient.astype(np.result_type(real(x), real(other)))


def rounded_down(x: Any, other: Any) -> Any:
    """Give the whole number below x / other."""
    return np.floor_divide(real(x), real(other))


def heaviside(x: Any, values: Any) -> Any:
    """Give 0 below zero, 1 above it, and a value there."""
    return np.where(real(x) == 0, values, np.where(real(x) > 0, 1.0, 0.0))


def clamped(x: Any, min: Any = None, max: Any = None) -> Any:
    """Give x between its bounds, which are numbers or tensors."""
    x = x if min is None else larger(x, min)
    return x if max is None else smaller(x, max)


def sign(x: Any) -> Any:
    """Give 1 above zero, -1 below it, and 0 of what is neither."""
    return np.where(real(x) > 0, 1.0, np.where(real(x) < 0, -1.0, 0.0))


def jump(x: float) -> dict[str, Kink]:
    """Say where a step function jumps: no slope is right, and torch's is 0."""
    return {"": Kink(point(x), None, 0.0)}


IN_PLACE: Final[dict[str, Any]] = {"has_inplace": True}
BASIC: Final[dict[str, Any]] = {"bundle": "values", **IN_PLACE}
TIE: Final = {"": Kink(point(1.5, other=np.array(1.5)), (0.0, 1.0), 0.5, tie=True)}
ALPHA: Final = on(2, 3, other=of(2, 3), alpha=2.0)
BOUNDS: Final = {"min": np.array(-1.0), "max": np.array(2.0)}
NUMBER: Final[Given] = {"x": 2.5, "other": of()}
OF_LOGARITHMS: Final = {"zero": at([0.0], INF), "infinity": at([INF], 0.0)}
ONE_NAN: Final = {"nan": at([NO_NUMBER, 1.0], None, 1.0, other=[1.0, NO_NUMBER])}
BY_ZERO: Final = {"by_zero": at([1.0], None, (1.0, -INF), other=[0.0])}
OF_POWERS: Final = {
    "zero_root": at([0.0], INF, exponent=0.5),
    "zero_inverse": at([0.0], -INF, exponent=-1),
    "zero_above_one": at([0.0], 0.0, exponent=1.5),
    "zero_constant": at([0.0], 0.0, exponent=0),
    "zero_identity": at([0.0], 1.0, exponent=1),
    "zero_tensor": at(
        [0.0, 0.0, 0.0, 0.0],
        ([-INF, INF, 1.0, 0.0], [-INF, 0.0, 0.0, 0.0]),
        exponent=[-1.0, 0.5, 1.0, 2.0],
    ),
    "of_zero_number": End({"x": 0.0, "exponent": np.array([-1.0])}, None, -INF),
    "zero_to_zero": at([0.0], (0.0, or_nan(-INF, 0.0)), (None, 0.0), exponent=[0.0]),
    "negative": at([-1.0, -2.0], ([-2.0, 12.0], None), (None, NO_NUMBER), exponent=[2.0, 3.0]),
}


def plus(x: Any, other: Any, alpha: float = 1) -> Any:
    """Give x + alpha other."""
    return x + alpha * other


def minus(x: Any, other: Any, alpha: float = 1) -> Any:
    """Give x - alpha other."""
    return x - alpha * other


ARITHMETIC: Final = (
    two(
        "add(x, other, *, alpha=1, out=None)",
        plus,
        LINEAR,
        means="x + alpha * other",
        alpha=ALPHA,
        sign="+",
        **BASIC,
        holomorphic=True,
    ),
    two(
        "sub(x, other, *, alpha=1)",
        minus,
        LINEAR,
        means="x - alpha * other",
        alpha=ALPHA,
        of_number=NUMBER,
        sign="-",
        **BASIC,
        holomorphic=True,
    ),
    two(
        "mul(x, other)", np.multiply, LINEAR, means="x * other", sign="*", **BASIC, holomorphic=True
    ),
    two(
        "div(x, other)",
        np.true_divide,
        ANALYTIC,
        means="x / other",
        of_number=NUMBER,
        ends={
            "by_zero": at([1.0, -2.0], (INF, [-INF, INF]), other=[0.0, 0.0]),
            "zero_by_zero": at([0.0], (INF, None), (None, NO_NUMBER), other=[0.0]),
            "by_infinity": at([2.0], 0.0, other=[INF]),
        },
        sign="/",
        **BASIC,
        holomorphic=True,
    ),
    row(
        *("div_rounded(x, other, rounding_mode)", whole_quotient, PIECEWISE),
        on(domain=ODD_AND_NEGATIVE, other=of(domain=EIGHTHS), rounding_mode="floor"),
        torch="torch.div($x, $other, rounding_mode=$rounding_mode)",
        keeps="?",
        means="floor(x / other) if rounding_mode == 'floor' "
        "else sign(x / other) * floor(abs(x / other))",
        trunc=on(domain=ODD_AND_NEGATIVE, other=of(domain=EIGHTHS), rounding_mode="trunc"),
    ),
    row(
        *("pow(x, exponent)", lambda x, exponent: x**exponent, ANALYTIC, on(exponent=3)),
        means="x ** exponent",
        root=on(2, 3, domain=POSITIVE, exponent=0.5),
        tensor=on(2, 1, domain=POSITIVE, exponent=of(3)),
        of_number={"x": 2.5, "exponent": of()},
        of_zero={"x": 0.0, "exponent": of(2, 3, domain=POSITIVE)},
        ends=OF_POWERS,
        sign="$x ** $exponent",
        **BASIC,
        holomorphic=True,
    ),
    one("neg", np.negative, LINEAR, means="-x", sign="-$x", **BASIC, holomorphic=True),
    either("maximum(x, other)", larger, means="max(x, other)", ends=ONE_NAN),
    either("minimum(x, other)", smaller, means="min(x, other)", ends=ONE_NAN),
    two(
        *("remainder(x, other)", remainder, PIECEWISE, (ODD, EIGHTHS)),
        means="x - other * floor(x / other)",
        negative=on(domain=ODD_AND_NEGATIVE, other=of(domain=EIGHTHS)),
        number=on(2, 3, domain=ODD, other=0.75),
        divisors=on(2, 3, domain=ODD, other=of(2, 3, domain=BOTH_SIGNS)),
        ends=BY_ZERO,
        **IN_PLACE,
    ),
    row(
        *(
            "floor_divide(x, other)",
            rounded_down,
            REFUSED,
            on(domain=ODD, other=of(domain=EIGHTHS)),
        ),
        means="floor(x / other)",
        negative=on(domain=ODD_AND_NEGATIVE, other=of(domain=EIGHTHS)),
        broadcast=on(2, 3, domain=ODD, other=of(3, domain=EIGHTHS)),
        **IN_PLACE,
    ),
    row(
        *("heaviside(x, values)", heaviside, REFUSED, on(domain=LOW, values=of())),
        means="values if x == 0 else x > 0",
        above=on(domain=HIGH, values=of()),
        at_zero=on(domain=ZERO, values=of()),
        broadcast=on(3, 1, domain=FEW, values=of(4)),
        array=on(2, 3, domain=FEW, values=of(2, 1)),
        **IN_PLACE,
    ),
)

FUNCTIONS: Final = (
    one(
        "abs",
        size,
        PIECEWISE,
        HIGH,
        means="abs(x)",
        array=on(2, 3),
        negative=on(domain=LOW),
        kinks={"": Kink(point(0.0), (-1.0, 1.0), 0.0)},
        ends=at_nan(0.0),
        of_parts=modulus,
        **IN_PLACE,
    ),
    stepped("sign", sign, jump(0.0), **IN_PLACE, takes_nan=True),
    one("exp", np.exp, ends=far(0.0, INF), **IN_PLACE, keeps="result", holomorphic=True),
    one("expm1", np.expm1, ends=far(0.0, INF), **IN_PLACE, keeps="result", holomorphic=True),
    one(
        "log",
        np.log,
        domain=POSITIVE,
        ends=OF_LOGARITHMS | outside(-1.0, -1.0),
        **IN_PLACE,
        holomorphic=True,
    ),
    one(
        *("log1p", np.log1p),
        domain=ABOVE_MINUS_ONE,
        ends={"minus_one": at([-1.0], INF), "infinity": at([INF], 0.0), **outside(-2.0, -1.0)},
        **IN_PLACE,
        holomorphic=True,
    ),
    one(
        "sqrt",
        np.sqrt,
        domain=POSITIVE,
        ends=OF_LOGARITHMS | outside(-1.0),
        **IN_PLACE,
        keeps="result",
        holomorphic=True,
    ),
    one(
        *("rsqrt", lambda x: 1 / np.sqrt(x)),
        domain=POSITIVE,
        means="1 / sqrt(x)",
        ends={"zero": at([0.0], -INF), "infinity": at([INF], 0.0), **outside(-1.0)},
        **IN_PLACE,
        keeps="result",
        holomorphic=True,
    ),
    one(
        *("reciprocal", lambda x: 1 / x),
        means="1 / x",
        ends={"zero": at([0.0], -INF), "infinity": at([-INF, INF], 0.0)},
        **IN_PLACE,
        keeps="result",
        holomorphic=True,
    ),
    one("square", np.square, means="x**2", **IN_PLACE, holomorphic=True),
    one("sin", np.sin, tame=True, **IN_PLACE, holomorphic=True),
    one("cos", np.cos, tame=True, **IN_PLACE, holomorphic=True),
    one("tan", np.tan, domain=BELOW_A_POLE, **IN_PLACE, keeps="result", holomorphic=True),
    one("sinh", np.sinh, ends=far(INF, INF), **IN_PLACE, holomorphic=True),
    one("cosh", np.cosh, ends=far(-INF, INF), **IN_PLACE, holomorphic=True),
    one(
        "tanh", np.tanh, tame=True, ends=far(0.0, 0.0), **IN_PLACE, keeps="result", holomorphic=True
    ),
    one(
        *("sigmoid", lambda x: 1 / (1 + np.exp(-x))),
        means="1 / (1 + exp(-x))",
        tame=True,
        ends=far(0.0, 0.0),
        **IN_PLACE,
        keeps="result",
        holomorphic=True,
    ),
    row(
        "relu(x)",
        *(lambda x: np.where(real(x) <= 0, 0, x), PIECEWISE, on(domain=HIGH)),
        means="max(x, 0)",
        array=on(2, 3),
        negative=on(domain=LOW),
        kinks={"": Kink(point(0.0), (0.0, 1.0), 0.0)},
        ends=far(0.0, 1.0) | at_nan(1.0),
        **IN_PLACE,
        keeps="result",
    ),
    stepped("floor", lambda x: np.floor(real(x)), jump(1.0), **IN_PLACE),
    stepped(
        "round",
        lambda x, decimals=0: np.round(real(x) * 10.0**decimals) / 10.0**decimals,
        jump(0.5),
        ", *, decimals=0",
        means="nint(x * 10**decimals) / mpf(10)**decimals",
        decimals=on(2, 3, domain=ODD, decimals=1),
        tens=on(2, 3, domain=SPACED, decimals=-1),
        apart="decimals",
        **IN_PLACE,
    ),
    row(
        "clamp(x, min=None, max=None)",
        *(clamped, PIECEWISE, on(3, 4, min=-0.59375, max=0.65625)),
        at_least=on(2, 3, min=0.03125),
        at_most=on(2, 3, max=0.03125),
        tensors=on(4, 3, min=of(3, domain=BELOW_ZERO), max=of(4, 1, domain=ABOVE_ZERO)),
        crossed=on(4, 3, min=of(3, domain=INNER), max=of(4, 1, domain=INNER)),
        kinks={
            "": Kink(point([-1.0, 2.0], min=-1.0, max=2.0), (0.0, 1.0), 1.0),
            "tensors": Kink(point(-1.0, **BOUNDS), (0.0, 1.0), (1.0, 0.0, 0.0), tie=True),
            "tensors_above": Kink(point(2.0, **BOUNDS), (0.0, 1.0), (1.0, 0.0, 0.0), tie=True),
        },
        ends=at_nan(0.0, min=-1.0, max=1.0),
        method=True,
        **IN_PLACE,
    ),
    row(
        "where(condition, x, other)",
        *(np.where, LINEAR, on(condition=of(domain=FALSE), other=of())),
        means="x if condition else other",
        held=on(condition=of(domain=TRUE), other=of()),
        broadcast=on(2, 1, condition=of(2, 3, domain=TRUTH), other=of(3)),
        holomorphic=True,
    ),
)

COMPARISONS: Final = (
    compared("gt(x, other)", np.greater, ">", sign=">"),
    compared("ge(x, other)", np.greater_equal, ">=", sign=">="),
    compared("lt(x, other)", np.less, "<", sign="<"),
    compared("le(x, other)", np.less_equal, "<=", sign="<="),
    compared("eq(x, other)", np.equal, "=="),
    compared("ne(x, other)", np.not_equal, "!="),
    one(
        *("logical_not", np.logical_not, CONSTANT, HIGH),
        means="x == 0",
        zero=on(domain=ZERO),
        array=on(2, 3, domain=ZERO_OR_ONE),
        **IN_PLACE,
    ),
    one(
        *("isnan", np.isnan, CONSTANT),
        not_a_number=on(domain=NAN),
        array=on(2, 3, domain=NUMBER_OR_NAN),
    ),
)
