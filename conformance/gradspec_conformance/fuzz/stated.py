"""Differences that are stated: what torch does not have yet, and its assertions.

Each is a refusal where a sound engine answers, or an accident; a campaign counts them, and goes on
to what nobody has stated.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from gradspec_conformance.fuzz.comparing import Likeness, likeness
from gradspec_conformance.fuzz.sides import Refusal

if TYPE_CHECKING:
    from gradspec_conformance.fuzz.comparing import Difference


TORCH: Final = "torch"


@dataclass(frozen=True, slots=True)
class Stated:
    """A difference that is known: what torch says when it refuses, and why it may."""

    says: re.Pattern[str]
    reason: str

    def covers(self, said: Any) -> bool:
        """Say whether it is this that torch said."""
        return isinstance(said, Refusal) and bool(self.says.search(str(said.error)))


STATED: Final = tuple(
    Stated(re.compile(says), reason)
    for says, reason in (
        ("INTERNAL ASSERT", "an assertion of torch's"),
        ("nested_tensorlist", "clipping without a gradient ends in an assertion of torch's"),
        ("don't yet support saved tensor hooks", "torch has no transforms under such hooks yet"),
        ("Nested forward mode AD is not supported", "torch has one level of forward mode"),
        ("not supported at the moment", "torch does not have it yet"),
        ("currently not supported", "torch does not have it yet"),
        ("not yet (implemented|supported)", "torch does not have it yet"),
        ("is not implemented for|not implemented for", "torch has no kernel for the data type"),
        ("'NoneType' object has no attribute 'next_functions'", "torch puts it on views of None"),
        ("^none here$", "torch's way to allow writing needs hooks on saved tensors"),
        ("Expected a proper Tensor but got None", "a derivative that torch wrote for two operands"),
        ("do not track version counter", "torch counts what nobody counts in inference mode"),
    )
)
"""What is stated."""


def _but_for_all(expected: list[Any], found: list[Any]) -> bool:
    """Say whether logs are alike, but for how often a hook on several tensors ran."""
    one, other = ([e for e in log if not isinstance(e, str)] for log in (expected, found))
    return likeness(one, other) is not Likeness.OTHER


UNCOUNTED_ROOT: Final = "torch's hooks on all of several tensors do not count the root of a pass"


def stated(difference: Difference, engines: tuple[str, str]) -> str:
    """Give the reason why a difference may be, "" if it is not stated.

    `engines` are the names of the oracle and the subject: what torch says counts, and what another
    engine says in the same words is its own affair.
    """
    if TORCH not in engines:
        return ""
    if difference.observable == "hooks" and _but_for_all(difference.expected, difference.found):
        return UNCOUNTED_ROOT
    said = difference.expected if engines[0] == TORCH else difference.found
    return next((one.reason for one in STATED if one.covers(said)), "")
