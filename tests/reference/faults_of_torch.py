"""The faults that torch's list of expectations names, and what shows of them in a random call."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from conditions_of_calls import (
    always,
    crosses,
    has,
    has_a_nan,
    has_a_zero,
    has_several_shapes,
    is_empty,
    is_nearly_equal,
    is_of,
    is_singular,
    says,
)

from gradspec.catalogue.operators import OPERATORS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from compared_calls import Difference

    from gradspec.catalogue.operator import Operator

SPOKEN_OF: Final[dict[str, Callable[[Difference], bool]]] = {
    "asymptotic series": is_nearly_equal,
    "divides by six": is_nearly_equal,
    "adds 1e-12 to x": is_nearly_equal,
    "bias and no weight": says("bias=", "-weight="),
    "at a singular matrix": is_singular,
    "A norm below eps": says("eps="),
    "A vector of zeros": has_a_zero,
    "where x is 0": has_a_zero,
    "At the origin": has_a_zero,
    "for a source of the shape of the index alone": has_several_shapes,
    "include_self=False": says("include_self=False"),
    "pass of a count": has(r"p=(0|0\.0|False)\b"),
    "NaN loses": has_a_nan,
}
"""What a call has of which a reason speaks."""

WHERE: Final[dict[str, Callable[[Difference], bool]]] = {
    "cplx-008": crosses,
    "op-246": is_of("iub"),
    "op-275": has_a_nan,
    "op-281": is_empty,
    "op-282": is_empty,
    "op-295": lambda different: re.search(r"\(\)|\[\]", different.call.text) is not None,
    "op-297": is_of("u"),
}
"""Of which calls a clause speaks."""

ELSEWHERE: Final = frozenset(
    {"op-234", "op-235", "op-236", "op-237", "op-238", "op-23[4-8]", "op-244", "cplx-019"}
)
"""Clauses of layouts, writes and tangents that no random call has."""

DERIVATIVES: Final = "(second )?gradient( of .*)?"

SHOWS: Final = {
    "op-001": DERIVATIVES,
    "op-204": DERIVATIVES,
    "op-220": "second gradient",
    "op-285": f"(requires_grad of )?value|answers where torch refuses|{DERIVATIVES}",
    "op-281": f"(shape of )?value|{DERIVATIVES}",
    "op-246": "refuses where torch answers|another error",
    "op-271": "refuses where torch answers",
    "op-296": ".*",
    "op-297": "value",
}
"""What shows a fault that a clause finds, if it is not values and derivatives."""


@dataclass(frozen=True)
class Fault:
    """A fault of torch that its list of expectations names: of which row of which clause."""

    clause: str
    row: str
    refuses: bool
    error: str
    reason: str

    def is_of(self, operator: Operator) -> bool:
        """Whether the row is about an operator, or about what it is a form of."""
        name = operator.form_of or operator.name
        owners = [known for known in OPERATORS if f"{self.row}_".startswith(f"{known}_")]
        return name == max(owners, key=len, default="").removesuffix("_")

    def shows_as(self, different: Difference) -> bool:
        """Whether it is a difference of this kind, of such a call, that the clause finds."""
        if not self.is_shown_by(different):
            return False
        if self.refuses:
            late = self.clause in WHERE or "gradient, found" in different.said
            unused = self.clause == "op-220" and different.kind == "second gradient"
            if unused or (late and different.kind == "answers where torch refuses"):
                return True
            if different.kind == "another error" and f"torch: {self.error} " in different.said:
                return True
        shows = SHOWS.get(self.clause, f"value|{DERIVATIVES}")
        return re.fullmatch(shows, different.kind) is not None

    def is_shown_by(self, different: Difference) -> bool:
        """Whether the call is one that the reason speaks of."""
        conditions = [holds for said, holds in SPOKEN_OF.items() if said in self.reason]
        return all(holds(different) for holds in (WHERE.get(self.clause, always), *conditions))


def listed() -> Iterator[Fault]:
    """Read torch's list."""
    root = Path(__file__).parents[2]
    text = (root / "conformance/expectations/torch.toml").read_text("utf-8")
    for entry in tomllib.loads(text)["expected"]:
        clause, _, row = entry["clause"].partition("/")
        if clause.startswith(("op-", "cplx-")) and clause not in ELSEWHERE:
            refuses, error = entry.get("verdict") == "errored", entry.get("exception", "none")
            yield Fault(clause, row, refuses, error, entry["reason"])


FAULTS: Final = tuple(listed())


def is_listed(different: Difference) -> bool:
    """Whether torch's list of expectations names a fault that shows as this."""
    operator = different.call.operator
    return any(fault.is_of(operator) and fault.shows_as(different) for fault in FAULTS)
