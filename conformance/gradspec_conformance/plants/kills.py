"""`kills.txt`: which clauses each plant turns red, and how; measured, written, reviewed.

A line tells a plant, a kind of failure and the clauses that fail in that way; what does not fit
into a line goes on, indented, in the next.
"""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gradspec_conformance.exceptions import MalformedPlant

if TYPE_CHECKING:
    from collections.abc import Mapping

Kills = dict[str, dict[str, str]]
"""Plant -> clause -> kind of failure."""

PLACE: Final = Path(__file__).parent / "kills.txt"
WIDTH: Final = 100

CRASH: Final = "crash"
"""How a clause is red that failed by Python's own error, or that never came to an end."""


def read_kills(place: Path = PLACE) -> Kills:
    """Read the file; raises MalformedPlant for a line that tells nothing."""
    found: Kills = {}
    text = place.read_text() if place.exists() else ""
    for line in text.replace("\n    ", " ").splitlines():
        name, kind, clauses = _parts(line)
        found.setdefault(name, {}).update(dict.fromkeys(clauses, kind))
    return found


def _parts(line: str) -> tuple[str, str, list[str]]:
    name, _, rest = line.partition(": ")
    kind, _, clauses = rest.partition(": ")
    if not clauses:
        message = f"kills.txt: {line!r} is not of the form 'plant: kind: clauses'"
        raise MalformedPlant(f"{message}; write it anew with gradspec plants --measure")
    return name, kind, clauses.split()


def write(kills: Mapping[str, Mapping[str, str]], place: Path = PLACE) -> None:
    """Write the file, plants and clauses in order, so that a change is a small difference."""
    lines: list[str] = []
    for name in sorted(kills):
        measured = kills[name]
        for kind in sorted(set(measured.values())):
            clauses = " ".join(sorted(c for c, k in measured.items() if k == kind))
            lines += textwrap.wrap(
                f"{name}: {kind}: {clauses}",
                WIDTH,
                subsequent_indent="    ",
                break_on_hyphens=False,
                break_long_words=False,
            )
    place.write_text("".join(f"{line}\n" for line in lines))


def killers(kills: Kills) -> dict[str, list[str]]:
    """Give for each clause the plants that turn it red."""
    found: dict[str, list[str]] = {}
    for name, measured in kills.items():
        for clause in measured:
            found.setdefault(clause, []).append(name)
    return found


def indistinguishable(
    kills: Kills, sweeps: frozenset[str] = frozenset()
) -> tuple[tuple[str, ...], ...]:
    """Group the plants that turn the same clauses red; not those of sweeps.

    How a clause fails tells nothing apart, and a crash, which is no kill, does not count.
    """
    alike: dict[frozenset[str], list[str]] = {}
    for name, measured in kills.items():
        if name not in sweeps:
            killed = frozenset(clause for clause, kind in measured.items() if kind != CRASH)
            alike.setdefault(killed, []).append(name)
    return tuple(sorted(tuple(group) for group in alike.values() if len(group) > 1))
