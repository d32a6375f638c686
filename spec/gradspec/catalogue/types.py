"""`promotes(operator)`: whether it brings operands of several types to one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gradspec.catalogue.facets.broadcasting import BROADCAST

if TYPE_CHECKING:
    from gradspec.catalogue.operator import Operator


def promotes(operator: Operator) -> bool:
    """Say whether it does; one that does not, torch lets refuse, or does halfway."""
    return operator.name in BROADCAST if operator.promotes is None else operator.promotes
