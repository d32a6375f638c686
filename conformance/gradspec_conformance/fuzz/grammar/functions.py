"""Functions of the engine: a caller's, custom ones with their rules, and what transforms make."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec.port.acts import ACTS
from gradspec.program.steps import Step
from gradspec_conformance.fuzz.grammar.draft import NothingFits, is_float
from gradspec_conformance.fuzz.grammar.row import Row

if TYPE_CHECKING:
    from gradspec.program.steps import Function, Ref
    from gradspec_conformance.fuzz.grammar.draft import Draft

UNARY: Final = ("sin", "tanh", "neg", "exp", "square", "cos", "sigmoid")
BINARY: Final = ("mul", "add", "sub", "mul")
LONGEST: Final = 6


def _expression(draft: Draft, given: list[Ref], *, scalar: bool) -> tuple[list[Step], Ref]:
    """Draw an expression of the arguments, entry by entry; a sum of it at the end, if need be."""
    there = list(given)
    steps: list[Step] = []
    for _ in range(draft.random.randint(1, LONGEST)):
        if draft.maybe(0.5):
            named = {"x": draft.random.choice(there[-3:])}
            name = draft.random.choice([n for n in UNARY if f"op:{n}" in draft.pair.common])
        else:
            named = {"x": draft.random.choice(there[-3:]), "other": draft.random.choice(there)}
            name = draft.random.choice(BINARY)
        there.append(draft.ref())
        steps.append(Step(f"op:{name}", named, there[-1]))
    if draft.maybe(0.5):  # nothing grows, and every argument is used
        whole = draft.ref()
        steps.append(Step("op:mul", {"x": there[-1], "other": given[0]}, whole))
        there.append(whole)
    if scalar:
        total = draft.ref()
        steps.append(Step("op:sum", {"x": there[-1]}, total))
        there.append(total)
    return steps, there[-1]


def _body(draft: Draft, count: int, *, scalar: bool = False) -> Function:
    arguments = [draft.ref() for _ in range(count)]
    steps, returned = _expression(draft, arguments, scalar=scalar)
    return draft.function("body", tuple(arguments), steps, returned)


def _defined(draft: Draft, count: int, *, scalar: bool = False) -> Ref:
    return draft.made("define", "function", body=_body(draft, count, scalar=scalar))


def _arguments(draft: Draft, count: int, shape: tuple[int, ...] | None = None) -> list[Ref]:
    """Pick arguments of one shape that are of the working type."""
    if shape is None:
        array = draft.view(draft.tensor(is_float)).array
        shape = () if array is None else array.shape
    if len(shape) > 2:  # noqa: PLR2004 - Jacobians grow
        raise NothingFits
    return [draft.of_shape(shape, np.dtype("float64")) for _ in range(count)]


def called(draft: Draft) -> None:
    """Define a function, and call it."""
    count = draft.random.randint(1, 2)
    function = _defined(draft, count)
    draft.do("call", draft.ref(), function=function, arguments=_arguments(draft, count))


def custom(draft: Draft) -> None:
    """Define a custom function of a product with a number, and call it."""
    number, factor = draft.even(), draft.even()
    context, x, result = draft.ref("context"), draft.ref(), draft.ref()
    saves = [
        Step("context_call", {"context": context, "method": "save_for_backward", "arguments": [x]})
    ]
    forward = [Step("op:mul", {"x": x, "other": number}, result)]
    behind, given, saved, back = draft.ref("context"), draft.ref(), draft.ref(), draft.ref()
    looks = [Step("context_get", {"context": behind, "name": "saved_tensors"}, (saved,))]
    keeps = draft.maybe(0.6)
    if keeps:
        last = draft.ref()
        backward = [
            *looks,
            Step("op:mul", {"x": given, "other": saved}, back),
            Step("op:mul", {"x": back, "other": factor}, last),
        ]
    else:
        last = back
        backward = [Step("op:mul", {"x": given, "other": factor}, back)]
    rules: dict[str, Any] = {
        "forward": draft.function("forward", (context, x), [*saves * keeps, *forward], result),
        "backward": draft.function("backward", (behind, given), backward, last),
    }
    if draft.maybe(0.25):
        rules["once_differentiable"] = True
    function = draft.made("define", "function", **rules, name="Scaled")
    draft.do("call", draft.ref(), function=function, arguments=[draft.tensor(is_float)])


def several_results(draft: Draft) -> None:
    """Define a custom function with two results, of which the second may have no derivative."""
    number, factor = draft.even(), draft.even()
    context, x, one, other = draft.ref("context"), draft.ref(), draft.ref(), draft.ref()
    ahead = [
        Step("op:mul", {"x": x, "other": number}, one),
        Step("op:add", {"x": x, "other": factor}, other),
    ]
    if draft.maybe(0.3):
        ahead.append(_told(context, "mark_non_differentiable", [other]))
    if draft.maybe(0.3):
        ahead.append(_told(context, "set_materialize_grads", [True]))
    behind, of_one, of_other = draft.ref("context"), draft.ref(), draft.ref()
    first, second, total = draft.ref(), draft.ref(), draft.ref()
    back = [
        draft.note(of_one),
        draft.note(of_other),
        Step("op:mul", {"x": of_one, "other": number}, first),
        Step("op:mul", {"x": of_other, "other": factor}, second),
        Step("op:add", {"x": first, "other": second}, total),
    ]
    rules: dict[str, Any] = {
        "forward": draft.function("forward", (context, x), ahead, (one, other)),
        "backward": draft.function("backward", (behind, of_one, of_other), back, total),
    }
    function = draft.made("define", "function", **rules, name="Pair")
    makes = (draft.ref(), draft.ref())
    draft.do("call", makes, function=function, arguments=[draft.tensor(is_float)])


def _told(context: Ref, method: str, arguments: list[Any]) -> Step:
    return Step("context_call", {"context": context, "method": method, "arguments": arguments})


def in_place(draft: Draft) -> None:
    """Define a custom function that writes what it is given, and says so, or does not."""
    context, x, written = draft.ref("context"), draft.ref(), draft.ref()
    number = draft.even()
    ahead = [Step("op:mul_", {"x": x, "other": number}, written)]
    if draft.maybe(0.8):
        ahead.insert(0, _told(context, "mark_dirty", [x]))
    behind, given, last = draft.ref("context"), draft.ref(), draft.ref()
    back = [Step("op:mul", {"x": given, "other": number}, last)]
    rules: dict[str, Any] = {
        "forward": draft.function("forward", (context, x), ahead, x),
        "backward": draft.function("backward", (behind, given), back, last),
    }
    function = draft.made("define", "function", **rules, name="Written")
    there = draft.tensor(lambda view: is_float(view) and not view.flag("is_leaf"))
    draft.do("call", draft.ref(), function=function, arguments=[there])


def mapped(draft: Draft) -> None:
    """Map a function over a dimension of its arguments, or of one of them."""
    count = draft.random.randint(1, 2)
    dims: list[Any] = [draft.random.choice((0, 1, -1, None)) for _ in range(count)]
    if set(dims) == {None}:
        dims[0] = 0
    options: dict[str, Any] = {"in_dims": tuple(dims), "out_dims": draft.random.choice((0, 0, 1))}
    if not draft.has("transform:vmap", function=None, **options):
        raise NothingFits
    function = draft.made("transform:vmap", "function", function=_defined(draft, count), **options)
    arguments = _arguments(draft, count, (3, 3))
    draft.do("call", draft.ref(), function=function, arguments=arguments)


def transformed(draft: Draft, name: str) -> None:
    """Transform a function, and call what comes of it."""
    key, count = f"transform:{name}", draft.random.randint(1, 2)
    scalar = name in (
        "grad",
        "grad_and_value",
        "hessian",
        "functional.hvp",
        "functional.vhp",
        "functional.hessian",
    )
    options = _options(draft, name, count)
    if not draft.has(key, function=None, **options):
        raise NothingFits
    function = _defined(draft, count, scalar=scalar)
    made = draft.made(key, "function", function=function, **options)
    shape = draft.random.choice(((), (2,), (3,), (2, 2)))
    given = _arguments(draft, count, shape)
    _call(draft, name, made, given, shape, several=options.get("argnums") == (0, 1))


def _options(draft: Draft, name: str, count: int) -> dict[str, Any]:
    takes = ACTS[f"transform:{name}"].signature.names
    options: dict[str, Any] = {}
    if "argnums" in takes and count > 1 and draft.maybe(0.5):
        options["argnums"] = draft.random.choice((1, (0, 1)) if name != "hessian" else (1,))
    if "create_graph" in takes and draft.maybe(0.4):
        options["create_graph"] = True
    if name == "checkpoint":
        options["use_reentrant"] = draft.maybe(0.4)
    if name == "set_grad_enabled":
        options["mode"] = draft.maybe(0.5)
    return options


def _call(
    draft: Draft, name: str, made: Ref, given: list[Ref], shape: tuple[int, ...], *, several: bool
) -> None:
    """Call a transformed function by what it wants, and number what it gives."""
    one, both = draft.ref(), (draft.ref(), draft.ref())
    like = [draft.of_shape(shape, np.dtype("float64")) for _ in given]
    match name:
        case "vjp":
            value, product = draft.ref(), draft.ref("function")
            if draft.do("call", (value, product), function=made, arguments=given):
                makes = tuple(draft.ref() for _ in given)
                cotangent = draft.of_shape(shape, np.dtype("float64"))
                draft.do("call", makes, function=product, arguments=[cotangent])
        case "linearize":
            value, linear = draft.ref(), draft.ref("function")
            if draft.do("call", (value, linear), function=made, arguments=given):
                draft.do("call", draft.ref(), function=linear, arguments=like)
        case "jvp":
            arguments = [tuple(given), tuple(like)]
            draft.do("call", both, function=made, arguments=arguments)
        case "grad_and_value":
            pair = (both, one) if several else (both[0], one)
            draft.do("call", pair, function=made, arguments=given)
        case _ if name.startswith("functional."):
            _call_functional(draft, name, made, given, like)
        case _:
            draft.do("call", both if several else one, function=made, arguments=given)


def _call_functional(draft: Draft, name: str, made: Ref, given: list[Ref], like: list[Ref]) -> None:
    arguments: list[Any] = [tuple(given)] if len(given) > 1 else [given[0]]
    if name.endswith(("jvp", "hvp", "vhp")):
        arguments.append(tuple(like) if len(given) > 1 else like[0])
    elif name.endswith("vjp"):
        arguments.append(like[0])
    several = [tuple(draft.ref() for _ in given), draft.ref()]
    if name.endswith(("jacobian", "hessian")):
        makes: Any = several[0] if len(given) > 1 else several[1]
    else:
        makes = (draft.ref(), several[0] if len(given) > 1 else several[1])
    draft.do("call", makes, function=made, arguments=arguments)


DERIVATIVES: Final = (
    *("grad", "grad_and_value", "vjp", "jvp", "jacrev", "jacfwd", "hessian", "vmap", "linearize"),
    *("functional.vjp", "functional.jvp", "functional.hvp", "functional.vhp"),
    *("functional.jacobian", "functional.hessian"),
)
WRAPPED: Final = ("checkpoint", "no_grad", "enable_grad", "set_grad_enabled", "inference_mode")

SLOW: Final = {"linearize": 0.1}
"""What takes torch as long as a hundred programs: it traces, and compiles what it traced."""


ROWS: Final = (
    Row("define", "functions", custom),
    Row("call", "functions", called),
    *(Row("define", "functions", draw) for draw in (several_results, in_place)),
    Row("transform:vmap", "transforms", mapped),
    *(
        Row(f"transform:{n}", "transforms", partial(transformed, name=n), SLOW.get(n, 1.0))
        for n in DERIVATIVES
    ),
    *(Row(f"transform:{n}", "functions", partial(transformed, name=n)) for n in WRAPPED),
)
