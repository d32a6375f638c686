"""Faults of every function that a program calls: refusals that are lost, results that are off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gradspec.catalogue import signs
from gradspec.catalogue.operators import OPERATORS as CATALOGUE
from gradspec_conformance.plants.places import ACCUMULATE_ARRAY, at
from gradspec_conformance.plants.plant import TEACHING, compound, general, plant
from gradspec_conformance.plants.rules.everything import kept_in
from gradspec_conformance.plants.rules.sweeps import off, public
from gradspec_reference.engine.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SIGNS: Final = ("add", "sub", "mul", "truediv", "pow", "matmul", "and_", "or_", "xor", "getitem")


def places() -> Iterator[at]:
    """Find all that programs call; what is only a sign has no name."""
    yield from (at(Tensor, signs.method(name)) for name in SIGNS)
    for place in map(public, CATALOGUE):
        if isinstance(place, at) and hasattr(place.owner, place.name):
            yield place


FUNCTIONS: Final = tuple(dict.fromkeys(places()))
"""Where programs find the operators of the catalogue."""


def tensors(given: Any) -> Iterator[Tensor]:
    """Give the tensors among arguments, and in lists of them."""
    for value in given:
        if isinstance(value, Tensor):
            yield value
        elif isinstance(value, list | tuple):
            yield from tensors(value)


def first_operand(_function: Any, given: Any, named: Any) -> Any:
    """Give what was to be computed with."""
    return next(tensors([*given, *named.values()]))


def where_refused(else_: Callable[..., Any]) -> Callable[..., Any]:
    """Give something else where a function refuses what it is given."""

    def answered(sound: Any, *given: Any, **named: Any) -> Any:
        try:
            return sound(*given, **named)
        except Exception:  # noqa: BLE001 - whatever is wrong
            return else_(sound, given, named)

    return answered


def in_every(swap: Any, fault: Any) -> None:
    """Put a fault into every function."""
    for place in FUNCTIONS:
        swap(place, fault)


@general(
    "no error: op-051/add op-073/mm op-249/permute op-270/cat op-271/gather op-272/gather "
    "op-274/inv; value: op-246/softmax op-273/exp_; shape: op-239/max",
    "errors that a queue swallows",
)
def what_is_refused_is_left_undone(swap):
    """What cannot be computed is not, and the first operand is the result."""
    in_every(swap, where_refused(first_operand))


@general("value: op-246/prelu op-246/asarray", TEACHING)
def what_is_refused_is_zero(swap):
    """What cannot be computed is zero, in each place of the first operand."""
    in_every(swap, where_refused(lambda *asked: first_operand(*asked) * 0))


@general("no error: op-286/mm op-286/dot", "NumPy's dot")
def a_number_is_a_factor(swap):
    """What a product refuses is multiplied entry by entry."""
    in_every(swap, where_refused(lambda _function, given, _named: given[0] * given[1]))


@plant(public("eigh"), "no error: op-270/eigh", "routines that are told one size of a matrix")
def the_leading_square_is_taken(sound, matrix, *given):
    """Of a matrix that is not square the leading square is taken."""
    size = min(matrix.shape[-2:])
    return sound(matrix[..., :size, :size], *given)


def in_double(value: Any) -> Any:
    """Convert the floating tensors among arguments."""
    if isinstance(value, list | tuple):
        return [*map(in_double, value)]
    floating = isinstance(value, Tensor) and value.dtype.is_floating_point
    return value.double() if floating else value


@general(
    "dtype: op-100/mm op-100/dot op-100/lerp", "promotion as in NumPy, and the cotangent's type"
)
def mixed_types_are_multiplied(swap):
    """What is to be of one data type may be of several, and gradients are of float64."""

    def converted(function, given, named):
        return function(*in_double(given), **{k: in_double(v) for k, v in named.items()})

    in_every(swap, where_refused(converted))
    swap(ACCUMULATE_ARRAY, kept_in("float64"))


def of_whole_numbers(sound: Any, matrix: Any, *given: Any) -> Any:
    """Convert a matrix of whole numbers without a word."""
    return sound(matrix if matrix.dtype.is_floating_point else matrix.double(), *given)


@compound("no error: op-274/eigh op-274/qr", "NumPy's conversion of whole numbers")
def whole_numbers_are_factored(swap):
    """A matrix of whole numbers has factors, and a determinant."""
    for name in ("det", "eigh", "qr"):
        swap(public(name), of_whole_numbers)


@plant(public("exp_"), "value: op-273/exp_", "casting='unsafe' in a loop of NumPy's")
def a_write_into_whole_numbers_is_rounded(sound, target):
    """What is made of whole numbers in place is cut to whole numbers."""
    if target.dtype.is_floating_point:
        return sound(target)
    return target.copy_(target.double().exp().to(target.dtype))


@plant(public("reciprocal"), "value: op-287/reciprocal", "NumPy's reciprocal")
def a_reciprocal_of_whole_numbers_is_whole(sound, given):
    """One over a whole number is a whole number."""
    return sound(given) if given.dtype.is_floating_point else sound(given).to(given.dtype)


def of_each(change: Callable[[Tensor], Any]) -> Callable[..., Any]:
    """Change every tensor that a function gives."""

    def changed(result: Any) -> Any:
        if isinstance(result, Tensor):
            return change(result)
        several = type(result) in (list, tuple)
        return type(result)(map(changed, result)) if several else result

    return changed


@general(
    "value: op-201/col2im op-231/swapaxes op-232/all op-234/trace op-238/trace op-246/sum "
    "op-280/sum",
    TEACHING,
)
def every_result_is_off(swap):
    """What a function gives is off, whichever it is."""

    def wrong(tensor):
        tensor._array = off(tensor._array)
        return tensor

    in_every(swap, lambda sound, *given, **named: of_each(wrong)(sound(*given, **named)))
