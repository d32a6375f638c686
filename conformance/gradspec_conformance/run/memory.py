"""What closed the gate the last time, so that `gradspec run --lf` can look at that alone.

It is kept in the cache folder of the user, a file for each engine and folder where it was run.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from platformdirs import user_cache_path

from gradspec_conformance.run.session import thing_named

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable


def remember(engine: str, judged: Iterable[str], red: Collection[str]) -> None:
    """Note what closed the gate; what was not judged this time is remembered as it was."""
    seen = set(judged)
    kept = [identifier for identifier in last_red(engine) if identifier not in seen]
    with suppress(OSError):  # a home that cannot be written to forgets
        _file(engine).parent.mkdir(parents=True, exist_ok=True)
        _file(engine).write_text(json.dumps([*kept, *red]), "utf-8")


def last_red(engine: str) -> list[str]:
    """Give what closed the gate the last time, if anything did; what is no more is forgotten."""
    with suppress(OSError, ValueError):
        found: list[str] = json.loads(_file(engine).read_text("utf-8"))
        return [identifier for identifier in found if thing_named(identifier) is not None]
    return []


def _file(engine: str) -> Path:
    place = hashlib.sha256(f"{engine}\n{Path.cwd()}".encode()).hexdigest()[:16]
    return user_cache_path("gradspec") / f"{place}.json"
