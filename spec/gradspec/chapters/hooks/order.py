"""In which order hooks run."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from gradspec import CONVENTION, MAY, VALUE, Autograd, clause, expect
from gradspec.chapters.hooks.kinds import ANSWERING, IN_ONE_PLACE
from gradspec.drawing.expressions import Expression, expressions

if TYPE_CHECKING:
    from gradspec import Tensor
    from gradspec.chapters.hooks.kinds import Registering

NOTE = "notes/autograd § The order in which the different hooks are fired"


@clause("hook-005", CONVENTION, sources=[NOTE], over=ANSWERING)
def each_sees_what_the_one_before_returned(ag: Autograd, register: Any) -> None:
    """Several hooks {name} run in the order in which they were put there, and each is given what
    the one before returned.
    """
    x = ag.tensor(2.0, requires_grad=True)
    y = -x
    register(y, lambda gradient: gradient * 10.0)
    register(y, lambda gradient: gradient * gradient * gradient)
    (y * 3.0).backward()

    expect(x.grad).equals(-27000.0)


@clause("hook-211", CONVENTION, sources=[NOTE], over=IN_ONE_PLACE)
def hooks_run_as_they_were_registered(ag: Autograd, register: Registering) -> None:
    """Several hooks {name} run in the order in which they were put there."""
    x = ag.tensor(2.0, requires_grad=True)
    y = -x
    log = ag.notes()
    register(ag, x, y, lambda: log.note("first"))
    register(ag, x, y, lambda: log.note("second"))
    register(ag, x, y, lambda: log.note("third"))
    y.backward()

    expect(log).happened_in_order(["first", "second", "third"])


@clause("hook-039", CONVENTION, sources=[NOTE])
def from_a_tensor_to_the_next(ag: Autograd) -> None:
    """Hooks on a tensor run before those before its node, these before those after its node, and
    all of them before the hooks on the tensors that it was computed from.
    """
    x = ag.tensor(2.0, requires_grad=True)
    y = -x
    log = ag.notes()
    x.register_hook(lambda _: log.note("on the next tensor"))
    y.grad_fn.register_hook(lambda _made, _given: log.note("after the node"))
    y.grad_fn.register_prehook(lambda _: log.note("before the node"))
    y.register_hook(lambda _: log.note("on the tensor"))
    y.backward()

    expect(log).happened_in_order(
        ["on the tensor", "before the node", "after the node", "on the next tensor"]
    )


@clause("hook-040", CONVENTION, sources=[NOTE])
def around_accumulation(ag: Autograd) -> None:
    """At a leaf run, in this order: the hooks on it, those before its node, those after
    accumulation, and those after its node; grad is written in the middle.
    """
    x = ag.tensor(2.0, requires_grad=True)
    y = -x
    ((node, _),) = y.grad_fn.next_functions
    log = ag.notes()

    def reached(place: str) -> None:
        log.note(place)
        log.note(x.grad * 1.0)

    node.register_hook(lambda _made, _given: reached("after the node"))
    x.register_post_accumulate_grad_hook(lambda _: reached("after accumulation"))
    node.register_prehook(lambda _: reached("before the node"))
    x.register_hook(lambda _: reached("on the leaf"))
    x.grad = ag.tensor(0.0)
    y.backward()

    expect(log).happened_in_order(
        [
            *("on the leaf", 0.0),
            *("before the node", 0.0),
            *("after accumulation", -1.0),
            *("after the node", -1.0),
        ]
    )


@clause("hook-041", CONVENTION, level=MAY, sources=[f"observed (against {NOTE})"])
def a_retained_gradient_is_there_before_the_node(ag: Autograd) -> None:
    """When the hooks before a node run, the gradient that its result retains is stored already.

    The note lists it after them.
    """
    x = ag.tensor(2.0, requires_grad=True)
    y = x * 2.0
    y.retain_grad()
    seen = ag.notes()
    y.grad_fn.register_prehook(lambda _: seen.note(y.grad))
    (y * 3.0).backward()

    expect(seen).happened_in_order([3.0])


class Watched:
    """The operators of an engine, which hand each value to somebody before it is used."""

    def __init__(self, ag: Autograd, watch: Any) -> None:
        self._ag = ag
        self._watch = watch

    def __getattr__(self, name: str) -> Any:
        def made(*operands: Any) -> Any:
            value = getattr(self._ag, name)(*operands)
            self._watch(value)
            return value

        return made


def values_of(ag: Autograd, case: Expression, watch: Any) -> Any:
    """Run a program, handing each value and its number to somebody; return the last value."""
    numbers = itertools.count()
    leaves = [ag.tensor(leaf, requires_grad=True) for leaf in case.leaves]
    for leaf in leaves:
        watch(next(numbers), leaf)
    return case.evaluate(Watched(ag, lambda value: watch(next(numbers), value)), leaves)


def first_uses(case: Expression) -> dict[int, int]:
    """Return the values that the last is computed from, and the first use of each on the way.

    The last one is used by nobody.
    """
    start = len(case.leaves)
    last = start + len(case.operations) - 1
    uses = {last: last}
    for number in range(last, start - 1, -1):
        if number in uses:
            uses |= dict.fromkeys(case.operations[number - start].operands, number)
    return uses


@clause(
    "hook-212",
    VALUE,
    sources=["torch.Tensor.register_hook docstring", "the chain rule"],
    given={"case": expressions()},
)
def every_hook_sees_a_derivative(ag: Autograd, case: Expression) -> None:
    """In every program of arithmetic and smooth functions, a hook on any of the values is called
    once if the last value is computed from it, with the derivative of the last by that value, and
    not at all if it is not.
    """
    calls = ag.notes()
    seen: dict[int, Tensor] = {}

    def watch(number: int, value: Tensor) -> None:
        def look(gradient: Tensor) -> None:
            calls.note("called")
            seen[number] = gradient * 1.0

        value.register_hook(look)

    values_of(ag, case, watch).backward(ag.tensor(case.cotangent))
    uses = first_uses(case)

    expect(calls).happened_in_order(["called"] * len(uses))
    for number in uses:
        expect(seen[number]).is_close(case.gradient(number), scale=case.scale)


@clause("hook-213", CONVENTION, sources=[NOTE], given={"case": expressions()})
def hooks_run_backwards(ag: Autograd, case: Expression) -> None:
    """In every program hooks run in the reverse of the order in which their values were computed,
    those of a leaf right after those of the first value that was computed from it.
    """
    log = ag.notes()
    uses = first_uses(case)

    def watch(number: int, value: Tensor) -> None:
        when = uses.get(number, number) if number < len(case.leaves) else number
        value.register_hook(lambda _: log.note(when))

    values_of(ag, case, watch).backward(ag.tensor(case.cotangent))
    leaves = range(len(case.leaves))
    times = [use if number in leaves else number for number, use in uses.items()]

    expect(log).happened_in_order(sorted(times, reverse=True))
