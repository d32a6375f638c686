"""What transforms are given, and what a transformed function returns; start at `selected`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gradspec_reference import dtypes
from gradspec_reference.engine.structures import leaves_of
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.errors import (
    ArgumentNumbersError,
    AuxiliaryError,
    ComplexJacobianError,
    ScalarValueError,
    TransformInputError,
    TransformOutputError,
    TransformPrimalsError,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    ArgumentNumbers = int | tuple[int, ...]

PAIR = 2
RANDOMNESS = ("error", "different", "same")


def places(name: str, argnums: Any, count: int) -> list[int]:
    """Return which of so many arguments are meant, counted from the front.

    ArgumentNumbersError for one that there is not, for none, or for one twice.
    """
    numbers = argnums if isinstance(argnums, tuple) else (argnums,)
    for number in numbers:
        if not isinstance(number, int):
            raise ArgumentNumbersError(
                f"argnums of {name}() is {argnums!r}; it must be an int or a tuple of them"
            )
        if not -count <= number < count:
            raise ArgumentNumbersError(
                f"argnums of {name}() names argument {number}, and the function was given {count} "
                "by position"
            )
    found = [number % count for number in numbers]
    if not found or len(set(found)) < len(found):
        raise ArgumentNumbersError(
            f"argnums of {name}() is {argnums!r}; it must name an argument, and none twice"
        )
    return found


def selected(name: str, args: tuple[Any, ...], argnums: Any) -> Any:
    """Return the argument that is meant, or a tuple of those that are."""
    found = tuple([args[place] for place in places(name, argnums, len(args))])
    return found if isinstance(argnums, tuple) else found[0]


def replaced(
    name: str, args: tuple[Any, ...], argnums: ArgumentNumbers, value: Any
) -> tuple[Any, ...]:
    """Return arguments with others in the places that are meant."""
    values = value if isinstance(argnums, tuple) else (value,)
    chosen = dict(zip(places(name, argnums, len(args)), values, strict=True))
    return tuple([chosen.get(place, given) for place, given in enumerate(args)])


def check_inputs(name: str, leaves: Sequence[Any]) -> None:
    """Refuse to differentiate by what is no tensor; TransformInputError."""
    for leaf in leaves:
        if not isinstance(leaf, Tensor):
            raise TransformInputError(
                f"{name}() was to differentiate by a {type(leaf).__name__}; it takes tensors, in "
                "tuples, lists and dicts, and what else a function needs is another argument"
            )


def check_primals(name: str, what: str, leaves: Sequence[Any]) -> None:
    """Refuse primals or tangents that are none; TransformPrimalsError."""
    for leaf in leaves:
        if not isinstance(leaf, Tensor):
            raise TransformPrimalsError(
                f"{what} of {name}() have a {type(leaf).__name__} among them; they must be tensors"
            )
    if not leaves:
        raise TransformPrimalsError(f"{what} of {name}() have no tensor among them")


def apart(name: str, returned: Any, has_aux: bool) -> tuple[Any, Any]:
    """Return the output of a function, and what it gave besides; AuxiliaryError."""
    if not has_aux:
        return returned, None
    if not isinstance(returned, tuple) or len(returned) != PAIR:
        raise AuxiliaryError(
            f"the function given to {name}() returned a {type(returned).__name__}; with "
            "has_aux=True it must return a pair, the output and auxiliary values"
        )
    for leaf in leaves_of(returned[1]):
        if not isinstance(leaf, Tensor):
            raise AuxiliaryError(
                f"the function given to {name}() returned a {type(leaf).__name__} as an auxiliary "
                "value; as in torch, it must be a tensor, or several in a structure"
            )
    return returned


def check_number(name: str, output: Any) -> None:
    """Refuse a value whose gradient there is not; ScalarValueError."""
    if not isinstance(output, Tensor):
        raise ScalarValueError(
            f"the function given to {name}() returned a {type(output).__name__}; it must return a "
            "tensor"
        )
    if output.ndim:
        raise ScalarValueError(
            f"the function given to {name}() returned a tensor of shape {list(output.shape)}; it "
            "must return a single number, without dimensions; use vjp() or jacrev() for others"
        )


def check_randomness(name: str, randomness: str) -> None:
    """Refuse what is no way to draw random numbers."""
    if randomness not in RANDOMNESS:
        raise RuntimeError(f"randomness of {name}() is {randomness!r}; it is one of {RANDOMNESS}")


def check_outputs(name: str, leaves: Sequence[Any]) -> None:
    """Refuse to differentiate what is no tensor; TransformOutputError."""
    for leaf in leaves:
        if not isinstance(leaf, Tensor):
            raise TransformOutputError(
                f"the function given to {name}() returned a {type(leaf).__name__}; it must return "
                "tensors, in tuples, lists and dicts"
            )
    if not leaves:
        raise TransformOutputError(f"the function given to {name}() returned no tensor")


def check_real(name: str, which: str, leaves: Sequence[Any]) -> None:
    """Refuse complex tensors, whose derivatives are no such matrix; ComplexJacobianError."""
    for place, leaf in enumerate(leaves):
        if isinstance(leaf, Tensor) and leaf._array.dtype.kind == "c":
            raise ComplexJacobianError(
                f"{name}() was given complex {which}, at place {place}; take view_as_real() of them"
            )


def check_floating(name: str, leaves: Sequence[Tensor]) -> None:
    """Refuse to differentiate whole numbers; TransformOutputError."""
    for leaf in leaves:
        if leaf._array.dtype.kind not in dtypes.DIFFERENTIABLE:
            raise TransformOutputError(
                f"the function given to {name}() returned a tensor of {leaf.dtype}; only "
                "floating-point tensors have derivatives"
            )
