"""`vectors()`: the edition as data, for engines that no Python reaches.

A line of JSON a clause, or row of one: what it says, what it needs, and its programs as they were
recorded, with the values that they demand.  `vectors.schema.json` describes the lines.  A law has
the programs of its first examples.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from gradspec.edition import EDITION
from gradspec.judging.comparison import DEFAULT_ULPS
from gradspec.program.recorder import Recorder
from gradspec.program.storing import FORMAT, to_data
from gradspec.writing.notation import Autograd
from gradspec_conformance.execution.effort import Effort, seed_of
from gradspec_conformance.execution.execute import tried

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gradspec.port.engine import Engine, Subject
    from gradspec.program.steps import Program
    from gradspec.writing.clause import Clause

SCHEMA_FILE: Final = Path(__file__).with_name("vectors.schema.json")
EXAMPLES: Final = 5


def vectors(clauses: Iterable[Clause], engine: Engine | Subject) -> Iterator[str]:
    """Give the lines: a heading, and one for each clause, recorded on an engine that passes it."""
    yield _line({"edition": EDITION, "programs": FORMAT, "ulps": DEFAULT_ULPS})
    for clause in clauses:
        programs = [to_data(program)["steps"] for program in programs_of(clause, engine)]
        yield _line(
            {
                "id": clause.id,
                "chapter": clause.chapter,
                "level": str(clause.level),
                "nature": str(clause.nature),
                "sentence": clause.statement,
                "needs": sorted(clause.needs),
                "programs": [p for n, p in enumerate(programs) if p not in programs[:n]],
            }
        )


def programs_of(clause: Clause, engine: Engine | Subject) -> list[Program]:
    """Record a clause; a law on its first examples."""
    effort = Effort(examples=EXAMPLES, shrink=False)
    recorded: list[Program] = []

    def once(**inputs: Any) -> None:
        with Recorder(engine, seed=seed_of(clause, effort)) as recorder:
            clause.perform(Autograd(recorder), **inputs)
        recorded.append(recorder.program)

    tried(clause, once, effort)()
    return recorded


def _line(data: dict[str, Any]) -> str:
    return json.dumps(data, separators=(",", ":"), allow_nan=False) + "\n"
