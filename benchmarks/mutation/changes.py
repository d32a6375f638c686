"""Every single change that can be made to a module, as trees: what a slip of the hand would do."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path
    from types import CodeType

Function = ast.FunctionDef | ast.Lambda
Where = tuple[ast.AST, str, int | None]
"""The node that an expression hangs on, the field, and the place if that is a list."""

SIGNS: Final[dict[type[ast.operator], type[ast.operator]]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mod,
    ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}

COMPARISONS: Final[dict[type[ast.cmpop], type[ast.cmpop]]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}

LIKE: Final = dict(
    pair
    for one, other in (
        ("sin", "cos"),
        ("sinh", "cosh"),
        ("exp", "expm1"),
        ("log", "log1p"),
        ("maximum", "minimum"),
        ("max", "min"),
        ("amax", "amin"),
        ("argmax", "argmin"),
        ("sum", "mean"),
        ("cumsum", "cumprod"),
        ("floor", "ceil"),
        ("zeros_like", "ones_like"),
        ("tril", "triu"),
        ("isnan", "isinf"),
    )
    for pair in ((one, other), (other, one))
)
"""Function -> the one that is written for it by mistake."""


COMMUTATIVE: Final = {
    *("maximum", "minimum", "max", "min", "add", "multiply", "mul", "equal", "not_equal"),
    *("hypot", "logaddexp", "logaddexp2", "logical_and", "logical_or", "logical_xor"),
    *("swapaxes", "broadcast_shapes", "result_type"),
}
"""Functions whose operands may be swapped."""

GIVEN: Final = {"xp", "self", "cls"}
"""Parameters that no caller gives."""

OF_MEMORY: Final = {"ascontiguousarray", "bool"}
"""Functions that give the same numbers, laid out or held in another way."""

OF_LENGTHS: Final = {"strict"}
"""Arguments that check, and change no value."""

MAKING: Final = {
    *("Operator", "dict[str, Rule]", "dict[str, Any]", "dict[str, property]", "type[Module]"),
}
"""What functions give that are called while a module is loaded, and never again."""

LOOKING: Final = {
    *("len", "isinstance", "type", "id", "callable", "hasattr", "getattr", "vars", "range", "any"),
    *("all", "tuple", "list", "set", "dict", "zip", "enumerate", "float", "int", "max", "min"),
}
"""Functions that change nothing, so that they may be called twice."""

BESIDE: Final = "_beside"
"""A global of each watched module: it gets what is evaluated in a place, and returns it."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """A module with one change: where, in which line of code, what it was and what it became."""

    path: Path
    tree: ast.Module
    where: Where
    line: str
    sound: ast.expr
    changed: ast.expr
    acting: bool

    @property
    def is_compared(self) -> bool:
        """Whether what was there may be evaluated beside the change: what acts must not twice."""
        if isinstance(self.where[0], ast.Expr):
            return False
        return not self.acting or not any(map(_acts, ast.walk(self.sound)))

    def __str__(self) -> str:
        """Say it without the line's number, which moves."""
        change = f"{ast.unparse(self.sound)} -> {ast.unparse(self.changed)}"
        return f"{self.path.stem}: {change} in {self.line}"

    def code(self) -> CodeType:
        """Compile the changed module; beside the change stands what was there, to be compared."""
        either: ast.expr = ast.Call(ast.Name(BESIDE, ast.Load()), [self.changed, self.sound], [])
        if not self.is_compared:
            either = ast.IfExp(ast.Constant(value=True), self.changed, self.sound)
        return compiled_with({self.where: either}, self.tree, self.path)


def compiled_with(put: Mapping[Where, ast.expr], tree: ast.Module, path: Path) -> CodeType:
    """Compile a module with other expressions in some places, and leave its tree as it was."""
    before = [(where, _get(*where)) for where in put]
    for where, node in put.items():
        _put(*where, ast.fix_missing_locations(ast.copy_location(node, _get(*where))))
    try:
        return compile(tree, str(path), "exec")
    finally:
        for where, node in reversed(before):
            _put(*where, node)


def mutants_of(path: Path, *, acting: bool = False) -> Iterator[Mutant]:
    """Give every change inside the functions of a file; see `Part` for what is acting."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for function in _outermost(tree, methods=acting):
        arguments = [*function.args.args, *(function.args.kwonlyargs if acting else ())]
        parameters = [a.arg for a in arguments if a.arg not in GIVEN and a.arg[0] != "_"]
        name = getattr(function, "name", "lambda")
        for where, statement, node in _expressions(function, function, acting=acting):
            line = f"{name}: {ast.unparse(statement).partition(chr(10))[0]}"
            for new in _changes(node, _beside(node, parameters) if acting else parameters):
                yield Mutant(path, tree, where, line, node, new, acting)
            for new in _left_out(where, node) if acting else ():
                yield Mutant(path, tree, where, line, node, new, acting)


def _beside(node: ast.expr, parameters: list[str]) -> list[str]:
    """Give a parameter and those on either side of it: the options of a layer are many."""
    if not (isinstance(node, ast.Name) and node.id in parameters):
        return parameters
    place = parameters.index(node.id)
    return parameters[max(place - 1, 0) : place + 2]


def _get(holder: ast.AST, field: str, place: int | None) -> ast.expr:
    found: ast.expr = getattr(holder, field)
    return found if place is None else getattr(holder, field)[place]  # type: ignore[no-any-return]


def _put(holder: ast.AST, field: str, place: int | None, node: ast.AST) -> None:
    if place is None:
        setattr(holder, field, node)
    else:
        getattr(holder, field)[place] = node


def _outermost(tree: ast.AST, *, methods: bool) -> Iterator[Function]:
    """Give the functions that stand in no other but one that makes rows, when it is loaded."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, Function) and not _makes_rows(node):
            yield node
        elif methods or not isinstance(node, ast.ClassDef):
            yield from _outermost(node, methods=methods)


