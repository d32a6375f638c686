"""Faults of single operators: at ties and edges, where indices repeat, along an axis."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gradspec_conformance.plants.places import at, kernel, rule
from gradspec_conformance.plants.plant import compound, plant
from gradspec_reference.operators import indexing, reductions

if TYPE_CHECKING:
    from gradspec_conformance.plants.swap import Swap


@plant(
    at(reductions, "has_zero"),
    {"op-001/prod_one_zero": "value", "op-001/prod_two_zeros": "value"},
    "HIPS/autograd, whose rule of prod divides",
)
def products_are_divided_by_each_factor(_sound: Any, _x: Any) -> bool:
    """The derivative of a product is the product over the factor, which is 0 / 0 at a zero."""
    return False


@plant(rule("clamp", "self"), {"op-205/clamp": "value"}, "HIPS/autograd, whose clip is flat there")
def clamp_is_flat_at_its_bounds(_sound: Any, xp: Any, g: Any, x: Any, low: Any, high: Any) -> Any:
    """The slope of clamp at its bounds is that of the outside."""
    return xp.where((x > low) & (x < high), g, 0.0)


@compound({"op-205/maximum": "value"}, "engines that write x >= y")
def the_first_wins_a_tie(swap: Swap) -> None:
    """Of two equal operands of maximum the first gets the whole gradient."""

    def whole(sound: Any, xp: Any, g: Any, x: Any, y: Any) -> Any:
        return xp.where(x == y, g, sound(xp, g, x, y))

    def nothing(sound: Any, xp: Any, g: Any, x: Any, y: Any) -> Any:
        return xp.where(x == y, 0.0, sound(xp, g, x, y))

    swap(rule("maximum", "self"), whole)
    swap(rule("maximum", "other"), nothing)


@plant(
    rule("amax", "self"),
    {"op-205/amax": "value", "op-210/amax": "value"},
    "engines that multiply by x == max(x)",
)
def every_winner_takes_all(
    _sound: Any, xp: Any, g: Any, x: Any, result: Any, dims: Any, keepdim: bool
) -> Any:
    """Each of the entries that tie for the maximum gets the whole gradient."""
    shape = tuple(x.shape)
    winners = x == reductions.restore(xp, result, shape, dims, keepdim)
    return reductions.restore(xp, g, shape, dims, keepdim) * winners


@plant(
    at(indexing, "is_basic"),
    {"op-001/getitem_places": "value", "op-001/gather": "value"},
    "engines that write grad[index] += g, where NumPy adds once",
)
def repeated_places_get_one_share(_sound: Any, _key: Any) -> bool:
    """An entry that was read at several places gets the gradient of one of them."""
    return True


@plant(
    rule("cumsum", "self"),
    {"op-001/cumsum": "value", "op-001/cumsum_first": "value"},
    "a missing flip",
)
def running_sums_run_the_same_way_back(_sound: Any, xp: Any, g: Any, dim: Any) -> Any:
    """The rule of cumsum sums from the front again, and not from the back."""
    return xp.cumsum(g, dim)


@plant(
    rule("softmax", "self"),
    {"op-001/softmax": "value", "op-001/softmax_first": "value"},
    "common in teaching engines",
)
def softmax_has_a_diagonal_jacobian(_sound: Any, _xp: Any, g: Any, result: Any, _dim: Any) -> Any:
    """Each entry of a softmax depends on its own argument alone."""
    return g * result * (1 - result)


@compound(
    {"op-001/add_alpha": "value", "op-001/sub_alpha": "value"},
    "rules that were written before the argument was added",
)
def alpha_is_forgotten_on_the_way_back(swap: Swap) -> None:
    """The gradient of the second operand is not multiplied by alpha."""
    swap(rule("add", "other"), lambda _sound, _xp, g, _alpha: g)
    swap(rule("sub", "other"), lambda _sound, _xp, g, _alpha: -g)


@plant(
    rule("unfold", "self"),
    {"op-001/unfold_overlap": "value"},
    "engines that write windows back by assignment",
)
def the_last_window_wins(
    _sound: Any, xp: Any, g: Any, shape: Any, dim: int, size: int, step: int
) -> Any:
    """An entry that is in several windows gets the gradient of the last."""
    whole = xp.fold(g * 0.0, shape, dim, size, step)
    for offset in range(size):
        for window in range(g.shape[dim]):
            place = (*(slice(None),) * dim, window * step + offset)
            whole[place] = g[(*(slice(None),) * dim, window, ..., offset)]
    return whole


@plant(
    at(reductions, "shared_out"),
    {"op-211/max": "value", "op-211/median": "value"},
    "common where a mask is a factor",
)
def winners_are_a_factor(_sound: Any, xp: Any, g: Any, chosen: Any) -> Any:
    """What is shared out among the chosen is multiplied by a mask of ones and zeros."""
    return xp.reshape(g / xp.sum(chosen), (1,) * len(chosen.shape)) * chosen


@plant(kernel("threshold_backward"), {"op-211/relu": "value"}, "common where a mask is a factor")
def positive_entries_are_a_factor(_sound: Any, g: Any, result: Any) -> Any:
    """relu multiplies its gradient by a mask of ones and zeros."""
    return g * (result > 0)


@plant(rule("sort_values", "self"), {"op-211/sort": "value"}, "sorting by a permutation matrix")
def sorting_is_a_product(sound: Any, xp: Any, g: Any, *rest: Any) -> Any:
    """Every entry receives a multiple of every entry of a sort's gradient, if one of zero."""
    return sound(xp, g, *rest) + xp.sum(g) * 0.0
