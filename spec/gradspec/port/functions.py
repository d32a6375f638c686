"""Functions are things of the engine: the rules that define one, transforms, and contexts.

`define(rules)` makes a function of the engine from a caller's; `transform` makes another from it;
`call` calls it.  A context is what a custom function leaves from its forward to its backward.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from gradspec.port.act import Act, Given, act

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of `define`: the slot of its function, and the bundle that its word is in."""

    slot: str
    bundle: str = ""


RULES: Final[dict[str, Rule]] = {
    "body": Rule("body", bundle="vjp"),
    "forward": Rule("forward", bundle="custom_function"),
    "setup_context": Rule("setup_context"),
    "backward": Rule("backward", bundle="custom_function"),
    "vjp": Rule("backward"),
    "jvp": Rule("jvp"),
    "vmap": Rule("vmap"),
}
"""Name -> rule; `forward` is given no context beside a `setup_context`."""

FLAGS: Final = (
    "once_differentiable",
    "generate_vmap_rule",
    "clear_saved_tensors_on_access",
    "boxed_grads_call",
)
"""What a custom function can be marked with."""


def slot_of_rule(rule: str, rules: Given) -> str:
    """Name the slot that a rule's function fills, beside the other rules."""
    if rule == "forward" and "setup_context" in rules:
        return "forward_without_context"
    return RULES[rule].slot


def _rules(given: Given) -> set[str]:
    named = {f"rule:{name}" for name in RULES if given.get(name) is not None}
    return named | {f"rule:{name}" for name in FLAGS if given.get(name)}


ONCE: Final = "once_differentiable"
"""The flag that torch has as a decorator of `backward`."""


def _class(base: str, flags: Iterable[str], *more: str) -> str:
    """Write a custom function as a class of Python, with the rules and flags that are given."""
    own = [name for name in RULES if name != "body"]
    lines = [
        f"class ${{name:word}}({base}):",
        *(f"    $({name} = ${name})" for name in flags),
        *(f"    $({name} = staticmethod(${name}))" for name in own),
        *more,
        "$result = ${name:word}.apply",
    ]
    return "\n".join(lines)


CUSTOM: Final = _class(
    "torch.autograd.Function",
    [name for name in FLAGS if name != ONCE],
    f"    $(backward = staticmethod(torch.autograd.function.{ONCE}($backward))${{-{ONCE}}})",
)

PARAMETERS: Final = (
    *(f"{name}: {rule.slot}=None" for name, rule in RULES.items()),
    "name=None",
    *(f"{name}=False" for name in FLAGS),
)

DEFINITION: Final = act(
    "define",
    ", ".join(PARAMETERS),
    "Make a function of the engine: a caller's as it is (`body`), or a custom one from its rules.",
    gives="function",
    some=True,
    word="",
    needs_more=_rules,
    one_of=("body", "forward"),
    notation=_class("ag.Function", FLAGS),
    python="$body",
    javascript="$body",
    torch=CUSTOM,
)

CALL: Final = act(
    "call",
    "function, arguments: structure, keywords: structure={}",
    "Call a function of the engine.",
    gives="as declared",
    word="",
    notation="$function($*arguments, $($**keywords))",
    python="$function($*arguments, $($**keywords))",
    javascript="$function($*arguments)",
)


def _transform(name: str, options: str, doc: str, gives: str = "structure", **more: Any) -> Act:
    parameters = f"function, {options}" if options else "function"
    return act(f"transform:{name}", parameters, doc, gives=f"function: {gives}", **more)


DERIVATIVE: Final = "argnums=0, has_aux=False"
ARGNUMS: Final = "$(argnums=$argnums), $(has_aux=$has_aux)"


def _functional(name: str, strategy: str, doc: str) -> Act:
    """Write a row of `torch.autograd.functional`; a matrix is had by one strategy or another."""
    options = "create_graph=False, strict=False"
    said = "$(create_graph=$create_graph), $(strict=$strict)"
    if strategy:
        options += f", vectorize=False, {strategy}='reverse-mode'"
        said += f", $(vectorize=$vectorize), $({strategy}=${strategy})"
    phrase = f"torch.autograd.functional.{name}($function, *arguments, {said})"
    return _transform(f"functional.{name}", options, doc, torch=f"lambda *arguments: {phrase}")


_CHECKED: Final = (
    "eps=1e-06, atol=1e-05, rtol=0.001, raise_exception=True, nondet_tol=0.0, "
    "check_undefined_grad=True, check_grad_dtypes=False, check_batched_grad=False, fast_mode=False"
)


def _check(name: str, options: str, doc: str) -> Act:
    """Write a row of a numerical check, whose options are all by name."""
    whole = f"{options}, {_CHECKED}"
    names = (option.partition("=")[0].strip() for option in whole.split(","))
    said = ", ".join(f"$({option}=${option})" for option in names)
    phrase = f"lambda *inputs: torch.autograd.{name}($function, inputs, {said})"
    return _transform(name, whole, doc, gives="plain", torch=phrase)


