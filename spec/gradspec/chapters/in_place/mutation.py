"""Writing what is saved: a mode in which the graph keeps the old value.

Outside of it a saved value that was written is refused where the pass needs it.  In it the write
costs a copy, and the pass is run as if nothing had been written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec import CONVENTION, MAY, SAFETY, VALUE, Autograd, clause, expect, informative

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradspec import Tensor

    Written = tuple[Callable[[Autograd, Tensor], Any], Any]

ALLOWING: Final = "torch.autograd.graph.allow_mutation_on_saved_tensors docstring"


def _operand(ag: Autograd, h: Tensor) -> Any:
    del ag
    y = h * h
    h.mul_(7.0)
    return y


def _result(ag: Autograd, h: Tensor) -> Any:
    r = ag.exp(h)
    y = r * 3.0
    r.zero_()
    return y


def _through_a_view(ag: Autograd, h: Tensor) -> Any:
    del ag
    y = h * h
    h[:1].zero_()
    return y


def _again(ag: Autograd, h: Tensor) -> Any:
    del ag
    first = h * h
    h.mul_(2.0)
    second = h * h
    h.zero_()
    return first + second


def _parts(ag: Autograd, h: Tensor) -> Any:
    first, second = h[:1], h[1:]
    y = ag.cat([first * first, second * second])
    h.mul_(7.0)
    return y


POINT: Final = np.array([1.5, -0.5])
WRITTEN: Final = {
    "an_operand": (_operand, 2 * POINT),
    "a_result": (_result, 3 * np.exp(POINT)),
    "a_part_of_an_operand": (_through_a_view, 2 * POINT),
    "what_operands_are_views_of": (_parts, 2 * POINT),
    "an_operand_again_and_again": (_again, 10 * POINT),
}
"""What is written after it was saved -> how, and the slope at the point."""


@clause("inp-050", VALUE, sources=[ALLOWING], over=WRITTEN)
def the_graph_keeps_what_it_saved(ag: Autograd, row: Written) -> None:
    """Where saved tensors may be written, the gradient after {name} was written is that of before.

    The graph uses a copy of the old value.
    """
    computed, slope = row
    v = ag.random(2)
    x = ag.tensor(POINT, requires_grad=True)
    with ag.allow_mutation_on_saved_tensors():
        computed(ag, x * 1.0).backward(ag.tensor(v))

    expect(x.grad).is_close(v * slope)


@clause("inp-269", VALUE, sources=[ALLOWING])
def the_old_value_has_the_old_history(ag: Autograd) -> None:
    """Where saved tensors may be written, a gradient that is recorded can be differentiated again
    by what the operand was computed from, also if a write had come before the value was saved.
    """
    x = ag.tensor(1.0, requires_grad=True)
    with ag.allow_mutation_on_saved_tensors():
        h = x * 1.0
        h.mul_(1.5)
        y = h * h * h
        h.mul_(7.0)
        (first,) = ag.grad(y, [x], create_graph=True)
        (second,) = ag.grad(first, [x])

    expect(first).equals(10.125)
    expect(second).equals(20.25)


@clause("inp-262", SAFETY, sources=[ALLOWING, "observed"])
def the_block_forgives_no_earlier_write(ag: Autograd) -> None:
    """Where saved tensors may be written, one that was overwritten before that is refused, or its
    old value is used.
    """
    x = ag.tensor(2.0, requires_grad=True)
    h = x * 1.0
    y = h * h
    with ag.attempt() as attempt:
        h.mul_(3.0)
        with ag.allow_mutation_on_saved_tensors():
            y.backward()

    with attempt.granted():
        expect(x.grad).equals(4.0)


@clause("inp-291", CONVENTION, level=MAY, sources=["observed"])
def what_was_saved_before_is_not_kept(ag: Autograd) -> None:
    """A pass is refused that needs a value which was saved before the block that allows writes to
    saved tensors, and written in it.

    Remedy: record inside the block what is to be written.
    """
    h = ag.tensor(2.0, requires_grad=True) * 1.0
    y = h * h
    with ag.allow_mutation_on_saved_tensors():
        h.mul_(3.0)
        with ag.refuses("stale-saved-tensor"):
            y.backward()


@clause("inp-051", CONVENTION, sources=[ALLOWING])
def such_a_graph_is_walked_where_it_was_recorded(ag: Autograd) -> None:
    """A graph that was recorded where saved tensors may be written is refused outside of that.

    The copies are gone by then.  Remedy: run the pass inside the block.
    """
    x = ag.tensor([1.5, -0.5], requires_grad=True)
    with ag.allow_mutation_on_saved_tensors():
        h = x * 1.0
        y = (h * h).sum()

    with ag.refuses("mutation-outside"):
        y.backward()
    expect(x.grad).is_none_or_zero()


@clause("inp-052", CONVENTION, sources=["torch.autograd.graph source"])
def that_mode_is_not_nested(ag: Autograd) -> None:
    """To allow writes to saved tensors inside a block that allows them is refused.

    Remedy: allow them once, around all that writes.
    """
    with (
        ag.allow_mutation_on_saved_tensors(),
        ag.refuses("mode-nested"),
        ag.allow_mutation_on_saved_tensors(),
    ):
        pass


informative(
    "inp-053",
    "The error about a saved value that was written says that anomaly detection finds the "
    "operation that saved it.",
    level=MAY,
    sources=["observed"],
    reason="it is about the text of a message, which is an engine's own",
)
