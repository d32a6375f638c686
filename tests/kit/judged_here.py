"""Clauses judged in this process, on an engine in which plants may stand."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from chosen_cases import SOME

from gradspec import CASES
from gradspec.port.engine import Subject
from gradspec_conformance import plants
from gradspec_conformance.execution.execute import run_clause
from gradspec_conformance.execution.verdict import Outcome, Verdict
from gradspec_conformance.plants.plant import PLANTS
from gradspec_conformance.plants.swap import Swap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gradspec.port.engine import Engine
    from gradspec.writing.clause import Clause


def planted(name: str) -> Callable[[Swap], None]:
    plants.load()
    return PLANTS[name].put


@functools.cache
def all_but_laws() -> tuple[Clause, ...]:
    return tuple(case for case in SOME.values() if not case.is_law)


def outcomes(
    engine: Engine | Subject,
    *choices: Callable[[Swap], None],
    cases: Iterable[Clause] | None = None,
) -> dict[str, Outcome]:
    """Give what comes of clauses and rows, where each choice is made."""
    subject = Subject.of(engine)
    verdicts: dict[str, Verdict] = {}

    def verdict_of(identifier: str) -> Verdict:
        if identifier not in verdicts:
            case = CASES[identifier]
            verdicts[identifier] = run_clause(case, subject, verdict_of=verdict_of)
        return verdicts[identifier]

    with Swap() as swap:
        for choose in choices:
            choose(swap)
        wanted = all_but_laws() if cases is None else cases
        return {case.id: verdict_of(case.id).outcome for case in wanted}


def failures(found: dict[str, Outcome]) -> list[str]:
    """Blocked is not failed: what it builds on is what failed."""
    fine = (Outcome.PASSED, Outcome.BLOCKED, Outcome.UNSUPPORTED)
    return [identifier for identifier, outcome in found.items() if outcome not in fine]
