"""Rows: the modes in which nothing is recorded, and how a function is decorated with a mode."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from gradspec import Autograd

Entered = Callable[["Autograd"], Any]

NO_GRAD: Final[dict[str, Entered]] = {
    "no_grad": lambda ag: ag.no_grad(),
    "set_grad_enabled": lambda ag: ag.set_grad_enabled(False),
}
"""Blocks that switch grad mode off."""

UNRECORDED: Final[dict[str, Entered]] = {
    **NO_GRAD,
    "inference_mode": lambda ag: ag.inference_mode(),
}
"""Blocks in which nothing is recorded."""

UNRECORDED_BY_NAME: Final = {name: UNRECORDED[name] for name in ("no_grad", "inference_mode")}
"""One of each kind: what holds of grad mode holds however it was switched off."""

DOCSTRING: Final = "torch.no_grad docstring"
INFERENCE: Final = "torch.inference_mode docstring"
CPP: Final = "cppdocs inference_mode § Inference Mode"
