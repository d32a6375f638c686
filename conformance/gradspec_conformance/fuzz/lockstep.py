"""`Pair`: the oracle and the subject, going through one program step by step."""

from __future__ import annotations

import warnings
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec.port.acts import ACTS
from gradspec.program.steps import Ref, Step, numbers
from gradspec.rank import Nature
from gradspec_conformance.fuzz.comparing import (
    Difference,
    Likeness,
    is_coarse,
    is_large,
    likeness,
    nature_of,
)
from gradspec_conformance.fuzz.observing import Eye
from gradspec_conformance.fuzz.sides import Missing, Refusal, Side

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from gradspec.port.engine import Subject
    from gradspec_conformance.fuzz.observing import View

PASSES: Final = frozenset({"backward", "grad", "call", "step", "call_node"})
"""A refusal in the midst of these may leave gradients half done: nobody says which half."""

HALF_DONE: Final = frozenset({"op:masked_scatter_", "mode:allow_mutation_on_saved_tensors"})
HALF_DONE_KINDS: Final = frozenset({"inference-inplace"})
"""What torch begins before it refuses: writes, and a mode that ends the one around it."""

UNCOUNTED: Final = frozenset({"step", "clip_grad_norm_", "clip_grad_value_"})
"""Acts that may write several times or once: how often is their own affair."""

CHANGING: Final = frozenset(
    {"backward", "requires_grad_", "step", "zero_grad", "call", "grad", "retain_grad", "note"}
)
FAMILIES: Final = frozenset({"set", "clear", "del"})
"""Acts that may change what other tensors show; so may what writes in place."""


class Outside(Exception):
    """A program came to where engines are not compared any more."""


class Found(Exception):
    """Two engines differ."""

    def __init__(self, difference: Difference) -> None:
        super().__init__(difference.observable)
        self.difference = difference


Told = tuple[Any, Any]
"""A side of which it is known what it says, and an eye that knows what it shows."""


