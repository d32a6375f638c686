"""A phrase is compiled when its book is read, in every way in which it can be used."""

from __future__ import annotations

import ast
import itertools
from typing import TYPE_CHECKING, Final

from gradspec.exceptions import MalformedPhrase
from gradspec.port.act import OWNERS
from gradspec.port.phrase import WORD
from gradspec_conformance.adapters.phrases.compiling import (
    MADE,
    UNREADABLE,
    body_of,
    local,
    module_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from gradspec.port.act import Act
    from gradspec.port.phrase import Phrase

ALL: Final = 6
"""How many optional arguments are tried in all combinations."""

MAY_BE_SILENT: Final = frozenset({"backward"})
"""Acts whose answer is looked at, and is None in most engines."""

SCOPES: Final = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)


def check(act: Act, phrase: Phrase) -> frozenset[str]:
    """Compile a phrase as it will be used, and name what it looks up; raises MalformedPhrase.

    What is looked up in a name (`mg.sum`) is named with it, but where the phrase itself asks
    whether it is there.
    """
    looked_up: set[str] = set()
    for name in (n for n, kind in phrase.types.items() if kind == WORD and n in OWNERS):
        raise MalformedPhrase(f"${name} is never a word")
    for names in argument_sets(act, phrase):
        try:
            looked_up |= _checked_use(act, phrase, names)
        except MalformedPhrase as error:
            raise MalformedPhrase(f"{error}{_as_used(act, phrase, names)}") from error
    return frozenset(looked_up)


def demand_required(act: Act, phrase: Phrase) -> None:
    """Demand that a phrase mention what its act is never asked for without."""
    for name in act.signature.required:
        if name not in phrase.mentioned:
            raise MalformedPhrase(
                f"it does not mention ${name}, without which {act.name} is never asked for: "
                f"write ${{-{name}}} if the engine does not need it"
            )


def argument_sets(act: Act, phrase: Phrase) -> Iterator[tuple[str, ...]]:
    """Give the arguments with which a phrase can be used.

    All combinations if there are few; else none of what can be missing, each alone, all, and all
    but each.
    """
    always = phrase.required | (phrase.mentioned & {*act.signature.required})
    optional = [name for name in act.signature.names if name in phrase.mentioned - always]
    for chosen in _subsets(optional):
        names = tuple(n for n in act.signature.names if n in always or n in chosen)
        if not act.one_of or len({*names} & {*act.one_of}) == 1:
            yield names


def _subsets(optional: list[str]) -> Iterator[set[str]]:
    count = len(optional)
    sizes = range(count + 1) if count <= ALL else (0, 1, count - 1, count)
    for size in sizes:
        yield from map(set, itertools.combinations(optional, size))


def _checked_use(act: Act, phrase: Phrase, names: tuple[str, ...]) -> set[str]:
    words = _words(phrase)
    body = body_of(phrase, names, words)
    module = module_of(phrase, names, body)
    try:
        compile(module, "<phrase>", "exec", dont_inherit=True)
    except UNREADABLE as error:
        raise MalformedPhrase(getattr(error, "msg", str(error))) from error
    own = [node for line in body for node in _own(line)]
    if any(isinstance(node, ast.Return | ast.Yield | ast.YieldFrom) for node in own):
        raise MalformedPhrase("its result is its last expression or $result, and no return")
    answers = act.gives != "nothing" and act.key not in MAY_BE_SILENT
    if answers and not phrase.assigns and not isinstance(body[-1], ast.Expr):
        raise MalformedPhrase("it ends with a statement: end with an expression, or assign $result")
    if phrase.assigns and MADE not in _bound(own):
        raise MalformedPhrase("it reads $result, and nothing assigns it")
    if phrase.assigns and not _is_made(body):
        raise MalformedPhrase("$result is assigned on some ways only: assign it before, too")
    if act.family == "mode" and isinstance(body[-1], ast.Expr) and is_constant(body[-1].value):
        raise MalformedPhrase("a mode is a context manager, and a constant is none")
    nodes = [node for line in body for node in ast.walk(line)]
    read = {n.id for n in nodes if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Store)}
    looked_up = read - {*_bound(nodes)} - {f"_p_{name}" for name in names}
    for name in (part.name for part in phrase.locals if local(part.name) in looked_up):
        raise MalformedPhrase(f"it reads ${name}, and nothing assigns it")
    if looked_up & {"hasattr", "getattr"} or any(isinstance(node, ast.Try) for node in nodes):
        return looked_up
    dotted = {name for node in nodes if (name := _dotted(node))}
    return looked_up | {name for name in dotted if name.partition(".")[0] in looked_up}


