"""Hold an engine to the specification: `check_engine(engine)` in process, `gradspec run` outside.

Nothing is imported before it is asked for, because pytest imports this package wherever it is
installed.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gradspec_conformance.check import Checked, check_engine
    from gradspec_conformance.opening import open_engine

__all__ = ["Checked", "check_engine", "open_engine"]

HOMES = {"Checked": "check", "check_engine": "check", "open_engine": "opening"}


def __getattr__(name: str) -> Any:
    """Import what this package promises when it is first used."""
    if name not in HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{HOMES[name]}"), name)
