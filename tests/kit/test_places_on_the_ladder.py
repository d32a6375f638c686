"""Every chapter and every table has its place on the ladder: an engine's author meets it there."""

from __future__ import annotations

from collections import Counter

import pytest

from gradspec import CONVENTION, edition
from gradspec.chapters import CHAPTERS
from gradspec_conformance.run.ladder import RUNGS, rung_of

NAMES = [rung.name for rung in RUNGS]

FIRST = {
    "tensors_and_leaves": "scalars",
    "recording": "scalars",
    "backward": "scalars",
    "accumulation": "scalars",
    "vector_jacobian_products": "arrays",
    "retained_gradients": "hooks and the rest",
    "graph_lifetime": "scalars",
    "higher_order": "second order",
    "gradient_function": "arrays",
    "detaching": "arrays",
    "grad_modes": "arrays",
    "in_place": "safety in place",
    "hooks": "hooks and the rest",
    "graph_introspection": "hooks and the rest",
    "custom_functions": "hooks and the rest",
    "forward_mode": "hooks and the rest",
    "saved_tensor_hooks": "hooks and the rest",
    "checkpointing": "hooks and the rest",
    "functional": "hooks and the rest",
    "transforms": "arrays",
    "numerical_checks": "operators",
    "operators": "scalars",
    "anomaly_detection": "hooks and the rest",
    "complex_numbers": "hooks and the rest",
    "data_types": "arrays",
    "non_differentiable": "operators",
    "training_loop": "scalars",
    "threads": "hooks and the rest",
    "errors": "arrays",
}
"""Chapter -> the lowest rung on which it is met.  A new chapter says where that is."""

TABLES = sorted({d.clause for d in edition.demands() if d.row and d.nature != CONVENTION})


def places(*, chapter: str = "", clause: str = "") -> Counter[int]:
    """Count by rung what stands on the ladder of a chapter or clause."""
    found = [
        rung_of(d)
        for d in edition.demands()
        if chapter in ("", d.chapter) and clause in ("", d.clause) and d.nature != CONVENTION
    ]
    return Counter(-1 if rung is None else NAMES.index(rung.name) for rung in found)


def test_every_chapter_says_where_it_is_met() -> None:
    assert list(FIRST) == [chapter.name for chapter in CHAPTERS]


@pytest.mark.parametrize("chapter", FIRST)
def test_a_chapter_is_met_first_on_its_rung(chapter: str) -> None:
    assert NAMES[min(places(chapter=chapter))] == FIRST[chapter]


@pytest.mark.parametrize("clause", TABLES)
def test_every_row_of_a_table_stands_on_a_rung(clause: str) -> None:
    assert min(places(clause=clause)) >= 0
