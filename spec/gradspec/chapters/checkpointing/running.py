"""A checkpointed function: its values, its gradients, and how often it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec import CONVENTION, SHOULD, VALUE, Autograd, Interrupted, clause, expect

if TYPE_CHECKING:
    from collections.abc import Callable

DOCSTRING: Final = "torch.utils.checkpoint.checkpoint docstring"
SOURCE: Final = "torch.utils.checkpoint source"
SEQUENTIAL: Final = "torch.utils.checkpoint.checkpoint_sequential docstring"

VARIANTS: Final[dict[str, bool]] = {"the_reentrant_variant": True, "the_other_variant": False}
"""Name -> use_reentrant."""


@clause("ckpt-001", VALUE, sources=[DOCSTRING], over=VARIANTS)
def values_and_gradients_are_those_of_the_function(ag: Autograd, reentrant: bool) -> None:
    """A checkpointed function returns the values of the function, and its gradients ({name})."""
    at, cotangent = ag.random(3), ag.random(3)
    x = ag.tensor(at, requires_grad=True)
    y = ag.func.checkpoint(lambda t: ag.sin(t) * ag.exp(t), use_reentrant=reentrant)(x)
    y.backward(ag.tensor(cotangent))

    expect(y).is_close(np.sin(at) * np.exp(at))
    expect(x.grad).is_close(cotangent * (np.cos(at) + np.sin(at)) * np.exp(at))


@clause("ckpt-002", CONVENTION, sources=[DOCSTRING], over=VARIANTS)
def the_function_runs_once_more_in_the_pass(ag: Autograd, reentrant: bool) -> None:
    """A checkpointed function runs once in the forward pass, and once more in the backward pass
    ({name}).
    """
    x = ag.tensor(0.0, requires_grad=True)
    seen = ag.notes()

    def function(t: Any) -> Any:
        seen.note("runs")
        return ag.exp(t)

    y = ag.func.checkpoint(function, use_reentrant=reentrant)(x)
    expect(seen).happened_in_order(["runs"])
    y.backward()

    expect(seen).happened_in_order(["runs", "runs"])


@clause("ckpt-009", VALUE, sources=[DOCSTRING], over=VARIANTS)
def a_leaf_closed_over_gets_its_gradient(ag: Autograd, reentrant: bool) -> None:
    """A leaf that a checkpointed function uses without being given it gets its gradient, if the
    call is recorded ({name}).
    """
    x = ag.tensor(2.0, requires_grad=True)
    w = ag.tensor(3.0, requires_grad=True)
    ag.func.checkpoint(lambda t: t * t * w, use_reentrant=reentrant)(x).backward()

    expect(w.grad).equals(4.0)
    expect(x.grad).equals(12.0)


@clause("ckpt-261", VALUE, sources=[DOCSTRING], over=VARIANTS)
def a_number_stays_in_its_place(ag: Autograd, reentrant: bool) -> None:
    """A number between the tensors that a checkpointed function is given is in its place when the
    function runs again, too ({name}).
    """
    x = ag.tensor(2.0, requires_grad=True)
    w = ag.tensor(5.0, requires_grad=True)
    ag.func.checkpoint(lambda t, n, u: t * t * n * u, use_reentrant=reentrant)(x, 3.0, w).backward()

    expect(x.grad).equals(60.0)
    expect(w.grad).equals(12.0)


@clause("ckpt-006", VALUE, sources=[DOCSTRING])
def gradients_can_be_asked_for(ag: Autograd) -> None:
    """In the variant that is not reentrant, ag.grad gives the gradient, and under create_graph one
    that can be differentiated again.
    """
    x = ag.tensor(0.5, requires_grad=True)
    y = ag.func.checkpoint(lambda t: ag.sin(t) * ag.exp(t), use_reentrant=False)(x)
    (first,) = ag.grad(y, [x], create_graph=True)
    (second,) = ag.grad(first, [x])

    expect(first).is_close((np.sin(0.5) + np.cos(0.5)) * np.exp(0.5))
    expect(second).is_close(2.0 * np.cos(0.5) * np.exp(0.5))


@clause("ckpt-006a", VALUE, sources=[DOCSTRING])
def gradients_can_be_stored_for_inputs(ag: Autograd) -> None:
    """In the variant that is not reentrant, backward(inputs=...) stores the gradient in these."""
    x = ag.tensor(2.0, requires_grad=True)
    w = ag.tensor(3.0, requires_grad=True)
    y = ag.func.checkpoint(lambda t, u: t * t * u, use_reentrant=False)(x, w)
    y.backward(inputs=[x])

    expect(x.grad).equals(12.0)
    expect(w.grad).is_none_or_zero()


@clause("ckpt-018", VALUE, sources=[DOCSTRING, SOURCE], over=VARIANTS)
def a_pass_can_be_repeated(ag: Autograd, reentrant: bool) -> None:
    """With retain_graph a pass over a checkpointed function can be repeated, and gives the same
    gradient again ({name}).
    """
    x = ag.tensor(2.0, requires_grad=True)
    y = ag.func.checkpoint(lambda t: t * t * t, use_reentrant=reentrant)(x)
    y.backward(retain_graph=True)
    x.grad = None
    y.backward()

    expect(x.grad).equals(12.0)


@clause("ckpt-018a", CONVENTION, sources=[SOURCE], over=VARIANTS)
def each_pass_runs_the_function(ag: Autograd, reentrant: bool) -> None:
    """Each pass over a checkpointed function runs it again: nothing is kept from the first
    ({name}).
    """
    x = ag.tensor(0.0, requires_grad=True)
    seen = ag.notes()

    def function(t: Any) -> Any:
        seen.note("runs")
        return ag.exp(t)

    y = ag.func.checkpoint(function, use_reentrant=reentrant)(x)
    y.backward(retain_graph=True)
    y.backward()

    expect(seen).happened_in_order(["runs", "runs", "runs"])


@clause("ckpt-019", CONVENTION, sources=["torch.autograd.backward docstring"], over=VARIANTS)
def without_retain_graph_there_is_one_pass(ag: Autograd, reentrant: bool) -> None:
    """Without retain_graph a second pass over a checkpointed function is refused as over any graph
    ({name}).

    Remedy: give retain_graph=True to the first.
    """
    x = ag.tensor(2.0, requires_grad=True)
    y = ag.func.checkpoint(lambda t: t * t * t, use_reentrant=reentrant)(x)
    y.backward()
    with ag.refuses("graph-freed"):
        y.backward()


NESTED: Final[dict[str, tuple[bool, bool]]] = {
    "both_not_reentrant": (False, False),
    "both_reentrant": (True, True),
    "the_inner_one_reentrant": (False, True),
    "the_outer_one_reentrant": (True, False),
}


@clause("ckpt-020", VALUE, sources=[f"{SOURCE} § nestable checkpoints"], over=NESTED)
def checkpoints_can_be_nested(ag: Autograd, reentrant: tuple[bool, bool]) -> None:
    """A checkpointed function that calls one ({name}) leads to the gradients of the plain ones."""
    outer, inner = reentrant
    x = ag.tensor(0.5, requires_grad=True)

    def within(t: Any) -> Any:
        return ag.exp(ag.sin(t))

    def function(t: Any) -> Any:
        return ag.cos(ag.func.checkpoint(within, use_reentrant=inner)(t))

    ag.func.checkpoint(function, use_reentrant=outer)(x).backward()
    value = np.exp(np.sin(0.5))

    expect(x.grad).is_close(-np.sin(value) * value * np.cos(0.5))


@clause("ckpt-022", CONVENTION, level=SHOULD, sources=["observed"], over=VARIANTS)
def what_is_no_tensor_passes_through(ag: Autograd, reentrant: bool) -> None:
    """What a checkpointed function returns besides tensors comes back as it is ({name})."""
    x = ag.tensor(2.0, requires_grad=True)
    y, number = ag.func.checkpoint(lambda t: (t * t, 5), use_reentrant=reentrant)(x)
    y.backward()

    expect(number).has_structure(5)
    expect(x.grad).equals(4.0)


@clause("ckpt-025", CONVENTION, sources=["torch.no_grad docstring"], over=VARIANTS)
def in_no_grad_nothing_is_recorded(ag: Autograd, reentrant: bool) -> None:
    """In no_grad a checkpointed function records nothing ({name})."""
    x = ag.tensor(2.0, requires_grad=True)
    with ag.no_grad():
        y = ag.func.checkpoint(lambda t: t * t, use_reentrant=reentrant)(x)

    expect(y.requires_grad).is_false()


@clause("ckpt-029", CONVENTION, sources=[SOURCE], over=VARIANTS)
def what_the_function_raises_comes_out(ag: Autograd, reentrant: bool) -> None:
    """An exception that a checkpointed function raises in the forward pass comes out of its call
    ({name}).

    Remedy: catch it around the call.
    """
    x = ag.tensor(2.0, requires_grad=True)

    def function(_: Any) -> Any:
        raise Interrupted

    with ag.refuses("callback"):
        ag.func.checkpoint(function, use_reentrant=reentrant)(x)


@clause("ckpt-029a", CONVENTION, sources=["observed"], over=VARIANTS)
def what_it_raises_again_comes_out_of_the_pass(ag: Autograd, reentrant: bool) -> None:
    """An exception that a checkpointed function raises when it runs again comes out of the pass
    ({name}).

    Remedy: catch it around backward().
    """
    x = ag.tensor(2.0, requires_grad=True)
    runs: list[int] = []

    def function(t: Any) -> Any:
        runs.append(1)
        if len(runs) > 1:
            raise Interrupted
        return t * t

    y = ag.func.checkpoint(function, use_reentrant=reentrant)(x)
    with ag.refuses("callback"):
        y.backward()


def _chain(ag: Autograd) -> list[Callable[[Any], Any]]:
    return [ag.sin, ag.exp, ag.cos, ag.sin, ag.exp]


@clause("ckpt-027", VALUE, sources=[SEQUENTIAL], over=VARIANTS)
def a_sequence_is_checkpointed_in_segments(ag: Autograd, reentrant: bool) -> None:
    """checkpoint_sequential runs functions one after the other, with the value and the gradient
    that they have together ({name}).
    """
    x = ag.tensor(0.5, requires_grad=True)
    first, *further = [lambda t, f=f: f(t) for f in _chain(ag)]
    y = ag.func.checkpoint_sequential(first, further, 2, use_reentrant=reentrant)(x)
    y.backward()
    v = [0.5]
    for one in (np.sin, np.exp, np.cos, np.sin, np.exp):
        v.append(one(v[-1]))

    expect(y).is_close(v[5])
    expect(x.grad).is_close(v[5] * np.cos(v[3]) * -np.sin(v[2]) * v[2] * np.cos(v[0]))


@clause("ckpt-290", VALUE, sources=[SEQUENTIAL], builds_on=("ckpt-027",))
def a_sequence_that_is_not_reentrant_answers_queries(ag: Autograd) -> None:
    """A gradient is got by a query, too, of a sequence that is checkpointed by the variant that is
    not reentrant.
    """
    x = ag.tensor(0.5, requires_grad=True)
    first, *further = [lambda t, f=f: f(t) for f in (ag.sin, ag.exp, ag.cos)]
    y = ag.func.checkpoint_sequential(first, further, 2, use_reentrant=False)(x)
    (answer,) = ag.grad(y, [x])

    inner = np.exp(np.sin(0.5))
    expect(answer).is_close(-np.sin(inner) * inner * np.cos(0.5))


@clause("ckpt-027a", CONVENTION, sources=[SEQUENTIAL])
def the_last_segment_is_not_checkpointed(ag: Autograd) -> None:
    """Of the segments of checkpoint_sequential, all but the last run again in the pass."""
    x = ag.tensor(0.0, requires_grad=True)
    seen = ag.notes()

    def named(name: str) -> Callable[[Any], Any]:
        def step(t: Any) -> Any:
            seen.note(name)
            return ag.sin(t)

        return step

    first, *further = [named(name) for name in "abcdef"]
    y = ag.func.checkpoint_sequential(first, further, 3, use_reentrant=True)(x)
    y.backward()

    expect(seen).happened_in_order([*"abcdef", *"cd", *"ab"])


@clause("ckpt-291", CONVENTION, level=SHOULD, sources=[SEQUENTIAL])
def the_variant_of_a_sequence_has_to_be_said(ag: Autograd) -> None:
    """checkpoint_sequential without use_reentrant warns, and its segments are reentrant.

    Give use_reentrant=False.
    """
    x = ag.tensor(0.5, requires_grad=True)
    with ag.warns():
        y = ag.func.checkpoint_sequential(ag.sin, [ag.exp], 2)(x)
    ((node, _),) = y.grad_fn.next_functions

    expect(node.name()).contains("Checkpoint")
