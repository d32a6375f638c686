"""Modes, under the name of their module in torch (torch.autograd.grad_mode)."""

from __future__ import annotations

from gradspec_reference.engine.layout import policy
from gradspec_reference.engine.modes import (
    Setting,
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


class enforce_grad_layout_policy(Setting):  # noqa: N801 - torch's name
    """Say whether gradients are laid out like their leaves.

    Source: torch.autograd.grad_mode.enforce_grad_layout_policy docstring.
    """

    def __init__(self, enable: bool = True) -> None:
        super().__init__(enable)

    def enter(self, mode: bool) -> bool:
        """Set the policy and return what it was."""
        before = policy.enforced
        policy.enforced = mode
        return before


def is_grad_layout_enforcement_enabled() -> bool:
    """Tell whether gradients are laid out like their leaves."""
    return policy.enforced
