"""`torch.nn.utils`, under the name it has there: what training loops do with gradients."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gradspec_reference.engine.modes import no_grad
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.names.factories import zeros
from gradspec_reference.names.functions.assembly import stack
from gradspec_reference.names.functions.normalised import norm

if TYPE_CHECKING:
    from collections.abc import Iterable


@no_grad()
def clip_grad_norm_(
    parameters: Tensor | Iterable[Tensor], max_norm: float, norm_type: float = 2.0
) -> Tensor:
    """Scale gradients so that their common norm is at most max_norm; return the norm before."""
    leaves = [parameters] if isinstance(parameters, Tensor) else list(parameters)
    gradients = [leaf.grad for leaf in leaves if leaf.grad is not None]
    if not gradients:
        return zeros(())
    total = norm(stack([norm(g, norm_type) for g in gradients]), norm_type)
    factor = max_norm / (total + 1e-6)
    for gradient in gradients:
        gradient.mul_(factor.clamp(max=1.0))
    return total
