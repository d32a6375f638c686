"""`unsupported(clause, abilities)`: the verdict of what nobody has to run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gradspec import edition
from gradspec_conformance.execution.verdict import Outcome, Verdict

if TYPE_CHECKING:
    from gradspec.edition import Demand
    from gradspec.writing.clause import Clause


def missing_abilities(asked: Demand | Clause, abilities: frozenset[str]) -> list[str]:
    """List what the clause, or what it builds on, needs and the engine does not declare."""
    below = map(edition.needs, asked.foundations)
    return sorted(asked.needs.union(*below) - abilities)


def unsupported(asked: Demand | Clause, abilities: frozenset[str]) -> Verdict | None:
    """Give the verdict if an ability is missing; otherwise the clause has to be run."""
    lacking = missing_abilities(asked, abilities)
    if not lacking:
        return None
    message = f"the engine does not declare {', '.join(lacking)}"
    return Verdict(asked.id, Outcome.UNSUPPORTED, message=message, lacking=lacking[0])
