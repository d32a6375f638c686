"""Whether a cotangent arrives: random and asymmetric, so that none can be taken for another.

x * y is differentiated by both, begun with the cotangent c: the gradients are c * y and c * x.  A
cotangent that is ignored, summed, transposed or handed to the other operand is named.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec.port.acts import ACTS
from gradspec_conformance.engines.fault import Complaint, Party, phrases

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gradspec_conformance.engines.asking import Asker

ROOM: Final = 1e-4
"""What rounding may do to a product of two numbers, in any data type."""

Gradients = tuple[Any, Any]


def check_cotangents(ask: Asker) -> Iterator[tuple[str, Callable[[], Complaint | None]]]:
    """Give a name and a check for each way in which the engine can be given a cotangent."""
    if not ask.has("op:mul"):
        return
    trial = _Trial(ask)
    if ask.has("tape", "given_cotangent"):
        name = "backward() begins with the cotangent"
        yield name, lambda: trial.compare(trial.given, "backward")
    whole = ask.has("op:sum") and ask.covers("op:sum", {"x": trial.x})
    if ask.has("tape") and (whole or not ask.has("arrays")):
        name = "backward() multiplies by a factor"
        yield name, lambda: trial.compare(trial.weighed, "backward")
    if ask.has("transform:vjp", "rule:body"):
        name = "a product of a function takes the cotangent"
        yield name, lambda: trial.compare(trial.product, "transform:vjp")


class _Trial:
    """Two operands, and a cotangent of the shape of their product."""

    def __init__(self, ask: Asker) -> None:
        self.ask = ask
        random = np.random.default_rng(9)
        shape = (2, 3) if ask.has("arrays") else ()
        self.x, self.y, self.c = (
            np.asarray(random.uniform(0.5, 2.0, shape), ask.dtype) for _ in range(3)
        )

    def given(self) -> Gradients:
        """Give the cotangent to backward()."""
        x, y = self._leaves()
        self.ask("backward", self.ask("op:mul", x, y), self.ask.tensor(self.c))
        return self._grads(x, y)

    def weighed(self) -> Gradients:
        """Multiply by it, and begin at the sum."""
        x, y = self._leaves()
        root = self.ask("op:mul", self.ask("op:mul", x, y), self.ask.tensor(self.c))
        self.ask("backward", self.ask("op:sum", root) if self.ask.has("arrays") else root)
        return self._grads(x, y)

    def product(self) -> Gradients:
        """Give it to the product of a function, which has to give two gradients."""
        ask = self.ask
        function = ask("define", body=lambda x, y: ask("op:mul", x, y))
        x, y = (ask.tensor(array) for array in (self.x, self.y))
        _, pullback = ask("call", ask("transform:vjp", function), [x, y])
        by_x, by_y = ask("call", pullback, [ask.tensor(self.c)])
        return ask.shown(by_x, "call"), ask.shown(by_y, "call")

    def compare(self, way: Callable[[], Gradients], act: str) -> Complaint | None:
        """Hold gradients beside the right ones."""
        for name, found, expected in zip("xy", way(), (self.y, self.x), strict=True):
            wanted = self.c * expected
            if _alike(found, wanted):
                continue
            sentence, whose, remedy = self._explained(name, found)
            text = "None" if found is None else repr(np.asarray(found))
            return Complaint(f"{sentence}: {text}", repr(wanted), remedy, whose, act)
        return None

    def _leaves(self) -> tuple[Any, Any]:
        return self.ask.tensor(self.x, leaf=True), self.ask.tensor(self.y, leaf=True)

    def _grads(self, *leaves: Any) -> Gradients:
        by_x, by_y = (self.ask("get:grad", leaf) for leaf in leaves)
        return self._shown(by_x), self._shown(by_y)

    def _shown(self, gradient: Any) -> Any:
        return None if gradient is None else self.ask.shown(gradient, "get:grad")

    def _explained(self, name: str, found: Any) -> tuple[str, Party, str]:
        """Say what the gradient of x * y by x or y is, and what to do."""
        at, other = (self.x, self.y) if name == "x" else (self.y, self.x)
        backward = ACTS["backward"]
        is_said = bool(phrases(self.ask.engine, backward))  # else nobody would have asked
        told = f"the gradient of x * y by {name}"
        if found is None:
            return f"{told} is None", Party.EITHER, "let leaf() make what gradients arrive in"
        if _alike(found, other):
            whose = Party.ENGINE if is_said else Party.EITHER
            return f"{told} ignores the cotangent", whose, "begin with what is given, not with ones"
        if _alike(found, self.c * at):
            remedy = "give gradients in the order of the inputs"
            return f"{told} is that by the other", Party.EITHER, remedy
        if self.c.ndim and _alike(found, self.c.sum() * other):
            return f"{told} begins with the cotangent's sum", Party.ENGINE, "weigh entry by entry"
        if np.shape(found) != np.shape(self.c):
            shape = f"{told} has shape {np.shape(found)}"
            return shape, Party.EITHER, f"give it the shape of {name}, {self.c.shape}"
        return (
            f"{told} is wrong",
            Party.ENGINE,
            "multiply the cotangent by the slope, entry by entry",
        )


def _alike(found: Any, wanted: Any) -> bool:
    if found is None or np.shape(found) != np.shape(wanted):
        return False
    return bool(np.allclose(np.asarray(found, float), wanted, rtol=ROOM, atol=0))
