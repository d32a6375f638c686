"""The planted faults, a module or folder for each part; `load()` declares them all."""

from __future__ import annotations

import importlib
import pkgutil

from gradspec_conformance.plants.parts import PARTS


def load() -> None:
    """Import the plants of every part, so that `plant.PLANTS` is complete."""
    for part in PARTS:
        module = importlib.import_module(f"{__name__}.{part}")
        for inner in pkgutil.iter_modules(getattr(module, "__path__", [])):
            importlib.import_module(f"{module.__name__}.{inner.name}")