_CHECKS: Final = (
    _check(
        "gradcheck",
        "check_batched_forward_grad=False, check_forward_ad=False, check_backward_ad=True",
        "Whether derivatives agree with finite differences at the given arguments.",
    ),
    _check(
        "gradgradcheck",
        "grad_outputs=None, check_fwd_over_rev=False, check_rev_over_rev=True",
        "Whether second derivatives agree with finite differences of the first.",
    ),
    _transform(
        "get_numerical_jacobian",
        "eps=0.001, grad_out=1.0",
        "The Jacobian by finite differences, of a function of the list of its arguments.",
        torch="lambda *inputs: torch.autograd.gradcheck.__globals__"
        "['get_numerical_jacobian']($function, inputs, $(eps=$eps), $(grad_out=$grad_out))",
    ),
)

TRANSFORMS: Final = (
    _transform(
        "grad",
        DERIVATIVE,
        "The gradient of a function with one number as its value.",
        torch=f"torch.func.grad($function, {ARGNUMS})",
    ),
    _transform(
        "grad_and_value",
        DERIVATIVE,
        "The gradient, and the value.",
        torch=f"torch.func.grad_and_value($function, {ARGNUMS})",
    ),
    _transform(
        "vjp",
        "has_aux=False",
        "The value, and the function that multiplies a cotangent by the Jacobian.",
        gives="vjp",
        bundle="vjp",
        torch="lambda *primals: torch.func.vjp($function, *primals, $(has_aux=$has_aux))",
    ),
    _transform(
        "jvp",
        "has_aux=False, strict=False",
        "Of primals and tangents: the value, and the Jacobian times the tangents.",
        torch="lambda primals, tangents: torch.func.jvp("
        "$function, primals, tangents, $(has_aux=$has_aux), $(strict=$strict))",
    ),
    _transform(
        "jacrev",
        f"{DERIVATIVE}, chunk_size=None",
        "The Jacobian, row by row.",
        torch=f"torch.func.jacrev($function, {ARGNUMS}, $(chunk_size=$chunk_size))",
    ),
    _transform(
        "jacfwd",
        f"{DERIVATIVE}, randomness='error'",
        "The Jacobian, column by column.",
        torch=f"torch.func.jacfwd($function, {ARGNUMS}, $(randomness=$randomness))",
    ),
    _transform(
        "hessian",
        "argnums=0",
        "The matrix of second derivatives.",
        torch="torch.func.hessian($function, $(argnums=$argnums))",
    ),
    _transform(
        "vmap",
        "in_dims=0, out_dims=0, randomness='error', chunk_size=None",
        "The function, mapped over a dimension of its arguments.",
        torch="torch.func.vmap($function, $(in_dims=$in_dims), $(out_dims=$out_dims), "
        "$(randomness=$randomness), $(chunk_size=$chunk_size))",
    ),
    _transform(
        "linearize",
        "",
        "The value, and the linear function that the derivative is there.",
        gives="linearize",
        torch="lambda *primals: torch.func.linearize($function, *primals)",
    ),
    _transform(
        "functional_call",
        "strict=False",
        "A module as a function of its parameters by name, and then of its arguments.",
        torch="lambda parameters, *arguments: torch.func.functional_call("
        "$function, parameters, arguments, $(strict=$strict))",
    ),
    _transform(
        "checkpoint",
        "use_reentrant=None, preserve_rng_state=True, context_fn: contexts=None, "
        "determinism_check='default', debug=False, early_stop=True, saves=None",
        "The function, of which nothing is saved but its arguments.",
        torch=tuple(
            "lambda *arguments, **keywords: torch.utils.checkpoint.checkpoint("
            "$function, *arguments, $(use_reentrant=$use_reentrant), "
            f"$(preserve_rng_state=$preserve_rng_state), $(context_fn={contexts}), "
            "$(determinism_check=$determinism_check), $(debug=$debug), $(early_stop=$early_stop), "
            "**keywords)"
            for contexts in (
                "$context_fn",
                (
                    "lambda: torch.utils.checkpoint.create_selective_checkpoint_contexts("
                    "[getattr(torch.ops.aten, name).default for name in $saves])"
                ),
            )
        ),
    ),
    _transform(
        "checkpoint_sequential",
        "further, segments, use_reentrant=None",
        "The function and further ones, one after the other, in segments that are checkpointed.",
        torch="lambda argument: torch.utils.checkpoint.checkpoint_sequential("
        "[$function, *$further], $segments, argument, $(use_reentrant=$use_reentrant))",
    ),
    _transform(
        "compile",
        "",
        "The function, compiled.",
        torch="torch.compile($function, backend='aot_eager')",
    ),
    *_CHECKS,
    *(
        _functional(name, "", doc)
        for name, doc in {
            "vjp": "Of inputs and a cotangent: the value, and the cotangent times the Jacobian.",
            "jvp": "Of inputs and tangents: the value, and the Jacobian times the tangents.",
            "hvp": "Of inputs and a vector: the value, and the Hessian times the vector.",
            "vhp": "Of inputs and a vector: the value, and the vector times the Hessian.",
        }.items()
    ),
    _functional("jacobian", "strategy", "Of inputs: the Jacobian."),
    _functional(
        "hessian", "outer_jacobian_strategy", "Of inputs: the matrix of second derivatives."
    ),
    *(
        _transform(
            name,
            "without_parentheses=False",
            f"The function, run {doc}.",
            torch=(
                f"torch.{name}()($function)",
                f"torch.{name}($function) ${{-without_parentheses}}",
            ),
        )
        for name, doc in {
            "no_grad": "without recording",
            "enable_grad": "with recording",
        }.items()
    ),
    _transform(
        "set_grad_enabled",
        "mode",
        "The function, run with recording or without.",
        torch="torch.set_grad_enabled($mode)($function)",
    ),
    _transform(
        "inference_mode",
        "mode=True, without_parentheses=False",
        "The function, run in inference mode or out of it.",
        torch=(
            "torch.inference_mode($($mode))($function)",
            "torch.inference_mode($function) ${-without_parentheses}",
        ),
    ),
    _transform(
        "dual_level",
        "",
        "The function, each run of which is in a level of forward mode.",
        torch="torch.autograd.forward_ad.dual_level()($function)",
    ),
    _transform(
        "one_no_grad",
        "",
        "The function, each run of which enters the same no_grad.",
        torch="""\
$_mode = torch.no_grad()
def $result(*arguments):
    with $_mode:
        return $function(*arguments)""",
    ),
    _transform(
        "generator",
        "",
        "A generator that at each step yields what the function makes of one of its arguments.",
        python="""\
def $result(*arguments):
    for one in arguments:
        yield $function(one)""",
    ),
    _transform(
        "stepped",
        "between: body",
        "The function that goes through a generator, and after each step calls another.",
        python="""\
def $result(*arguments):
    found = []
    for one in $function(*arguments):
        found += [one, $between()]
    return found""",
    ),
    _transform(
        "thread",
        "",
        "The function, run in another thread, which the caller waits for.",
        python="lambda *arguments: "
        "concurrent.futures.ThreadPoolExecutor(1).submit($function, *arguments).result()",
    ),
)
"""Each makes a function of the engine from another."""


