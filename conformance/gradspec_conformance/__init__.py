"""Hold an engine to the specification: `check_engine(engine)` in process, `gradspec run` outside.

Nothing is imported before it is asked for, because pytest imports this package wherever it is
installed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gradspec_conformance.check import Checked, check_engine

__all__ = ["Checked", "check_engine"]


def __getattr__(name: str) -> Any:
    """Import what this package promises when it is first used."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from gradspec_conformance import check  # noqa: PLC0415 - see above

    return getattr(check, name)
