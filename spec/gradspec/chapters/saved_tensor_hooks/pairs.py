"""A pair of hooks: when pack and unpack are called, with what, and what comes of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec import CONVENTION, MAY, SHOULD, VALUE, Autograd, clause, expect

if TYPE_CHECKING:
    from collections.abc import Callable

DOCSTRING: Final = "torch.autograd.graph.saved_tensors_hooks docstring"
NOTES: Final = "notes/autograd § Registering default hooks for saved tensors"
HOOKS: Final = "notes/autograd § Hooks for saved tensors"
TUTORIAL: Final = "saved tensors hooks tutorial"


def detached(value: Any) -> Any:
    """Pack a value as it is, without its history."""
    return value.detach()


def as_it_is(packed: Any) -> Any:
    """Unpack what is a tensor already."""
    return packed


@dataclass(frozen=True, slots=True)
class Saving:
    """An operation on x = 0, and the values that it saves."""

    of: Callable[[Autograd, Any], Any]
    values: list[float]


@clause(
    "sth-001",
    CONVENTION,
    sources=[DOCSTRING, NOTES],
    over={
        "its_argument": Saving(lambda ag, x: ag.sin(x), [0.0]),
        "its_result": Saving(lambda ag, x: ag.exp(x), [1.0]),
        "both_factors": Saving(lambda _, x: x * x, [0.0, 0.0]),
        "a_list_of_indices": Saving(
            lambda ag, x: x.reshape(1)[ag.tensor([0], dtype="int64")], [0.0]
        ),
        "nothing": Saving(lambda _, x: x + x, []),
    },
)
def what_is_saved_is_packed(ag: Autograd, row: Saving) -> None:
    """Inside saved_tensors_hooks pack is called with each tensor that an operation saves ({name}),
    while the operation runs.
    """
    x = ag.tensor(0.0, requires_grad=True)
    seen = ag.notes()

    def pack(value: Any) -> Any:
        seen.note(value.item())
        return value.detach()

    with ag.saved_tensors_hooks(pack, as_it_is):
        row.of(ag, x)

    expect(seen).happened_in_order(row.values)


@clause("sth-204", CONVENTION, level=MAY, sources=["observed"])
def a_number_is_not_packed(ag: Autograd) -> None:
    """A factor that is a plain number is saved, and not packed."""
    x = ag.tensor(2.0, requires_grad=True)
    seen = ag.notes()

    def pack(value: Any) -> Any:
        seen.note(value.item())
        return value.detach()

    with ag.saved_tensors_hooks(pack, as_it_is):
        y = x * 3.0
    y.backward()

    expect(seen).happened_in_order([])
    expect(x.grad).equals(3.0)


@clause("sth-291", CONVENTION, sources=[DOCSTRING, "chain rule"])
def indices_are_packed_and_unpacked(ag: Autograd) -> None:
    """Where the indices of a selection are saved in a list, each is packed, and the gradient goes
    to the entries that unpack names.
    """
    x = ag.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    rows, columns = ag.tensor([0, 1], dtype="int64"), ag.tensor([1, 0], dtype="int64")
    with ag.saved_tensors_hooks(detached, lambda packed: 1 - packed):
        y = x[rows, columns]
    y.backward(ag.tensor([5.0, 7.0]))

    expect(x.grad).equals([[0.0, 7.0], [5.0, 0.0]])


@clause("sth-002", CONVENTION, sources=[DOCSTRING])
def what_was_packed_is_unpacked(ag: Autograd) -> None:
    """unpack is called, when a pass needs the value, with what pack returned for it."""
    x = ag.tensor(3.0, requires_grad=True)
    seen = ag.notes()

    def pack(value: Any) -> Any:
        seen.note("packed")
        return ("a box", value.detach())

    def unpack(box: Any) -> Any:
        seen.note(f"unpacked {box[0]}")
        return box[1]

    with ag.saved_tensors_hooks(pack, unpack):
        y = x**2
    expect(seen).happened_in_order(["packed"])
    y.backward()

    expect(seen).happened_in_order(["packed", "unpacked a box"])


@clause(
    "sth-003",
    VALUE,
    sources=[TUTORIAL, DOCSTRING],
    over={
        "leaves_it_as_it_is": (detached, as_it_is),
        "makes_it_larger": (lambda value: value * 4.0, lambda packed: packed * 0.25),
        "copies_it": (lambda value: value.detach().clone(), as_it_is),
    },
)
def a_pair_that_undoes_itself_changes_nothing(
    ag: Autograd, pair: tuple[Callable[[Any], Any], Callable[[Any], Any]]
) -> None:
    """Where unpack(pack(t)) is t, here where pack {name}, gradients are those without hooks."""
    at, cotangent = ag.random(3), ag.random(3)
    x = ag.tensor(at, requires_grad=True)
    with ag.saved_tensors_hooks(*pair):
        y = ag.sin(x) * ag.exp(x)
    y.backward(ag.tensor(cotangent))

    expect(x.grad).is_close(cotangent * (np.cos(at) + np.sin(at)) * np.exp(at))


@clause("sth-005", CONVENTION, sources=[HOOKS])
def packed_once_and_unpacked_as_often_as_needed(ag: Autograd) -> None:
    """pack is called once for a saved tensor, unpack each time that the value is looked at or that
    a pass needs it.
    """
    x = ag.tensor(2.0, requires_grad=True)
    seen = ag.notes()

    def pack(value: Any) -> Any:
        seen.note("packed")
        return value.detach()

    def unpack(packed: Any) -> Any:
        seen.note("unpacked")
        return packed

    with ag.saved_tensors_hooks(pack, unpack):
        y = ag.exp(x)
    y.grad_fn.saved("result")
    y.backward(retain_graph=True)
    y.backward()

    expect(seen).happened_in_order(["packed", "unpacked", "unpacked", "unpacked"])


@clause("sth-006", CONVENTION, sources=[DOCSTRING])
def the_block_is_that_of_the_forward_pass(ag: Autograd) -> None:
    """Hooks act on what is saved while their block is open, and are called for that in a pass
    outside the block; what was saved before is not theirs.
    """
    x = ag.tensor(0.0, requires_grad=True)
    seen = ag.notes()

    def pack(value: Any) -> Any:
        seen.note("packed")
        return value.detach()

    def unpack(packed: Any) -> Any:
        seen.note("unpacked")
        return packed

    before = ag.exp(x)
    with ag.saved_tensors_hooks(pack, unpack):
        within = ag.exp(x)
    after = ag.exp(x)
    (before + within + after).backward()

    expect(seen).happened_in_order(["packed", "unpacked"])


@clause("sth-007", CONVENTION, sources=[DOCSTRING])
def only_the_innermost_pair_acts(ag: Autograd) -> None:
    """Of nested blocks the innermost pair alone is called, and after its block the outer one is
    again.
    """
    x = ag.tensor(0.0, requires_grad=True)
    seen = ag.notes()

    def noting(name: str) -> Callable[[Any], Any]:
        def pack(value: Any) -> Any:
            seen.note(name)
            return value.detach()

        return pack

    with ag.saved_tensors_hooks(noting("outer"), as_it_is):
        with ag.saved_tensors_hooks(noting("inner"), as_it_is):
            ag.exp(x)
        ag.exp(x)

    expect(seen).happened_in_order(["inner", "outer"])


@clause("sth-008", CONVENTION, sources=[NOTES])
def hooks_belong_to_a_thread(ag: Autograd) -> None:
    """Hooks are on in the thread that opened the block, and in no other."""
    x = ag.tensor(0.0, requires_grad=True)
    seen = ag.notes()

    def pack(value: Any) -> Any:
        seen.note(value.item())
        return value.detach()

    with ag.saved_tensors_hooks(pack, as_it_is):
        ag.func.thread(lambda: ag.exp(x))()

    expect(seen).happened_in_order([])


@clause("sth-011", CONVENTION, level=SHOULD, sources=[DOCSTRING])
def a_wrong_value_gives_a_wrong_gradient(ag: Autograd) -> None:
    """The tensor that unpack returns is used as it is: nobody checks that it is what was saved.

    Try the pair on a small graph whose gradient is known.
    """
    x = ag.tensor(3.0, requires_grad=True)
    with ag.saved_tensors_hooks(detached, lambda packed: packed * 5.0):
        y = x**2
    y.backward()

    expect(x.grad).equals(30.0)


@clause("sth-012", CONVENTION, sources=[NOTES])
def hooks_run_without_recording(ag: Autograd) -> None:
    """Nothing is recorded while pack runs, nor while unpack runs in a pass that is not recorded."""
    x = ag.tensor(0.0, requires_grad=True)
    seen = ag.notes()

    def pack(value: Any) -> Any:
        seen.note(ag.is_grad_enabled())
        return value.detach()

    def unpack(packed: Any) -> Any:
        seen.note(ag.is_grad_enabled())
        return packed

    with ag.saved_tensors_hooks(pack, unpack):
        y = ag.exp(x)
    y.backward()

    expect(seen).happened_in_order([False, False])


@clause(
    "sth-013",
    VALUE,
    sources=[NOTES],
    over={
        "an_argument": (lambda ag, x: ag.sin(x), -np.sin(0.5)),
        "a_result": (lambda ag, x: ag.exp(x), np.exp(0.5)),
        "an_intermediate": (lambda ag, x: ag.sin(x * 1.0), -np.sin(0.5)),
    },
)
def a_detached_copy_is_enough_for_a_second_derivative(
    ag: Autograd, row: tuple[Callable[[Autograd, Any], Any], float]
) -> None:
    """The graph keeps the place of a saved tensor, here of {name}: though pack returns a detached
    copy, the second derivative is right.
    """
    function, second = row
    x = ag.tensor(0.5, requires_grad=True)
    with ag.saved_tensors_hooks(lambda value: value.detach().clone(), as_it_is):
        y = function(ag, x)
    (first,) = ag.grad(y, [x], create_graph=True)
    (found,) = ag.grad(first, [x])

    expect(found).is_close(second)


@clause("sth-021", CONVENTION, level=MAY, sources=[NOTES])
def what_is_read_back_is_another_tensor(ag: Autograd) -> None:
    """A saved argument that was packed is read back as another tensor than the argument, over the
    same memory if pack made no copy.
    """
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    with ag.saved_tensors_hooks(detached, as_it_is):
        y = ag.sin(x)
    saved = y.grad_fn.saved("self")

    expect(saved).is_another_object_than(x)
    expect(saved).shares_memory_with(x)


@clause("sth-025", CONVENTION, level=MAY, sources=[f"{TUTORIAL} § Saved tensors"])
def what_a_computation_saves_can_be_counted(ag: Autograd) -> None:
    """Counting in pack shows what a computation saves: of x squared three times, three values, each
    as both factors of its product.
    """
    x = ag.tensor(1.5, requires_grad=True)
    seen = ag.notes()

    def pack(value: Any) -> Any:
        seen.note(value.item())
        return value.detach()

    with ag.saved_tensors_hooks(pack, as_it_is):
        y = x
        for _ in range(3):
            y = y * y

    expect(seen).happened_in_order([1.5, 1.5, 2.25, 2.25, 5.0625, 5.0625])
