"""What can be seen of a tensor from outside, after each step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec.port.acts import ACTS
from gradspec_conformance.fuzz.sides import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradspec_conformance.fuzz.sides import Side

FLAGS: Final = ("get:requires_grad", "get:is_leaf", "get:retains_grad")
"""Read as they are.  Which results are views of something torch does not promise."""

PRESENT: Final = ("get:grad_fn",)
"""Of which only is compared whether they are there: a node is the engine's own."""


@dataclass(frozen=True, slots=True)
class View:
    """What was seen of one tensor: name of an observable -> what it said."""

    seen: dict[str, Any]

    @property
    def array(self) -> np.ndarray[Any, Any] | None:
        """The values, if they could be looked at."""
        found = self.seen.get("value")
        return found if isinstance(found, np.ndarray) else None

    def flag(self, name: str) -> bool:
        """Say whether a flag is set."""
        return self.seen.get(f"get:{name}") is True


class Eye:
    """Looks at the tensors of one side, at what both engines can show.

    One that `keeps` what it sees copies it; what else it gives lives as long as nothing is written.
    """

    def __init__(self, side: Side, common: frozenset[str], *, keeps: bool = True) -> None:
        self._side, self._keeps = side, keeps
        has_grads = ACTS["get:grad"].words <= common
        self._grads = has_grads and "gradient_tensors" in common
        self._bare = has_grads and not self._grads
        keys = ["array", *FLAGS, *PRESENT, "get:version"]
        self._keys = [k for k in keys if k == "array" or ACTS[k].words <= common]
        self._asks = [(_name(k), self._asking(k)) for k in self._keys]
        self._at_once = [(_name(k), side.subject.directly(ACTS[k], "x")) for k in self._keys]
        self._is_direct = all(ask for _, ask in self._at_once)
        self._array_of, self._grad_of = self._asking("array"), self._asking("get:grad")
        self._requires = None
        if ACTS["get:requires_grad"].words <= common:
            self._requires = self._asking("get:requires_grad")
        self.first: dict[int, Any] = {}

    def recount(self) -> None:
        """Count writes from here on."""
        self.first.clear()

    def look(self, number: int) -> View:
        """See all of a tensor."""
        tensor = self._side.things[number]
        seen = self._seen(tensor)
        value = seen["value"]
        if type(value) is not Refusal and (self._keeps or type(value) is not np.ndarray):
            seen["value"] = np.array(value)
        for key in PRESENT:
            if key in seen and type(seen[key]) is not Refusal:
                seen[key] = seen[key] is not None
        if "writes" in seen and type(seen["writes"]) is not Refusal:
            seen["writes"] -= self.first.setdefault(number, seen["writes"])
        if self._grads or self._bare:
            self._gradient(tensor, seen)
        return View(seen)

    def _seen(self, tensor: Any) -> dict[str, Any]:
        """Ask for everything in the engine's own words; once more if it refuses some of it."""
        if self._is_direct:
            try:
                return {name: ask(tensor) for name, ask in self._at_once}  # type: ignore[misc]
            except Exception:  # noqa: BLE001, S110 - it says below what it refuses, and how
                pass
        return {name: ask(tensor) for name, ask in self._asks}

    def _gradient(self, tensor: Any, seen: dict[str, Any]) -> None:
        gradient = self._grad_of(tensor)
        if gradient is None or isinstance(gradient, Refusal):
            seen["grad"] = gradient
            return
        if self._bare:
            seen["grad"] = np.array(gradient)
            return
        array = self._array_of(gradient)
        seen["grad"] = array if isinstance(array, Refusal) else np.array(array)
        if self._requires is not None:
            seen["grad.requires_grad"] = self._requires(gradient)

    def _asking(self, key: str) -> Callable[[Any], Any]:
        """Give a function that asks one thing of a tensor, in the engine's own words at once."""
        act, side = ACTS[key], self._side
        direct = side.subject.directly(act, "x")

        def asked(tensor: Any) -> Any:
            if direct is not None:
                try:
                    return direct(tensor)
                except Exception:  # noqa: BLE001, S110 - it says below of which kind this is
                    pass
            try:
                return side.subject.ask(act, {"x": tensor})
            except Exception as error:  # noqa: BLE001 - whatever an engine raises
                return side.refusal(error)

        return asked


def _name(key: str) -> str:
    """Name what is seen by an act."""
    return {"array": "value", "get:version": "writes"}.get(key, key)
