"""Tangents of results and of what is written in place; start at `propagate`.

An operation hands over its operands and its result, and the row's jvp makes the tangent of it.
What that computes is recorded like anything else, and has no tangents: there is one level.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from gradspec_reference import dtypes
from gradspec_reference.engine import duals, inplace, layout, recording, views
from gradspec_reference.engine.modes import state
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.errors import (
    DualAgainError,
    NoForwardError,
    TangentDtypeError,
    TangentShapeError,
)
from gradspec_reference.operators import OPERATORS
from gradspec_reference.operators.forward import Call, fitted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gradspec_reference.operators import Operator


@contextlib.contextmanager
def linearising() -> Iterator[None]:
    """Compute tangents: what is computed meanwhile has none."""
    before, state.linearising = state.linearising, True
    try:
        yield
    finally:
        state.linearising = before


def tangent_of(tensor: Any) -> Tensor | None:
    """Return the tangent of a tensor in this level, None if it has none.

    That of a view shows a part of its base's.
    """
    if not isinstance(tensor, Tensor) or not duals.levels:
        return None
    dual = duals.dual_of(tensor)
    if dual is not None and dual.tangent is not None:
        return dual.tangent
    base = duals.base_of(tensor)
    whole = None if base is None else tangent_of(base)
    if base is None or whole is None:
        return None
    *_, shape, strides, offset = geometry = views.geometry_of(tensor, base)
    where = (shape, strides, offset, geometry)
    with linearising():
        if same_layout(whole.materialise(), base.materialise()):
            part = recording.view(OPERATORS["as_strided"], whole, *where)
        else:
            part = recording.tensors.region(whole, geometry)
    (dual or duals.made_dual(tensor, base)).tangent = part
    return part


def has_tangent(operands: tuple[Any, ...]) -> bool:
    """Tell whether an operand has a tangent that is to be followed."""
    return duals.is_followed() and any(tangent_of(x) is not None for x in operands)


def tangents_of(arguments: tuple[Any, ...]) -> tuple[Any, ...] | None:
    """Return the tangents of arguments, None if there are none to be followed."""
    if not duals.is_followed():
        return None
    found = tuple(map(tangent_of, arguments))
    return None if all(t is None for t in found) else found


def still(moving: Any) -> Any:
    """Compute without tangents, if there are any."""
    return contextlib.nullcontext() if moving is None else linearising()


def propagate(
    operator: Operator, operands: tuple[Any, ...], params: tuple[Any, ...], result: Any
) -> None:
    """Give a result, or each of several in a tuple, its tangent.

    Raises NoForwardError if the operator has a derivative, but none of this kind.
    """
    if not operator.differentiable or not has_tangent(operands):
        return
    if operator.jvp is None:
        raise NoForwardError(
            f"{operator.name} was given a tensor that has a tangent, but has no forward "
            "derivative, as in torch; detach() what it is given"
        )
    results = result if isinstance(result, tuple) else (result,)
    if not any(x._array.dtype.kind in dtypes.FLOATING for x in results):
        return
    with linearising():
        made = operator.jvp(recording.tensors, call(operator, operands, params, result))
    for each, tangent in zip(results, made if operator.several else (made,), strict=True):
        if tangent is not None and each._array.dtype.kind in dtypes.FLOATING:
            give(each, tangent)


def call(
    operator: Operator, operands: tuple[Any, ...], params: tuple[Any, ...], result: Any
) -> Call:
    """Return an operation as its jvp sees it."""

    def again(others: tuple[Any, ...]) -> Any:
        if operator.several:
            return recording.several(operator, others[0], *params)
        run = recording.apply_pointwise if operator.pointwise else recording.apply
        return run(operator, others, *params)

    seen = list(result) if isinstance(result, tuple) else result
    return Call(operator, operands, params, seen, tuple(map(tangent_of, operands)), again)


def make_room(result: Any, operands: tuple[Any, ...]) -> None:
    """Make room for tangents before results are saved, if there are going to be any."""
    if has_tangent(operands):
        for each in result if isinstance(result, tuple) else (result,):
            duals.made_dual(each)


def give(tensor: Tensor, tangent: Tensor) -> None:
    """Make a tensor a dual one; the tangent lies in memory as the tensor does."""
    dual = duals.dual_of(tensor) or duals.made_dual(tensor)
    with linearising():
        dual.tangent = laid_out(fitted(recording.tensors, tangent, tensor), tensor)


def laid_out(tangent: Tensor, like: Tensor) -> Tensor:
    """Return a tangent, or a copy of it, that lies in memory as another tensor does."""
    array, wanted = tangent.materialise(), like.materialise()
    if same_layout(array, wanted):
        return tangent
    made: Tensor = recording.tensors.clone(tangent)
    made._array = layout.like_leaf(made._array, wanted)
    return made


def same_layout(array: Any, wanted: Any) -> bool:
    """Tell whether two arrays of one shape lie in memory in one way."""
    steps = zip(array.shape, layout.strides(array), layout.strides(wanted), strict=True)
    return all(n <= 1 or s == t for n, s, t in steps)


def show(result: Tensor, source: Tensor, operator: Operator, params: tuple[Any, ...]) -> None:
    """Let a view show the same of its source's tangent; one that is made later, too."""
    if not duals.is_followed():
        return
    duals.follow(result, source)
    whole = tangent_of(source)
    dual = duals.dual_of(result)
    if whole is not None and dual is not None:
        with linearising():
            dual.tangent = recording.view(operator, whole, *params)


