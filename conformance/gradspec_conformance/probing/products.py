"""Products of an engine whose own may be wrong: experiments need one whose derivative is right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradspec_conformance.engines.asking import Asker

    Product = Callable[[Asker, Any, Any], Any]

WRONG: Final = "`mul` is wrong, or its derivative is: experiments were made without it."
"""What a book says where they were."""

MOST: Final = 10
"""How many summands a product may have."""


def by_product(ask: Asker, one: Any, other: Any) -> Any:
    """Multiply."""
    return ask("op:mul", one, other)


def by_quotients(ask: Asker, one: Any, other: Any) -> Any:
    """Divide by the inverse."""
    inverse = ask("op:div", ask.tensor(np.array(1.0, ask.dtype)), other)
    return ask("op:div", one, inverse)


def by_squares(ask: Asker, one: Any, other: Any) -> Any:
    """Take a square of the sum, less one of the difference, and of that the fourth part."""
    added = ask("op:pow", ask("op:add", one, other), 2)
    taken = ask("op:pow", ask("op:sub", one, other), 2)
    return ask("op:div", ask("op:sub", added, taken), 4.0)


def by_sums(ask: Asker, one: Any, other: Any) -> Any:
    """Add up as many as the other is, which stays outside; raises ValueError if it is no number."""
    number = float(other if isinstance(other, int | float) else ask("array", other))
    if number not in range(1, MOST + 1):
        raise ValueError(f"{number:g} is no number of summands")
    result = one
    for _ in range(int(number) - 1):
        result = ask("op:add", result, one)
    return result


PRODUCTS: Final[tuple[Product, ...]] = (by_product, by_quotients, by_squares, by_sums)
"""The engine's own first; the last has no derivative by its second operand."""