def _dotted(node: ast.AST) -> str:
    """Write names that are looked up in one another, with dots; else nothing."""
    match node:
        case ast.Attribute(value=ast.Name(id=name), attr=attribute, ctx=ast.Load()):
            return f"{name}.{attribute}"
        case ast.Attribute(value=ast.Attribute() as value, attr=attribute, ctx=ast.Load()):
            above = _dotted(value)
            return f"{above}.{attribute}" if above else ""
    return ""


def _is_made(body: Sequence[ast.stmt]) -> bool:
    """Say whether the result is assigned whichever way these statements go."""
    return any(map(_makes, body))


def _makes(line: ast.stmt) -> bool:
    """Say whether a statement assigns the result, or is not passed."""
    match line:
        case ast.Raise():
            return True
        case ast.If(body=body, orelse=orelse):
            return _is_made(body) and _is_made(orelse)
        case ast.With(body=body) | ast.While(test=ast.Constant(value=True), body=body):
            return _is_made(body) or MADE in _bound(_heads(line))
        case ast.For(orelse=orelse) | ast.While(orelse=orelse):
            return _is_made(orelse)
        case ast.Try(body=body, orelse=orelse, handlers=handlers, finalbody=finalbody):
            ways = [[*body, *orelse], *(handler.body for handler in handlers)]
            return _is_made(finalbody) or all(map(_is_made, ways))
        case ast.Match(cases=cases):
            anything = [c for c in cases if not c.guard and _is_anything(c.pattern)]
            return bool(anything) and all(_is_made(case.body) for case in cases)
    return MADE in _bound(_own(line))


def _is_anything(pattern: ast.pattern) -> bool:
    return isinstance(pattern, ast.MatchAs) and pattern.pattern is None


def _heads(line: ast.With | ast.While) -> Iterator[ast.AST]:
    """Give what stands between `with` and its colon."""
    for item in getattr(line, "items", ()):
        yield from _own(item)


def is_constant(node: ast.expr, but: tuple[type, ...] = ()) -> bool:
    """Say whether an expression is a constant, and of none of these types."""
    return isinstance(node, ast.Constant) and not isinstance(node.value, but)


def _words(phrase: Phrase) -> dict[str, str]:
    return {name: "word" for name, kind in phrase.types.items() if kind == WORD}


def _own(node: ast.AST) -> Iterator[ast.AST]:
    """Give what belongs to the function itself, and not to one inside of it."""
    yield node
    if not isinstance(node, SCOPES):
        for child in ast.iter_child_nodes(node):
            yield from _own(child)


def _bound(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """Name what is assigned, defined, imported, caught or taken as a parameter."""
    for node in nodes:
        match node:
            case ast.Name(id=name, ctx=ast.Store()):
                yield name
            case ast.arg(arg=name) | ast.alias(asname=str(name)):
                yield name
            case ast.alias(name=name):
                yield name.partition(".")[0]
            case (
                ast.FunctionDef(name=name)
                | ast.AsyncFunctionDef(name=name)
                | ast.ClassDef(name=name)
                | ast.ExceptHandler(name=str(name))
                | ast.MatchAs(name=str(name))
                | ast.MatchStar(name=str(name))
                | ast.MatchMapping(rest=str(name))
            ):
                yield name


def _as_used(act: Act, phrase: Phrase, names: tuple[str, ...]) -> str:
    """Show what becomes of the phrase where something of it is left out."""
    missing = [n for n in act.signature.names if n in phrase.mentioned and n not in names]
    if not missing:
        return ""
    text = phrase.filled(names, lambda part: f"${part.name}")
    without = ", ".join(f"${name}" for name in missing)
    return f" (without {without} it is {text!r})"
