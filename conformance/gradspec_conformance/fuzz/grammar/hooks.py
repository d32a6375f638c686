"""Hooks on tensors, leaves and nodes: they observe, scale and replace, and are taken away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gradspec.program.steps import Function, Step
from gradspec_conformance.fuzz.grammar.draft import NothingFits, is_leaf, requires_grad
from gradspec_conformance.fuzz.grammar.row import Row

if TYPE_CHECKING:
    from gradspec.program.steps import Ref
    from gradspec_conformance.fuzz.grammar.draft import Draft


def _on_gradient(draft: Draft, slot: str) -> Function:
    """Write a hook that notes what it is given, and may return something else."""
    given, returned = draft.ref(), None
    steps = [draft.note(given)]
    if slot == "tensor_hook" and draft.maybe(0.5):
        returned = draft.ref()
        steps.append(Step("op:mul", {"x": given, "other": draft.even()}, returned))
    return draft.function(slot, (given,), steps, returned)


def tensor_hook(draft: Draft) -> None:
    """Register a hook on a tensor."""
    x = draft.tensor(requires_grad)
    draft.made("register_hook", "hook", x=x, hook=_on_gradient(draft, "tensor_hook"))


def post_accumulate(draft: Draft) -> None:
    """Register a hook that runs once a gradient is there: it notes the leaf."""
    x = draft.tensor(is_leaf)
    hook = _on_gradient(draft, "post_accumulate_hook")
    draft.made("register_post_accumulate_grad_hook", "hook", x=x, hook=hook)


def multi_grad(draft: Draft) -> None:
    """Register a hook on the gradients of two tensors."""
    tensors = [draft.tensor(requires_grad) for _ in range(2)]
    if draft.maybe(0.3):
        one = draft.ref()
        hook = draft.function("multi_grad_hook", (one,), [draft.note(one)])
        more: dict[str, Any] = {"mode": "any"}
    else:
        several = [draft.ref(), draft.ref()]
        hook = draft.function("multi_grad_hook", (several,), [draft.note("all")])
        more = {}
    draft.made("register_multi_grad_hook", "hook", tensors=tensors, hook=hook, **more)


def _node(draft: Draft) -> Ref:
    x = draft.tensor(lambda view: view.seen.get("get:grad_fn") is True)
    return draft.made("get:grad_fn", "node", x=x)


def node(draft: Draft) -> None:
    """Take the node that made a tensor."""
    _node(draft)


def _changed(draft: Draft, given: Ref) -> tuple[list[Step], Any]:
    """Return something else now and then: the only gradient there is, times a number."""
    if draft.maybe(0.6):
        return [], None
    returned = draft.ref()
    return [Step("op:mul", {"x": given, "other": draft.even()}, returned)], (returned,)


def node_hook(draft: Draft) -> None:
    """Register a hook on a node, behind it: it notes what the node was given."""
    one, other = [draft.ref()], [draft.ref()]
    steps, returned = _changed(draft, one[0])
    hook = draft.function("node_hook", (one, other), [draft.note(other[0]), *steps], returned)
    draft.made("register_node_hook", "hook", node=_node(draft), hook=hook)


def node_prehook(draft: Draft) -> None:
    """Register a hook on a node, ahead of it."""
    given = [draft.ref()]
    steps, returned = _changed(draft, given[0])
    hook = draft.function("node_prehook", (given,), [draft.note(given[0]), *steps], returned)
    draft.made("register_prehook", "hook", node=_node(draft), hook=hook)


def remove(draft: Draft) -> None:
    """Take a hook away."""
    hook = draft.handle("hook")
    if not draft.do("remove_hook", None, hook=hook):
        raise NothingFits


ROWS: Final = (
    Row("register_hook", "hooks", tensor_hook),
    Row("register_post_accumulate_grad_hook", "hooks", post_accumulate),
    Row("register_multi_grad_hook", "hooks", multi_grad),
    Row("get:grad_fn", "nodes", node),
    Row("register_node_hook", "nodes", node_hook),
    Row("register_prehook", "nodes", node_prehook),
    Row("remove_hook", "hooks", remove),
)
