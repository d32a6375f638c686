"""Jacobian beside Jacobian: the whole of both, entry by entry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec_reference.autograd.checking import analytical, numerical
from gradspec_reference.autograd.checking.given import as_tuple, checked, is_checked
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.errors import GradcheckError

if TYPE_CHECKING:
    from collections.abc import Callable

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True)
class Check:
    """A function, the inputs at which it is checked, and how near is near enough."""

    function: Callable[..., Any]
    inputs: tuple[Any, ...]
    eps: float
    atol: float
    rtol: float
    nondet_tol: float
    check_grad_dtypes: bool

    def outputs(self) -> tuple[Any, ...]:
        """Call the function and return what tensors it returns."""
        returned = as_tuple(self.function(*self.inputs))
        return tuple(x for x in returned if isinstance(x, Tensor))


def are_near(check: Check, found: Any, wanted: Any) -> bool:
    """Tell whether what the engine has is near the difference."""
    return bool(np.allclose(found, wanted, check.rtol, check.atol))


def mismatch(
    output: int, place: int, found: Array, wanted: Array, mode: str, *, parts: bool = False
) -> str:
    """Say where two Jacobians differ most, and show both."""
    away = np.abs(found - wanted)
    entry, of_output = (int(n) for n in np.unravel_index(np.nanargmax(away), away.shape))
    by_parts = " by real and imaginary parts in turn" if parts else ""
    return (
        f"Jacobian mismatch for output {output} with respect to input {place}, in {mode} mode"
        f"{by_parts}; "
        f"most by entry {entry} of the input, in entry {of_output} of the output: "
        f"{wanted[entry, of_output]} by differences, {found[entry, of_output]} by the engine\n"
        f"numerical: {wanted}\nanalytical: {found}\n"
    )


def compare(check: Check, outputs: tuple[Any, ...], mode: str) -> None:
    """Compare whole Jacobians of one mode; GradcheckError where they differ."""
    by_mode = compare_reverse if mode == "reverse" else compare_forward
    by_mode(check, outputs)


def compare_reverse(check: Check, outputs: tuple[Any, ...]) -> None:
    """Compare all rows of reverse mode; GradcheckError where they differ."""
    by_input = numerical.jacobians(check.function, check.inputs, check.eps)
    for k, output in enumerate(outputs):
        if is_checked(output):
            found = settled(check, output, analytical.units)
            for place, (own, wanted) in enumerate(zip(found, by_input, strict=True)):
                if not are_near(check, own, wanted[k]):
                    parts = output.is_complex() or checked(check.inputs)[place].is_complex()
                    raise GradcheckError(mismatch(k, place, own, wanted[k], "reverse", parts=parts))


def compare_forward(check: Check, outputs: tuple[Any, ...]) -> None:
    """Compare all columns of forward mode; GradcheckError where they differ."""
    by_input = numerical.jacobians(check.function, check.inputs, check.eps)
    found = analytical.forward(check.function, check.inputs)
    for k, output in enumerate(outputs):
        for place, (own, wanted) in enumerate(zip(found, by_input, strict=True)):
            if is_checked(output) and not are_near(check, own[k], wanted[k]):
                parts = output.is_complex() or checked(check.inputs)[place].is_complex()
                raise GradcheckError(mismatch(k, place, own[k], wanted[k], "forward", parts=parts))


def settled(check: Check, output: Tensor, cotangents: Callable[[Tensor], Any]) -> list[Array]:
    """Ask for products twice; GradcheckError if they differ, or do not fit their inputs."""
    first, again = (analytical.products(output, check.inputs, cotangents(output)) for _ in range(2))
    if check.check_grad_dtypes and not first.of_the_type:
        raise GradcheckError("a gradient has another data type than its input")
    if not first.of_the_size:
        raise GradcheckError("a gradient has another shape than its input")
    found = first.jacobians()
    for one, other in zip(found, again.jacobians(), strict=True):
        away = float(np.abs(one - other).max(initial=0.0))
        if not away <= check.nondet_tol:
            raise GradcheckError(
                f"backward is not reentrant: for the same inputs and cotangent it gave gradients "
                f"that differ by {away}, and nondet_tol allows {check.nondet_tol}"
            )
    return found


def demand_constant(check: Check) -> None:
    """Demand that no output moves, where none has a history; GradcheckError if one does."""
    by_input = numerical.jacobians(check.function, check.inputs, check.eps)
    for place, of_input in enumerate(by_input):
        for k, wanted in enumerate(of_input):
            if np.any(wanted != 0):
                raise GradcheckError(
                    f"output {k} does not require grad, but by differences it depends on input "
                    f"{place}, where zeros were expected\nnumerical: {wanted}\n"
                )
