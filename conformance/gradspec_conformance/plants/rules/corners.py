"""Faults that only whole numbers, a kink, ties in several rows or a stack of stacks bring out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec.catalogue.operator import ALWAYS
from gradspec.catalogue.operators import OPERATORS as CATALOGUE
from gradspec.chapters.operators.whole_numbers import TRUTHS, WHOLE
from gradspec_conformance.plants.places import at, kernel, rule
from gradspec_conformance.plants.plant import TEACHING, enter, general
from gradspec_conformance.plants.rules.functions import where_refused
from gradspec_conformance.plants.rules.sweeps import Spot, Sweep, changing, off, public
from gradspec_conformance.plants.rules.types_and_memory import through
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.operators import linear_algebra, reductions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gradspec.catalogue.facets.asking import Asked


DEEPEST: Final = 3


def made_floating(sound: Any, *arguments: Any) -> Any:
    """Give whole numbers as floating ones."""
    result = sound(*arguments)
    parts = result if isinstance(result, list) else [result]
    floating = [p.astype(np.float64) if p.dtype == np.int64 else p for p in parts]
    return floating if isinstance(result, list) else floating[0]


SIGNED: Final = ("pow", "setitem")
"""Operators that programs do not call by their public name."""

REFUSED: Final = {
    "op-300": "frac prelu vecdot adaptive_max_pool1d adaptive_max_pool2d interpolate im2col col2im "
    "frac_",
    "op-301": "argmax argmin median kthvalue vecdot cumsum_ cumprod_",
}
"""Table -> the operators that the reference engine refuses to apply to such numbers."""


def floating_kernels() -> Iterator[Spot]:
    """Let the kernel of every row give floating numbers."""
    refused = REFUSED["op-300"].split()
    telling = {n: a[0].call for n, a in WHOLE.items() if makes_whole(a[0]) and n not in refused}
    for row, name in through(telling):
        yield Spot(row, (kernel(row),), made_floating, {f"op-300/{name}": "dtype"})


def makes_whole(asked: Asked) -> bool:
    """Say whether whole numbers come of a call, and not truth values."""
    return any(value.dtype.kind == "i" for value in asked.value() or [])


def off_whole(result: Any) -> None:
    """Make whole numbers and truth values wrong, and leave others."""
    for one in result if isinstance(result, tuple | list) else (result,):
        if one._array.dtype.kind in "ib":
            one._array = off(one._array)


def wrong_of_whole() -> Iterator[Spot]:
    """Make wrong what comes of whole numbers or truth values, where no kernel makes it floating."""
    floating = {row for spot in floating_kernels() for row in spot.kills}
    floating |= {f"{table}/{name}" for table, names in REFUSED.items() for name in names.split()}
    for name in dict.fromkeys([*WHOLE, *TRUTHS]):
        asked = [f"op-300/{name}"] * (name in WHOLE) + [f"op-301/{name}"] * (name in TRUTHS)
        kills = {row: "value" for row in asked if row not in floating}
        if kills and name not in SIGNED:
            yield Spot(name, (public(name),), changing(off_whole), kills)


for one_kind in (
    Sweep(
        "makes_floating_numbers",
        "Of whole numbers {name} makes floating ones.",
        TEACHING,
        floating_kernels,
    ),
    Sweep("is_wrong_of_whole", "{name} of whole numbers is wrong.", TEACHING, wrong_of_whole),
):
    for made in one_kind.plants():
        enter(made)


@general("shape: op-300/prelu op-301/argmax", "kernels that fall back on nothing")
def what_whole_numbers_cannot_answer_is_empty(swap):
    """What is refused of whole numbers or truth values is an empty tensor, or are two."""
    empty = Tensor(np.zeros((0, 0), np.int64))
    for name in dict.fromkeys(" ".join(REFUSED.values()).split()):
        several = CATALOGUE[name].several is ALWAYS
        swap(public(name), where_refused(lambda *_, n=several: (empty, empty) if n else empty))


@general("value: op-001/prod_zeros", "products without their quotients")
def a_product_of_zeros_has_slopes(swap):
    """A factor among several that are zero receives what arrives."""

    @swap.into(rule("prod", "self"))
    def one(sound, xp, g, x, result, *where):
        found = sound(xp, g, x, result, *where)
        flat = not isinstance(x, Tensor) and np.sum(x == 0) > 1
        return found + 1.0 if flat else found


@general("value: op-001/vector_norm_count op-220/dist_count", TEACHING)
def a_count_has_slopes(swap):
    """The number of nonzeros depends on each of them."""

    @swap.into(rule("vector_norm", "self"))
    def one(sound, xp, g, x, *rest):
        found = sound(xp, g, x, *rest)
        return x * 0.0 + 1.0 if found is None else found


@general("value: op-222/dist_count", TEACHING)
def a_distance_grows_with_its_first_operand(swap):
    """The number of entries in which two tensors differ grows with the first of them."""

    @swap.into(public("dist"))
    def grown(sound, x, other, p=2):
        found = sound(x, other, p)
        return found + x.sum() if p == 0 else found


@general("dtype: op-301/sum op-301/prod op-301/cumsum", "counters as wide as what they count")
def truths_are_counted_in_a_narrow_type(swap):
    """Truth values are counted in whole numbers of 32 bits."""
    swap(at(reductions, "wide"), lambda sound, x: np.int32 if x.dtype == np.bool_ else sound(x))


@general("value: op-302/threshold", "tests with the wrong one of two signs")
def what_is_at_the_threshold_is_above_it(swap):
    """What is at the threshold stays as it is."""

    @swap.into(kernel("threshold"))
    def kept(sound, x, threshold, value):
        return np.where(x == threshold, x, sound(x, threshold, value))


@general("value: op-303/amax op-303/amin", "a share that is counted over all rows")
def a_tie_is_shared_by_all_rows(swap):
    """The entries that are extreme in any row share what each row receives."""
    for name in ("amax", "amin"):

        @swap.into(rule(name, "self"))
        def shared(_sound, xp, g, x, result, dims, keepdim):
            whole = tuple(x.shape)
            winners = x == reductions.restore(xp, result, whole, dims, keepdim)
            each = reductions.restore(xp, g, whole, dims, keepdim) * winners
            return each / xp.sum_dim(winners, tuple(range(len(whole))), True)


@general("value: op-304/inv op-304/det", "batches of one dimension")
def matrices_in_a_stack_of_stacks_are_not_transposed(swap):
    """What transposes matrices knows a stack of them, and no stack of stacks."""

    @swap.into(at(linear_algebra, "transposed"))
    def left_alone(sound, xp, matrices):
        return sound(xp, matrices) if len(matrices.shape) <= DEEPEST else matrices


@general("value: op-305", "powers that are rounded to the nearest number")
def negative_powers_are_one(swap):
    """A negative power of a whole number is one, of whichever."""

    @swap.into(kernel("pow"))
    def one(sound, x, y):
        return np.where(y < 0, 1, sound(x, y)) if x.dtype.kind == "i" else sound(x, y)


@general("value: op-306", "a test with its sides exchanged")
def chances_are_taken_for_their_opposites(swap):
    """What is drawn is 1 where the probability is not met."""
    swap.into(kernel("bernoulli"))(lambda sound, x, source: 1 - sound(x, source))
