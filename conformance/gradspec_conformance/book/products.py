"""Vector-Jacobian products of operators of arrays, for the reader; a test holds them to numbers.

Each is what a cotangent `g` of the result `y` becomes for an operand, in the words of NumPy.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from markupsafe import escape

from gradspec.catalogue.operator import DIFFERENTIABLE, Smoothness

if TYPE_CHECKING:
    from gradspec.catalogue.operator import Operator

PRODUCTS: Final[dict[str, dict[str, str]]] = {
    "matmul": {"x": "g @ other.T", "other": "x.T @ g"},
    "mm": {"x": "g @ mat2.T", "mat2": "x.T @ g"},
    "bmm": {"x": "g @ mat2.T", "mat2": "x.T @ g"},
    "mv": {"x": "outer(g, vec)", "vec": "x.T @ g"},
    "dot": {"x": "g * tensor", "tensor": "g * x"},
    "vdot": {"x": "g * other", "other": "g * x"},
    "outer": {"x": "g @ vec2", "vec2": "g.T @ x"},
    "linear": {"x": "g @ weight", "weight": "g.T @ x"},
    "addmm": {"x": "g", "mat1": "g @ mat2.T", "mat2": "mat1.T @ g"},
    "solve": {"x": "-inv(x).T @ g @ y.T", "other": "inv(x).T @ g"},
    "inv": {"x": "-y.T @ g @ y.T"},
    "det": {"x": "g * y * inv(x).T"},
    "logdet": {"x": "g * inv(x).T"},
    "t": {"x": "g.T"},
    "sum": {"x": "g * ones(x)"},
    "mean": {"x": "g * ones(x) / size(x)"},
    "prod": {"x": "g * y / x"},
    "norm": {"x": "g * x / y"},
    "softmax": {"x": "y * (g - sum(g * y))"},
    "log_softmax": {"x": "g - exp(y) * sum(g)"},
    "logsumexp": {"x": "g * exp(x - y)"},
    "mse_loss": {"x": "2 * g * (x - target) / size(x)", "target": "2 * g * (target - x) / size(x)"},
}
"""Of the plain call of an operator; `sum` is along the dimension that it is given."""

SIGNS: Final[dict[type[ast.AST], str]] = {
    ast.Add: "+",
    ast.Sub: "\N{MINUS SIGN}",
    ast.Mult: "\N{DOT OPERATOR}",
    ast.MatMult: "",
    ast.USub: "\N{MINUS SIGN}",
}
ONES: Final = "<mn>1</mn>"


@dataclass(frozen=True, slots=True)
class Product:
    """What a cotangent becomes for an operand, typeset."""

    by: str
    math: str


def products(operator: Operator) -> tuple[Product, ...]:
    """Typeset the products of an operator: its own, or that with its Jacobian, if it has one."""
    if operator.smoothness not in DIFFERENTIABLE:
        return ()
    own = PRODUCTS.get(operator.form_of or operator.name)
    if own is None:
        return (Product("", _display(_bar("x"), _general(operator))),)
    return tuple(
        Product(name, _display(_bar(name), _typeset(ast.parse(text, mode="eval").body)))
        for name, text in own.items()
    )


def _general(operator: Operator) -> str:
    jacobian = "<msup><mi>J</mi><mi>T</mi></msup>"
    if operator.smoothness is Smoothness.LINEAR:
        return f"{jacobian}{_bar('y')}"
    fraction = "<mfrac><mrow><mo>∂</mo><mi>y</mi></mrow><mrow><mo>∂</mo><mi>x</mi></mrow></mfrac>"
    return f"<msup><mrow><mo>(</mo>{fraction}<mo>)</mo></mrow><mi>T</mi></msup>{_bar('y')}"


def _bar(name: str) -> str:
    return f'<mover accent="true"><mi>{escape(name)}</mi><mo>¯</mo></mover>'


def _display(left: str, right: str) -> str:
    return f'<math display="block"><mrow>{left}<mo>=</mo>{right}</mrow></math>'


def _typeset(node: ast.expr) -> str:
    match node:
        case ast.Name(id="g"):
            return _bar("y")
        case ast.Name(id=name):
            return f"<mi>{escape(name)}</mi>"
        case ast.Constant(value=value):
            return f"<mn>{value!r}</mn>"
        case ast.Attribute(value=ast.Call(func=ast.Name(id="inv"), args=[of])):
            return f"<msup>{_typeset(of)}<mrow><mo>\N{MINUS SIGN}</mo><mi>T</mi></mrow></msup>"
        case ast.Attribute(value=of):
            return f"<msup>{_typeset(of)}<mi>T</mi></msup>"
        case ast.UnaryOp(operand=of):
            return f"<mo>\N{MINUS SIGN}</mo>{_typeset(of)}"
        case ast.BinOp(left=left, op=ast.Div(), right=right):
            return f"<mfrac>{_row(left)}{_row(right)}</mfrac>"
        case ast.BinOp(left=left, op=sign, right=right):
            looser = isinstance(sign, (ast.Mult, ast.MatMult))
            before = _within(left) if looser else _typeset(left)
            return f"{before}<mo>{SIGNS[type(sign)]}</mo>{_within(right)}"
        case ast.Call(func=ast.Name(id=name), args=args):
            return _called(name, args)
    raise TypeError(node)


def _called(name: str, args: list[ast.expr]) -> str:
    first = args[0]
    if name == "ones":
        return ONES
    if name == "size":
        return "<mi>n</mi>"
    if name == "exp":
        return f"<msup><mi>e</mi>{_row(first)}</msup>"
    if name == "outer":
        return f"{_typeset(first)}<msup>{_typeset(args[1])}<mi>T</mi></msup>"
    return f"<mo>∑</mo><mrow><mo>(</mo>{_typeset(first)}<mo>)</mo></mrow>"


def _row(node: ast.expr) -> str:
    return f"<mrow>{_typeset(node)}</mrow>"


def _within(node: ast.expr) -> str:
    loose = isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Sub))
    return f"<mrow><mo>(</mo>{_typeset(node)}<mo>)</mo></mrow>" if loose else _typeset(node)
