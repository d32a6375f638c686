"""Faults in what operators compute and in their rules: some by hand, the rest by sweep."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gradspec_conformance.plants.plant import PLANTS, plant
from gradspec_conformance.plants.sweeps import swept
from gradspec_reference.engine.operator import TABLE
from gradspec_reference.operators import indexing, pointwise, reductions

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradspec_conformance.plants.plant import Swap

PLANTS.update(swept())


def replace_rules(swap: Swap, row: str, *rules: Callable[..., Any]) -> None:
    """Give a row other rules, which are counted when they run."""

    def counted(rule: Callable[..., Any]) -> Callable[..., Any]:
        def counting(*arguments: Any) -> Any:
            swap.took_effect()
            return rule(*arguments)

        return counting

    swap(TABLE[row], "vjps", tuple(map(counted, rules)))


@plant(
    kills={"op-001/prod_one_zero": "value", "op-001/prod_two_zeros": "value"},
    modelled_on="HIPS/autograd, whose rule of prod divides",
)
def products_are_divided_by_each_factor(swap: Swap) -> None:
    """The derivative of a product is the product over the factor, which is 0 / 0 at a zero."""
    swap(reductions, "has_zero", lambda _x: False)


@plant(kills={"op-205/clamp": "value"}, modelled_on="HIPS/autograd, whose clip is flat there")
def clamp_is_flat_at_its_bounds(swap: Swap) -> None:
    """The slope of clamp at its bounds is that of the outside."""

    def rule(xp: Any, g: Any, x: Any, low: Any, high: Any) -> Any:
        return xp.where((x > low) & (x < high), g, 0.0)

    replace_rules(swap, "clamp", rule)


@plant(kills={"op-205/maximum": "value"}, modelled_on="engines that write x >= y")
def the_first_wins_a_tie(swap: Swap) -> None:
    """Of two equal operands of maximum the first gets the whole gradient."""
    first, second = pointwise.larger_share, TABLE["maximum"].vjps[1]

    def whole(xp: Any, g: Any, x: Any, y: Any) -> Any:
        return xp.where(x == y, g, first(xp, g, x, y))

    def nothing(xp: Any, g: Any, x: Any, y: Any) -> Any:
        return xp.where(x == y, 0.0, second(xp, g, x, y))

    replace_rules(swap, "maximum", whole, nothing)


@plant(
    kills={"op-205/amax": "value", "op-205/amax_dim": "value"},
    modelled_on="engines that multiply by x == max(x)",
)
def every_winner_takes_all(swap: Swap) -> None:
    """Each of the entries that tie for the maximum gets the whole gradient."""

    def rule(xp: Any, g: Any, x: Any, result: Any, dims: Any, keepdim: bool) -> Any:
        shape = tuple(x.shape)
        winners = x == reductions.restore(xp, result, shape, dims, keepdim)
        return reductions.restore(xp, g, shape, dims, keepdim) * winners

    replace_rules(swap, "amax", rule)


@plant(
    kills={
        "op-001/getitem_places": "value",
        "op-001/index_select": "value",
        "op-001/gather": "value",
        "op-001/take_along_dim": "value",
    },
    modelled_on="engines that write grad[index] += g, where NumPy adds once",
)
def repeated_places_get_one_share(swap: Swap) -> None:
    """An entry that was read at several places gets the gradient of one of them."""
    swap(indexing, "is_basic", lambda _key: True)


@plant(
    kills={"op-001/cumsum": "value", "op-001/cumsum_first": "value"}, modelled_on="a missing flip"
)
def running_sums_run_the_same_way_back(swap: Swap) -> None:
    """The rule of cumsum sums from the front again, and not from the back."""
    replace_rules(swap, "cumsum", lambda xp, g, dim: xp.cumsum(g, dim))


@plant(
    kills={"op-001/softmax": "value", "op-001/softmax_first": "value"},
    modelled_on="common in teaching engines",
)
def softmax_has_a_diagonal_jacobian(swap: Swap) -> None:
    """Each entry of a softmax depends on its own argument alone."""
    replace_rules(swap, "softmax", lambda _xp, g, result, _dim: g * result * (1 - result))


@plant(
    kills={"op-001/add_alpha": "value", "op-001/sub_alpha": "value"},
    modelled_on="rules that were written before the argument was added",
)
def alpha_is_forgotten_on_the_way_back(swap: Swap) -> None:
    """The gradient of the second operand is not multiplied by alpha."""
    swap(pointwise, "scaled", lambda g, _alpha: g)


@plant(
    kills={"op-001/unfold_overlap": "value"},
    modelled_on="engines that write windows back by assignment",
)
def the_last_window_wins(swap: Swap) -> None:
    """An entry that is in several windows gets the gradient of the last."""

    def rule(xp: Any, g: Any, shape: Any, dim: int, size: int, step: int) -> Any:
        whole = xp.fold(g * 0.0, shape, dim, size, step)
        for offset in range(size):
            for window in range(g.shape[dim]):
                place = (*(slice(None),) * dim, window * step + offset)
                whole[place] = g[(*(slice(None),) * dim, window, ..., offset)]
        return whole

    replace_rules(swap, "unfold", rule)
