"""Modes, under the name of their module in torch (torch.autograd.grad_mode)."""

from __future__ import annotations

from gradspec_reference.engine.layout import Policy
from gradspec_reference.engine.modes import (
    enable_grad,
    inference_mode,
    no_grad,
    set_grad_enabled,
    set_multithreading_enabled,
)

__all__ = [
    "enable_grad",
    "enforce_grad_layout_policy",
    "inference_mode",
    "is_grad_layout_enforcement_enabled",
    "no_grad",
    "set_grad_enabled",
    "set_multithreading_enabled",
]


class enforce_grad_layout_policy:  # noqa: N801 - torch's name
    """Say for a block whether gradients are laid out like their leaves."""

    def __init__(self, mode: bool) -> None:
        self._mode = mode
        self._before: list[bool] = []

    def __enter__(self) -> None:
        self._before.append(Policy.enforced)
        Policy.enforced = self._mode

    def __exit__(self, *exception: object) -> None:
        Policy.enforced = self._before.pop()


def is_grad_layout_enforcement_enabled() -> bool:
    """Tell whether gradients are laid out like their leaves."""
    return Policy.enforced
