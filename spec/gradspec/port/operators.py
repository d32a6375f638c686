"""The operators of the catalogue as acts, in place and out of place."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from gradspec.catalogue.operators import OPERATORS
from gradspec.catalogue.signature import AXIS, PAIRS
from gradspec.port.act import Act, act

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from gradspec.catalogue.operator import Operator
    from gradspec.catalogue.signature import Signature
    from gradspec.port.act import Given


def _act(operator: Operator) -> Act:
    name, inplace = operator.name, operator.inplace
    everywhere = operator.sign if operator.bundle == "values" else ""  # Python's, in any engine
    by_name = "" if operator.torch is None else operator.torch or _called(operator)
    return act(
        f"op:{name}",
        operator.signature.text,
        f"Write in place: {name}." if inplace else f"Compute {name}.",
        gives="tensor",
        some=True,
        word=f"op:{name} inplace" if inplace else None,
        options={parameter: f"op:{name}.{parameter}" for parameter in operator.apart.split()},
        needs_more=_dimensions(operator.signature),
        several=operator.gives_several if operator.several else None,
        python=everywhere,
        torch=("" if everywhere else operator.sign, by_name),
        on="tensor",
        bundle=operator.bundle,
    )


def _called(operator: Operator) -> str:
    """Say how torch calls it: as a function, or as a method."""
    signature = operator.signature
    names = [n for n in signature.names if n != "x"] if operator.method else signature.names
    written = [
        f"${n}" if n in signature.required or n == signature.variadic else f"$({n}=${n})"
        for n in names
    ]
    place = "$x" if operator.method else "torch"
    return f"{place}.{operator.name}({', '.join(written)})"


def _dimensions(signature: Signature) -> Callable[[Given], set[str]] | None:
    """Say what a call needs for the dimensions that it names; None where it names none."""
    axes = [name for name in (*AXIS, *PAIRS) if name in signature.names]
    return partial(_needed, signature, axes) if axes else None


def _needed(signature: Signature, axes: Sequence[str], given: Given) -> set[str]:
    """Ask for several at once where one is meant, and for what is counted from the end."""
    words = set()
    for name in axes:
        value, default = given.get(name), signature.defaults.get(name, ())
        if isinstance(default, int | None) and isinstance(value, list | tuple):
            words.add("several_dims")
        if any(number < 0 for number in _numbers(value)) and value != default:
            words.add("negative_dims")
    return words


def _numbers(value: Any) -> Iterator[int]:
    if isinstance(value, list | tuple):
        for part in value:
            yield from _numbers(part)
    elif isinstance(value, int):
        yield value


OPERATOR_ACTS: Final = tuple(map(_act, OPERATORS.values()))
"""Each asked for as `op:NAME`."""
