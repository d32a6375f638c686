"""The reference engine, which has torch's names: its adapter is the torch-like one."""

from __future__ import annotations

from importlib import metadata

import gradspec_reference
from gradspec_conformance.adapters.torch_like import EVERYTHING, TorchLike
from gradspec_reference.errors import GradError


def _released() -> str:
    """Give the version of the distribution that the engine is a part of."""
    try:
        return metadata.version("gradspec")
    except metadata.PackageNotFoundError:
        return "checkout"


class ReferenceEngine(TorchLike):
    """The engine of which the specification is true."""

    name = "reference"
    version = _released()
    capabilities = EVERYTHING

    def __init__(self) -> None:
        super().__init__(gradspec_reference)
        self.module.set_warn_always(True)  # else some warnings come once a process

    def error_kind(self, error: Exception) -> str | None:
        """Every error of the engine carries its kind."""
        return error.kind if isinstance(error, GradError) else None
