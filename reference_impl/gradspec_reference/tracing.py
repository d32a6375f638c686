"""`with trace() as events:` what the engine does, event by event; start at `trace`.

Nothing is asked while nobody traces: for the length of the block the methods of the pass that are
told of are replaced by ones that tell.  Passes of all threads are told of, so one block may run at
a time; the walk is the one that is written step by step, in the same order.
"""

from __future__ import annotations

import sys
import threading
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from unittest import mock

from gradspec_reference.engine import node as graph
from gradspec_reference.engine import versions
from gradspec_reference.engine.backward import BackwardPass
from gradspec_reference.engine.node import AccumulateGrad, Node
from gradspec_reference.engine.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

ONE_AT_A_TIME: Final = threading.Lock()


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened.

    `what` is record, save, version, visit, send, accumulate or free.  `node` is the number of the
    node that it happened at, in the order of recording; `targets` are those that its edges lead to,
    `name` is its name, `value` the number, array or version that it is about, and `line` the line
    of the program that was running, as `file:number`.
    """

    what: str
    node: int
    name: str
    value: Any = None
    targets: tuple[int | None, ...] = ()
    line: str = ""


class _Tracing:
    """The events of a block, and the numbers of what they are about."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.events: list[Event] = []
        self.kept: list[Any] = []  # a number means one node, so none may end before the block
        self.numbers: dict[int, int] = {}

    def number(self, thing: Any) -> int:
        """Give the number of a node or tensor, a new one if it has none."""
        if id(thing) not in self.numbers:
            self.numbers[id(thing)] = len(self.kept)
            self.kept.append(thing)
        return self.numbers[id(thing)]

    def tell(self, what: str, node: Any, value: Any = None) -> None:
        """Write an event down."""
        leads = tuple(
            None if target is None else self.number(target)
            for target in (node.targets if what == "record" else ())
        )
        name = node.name() if isinstance(node, Node) else "Tensor"
        self.events.append(Event(what, self.number(node), name, value, leads, _line(self.file)))

    def note(self, node: Node) -> None:
        """Tell of a new node, and of what it saved."""
        if type(node) is AccumulateGrad:
            self.tell("record", node, _copy(node.variable))
            return
        for target in node.targets:
            if type(target) is AccumulateGrad and id(target) not in self.numbers:
                self.tell("record", target, _copy(target.variable))
        self.tell("record", node)
        for saved in node.saved or ():
            self.tell("save", node, _copy(getattr(saved, "tensor", saved)))


@contextmanager
def trace(file: str = "") -> Iterator[list[Event]]:
    """Give a list that fills with events as the block runs.

    The lines are those of whoever calls the engine; of a `file`, if its name or a part is given.
    """
    told = _Tracing(file)
    with ONE_AT_A_TIME, ExitStack() as stack:
        for owner, name, make in _PLACES:
            sound = getattr(owner, name)
            stack.enter_context(mock.patch.object(owner, name, make(told, sound)))
        graph.noting.append(told.note)
        stack.callback(graph.noting.remove, told.note)
        yield told.events


def _walk(_told: _Tracing, _sound: Callable[..., Any]) -> Callable[..., Any]:
    return lambda self: self.next_ready()


def _visit(told: _Tracing, sound: Callable[..., Any]) -> Callable[..., Any]:
    def visit(self: BackwardPass, node: Node) -> None:
        arrived = self.waiting[node]
        told.tell("visit", node, _copy(arrived[-1][0] if type(arrived[-1]) is tuple else None))
        before = node.saved
        sound(self, node)
        if before and node.saved is None:
            told.tell("free", node)

    return visit


def _accumulate(told: _Tracing, sound: Callable[..., Any]) -> Callable[..., Any]:
    def accumulate(self: BackwardPass, leaf: Tensor, value: Any, status: int) -> None:
        sound(self, leaf, value, status)
        told.tell("accumulate", graph.gradient_edge(leaf)[0], _copy(leaf._grad))

    return accumulate


def _deliver(told: _Tracing, sound: Callable[..., Any]) -> Callable[..., Any]:
    def deliver(self: BackwardPass, edge: Any, part: Any, status: int) -> None:
        sound(self, edge, part, status)
        told.tell("send", edge[0], _copy(part))

    return deliver


def _bump(told: _Tracing, sound: Callable[..., Any]) -> Callable[..., Any]:
    def bump(tensor: Tensor) -> None:
        sound(tensor)
        told.tell("version", tensor, tensor._version)

    return bump


_PLACES: Final = (
    (BackwardPass, "walk", _walk),
    (BackwardPass, "visit_watched", _visit),
    (BackwardPass, "deliver", _deliver),
    (BackwardPass, "accumulate", _accumulate),
    (versions, "bump", _bump),
)
"""Owner, name of what is replaced, and what makes of it one that tells."""


def _copy(value: Any) -> Any:
    """Keep what a tensor or array holds now, as lists."""
    array = value._array if isinstance(value, Tensor) else value
    return array.tolist() if hasattr(array, "tolist") else None


def _line(file: str) -> str:
    """Find the line of the program that runs, which is none of the engine's."""
    frame = sys._getframe(1)
    while frame.f_back is not None and not _is_meant(frame, file):
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"


def _is_meant(frame: FrameType, file: str) -> bool:
    if file:
        return file in frame.f_code.co_filename
    module = frame.f_globals.get("__name__", "")
    return module.partition(".")[0] not in ("gradspec_reference", "unittest", "contextlib")
