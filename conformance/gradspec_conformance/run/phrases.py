"""`Phrases`: which phrases of the engine's book a run never used, and which always raised."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import msgspec

if TYPE_CHECKING:
    from gradspec_conformance.run.result import Result


class Raising(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A phrase that raised whenever it was used."""

    phrase: str
    times: Annotated[int, msgspec.Meta(ge=1)]
    error: Annotated[str, msgspec.Meta(description="What it raised the last time.")]

    def __str__(self) -> str:
        times = "once" if self.times == 1 else f"{self.times} times"
        return f"{self.phrase} ({times}; {self.error})"


class Phrases(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a run shows of the phrases of a book; named by table, key and line."""

    never_used: Annotated[
        list[str] | None, msgspec.Meta(description="Null where not everything was run.")
    ]
    always_raised: list[Raising]

    @classmethod
    def of(cls, result: Result) -> Phrases:
        """Add up what the verdicts tell, whichever process they come from."""
        times: dict[str, int] = {}
        raised: dict[str, int] = {}
        errors: dict[str, str] = {}
        for said in (said for judged in result.judged for said in judged.verdict.said):
            times[said.phrase] = times.get(said.phrase, 0) + said.times
            raised[said.phrase] = raised.get(said.phrase, 0) + said.raised
            if said.error:
                errors[said.phrase] = said.error
        is_whole = result.selection.is_whole and not (result.missing or result.complaints)
        known = result.engine.phrases
        return cls(
            never_used=[phrase for phrase in known if phrase not in times] if is_whole else None,
            always_raised=[
                Raising(phrase, times[phrase], errors[phrase])
                for phrase in known
                if times.get(phrase) and times[phrase] == raised[phrase]
            ],
        )
