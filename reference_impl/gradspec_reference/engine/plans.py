"""What the engine makes of a row of the table: a type of node, and what such a node saves.

Both are made once and kept in the row itself, so they go when another row takes its place.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gradspec_reference.engine import raw, saved
from gradspec_reference.engine.node import Node, NodeOfSeveral, WithoutDerivative

if TYPE_CHECKING:
    from collections.abc import Collection

    from gradspec_reference.operators import Operator

Source = tuple[str, int]
NOTHING: Source = ("nothing", 0)
PAIR = 2


@dataclass(frozen=True, slots=True)
class Plan:
    """How to record an operator, given which of its operands require grad."""

    node: type[Node]
    sources: tuple[Source, ...]
    freeable: bool
    # the commonest are saved without a loop
    only: str
    crossed: bool


def plan(operator: Operator, requires: tuple[bool, ...]) -> Plan:
    """Return the plan for operands of which these require grad."""
    made: Plan | None = operator.derived.get(requires)
    if made is None:
        made = operator.derived[requires] = make_plan(operator, requires)
    return made


def make_plan(operator: Operator, requires: tuple[bool, ...], anyhow: Collection[str] = ()) -> Plan:
    """Choose what the rules of these operands need, and what is saved anyhow."""
    named = zip(operator.operand_names, requires, strict=False)
    wanted = {need for name, on in named if on for need in operator.needs_of(name)}.union(anyhow)
    sources = tuple(
        source(operator, name) if name in wanted else NOTHING for name in operator.saved_names
    )
    freeable = any(kind not in {"nothing", "shape"} for kind, _ in sources)
    crossed = is_crossed(sources, requires)
    return Plan(node_type(operator), sources, freeable, only_kind(sources), crossed)


def only_kind(sources: tuple[Source, ...]) -> str:
    """Name what is saved, if it is one thing or nothing."""
    if not sources:
        return "nothing"
    return sources[0][0] if len(sources) == 1 else "several"


def is_crossed(sources: tuple[Source, ...], requires: tuple[bool, ...]) -> bool:
    """Tell whether each of two operands is saved if the other one requires grad, as in products."""
    for_first, for_second = ("operand", 1), ("operand", 0)
    each = zip((for_first, for_second), requires, strict=False)
    return len(requires) == PAIR and sources == tuple(s if on else NOTHING for s, on in each)


def source(operator: Operator, name: str) -> Source:
    """Return where a value that a rule needs is found when the operator runs."""
    if name == "result":
        return ("result", 0)
    if name == "all_indices":
        return ("rest", len(operator.operand_names))
    if name.endswith("_shape"):
        return ("shape", operator.operand_names.index(name.removesuffix("_shape")))
    return ("operand", operator.operand_names.index(name))


def in_place(operator: Operator) -> Operator:
    """Return the row under which the form in place of a view is recorded."""
    made: Operator | None = operator.derived.get("in place")
    if made is None:
        made = dataclasses.replace(operator, node=operator.node_in_place)
        operator.derived["in place"] = made
    return made


def node_type(operator: Operator) -> type[Node]:
    """Return the type of the nodes that this row records."""
    made: type[Node] | None = operator.derived.get(Node)
    if made is None:
        name = operator.node.rpartition("::")[2]
        body = {
            "__slots__": (),
            "operator": operator,
            "rules": None if operator.several else operator.rules,
            **saved.attributes(operator),
            **raw.attributes(operator),
        }
        base = NodeOfSeveral if operator.several else Node
        if name == "NotImplemented":
            base, body["rules"] = WithoutDerivative, None  # never plain: it is asked first
        made = operator.derived[Node] = type(name, (base,), body)
    return made