@dataclass(frozen=True, slots=True)
class ContextName:
    """What every context has: what it is, what reading it gives (nothing: it is called)."""

    doc: str
    gives: str = ""
    bundle: str = ""


CONTEXT: Final[dict[str, ContextName]] = {
    "save_for_backward": ContextName("Save tensors", bundle="custom_function"),
    "save_for_forward": ContextName("Save tensors for the rule of forward mode"),
    "mark_dirty": ContextName("Say which operands were written in place"),
    "mark_non_differentiable": ContextName("Say which results have no derivative"),
    "set_materialize_grads": ContextName("Say whether a missing cotangent becomes zeros"),
    "mark_shared_storage": ContextName("Say which tensors share memory, as was once necessary"),
    "saved_tensors": ContextName("What was saved", "structure", bundle="custom_function"),
    "needs_input_grad": ContextName("Which arguments want a gradient", "numbers"),
}
"""Name -> what it is; each its own word, `context:NAME`.  Any other name is the caller's."""


def is_called(name: str) -> bool:
    """Say whether a name of a context is a method."""
    return name in CONTEXT and not CONTEXT[name].gives


def gives_of(name: str) -> str:
    """Say what reading a name of a context gives."""
    return CONTEXT[name].gives if name in CONTEXT else "structure"


def _named(given: Given) -> set[str]:
    name = given.get("name", given.get("method"))
    return {f"context:{name if name in CONTEXT else 'attributes'}"}


CONTEXT_ACTS: Final = (
    act(
        "context_get",
        "context, name",
        "Read an attribute of a context.",
        gives="as named",
        word="",
        needs_more=_named,
        notation="$context.${name:word}",
        python="$context.${name:word}",
    ),
    act(
        "context_set",
        "context, name, value: structure",
        "Assign an attribute of a context.",
        word="",
        needs_more=_named,
        notation="$context.${name:word} = $value",
        python="$context.${name:word} = $value",
    ),
    act(
        "context_call",
        "context, method, arguments",
        "Call a method of a context.",
        word="",
        needs_more=_named,
        notation="$context.${method:word}($*arguments)",
        python="$context.${method:word}($*arguments)",
    ),
)
