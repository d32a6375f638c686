"""What a measurement has come to so far, so that one that was interrupted goes on where it was.

It is kept outside the repository, under the digest of everything that a verdict depends on: after a
change of the engine, the clauses or the plants it counts for nothing.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Final

import platformdirs

import gradspec
import gradspec_reference

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gradspec_conformance.plants.kills import Kills

PACKAGES: Final = (
    Path(gradspec.__path__[0]),
    Path(__file__).parent.parent,
    Path(gradspec_reference.__path__[0]),
)
READ: Final = (".py", ".toml", ".jsonl")
"""What a verdict depends on: the sources, the phrasebooks, and the list of the edition."""


class Journal:
    """A file of one line a plant; a new one where anything has changed since the last."""

    def __init__(self, directory: Path | None = None) -> None:
        directory = directory or platformdirs.user_cache_path("gradspec")
        directory.mkdir(parents=True, exist_ok=True)
        self._place = directory / f"kills-{digest()}.jsonl"

    def read(self) -> Kills:
        """Give what was measured before the interruption."""
        text = self._place.read_text() if self._place.exists() else ""
        whole = [line for line in text.splitlines(keepends=True) if line.endswith("\n")]
        return dict(map(json.loads, whole))

    def add(self, name: str, found: dict[str, str]) -> None:
        """Note one more plant."""
        with self._place.open("a") as place:
            place.write(json.dumps([name, found]) + "\n")

    def end(self) -> None:
        """Forget everything: it has been written where it belongs."""
        self._place.unlink(missing_ok=True)


def digest(packages: Iterable[Path] = PACKAGES) -> str:
    """Digest everything that a verdict depends on."""
    every = hashlib.sha256()
    for package in packages:
        for place in sorted(p for p in package.rglob("*") if p.suffix in READ):
            every.update(place.relative_to(package).as_posix().encode())
            every.update(place.read_bytes())
    return every.hexdigest()[:16]
