"""Transforms that go forward: `jvp` and `linearize`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gradspec_reference.dtypes import DIFFERENTIABLE
from gradspec_reference.engine import forward
from gradspec_reference.engine.differentiating import zeros
from gradspec_reference.engine.structures import flatten
from gradspec_reference.engine.transforms import Forward
from gradspec_reference.errors import (
    DualDtypeError,
    IndependentError,
    StructureError,
)
from gradspec_reference.func.arguments import (
    apart,
    check_outputs,
    check_primals,
    replaced,
    selected,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradspec_reference.engine.tensor import Tensor
    from gradspec_reference.func.arguments import ArgumentNumbers


def jvp(
    func: Callable[..., Any],
    primals: Any,
    tangents: Any,
    *,
    strict: bool = False,
    has_aux: bool = False,
) -> Any:
    """Return func(*primals), and the Jacobian there times the tangents, in the form of the output.

    Tangents have the structure of the primals, a tuple.  What does not depend on them has a tangent
    of zeros, and is an IndependentError under `strict`.  With `has_aux` func returns a pair, and
    its second half is returned, too.
    Raises StructureError, TransformPrimalsError, TangentShapeError, DualDtypeError,
    TransformOutputError, AuxiliaryError.
    Source: torch.func.jvp docstring.
    """
    value, product, aux = pushed("jvp", func, primals, tangents, None, strict, has_aux)
    return (value, product, aux) if has_aux else (value, product)


def pushed(
    name: str,
    func: Callable[..., Any],
    primals: Any,
    tangents: Any,
    argnums: ArgumentNumbers | None,
    strict: bool,
    has_aux: bool,
) -> tuple[Any, Any, Any]:
    """Return the value of a function, its derivative along tangents, and what it gave besides."""
    if not isinstance(primals, tuple):
        raise StructureError(
            f"primals of {name}() are a {type(primals).__name__}; they must be a tuple, of all "
            "arguments of the function"
        )
    leaves, form = flatten(primals if argnums is None else selected(name, primals, argnums))
    directions, other = flatten(tangents)
    if form != other:
        raise StructureError(
            f"tangents of {name}() have the form {other}, and the primals have {form}"
        )
    check_primals(name, "primals", leaves)
    check_primals(name, "tangents", directions)
    with Forward() as call:
        points = form.unflatten([dual(call, x, t) for x, t in zip(leaves, directions, strict=True)])
        given = points if argnums is None else replaced(name, primals, argnums, points)
        returned, aux = apart(name, func(*given), has_aux)
        outputs, outputs_form = flatten(returned)
        check_outputs(name, outputs)
        found = [tangent(call, x, strict) for x in outputs]
    return outputs_form.unflatten(outputs), outputs_form.unflatten(found), aux


def dual(call: Forward, primal: Tensor, direction: Tensor) -> Tensor:
    """Return a dual number for a primal and a tangent; DualDtypeError for whole numbers."""
    if primal._array.dtype.kind not in DIFFERENTIABLE:
        raise DualDtypeError(
            f"a primal of {primal.dtype} was given; only floating-point tensors have derivatives"
        )
    return call.dual(primal, direction)


def tangent(call: Forward, output: Tensor, strict: bool) -> Tensor:
    """Return the tangent of an output, or zeros; IndependentError, under strict, if it has none."""
    found = call.tangent_of(output)
    if found is None and strict:
        raise IndependentError(
            "an output of the function given to jvp() does not depend on its inputs, which "
            "strict=True does not allow; without it there are zeros"
        )
    return zeros(output) if found is None else found


def linearize(func: Callable[..., Any], *primals: Any) -> tuple[Any, Callable[..., Any]]:
    """Return func(*primals), and the function that multiplies tangents by the Jacobian there.

    It can be called again and again; each call goes forward through func once more.
    It raises StructureError, TangentShapeError, TangentDtypeError for tangents unlike the primals.
    Source: torch.func.linearize docstring.
    """
    leaves, form = flatten(primals)
    check_primals("linearize", "primals", leaves)
    kept = form.unflatten([leaf.clone() for leaf in leaves])

    def linear(*tangents: Any) -> Any:
        directions, other = flatten(tangents)
        if other != form:
            raise StructureError(
                f"tangents of the form {other} were given, and the primals have {form}"
            )
        for primal, direction in zip(leaves, directions, strict=True):
            forward.check_fits(primal, direction)
        return jvp(func, kept, tangents)[1]

    return func(*primals), linear
