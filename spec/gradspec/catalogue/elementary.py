"""Functions of one number that a book on calculus has, beyond those of `entrywise`.

Inverses are asked inside the interval on which they are smooth.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from gradspec.catalogue.domain import (
    ABOVE_ONE,
    INSIDE_ONE,
    NEAR_ZERO,
    POSITIVE,
    SHARE,
    ZERO,
)
from gradspec.catalogue.ends import INF, NO_NUMBER, at, outside
from gradspec.catalogue.entrywise import (
    IN_PLACE,
    OF_LOGARITHMS,
    clamped,
    jump,
    one,
    real,
    stepped,
)
from gradspec.catalogue.operator import LINEAR, PIECEWISE, Kink, on, or_nan, point, row


def sinc(x: Any) -> Any:
    """Give the sine of pi x over pi x, as Viete's product of cosines, which nothing divides."""
    return np.prod([np.cos(np.pi * x / 2**k) for k in range(1, 30)], axis=0)


def logit(x: Any, eps: Any = None) -> Any:
    """Give the logarithm of the odds, of x kept off both ends by eps."""
    share = x if eps is None else clamped(x, eps, 1 - eps)
    return np.log(share / (1 - share))


FLAT_AT_INFINITY: Final = {"infinity": at([-INF, INF], 0.0)}
STEEP: Final = {"ends": at([-1.0, 1.0], INF)}

FUNCTIONS: Final = (
    one(
        *("exp2", lambda x: 2.0**x),
        means="2 ** x",
        ends={"far": at([-INF, -3000.0, 3000.0, INF], [0.0, 0.0, INF, INF])},
        **IN_PLACE,
        keeps="result",
        holomorphic=True,
    ),
    one(
        *("log2", lambda x: np.log(x) / np.log(2)),
        domain=POSITIVE,
        means="log(x, 2)",
        ends=OF_LOGARITHMS | outside(-2.0, -0.5 / np.log(2)),
        **IN_PLACE,
        holomorphic=True,
    ),
    one(
        *("log10", lambda x: np.log(x) / np.log(10)),
        domain=POSITIVE,
        ends=OF_LOGARITHMS | outside(-2.0, -0.5 / np.log(10)),
        **IN_PLACE,
        holomorphic=True,
    ),
    one(
        "asin",
        np.arcsin,
        domain=INSIDE_ONE,
        ends=STEEP | outside(2.0),
        **IN_PLACE,
        holomorphic=True,
    ),
    one(
        *("acos", np.arccos),
        domain=INSIDE_ONE,
        ends={"ends": at([-1.0, 1.0], -INF), **outside(2.0)},
        **IN_PLACE,
        holomorphic=True,
    ),
    one("atan", np.arctan, ends=FLAT_AT_INFINITY, **IN_PLACE, holomorphic=True),
    one("asinh", np.arcsinh, ends=FLAT_AT_INFINITY, holomorphic=True),
    one(
        *("acosh", np.arccosh),
        domain=ABOVE_ONE,
        ends={"one": at([1.0], INF), "infinity": at([INF], 0.0), **outside(0.5)},
        holomorphic=True,
    ),
    one(
        "atanh", np.arctanh, domain=INSIDE_ONE, ends=STEEP | outside(2.0, -1 / 3), holomorphic=True
    ),
    one("deg2rad", lambda x: x * (np.pi / 180), LINEAR, means="radians(x)", **IN_PLACE),
    one("rad2deg", lambda x: x * (180 / np.pi), LINEAR, means="degrees(x)", **IN_PLACE),
    one(
        *("sinc", sinc),
        means="sincpi(x)",
        at_zero=on(domain=ZERO),
        near_zero=on(2, domain=NEAR_ZERO),
        condition=1e3,  # near zero two numbers cancel
        ends={"infinity": at([INF], or_nan(0.0), NO_NUMBER)},
        **IN_PLACE,
        holomorphic=True,
    ),
    row(
        "logit(x, eps=None)",
        *(logit, PIECEWISE, on(domain=SHARE)),
        means="(lambda p: log(p / (1 - p)))(x if eps is None else min(max(x, eps), 1 - eps))",
        array=on(2, 3, domain=SHARE),
        eps=on(3, 4, domain=SHARE, eps=0.265625),
        kinks={"": Kink(point([0.25, 0.75], eps=0.25), (0.0, 16 / 3), 16 / 3)},
        ends={"ends": at([0.0, 1.0], INF), **outside(2.0)},
        **IN_PLACE,
    ),
    stepped("ceil", lambda x: np.ceil(real(x)), jump(1.0), **IN_PLACE),
    stepped(
        *("trunc", lambda x: np.trunc(real(x)), jump(1.0)),
        means="sign(x) * floor(abs(x))",
        **IN_PLACE,
    ),
    stepped(
        *("frac", lambda x: x - np.trunc(real(x)), {"": Kink(point(1.0), None, 1.0)}),
        means="x - sign(x) * floor(abs(x))",
        **IN_PLACE,
    ),
)
