"""`traced(clause, engine)`: what a clause needs, found by running it; and the edition's list.

Needs are traced on the reference engine, which has everything, and do not depend on it: a program
is the same on every engine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gradspec import chapters
from gradspec.edition import HEADING, Demand
from gradspec.program.recorder import Recorder
from gradspec.writing.clause import CLAUSES
from gradspec.writing.notation import Autograd
from gradspec_conformance.execution.execute import Effort, drawn

if TYPE_CHECKING:
    from gradspec.port.engine import Engine, Subject
    from gradspec.writing.clause import Clause


def traced(clause: Clause, engine: Engine | Subject) -> frozenset[str]:
    """Run a clause; give the words that its steps needed, and those that no step shows."""
    used: set[str] = set()

    def once(**inputs: object) -> None:
        with Recorder(engine) as recorder:
            clause.body(Autograd(recorder), **inputs)
        used.update(recorder.used)

    (drawn(clause, once, Effort(shrink=False)) if clause.is_law else once)()
    return clause.unseen.union(used)


def list_of(engine: Engine | Subject) -> str:
    """Give the text of the edition's list as the chapters would have it."""
    chapters.load()
    order = [chapter.name for chapter in chapters.CHAPTERS]
    clauses = sorted(CLAUSES.values(), key=lambda clause: order.index(clause.chapter))
    demands = (Demand(c.id, c.chapter, c.level, traced(c, engine)) for c in clauses)
    return HEADING + "".join(f"{demand}\n" for demand in demands)
