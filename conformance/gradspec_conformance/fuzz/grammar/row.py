"""`Row`: one act of the grammar, in which group it stands, and how a step of it is drawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gradspec_conformance.fuzz.grammar.draft import Draft

Draw = Callable[["Draft"], Any]


@dataclass(frozen=True, slots=True)
class Row:
    """One act; a group is drawn more or less often in each program, each act by weight."""

    key: str
    group: str
    draw: Draw
    weight: float = 1.0
