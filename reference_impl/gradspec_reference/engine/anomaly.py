"""Finding out which call of the forward pass a fault of the backward pass comes from.

While anomalies are looked for, each node notes where it was recorded, and by which node if that
was during a pass; a pass then tells this of the node at which it failed, and fails at the first
NaN.  Start at `WatchedPass`.  The mode is one of the process, as in torch.
"""

from __future__ import annotations

import threading
import traceback
import warnings
from itertools import count, takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec_reference.engine import node as graph
from gradspec_reference.engine.backward import BackwardPass
from gradspec_reference.errors import NanGradientError

if TYPE_CHECKING:
    from gradspec_reference.engine.node import Edge, Node, Shape

TRACEBACK: Final = "traceback_"
PARENT: Final = "parent_"
ENGINE: Final = str(Path(__file__).parent.parent)
"""Where the frames lie that are the engine's and no caller's."""

looking: Final = graph.noting
"""Holds, while anomalies are looked for, what notes where a node was recorded."""


class Anomalies:
    """What is looked for."""

    check_nan = True


class Visited(threading.local):
    """The node that this thread is at in a pass that looks for anomalies."""

    node: Node | None = None


visited = Visited()


def is_anomaly_enabled() -> bool:
    """Tell whether anomalies are looked for (torch.is_anomaly_enabled)."""
    return note in looking


def is_anomaly_check_nan_enabled() -> bool:
    """Tell whether NaN counts as one (torch.is_anomaly_check_nan_enabled)."""
    return Anomalies.check_nan


def set_anomaly_mode(mode: bool, check_nan: bool) -> tuple[bool, bool]:
    """Look for anomalies or not; return what was so before.  TypeError unless told by bools."""
    for flag, name in ((mode, "mode"), (check_nan, "check_nan")):
        if type(flag) is not bool:
            raise TypeError(f"{name} of anomaly detection is {flag!r}; give True or False")
    before = (note in looking, Anomalies.check_nan)
    if mode and not before[0]:
        looking.insert(0, note)
    elif before[0] and not mode:
        looking.remove(note)
    Anomalies.check_nan = check_nan
    return before


def set_anomaly_enabled(enabled: bool, check_nan: bool = True) -> None:
    """Look for anomalies or not, from now on (torch.set_anomaly_enabled)."""
    set_anomaly_mode(enabled, check_nan)


class set_detect_anomaly:  # noqa: N801 - torch's name
    """Look for anomalies, at once; as a context manager, until the block ends.

    Source: torch.autograd.set_detect_anomaly docstring.
    """

    def __init__(self, mode: bool, check_nan: bool = True) -> None:
        self.prev, self.prev_check_nan = set_anomaly_mode(mode, check_nan)

    def __enter__(self) -> None:
        pass

    def __exit__(self, *exception: object) -> None:
        set_anomaly_mode(self.prev, self.prev_check_nan)


class detect_anomaly:  # noqa: N801 - torch's name
    """Look for anomalies in a block, and warn that this takes time.

    Source: torch.autograd.detect_anomaly docstring.
    """

    def __init__(self, check_nan: bool = True) -> None:
        self.check_nan = check_nan
        self.prev, self.prev_check_nan = is_anomaly_enabled(), is_anomaly_check_nan_enabled()
        warnings.warn(
            "anomalies of backward passes are looked for from now on, which makes programs slower; "
            "do so to find a fault, and not otherwise",
            UserWarning,
            stacklevel=2,
        )

    def __enter__(self) -> None:
        set_anomaly_mode(True, self.check_nan)

    def __exit__(self, *exception: object) -> None:
        set_anomaly_mode(self.prev, self.prev_check_nan)


def note(node: Node) -> None:
    """Note in a new node where in the caller's program it was recorded, and during whose visit."""
    node.metadata[TRACEBACK] = callers_stack()
    if visited.node is not None:
        node.metadata[PARENT] = visited.node


def callers_stack() -> list[str]:
    """Return the lines of the stack as far as the caller's last one."""
    stack = traceback.extract_stack()
    own = len(list(takewhile(lambda f: f.filename.startswith(ENGINE), reversed(stack))))
    return traceback.format_list(stack[: len(stack) - own])


def tell(node: Node) -> None:
    """Warn of a failure at a node, and say where it was recorded; then of what led to that."""
    if TRACEBACK not in node.metadata:
        said = (
            f"the backward pass failed at {node.name()}; nothing is known of the call that "
            "recorded it, which was made while anomalies were not looked for"
        )
    else:
        stack = "".join(node.metadata[TRACEBACK])
        said = f"the backward pass failed at {node.name()}, which was recorded here:\n{stack}"
    warnings.warn(said, UserWarning, stacklevel=2)
    parent = node.metadata.get(PARENT)
    while parent is not None:
        stack = "".join(parent.metadata.get(TRACEBACK, ["an unknown place"]))
        said = f"that was recorded in a backward pass at {parent.name()}, recorded here:\n{stack}"
        warnings.warn(said, UserWarning, stacklevel=2)
        parent = parent.metadata.get(PARENT)


class WatchedPass(BackwardPass):
    """A pass that tells where it failed, and that fails at the first NaN that a node makes."""

    __slots__ = ("at", "given")

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.at: Node | None = None
        self.given = -1

    def walk(self) -> Node:
        """Choose the next node: each is watched."""
        return self.next_ready()

    def visit_watched(self, node: Node) -> None:
        """Visit a node, and tell of it if that fails."""
        outside, visited.node = visited.node, node
        self.at, self.given = node, -1
        try:
            super().visit_watched(node)
        except Exception:
            tell(node)
            raise
        finally:
            visited.node, self.at = outside, None

    def deliver(self, edge: Edge, part: Any, status: int) -> None:
        """Look at a contribution before it is added; what hooks have yet to see, after them."""
        if self.at is not None and self.held_back is None:
            edges = self.at.next_functions
            self.given = next(n for n in count(self.given + 1) if edges[n] == edge)
            self.check(part)
        super().deliver(edge, part, status)

    def leave(self, part: Any, status: int) -> None:
        """Look also at what nobody wants."""
        self.given += 1
        self.check(part)
        super().leave(part, status)

    def fit(self, part: Any, status: int, shape: Shape, dtype: Any) -> tuple[Any, int]:
        """Look at a contribution also once it has its receiver's shape."""
        part, status = super().fit(part, status, shape, dtype)
        if self.at is not None and self.held_back is None:
            self.check(part)
        return part, status

    def check(self, part: Any) -> None:
        """Raise NanGradientError at a NaN."""
        if part is None or not (note in looking and Anomalies.check_nan):
            return
        assert self.at is not None
        array = part._array if self.create_graph else part
        if array.dtype.kind in "fVc" and np.isnan(array).any():
            raise NanGradientError(
                f"{self.at.name()} returned NaN for its operand number {self.given}; the warning "
                "that came with this shows the call, if anomalies were looked for then too"
            )


def passes() -> type[BackwardPass]:
    """Return the kind of pass that is made now."""
    return WatchedPass if note in looking else BackwardPass
