"""A row of the table of operators; start at `Operator`, then read a family, `transcendental` first.

A rule is a vector-Jacobian product: `rule(xp, g, *saved, *params)` gives what one operand
receives when the result receives `g`.  It is written once.  In a plain backward pass `xp` is
`arrays`, whose functions are the kernels, and everything is a NumPy array; under create_graph it
is `tensors`, whose functions record, and everything is a tensor.
"""

from __future__ import annotations

import functools
from ast import literal_eval
from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass, field, replace
from types import MappingProxyType
from typing import Any, Final

NOT_IMPLEMENTED: Final = "torch::autograd::NotImplemented"
Kernel = Callable[..., Any]
Rule = Callable[..., Any]


@dataclass(frozen=True, slots=True, eq=False)
class Operator:
    """One operator: its kernel and its rules.

    `vjp` has a rule for each tensor operand that is differentiated.  `saves` names what they need,
    for all of them or operand by operand: an operand, `result`, an operand's shape as
    `<operand>_shape`, or `all_indices`, the operands after those that have a name.  Only what the
    rules of operands that require grad need is saved, and this decides which in-place changes are
    errors.  Each rule is given all that is saved, None for what was not, in one order.

    `params` names what its kernel and its rules are given beside operands, `scale`, or with what it
    is if it is left out, `scale=1.0`.  A row whose params all have defaults is a function as it is.

    `flat` names saved operands that torch's derivative is a function of, though it does not vary
    with them: under create_graph the gradient requires grad if they do, and its own gradient is
    zeros.  `joint` names those of a derivative that torch computes for all operands in one: the
    gradient of each requires grad if any of them does, and has no gradient by those that it does
    not vary with.

    `jvp` gives the tangent of the result: see `forward`.  A row without one, in a family without
    one, cannot be differentiated forward.  `batch` gives what it does to many examples: see
    `batching`.  A row without one takes them in turn.

    A row never changes: to replace a rule, put `dataclasses.replace(row, vjp=...)` in its place.
    """

    name: str
    _: KW_ONLY
    kernel: Kernel
    node: str = ""  # torch's name of the derivative; if none is given, as torch usually makes it
    node_in_place: str = ""  # of the form in place, where that has a name of its own
    operands: str = "self"
    params: str = ""
    saves: str | Mapping[str, str] = ""
    vjp: Mapping[str, Rule] = field(default_factory=dict)
    flat: str = ""
    joint: str = ""
    jvp: Rule | None = None
    batch: Rule | None = None
    kernel_at_one: Kernel | None = None  # without its one param, which nearly always is 1
    pointwise: bool = False  # operands are brought to one dtype first
    floating: bool = False  # which is a floating one
    without: str = ""  # "bool": has no kernel for booleans; "any bool": refuses one among operands;
    # "integers": has one for floating numbers alone
    # whether it takes complex numbers, and what its rules are there (see `engine/complexes`):
    # "holomorphic", those for real numbers, conjugated before and after; "as written";
    # "undifferentiated", none; "refused", as if nothing is said; "undefined", of what has no sense
    on_complex: str = ""
    several: bool = False  # the kernel returns a list of results
    variadic: bool = False  # any number of operands, with one rule, which is told which
    inner: bool = False  # a part of functions of other names: none has its own

    # what follows, and what an engine derives; it goes when the row goes
    operand_names: tuple[str, ...] = field(init=False, repr=False)
    param_names: tuple[str, ...] = field(init=False, repr=False)
    defaults: Mapping[str, Any] = field(init=False, repr=False)
    saved_names: tuple[str, ...] = field(init=False, repr=False)
    rules: Any = field(init=False, repr=False)
    # where `flat` and `joint` are in what is saved, and the operators that tie a gradient to them
    beside: tuple[tuple[str, int], ...] = field(init=False, repr=False)
    receivers: tuple[str, ...] = field(
        init=False, repr=False
    )  # operands with a rule, and so an edge
    ruled: tuple[int, ...] | None = field(init=False, repr=False)  # their positions, unless all
    differentiable: bool = field(init=False, repr=False)
    particular: bool = field(init=False, repr=False)  # about operands that are not floating
    takes_complex: bool = field(init=False, repr=False)
    derived: dict[Any, Any] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        def follows(name: str, value: Any) -> None:
            object.__setattr__(self, name, value)

        if not self.node:
            follows("node", "".join(map(str.capitalize, self.name.split("_"))) + "Backward0")
        follows("vjp", MappingProxyType(dict(self.vjp)))
        operands = () if self.variadic else tuple(self.operands.split())
        follows("operand_names", operands)
        params = {name: value for name, _, value in (p.partition("=") for p in self.params.split())}
        follows("param_names", tuple(params))
        follows("defaults", {name: literal_eval(value) for name, value in params.items() if value})
        needed = [need for operand in operands for need in self.needs_of(operand)]
        follows("saved_names", tuple(dict.fromkeys(needed)))
        tied = [("flat", n) for n in self.flat.split()] + [("joint", n) for n in self.joint.split()]
        follows("beside", tuple((how, self.saved_names.index(name)) for how, name in tied))
        receivers = tuple(operand for operand in operands if operand in self.vjp)
        follows("receivers", receivers)
        all_receive = receivers == operands and "all_indices" not in self.saved_names
        all_receive = all_receive and self.node != NOT_IMPLEMENTED
        follows("ruled", None if all_receive else tuple(map(operands.index, receivers)))
        in_order = tuple(self.vjp[operand] for operand in receivers)
        follows("rules", OneForAll(self.vjp[self.operands]) if self.variadic else in_order)
        follows("differentiable", bool(self.vjp))
        follows("particular", self.floating or bool(self.without))
        follows("takes_complex", self.on_complex not in {"", "refused", "undefined"})

    def needs_of(self, operand: str) -> list[str]:
        """Return what the rule of one operand needs; nothing if there is no rule."""
        if operand not in self.vjp:
            return []
        needs = self.saves if isinstance(self.saves, str) else self.saves.get(operand, "")
        return needs.split()


def of_family(row: Operator, jvp: Rule | None, batch: Rule | None, on_complex: str) -> Operator:
    """Give a row the rules of its family, unless it has its own, or no derivative."""
    if on_complex and not row.on_complex:
        row = replace(row, on_complex=on_complex)
    if jvp is not None and row.jvp is None and row.vjp and row.node != NOT_IMPLEMENTED:
        row = replace(row, jvp=jvp)
    return replace(row, batch=batch) if batch is not None and row.batch is None else row


class OneForAll:
    """The rules of an operator with any number of operands, by position."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule

    def __getitem__(self, position: int) -> Rule:
        return functools.partial(self.rule, position)


def unary_operator(name: str, *, kernel: Kernel, vjp: Rule | None = None, **rest: Any) -> Operator:
    """Make a row of one operand, which torch calls self."""
    return Operator(name, kernel=kernel, vjp={"self": vjp} if vjp else {}, **rest)


def both(first: Rule, second: Rule) -> dict[str, Rule]:
    """Name the two rules as torch names most pairs of operands."""
    return {"self": first, "other": second}


def as_is(_xp: Any, g: Any, *_: Any) -> Any:
    """Pass on all that arrives."""
    return g


def no_slope(xp: Any, g: Any, *_: Any) -> Any:
    """Return the gradient of what is constant: between jumps, or in this operand."""
    return xp.zeros_like(g)
