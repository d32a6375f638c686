# ruff: noqa: N999 - torch's name
"""torch's private module, as far as programs ask it what has no public name."""

from gradspec_reference.engine.modes import is_multithreading_enabled as _is_multithreading_enabled

__all__ = ["_is_multithreading_enabled"]
