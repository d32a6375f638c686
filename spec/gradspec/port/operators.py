"""The operators of the catalogue as acts, in place and out of place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gradspec.catalogue.operators import OPERATORS
from gradspec.port.act import Act, act

if TYPE_CHECKING:
    from gradspec.catalogue.operator import Operator


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


OPERATOR_ACTS: Final = tuple(map(_act, OPERATORS.values()))
"""Each asked for as `op:NAME`."""
