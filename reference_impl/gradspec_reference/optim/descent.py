"""Gradient descent, with or without momentum (torch.optim.SGD)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.optim.optimizer import Group, check_ways, not_negative
from gradspec_reference.optim.stepping import ByParameter

if TYPE_CHECKING:
    from gradspec_reference.optim.stepping import Array


class SGD(ByParameter):
    """p - lr g; with momentum μ and dampening τ, p - lr b of b ← μ b + (1 - τ) g.

    The first b is g itself.  Weight decay λ adds λ p to g; Nesterov's form takes g + μ b for b.
    """

    def __init__(
        self,
        params: Any,
        lr: float = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: float = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        not_negative(lr=lr, momentum=momentum, weight_decay=weight_decay)
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError("nesterov=True needs a momentum, and no dampening")
        check_ways(differentiable=differentiable, foreach=foreach, fused=fused)
        options = {
            "lr": lr,
            "momentum": momentum,
            "dampening": dampening,
            "weight_decay": weight_decay,
            "nesterov": nesterov,
            "maximize": maximize,
            "foreach": foreach,
            "differentiable": differentiable,
            "fused": fused,
        }
        super().__init__(params, options)

    def update(self, group: Group, memory: dict[str, Any], array: Array, gradient: Array) -> None:
        """Go down."""
        if group["weight_decay"]:
            gradient = gradient + group["weight_decay"] * array
        momentum = group["momentum"]
        if momentum:
            buffer = memory.get("momentum_buffer")
            if buffer is None:
                buffer = memory["momentum_buffer"] = Tensor(gradient.copy())
                velocity = buffer.materialise()
            else:
                velocity = buffer.materialise()
                velocity *= momentum
                kept = 1 - group["dampening"]
                velocity += gradient if kept == 1 else kept * gradient
            gradient = gradient + momentum * velocity if group["nesterov"] else velocity
        array -= float(group["lr"]) * gradient
