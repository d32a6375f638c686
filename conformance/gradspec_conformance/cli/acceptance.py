"""`Acceptance`: what a person wants an expectations file to say otherwise than it does."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from gradspec import edition
from gradspec_conformance.exceptions import WrongUsage
from gradspec_conformance.hints import did_you_mean
from gradspec_conformance.known.expectations import Standing
from gradspec_conformance.known.file import RAN
from gradspec_conformance.known.renewal import renewed
from gradspec_conformance.run.shortfall import root_of

if TYPE_CHECKING:
    from gradspec_conformance.known.expectations import Expectations
    from gradspec_conformance.run.request import Request
    from gradspec_conformance.run.result import Result


@dataclass(frozen=True)
class Acceptance:
    """The names that were given; a first list takes everything, a raised one what is newer."""

    names: tuple[str, ...] = ()
    is_first: bool = False
    raises: bool = False

    def check(self, known: Expectations) -> None:
        """See that each name means something, and not everything; raises WrongUsage."""
        there = {RAN, *edition.names(), *(entry.clause for entry in known.entries)}
        for name in self.names:
            if not any(sign.isalnum() for sign in name):
                message = f"--accept {name!r} means everything; name what is to be as it is now"
                raise WrongUsage(message)
            if not any(fnmatchcase(one, name) for one in there):
                hint = did_you_mean(name, sorted(there)) or ": see gradspec list"
                raise WrongUsage(f"--accept: no clause is called or matched by {name!r}{hint}")

    def takes(self, identifier: str) -> bool:
        """Whether a clause, a row, or what an entry is called was named."""
        return any(_means(name, identifier) for name in self.names)

    def renewed(self, request: Request, result: Result) -> Expectations:
        """Give the expectations as this wants them."""
        old = result.known
        gone = {entry.clause for entry in old.gone}

        def accept(name: str) -> bool:
            is_new = self.raises and (name in gone or old.is_newer(name))
            return self.is_first or is_new or self.takes(name)

        verdicts = [judged.verdict for judged in result.judged]
        latest = edition.EDITIONS[-1]
        made_for = latest if self.is_first or self.raises else old.made_for or latest
        return replace(
            old,
            entries=tuple(renewed(old, verdicts, request.cases, accept)),
            ran=self._ran(result),
            made_for=made_for,
        )

    def _ran(self, result: Result) -> int:
        """Count what ran, and what ran before and was lost, unless that is accepted."""
        old = result.known
        then = sum(j.verdict.ran for j in result.judged if not old.is_newer(j.id))
        now = result.rows.ran if self.raises or self.is_first else then
        lost = 0 if old.ran is None or self.is_first or self.takes(RAN) else max(old.ran - then, 0)
        by_id = {judged.id: judged for judged in result.judged}
        roots = [root_of(judged, by_id) for judged in result.judged if not old.is_newer(judged.id)]
        accounted = sum(root is not None and self.takes(root) for root in roots)
        return now + max(lost - accounted, 0)

    def idle(self, result: Result) -> list[str]:
        """List the names of which nothing was to accept, since all was as the file says."""
        plain = (Standing.AS_DEMANDED, Standing.EXPECTED_FAILURE, Standing.NOT_RUN)
        unlike = {judged.id for judged in result.judged if judged.standing not in plain}
        for entry in (*result.stale, *result.known.gone):
            unlike |= {entry.clause, *(j.id for j in result.judged if entry.speaks_of(j.id))}
        unlike |= {RAN} if result.shortfall is not None else set()
        return [name for name in self.names if not any(_means(name, one) for one in unlike)]


def _means(name: str, identifier: str) -> bool:
    return fnmatchcase(identifier, name) or identifier in edition.resolve(name)
