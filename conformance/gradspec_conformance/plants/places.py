"""Where a fault can be put: a function or method, a kernel, a rule, one half of an attribute.

A place is filled with a fault that is handed the sound function first, so that a plant says only
what it does otherwise.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from gradspec_reference import autograd
from gradspec_reference.engine import (
    accumulation,
    cotangents,
    grads,
    hooks,
    inplace,
    layout,
    linking,
    recording,
    requests,
    saved,
    shapes,
    views,
)
from gradspec_reference.engine.backward import BackwardPass
from gradspec_reference.engine.node import Node
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.operators import OPERATORS

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradspec_conformance.plants.swap import Fault, Swap


@dataclass(frozen=True)
class at:  # noqa: N801 - reads as a preposition
    """A function of a module, or a method of a class."""

    owner: Any
    name: str

    def __hash__(self) -> int:
        """Tell owners apart by identity: not every one can be hashed."""
        return hash((id(self.owner), self.name))

    def fill(self, swap: Swap, fault: Fault) -> None:
        """Replace it; a static method stays one."""
        held = vars(self.owner).get(self.name) if isinstance(self.owner, type) else None
        sound = getattr(self.owner, self.name, _nothing)
        faulty = _around(sound, fault)
        static = isinstance(held, staticmethod | classmethod)
        swap.replace(self.owner, self.name, staticmethod(faulty) if static else faulty)
        for shortcut, detour in DETOURS.get(self.name, {}).items():
            swap.replace(*shortcut, detour)


@dataclass(frozen=True)
class kernel:  # noqa: N801 - reads as a noun in a table
    """What an operator computes."""

    operator: str

    def fill(self, swap: Swap, fault: Fault) -> None:
        """Put a row with another kernel in the operator's place."""
        row = OPERATORS[self.operator]
        swap.row(self.operator, kernel=_around(row.kernel, fault), kernel_at_one=None)


@dataclass(frozen=True)
class rule:  # noqa: N801 - reads as a noun in a table
    """How an operator is differentiated by one of its operands: `fault(sound, xp, g, *rest)`."""

    operator: str
    operand: str

    def fill(self, swap: Swap, fault: Fault) -> None:
        """Put a row with another vector-Jacobian product in the operator's place."""
        row = OPERATORS[self.operator]
        faulty = _around(row.vjp[self.operand], fault)
        swap.row(self.operator, vjp={**row.vjp, self.operand: faulty})


@dataclass(frozen=True)
class half:  # noqa: N801 - reads as a noun in a table
    """One half of an attribute of `Tensor` or of a node: how it is read, assigned or deleted."""

    attribute: str
    way: Literal["fget", "fset", "fdel"]
    of: type = Tensor

    def fill(self, swap: Swap, fault: Fault) -> None:
        """Replace that half of the property, in the class that defines it."""
        owner = next(c for c in self.of.__mro__ if self.attribute in vars(c))
        whole: property = vars(owner)[self.attribute]
        halves: dict[str, Any] = {"fget": whole.fget, "fset": whole.fset, "fdel": whole.fdel}
        halves[self.way] = _around(halves[self.way], fault)
        swap.replace(owner, self.attribute, property(**halves))


# Plain cases take short cuts past some functions: with a fault in one of those, the way is the long
# one, where each step is a function.
THE_LONG_WALK: Final = {(BackwardPass, "walk"): lambda self: self.next_ready()}
THE_LONG_RECORDING: Final = {
    (recording, "binary"): recording.binary_of_any,
    (recording, "unary"): recording.unary_of_any,
}
IN_WALKS: Final = """
    differentiate deliver next_ready add_contribution release unpack check_version check_not_cut_off
"""
IN_RECORDING: Final = (
    "make_node needs_grad should_record collect_edges collect_saved keep gradient_edge"
)
DETOURS: Final[dict[str, dict[tuple[Any, str], Callable[..., Any]]]] = {
    **dict.fromkeys(IN_WALKS.split(), THE_LONG_WALK),
    **dict.fromkeys(IN_RECORDING.split(), THE_LONG_RECORDING),
}
SHORT_CUTS: Final = frozenset(at(*shortcut) for ways in DETOURS.values() for shortcut in ways)


def step(name: str) -> at:
    """A step of a pass: `fault(sound, self, *arguments)`."""
    return at(BackwardPass, name)


def reading(attribute: str, of: type = Tensor) -> half:
    """Reading an attribute of a tensor, or of a node: `fault(sound, tensor)`."""
    return half(attribute, "fget", of)


def assigning(attribute: str) -> half:
    """Assigning an attribute of a tensor: `fault(sound, tensor, value)`."""
    return half(attribute, "fset")


def deleting(attribute: str) -> half:
    """Deleting an attribute of a tensor: `fault(sound, tensor)`."""
    return half(attribute, "fdel")


def _around(sound: Any, fault: Fault) -> Callable[..., Any]:
    """Make a plain function, which a class binds, of a fault and what is sound."""

    def faulty(*arguments: Any, **keywords: Any) -> Any:
        return fault(sound, *arguments, **keywords)

    return functools.update_wrapper(faulty, sound) if callable(sound) else faulty


def instead(function: Callable[..., Any]) -> Fault:
    """Let another function of the engine run in a place, as it is."""
    return lambda _sound, *arguments, **keywords: function(*arguments, **keywords)


def _nothing(*_arguments: Any) -> None:
    """Stand for a method that a class does not have, such as `__del__`."""


# where many faults are put --------------------------------------------------------------
RELEASE: Final = at(Node, "release")
REQUIRES_GRAD_: Final = at(Tensor, "requires_grad_")
ACCUMULATE_ARRAY: Final = at(accumulation, "accumulate_array")
ACCUMULATE_TENSOR: Final = at(accumulation, "accumulate_tensor")
ADD_CONTRIBUTION: Final = at(accumulation, "add_contribution")
BACKWARD: Final = at(autograd, "backward")
GRAD: Final = at(autograd, "grad")
VARIABLE: Final = at(autograd.Variable, "__new__")
DEFAULT_COTANGENT: Final = at(cotangents, "default")
FOR_ROOT: Final = at(cotangents, "for_root")
FOR_ROOTS: Final = at(cotangents, "for_roots")
CHECK_DTYPE: Final = at(grads, "check_dtype")
STORE_RETAINED: Final = at(hooks, "store_retained")
APPLY_INPLACE: Final = at(inplace, "apply_inplace")
INTO_OUT: Final = at(inplace, "into_out")
STORE: Final = at(inplace, "store")
MAKE_NODE: Final = at(linking, "make_node")
NEEDS_GRAD: Final = at(linking, "needs_grad")
SHOULD_RECORD: Final = at(linking, "should_record")
NEW_PASS: Final = at(requests, "new_pass")
CHECK_VERSION: Final = at(saved, "check_version")
UNBROADCAST: Final = at(shapes, "unbroadcast")
IN_SHAPE: Final = at(layout, "in_shape")
REBASE: Final = at(views, "rebase")
