"""A row of the table of operators; start at `Operator`, then read a family in `operators/`.

A rule is a vector-Jacobian product: `rule(xp, g, *saved, *params)` gives what one operand
receives when the result receives `g`.  It is written once.  In a plain backward pass `xp` is
`arrays`, whose functions are the forward kernels, and everything is a NumPy array; under
create_graph it is `tensors`, whose functions record, and everything is a tensor.
"""

from __future__ import annotations

import functools
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from gradspec_reference.engine.node import Node

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

TABLE: dict[str, Operator] = {}
arrays: Any = SimpleNamespace()
tensors: Any = SimpleNamespace()


class Operator:
    """One operator: its kernel, what it saves and its rules.

    `rules` maps each tensor operand to (what its rule needs, the rule); an operand without a
    rule is not differentiated.  What a rule needs is named: an operand, `result`, or an
    operand's shape as `<operand>_shape`.  Only what the rules of operands that require grad need
    is saved, and this decides which in-place changes are errors.
    """

    def __init__(
        self,
        name: str,
        node: str,
        kernel: Callable[..., Any],
        operands: Sequence[str],
        rules: dict[str, tuple[str, Callable[..., Any]]],
        params: str = "",
        *,
        pointwise: bool = False,
        floating: bool = False,
        several: bool = False,
    ) -> None:
        self.name = name
        self.node_name = node
        self.kernel = kernel
        self.operands = tuple(operands)
        self.needs = tuple(rules[o][0].split() if o in rules else [] for o in self.operands)
        self.vjps: Any = tuple(rules[o][1] if o in rules else None for o in self.operands)
        self.saved_names = tuple(dict.fromkeys(need for needs in self.needs for need in needs))
        self.param_names = tuple(params.split())
        self.differentiable = bool(rules)
        self.pointwise = pointwise
        self.floating = floating
        self.node: type[Node] = type(
            node.rpartition("::")[2],
            (Node,),
            {"__slots__": (), "operator": self, "operator_is_single": not several},
        )
        self.plans: dict[tuple[bool, ...], tuple[tuple[tuple[str, int], ...], bool]] = {}
        TABLE[name] = self

    @property
    def public_names(self) -> str:
        """The names of what a node of this operator shows."""
        return ", ".join(f"_saved_{n}" for n in self.saved_names + self.param_names) or "none"

    def plan(self, requires: tuple[bool, ...]) -> tuple[tuple[tuple[str, int], ...], bool]:
        """Return what to save if these operands require grad, and whether it is freed."""
        plan = self.plans.get(requires)
        if plan is None:
            plan = self.plans[requires] = self._make_plan(requires)
        return plan

    def _make_plan(self, requires: tuple[bool, ...]) -> tuple[tuple[tuple[str, int], ...], bool]:
        wanted = {n for needs, on in zip(self.needs, requires, strict=False) if on for n in needs}
        sources = tuple(self._source(n) if n in wanted else NOTHING for n in self.saved_names)
        return sources, any(kind not in {"nothing", "shape"} for kind, _ in sources)

    def _source(self, name: str) -> tuple[str, int]:
        if name == "result":
            return ("result", 0)
        if name == "all_indices":
            return ("rest", len(self.operands))
        if name.endswith("_shape"):
            return ("shape", self.operands.index(name.removesuffix("_shape")))
        return ("operand", self.operands.index(name))


NOTHING = ("nothing", 0)


class Repeated:
    """The rules of an operator with any number of operands: one rule that is told which."""

    def __init__(self, rule: Callable[..., Any]) -> None:
        self.rule = rule

    def __getitem__(self, position: int) -> Callable[..., Any]:
        return functools.partial(self.rule, position)


class VariadicOperator(Operator):
    """An operator on a list of tensors; its rule takes the position first."""

    def __init__(
        self,
        name: str,
        node: str,
        kernel: Callable[..., Any],
        rule: Callable[..., Any],
        params: str = "",
    ) -> None:
        super().__init__(name, node, kernel, (), {}, params)
        self.vjps = Repeated(rule)
        self.differentiable = True
