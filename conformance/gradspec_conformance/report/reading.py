"""`read(path, Part)`: what `gradspec run --json` wrote, or the part of it that somebody needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec

from gradspec_conformance.exceptions import UnfitReport
from gradspec_conformance.report.json import SCHEMA

if TYPE_CHECKING:
    from pathlib import Path

Part = TypeVar("Part")

LARGEST: Final = 1 << 27
"""Bytes of a report."""


def read(path: Path, part: type[Part]) -> Part:
    """Read a part of a report; raises UnfitReport."""
    try:
        if not path.is_file():
            kind = "it is no regular file" if path.exists() else "there is no such file"
            raise UnfitReport(path, kind)
        if path.stat().st_size > LARGEST:
            raise UnfitReport(path, f"it has more than {LARGEST >> 20} MiB")
        text = path.read_bytes()
    except (OSError, ValueError) as error:
        raise UnfitReport(path, f"it cannot be read: {error}") from None
    try:
        found: Any = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UnfitReport(path, f"it is no JSON: {error}") from None
    schema = found.get("schema") if isinstance(found, dict) else None
    if not isinstance(schema, str) or not schema.startswith("gradspec-report/"):
        raise UnfitReport(path, "it is no report of gradspec's")
    if schema != SCHEMA:
        raise UnfitReport(path, f"it is a {schema[:40]}, and this version reads {SCHEMA}")
    try:
        return msgspec.convert(found, part)
    except msgspec.ValidationError as error:
        raise UnfitReport(path, f"it does not keep to {SCHEMA}: {error}") from None
