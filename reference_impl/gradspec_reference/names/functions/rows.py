"""Functions that are nothing but their row: an operator on trial, before it has a door of its own.

Such a function takes the operands of the row, then its params, each of which has a default.
"""

from __future__ import annotations

from inspect import Parameter, Signature
from typing import TYPE_CHECKING, Any

from gradspec_reference.engine import inplace, recording
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.names import arguments
from gradspec_reference.names.functions.elementwise import documented
from gradspec_reference.operators import OPERATORS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

    from gradspec_reference.operators import Operator


def on_trial(*places: ModuleType) -> Iterator[str]:
    """Name the rows that could be called, and have no function in any of these places."""
    for name, row in OPERATORS.items():
        is_named = any(hasattr(place, name) for place in (Tensor, *places))
        if not (is_named or row.inner or row.variadic or row.several) and (
            row.defaults.keys() == set(row.param_names)
        ):
            yield name


def introduce(package: ModuleType, special: ModuleType, *others: ModuleType) -> None:
    """Make the rows on trial functions of the package and of `special`, and methods."""
    for name in [*on_trial(package, special, *others)]:
        function, form = of_row(name), of_row(name, in_place=True)
        for place in (package, special):
            setattr(place, name, arguments.checked(function))
        setattr(Tensor, name, arguments.checked(function, method=True))
        setattr(Tensor, f"{name}_", arguments.checked(form, method=True))


def of_row(name: str, *, in_place: bool = False) -> Callable[..., Any]:
    """Make the function of a row, or its form in place."""
    called = signature(OPERATORS[name])
    apply = inplace.apply_inplace if in_place else recording.apply_pointwise

    def function(*arguments: Any, **keywords: Any) -> Any:
        bound = called.bind(*arguments, **keywords)
        bound.apply_defaults()
        row, values = OPERATORS[name], tuple(bound.arguments.values())
        count = len(row.operand_names)
        return apply(row, values[:count], *values[count:])

    function.__signature__ = called  # type: ignore[attr-defined]
    return documented(function, f"{name}_" if in_place else name, f"Return {name} (on trial).")


def signature(row: Operator) -> Signature:
    """Write down what the function of a row takes."""
    kind = Parameter.POSITIONAL_OR_KEYWORD
    first, *others = row.operand_names
    names = ["input" if first == "self" else first, *others]
    of_tensors = [Parameter(n, kind, annotation="Tensor | Scalar") for n in names]
    of_tensors[0] = of_tensors[0].replace(annotation="Tensor")
    options = [Parameter(n, kind, default=v, annotation="Any") for n, v in row.defaults.items()]
    return Signature([*of_tensors, *options])
