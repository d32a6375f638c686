"""What a program asks of autograd; start at `backward`, then `grad`.

Both prepare one `BackwardPass`: edges and cotangents of the roots, and, if not all leaves are
meant, the edges of the inputs.
"""

from __future__ import annotations

import warnings
from typing import Any

from gradspec_reference.autograd import (
    anomaly_mode,
    forward_ad,
    function,
    functional,
    grad_mode,
    graph,
)
from gradspec_reference.autograd.function import Function
from gradspec_reference.autograd.grad_mode import enforce_grad_layout_policy
from gradspec_reference.autograd.gradcheck import gradcheck, gradgradcheck
from gradspec_reference.engine import cotangents, overriding, warned
from gradspec_reference.engine.anomaly import detect_anomaly, set_detect_anomaly
from gradspec_reference.engine.asking import answer, answers_of_a_batch
from gradspec_reference.engine.modes import (
    enable_grad,
    inference_mode,
    no_grad,
    set_grad_enabled,
    set_multithreading_enabled,
    state,
)
from gradspec_reference.engine.requests import (
    as_cotangents,
    as_roots,
    as_sequence,
    below,
    check_elements,
    check_used,
    new_pass,
    settle_unused,
    stored,
    switches,
    zero_gradient,
)
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.errors import (
    BackwardInsideError,
    ConflictingArgumentsError,
    DeprecatedError,
    InputsEmptyError,
)

__all__ = [
    "Function",
    "Variable",
    "anomaly_mode",
    "backward",
    "detect_anomaly",
    "enable_grad",
    "enforce_grad_layout_policy",
    "forward_ad",
    "function",
    "functional",
    "grad",
    "grad_mode",
    "gradcheck",
    "gradgradcheck",
    "graph",
    "inference_mode",
    "no_grad",
    "set_detect_anomaly",
    "set_grad_enabled",
    "set_multithreading_enabled",
    "variable",
]


def backward(
    tensors: Any,
    grad_tensors: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    grad_variables: Any = None,
    inputs: Any = None,
) -> None:
    """Add the gradients of the roots to `.grad` of the leaves, or of `inputs` only.

    `tensors` and `grad_tensors` are tensors or sequences of equal length; a cotangent has its
    root's shape and may be None for a root with one element.
    Raises NonscalarRootError, RootWithoutGradError, CotangentShapeError, CotangentTypeError,
    CotangentCountError, InputsEmptyError, InputsTypeError, RetainWithoutGradError, RootTypeError,
    ConflictingArgumentsError, BackwardInsideError, GraphFreedError, StaleSavedTensorError, and
    whatever a hook raises.
    Source: torch.autograd.backward docstring.
    """
    if overriding.Made.any and (asked := overriding.to_ask(tensors, grad_tensors, inputs)):
        how = {"retain_graph": retain_graph, "create_graph": create_graph, "inputs": inputs}
        return overriding.answer(  # type: ignore[no-any-return]
            backward, asked, (tensors,), {"grad_tensors": grad_tensors, **how}
        )
    if state.transforms:
        refuse_inside()
    if grad_variables is not None:
        grad_tensors = one_name(grad_tensors, grad_variables)
    retain_graph, create_graph = switches(retain_graph, create_graph)
    targets = None if inputs is None else list(as_sequence(inputs))
    if targets is not None and not targets:
        raise InputsEmptyError("inputs is empty; give at least one tensor, or leave it out")
    roots = as_roots(tensors)
    given = as_cotangents(grad_tensors, len(roots))
    edges, seeds = cotangents.for_roots(roots, given)
    if create_graph:
        warn_of_cycle()
    wanted = None if targets is None else stored(targets)
    seeds = cotangents.all_received(edges, seeds, given)
    walk = new_pass(retain_graph, create_graph)
    walk.count(edges)
    if wanted is not None:
        walk.limit_to(wanted, below(walk), run_targets=True)
    walk.start(edges, seeds)
    walk.run()
    return None