def _makes_rows(function: Function) -> bool:
    returned = getattr(function, "returns", None)
    return returned is not None and ast.unparse(returned) in MAKING


def _expressions(
    within: ast.AST, statement: ast.AST, *, acting: bool
) -> Iterator[tuple[Where, ast.AST, ast.expr]]:
    """Give every expression of a body, where it hangs, and the statement that it is of.

    Annotations, defaults and texts are left out.
    """
    for field, value in ast.iter_fields(within):
        if field in {"annotation", "returns", "args", "decorator_list"} and not isinstance(
            within, ast.Call
        ):
            continue
        nodes = value if isinstance(value, list) else [value]
        for place, node in enumerate(nodes):
            if not isinstance(node, ast.AST) or _checks(node, acting=acting):
                continue
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
                continue
            around = node if isinstance(node, ast.stmt) else statement
            if isinstance(node, ast.expr):
                where = within, field, place if isinstance(value, list) else None
                yield where, around, node
            yield from _expressions(node, around, acting=acting)


def _checks(node: ast.AST, *, acting: bool) -> bool:
    """Whether this checks an argument: tests of the reference engine ask for its errors.

    Where acts are changed, the condition of a refusal is no such thing, but what it says is.
    """
    match node:
        case ast.Raise():
            return True
        case ast.If(body=[ast.Raise()], orelse=[]):
            return not acting
        case ast.Expr(ast.Call(function)):
            return ast.unparse(function) == "warnings.warn"
        case ast.keyword(arg):
            return arg in OF_LENGTHS
    return False


def _acts(node: ast.AST) -> bool:
    match node:
        case ast.Call(ast.Name(name)):
            return name not in LOOKING
    return isinstance(node, ast.Call | ast.Yield | ast.YieldFrom | ast.NamedExpr)


def _left_out(where: Where, node: ast.expr) -> Iterator[ast.expr]:
    """Give what stands there if an act is left out, or a condition has the wrong sense."""
    match where[:2]:
        case (ast.Expr(), _) if isinstance(node, ast.Call):
            yield ast.Constant(None)
        case ((ast.If() | ast.While()), "test") | (ast.comprehension(), "ifs"):
            if not isinstance(node, ast.Compare | ast.UnaryOp | ast.BoolOp):
                yield ast.UnaryOp(ast.Not(), node)


def _changes(node: ast.expr, parameters: list[str]) -> Iterator[ast.expr]:
    """Give what may stand in the place of an expression by mistake."""
    match node:
        case ast.BinOp(left, sign, right):
            if type(sign) in SIGNS:
                yield ast.BinOp(left, SIGNS[type(sign)](), right)
            alike = ast.dump(left) == ast.dump(right)
            if not (alike or isinstance(sign, ast.Add | ast.Mult | ast.BitAnd | ast.BitOr)):
                yield ast.BinOp(right, sign, left)
            yield left
            if not alike:
                yield right
        case ast.UnaryOp(_, operand):
            yield operand
        case ast.Compare(left, [comparison], [right]):
            yield ast.Compare(left, [COMPARISONS[type(comparison)]()], [right])
            if isinstance(comparison, ast.Lt | ast.LtE | ast.Gt | ast.GtE):
                yield ast.Compare(right, [comparison], [left])
        case ast.BoolOp(sign, values):
            yield ast.BoolOp(ast.Or() if isinstance(sign, ast.And) else ast.And(), values)
        case ast.IfExp(test, body, orelse):
            yield ast.IfExp(test, orelse, body)
        case ast.Constant(bool() as value):
            yield ast.Constant(not value)
        case ast.Constant(int() | float() as value):
            yield ast.Constant(value + 1)
            if value:
                yield ast.Constant(-value)
        case ast.Name(name, ast.Load()) if name in parameters:
            yield from (ast.Name(p, ast.Load()) for p in parameters if p != name)
        case ast.Call():
            yield from _calls(node)


def _name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else ast.unparse(function)


def _changes_no_number(call: ast.Call) -> bool:
    """Say whether a call gives what it is given, in another form."""
    match call:
        case ast.Call(ast.Name("tuple"), [ast.Attribute(_, "shape")]):
            return True
        case ast.Call(ast.Attribute(ast.Attribute(_, "dtype"), "type")):
            return True  # of a number, which NumPy takes in the type of the array anyway
    return _name(call.func) in OF_MEMORY


def _calls(call: ast.Call) -> Iterator[ast.expr]:
    """Give the mistakes that can be made in a call."""
    match call.func:
        case ast.Attribute(value, name, context) if name in LIKE:
            called = ast.Attribute(value, LIKE[name], context)
            yield ast.Call(called, call.args, call.keywords)
    match call.args:
        case [first] if not call.keywords and not _changes_no_number(call):
            yield first.value if isinstance(first, ast.Starred) else first
        case [first, second, *rest] if _name(call.func) not in COMMUTATIVE and ast.dump(
            first
        ) != ast.dump(second):
            yield ast.Call(call.func, [second, first, *rest], call.keywords)
    for place, left_out in enumerate(call.keywords):
        if left_out.arg not in OF_LENGTHS:
            kept = [k for i, k in enumerate(call.keywords) if i != place]
            yield ast.Call(call.func, call.args, kept)
