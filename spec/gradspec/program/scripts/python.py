"""What programs look like in any Python dialect: signs, indices, attributes, assignments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from gradspec.program.scripts.script import Writer
    from gradspec.program.steps import Step

SIGNS: Final = {
    "add": "+",
    "sub": "-",
    "mul": "*",
    "div": "/",
    "pow": "**",
    "matmul": "@",
    "gt": ">",
    "lt": "<",
    "ge": ">=",
    "le": "<=",
}
AUGMENTED: Final = frozenset({"iadd", "isub", "imul", "itruediv", "ipow"})
TWO: Final = 2


class PythonDialect:
    """Says what every Python dialect says alike; the rest is left to `call` and `function`."""

    def expression(self, step: Step, write: Writer) -> str:
        """Say what the step computes or does."""
        arguments = step.arguments
        match step.act:
            case "apply":
                return self.applied(write, *arguments)
            case "inplace":
                return self.written(write, *arguments)
            case "get":
                return f"{write.literal(arguments[0])}.{self.attribute(arguments[1])}"
            case "set":
                target, name, value = arguments
                return f"{write.literal(target)}.{name} = {self.operand(value, write)}"
            case "delete":
                return f"del {write.literal(arguments[0])}.{arguments[1]}"
            case "host_write":
                target, index, value = arguments
                place = f"{write.literal(target)}[{write.index(index)}]"
                return f"{place} = {write.literal(value)}"
            case "number":
                target = write.literal(arguments[0])
                return f"{target}.item()" if arguments[1] == "item" else f"{arguments[1]}({target})"
            case "remove_hook":
                return f"{write.literal(arguments[0])}.remove()"
            case "next_functions" | "saved_tensors":
                return f"{write.literal(arguments[0])}.{step.act}"
            case "save_for_backward":
                saved = write.listed(arguments[1])
                return f"{write.literal(arguments[0])}.save_for_backward({saved})"
        return self.call(step, write)

    def applied(
        self, write: Writer, name: str, operands: list[Any], parameters: dict[str, Any]
    ) -> str:
        """Say that an operator is applied."""
        if name in SIGNS and len(operands) == TWO and not parameters:
            return f"{write.literal(operands[0])} {SIGNS[name]} {write.literal(operands[1])}"
        if name == "neg":
            return f"-{write.literal(operands[0])}"
        if name == "getitem":
            return f"{write.literal(operands[0])}[{write.index(operands[1])}]"
        return self.function(name, self.operands(operands, parameters, write))

    def written(
        self,
        write: Writer,
        name: str,
        target: Any,
        operands: list[Any],
        parameters: dict[str, Any],
    ) -> str:
        """Say that a tensor is written in place."""
        written = write.literal(target)
        if name == "setitem":
            return f"{written}[{write.index(operands[0])}] = {write.literal(operands[1])}"
        if name in AUGMENTED:
            return f"{written}.__{name}__({write.literal(operands[0])})"
        return f"{written}.{name}({self.operands(operands, parameters, write)})"

    def operands(self, operands: list[Any], parameters: dict[str, Any], write: Writer) -> str:
        """Write the arguments of an operator."""
        named = (f"{k}={self.operand(v, write)}" for k, v in parameters.items())
        return ", ".join([*(self.operand(v, write) for v in operands), *named])

    def operand(self, value: Any, write: Writer) -> str:
        """Write one argument of an operator."""
        return write.literal(value)

    def attribute(self, name: str) -> str:
        """Name an attribute of a tensor."""
        return name

    def function(self, name: str, arguments: str) -> str:
        """Call an operator by its name."""
        raise NotImplementedError(name, arguments)

    def call(self, step: Step, write: Writer) -> str:
        """Say what only this dialect says in its way."""
        raise NotImplementedError(step.act, write)


def without_trailing_none(arguments: tuple[Any, ...]) -> tuple[Any, ...]:
    """Leave out the arguments at the end that are None anyway."""
    while arguments and arguments[-1] is None:
        arguments = arguments[:-1]
    return arguments
