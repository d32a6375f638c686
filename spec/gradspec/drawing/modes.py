"""Random nests of modes, and what they make of the operations in them.

A nest is a list of what happens: an operation, a switch without a block, or a block of some mode
with a nest inside.  Whether an operation is recorded is reckoned here as the modes say it, without
any engine.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gradspec.drawing.drawn import Drawn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@dataclass(frozen=True, slots=True)
class Modes:
    """Whether grad mode is on, and inference mode."""

    grad: bool = True
    inference: bool = False

    @property
    def record(self) -> bool:
        """Whether operations are recorded."""
        return self.grad and not self.inference

    def within(self, name: str, flag: bool) -> Modes:
        """Give the modes in a block of one."""
        match name:
            case "inference_mode":
                return Modes(not flag, flag)
            case "set_grad_enabled" | "switch_grad":
                return Modes(flag, self.inference)
        return Modes(name == "enable_grad", self.inference)


@dataclass(frozen=True, slots=True)
class Operation:
    """Something is computed."""


@dataclass(frozen=True, slots=True)
class Switch:
    """Grad mode is switched until the block ends."""

    flag: bool


@dataclass(frozen=True, slots=True)
class Block:
    """What happens in a block of a mode."""

    name: str
    flag: bool
    inside: tuple[Happening, ...]

    def entered(self, ag: Any) -> Any:
        """Give the mode of an engine."""
        flagged = self.name in ("set_grad_enabled", "inference_mode")
        return getattr(ag, self.name)(*([self.flag] if flagged else []))


Happening = Operation | Switch | Block


@dataclass(frozen=True)
class Nest:
    """What happens, one after the other."""

    happenings: tuple[Happening, ...]

    def run_on(self, ag: Any, operation: Callable[[], None]) -> None:
        """Enter and leave the modes on an engine, and call what computes something."""
        _run(ag, self.happenings, operation)

    @property
    def modes(self) -> list[Modes]:
        """The modes of each operation."""
        return list(_modes(self.happenings, Modes()))


def _run(ag: Any, happenings: tuple[Happening, ...], operation: Callable[[], None]) -> None:
    for one in happenings:
        match one:
            case Operation():
                operation()
            case Switch():
                ag.switch_grad(one.flag)
            case Block():
                with one.entered(ag):
                    _run(ag, one.inside, operation)


def _modes(happenings: tuple[Happening, ...], modes: Modes) -> Iterator[Modes]:
    for one in happenings:
        match one:
            case Operation():
                yield modes
            case Switch():
                modes = modes.within("switch_grad", one.flag)
            case Block():
                yield from _modes(one.inside, modes.within(one.name, one.flag))


GRAD_MODES = ("no_grad", "enable_grad", "set_grad_enabled")


def nests(*names: str, switches: bool = False) -> Drawn:
    """Draw nests of blocks of these modes, three deep at least, with operations all over."""
    needs = {f"mode:{name}" for name in names} | ({"switch_grad"} if switches else set())
    return Drawn("modes", "nest_strategy", (names, switches), frozenset(needs))
