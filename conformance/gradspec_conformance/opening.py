"""`ag = open_engine("torch")`: the notation on an engine, for a notebook or a pasted program."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gradspec.program.recorder import Recorder
from gradspec.writing.notation import Autograd
from gradspec_conformance.engines.loading import load_engine

if TYPE_CHECKING:
    from gradspec.port.engine import Engine


def open_engine(engine: str | Engine, *, seed: int = 0) -> Autograd:
    """Give the notation on an engine, named as for `gradspec run` or given as an object.

    Warnings are kept back for `ag.warns()`, as they are while a clause runs.
    Raises EngineError if the engine cannot be loaded.
    """
    loaded = load_engine(engine) if isinstance(engine, str) else engine
    return Autograd(Recorder(loaded, seed=seed).__enter__())
