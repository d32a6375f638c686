"""The planted faults, a module a chapter; `load()` declares them all."""

from __future__ import annotations

import importlib

from gradspec.chapters import CHAPTERS
from gradspec.edition import resolve


def load() -> None:
    """Import the plants of every chapter, so that `plant.PLANTS` is complete."""
    for chapter in CHAPTERS:
        importlib.import_module(f"{__name__}.{chapter.name}")


def killers() -> dict[str, list[str]]:
    """Give for each clause the plants that are meant to turn it red."""
    from gradspec_conformance.plants.plant import PLANTS  # noqa: PLC0415 - imported by the plants

    found: dict[str, list[str]] = {}
    for plant in PLANTS.values():
        for identifier in (i for name in plant.kills for i in resolve(name) or (name,)):
            found.setdefault(identifier, []).append(plant.name)
    return found
