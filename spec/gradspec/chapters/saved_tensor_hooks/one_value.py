"""Hooks on one saved value, registered on its raw form after it was saved."""

from __future__ import annotations

from typing import Any, Final

from gradspec import CONVENTION, Autograd, clause, expect
from gradspec.chapters.saved_tensor_hooks.pairs import as_it_is, detached

NOTES: Final = "notes/autograd § Registering hooks for a saved tensor"


@clause("sth-015", CONVENTION, sources=[NOTES])
def hooks_on_one_value_pack_it_at_once(ag: Autograd) -> None:
    """When hooks are registered on one saved value, pack is called at once, with a tensor that has
    no history; unpack is called when the value is looked at, and when a pass needs it.
    """
    x = ag.tensor(3.0, requires_grad=True)
    y = x**2
    seen = ag.notes()

    def pack(value: Any) -> Any:
        seen.note(value.requires_grad)
        return value

    def unpack(packed: Any) -> Any:
        seen.note("unpacked")
        return packed

    y.grad_fn.register_saved_hooks("self", pack, unpack)
    expect(seen).happened_in_order([False])
    y.grad_fn.saved("self")
    y.backward()

    expect(seen).happened_in_order([False, "unpacked", "unpacked"])
    expect(x.grad).equals(6.0)


@clause(
    "sth-016",
    CONVENTION,
    sources=["observed"],
    over={"registered_on_it": False, "of_a_block": True},
)
def a_saved_value_has_one_pair(ag: Autograd, within: bool) -> None:
    """A saved value that has hooks already, {name}, can have no others.

    Remedy: register one pair that does both.
    """
    x = ag.tensor(3.0, requires_grad=True)
    if within:
        with ag.saved_tensors_hooks(detached, as_it_is):
            y = x**2
    else:
        y = x**2
        y.grad_fn.register_saved_hooks("self", detached, as_it_is)
    with ag.refuses("saved-hooks"):
        y.grad_fn.register_saved_hooks("self", detached, as_it_is)


@clause("sth-017", CONVENTION, sources=[NOTES])
def a_value_that_was_freed_has_no_hooks(ag: Autograd) -> None:
    """Hooks cannot be registered on a saved value that a pass has freed.

    Remedy: register them before the pass, or give it retain_graph=True.
    """
    x = ag.tensor(3.0, requires_grad=True)
    y = x**2
    y.backward()
    with ag.refuses("graph-freed"):
        y.grad_fn.register_saved_hooks("self", detached, as_it_is)
