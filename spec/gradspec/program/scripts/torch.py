"""Programs for torch, and for modules with torch's names: nothing of this kit is needed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gradspec.port.capabilities import DTYPES
from gradspec.program.scripts.python import PythonDialect, without_trailing_none

if TYPE_CHECKING:
    from gradspec.program.scripts.script import Writer
    from gradspec.program.steps import Step

METHODS_ONLY: Final = frozenset(
    {
        *("view", "view_as", "expand", "expand_as", "unfold", "repeat", "t", "contiguous"),
        *("to", "float", "double", "long", "detach", "clamp", "new_tensor"),
    }
)
ATTRIBUTES: Final = {
    "version": "_version",
    "base": "_base",
    "is_view": "_is_view()",
    "strides": "stride()",
    "is_contiguous": "is_contiguous()",
}
NAMES: Final = {
    "tensor_from": "torch.tensor",
    "Variable": "torch.autograd.Variable",
    "variable": "torch.autograd.variable",
}
CALLS: Final = {
    "grad": "torch.autograd.grad({})",
    "grad_enabled": "torch.is_grad_enabled()",
    "increment_version": "torch.autograd.graph.increment_version({})",
    "gradient_edge": "torch.autograd.graph.get_gradient_edge({})",
    "vjp": "torch.autograd.functional.vjp({})",
    "watch": "weakref.ref({})",
}
COPIES: Final = {
    "deepcopy": "copy.deepcopy({0})",
    "pickle": "pickle.loads(pickle.dumps({0}))",
}
CUSTOM: Final = (
    "def custom(forward, backward, *operands):",
    "    rules = {'forward': staticmethod(forward), 'backward': staticmethod(backward)}",
    "    return type('Custom', (torch.autograd.Function,), rules).apply(*operands)",
    "",
)
PHRASES: Final = {
    "same_object": "{0} is {1}",
    "shares_memory": "np.shares_memory({0}.detach().numpy(), {1}.detach().numpy())",
    "node_name": "{0}.name()",
    "is_alive": "{0}() is not None",
    "forget": "del {0}",
    "tolist": "{0}.tolist()",
}


class TorchDialect(PythonDialect):
    """`torch.tensor(...)`, `x.backward()`, and a print of found beside expected."""

    interruption = "raise RuntimeError('interrupted')"

    def __init__(self, module: str) -> None:
        self._module = module

    def head(self, body: str) -> list[str]:
        """Give the lines before the first step: the imports that the body needs."""
        name = "torch" if self._module == "torch" else f"{self._module} as torch"
        standard = ("copy", "pickle", "types", "warnings", "weakref")
        return [
            *(f"import {module}" for module in standard if f"{module}." in body),
            *(["import numpy as np"] if "np." in body else []),
            f"import {name}",
            "",
            *(CUSTOM if "custom(" in body else ()),
        ]

    def call(self, step: Step, write: Writer) -> str:
        """Say what torch says in its own way."""
        arguments, keywords = step.arguments, step.keywords
        match step.act:
            case "tensor":
                array = arguments[0]
                kept = "".join(f", {k}={v}" for k, v in keywords.items() if v)
                return f"torch.tensor({write.literal(array)}, dtype=torch.{array.dtype.name}{kept})"
            case "enter":
                place = "torch.autograd.grad_mode"
                return f"{place}.{arguments[0]}({write.listed(arguments[1:])})"
            case "copy":
                return COPIES[arguments[1]].format(write.literal(arguments[0]))
            case "text":
                return f"{arguments[1]}({write.literal(arguments[0])})"
            case "saved_value":
                return f"{write.literal(arguments[0])}._saved_{arguments[1]}"
            case "custom_function":
                forward, backward, operands = arguments
                return f"custom({write.listed([forward, backward, *operands])})"
        if step.act in PHRASES:
            return PHRASES[step.act].format(*(write.literal(a) for a in arguments))
        arguments = without_trailing_none(arguments)
        if step.act in CALLS:
            return CALLS[step.act].format(write.arguments(arguments, keywords))
        if step.act == "backward" and not write.is_tensor(arguments[0]):
            return f"torch.autograd.backward({write.arguments(arguments, keywords)})"
        rest = write.arguments(arguments[1:], keywords)
        return f"{write.literal(arguments[0])}.{step.act}({rest})"

    def function(self, name: str, arguments: str) -> str:
        """Call an operator by its name, as a function or as a method."""
        if name in METHODS_ONLY:
            first, _, others = arguments.partition(", ")
            return f"{first}.{name}({others})"
        return f"{NAMES.get(name, f'torch.{name}')}({arguments})"

    def operand(self, value: Any, write: Writer) -> str:
        """Write one argument of an operator; data types are torch's."""
        if isinstance(value, str) and value in DTYPES:
            return f"torch.{value}"
        return write.literal(value)

    def attribute(self, name: str) -> str:
        """Name an attribute of a tensor."""
        return ATTRIBUTES.get(name, name)

    def demand(self, step: Step, write: Writer) -> str:
        """Show what was found beside what is expected."""
        subject, check, expected = step.arguments
        wanted = "a tensor" if check == "is_present" else expected
        return f"print({write.literal(subject)}, '   expected:', {write.literal(wanted)})"

    def refusal(self, lines: list[str], kind: str) -> list[str]:
        """Show whether the lines are refused."""
        return [
            "try:",
            *(f"    {line}" for line in lines),
            f"    print('no error   expected: {kind}')",
            "except Exception as error:",
            f"    print(type(error).__name__, error, '   expected: {kind}')",
        ]

    def warning(self, inside: list[str], *, expected: bool) -> list[str]:
        """Count the warnings that the lines give."""
        return [
            "with warnings.catch_warnings(record=True) as seen:",
            "    warnings.simplefilter('always')",
            *(f"    {line}" for line in inside),
            f"print(len(seen), 'warnings   expected: {'at least one' if expected else 'none'}')",
        ]
