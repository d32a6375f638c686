"""micrograd 0.1.0: a tape of Python numbers, ninety lines long.

A tensor that requires grad is a `Value`; one that does not is a plain float, which is how a user
of micrograd writes a constant.  There are no shapes, no flags and no cotangents; a gradient is
cleared by writing 0, micrograd's word for none.
"""

from __future__ import annotations

import operator
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from micrograd.engine import Value

from gradspec.program.scripts.script import print_program
from gradspec.program.scripts.torch import TorchDialect

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from gradspec.program.scripts.script import Writer
    from gradspec.program.steps import Program, Step

OPERATORS: Final[dict[str, Callable[..., Any]]] = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "div": operator.truediv,
    "neg": operator.neg,
    "pow": operator.pow,
    "relu": operator.methodcaller("relu"),
}


class MicrogradEngine:
    """micrograd as the kit sees it."""

    name = "micrograd"
    version = version("micrograd")
    capabilities = frozenset({"values", "tape", "control_flow", "dtype:float64", "op:relu"})

    def error_kind(self, error: Exception) -> str | None:
        """Read the one refusal that there is: a number has no backward pass."""
        plain = isinstance(error, AttributeError) and "has no attribute 'backward'" in str(error)
        return "root-without-grad" if plain else None

    def script(self, program: Program) -> str:
        """Print a program as a user of micrograd writes it."""
        return print_program(program, MicrogradDialect("micrograd"))

    def tensor(self, array: Any, *, requires_grad: bool) -> Any:
        """Make a Value, or a number for a constant."""
        return Value(float(array)) if requires_grad else float(array)

    def apply(self, operator: str, operands: Sequence[Any], parameters: Mapping[str, Any]) -> Any:
        """Write the operator between the operands."""
        return OPERATORS[operator](*operands, **parameters)

    def array(self, tensor: Any) -> Any:
        """Look at the number."""
        return np.array(_number(tensor), dtype=np.float64)

    def get(self, tensor: Any, attribute: str) -> Any:
        """Read grad, which is a number."""
        return getattr(tensor, attribute)

    def set(self, tensor: Any, attribute: str, value: Any) -> None:
        """Write grad; to have none is to have 0."""
        setattr(tensor, attribute, 0 if value is None else value)

    def delete(self, tensor: Any, attribute: str) -> None:
        """Delete the attribute."""
        delattr(tensor, attribute)

    def backward(self, roots: Any, cotangents: Any = None, **options: Any) -> Any:
        """Run the backward pass; its method takes nothing and says so if it is given more."""
        given = () if cotangents is None else (cotangents,)
        return roots.backward(*given, **options)

    def same_object(self, one: Any, other: Any) -> bool:
        """Compare by identity."""
        return one is other

    def number(self, tensor: Any, kind: str) -> Any:
        """Convert the number that a user reads as `x.data`."""
        kinds = {"item": float, "float": float, "int": int, "bool": bool}
        return kinds[kind](_number(tensor))


class MicrogradDialect(TorchDialect):
    """`Value(2.0)`, a plain number for a constant, and 0 for no gradient."""

    def head(self, body: str) -> list[str]:
        """Give the lines before the first step."""
        del body
        return ["from micrograd.engine import Value", ""]

    def expression(self, step: Step, write: Writer) -> str:
        """Say what the step computes or does."""
        match step.act, step.arguments:
            case "tensor", (array,):
                number = write.literal(float(array))
                return f"Value({number})" if step.keywords["requires_grad"] else number
            case "apply", ("relu", (operand,), _):
                return f"{write.literal(operand)}.relu()"
            case "set", (target, attribute, None):
                return f"{write.literal(target)}.{attribute} = 0"
            case "number", (target, kind):
                data = f"{write.literal(target)}.data"
                return data if kind == "item" else f"{kind}({data})"
        return super().expression(step, write)


def _number(tensor: Any) -> Any:
    return tensor.data if isinstance(tensor, Value) else tensor
