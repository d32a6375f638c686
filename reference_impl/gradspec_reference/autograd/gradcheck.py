"""Derivatives held to finite differences (torch.autograd.gradcheck); start at `gradcheck`.

A check fails with a GradcheckError, which says where, and shows the numbers.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec_reference.autograd.checking import (
    analytical,
    comparison,
    demands,
    numerical,
    projection,
)
from gradspec_reference.autograd.checking.comparison import Check
from gradspec_reference.autograd.checking.given import (
    as_tuple,
    check_inputs,
    checked,
    is_checked,
    of_reals,
    shape_of_reals,
)
from gradspec_reference.engine.asking import answer
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.errors import CheckedGradOutError, CheckOptionsError, GradcheckError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "GradcheckError",
    "get_analytical_jacobian",
    "get_numerical_jacobian",
    "gradcheck",
    "gradgradcheck",
]


def gradcheck(
    func: Callable[..., Any],
    inputs: Any,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_batched_forward_grad: bool = False,
    check_forward_ad: bool = False,
    check_backward_ad: bool = True,
    fast_mode: bool = False,
    masked: bool | None = None,
) -> bool:
    """Compare the Jacobian of a function with central differences; True if they agree.

    GradcheckError if they do not, or False without `raise_exception`; CheckedInputsError,
    CheckedMemoryError and CheckOptionsError for what cannot be checked.  `masked` is about sparse
    tensors, of which there are none.
    Source: torch.autograd.gradcheck docstring.
    """
    del masked
    check_options(
        {"check_forward_ad": check_forward_ad, "check_backward_ad": check_backward_ad},
        {
            "check_batched_grad": (check_batched_grad, "check_backward_ad"),
            "check_batched_forward_grad": (check_batched_forward_grad, "check_forward_ad"),
        },
    )
    given = as_tuple(inputs)
    check_inputs(given)
    check = Check(func, given, eps, atol, rtol, nondet_tol, check_grad_dtypes)
    try:
        outputs = check.outputs()
        compare(check, outputs, fast_mode, forward=check_forward_ad, backward=check_backward_ad)
        if check_forward_ad and check_undefined_grad and any(map(is_checked, outputs)):
            demands.demand_undefined_tangents(check)
        if check_backward_ad:
            followed = [x for x in outputs if is_checked(x)]
            if check_batched_grad:
                demands.demand_batches(check, followed)
            demands.demand_multiplied(check, followed)
            if check_undefined_grad:
                demands.demand_undefined(check)
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True


def compare(
    check: Check, outputs: tuple[Any, ...], fast: bool, *, forward: bool, backward: bool
) -> None:
    """Compare the modes that are asked for with differences."""
    if not any(is_checked(x) for x in outputs):
        comparison.demand_constant(check)
        return
    for mode, asked in (("reverse", backward), ("forward", forward)):
        if asked:
            way = projection if fast else comparison
            way.compare(check, outputs, mode)


def gradgradcheck(
    func: Callable[..., Any],
    inputs: Any,
    grad_outputs: Any = None,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    gen_non_contig_grad_outputs: bool = False,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_fwd_over_rev: bool = False,
    check_rev_over_rev: bool = True,
    fast_mode: bool = False,
    masked: bool = False,
) -> bool:
    """Compare second derivatives with differences of the first; True if they agree.

    The first are those for `grad_outputs`, which are random if left out, and which they are
    differentiated by, too.  Errors as of `gradcheck`.
    Source: torch.autograd.gradgradcheck docstring.
    """
    check_options(
        {"check_fwd_over_rev": check_fwd_over_rev, "check_rev_over_rev": check_rev_over_rev},
        {
            "check_undefined_grad": (check_undefined_grad, "check_rev_over_rev"),
            "check_batched_grad": (check_batched_grad, "check_rev_over_rev"),
        },
    )
    given = as_tuple(inputs)
    if grad_outputs is None:
        outputs = checked(as_tuple(func(*given)))
        cotangents = tuple(drawn(x, gen_non_contig_grad_outputs) for x in outputs)
    else:
        cotangents = as_tuple(grad_outputs)
    return gradcheck(
        first_derivative(func, given, len(cotangents)),
        given + cotangents,
        eps=eps,
        atol=atol,
        rtol=rtol,
        raise_exception=raise_exception,
        nondet_tol=nondet_tol,
        check_undefined_grad=check_undefined_grad,
        check_grad_dtypes=check_grad_dtypes,
        check_batched_grad=check_batched_grad,
        fast_mode=fast_mode,
        check_forward_ad=check_fwd_over_rev,
        check_backward_ad=check_rev_over_rev,
        masked=masked,
    )


def drawn(like: Tensor, spaced: bool) -> Tensor:
    """Draw a cotangent of numbers between -1 and 1, on every second place of memory if `spaced`."""
    generator = np.random.default_rng(0)
    shape = shape_of_reals(like)
    wide = (*shape[: like.ndim], 2, *shape[like.ndim :])
    array = of_reals(generator.uniform(-1.0, 1.0, wide), like)
    chosen = array[..., 0] if spaced else array[..., 0].copy()
    return Tensor(chosen).requires_grad_()


def first_derivative(
    func: Callable[..., Any], inputs: tuple[Any, ...], count: int
) -> Callable[..., Any]:
    """Return the function of inputs and cotangents that gives the gradients by the inputs."""
    differentiated = [is_checked(x) for x in inputs]

    def derivative(*arguments: Any) -> tuple[Any, ...]:
        points, cotangents = arguments[: len(inputs)], arguments[len(inputs) :]
        points = tuple(
            x.requires_grad_() if wanted and x.is_leaf else x
            for x, wanted in zip(points, differentiated, strict=True)
        )
        outputs = checked(as_tuple(func(*points)))
        targets = [x for x, wanted in zip(points, differentiated, strict=True) if wanted]
        found = answer(outputs, list(cotangents)[:count], targets, None, True)
        return tuple(g for g in found if g is not None)

    return derivative


def check_options(ways: dict[str, bool], needs: dict[str, tuple[bool, str]]) -> None:
    """Refuse to check nothing, and what needs a way that is not gone; CheckOptionsError."""
    if not any(ways.values()):
        raise CheckOptionsError(f"neither {' nor '.join(ways)} was given; give one of them")
    for option, (given, way) in needs.items():
        if given and not ways[way]:
            raise CheckOptionsError(f"{option}=True was given without {way}=True; give both")


def get_numerical_jacobian(
    fn: Callable[..., Any],
    inputs: Any,
    target: Any = None,
    eps: float = 1e-3,
    grad_out: float = 1.0,
) -> tuple[Tensor, ...]:
    """Return the Jacobian of the first output of fn(inputs) by differences; deprecated.

    It has a row for each entry of an input, complex if that is.  CheckedGradOutError for any
    `grad_out` but 1, and ValueError for complex outputs.
    Source: torch.autograd.gradcheck.get_numerical_jacobian docstring.
    """
    warn_of_old_helper("get_numerical_jacobian")
    check_grad_out("get_numerical_jacobian", grad_out)
    given = as_tuple(inputs)
    wanted = checked(given if target is None else as_tuple(target))
    found = fn(inputs)  # what it raises, it raises where it was called, and nothing is moved yet
    check_real_outputs("get_numerical_jacobian", as_tuple(found))
    by_input = numerical.jacobians(lambda *_: fn(inputs), tuple(wanted), eps)
    return tuple(with_both_parts(of[0], x) for x, of in zip(wanted, by_input, strict=True))


def get_analytical_jacobian(
    inputs: Any, output: Any, nondet_tol: float = 0.0, grad_out: float = 1.0
) -> tuple[tuple[Tensor, ...], bool, bool, bool]:
    """Return the Jacobian of an output by passes, and whether it is reentrant and fits; deprecated.

    It has a row for each entry of an input, complex if that is.  CheckedGradOutError for any
    `grad_out` but 1, and ValueError for a complex output.
    Source: torch.autograd.gradcheck.get_analytical_jacobian docstring.
    """
    warn_of_old_helper("get_analytical_jacobian")
    check_grad_out("get_analytical_jacobian", grad_out)
    check_real_outputs("get_analytical_jacobian", (output,))
    first, again = (analytical.reverse(output, as_tuple(inputs)) for _ in range(2))
    found = first.jacobians()
    pairs = zip(found, again.jacobians(), strict=True)
    reentrant = all(np.abs(a - b).max(initial=0.0) <= nondet_tol for a, b in pairs)
    wanted = checked(as_tuple(inputs))
    told = tuple(with_both_parts(each, x) for x, each in zip(wanted, found, strict=True))
    return told, reentrant, first.of_the_size, first.of_the_type


def with_both_parts(jacobian: np.ndarray[Any, Any], x: Tensor) -> Tensor:
    """Return a row for each entry of an input: of a complex one the slopes by both parts."""
    return Tensor(jacobian[::2] + 1j * jacobian[1::2] if x.is_complex() else jacobian)


def warn_of_old_helper(name: str) -> None:
    """Warn that a helper was never meant for programs."""
    warnings.warn(
        f"{name}() was part of the private interface of gradcheck; use "
        "autograd.functional.jacobian()",
        FutureWarning,
        stacklevel=3,
    )


def check_grad_out(name: str, grad_out: float) -> None:
    """Refuse a cotangent that is not 1."""
    if grad_out != 1.0:
        raise CheckedGradOutError(
            f"grad_out={grad_out} was given to {name}(), which knows no other than 1.0; leave it "
            "out"
        )


def check_real_outputs(name: str, outputs: tuple[Any, ...]) -> None:
    """Refuse complex outputs, which have a Jacobian for each part; ValueError."""
    for output in outputs:
        if isinstance(output, Tensor) and output.is_complex():
            raise ValueError(
                f"{name}() was given an output of {output.dtype}, and knows real ones alone; give "
                "it one part, or view_as_real() of both"
            )
