"""The corpus: random programs with what torch said and showed, in a file of the package.

It is made by `gradspec record`, of programs on which the reference engine and torch agree, and
holds an engine to torch without torch (`gradspec replay`).
"""

from __future__ import annotations

import json
import lzma
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from gradspec.port.acts import ACTS
from gradspec.program.steps import Function
from gradspec_conformance.fuzz.lockstep import difference
from gradspec_conformance.fuzz.storing import read, written
from gradspec_conformance.fuzz.transcripts import Taped, Taping

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from gradspec.port.engine import Subject
    from gradspec.program.steps import Step
    from gradspec_conformance.fuzz.comparing import Difference
    from gradspec_conformance.fuzz.generating import Generator

SHIPPED: Final = Path(__file__).with_name("rand.jsonl.xz")
FORMAT: Final = "gradspec-transcripts/1"
LARGEST: Final = 1 << 30
"""Bytes of a file that is unpacked."""

BLOCK: Final = 50
"""How many stored programs are replayed at a time."""


def record(source: Generator, seeds: Iterable[int]) -> Iterator[dict[str, Any]]:
    """Give transcripts of the programs of these seeds, on which both engines agree."""
    for seed in seeds:
        drawn = source.program(seed)
        if drawn.difference is None:
            tape = _taped(drawn.steps, source)
            if tape is not None:
                yield {"seed": seed, "steps": written(drawn.steps), "tape": tape}


def _taped(steps: Sequence[Step], source: Generator) -> list[list[Any]] | None:
    """Do a program once more, and keep what the oracle says; None if they differ now."""
    common = source.oracle.abilities & source.subject.abilities
    side = Taping(source.oracle, common)
    differs = difference(steps, source.subject, source.subject, (side, side))
    return side.tape if differs is None else None


@dataclass(frozen=True, slots=True)
class Replayed:
    """One program, held to its transcript: the difference, or the word that the engine lacks."""

    seed: int
    steps: list[Step]
    difference: Difference | None = None
    lacking: str = ""


def replay(transcript: dict[str, Any], subject: Subject) -> Replayed:
    """Hold an engine to a transcript."""
    steps = read(transcript["steps"])
    lacking = next(_lacking(steps, subject), "")
    if lacking:
        return Replayed(transcript["seed"], steps, lacking=lacking)
    side = Taped(transcript["tape"], subject)
    return Replayed(transcript["seed"], steps, difference(steps, subject, subject, (side, side)))


def _lacking(steps: Iterable[Step], subject: Subject) -> Iterator[str]:
    """Give the words that a program needs and an engine has not."""
    for step in steps:
        act = ACTS[step.act]
        yield from sorted(act.needs(step.given) - subject.abilities)
        if not act.by_kit and step.act not in ("tensor", "leaf"):
            yield from () if subject.covers(act, step.given) else (step.act,)
        yield from _lacking(step.steps or (), subject)
        for value in step.given.values():
            if isinstance(value, Function):
                for body in value.bodies:
                    yield from _lacking(body.steps, subject)


def packed(transcripts: Iterable[dict[str, Any]], about: dict[str, Any]) -> bytes:
    """Give what a file of transcripts holds, compressed."""
    lines = [json.dumps(one, separators=(",", ":")) for one in transcripts]
    heading = json.dumps({"format": FORMAT, "programs": len(lines), **about})
    text = "\n".join([heading, *lines, ""])
    return lzma.compress(text.encode(), preset=9 | lzma.PRESET_EXTREME)


def load(place: Path = SHIPPED) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Read a file of transcripts: what it says of itself, and them; raises ValueError."""
    try:
        heading, *lines = _unpacked(place).decode().splitlines()
        about, *transcripts = [json.loads(line) for line in (heading, *lines)]
        fits = about["format"] == FORMAT and isinstance(about["oracle"], str)
        fits = fits and all(set(one) == {"seed", "steps", "tape"} for one in transcripts)
    except (lzma.LZMAError, EOFError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise ValueError(f"{place} holds no transcripts: {error}") from error
    if not (transcripts and fits):
        raise ValueError(f"{place} holds no transcripts as `gradspec record` writes: {FORMAT}")
    return about, transcripts


def _unpacked(place: Path) -> bytes:
    """Unpack a file, and not one that grows without end; raises what lzma does."""
    with lzma.open(place) as packed_file:
        text = packed_file.read(LARGEST + 1)
    if len(text) > LARGEST:
        raise ValueError(f"unpacked it has more than {LARGEST >> 20} MiB")
    return text


def tally(replayed: Iterable[Replayed]) -> Counter[tuple[str, ...]]:
    """Count the differences of each kind."""
    differences = (one.difference for one in replayed)
    return Counter((d.act, d.observable, *d.words) for d in differences if d is not None)
