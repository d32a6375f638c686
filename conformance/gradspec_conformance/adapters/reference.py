"""The reference engine, which has torch's names: its adapter is the torch-like one."""

from __future__ import annotations

import gradspec_reference
from gradspec_conformance.adapters.torch_like import TorchLike
from gradspec_reference.errors import GradError


class ReferenceEngine(TorchLike):
    """The engine of which the specification is true."""

    name = "reference"
    version = gradspec_reference.__version__

    def __init__(self) -> None:
        super().__init__(gradspec_reference)

    def error_kind(self, error: Exception) -> str | None:
        """Every error of the engine carries its kind."""
        return error.kind if isinstance(error, GradError) else None
