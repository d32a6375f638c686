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


@dataclass(frozen=True, slots=True)
class Stated:
    """A difference that is known: what one of the two says when it refuses, and why it may."""

    says: re.Pattern[str]
    reason: str

    def covers(self, difference: Difference) -> bool:
        """Say whether a difference is this one."""
        refusals = [e for e in (difference.expected, difference.found) if isinstance(e, Refusal)]
        return any(self.says.search(str(refusal.error)) for refusal in refusals)


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


def stated(difference: Difference) -> str:
    """Give the reason why a difference may be, "" if it is not stated."""
    if difference.observable == "hooks" and _but_for_all(difference.expected, difference.found):
        return UNCOUNTED_ROOT
    return next((one.reason for one in STATED if one.covers(difference)), "")
