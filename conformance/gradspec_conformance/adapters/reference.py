"""The reference engine, in torch's words; its errors say of which kind they are."""

from __future__ import annotations

import functools
from importlib import metadata
from pathlib import Path
from typing import Final

import gradspec_reference as module
from gradspec_conformance.adapters.phrases import PhrasebookEngine, read_book
from gradspec_reference import dtypes
from gradspec_reference.drawing import draw
from gradspec_reference.errors import GradError
from gradspec_reference.tracing import Event, trace

__all__ = ["Event", "ReferenceEngine", "draw", "module", "trace"]

BOOK: Final = Path(__file__).with_name("phrasebooks") / "reference.toml"


class ReferenceEngine(PhrasebookEngine):
    """The engine of which the specification is true."""

    book = read_book(BOOK)
    tells_kind = "getattr(error, 'kind', None)"

    def __init__(self) -> None:
        super().__init__()
        self.version = _released()
        self.abilities -= {f"dtype:{dtype.name}" for dtype in dtypes.missing()}

    def error_kind(self, error: Exception) -> str | None:
        """Every error of the engine carries its kind."""
        return error.kind if isinstance(error, GradError) else None


@functools.cache
def _released() -> str:
    """Give the version of the distribution that the engine is a part of."""
    try:
        return metadata.version("gradspec")
    except metadata.PackageNotFoundError:
        return "checkout"
