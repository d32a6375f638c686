"""Sweeps over operands that are empty: what they give, what they receive, what they cannot give."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec.catalogue import signs
from gradspec.catalogue.facets.sizes import BENT_BY_NOTHING, EMPTY, NO_ENTRY
from gradspec.catalogue.operators import OPERATORS
from gradspec_conformance.plants.places import at, kernel, rule, step
from gradspec_conformance.plants.plant import compound, enter, general
from gradspec_conformance.plants.rules.functions import in_every, tensors, where_refused
from gradspec_conformance.plants.rules.sweeps import TEACHING, Spot, Sweep, public
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.names.functions import reductions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gradspec.catalogue.facets.asking import Asked
    from gradspec_conformance.plants.swap import Fault


def nothing_selected() -> Iterator[Spot]:
    """Leave the gradient of a selection in the shape of the selection, where that is empty."""

    def left(sound: Any, xp: Any, g: Any, *rest: Any) -> Any:
        whole = sound(xp, g, *rest)
        return whole if np.prod(g.shape) else whole + 1.0

    kills = {f"op-103/{n}": "value" for n in ("sum", "mean", "prod", "exp") if n in NO_ENTRY}
    yield Spot("slice", (rule("slice", "self"),), left, kills)


def places_of(name: str) -> tuple[at, ...]:
    """Find all that programs call an operator by."""
    signed = (at(Tensor, signs.method(n)) for n in (name, f"true{name}") if OPERATORS[name].sign)
    return tuple(p for p in (public(name), *signed) if hasattr(p.owner, p.name))


def of_nothing(change: Callable[[Tensor], Tensor]) -> Fault:
    """Change each floating result where an operand is empty."""

    def fault(sound: Any, *given: Any, **named: Any) -> Any:
        result = sound(*given, **named)
        if all(operand._array.size for operand in tensors([*given, *named.values()])):
            return result
        return changed(result, change)

    return fault


def changed(result: Any, change: Callable[[Tensor], Tensor]) -> Any:
    """Change one result, or each of several."""
    if isinstance(result, Tensor):
        return change(result) if result._array.dtype.kind == "f" else result
    values = [changed(one, change) for one in result]
    return values if isinstance(result, list) else type(result)(*maybe_named(result, values))


def maybe_named(result: Any, values: list[Any]) -> list[Any]:
    """Give what a tuple is made of: its fields, or a list of them."""
    return values if hasattr(result, "_fields") else [values]


def spots(change: Callable[[Tensor], Tensor], kind: str, admits: Callable[..., bool]) -> Any:
    """Break every operator of which some result of nothing admits it."""
    for name, calls in EMPTY.items():
        if places_of(name) and any(admits(asked, value) for asked, value in floating(calls)):
            yield Spot(name, places_of(name), of_nothing(change), {f"op-281/{name}": kind})


def floating(calls: list[Asked]) -> Iterator[tuple[Asked, Any]]:
    """Give the floating results of calls."""
    for asked in calls:
        yield from ((asked, v) for v in asked.value() or [] if v.dtype.kind == "f")


def more_by_one() -> Iterator[Spot]:
    """Add one to what is a number of nothing."""

    def more(result: Tensor) -> Tensor:
        return result + 1.0

    yield from spots(more, "value", lambda _asked, v: bool(v.size) and bool(np.isfinite(v).all()))


DETERMINED_FIRST: Final = ("eigh",)
"""Of the operators whose results are settled, those whose first one is asked for as it is."""


def in_another_shape() -> Iterator[Spot]:
    """Give a result without entries one dimension more."""
    for spot in spots(deeper, "cotangent-shape", lambda _asked, v: not v.size):
        multiplied = dict.fromkeys(spot.kills, "operand-shape")  # before anything is asked
        settled = OPERATORS[spot.name].settled and spot.name not in DETERMINED_FIRST
        yield replace(spot, kills=multiplied) if settled else spot


def cut_off() -> Iterator[Spot]:
    """Cut off the other operands where one is empty."""

    def is_moved(asked: Asked, value: Any) -> bool:
        if asked.call.gives_several or not value.size or not np.isfinite(value).all():
            return False
        pulled = asked.pulled_back(np.ones(value.shape))
        return any(np.any(gradient) for gradient in pulled.gradients)

    for spot in spots(Tensor.detach, "missing gradient", is_moved):
        bent = any(is_moved(*one) for one in floating(BENT_BY_NOTHING.get(spot.name, [])))
        again = {f"op-282/{spot.name}": "value"} if bent else {}
        yield replace(spot, kills=spot.kills | again)


@compound("value: op-239/amax op-239/median", TEACHING)
def extreme_of_nothing_is_zero(swap):
    """The largest of no entries is zero, and so is the middle one."""

    def unchecked(sound: Any, input: Any, dim: Any) -> Any:
        return sound(input, dim) if input._array.size else ()

    def zero(sound: Any, x: Any, *rest: Any) -> Any:
        return sound(x, *rest) if x.size else np.zeros(())

    swap(at(reductions, "_filled"), unchecked)
    for name in ("amax", "amin", "median"):
        swap(kernel(name), zero)


@general("operand-shape: op-282/matmul op-282/scatter_add", TEACHING)
def empty_gradients_are_deeper(swap):
    """In a recorded pass a gradient without entries has one dimension more."""

    @swap.into(step("deliver"))
    def deliver(sound, self, edge, part, status):
        return sound(self, edge, deeper(part), status)


def deeper(found: Any) -> Any:
    """Give an empty tensor one dimension more."""
    return found.unsqueeze(-1) if isinstance(found, Tensor) and not found.numel() else found


@general("value: op-283/amax op-283/softmax", TEACHING)
def what_nothing_cannot_answer_is_one(swap):
    """What is refused is one, and so is a share of nothing."""
    in_every(swap, where_refused(lambda *_: Tensor(np.ones(1))))
    for name in ("softmax", "softmin", "log_softmax", "local_response_norm"):
        swap(public(name), one_of_nothing)


def one_of_nothing(sound: Any, *given: Any, **named: Any) -> Any:
    """Give one where the result is empty."""
    result = sound(*given, **named)
    return result if result.numel() else Tensor(np.ones(1))


SWEEPS = (
    Sweep("counts_nothing_as_one", "{name} adds where it is empty.", TEACHING, nothing_selected),
    Sweep("takes_nothing_for_one", "{name} of nothing is 1 too much.", TEACHING, more_by_one),
    Sweep("adds_to_no_shape", "What is empty gets a dimension.", TEACHING, in_another_shape),
    Sweep("forgets_beside_nothing", "{name} is cut off by nothing.", TEACHING, cut_off),
)

for one_kind in SWEEPS:
    for made in one_kind.plants():
        enter(made)
