"""`ROWS`: all that programs are made of, a row an act; `LEFT_OUT` says why not the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gradspec.port.acts import ACTS
from gradspec_conformance.fuzz.grammar import (
    forward,
    functions,
    hooks,
    modes,
    operators,
    tape,
    training,
)

if TYPE_CHECKING:
    from gradspec_conformance.fuzz.grammar.row import Row

ROWS: Final[tuple[Row, ...]] = (
    *tape.ROWS,
    *hooks.ROWS,
    *modes.ROWS,
    *functions.ROWS,
    *forward.ROWS,
    *training.ROWS,
    *operators.rows(),
)

WEIGHTS: Final[dict[str, float]] = {
    "leaves": 2.0,
    "everyday": 9.0,
    "operators": 5.0,
    "views": 5.0,
    "writes": 5.0,
    "passes": 6.0,
    "retaining": 2.0,
    "flags": 1.5,
    "gradients": 2.0,
    "data": 2.0,
    "questions": 1.5,
    "hooks": 3.0,
    "nodes": 1.0,
    "modes": 2.5,
    "leaving": 2.5,
    "packing": 0.7,
    "switches": 0.3,
    "functions": 1.5,
    "transforms": 1.5,
    "forward mode": 1.2,
    "training": 1.0,
}
"""How often each group is drawn, before each program changes that for itself."""

BY_ITSELF: Final = "asked after each step, so no step of its own"
ELSEWHERE: Final = "not drawn yet: its own clauses hold it"

LEFT_OUT: Final[dict[str, str]] = operators.LEFT_OUT | {
    **dict.fromkeys(
        (
            "array",
            "shape",
            "get:requires_grad",
            "get:is_leaf",
            "get:retains_grad",
            "get:version",
            "is_grad_enabled",
        ),
        BY_ITSELF,
    ),
    **dict.fromkeys(
        ("get:is_view", "get:base"), "which results are views of something torch does not promise"
    ),
    **dict.fromkeys(
        (
            "reset",
            "log",
            "note",
            "vjp",
            "same",
            "or_zero",
            "raise",
            "host_write",
            "read",
            *(key for key, act in ACTS.items() if act.by_kit),
        ),
        "the kit does it, and no engine",
    ),
    **dict.fromkeys(
        (key for key in ACTS if key.startswith("set:")),
        "what cannot be assigned has its clauses",
    ),
}
"""Key -> why no program has it."""
for _row in ROWS:
    LEFT_OUT.pop(_row.key, None)
for _key in ACTS:
    if all(_row.key != _key for _row in ROWS):
        LEFT_OUT.setdefault(_key, ELSEWHERE)
