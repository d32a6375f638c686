"""What can be seen of a tensor from outside, after each step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec.port.acts import ACTS
from gradspec_conformance.fuzz.sides import Refusal

if TYPE_CHECKING:
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
    """Looks at the tensors of one side, at what both engines can show."""

    def __init__(self, side: Side, common: frozenset[str]) -> None:
        self._side = side
        self._flags = [k for k in FLAGS if ACTS[k].words <= common]
        self._present = [k for k in PRESENT if ACTS[k].words <= common]
        self._counts = ACTS["get:version"].words <= common
        self._grads = ACTS["get:grad"].words <= common and "gradient_tensors" in common
        self._flagged = ACTS["get:requires_grad"].words <= common
        self._bare = ACTS["get:grad"].words <= common and not self._grads
        self.first: dict[int, Any] = {}

    def recount(self) -> None:
        """Count writes from here on."""
        self.first.clear()

    def look(self, number: int) -> View:
        """See all of a tensor."""
        tensor = self._side.things[number]
        seen = {"value": self._array(tensor)}
        for key in self._flags:
            seen[key] = self._asked(key, tensor)
        for key in self._present:
            answer = self._asked(key, tensor)
            seen[key] = answer if isinstance(answer, Refusal) else answer is not None
        if self._counts:
            seen["writes"] = self._writes(number, tensor)
        if self._grads or self._bare:
            self._gradient(tensor, seen)
        return View(seen)

    def _gradient(self, tensor: Any, seen: dict[str, Any]) -> None:
        gradient = self._asked("get:grad", tensor)
        if gradient is None or isinstance(gradient, Refusal):
            seen["grad"] = gradient
            return
        seen["grad"] = self._array(gradient) if self._grads else np.asarray(gradient)
        if self._grads and self._flagged:
            seen["grad.requires_grad"] = self._asked("get:requires_grad", gradient)

    def _writes(self, number: int, tensor: Any) -> Any:
        now = self._asked("get:version", tensor)
        if isinstance(now, Refusal):
            return now
        return now - self.first.setdefault(number, now)

    def _array(self, tensor: Any) -> Any:
        answer = self._asked("array", tensor)
        return answer if isinstance(answer, Refusal) else np.array(answer)

    def _asked(self, key: str, tensor: Any) -> Any:
        try:
            return self._side.subject.ask(ACTS[key], {"x": tensor})
        except Exception as error:  # noqa: BLE001 - whatever an engine raises
            return self._side.refusal(error)
