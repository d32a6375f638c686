"""State that outlives a program: an engine with one graph for all is disturbed by what is left."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec_conformance.probing.names import RESETS
from gradspec_conformance.probing.surroundings import changed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gradspec_conformance.probing.draft import Bench, Draft
    from gradspec_conformance.probing.surroundings import Surroundings


def find_reset(draft: Draft, around: Surroundings) -> None:
    """Find out whether a program disturbs the next, and what undoes that.

    A list in which something is left is a tape, and a pass that fails may leave it half walked.
    """
    undisturbed = draft.shows("reset", (), _undisturbed)
    draft.notes.pop("reset", None)
    if undisturbed and not _grows(around):
        return
    for guess in _resets(around):
        if draft.shows("reset", (guess,), _undisturbed):
            draft.phrases["reset"] = (guess,)
            return
    if undisturbed:
        return
    draft.remarks.append(
        "A program disturbs the next one: something is left behind in the engine.  Say under "
        '[acts] how it is forgotten: reset = "..."'
    )


def _grows(around: Surroundings) -> bool:
    return any(said.endswith(".clear()") for said in changed(around).values())


def _undisturbed(bench: Bench) -> None:
    """Leave a graph of NaN behind, a pass that failed, and one that succeeded; then begin anew."""
    kept: list[Any] = []
    for number in (np.nan, np.inf, 2.0):
        x = bench.leaf(number)
        kept += [x, bench.ask("op:mul", x, bench.ask("op:mul", x, bench.leaf(2.0)))]
    for tensor in (kept[2], kept[3]):
        with suppress(Exception):
            bench.ask("clear:grad", tensor)
    with suppress(Exception):
        bench.times(bench.leaf((1.0, 2.0)), bench.leaf((1.0, 2.0, 3.0)))
    with suppress(Exception):
        bench.back(kept[-1])
    with suppress(Exception):
        bench.back(kept[1])
    for _ in range(2):
        bench.begin()
        x, z = bench.leaf(3.0), bench.leaf(5.0)
        bench.back(bench.times(bench.times(x, bench.leaf(2.0)), z))
        bench.has_grad(x, 10.0)
        if not bench.only_adds:
            bench.has_grad(z, 6.0)


def _resets(around: Surroundings) -> Iterator[str]:
    for name in RESETS:
        for said, thing in around.found(name):
            if callable(thing) and not isinstance(thing, type):
                yield f"{said}()"
    for said, _ in around.of_classes(RESETS):
        yield f"{said}()"
    back = changed(around)
    for owner in dict.fromkeys(said.rpartition(".")[0] for said in back):
        yield "\n".join(text for said, text in back.items() if said.rpartition(".")[0] == owner)
    if back:
        yield "\n".join(back.values())
