"""Tangents of results and of what is written in place; start at `propagate`.

An operation hands over its operands and its result, and the row's jvp makes the tangent of it, in
each level by itself.  What that computes is recorded like anything else, and has the tangents of
outer levels: those are there already, as levels are gone through from the outermost.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from gradspec_reference import dtypes
from gradspec_reference.engine import batching, duals, inplace, layout, recording, views
from gradspec_reference.engine.batched import Batched
from gradspec_reference.engine.modes import state
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.errors import (
    DualAgainError,
    NoForwardError,
    OverlappingMemoryError,
    TangentDtypeError,
    TangentShapeError,
)
from gradspec_reference.operators import OPERATORS
from gradspec_reference.operators.forward import Call, fitted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gradspec_reference.engine.duals import Level
    from gradspec_reference.operators import Operator

    Tangents = dict[Level, tuple[Any, ...]]


@contextlib.contextmanager
def linearising(depth: float = 0) -> Iterator[None]:
    """Compute tangents: what is computed meanwhile has those of levels of less depth alone."""
    before, state.below = state.below, min(depth, state.below)
    try:
        yield
    finally:
        state.below = before


def tangent_of(tensor: Any, level: Level) -> Tensor | None:
    """Return the tangent of a tensor in a level, None if it has none.

    That of a view shows a part of its base's.
    """
    if not isinstance(tensor, Tensor):
        return None
    dual = duals.dual_of(tensor, level)
    if dual is not None and dual.tangent is not None:
        return dual.tangent
    base = duals.base_of(tensor, level)
    whole = None if base is None else tangent_of(base, level)
    if base is None or whole is None:
        return None
    where = views.geometry_of(tensor, base)
    with linearising(level.depth):
        if same_layout(whole.materialise(), base.materialise()):
            part = part_of(whole, where)
        else:
            part = views.region(recording.tensors, whole, where)
    (dual or duals.made_dual(tensor, level, base)).tangent = part
    return part


def part_of(whole: Tensor, where: Any) -> Tensor:
    """Return a view of the part of a tangent that a view of the tensor shows of that."""
    view = recording.view
    if type(where) is not views.Reading:
        return view(OPERATORS["as_strided"], whole, *where[2:], where)
    numbers = view(OPERATORS["view_as_real"], whole) if where.of_pairs else whole
    part = view(OPERATORS["as_strided"], numbers, *where.geometry[2:], where.geometry)
    part = view(OPERATORS["view_as_complex"], part) if where.to_pairs else part
    turned = {"conj_physical": "conj", "neg": "neg_view"}.get(where.turn)
    return view(OPERATORS[turned], part) if turned else part


def tangents_of(arguments: tuple[Any, ...]) -> Tangents:
    """Return the tangents of arguments in each level in which there are any to be followed."""
    found = {}
    for level in duals.followed():
        tangents = tuple([tangent_of(x, level) for x in arguments])
        if any(tangent is not None for tangent in tangents):
            found[level] = tangents
    return found


def has_tangent(operands: tuple[Any, ...]) -> bool:
    """Tell whether an operand has a tangent that is to be followed."""
    return bool(tangents_of(operands))


def still(moving: Tangents) -> Any:
    """Compute without tangents, if there are any."""
    return linearising() if moving else contextlib.nullcontext()


def propagate(
    operator: Operator, operands: tuple[Any, ...], params: tuple[Any, ...], result: Any
) -> None:
    """Give a result, or each of several in a tuple, its tangents.

    Raises NoForwardError if the operator has a derivative, but none of this kind.
    """
    moving = tangents_of(operands) if operator.differentiable else {}
    if not moving:
        return
    if operator.jvp is None:
        raise NoForwardError(
            f"{operator.name} was given a tensor that has a tangent, but has no forward "
            "derivative, as in torch; detach() what it is given"
        )
    results = result if isinstance(result, tuple) else (result,)
    if not any(x._array.dtype.kind in dtypes.DIFFERENTIABLE for x in results):
        return
    for level, tangents in moving.items():
        with linearising(level.depth):
            made = operator.jvp(
                recording.tensors, call(operator, operands, params, result, tangents)
            )
        for each, tangent in zip(results, made if operator.several else (made,), strict=True):
            if tangent is not None and each._array.dtype.kind in dtypes.DIFFERENTIABLE:
                give(each, tangent, level)


def call(
    operator: Operator,
    operands: tuple[Any, ...],
    params: tuple[Any, ...],
    result: Any,
    tangents: tuple[Any, ...],
) -> Call:
    """Return an operation as its jvp sees it."""

    def again(others: tuple[Any, ...]) -> Any:
        if operator.several:
            return recording.several(operator, others[0], *params)
        run = recording.apply_pointwise if operator.pointwise else recording.apply
        return run(operator, others, *params)

    seen = list(result) if isinstance(result, tuple) else result
    return Call(operator, operands, params, seen, tangents, again)


def make_room(result: Any, operands: tuple[Any, ...]) -> None:
    """Make room for tangents before results are saved, if there are going to be any."""
    for level in tangents_of(operands):
        for each in result if isinstance(result, tuple) else (result,):
            duals.made_dual(each, level)


def give(tensor: Tensor, tangent: Tensor, level: Level) -> None:
    """Make a tensor a dual one; the tangent lies in memory as the tensor does."""
    dual = duals.dual_of(tensor, level) or duals.made_dual(tensor, level)
    with linearising(level.depth):
        dual.tangent = laid_out(fitted(recording.tensors, tangent, tensor), tensor)


def laid_out(tangent: Tensor, like: Tensor) -> Tensor:
    """Return a tangent, or a copy of it, that lies in memory as another tensor does."""
    array, wanted = tangent.materialise(), like.materialise()
    if type(tangent) is Batched or type(like) is Batched:  # each example lies as all do
        return tangent
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
    """Let a view show the same of its source's tangents; one that is made later, too."""
    for level in duals.followed():
        duals.follow(result, source, level)
        whole = tangent_of(source, level)
        if whole is not None:
            with linearising(level.depth):
                result._dual[level].tangent = recording.view(operator, whole, *params)


