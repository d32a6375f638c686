"""Descent with a rate for each entry (torch.optim.Adam, AdamW, RMSprop, Adagrad)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.optim.optimizer import (
    Group,
    below_one,
    check_ways,
    not_negative,
)
from gradspec_reference.optim.stepping import ByParameter

if TYPE_CHECKING:
    from gradspec_reference.optim.stepping import Array


class Adam(ByParameter):
    """p - lr m̂ / (√v̂ + ε), where m and v are running means of g and g².

    The hats divide by 1 - β^t, for the means begin at zero.  Weight decay λ adds λ p to g, or, if
    it is decoupled, scales p by 1 - lr λ first.  AMSGrad takes the largest v so far.
    """

    def __init__(
        self,
        params: Any,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
        decoupled_weight_decay: bool = False,
    ) -> None:
        not_negative(lr=lr, eps=eps, weight_decay=weight_decay)
        below_one(beta1=betas[0], beta2=betas[1])
        check_ways(differentiable=differentiable, foreach=foreach, fused=fused)
        options = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "amsgrad": amsgrad,
            "maximize": maximize,
            "foreach": foreach,
            "capturable": capturable,
            "differentiable": differentiable,
            "fused": fused,
            "decoupled_weight_decay": decoupled_weight_decay,
        }
        super().__init__(params, options)

    def update(self, group: Group, memory: dict[str, Any], array: Array, gradient: Array) -> None:
        """Go down, each entry by its own rate."""
        rate, decay, (beta1, beta2) = float(group["lr"]), group["weight_decay"], group["betas"]
        if not memory:
            names = ["exp_avg", "exp_avg_sq"] + ["max_exp_avg_sq"] * group["amsgrad"]
            begin(memory, array, *names)
        count = counted(memory)
        if decay and group["decoupled_weight_decay"]:
            array *= 1 - rate * decay
        elif decay:
            gradient = gradient + decay * array
        mean, square = memory["exp_avg"].materialise(), memory["exp_avg_sq"].materialise()
        blend(mean, gradient, 1 - beta1)
        blend_squares(square, gradient, beta2)
        if group["amsgrad"]:
            largest = memory["max_exp_avg_sq"].materialise()
            np.maximum(largest, square, out=largest)
            square = largest
        scale = np.sqrt(square, out=np.empty_like(square))
        scale /= (1 - beta2**count) ** 0.5
        scale += group["eps"]
        np.divide(mean, scale, out=scale)
        scale *= rate / (1 - beta1**count)
        array -= scale


class AdamW(Adam):
    """Adam with decoupled weight decay (torch.optim.AdamW)."""

    def __init__(
        self,
        params: Any,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(
            params, lr, betas, eps, weight_decay, amsgrad, **options, decoupled_weight_decay=True
        )


class RMSprop(ByParameter):
    """p - lr g / (√v + ε), where v is a running mean of g²; if centred, minus the square of g's.

    With momentum μ, p - lr b of b ← μ b + g / (√v + ε).
    """

    def __init__(
        self,
        params: Any,
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum: float = 0,
        centered: bool = False,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        not_negative(lr=lr, alpha=alpha, eps=eps, weight_decay=weight_decay, momentum=momentum)
        check_ways(differentiable=differentiable)
        options = {
            "lr": lr,
            "momentum": momentum,
            "alpha": alpha,
            "eps": eps,
            "centered": centered,
            "weight_decay": weight_decay,
            "capturable": capturable,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
        }
        super().__init__(params, options)

    def update(self, group: Group, memory: dict[str, Any], array: Array, gradient: Array) -> None:
        """Go down, each entry by its own rate."""
        if not memory:
            names = ["square_avg"] + ["momentum_buffer"] * (group["momentum"] > 0)
            begin(memory, array, *names, *["grad_avg"] * group["centered"])
        counted(memory)
        if group["weight_decay"]:
            gradient = gradient + group["weight_decay"] * array
        alpha, square = group["alpha"], memory["square_avg"].materialise()
        blend_squares(square, gradient, alpha)
        if group["centered"]:
            mean = memory["grad_avg"].materialise()
            blend(mean, gradient, 1 - alpha)
            square = square - mean * mean
        scale = np.sqrt(square, out=np.empty_like(square))
        scale += group["eps"]
        move = gradient / scale
        if group["momentum"] > 0:
            velocity = memory["momentum_buffer"].materialise()
            velocity *= group["momentum"]
            velocity += move
            move = velocity
        array -= float(group["lr"]) * move


class Adagrad(ByParameter):
    """p - lr g / (√s + ε), where s is the sum of all g² so far; lr falls as 1 / (1 + t decay)."""

    def __init__(
        self,
        params: Any,
        lr: float = 1e-2,
        lr_decay: float = 0,
        weight_decay: float = 0,
        initial_accumulator_value: float = 0,
        eps: float = 1e-10,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        not_negative(lr=lr, lr_decay=lr_decay, weight_decay=weight_decay, eps=eps)
        not_negative(initial_accumulator_value=initial_accumulator_value)
        check_ways(differentiable=differentiable, foreach=foreach, fused=fused)
        options = {
            "lr": lr,
            "lr_decay": lr_decay,
            "eps": eps,
            "weight_decay": weight_decay,
            "initial_accumulator_value": initial_accumulator_value,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "fused": fused,
        }
        super().__init__(params, options)
        for group in self.param_groups:  # as in torch, where it remembers before the first step
            for parameter in group["params"]:
                begin(self.state[parameter], parameter.materialise(), "sum")
                self.state[parameter]["sum"].fill_(group["initial_accumulator_value"])

    def update(self, group: Group, memory: dict[str, Any], array: Array, gradient: Array) -> None:
        """Go down, each entry by its own rate."""
        if not memory:
            begin(memory, array, "sum")
        count = counted(memory)
        if group["weight_decay"]:
            gradient = gradient + group["weight_decay"] * array
        total = memory["sum"].materialise()
        total += gradient * gradient
        rate = float(group["lr"]) / (1 + (count - 1) * group["lr_decay"])
        scale = np.sqrt(total, out=np.empty_like(total))
        scale += group["eps"]
        array -= np.divide(rate * gradient, scale, out=scale)


def begin(memory: dict[str, Any], array: Array, *names: str) -> None:
    """Begin to remember: a count of steps, and zeros for each name."""
    memory["step"] = Tensor(np.zeros((), np.float32))
    for name in names:
        memory[name] = Tensor(np.zeros_like(array))


def counted(memory: dict[str, Any]) -> float:
    """Count a step, and return how many there are."""
    step = memory["step"].materialise()
    step += 1
    return float(step)


def blend(mean: Array, value: Array, weight: float) -> None:
    """Move a mean towards a value by a part of the way; from the nearer end, as torch.lerp does."""
    way = value - mean
    if weight < 0.5:  # noqa: PLR2004 - the middle
        way *= weight
        mean += way
    else:
        way *= 1 - weight
        np.subtract(value, way, out=mean)


def blend_squares(mean: Array, value: Array, kept: float) -> None:
    """Keep a part of a mean of squares, and let that of a value make up the rest."""
    square = np.asarray((1 - kept) * value)
    square *= value
    mean *= kept
    mean += square
