"""Operators: every row of the catalogue, called as it says, or on whatever there is."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec.catalogue.domain import Operand
from gradspec.catalogue.operator import CONSTANT, PIECEWISE, UNDETERMINED
from gradspec.catalogue.operators import FAMILIES, OPERATORS
from gradspec_conformance.fuzz.grammar.draft import NothingFits, is_float
from gradspec_conformance.fuzz.grammar.row import Row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gradspec.catalogue.operator import Operator
    from gradspec.program.steps import Ref
    from gradspec_conformance.fuzz.grammar.draft import Draft
    from gradspec_conformance.fuzz.observing import View

OF_ANY_SHAPE: Final = frozenset(
    operator.name
    for family in ("arithmetic", "functions of a number", "activations", "comparisons")
    for operator in FAMILIES[family]
)
"""Operators that go entry by entry, so that any tensor will do."""

EVERYDAY: Final = ("add", "mul", "sub", "sin", "sum", "mul", "matmul", "tanh", "reshape", "getitem")
"""What programs are mostly made of."""

VIEWS: Final = frozenset(o.name for f in ("shapes", "selections") for o in FAMILIES[f])

LEFT_OUT: Final[dict[str, str]] = {
    **{
        f"op:{o.name}": "what it gives is not determined"
        for o in OPERATORS.values()
        if o.smoothness is UNDETERMINED or o.formula is None
    },
    **{
        f"op:{o.name}": "it leaves open what each engine chooses for itself: a sign, an order"
        for o in OPERATORS.values()
        if o.settled is not None
    },
    **dict.fromkeys(
        ("op:logical_and_", "op:logical_or_", "op:logical_xor_", "op:logical_not_"),
        "torch writes without recording it, so that gradients behind are wrong; a clause says so",
    ),
}
"""Key -> why no program calls it."""


def rows() -> Iterator[Row]:
    """Give a row for every operator that is not left out."""
    for operator in OPERATORS.values():
        key = f"op:{operator.name}"
        if key not in LEFT_OUT:
            yield Row(key, _group(operator), partial(draw, operator=operator))


def _group(operator: Operator) -> str:
    if operator.inplace:
        return "writes"
    return "views" if operator.name in VIEWS else "operators"


def everyday(draft: Draft) -> None:
    """Draw one of the operators that programs are mostly made of."""
    draw(draft, OPERATORS[draft.random.choice(EVERYDAY)])


def draw(draft: Draft, operator: Operator) -> None:
    """Call an operator in one of its ways."""
    call = draft.random.choice(list(operator.calls.values()))
    free = (operator.form_of or operator.name) in OF_ANY_SHAPE and draft.maybe(0.7)
    given = _free(draft, call) if free else {n: draft.operand(v) for n, v in call.items()}
    _steer_clear(draft, operator, given)
    several = operator.gives_several(given)
    makes: Any = tuple(draft.ref() for _ in range(_results(operator, call))) if several else None
    draft.do(f"op:{operator.name}", makes or draft.ref(), **given)


def _results(operator: Operator, call: Any) -> int:
    from gradspec.catalogue.operator import Call  # noqa: PLC0415 - only to count

    one = Call(operator, operator.name, call)
    return len(one.value(one.sample()))


def _free(draft: Draft, call: Any) -> dict[str, Any]:
    """Put tensors of any shape, that broadcast together, in the place of those of a call."""
    first: Ref | None = None
    given: dict[str, Any] = {}
    for name, value in call.items():
        if isinstance(value, Operand):
            given[name] = draft.tensor(is_float if first is None else _beside(draft, first))
            first = first or given[name]
        else:
            given[name] = draft.operand(value)
    return given


def _beside(draft: Draft, first: Ref) -> Any:
    shape = getattr(draft.view(first).array, "shape", ())

    def fits(view: View) -> bool:
        if not is_float(view) or view.array is None:
            return False
        try:
            np.broadcast_shapes(shape, view.array.shape)
        except ValueError:
            return False
        return True

    return fits


def _steer_clear(draft: Draft, operator: Operator, given: dict[str, Any]) -> None:
    """Decide nothing by values that engines have only up to rounding."""
    if operator.smoothness not in (PIECEWISE, CONSTANT):
        return
    for value in given.values():
        if getattr(value, "number", None) in draft.pair.tainted:
            raise NothingFits
