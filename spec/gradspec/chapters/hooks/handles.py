"""Handles: how hooks are put somewhere and taken away, also while a pass runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gradspec import CONVENTION, MAY, SHOULD, VALUE, Autograd, clause, expect
from gradspec.chapters.hooks.kinds import IN_ONE_PLACE, KINDS

if TYPE_CHECKING:
    from gradspec.chapters.hooks.kinds import Registering
    from gradspec.program.objects import Hook

DOCSTRING = "torch.Tensor.register_hook docstring"
HANDLE = "torch.utils.hooks.RemovableHandle source"


@clause(
    "hook-004",
    VALUE,
    sources=[DOCSTRING],
    over=KINDS,
    stands_for={"hook-045": "on_several_tensors"},
)
def remove_takes_a_hook_away(ag: Autograd, register: Registering) -> None:
    """Once its handle's remove() was called, a hook {name} is not called; removing it twice does
    no harm.
    """
    x = ag.tensor(2.0, requires_grad=True)
    y = -x
    z = y * 3.0
    calls = ag.notes()
    handle = register(ag, x, y, lambda: calls.note("called"))
    z.backward(retain_graph=True)
    handle.remove()
    handle.remove()
    z.backward()

    expect(calls).happened_in_order(["called"])


@clause("hook-020", CONVENTION, level=MAY, sources=[HANDLE], over=KINDS)
def a_handle_is_a_block(ag: Autograd, register: Registering) -> None:
    """A handle of a hook {name} is a block: when that ends, the hook is taken away."""
    x = ag.tensor(2.0, requires_grad=True)
    y = -x
    z = y * 3.0
    calls = ag.notes()
    with ag.hooked(register(ag, x, y, lambda: calls.note("called"))):
        z.backward(retain_graph=True)
    z.backward()

    expect(calls).happened_in_order(["called"])


@clause("hook-047", VALUE, sources=[DOCSTRING], over=KINDS)
def hooks_run_in_every_pass(ag: Autograd, register: Registering) -> None:
    """A hook {name} is called in every pass over a graph that is kept."""
    x = ag.tensor(2.0, requires_grad=True)
    y = -x
    z = y * 3.0
    calls = ag.notes()
    register(ag, x, y, lambda: calls.note("called"))
    z.backward(retain_graph=True)
    z.backward()

    expect(calls).happened_in_order(["called", "called"])


@clause("hook-021", CONVENTION, level=SHOULD, sources=["observed"], over=KINDS)
def a_hook_may_remove_itself(ag: Autograd, register: Registering) -> None:
    """A hook {name} may take itself away while it runs, and is not called again."""
    x = ag.tensor(2.0, requires_grad=True)
    y = -x
    z = y * 3.0
    calls = ag.notes()
    handles: list[Hook] = []

    def once() -> None:
        calls.note("called")
        handles[0].remove()

    handles.append(register(ag, x, y, once))
    z.backward(retain_graph=True)
    z.backward()

    expect(calls).happened_in_order(["called"])


@clause("hook-201", CONVENTION, level=MAY, sources=["observed"], over=IN_ONE_PLACE)
def a_hook_that_is_due_runs_once_more(ag: Autograd, register: Registering) -> None:
    """A hook {name} that another hook of the same place takes away runs this once, if its turn
    comes after.
    """
    x = ag.tensor(2.0, requires_grad=True)
    y = -x
    calls = ag.notes()
    handles: list[Hook] = []

    def remove() -> None:
        handles[0].remove()

    register(ag, x, y, remove)
    handles.append(register(ag, x, y, lambda: calls.note("called")))
    y.backward(retain_graph=True)
    y.backward()

    expect(calls).happened_in_order(["called"])


@clause("hook-202", CONVENTION, level=MAY, sources=["observed"], over=IN_ONE_PLACE)
def a_hook_added_by_another_waits(ag: Autograd, register: Registering) -> None:
    """A hook {name} that a hook of the same place adds is called from the next pass on."""
    x = ag.tensor(2.0, requires_grad=True)
    y = -x
    calls = ag.notes()
    handles: list[Hook] = []

    def add() -> None:
        if not handles:
            handles.append(register(ag, x, y, lambda: calls.note("added")))
        calls.note("first")

    register(ag, x, y, add)
    y.backward(retain_graph=True)
    y.backward()

    expect(calls).happened_in_order(["first", "first", "added"])


@clause("hook-203", CONVENTION, sources=["observed"], over=KINDS)
def a_hook_is_removed_while_the_pass_comes(ag: Autograd, register: Registering) -> None:
    """A hook {name} that is taken away in a pass before its gradient is known is not called."""
    x = ag.tensor(2.0, requires_grad=True)
    y = -x
    z = y * 3.0
    calls = ag.notes()
    handle = register(ag, x, y, lambda: calls.note("called"))
    z.register_hook(lambda _: handle.remove())
    z.backward()

    expect(calls).happened_in_order([])


@clause("hook-204", CONVENTION, sources=["observed"], over=KINDS)
def a_hook_is_added_while_the_pass_comes(ag: Autograd, register: Registering) -> None:
    """A hook {name} that is put there in a pass before its gradient is known is called."""
    x = ag.tensor(2.0, requires_grad=True)
    y = -x
    z = y * 3.0
    calls = ag.notes()

    def add(_: Any) -> None:
        register(ag, x, y, lambda: calls.note("called"))

    z.register_hook(add)
    z.backward()

    expect(calls).happened_in_order(["called"])


OF_A_LEAF: dict[str, Any] = {
    "on_a_tensor": lambda x, hook: x.register_hook(hook),
    "after_accumulation": lambda x, hook: x.register_post_accumulate_grad_hook(hook),
}


@clause("hook-023", CONVENTION, level=MAY, sources=["observed"], over=OF_A_LEAF)
def a_deep_copy_has_no_hooks(ag: Autograd, register: Any) -> None:
    """A hook {name} is not copied with the leaf: a deep copy of that has none."""
    x = ag.tensor(2.0, requires_grad=True)
    calls = ag.notes()
    register(x, lambda _: calls.note("called"))
    copy = ag.deepcopy(x)
    (copy * 3.0).backward()

    expect(calls).happened_in_order([])
    expect(copy.grad).equals(3.0)
