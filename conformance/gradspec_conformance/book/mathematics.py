"""`derivatives(operator)`: formula and derivatives as MathML, from what the operator `means`.

The formula of the catalogue, which a test holds to the numbers in forty digits, is read into sympy
and differentiated there; nothing is written down twice.
"""

from __future__ import annotations

import ast
import functools
import operator as signs
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec.catalogue.operator import DIFFERENTIABLE
from gradspec.catalogue.operators import CALLS
from gradspec_conformance.exceptions import WrongUsage

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gradspec.catalogue.operator import Operator

try:
    import sympy
    from sympy.printing.mathml import MathMLPresentationPrinter
except ImportError as error:  # pragma: no cover - an environment without the extra
    raise WrongUsage(
        "a book has derivatives, which need sympy: pip install 'gradspec[book]'"
    ) from error

SIGNS: Final[dict[type[ast.AST], Callable[..., Any]]] = {
    ast.Add: signs.add,
    ast.Sub: signs.sub,
    ast.Mult: signs.mul,
    ast.Div: signs.truediv,
    ast.Pow: signs.pow,
    ast.USub: signs.neg,
    ast.Gt: sympy.Gt,
    ast.GtE: sympy.Ge,
    ast.Lt: sympy.Lt,
    ast.LtE: sympy.Le,
    ast.Eq: sympy.Eq,
}


def _larger(a: Any, b: Any) -> Any:
    return sympy.Piecewise((a, a > b), (b, True))


def _smaller(a: Any, b: Any) -> Any:
    return sympy.Piecewise((a, a < b), (b, True))


FUNCTIONS: Final[dict[str, Callable[..., Any]]] = {
    "abs": sympy.Abs,
    "max": _larger,
    "min": _smaller,
    "expm1": lambda x: sympy.exp(x) - 1,
    "log1p": lambda x: sympy.log(1 + x),
    "radians": lambda x: x * sympy.pi / 180,
    "degrees": lambda x: x * 180 / sympy.pi,
    "sincpi": lambda x: sympy.sin(sympy.pi * x) / (sympy.pi * x),
    "log10": lambda x: sympy.log(x) / sympy.log(10),
    "ceil": sympy.ceiling,
    "psi": sympy.polygamma,
    "loggamma": sympy.loggamma,
    "lgamma": sympy.loggamma,
}
"""Functions of mpmath that sympy has by another name; the others have their own."""


AS_WRITTEN: Final = FUNCTIONS | {"max": sympy.Max, "min": sympy.Min}
"""To be read by people: cases are for differentiating."""


@dataclass(frozen=True, slots=True)
class Derivative:
    """A formula by one of its operands."""

    by: str
    expression: Any
    math: str


@dataclass(frozen=True, slots=True)
class Typeset:
    """A formula and its derivatives, typeset."""

    formula: str
    derivatives: tuple[Derivative, ...]


@functools.cache
def symbol(name: str) -> Any:
    """Give the one symbol of a name; all numbers here are real."""
    return sympy.Symbol(name, real=True)


def typeset(operator: Operator) -> Typeset | None:
    """Typeset an operator that computes each number from numbers; None if it is of arrays."""
    formula = expression(operator)
    if formula is None:
        return None
    found = []
    if operator.smoothness in DIFFERENTIABLE:
        for name in differentiable(operator):
            slope = derivative(formula, name)
            if slope is None:
                return None
            found.append(Derivative(name, slope, _math(f"∂{operator.name}/∂{name}", slope)))
    return Typeset(_math(operator.name, expression(operator, AS_WRITTEN)), tuple(found))


def differentiable(operator: Operator) -> list[str]:
    """Name the operands that the plain call may be differentiated by."""
    sample = CALLS[operator.name].sample()
    return [n for n, v in sample.items() if isinstance(v, np.ndarray) and v.dtype.kind == "f"]


def expression(operator: Operator, words: Mapping[str, Any] | None = None) -> Any:
    """Read what an operator means; None if that is not said, or in words that sympy has not."""
    alone = operator.signature.names == ("x",)
    means = operator.means or (f"{operator.form_of or operator.name}(x)" if alone else "")
    if not means or "isnan" in means:
        return None
    settled = {
        n: v for n, v in operator.signature.defaults.items() if v is None or isinstance(v, str)
    }
    try:
        tree = ast.parse(means.strip(), mode="eval").body
        found = _Reader(set(operator.signature.names), settled, words or FUNCTIONS).visit(tree)
        return found if isinstance(found, sympy.Expr) else None
    except (AttributeError, LookupError, TypeError, ValueError):
        return None