def grad(
    outputs: Any,
    inputs: Any,
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    only_inputs: bool = True,
    allow_unused: bool | None = None,
    is_grads_batched: bool = False,
    materialize_grads: bool = False,
) -> Any:
    """Return the gradients of the roots with respect to the inputs; `.grad` of leaves stays.

    The result has the inputs' order: a tuple, or a dict for a dict of inputs.
    With `is_grads_batched` each cotangent is a batch, whose first dimension the gradients get too.
    An input on which the roots do not depend gets None under `allow_unused`, zeros under
    `materialize_grads`, and is an UnusedInputError otherwise.  Further errors as for `backward`.
    Source: torch.autograd.grad docstring.
    """
    allow_unused = settle_unused(allow_unused, materialize_grads)
    if overriding.Made.any and (asked := overriding.to_ask(outputs, inputs)):
        how = {
            "grad_outputs": grad_outputs,
            "retain_graph": retain_graph,
            "create_graph": create_graph,
            "only_inputs": only_inputs,
            "allow_unused": allow_unused,
            "is_grads_batched": is_grads_batched,
            "materialize_grads": materialize_grads,
        }
        return overriding.answer(grad, asked, (outputs, inputs), how)
    if not only_inputs:
        warnings.warn("only_inputs is deprecated and ignored", FutureWarning, stacklevel=2)
    retain_graph, create_graph = switches(retain_graph, create_graph)
    targets = list(as_sequence(inputs))
    if not targets:
        raise InputsEmptyError("inputs is empty; give at least one tensor to differentiate for")
    check_elements(targets)
    roots = as_roots(outputs)
    given = as_cotangents(grad_outputs, len(roots))
    ask = answers_of_a_batch if is_grads_batched else answer
    found = ask(roots, given, targets, retain_graph, create_graph)
    if not allow_unused:
        check_used(found)
    if materialize_grads:
        found = [
            zero_gradient(x, create_graph) if g is None else g
            for g, x in zip(found, targets, strict=True)
        ]
    return dict(zip(inputs, found, strict=True)) if type(inputs) is dict else tuple(found)


def refuse_inside() -> None:
    """Refuse a pass in a function under a transform."""
    raise BackwardInsideError(
        "backward() was called in a function under a transform, where gradients are not stored; "
        "use func.grad() or func.vjp(), or call it outside"
    )


def one_name(grad_tensors: Any, grad_variables: Any) -> Any:
    """Accept the argument's old name, with a warning; not both."""
    warnings.warn("grad_variables is now called grad_tensors", FutureWarning, stacklevel=3)
    if grad_tensors is not None:
        raise ConflictingArgumentsError(
            "grad_tensors and its old name grad_variables were both given; leave the old one out"
        )
    return grad_variables


def warn_of_cycle() -> None:
    """Warn that a gradient with a history keeps its leaf alive, and the leaf the gradient."""
    warned.once(
        "backward() with create_graph=True stores gradients that refer to their leaves, a "
        "reference cycle; use autograd.grad(), or set .grad to None afterwards",
        stacklevel=4,
    )


def set_warn_always(flag: bool) -> None:
    """Give warnings each time instead of once (torch.set_warn_always)."""
    warned.State.always = flag


def is_warn_always_enabled() -> bool:
    """Tell whether warnings are given each time (torch.is_warn_always_enabled)."""
    return warned.State.always


class _VariableMeta(type):
    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, Tensor)


class Variable(metaclass=_VariableMeta):
    """An old name of tensors: making one gives a tensor (torch documentation, "Variable")."""

    def __new__(  # type: ignore[misc]
        cls, data: Tensor | None = None, requires_grad: bool = False
    ) -> Tensor:
        """Return a tensor on the same memory, or an empty one."""
        if data is None:
            data = Tensor()
        if not isinstance(data, Tensor):
            raise TypeError(f"Variable was given a {type(data).__name__}; give a tensor")
        return data.detach().requires_grad_(requires_grad)


def variable(*args: Any, **kwargs: Any) -> Any:
    """Refuse: the function was withdrawn."""
    del args, kwargs
    raise DeprecatedError("autograd.variable() was withdrawn; use tensor()")
