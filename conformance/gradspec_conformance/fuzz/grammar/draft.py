"""`Draft`: a program while it is drawn: what there is, what is picked, and numbers for leaves.

Each step is done as soon as it is drawn, so that what the oracle shows decides what comes next.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec.catalogue.domain import Operand
from gradspec.catalogue.operator import holds_tensors
from gradspec.exceptions import Unsaid
from gradspec.port.acts import ACTS
from gradspec.port.phrase import CONSTRUCTORS
from gradspec.program.steps import Body, Function, Ref, Step

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Sequence

    from gradspec_conformance.fuzz.lockstep import Pair
    from gradspec_conformance.fuzz.observing import View

RECENT: Final = 6
"""How far back what is picked mostly lies: graphs have diamonds, and values are used again."""

SHAPES: Final = ((), (2,), (3,), (2, 3), (1, 3), (2, 1), (3, 2), (2, 2), (0,))
WRONG: Final = 0.06
"""How often an operand is drawn without asking whether it fits."""

SMOOTH, TIES, SPECIAL = "smooth", "ties", "special"
DATA: Final = (*(SMOOTH,) * 14, *(TIES,) * 5, SPECIAL)
SPECIALS: Final = (math.nan, math.inf, -math.inf, 0.0, -0.0, 1.0, -2.0)


class NothingFits(Exception):
    """There is nothing of which this row could be drawn now."""


@dataclass
class Draft:
    """A program that is being drawn; `handles` are its numbers by kind, the latest last."""

    random: random.Random
    pair: Pair
    data: str = SMOOTH
    handles: dict[str, list[Ref]] = field(default_factory=dict)
    number: int = 0
    has_log: bool = False
    numbers_of: np.random.Generator | None = None

    # doing ----------------------------------------------------------------------------
    def has(self, key: str, /, **given: Any) -> bool:
        """Say whether both engines have an act, with these arguments."""
        act = ACTS[key]
        if not act.needs(given) <= self.pair.common:
            return False
        if key in CONSTRUCTORS or act.by_kit:
            return True
        return all(side.subject.covers(act, given) for side in self.pair.sides)

    def do(self, key: str, makes: Any = None, /, **given: Any) -> bool:
        """Do an act, if both have it; raises NothingFits if not."""
        try:
            fits = self.has(key, **given)
        except Unsaid:
            fits = False
        if not fits:
            raise NothingFits
        return self.pair.do(Step(key, given, makes))

    def made(self, key: str, kind: str = "tensor", /, **given: Any) -> Ref:
        """Do an act that makes one thing; raises NothingFits if it was refused."""
        ref = self.ref(kind)
        if not self.do(key, ref, **given):
            raise NothingFits
        self.keep(ref)
        return ref

    def keep(self, ref: Ref) -> None:
        """Let later steps use a thing that is no tensor; tensors are known to the pair."""
        if ref.kind != "tensor":
            self.handles.setdefault(ref.kind, []).append(ref)

    def ref(self, kind: str = "tensor") -> Ref:
        """Number something new."""
        self.number += 1
        return Ref(self.number - 1, kind)

    def handle(self, kind: str) -> Ref:
        """Pick a thing of a kind."""
        there = self.handles.get(kind, [])
        if not there:
            raise NothingFits
        return self.random.choice(there)

    def drop(self, ref: Ref) -> None:
        """Use a thing no more."""
        self.handles[ref.kind].remove(ref)

    # picking --------------------------------------------------------------------------
    def maybe(self, chance: float) -> bool:
        """Toss a coin."""
        return self.random.random() < chance

    def view(self, ref: Ref) -> View:
        """Say what the oracle showed of a tensor."""
        return self.pair.views[ref.number]

    def tensor(self, fits: Callable[[View], bool] | None = None) -> Ref:
        """Pick a tensor that fits, mostly a recent one; raises NothingFits."""
        live = self.pair.live
        if not is_typed(self.pair.common):
            live = [n for n in live if is_wide(self.pair.views[n])]
        if self.maybe(0.7):
            live = live[-RECENT:]
        if fits is not None and not self.maybe(WRONG):
            live = [n for n in live if fits(self.pair.views[n])]
        if not live:
            raise NothingFits
        return Ref(self.random.choice(live))

    def of_shape(self, shape: tuple[int, ...], dtype: np.dtype[Any] | None = None) -> Ref:
        """Pick a tensor of a shape, or make one."""

        def fits(view: View) -> bool:
            array = view.array
            same = array is not None and array.shape == shape
            return same and (dtype is None or (array is not None and array.dtype == dtype))

        if self.maybe(0.3):
            try:
                return self.tensor(fits)
            except NothingFits:
                pass
        return self.constant(self.numbers(shape), dtype)

    # making ---------------------------------------------------------------------------
    def numbers(self, shape: Sequence[int]) -> np.ndarray[Any, Any]:
        """Draw numbers: of any size, small whole ones that tie, or special ones.

        Engines of single numbers get a single number, whatever the shape.
        """
        shape = shape if "arrays" in self.pair.common else ()
        count = math.prod(shape)
        match self.data:
            case "ties":
                drawn = [float(self.random.randint(-2, 2)) for _ in range(count)]
            case "special":
                drawn = [
                    self.random.choice(SPECIALS) if self.maybe(0.3) else self.even()
                    for _ in range(count)
                ]
            case _:
                drawn = [self.even() for _ in range(count)]
        return np.array(drawn, float).reshape(tuple(shape))

    def even(self) -> float:
        """Draw a number that every type has exactly, and that is not zero."""
        return self.random.choice((-1, 1)) * self.random.randint(1, 24) / 16

    def leaf(self, data: np.ndarray[Any, Any], dtype: str | None = None) -> Ref:
        """Make a tensor that requires grad, where the engines have such."""
        key = "leaf" if "tape" in self.pair.common else "tensor"
        named = {} if dtype is None else {"dtype": dtype}
        return self.made(key, data=data, **named)

    def constant(self, data: np.ndarray[Any, Any], dtype: Any = None) -> Ref:
        """Make a tensor that does not require grad."""
        named = {}
        if dtype is not None and np.dtype(dtype).kind in "fiub" and data.dtype.kind == "f":
            dtype = dtype if is_typed(self.pair.common) else None
        if dtype is not None and np.dtype(dtype).name not in ("float64", "int64", "bool"):
            named = {"dtype": np.dtype(dtype).name}
        if dtype is not None and np.dtype(dtype).kind in "biu":
            data = data.astype(dtype)
        if "constants" not in self.pair.common:
            return self.leaf(data)
        return self.made("tensor", data=data, **named)

    def operand(self, value: Any) -> Any:
        """Give what a call of the catalogue asks for: tensors, lists of them, or what it says."""
        if isinstance(value, Operand):
            return self.drawn(value)
        if isinstance(value, np.ndarray):
            return self.constant(value)
        return [self.operand(v) for v in value] if holds_tensors(value) else value

    def drawn(self, operand: Operand) -> Ref:
        """Give a tensor for an operand: one that lies in the domain, or a new one."""
        values = np.array(operand.domain.values)
        if values.dtype.kind == "f" and not self.maybe(0.35):
            low, high = values.min(), values.max()

            def fits(view: View) -> bool:
                array = view.array
                return (
                    array is not None
                    and array.dtype.kind == "f"
                    and array.shape == operand.shape
                    and bool(((low <= array) & (array <= high)).all())
                )

            try:
                return self.tensor(fits)
            except NothingFits:
                pass
        array = self.in_domain(operand)
        if array.dtype.kind == "f" and self.maybe(0.7):
            return self.leaf(array)
        return self.constant(array)

    def in_domain(self, operand: Operand) -> np.ndarray[Any, Any]:
        """Draw an array of a domain."""
        if self.numbers_of is None:  # a generator of NumPy's takes longer to make than to use
            self.numbers_of = np.random.default_rng(self.random.getrandbits(32))
        return np.array(operand.domain.draw(self.numbers_of, operand.shape, set()))

    # functions ------------------------------------------------------------------------
    def function(
        self, slot: str, arguments: Any, steps: list[Step], returned: Any = None
    ) -> Function:
        """Write a function of the caller: one body that says what it does."""
        return Function(
            self.ref("function").number, slot, None, [Body(arguments, {}, steps, returned)], [0]
        )

    def log(self) -> Ref:
        """Give the log of the program."""
        if not self.has_log:
            self.has_log = True
            self.pair.do(Step("log", {}, Ref(LOG, "log")))
        return Ref(LOG, "log")

    def note(self, what: Any) -> Step:
        """Write into the log, in a function."""
        return Step("note", {"log": self.log(), "what": what})


LOG: Final = 100_000
"""The number of the log, apart from all others."""


def is_typed(words: frozenset[str]) -> bool:
    """Say whether an engine has torch's rules of data types, and not those of another school."""
    return "set_default_dtype" in words


def is_wide(view: View) -> bool:
    """Say whether a tensor is of the type in which all engines compute alike."""
    return view.array is not None and view.array.dtype.name == "float64"


def requires_grad(view: View) -> bool:
    """Say whether a tensor requires grad."""
    return view.flag("requires_grad")


def is_leaf(view: View) -> bool:
    """Say whether a tensor is a leaf that requires grad."""
    return view.flag("requires_grad") and view.flag("is_leaf")


def has_gradient(view: View) -> bool:
    """Say whether a tensor has a gradient."""
    return isinstance(view.seen.get("grad"), np.ndarray)


def is_float(view: View) -> bool:
    """Say whether a tensor is of floating-point numbers."""
    return view.array is not None and view.array.dtype.kind == "f"
