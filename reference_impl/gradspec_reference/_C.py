# ruff: noqa: N999 - torch's name
"""torch's private module, as far as programs ask it what has no public name."""

from gradspec_reference.engine.modes import is_multithreading_enabled as _is_multithreading_enabled
from gradspec_reference.engine.overriding import Unasked as DisableTorchFunctionSubclass
from gradspec_reference.engine.overriding import disabled as _disabled_torch_function_impl

__all__ = [
    "DisableTorchFunctionSubclass",
    "_disabled_torch_function_impl",
    "_is_multithreading_enabled",
]
