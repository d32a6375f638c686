"""Names of the array API standard, where the catalogue has the operator under torch's.

Under the standard's name it is found too: in a phrasebook, with `-k`, and by `gradspec show`.  An
operator that both name alike is not listed.  Four names mean other things here than there: `max`
and `min` with a dimension give places too, `repeat` repeats the whole, and `take` reads from all
entries in a row.  As names they are torch's; what the standard means is `SAID_OTHERWISE`.
"""

from __future__ import annotations

from typing import Final

STANDARD: Final = {
    "astype": "to",
    "bitwise_invert": "bitwise_not",
    "broadcast_arrays": "broadcast_tensors",
    "clip": "clamp",
    "concat": "cat",
    "cumulative_prod": "cumprod",
    "cumulative_sum": "cumsum",
    "divide": "div",
    "equal": "eq",
    "expand_dims": "unsqueeze",
    "greater": "gt",
    "greater_equal": "ge",
    "less": "lt",
    "less_equal": "le",
    "moveaxis": "movedim",
    "multiply": "mul",
    "negative": "neg",
    "not_equal": "ne",
    "permute_dims": "permute",
    "subtract": "sub",
    "take_along_axis": "take_along_dim",
    "unique_values": "unique",
    "unstack": "unbind",
}
"""Name in the standard -> name in the catalogue."""

SAID_OTHERWISE: Final = {
    "max": "amax",
    "min": "amin",
    "repeat": "repeat_interleave",
    "take": "index_select",
}
"""Names of other operators of the catalogue -> what the standard means by them."""


def standard_names(operator: str) -> list[str]:
    """Give what the standard calls an operator, if not as the catalogue does."""
    return [n for n, meant in (STANDARD | SAID_OTHERWISE).items() if meant == operator]
