"""What pack may return, and how long the graph keeps it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gradspec import CONVENTION, SAFETY, SHOULD, VALUE, Autograd, clause, expect
from gradspec.chapters.saved_tensor_hooks.pairs import DOCSTRING, HOOKS, NOTES, TUTORIAL, as_it_is

if TYPE_CHECKING:
    from collections.abc import Callable

    Pair = tuple[Callable[[Any], Any], Callable[[Any], Any]]


class Box:
    """Something of the caller's."""

    def __init__(self, tensor: Any) -> None:
        self.tensor = tensor


def by_index() -> Pair:
    """Put tensors into a list, and return their places in it."""
    kept: list[Any] = []

    def pack(value: Any) -> int:
        kept.append(value.detach())
        return len(kept) - 1

    return pack, lambda place: kept[place]


def by_name() -> Pair:
    """Put tensors under names, and return these."""
    kept: dict[str, Any] = {}

    def pack(value: Any) -> str:
        kept["the first"] = value.detach()
        return "the first"

    return pack, lambda name: kept[name]


def with_a_function() -> Pair:
    """Return a tensor together with what makes it whole again."""

    def pack(value: Any) -> Any:
        return (value * 4.0, lambda packed: packed * 0.25)

    return pack, lambda packed: packed[1](packed[0])


PAIRS: dict[str, Callable[[], Pair]] = {
    "an_index": by_index,
    "a_text": by_name,
    "a_tuple_with_a_function": with_a_function,
    "an_object": lambda: (lambda value: Box(value.detach()), lambda box: box.tensor),
    "a_dict": lambda: (lambda value: {"of": value.detach()}, lambda packed: packed["of"]),
}


@clause("sth-004", CONVENTION, sources=[TUTORIAL, HOOKS], over=PAIRS)
def pack_may_return_anything(ag: Autograd, pair: Callable[[], Pair]) -> None:
    """pack may return any object of the caller's, here {name}: the graph keeps it and gives it to
    unpack.
    """
    x = ag.tensor(3.0, requires_grad=True)
    with ag.saved_tensors_hooks(*pair()):
        y = x**2
    y.backward()

    expect(x.grad).equals(6.0)


@clause("sth-203", SAFETY, sources=["observed"])
def what_is_packed_comes_back_as_the_same_object(ag: Autograd) -> None:
    """unpack is given the very object that pack returned, and no copy of it, in each pass."""
    x = ag.tensor(3.0, requires_grad=True)
    seen = ag.notes()
    made: list[Box] = []

    def pack(value: Any) -> Box:
        made.append(Box(value.detach()))
        return made[0]

    def unpack(box: Box) -> Any:
        seen.note(box is made[0])
        return box.tensor

    with ag.saved_tensors_hooks(pack, unpack):
        y = x**2
    y.backward(retain_graph=True)
    y.backward()

    expect(seen).happened_in_order([True, True])


@clause("sth-024", VALUE, sources=[TUTORIAL])
def some_are_packed_and_others_are_not(ag: Autograd) -> None:
    """pack may treat values by what they are, if unpack can tell them apart: gradients are those
    without hooks.

    Here a tensor with entries is put into a box, and a number is not.
    """
    x = ag.tensor([1.0, 2.0, 3.0], requires_grad=True)

    def pack(value: Any) -> Any:
        return Box(value * 4.0) if value.shape else value.detach()

    def unpack(packed: Any) -> Any:
        return packed.tensor * 0.25 if isinstance(packed, Box) else packed

    with ag.saved_tensors_hooks(pack, unpack):
        y = (x**2).sum() ** 2
    y.backward()

    expect(x.grad).equals([56.0, 112.0, 168.0])


@clause("sth-014", SAFETY, level=SHOULD, sources=[DOCSTRING, NOTES])
def a_graph_with_packed_results_is_released(ag: Autograd) -> None:
    """A graph that saved its own result, of which pack kept a detached tensor, is released with its
    last name.

    The node keeps what pack returned, and the place of the result in the graph, which is the node
    itself: kept as a reference, that would be a cycle.
    """
    x = ag.tensor(0.0, requires_grad=True)
    watchers = []

    def pack(value: Any) -> Any:
        copy = value.detach()
        watchers.append(ag.watch(copy))
        return copy

    with ag.saved_tensors_hooks(pack, as_it_is):
        y = ag.exp(x)
    ag.forget(y)

    expect(watchers[0]).is_gone()


@clause(
    "sth-023",
    CONVENTION,
    sources=[TUTORIAL, HOOKS],
    over={"by_a_pass": "pass", "with_the_graph": "graph"},
)
def what_was_packed_is_released(ag: Autograd, by: str) -> None:
    """What pack returned is kept as long as the saved value would be, and released {name}."""
    x = ag.tensor(2.0, requires_grad=True)
    watchers = []

    def pack(value: Any) -> Any:
        copy = value * 1.0
        watchers.append(ag.watch(copy))
        return copy

    with ag.saved_tensors_hooks(pack, lambda copy: copy):
        y = x**2
    expect(watchers[0]).is_alive()
    if by == "pass":
        y.backward()
    else:
        ag.forget(y)

    expect(watchers[0]).is_gone()


@clause("sth-205", SAFETY, sources=["observed"])
def a_copy_is_out_of_reach_of_writes(ag: Autograd) -> None:
    """Where pack made a copy, a write to the tensor after it was saved changes nothing: the
    gradient is that of the value which was saved.
    """
    x = ag.tensor(3.0, requires_grad=True)
    y = x * 1.0
    with ag.saved_tensors_hooks(lambda value: value.detach().clone(), as_it_is):
        z = y**2
    y.mul_(100.0)
    z.backward()

    expect(x.grad).equals(6.0)
