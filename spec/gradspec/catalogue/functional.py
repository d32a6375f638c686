"""`functional`: the row of an operator that torch has in torch.nn.functional."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gradspec.catalogue.operator import Given, Operator, Smoothness, row
from gradspec.catalogue.signature import Signature

if TYPE_CHECKING:
    from collections.abc import Callable

OLDER: Final = "size_average=None, reduce=None"


def functional(
    called: str,
    formula: Callable[..., Any],
    smoothness: Smoothness,
    plain: Given,
    /,
    *,
    numbers: str = "",
    older: bool = True,
    **more: Any,
) -> Operator:
    """Write the row; `numbers` names lists of numbers that torch wants as tensors.

    They are constants: torch has no derivative for weights of classes or statistics of the past.
    A loss that is reduced has torch's `older` options as well, which no formula knows.
    """
    if older and "reduction=" in called:
        called = called.replace(")", f", {OLDER})")
        more["apart"] = "size_average reduce"
    return row(
        called,
        formula,
        smoothness,
        plain,
        torch=f"torch.nn.functional.{_spelled(called, numbers.split())}",
        **more,
    )


def _spelled(called: str, numbers: list[str]) -> str:
    name, _, parameters = called.removesuffix(")").partition("(")
    signature = Signature.read(parameters)

    def value(parameter: str) -> str:
        if parameter not in numbers:
            return f"${parameter}"
        return f"torch.as_tensor(${parameter}, dtype=$x.dtype)"

    written = [
        value(n) if n in signature.required else f"$({n}={value(n)})" for n in signature.names
    ]
    return f"{name}({', '.join(written)})"
