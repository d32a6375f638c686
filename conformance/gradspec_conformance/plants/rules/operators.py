"""Faults of single operators: at ties and edges, where indices repeat, along an axis."""

from __future__ import annotations

from gradspec_conformance.plants.places import at, kernel, rule
from gradspec_conformance.plants.plant import TEACHING, compound, plant
from gradspec_reference.operators import indexing, reductions


@plant(
    at(reductions, "has_zero"), "value: op-001/prod_one_zero op-001/prod_two_zeros", "HIPS/autograd"
)
def products_are_divided_by_each_factor(_sound, _x):
    """The derivative of a product is the product over the factor, which is 0 / 0 at a zero."""
    return False


@plant(rule("clamp", "self"), "value: op-205/clamp", "HIPS/autograd, whose clip is flat there")
def clamp_is_flat_at_its_bounds(_sound, xp, g, x, low, high):
    """The slope of clamp at its bounds is that of the outside."""
    return xp.where((x > low) & (x < high), g, 0.0)


@compound("value: op-205/maximum", "engines that write x >= y")
def the_first_wins_a_tie(swap):
    """Of two equal operands of maximum the first gets the whole gradient."""
    swap(rule("maximum", "self"), lambda f, xp, g, x, y: xp.where(x == y, g, f(xp, g, x, y)))
    swap(rule("maximum", "other"), lambda f, xp, g, x, y: xp.where(x == y, 0.0, f(xp, g, x, y)))


@plant(rule("amax", "self"), "value: op-205/amax op-210/amax", "multiplying by x == max(x)")
def every_winner_takes_all(_sound, xp, g, x, result, dims, keepdim):
    """Each of the entries that tie for the maximum gets the whole gradient."""
    shape = tuple(x.shape)
    winners = x == reductions.restore(xp, result, shape, dims, keepdim)
    return reductions.restore(xp, g, shape, dims, keepdim) * winners


@plant(at(indexing, "is_basic"), "value: op-001/getitem_places op-001/gather", "grad[index] += g")
def repeated_places_get_one_share(_sound, _key):
    """An entry that was read at several places gets the gradient of one of them."""
    return True


@plant(rule("cumsum", "self"), "value: op-001/cumsum op-001/cumsum_first", "a missing flip")
def running_sums_run_the_same_way_back(_sound, xp, g, dim):
    """The rule of cumsum sums from the front again, and not from the back."""
    return xp.cumsum(g, dim)


@plant(rule("softmax", "self"), "value: op-001/softmax op-001/softmax_first", TEACHING)
def softmax_has_a_diagonal_jacobian(_sound, _xp, g, result, _dim):
    """Each entry of a softmax depends on its own argument alone."""
    return g * result * (1 - result)


@compound("value: op-001/add_alpha op-001/sub_alpha", "rules older than the argument")
def alpha_is_forgotten_on_the_way_back(swap):
    """The gradient of the second operand is not multiplied by alpha."""
    swap(rule("add", "other"), lambda _sound, _xp, g, _alpha: g)
    swap(rule("sub", "other"), lambda _sound, _xp, g, _alpha: -g)


@plant(rule("unfold", "self"), "value: op-001/unfold_overlap", "windows written back by assignment")
def the_last_window_wins(_sound, xp, g, shape, dim, size, step):
    """An entry that is in several windows gets the gradient of the last."""
    whole = xp.fold(g * 0.0, shape, dim, size, step)
    for offset in range(size):
        for window in range(g.shape[dim]):
            place = (*(slice(None),) * dim, window * step + offset)
            whole[place] = g[(*(slice(None),) * dim, window, ..., offset)]
    return whole


@plant(at(reductions, "shared_out"), "value: op-211/max op-211/median", "masks that are factors")
def winners_are_a_factor(_sound, xp, g, chosen):
    """What is shared out among the chosen is multiplied by a mask of ones and zeros."""
    return xp.reshape(g / xp.sum(chosen), (1,) * len(chosen.shape)) * chosen


@plant(kernel("threshold_backward"), "value: op-211/relu", "masks that are factors")
def positive_entries_are_a_factor(_sound, g, result):
    """Relu multiplies its gradient by a mask of ones and zeros."""
    return g * (result > 0)


@plant(rule("sort_values", "self"), "value: op-211/sort", "sorting by a permutation matrix")
def sorting_is_a_product(sound, xp, g, *rest):
    """Every entry receives a multiple of every entry of a sort's gradient, if one of zero."""
    return sound(xp, g, *rest) + xp.sum(g) * 0.0


@plant(rule("eigh", "self"), "value: op-001/eigh op-220/eigh", "HIPS/autograd")
def eigh_counts_the_other_triangle_as_constant(sound, xp, *arguments):
    """The triangle that eigh reads gets its own share, and not that of the one that mirrors it."""
    return xp.tril(sound(xp, *arguments), 0)


@plant(rule("cholesky", "self"), "value: op-001/cholesky op-220/cholesky", "HIPS/autograd")
def cholesky_counts_the_other_triangle_as_constant(sound, xp, *arguments):
    """The triangle that cholesky reads gets its own share, and not that of its mirror."""
    return xp.tril(sound(xp, *arguments), 0)
