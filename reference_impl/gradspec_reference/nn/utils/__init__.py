"""`torch.nn.utils`, under the name it has there: what training loops do with gradients."""

from __future__ import annotations

import math
import warnings
from types import GeneratorType
from typing import TYPE_CHECKING

from gradspec_reference.engine.modes import no_grad
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.linalg.norms import vector_norm
from gradspec_reference.names.factories import zeros
from gradspec_reference.names.functions.assembly import cat, stack
from gradspec_reference.nn.utils import stateless as stateless

if TYPE_CHECKING:
    from collections.abc import Iterable


def gradients_of(parameters: Tensor | Iterable[Tensor]) -> list[Tensor]:
    """Return the gradients that are there."""
    leaves = [parameters] if isinstance(parameters, Tensor) else list(parameters)
    return [leaf.grad for leaf in leaves if leaf.grad is not None]


@no_grad()
def get_total_norm(
    tensors: Tensor | Iterable[Tensor],
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """Return the norm of all entries of tensors; RuntimeError if it is not finite, on request."""
    del foreach
    given = [tensors] if isinstance(tensors, Tensor) else list(tensors)
    order = float(norm_type)
    if not given:
        return zeros(())
    norms = [vector_norm(each, order) for each in given]
    total: Tensor = vector_norm(stack(norms), order)
    if error_if_nonfinite and not math.isfinite(total.item()):
        raise RuntimeError(
            f"the norm of gradients is {total.item()}, so they cannot be clipped; look for what "
            "made them so, or leave error_if_nonfinite out"
        )
    return total


@no_grad()
def clip_grads_with_norm_(
    parameters: Tensor | Iterable[Tensor],
    max_norm: float,
    total_norm: Tensor,
    foreach: bool | None = None,
) -> None:
    """Scale gradients whose common norm is known so that it is at most max_norm."""
    del foreach
    factor = (float(max_norm) / (total_norm + 1e-6)).clamp(max=1.0)
    for gradient in gradients_of(parameters):
        gradient.mul_(factor)


def clip_grad_norm_(
    parameters: Tensor | Iterable[Tensor],
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """Scale gradients so that their common norm is at most max_norm; return the norm before."""
    leaves = [parameters] if isinstance(parameters, Tensor) else list(parameters)
    if isinstance(parameters, GeneratorType) and not leaves:
        warnings.warn(
            "the parameters whose gradients were to be clipped come from a generator that gives "
            "none, or none any more; give a list, or call parameters() anew",
            UserWarning,
            stacklevel=2,
        )
    total = get_total_norm(gradients_of(leaves), norm_type, error_if_nonfinite)
    clip_grads_with_norm_(leaves, max_norm, total, foreach)
    return total


@no_grad()
def clip_grad_value_(
    parameters: Tensor | Iterable[Tensor], clip_value: float, foreach: bool | None = None
) -> None:
    """Bring each entry of gradients between -clip_value and clip_value."""
    del foreach
    for gradient in gradients_of(parameters):
        gradient.clamp_(-float(clip_value), float(clip_value))


def parameters_to_vector(parameters: Iterable[Tensor]) -> Tensor:
    """Return the entries of all parameters in a row; it is recorded."""
    vector: Tensor = cat([parameter.reshape(-1) for parameter in parameters])
    return vector


def vector_to_parameters(vec: Tensor, parameters: Iterable[Tensor]) -> None:
    """Give parameters the entries of a vector, as their data."""
    if not isinstance(vec, Tensor):
        raise TypeError(f"vec was given as a {type(vec).__name__}; it must be a tensor")
    start = 0
    for parameter in parameters:
        count = parameter.numel()
        parameter.data = vec[start : start + count].reshape(parameter.shape).data
        start += count
