"""What one pass brings to given tensors, and what one brings for each cotangent of a batch."""

from __future__ import annotations

from typing import Any

from gradspec_reference.engine import cotangents
from gradspec_reference.engine.batched import Level, lifted, over_axis, wrap
from gradspec_reference.engine.requests import below, check_batches, edge_of, new_pass
from gradspec_reference.meta import is_meta, moved


def answer(
    roots: list[Any],
    given: list[Any],
    targets: list[Any],
    retain_graph: bool | None,
    create_graph: bool,
) -> list[Any]:
    """Return what one pass brings to the targets; None where nothing arrives."""
    edges, seeds = cotangents.for_roots(roots, given)
    wanted = [edge_of(target) for target in targets]
    seeds = cotangents.all_received(edges, seeds, given)
    walk = new_pass(retain_graph, create_graph)
    walk.count(edges)
    walk.limit_to(wanted, below(walk), run_targets=False)
    walk.start(edges, seeds)
    walk.run()
    return [beside(walk.captured[edge], x) for edge, x in zip(wanted, targets, strict=True)]


def answers_of_a_batch(
    roots: list[Any],
    batches: list[Any],
    targets: list[Any],
    retain_graph: bool | None,
    create_graph: bool,
) -> list[Any]:
    """Return the answers for each row of the cotangents, stacked, of one pass for all of them.

    CotangentBatchError for what is no batch.
    """
    check_batches(roots, batches)
    with Level(len(batches[0]), "error") as level:
        rows = [wrap(level, batch) for batch in batches]
        found = answer(roots, rows, targets, retain_graph, create_graph)
        return [None if one is None else over_axis(level, lifted(level, one)) for one in found]


def beside(gradient: Any, target: Any) -> Any:
    """Return a gradient where its tensor is, which has no numbers."""
    if gradient is not None and is_meta(getattr(target, "_array", None)):
        gradient._array = moved(gradient._array)
    return gradient
