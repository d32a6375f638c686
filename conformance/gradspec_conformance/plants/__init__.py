"""The planted faults, a module a chapter; `load()` declares them all."""

from __future__ import annotations

import importlib

from gradspec.chapters import CHAPTERS


def load() -> None:
    """Import the plants of every chapter, so that `plant.PLANTS` is complete."""
    for chapter in CHAPTERS:
        importlib.import_module(f"{__name__}.{chapter.name}")
