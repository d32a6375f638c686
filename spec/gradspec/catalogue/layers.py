"""Layers of networks: products with weights, look-ups, attention."""

from __future__ import annotations

from typing import Any, Final

from gradspec.catalogue.functional import functional
from gradspec.catalogue.operator import ANALYTIC, of, on


def linear(x: Any, weight: Any, bias: Any = 0.0) -> Any:
    """Give x times the transposed weight, and a bias."""
    return x @ weight.T + bias


ROWS: Final = (
    functional(
        *("linear(x, weight, bias=None)", linear, ANALYTIC, on(2, 3, weight=of(4, 3))),
        bias=on(2, 3, weight=of(4, 3), bias=of(4)),
        vector=on(3, weight=of(2, 3), bias=of(2)),
        stack=on(2, 1, 3, weight=of(4, 3), bias=of(4)),
    ),
)
