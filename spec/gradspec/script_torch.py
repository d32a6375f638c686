"""Programs for torch, and for modules with torch's names: nothing of this kit is needed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gradspec.capabilities import DTYPES
from gradspec.script import AUGMENTED, SIGNS, TWO

if TYPE_CHECKING:
    from gradspec.program import Step
    from gradspec.script import Writer

METHODS_ONLY: Final = frozenset({"view", "t", "to", "detach", "clamp", "float", "double", "long"})
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
CUSTOM: Final = (
    "def custom(forward, backward, *operands):",
    "    rules = {'forward': staticmethod(forward), 'backward': staticmethod(backward)}",
    "    return type('Custom', (torch.autograd.Function,), rules).apply(*operands)",
    "",
)
PHRASES: Final = {
    "same_object": "{0} is {1}",
    "shares_memory": "np.shares_memory({0}.detach().numpy(), {1}.detach().numpy())",
    "remove_hook": "{0}.remove()",
    "node_name": "{0}.name()",
    "next_functions": "{0}.next_functions",
    "is_alive": "{0}() is not None",
    "forget": "del {0}",
    "host_write": "{0}[{1}] = {2}",
    "tolist": "{0}.tolist()",
    "saved_tensors": "{0}.saved_tensors",
}


class TorchDialect:
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

    def expression(self, step: Step, write: Writer) -> str:
        """Say what the step computes or does."""
        arguments, keywords = step.arguments, step.keywords
        match step.act:
            case "tensor":
                array = arguments[0]
                kept = "".join(f", {k}={v}" for k, v in keywords.items() if v)
                return f"torch.tensor({write.literal(array)}, dtype=torch.{array.dtype.name}{kept})"
            case "apply":
                return self._apply(write, *arguments)
            case "inplace":
                return self._inplace(write, *arguments)
            case "get":
                return f"{write.literal(arguments[0])}.{ATTRIBUTES.get(arguments[1], arguments[1])}"
            case "set":
                value = self._operand(arguments[2], write)
                return f"{write.literal(arguments[0])}.{arguments[1]} = {value}"
            case "delete":
                return f"del {write.literal(arguments[0])}.{arguments[1]}"
            case "enter":
                place = "torch.autograd.grad_mode"
                return f"{place}.{arguments[0]}({write.listed(arguments[1:])})"
            case "number":
                call: str = {"item": "{}.item()"}.get(arguments[1], arguments[1] + "({})")
                return call.format(write.literal(arguments[0]))
            case "copy":
                how = {
                    "deepcopy": "copy.deepcopy({0})",
                    "pickle": "pickle.loads(pickle.dumps({0}))",
                }
                return how[arguments[1]].format(write.literal(arguments[0]))
            case "text":
                return f"{arguments[1]}({write.literal(arguments[0])})"
            case "saved_value":
                return f"{write.literal(arguments[0])}._saved_{arguments[1]}"
            case "custom_function":
                forward, backward, operands = arguments
                return f"custom({write.listed([forward, backward, *operands])})"
            case "save_for_backward":
                return (
                    f"{write.literal(arguments[0])}.save_for_backward({write.listed(arguments[1])})"
                )
        return self._call(step, write)

    def _call(self, step: Step, write: Writer) -> str:
        arguments = step.arguments
        if step.act in PHRASES:
            return PHRASES[step.act].format(*(write.literal(a) for a in arguments))
        while arguments and arguments[-1] is None:
            arguments = arguments[:-1]
        if step.act in CALLS:
            return CALLS[step.act].format(write.arguments(arguments, step.keywords))
        if step.act == "backward" and isinstance(arguments[0], list | tuple):
            return f"torch.autograd.backward({write.arguments(arguments, step.keywords)})"
        rest = write.arguments(arguments[1:], step.keywords)
        return f"{write.literal(arguments[0])}.{step.act}({rest})"

    def _apply(
        self, write: Writer, name: str, operands: list[Any], parameters: dict[str, Any]
    ) -> str:
        if name in SIGNS and len(operands) == TWO and not parameters:
            return f"{write.literal(operands[0])} {SIGNS[name]} {write.literal(operands[1])}"
        if name == "neg":
            return f"-{write.literal(operands[0])}"
        if name == "getitem":
            return f"{write.literal(operands[0])}[{write.index(operands[1])}]"
        rest = self._arguments(operands, parameters, write)
        if name in METHODS_ONLY or name.startswith("new_"):
            first, _, others = rest.partition(", ")
            return f"{first}.{name}({others})"
        return f"{NAMES.get(name, f'torch.{name}')}({rest})"

    def _inplace(
        self,
        write: Writer,
        name: str,
        target: Any,
        operands: list[Any],
        parameters: dict[str, Any],
    ) -> str:
        written = write.literal(target)
        if name == "setitem":
            return f"{written}[{write.index(operands[0])}] = {write.literal(operands[1])}"
        if name in AUGMENTED:
            return f"{written}.__{name}__({write.literal(operands[0])})"
        return f"{written}.{name}({self._arguments(operands, parameters, write)})"

    def _arguments(self, operands: list[Any], parameters: dict[str, Any], write: Writer) -> str:
        named = (f"{k}={self._operand(v, write)}" for k, v in parameters.items())
        return ", ".join([*(self._operand(v, write) for v in operands), *named])

    @staticmethod
    def _operand(value: Any, write: Writer) -> str:
        if isinstance(value, str) and value in DTYPES:
            return f"torch.{value}"
        return write.literal(value)

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
