"""Forward derivatives: what a result's tangent is, given those of the operands.

A jvp is `jvp(xp, call)`, where `call` is one run of an operator.  Most rows need none of their own:
a family says in `JVP` by which law its rows have theirs.  Where no law gives it, it is `written` as
a vjp is, a function of tangents, what is saved and params.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gradspec_reference.operators.conjugation import conj, is_complex, real_part

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gradspec_reference.operators.row import Operator, Rule


@dataclass(frozen=True, slots=True)
class Call:
    """One run of an operator on tensors, some of which have a tangent; None for the others.

    `again` runs it once more, on other operands.  For an operator with several results, `result` is
    a list, and so is what its jvp gives.
    """

    operator: Operator
    operands: tuple[Any, ...]
    params: tuple[Any, ...]
    result: Any
    tangents: tuple[Any, ...]
    again: Callable[[tuple[Any, ...]], Any]

    def saved(self) -> list[Any]:
        """Return what the vjps of this operator are given beside a cotangent, without params."""
        return [self.value(name) for name in self.operator.saved_names]

    def value(self, name: str) -> Any:
        """Return a value by the name under which a row saves it."""
        names = self.operator.operand_names
        if name == "result":
            return self.result
        if name == "all_indices":
            return list(self.operands[len(names) :])
        if name.endswith("_shape"):
            return shape_of(self.operands[names.index(name.removesuffix("_shape"))])
        return self.operands[names.index(name)]

    def moving(self) -> list[tuple[int, Any, Rule]]:
        """Return the operands that have a tangent and a rule: place, tangent, rule."""
        vjp, names = self.operator.vjp, self.operator.operand_names
        found = zip(names, self.tangents, strict=False)
        return [(i, t, vjp[n]) for i, (n, t) in enumerate(found) if t is not None and n in vjp]

    def is_differentiated(self, place: int) -> bool:
        """Tell whether the operand at a place has a rule; indices and masks have none."""
        names = self.operator.operand_names
        if self.operator.variadic:
            return True
        return place < len(names) and names[place] in self.operator.vjp


def shape_of(x: Any) -> tuple[int, ...]:
    """Return the shape of a tensor, or of a number."""
    return tuple(getattr(x, "shape", ()))


def added(parts: Iterable[Any]) -> Any:
    """Add up; None for nothing."""
    total = None
    for part in parts:
        if part is not None:
            total = part if total is None else total + part
    return total


def fitted(xp: Any, tangent: Any, like: Any) -> Any:
    """Return the tangent of an operand in the shape and the dtype of another tensor."""
    before, after = tangent._array.dtype, like._array.dtype
    if before != after:
        tangent = xp.cast(tangent, after, before)
    return tangent if tangent.shape == like.shape else xp.spread(tangent, tuple(like.shape))


def symmetric(xp: Any, call: Call) -> Any:
    """Apply the vjp of each operand to its tangent: its Jacobian is the same transposed.

    That is so for all that works element by element, where it is a diagonal, and for softmax.
    """
    saved = call.saved()
    return added(
        rule(xp, fitted(xp, tangent, call.result), *saved, *call.params)
        for _, tangent, rule in call.moving()
    )


def real_valued(xp: Any, call: Call) -> Any:
    """Return how far each tangent goes along the gradient: the result is real, element by element.

    Of real numbers that is the product of both, as in `symmetric`.
    """
    saved, moving = call.saved(), call.moving()
    if not any(is_complex(tangent) for _, tangent, _ in moving):
        return symmetric(xp, call)
    ones = xp.zeros_like(call.result) + 1
    return added(
        real_part(xp, conj(xp, rule(xp, ones, *saved, *call.params)) * tangent)
        for _, tangent, rule in moving
    )


def linear(xp: Any, call: Call) -> Any:
    """Apply the operator itself to the tangents: it is linear in all operands together."""
    zeros_like = xp.zeros_like
    operands = [
        x
        if not call.is_differentiated(place) or not hasattr(x, "_array")
        else zeros_like(x)
        if place >= len(call.tangents) or call.tangents[place] is None
        else call.tangents[place]
        for place, x in enumerate(call.operands)
    ]
    return call.again(tuple(operands))


def multilinear(_xp: Any, call: Call) -> Any:
    """Put each tangent in its operand's place in turn: the operator is linear in each alone."""
    return added(
        call.again((*call.operands[:place], tangent, *call.operands[place + 1 :]))
        for place, tangent, _ in call.moving()
    )


def gradient(xp: Any, call: Call) -> Any:
    """Sum the products of tangent and gradient over what was reduced to one number."""
    if not isinstance(call.result, list):
        return sloped(xp, call, xp.zeros_like(call.result) + 1, call.result)
    return [
        sloped(xp, call, [xp.zeros_like(x) + 1 if x is r else None for r in call.result], x)
        for x in call.result
    ]


def sloped(xp: Any, call: Call, ones: Any, result: Any) -> Any:
    """Return the tangent of one result, which has the gradient that its rules give for ones."""
    saved = call.saved()
    parts = []
    for place, tangent, rule in call.moving():
        slope = rule(xp, ones, *saved, *call.params)
        if slope is not None:
            product = slope * tangent
            if is_complex(product) and not is_complex(result):  # it goes along the gradient
                product = real_part(xp, conj(xp, slope) * tangent)
            dims = reduced_dims(call, shape_of(call.operands[place]), shape_of(product))
            product = xp.sum_dim(product, dims, False) if dims else product
            parts.append(xp.reshape(product, shape_of(result)))
    total = added(parts)
    return xp.zeros_like(result) if total is None else total


def reduced_dims(call: Call, shape: tuple[int, ...], whole: tuple[int, ...]) -> tuple[int, ...]:
    """Return over which dimensions an operand was reduced: all, unless it was told which."""
    if not shape or "dim" not in call.operator.param_names:
        return tuple(range(len(whole)))
    dims = call.params[call.operator.param_names.index("dim")]
    return tuple(dims) if isinstance(dims, tuple) else (dims,)


def losses(xp: Any, call: Call) -> Any:
    """Return the tangents of losses, or of the one number that they were reduced to."""
    reduction = call.params[call.operator.param_names.index("reduction")]
    if reduction == "none":
        return symmetric(xp, call)
    whole = call.operands[0] + call.operands[1]
    spread = [None if t is None else fitted(xp, t, whole) for t in call.tangents]
    return gradient(
        xp, Call(call.operator, call.operands, call.params, call.result, tuple(spread), call.again)
    )


def written(rule: Rule) -> Callable[[Any, Call], Any]:
    """Make a jvp of a function of the tangent, what is saved, and params.

    Where an operator has several operands it is given a list of tangents, None where there is none.
    """

    def jvp(xp: Any, call: Call) -> Any:
        alone = len(call.operator.operand_names) == 1
        tangents = call.tangents[0] if alone else list(call.tangents)
        return rule(xp, tangents, *call.saved(), *call.params)

    return jvp
