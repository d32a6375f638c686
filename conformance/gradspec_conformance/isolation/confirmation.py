"""`Confirmation`: what a clause comes to in a process that has run nothing else.

A failure that does not repeat there is no failure of the clause.  The engine keeps something
between programs, and whoever left it there is looked for.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from gradspec_conformance.execution.verdict import Kind, Outcome, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gradspec_conformance.isolation.messages import Task

    After = Callable[[Sequence[Task], Task], Verdict]
    """Runs a task in a process that has run only these."""

ENDS: Final = (Outcome.CRASHED, Outcome.TIMED_OUT)
MOST_NAMED: Final = 3

COPY: Final = 1
PROCESS: Final = 100
HANG: Final = 1000
"""What a new process and a hang cost, in clauses that run meanwhile."""

ONE_SEARCH: Final = 4_000
ALL_SEARCHES: Final = 10_000
"""What looking for a clause may cost, and looking for all of them."""


@dataclass
class Confirmation:
    """Confirms failures of one engine, and remembers who disturbed others.

    `price` is what it costs that a process has run nothing.
    """

    after: After
    price: int = COPY
    _left: int = ALL_SEARCHES
    _suspects: list[Sequence[Task]] = field(default_factory=list)

    def of(self, task: Task, found: Verdict, before: Sequence[Task]) -> Verdict:
        """Run a task that went wrong once more, alone; say what disturbed it if it passes then."""
        alone = self.after((), task)
        return alone if alone.went_wrong else self.disturbed(task, found, before, alone)

    def disturbed(
        self, task: Task, found: Verdict, before: Sequence[Task], alone: Verdict
    ) -> Verdict:
        """Say after what a task went wrong that passes alone.

        A wrong answer that comes neither alone nor after what ran before stands: the engine does
        not do the same twice.
        """
        price = HANG if found.outcome is Outcome.TIMED_OUT else self.price
        allowed = min(self._left, ONE_SEARCH)
        search = _Search(self.after, task, before, price, allowed)
        guilty = search.among(self._suspects)
        self._left -= allowed - search.left
        if guilty:
            self._suspects = [guilty, *(one for one in self._suspects if one != guilty)]
            return _of_state(search.found or found, tuple(t.clause for t in guilty), alone)
        if found.outcome in ENDS:
            return _of_state(found, (), alone)
        said = "it came once, and neither alone nor after the same clauses again"
        return replace(found, message=f"{found.message} ({said})")


def _of_state(found: Verdict, guilty: tuple[str, ...], alone: Verdict) -> Verdict:
    """Give the verdict of a clause that passes alone, with what was found after others."""
    names = ", ".join(guilty[-MOST_NAMED:]) or "others"
    more = f" and {len(guilty) - MOST_NAMED} more" if len(guilty) > MOST_NAMED else ""
    how = f"{found.outcome.replace('_', ' ')} ({found.manner})"
    return replace(
        found,
        outcome=alone.outcome,
        kind=Kind.STATE,
        message=f"alone it passes; after {names}{more} it {how}: {found.message}",
        disturbed_by=guilty,
        assertions=alone.assertions,
        duration=alone.duration,
    )


@dataclass
class _Search:
    """Looks for the fewest clauses after which a task goes wrong; `found` is how it did then."""

    after: After
    task: Task
    before: Sequence[Task]
    price: int
    left: int
    found: Verdict | None = None

    def among(self, suspects: Sequence[Sequence[Task]]) -> Sequence[Task]:
        """Give the fewest that were found; none if all of them together do not disturb it."""
        ran = {task.clause for task in self.before}
        for known in suspects:
            may = self.left > 0 and ran.issuperset(task.clause for task in known)
            if may and self._fails_after(known):
                return known
        count = 1
        while not self._fails_after(self.before[-count:]):
            if count >= len(self.before):
                return ()
            count = 4 * count if self.left > 0 else len(self.before)
        return self._fewest(self.before[-count:])

    def _fewest(self, guilty: Sequence[Task]) -> Sequence[Task]:
        """Leave out parts, large ones first, as long as the task fails after the others."""
        size = len(guilty) // 2
        while size:
            start = 0
            while start < len(guilty) and self.left > 0:
                fewer = [*guilty[:start], *guilty[start + size :]]
                if fewer and self._fails_after(fewer):
                    guilty = fewer
                else:
                    start += size
            size = min(size // 2, len(guilty) // 2)
        return guilty

    def _fails_after(self, earlier: Sequence[Task]) -> bool:
        self.left -= self.price + len(earlier)
        verdict = self.after(earlier, self.task)
        if verdict.went_wrong:
            self.found = verdict
        return verdict.went_wrong