def show_again(
    tensor: Tensor, operator: Operator, tangent: Tensor, params: tuple[Any, ...]
) -> None:
    """Let the tangent of a tensor that shows its memory in another way now do so, too."""
    dual = duals.dual_of(tensor) or duals.made_dual(tensor)
    with linearising():
        dual.tangent = recording.view(operator, tangent, *params)


def show_each(
    results: tuple[Tensor, ...], source: Tensor, operator: Operator, params: tuple[Any, ...]
) -> None:
    """Let several views show the same of their source's tangent."""
    if not duals.is_followed():
        return
    for result in results:
        duals.follow(result, source)
    whole = tangent_of(source)
    if whole is not None:
        with linearising():
            parts = recording.several_views(operator, whole, *params)
        for result, part in zip(results, parts, strict=True):
            result._dual.tangent = part


def of_write(operator: Operator, operands: tuple[Any, ...], params: tuple[Any, ...]) -> Any:
    """Return the tangent that a write in place brings, None if there are no tangents.

    It is that of the same operation on a copy, since the old value is gone once it is written.
    """
    if not has_tangent(operands):
        return None
    old = operands[0].clone()
    others = [old if x is operands[0] else x for x in operands]
    run = recording.apply_pointwise if operator.pointwise else recording.apply
    made = run(operator, tuple(others), *params)
    tangent = tangent_of(made)
    return recording.tensors.zeros_like(made) if tangent is None else tangent


def overwrite(target: Tensor, tangent: Tensor) -> None:
    """Write a tangent where that of the target is; through a view, into that of its base."""
    held = tangent_of(target)
    base = duals.base_of(target)
    if held is None and base is None:
        give(target, tangent)
        return
    with linearising():
        if held is None and base is not None:
            give(base, recording.tensors.zeros_like(base))
            held = tangent_of(target)
        inplace.apply_inplace(OPERATORS["copy"], (held, tangent))


def make_dual(tensor: Tensor, tangent: Tensor) -> Tensor:
    """Return a tensor on the same memory that has a tangent.

    Raises TangentShapeError, TangentDtypeError, DualAgainError.
    """
    if tangent._array.shape != tensor._array.shape:
        raise TangentShapeError(
            f"a tangent of shape {list(tangent.shape)} was given for a tensor of shape "
            f"{list(tensor.shape)}; it must have the same shape"
        )
    if tangent._array.dtype != tensor._array.dtype:
        raise TangentDtypeError(
            f"a tangent of {tangent.dtype} was given for a tensor of {tensor.dtype}; convert it"
        )
    if tangent_of(tensor) is not None:
        raise DualAgainError(
            "a tensor was given a tangent and has one already in this level; detach() it, or "
            "unpack it first"
        )
    with linearising():
        dual = recording.view(OPERATORS["alias"], tensor)
    duals.made_dual(dual)
    give(dual, tangent)
    return dual


def primal_of(tensor: Tensor) -> Tensor:
    """Return a tensor on the same memory without a tangent."""
    with linearising():
        primal = recording.view(OPERATORS["alias"], tensor)
    duals.made_dual(primal)
    return primal