class Pair:
    """Both engines; `steps` are those done so far, blocks with theirs."""

    def __init__(
        self, oracle: Subject, subject: Subject, told: Told | None = None, *, sound: bool = False
    ) -> None:
        self._is_sound = sound
        self._is_coarse = False
        """Whether numbers of 32 bits were ever alike up to rounding: what comes of them is, too."""
        self.common = oracle.abilities & subject.abilities
        if told is None:
            one = Side(oracle)
            told = one, Eye(one, self.common)
        other = Side(subject)
        self.sides = (told[0], other)
        self._eyes = (told[1], Eye(other, self.common, keeps=False))
        self._asks = "is_grad_enabled" in self.common
        self._looks_at_memory = "shares_memory" in self.common and told[0].has_tensors
        self.steps: list[Step] = []
        self._blocks: list[list[Step]] = [self.steps]
        self.live: list[int] = []
        self.views: dict[int, View] = {}
        self.tainted: set[int] = set()
        self.tried: Counter[str] = Counter()
        self.succeeded: Counter[str] = Counter()
        for side in self.sides:
            side.begin()

    # steps ----------------------------------------------------------------------------
    def do(self, step: Step) -> bool:
        """Do a step in both; say whether it was done.  Raises Found and Outside."""
        self._blocks[-1].append(step)
        self.tried[step.act] += 1
        expected, found = (side.do(step) for side in self.sides)
        if step.act == "get:strides":
            expected, found = (self._paces(step, answer) for answer in (expected, found))
        self._compare(step.act, "answer", expected, found)
        if isinstance(expected, Refusal):
            if step.act in PASSES | HALF_DONE or expected.kind in HALF_DONE_KINDS:
                raise Outside
            if step.act.endswith("_") and expected.kind == "index-range":
                raise Outside  # the indices before the wrong one were written, or not
            self._sweep(step.act, self.live)
            return False
        self.succeeded[step.act] += 1
        self._is_coarse = self._is_coarse or self._mixes(step)
        self._take(step)
        return True

    def _mixes(self, step: Step) -> bool:
        """Say whether an operator is given numbers of 32 and of 64 bits: the result is as rough."""
        if not step.act.startswith("op:"):
            return False
        views = (self.views.get(number) for number in numbers(list(step.given.values())))
        seen = [view.array for view in views if view is not None and view.array is not None]
        floats = [array for array in seen if array.dtype.kind in "fc"]
        return any(map(is_coarse, floats)) and not all(map(is_coarse, floats))

    def _paces(self, step: Step, strides: Any) -> Any:
        """Leave out the strides that lead nowhere: those of an empty tensor, and of one entry."""
        array = self.views[step.given["x"].number].array
        if array is None or isinstance(strides, Refusal) or len(strides) != array.ndim:
            return strides
        paces = zip(strides, array.shape, strict=True)
        return tuple(pace if array.size and length > 1 else 0 for pace, length in paces)

    def enter(self, step: Step) -> bool:
        """Enter a mode in both."""
        self._blocks[-1].append(step)
        self.tried[step.act] += 1
        expected, found = (side.enter(step) for side in self.sides)
        self._compare(step.act, "answer", expected, found)
        if isinstance(expected, Refusal):
            if step.act in HALF_DONE:
                raise Outside
            return False
        self.succeeded[step.act] += 1
        step.steps = step.steps or []
        self._blocks.append(step.steps)
        self._modes(step.act)
        return True

    def leave(self, act: str = "leaving a mode") -> None:
        """Leave the latest mode in both."""
        self._blocks.pop()
        found, expected = (side.leave() for side in reversed(self.sides))  # both may be one engine
        self._compare(act, "answer", expected, found)
        self._modes(act)

    @property
    def depth(self) -> int:
        """How many modes are entered."""
        return len(self._blocks) - 1

    def end(self) -> None:
        """Leave all modes and look at everything once more."""
        while self.depth:
            self.leave()
        self._sweep("the end", self.live)

    def abandon(self) -> None:
        """Leave all modes, whatever the engines say."""
        while any(side.is_inside for side in self.sides):
            for side in reversed(self.sides):
                if side.is_inside:
                    side.leave()

    def play(self, steps: Sequence[Step]) -> None:
        """Do steps, with those of blocks."""
        for step in steps:
            if step.steps is None:
                self.do(step)
            elif self.enter(Step(step.act, step.given, step.makes, steps=[])):
                self.play(step.steps)
                self.leave(step.act)

    # looking --------------------------------------------------------------------------
    def _take(self, step: Step) -> None:
        act = ACTS[step.act]
        new = [n for n in _tensors(step.makes) if self.sides[0].things.get(n) is not None]
        for number in _tensors(step.makes):
            one, other = (side.things.get(number) for side in self.sides)
            if (one is None) is not (other is None):
                raise Found(Difference(step.act, "presence", _there(one), _there(other), number))
        if step.act == "forget":
            number = step.given["thing"].number
            self.live = [n for n in self.live if n != number]
            self.views.pop(number, None)
        if step.act in UNCOUNTED:
            for eye in self._eyes:
                eye.recount()
        self.live += [n for n in new if n not in self.live]
        changes = step.act in CHANGING or act.family in FAMILIES or step.act.endswith("_")
        self._sweep(step.act, self.live if changes else new)
        if self._looks_at_memory and act.family == "op":
            self._memory(step, new)
        self._logs(step.act)
        if act.family == "" and self._asks:
            self._modes(step.act)

    def _memory(self, step: Step, new: list[int]) -> None:
        """Look whether what was made lies in the memory of an operand."""
        given = [n for n in numbers(list(step.given.values())) if n in self.views]
        for made in new:
            for number in given[:1]:
                one, other = (side.share_memory(made, number) for side in self.sides)
                if None not in (one, other):
                    self._compare(step.act, "memory", one, other, made)

    def _sweep(self, act: str, numbers: Iterable[int]) -> None:
        for number in numbers:
            expected, found = (eye.look(number) for eye in self._eyes)
            self.views[number] = expected
            self.tainted.discard(number)
            for name, one in expected.seen.items():
                if name not in found.seen:
                    continue
                other = found.seen[name]
                if one is other:  # as most flags are
                    continue
                if self._compare(act, name, one, other, number) is Likeness.ROUNDED:
                    self.tainted.add(number)
                if type(one) is np.ndarray and is_large(one):
                    raise Outside

    def _logs(self, act: str) -> None:
        one, other = (side.log for side in self.sides)
        if one or other:
            self._compare(act, "hooks", one, other)

    def _modes(self, act: str) -> None:
        if self._asks:
            one, other = (side.ask("is_grad_enabled") for side in self.sides)
            self._compare(act, "mode", one, other)

    def _compare(
        self, act: str, observable: str, expected: Any, found: Any, number: int | None = None
    ) -> Likeness:
        how = likeness(expected, found, coarse=self._is_coarse)
        if how is Likeness.ROUNDED:
            self._is_coarse = self._is_coarse or is_coarse(expected)
        if how is not Likeness.OTHER:
            return how
        difference = Difference(act, observable, expected, found, number)
        if self._is_sound and nature_of(difference) is Nature.CONVENTION:
            if isinstance(found, Refusal) and observable in ("answer", "value"):
                raise Outside  # what it may refuse the oracle has done
            return Likeness.SAME
        raise Found(difference)


def _there(thing: Any) -> str | None:
    return None if thing is None else "a tensor"


def _tensors(made: Any) -> Iterator[int]:
    match made:
        case Ref(kind="tensor"):
            yield made.number
        case list() | tuple():
            for member in made:
                yield from _tensors(member)


@contextmanager
def quietly() -> Iterator[None]:
    """Keep warnings, and what NumPy says of overflow, to oneself."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield


def difference(
    steps: Sequence[Step],
    oracle: Subject,
    subject: Subject,
    told: Told | None = None,
    *,
    sound: bool = False,
) -> Difference | None:
    """Do a program in both engines, up to the first difference; None if there is none."""
    pair = Pair(oracle, subject, told, sound=sound)
    with quietly():
        try:
            pair.play(steps)
            pair.end()
        except Found as found:
            return found.difference
        except (Outside, Missing):
            return None
        finally:
            pair.abandon()
    return None
