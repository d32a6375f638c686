"""Programs in the notation of the specification itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec.program.scripts.python import PythonDialect, without_trailing_none

if TYPE_CHECKING:
    from gradspec.program.scripts.script import Writer
    from gradspec.program.steps import Step

METHODS: Final = {
    "grad_enabled": "is_grad_enabled",
    "node_name": "name",
    "saved_value": "saved",
}
ON_THE_OBJECT: Final = frozenset(
    {
        "backward",
        "retain_grad",
        "register_hook",
        "register_post_accumulate_grad_hook",
        "requires_grad_",
        "node_name",
        "saved_value",
        "is_alive",
        "tolist",
        "numpy",
    }
)
CHECKS: Final = {
    ("is_flag", True): "is_true()",
    ("is_flag", False): "is_false()",
    ("is_none", None): "is_none()",
    ("is_present", None): "is_present()",
    ("in_order", None): "happened_in_order",
    ("is_structure", None): "has_structure",
}


class GradspecDialect(PythonDialect):
    """`ag.tensor(...)`, `x.backward()`, `expect(x.grad).equals(...)`."""

    interruption = "raise Interrupted"

    def __init__(self, engine: str) -> None:
        self._engine = engine

    def head(self, body: str) -> list[str]:
        """Give the lines before the first step: the imports that the body needs."""
        names = [name for name in ("Interrupted", "expect") if name in body]
        return [
            *(["import types", ""] if "types." in body else []),
            *([f"from gradspec import {', '.join(names)}"] if names else []),
            "from gradspec_conformance import open_engine",
            "",
            f"ag = open_engine({self._engine!r})",
        ]

    def call(self, step: Step, write: Writer) -> str:
        """Say what is a method of `ag` or of the object."""
        arguments = step.arguments
        match step.act:
            case "tensor":
                return self._tensor(arguments[0], step.keywords, write)
            case "enter":
                return f"ag.{arguments[0]}({write.listed(arguments[1:])})"
            case "copy":
                name = {"deepcopy": "deepcopy", "pickle": "pickle_and_back"}[arguments[1]]
                return f"ag.{name}({write.literal(arguments[0])})"
            case "text":
                return f"ag.{arguments[1]}({write.literal(arguments[0])})"
            case "custom_function":
                forward, backward, operands = arguments
                return f"ag.custom_function({write.listed([forward, backward, *operands])})"
        name = METHODS.get(step.act, step.act)
        arguments = without_trailing_none(arguments)
        if step.act in ON_THE_OBJECT and write.is_tensor(arguments[0]):
            target = write.literal(arguments[0])
            return f"{target}.{name}({write.arguments(arguments[1:], step.keywords)})"
        return f"ag.{name}({write.arguments(arguments, step.keywords)})"

    def function(self, name: str, arguments: str) -> str:
        """Call an operator by its name."""
        return f"ag.{name}({arguments})"

    @staticmethod
    def _tensor(array: Any, keywords: dict[str, Any], write: Writer) -> str:
        kept = {k: v for k, v in keywords.items() if v}
        if array.dtype not in (np.dtype("float64"), np.dtype("int64"), np.dtype("bool")):
            kept["dtype"] = array.dtype.name
        return f"ag.tensor({write.arguments([array], kept)})"

    def demand(self, step: Step, write: Writer) -> str:
        """Say what an `expect` step demands."""
        subject, check, expected = step.arguments
        found = write.literal(subject)
        fixed = CHECKS.get((check, expected)) if isinstance(expected, bool | None) else None
        if fixed is not None and fixed.endswith(")"):
            return f"expect({found}).{fixed}"
        method = CHECKS.get((check, None), check)
        method = method if method not in ("is_alive", "is_aliasing", "is_flag") else "equals"
        wanted = [*expected] if method == "has_shape" else [expected]
        return f"expect({found}).{method}({write.arguments(wanted, step.keywords)})"

    def refusal(self, lines: list[str], kind: str) -> list[str]:
        """Say that the lines must be refused."""
        return [f"with ag.refuses({kind!r}):", *(f"    {line}" for line in lines)]

    def warning(self, inside: list[str], *, expected: bool) -> list[str]:
        """Say that the lines must warn, or must not."""
        head = "with ag.warns():" if expected else "with ag.silent():"
        return [head, *(f"    {line}" for line in inside)]
