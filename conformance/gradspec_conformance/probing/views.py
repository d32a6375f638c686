"""Views: whether a part of a tensor and the whole are written together."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from gradspec_conformance.probing.draft import Bench, Draft

WRITES: Final = ("iadd", "imul", "add_", "mul_")
"""What writes into a tensor by another one: whatever of it the engine has shows it."""


def find_views(draft: Draft) -> None:
    """Declare views where what is written into a slice shows in the whole, and the other way."""
    if any(draft.shows("views", (), partial(_are_written_together, by=by)) for by in WRITES):
        draft.also.append("views")


def _are_written_together(bench: Bench, by: str) -> None:
    """See that a slice shares its memory with the whole; raises NotShown."""
    whole = bench.times(bench.constant([1.0, 2.0, 3.0]), bench.constant([1.0, 1.0, 1.0]))
    part = bench.ask("op:getitem", whole, index=slice(1, None))
    adds = by in ("iadd", "add_")
    bench.ask(f"op:{by}", part, other=bench.constant([4.0, 5.0]))
    bench.holds(whole, [1.0, 6.0, 8.0] if adds else [1.0, 8.0, 15.0])
    bench.ask(f"op:{by}", whole, other=bench.constant([2.0, 2.0, 2.0]))
    bench.holds(part, [8.0, 10.0] if adds else [16.0, 30.0])
