"""The graphs that a clause's program records, drawn on an engine that shows its graph.

A graph is drawn when a pass is about to walk over it, for a pass may use up what was saved; one
that no pass comes to, when the program has ended.  Tensors are called as the program calls them.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from gradspec.exceptions import ProgramError
from gradspec.program.objects import Edge, Tensor
from gradspec.program.passing import handle_of
from gradspec.program.recorder import Recorder
from gradspec.writing.notation import Autograd
from gradspec_conformance.execution.effort import Effort, seed_of
from gradspec_conformance.execution.execute import tried

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import FrameType

    from gradspec.port.act import Act
    from gradspec.port.engine import Engine, Subject
    from gradspec.writing.clause import Clause

    Draw = Callable[[list[Any], Mapping[str, Any]], Any]

PASSES: Final = {"backward": "root", "grad": "outputs"}
"""Act -> its argument that names roots."""

CHAPTERS: Final = "gradspec.chapters"


def graphs_of(clause: Clause, engine: Engine | Subject, draw: Draw) -> list[Any]:
    """Run a clause or row, a law on its first example, and draw what it records."""
    drawings: list[Any] = []

    def once(**inputs: Any) -> None:
        if drawings:
            return
        with Watching(engine, draw, seed=seed_of(clause, effort)) as recorder:
            with suppress(ProgramError):  # of a tensor that lives on because it is to be drawn
                clause.perform(Autograd(recorder), **inputs)
            recorder.draw_the_rest()
        drawings.extend(recorder.drawings)

    effort = Effort(examples=1, shrink=False)
    tried(clause, once, effort)()
    return drawings


class Watching(Recorder):
    """A recorder that keeps the tensors of a program until it lets go of them, and draws."""

    def __init__(self, engine: Engine | Subject, draw: Draw, *, seed: int) -> None:
        super().__init__(engine, seed=seed)
        self.drawings: list[Any] = []
        self._draw = draw
        self._tensors: dict[int, Any] = {}
        self._names: dict[str, Any] = {}
        self._drawn: list[Any] = []

    def perform(self, key: str, /, *arguments: Any, **keywords: Any) -> Any:
        """Do one act; what the program lets go of is kept no longer."""
        self._read_names()
        if key == "forget":
            for thing in arguments:
                self._forget(handle_of(thing))
        return super().perform(key, *arguments, **keywords)

    def expect(self, found: Any, check: str, expected: Any, options: dict[str, Any]) -> None:
        """Compare, once what there is by now has its names."""
        self._read_names()
        super().expect(found, check, expected, options)

    def _performed(self, act: Act, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        if act.key in PASSES:
            roots = act.signature.bind(arguments, keywords)[PASSES[act.key]]
            several = roots if isinstance(roots, list | tuple) else [roots]
            self._add([handle_of(root) for root in several if type(root) in (Tensor, Edge)])
        result = super()._performed(act, arguments, keywords)
        for one in result if isinstance(result, tuple) else (result,):
            if type(one) is Tensor:
                self._tensors[id(handle_of(one))] = handle_of(one)
        return result

    def draw_the_rest(self) -> None:
        """Draw the graphs that no pass came to."""
        waiting = [t for t in self._tensors.values() if t.grad_fn is not None]
        inner = {id(node) for tensor in waiting for node in below(tensor.grad_fn)}
        self._add([tensor for tensor in waiting if id(tensor.grad_fn) not in inner])

    def _add(self, roots: list[Any]) -> None:
        """Draw a graph, unless it was drawn before."""
        known = {id(node) for node in self._drawn}
        new = [r for r in roots if node_of(r) is not None and id(node_of(r)) not in known]
        if new:
            for root in new:
                self._drawn += [node_of(root), *below(node_of(root))]
            self.drawings.append(self._draw(new, self._names))

    def _forget(self, handle: Any) -> None:
        self._tensors.pop(id(handle), None)
        self._names = {n: tensor for n, tensor in self._names.items() if tensor is not handle}

    def _read_names(self) -> None:
        """Find out what the program calls its tensors by now."""
        frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 - the caller's variables are meant
        while frame is not None:
            if frame.f_globals.get("__name__", "").startswith(CHAPTERS):
                for name, value in frame.f_locals.items():
                    if type(value) is Tensor:
                        with suppress(ValueError):  # let go of, while a variable still names it
                            self._names[name] = handle_of(value)
            frame = frame.f_back


def node_of(root: Any) -> Any:
    """Give the node of a tensor, or the one that an edge leads to."""
    return root.grad_fn if hasattr(root, "grad_fn") else root[0]


def below(node: Any) -> list[Any]:
    """List the nodes behind one."""
    found: dict[int, Any] = {}
    waiting = [node]
    while waiting:
        for target, _ in waiting.pop().next_functions:
            if target is not None and id(target) not in found:
                found[id(target)] = target
                waiting.append(target)
    return list(found.values())