def derivative(formula: Any, name: str) -> Any:
    """Differentiate between the kinks and jumps, where steps are level; None if sympy cannot."""
    steps = {
        e: sympy.Dummy(real=True) for e in formula.atoms(sympy.floor, sympy.ceiling, sympy.sign)
    }
    slope = sympy.diff(formula.subs(steps), symbol(name))
    if slope.has(sympy.Derivative, sympy.Subs):
        return None
    slope = slope.subs({level: step for step, level in steps.items()})
    return sympy.piecewise_fold(slope) if slope.has(sympy.Piecewise) else slope


class _Reader(ast.NodeVisitor):
    """Evaluates the few kinds of expression in which the catalogue says what a row means."""

    def __init__(self, names: set[str], settled: dict[str, Any], words: Mapping[str, Any]) -> None:
        self.names = names
        self.settled = settled
        self.words = words

    def visit_Name(self, node: ast.Name) -> Any:
        if node.id in self.settled:
            return self.settled[node.id]
        return symbol(node.id) if node.id in self.names else getattr(sympy, node.id)

    def visit_Constant(self, node: ast.Constant) -> Any:
        if node.value is None or isinstance(node.value, str):
            return node.value
        return sympy.nsimplify(node.value, rational=True)

    def visit_BinOp(self, node: ast.BinOp) -> Any:
        return SIGNS[type(node.op)](self.visit(node.left), self.visit(node.right))

    def visit_UnaryOp(self, node: ast.UnaryOp) -> Any:
        return SIGNS[type(node.op)](self.visit(node.operand))

    def visit_Compare(self, node: ast.Compare) -> Any:
        (sign,), (right,) = node.ops, node.comparators
        one, other = self.visit(node.left), self.visit(right)
        if one is None or isinstance(one, str):
            return one == other
        return SIGNS[type(sign)](one, other)

    def visit_IfExp(self, node: ast.IfExp) -> Any:
        test = self.visit(node.test)
        if isinstance(test, bool):
            return self.visit(node.body if test else node.orelse)
        return sympy.Piecewise((self.visit(node.body), test), (self.visit(node.orelse), True))

    def visit_Call(self, node: ast.Call) -> Any:
        if isinstance(node.func, ast.Lambda):
            (name,), (value,) = node.func.args.args, node.args
            within = _Reader(self.names, {**self.settled, name.arg: self.visit(value)}, self.words)
            return within.visit(node.func.body)
        if not isinstance(node.func, ast.Name):
            raise TypeError(node.func)
        function = self.words.get(node.func.id) or getattr(sympy, node.func.id)
        return function(*map(self.visit, node.args))

    def generic_visit(self, node: ast.AST) -> Any:
        raise TypeError(node)


class _Printer(MathMLPresentationPrinter):  # type: ignore[misc]
    """Sets cases one below the other behind a brace, as a book does; sympy writes a call."""

    def _print_Piecewise(self, expr: Any) -> Any:  # noqa: N802 - sympy's
        table = self.dom.createElement("mtable")
        table.setAttribute("columnalign", "left")
        for value, condition in expr.args:
            row = self.dom.createElement("mtr")
            said = self._word("otherwise") if condition == True else self._print(condition)  # noqa: E712
            for part in (self._print(value), said):
                cell = self.dom.createElement("mtd")
                cell.appendChild(part)
                row.appendChild(cell)
            table.appendChild(row)
        whole = self.dom.createElement("mrow")
        brace = self.dom.createElement("mo")
        brace.appendChild(self.dom.createTextNode("{"))
        whole.appendChild(brace)
        whole.appendChild(table)
        return whole

    def _word(self, text: str) -> Any:
        word = self.dom.createElement("mtext")
        word.appendChild(self.dom.createTextNode(text))
        return word


def _math(left: str, right: Any) -> str:
    printed = _Printer().doprint(right)
    name, _, by = left.partition("/")
    head = f"<mfrac><mi>{name}</mi><mi>{by}</mi></mfrac>" if by else f"<mi>{name}</mi>"
    return f'<math display="block"><mrow>{head}<mo>=</mo>{printed}</mrow></math>'
