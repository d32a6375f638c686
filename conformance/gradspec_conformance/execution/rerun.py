"""`rerun(verdict, engine)`: perform the program of a verdict once more, with nothing caught.

For the debugger: its post-mortem then stands in the engine, or at the demand that does not hold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gradspec.program.recorder import Recorder
from gradspec.program.replay import replay
from gradspec.program.storing import from_json

if TYPE_CHECKING:
    from gradspec.port.engine import Engine
    from gradspec_conformance.execution.verdict import Verdict


def rerun(verdict: Verdict, engine: Engine) -> None:
    """Perform the steps that led to the verdict; raises what they raise."""
    if verdict.program is not None:
        with Recorder(engine) as recorder:
            replay(from_json(verdict.program), recorder)