def show_again(
    tensor: Tensor, operator: Operator, tangent: Tensor, params: tuple[Any, ...], level: Level
) -> None:
    """Let the tangent of a tensor that shows its memory in another way now do so, too."""
    dual = duals.dual_of(tensor, level) or duals.made_dual(tensor, level)
    with linearising(level.depth):
        dual.tangent = recording.view(operator, tangent, *params)


def show_each(
    results: tuple[Tensor, ...], source: Tensor, operator: Operator, params: tuple[Any, ...]
) -> None:
    """Let several views show the same of their source's tangents."""
    for level in duals.followed():
        for result in results:
            duals.follow(result, source, level)
        whole = tangent_of(source, level)
        if whole is not None:
            with linearising(level.depth):
                parts = recording.several_views(operator, whole, *params)
            for result, part in zip(results, parts, strict=True):
                result._dual[level].tangent = part


def of_write(
    operator: Operator, operands: tuple[Any, ...], params: tuple[Any, ...]
) -> dict[Level, Tensor]:
    """Return the tangents that a write in place brings, by level.

    They are those of the same operation on a copy, since the old value is gone once it is written.
    """
    moving = tangents_of(operands)
    if not moving:
        return {}
    old = operands[0].clone()
    others = [old if x is operands[0] else x for x in operands]
    run = recording.apply_pointwise if operator.pointwise else recording.apply
    made = run(operator, tuple(others), *params)
    found = {level: tangent_of(made, level) for level in moving}
    return {
        level: recording.tensors.zeros_like(made) if tangent is None else tangent
        for level, tangent in found.items()
    }


def overwrite(target: Tensor, tangent: Tensor, level: Level) -> None:
    """Write a tangent where that of the target is; through a view, into that of its base."""
    held = tangent_of(target, level)
    base = duals.base_of(target, level)
    if held is None and base is None:
        give(target, tangent, level)
        return
    with linearising(level.depth):
        if held is None and base is not None:
            give(base, recording.tensors.zeros_like(base), level)
            held = tangent_of(target, level)
        if not batching.has_room(held, tangent):
            whole = target if base is None else base
            make_room_for_examples(whole, tangent, level)
            held = tangent_of(target, level)
        inplace.apply_inplace(OPERATORS["copy"], (held, tangent))


def make_room_for_examples(whole: Tensor, tangent: Tensor, level: Level) -> None:
    """Give each example a tangent of its own, where all had the same; the views show that."""
    nothing = recording.tensors.sum(recording.tensors.zeros_like(tangent))
    same = tangent_of(whole, level)
    assert same is not None
    give(whole, same + nothing, level)
    for dual in level.duals:
        if dual.base is whole:
            dual.tangent = None


def make_dual(tensor: Tensor, tangent: Tensor, level: Level) -> Tensor:
    """Return a tensor on the same memory that has a tangent; in inference mode none is looked at.

    Raises TangentShapeError, TangentDtypeError, OverlappingMemoryError, DualAgainError.
    """
    if not state.following:
        return recording.view(OPERATORS["alias"], tensor)
    check_fits(tensor, tangent)
    if tangent_of(tensor, level) is not None:
        raise DualAgainError(
            "a tensor was given a tangent and has one already in this level; detach() it, or "
            "unpack it first"
        )
    with linearising(level.depth):
        dual = recording.view(OPERATORS["alias"], tensor)
    duals.made_dual(dual, level)
    give(dual, tangent, level)
    return dual


def check_fits(tensor: Tensor, tangent: Tensor) -> None:
    """Refuse a tangent of another shape or dtype than its tensor's, or one that has no room."""
    if tangent._array.shape != tensor._array.shape:
        raise TangentShapeError(
            f"a tangent of shape {list(tangent.shape)} was given for a tensor of shape "
            f"{list(tensor.shape)}; it must have the same shape"
        )
    if tangent._array.dtype != tensor._array.dtype:
        raise TangentDtypeError(
            f"a tangent of {tangent.dtype} was given for a tensor of {tensor.dtype}; convert it"
        )
    if Batched in (type(tensor), type(tangent)):
        return
    if layout.overlaps_itself(tensor._array) and not same_layout(tangent._array, tensor._array):
        raise OverlappingMemoryError(
            f"a tangent was given for a tensor of shape {list(tensor.shape)} of which several "
            "indices are one address, as in expand(), where the tangent has no room; clone() it"
        )


def primal_of(tensor: Tensor, level: Level) -> Tensor:
    """Return a tensor on the same memory without a tangent in a level, or in one within it."""
    inner = [each for each in duals.followed() if each.depth >= level.depth]
    with linearising(level.depth):
        primal = recording.view(OPERATORS["alias"], tensor)
    for each in inner:
        duals.made_dual(primal, each)
    return primal
