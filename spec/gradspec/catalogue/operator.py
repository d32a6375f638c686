"""`Operator`: one row of the catalogue; `Call`: one way to call it, with a sample of its operands.

A row says what the operator is called, how it is called, what it computes (a NumPy formula), where
(how the operands of each call are drawn) and how smooth it is.  How smooth it is decides how its
Jacobian is known, so that no derivative is written anywhere: see `gradspec.catalogue.slopes`.
"""

from __future__ import annotations

import functools
import itertools
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Final

import numpy as np

from gradspec.catalogue.domain import REAL, Domain, Operand
from gradspec.catalogue.signature import Signature

ALWAYS: Final = "always"

Given = Mapping[str, Any]


class Smoothness(StrEnum):
    """What kind of function an operator is of its floating-point operands."""

    ANALYTIC = "analytic"
    """The formula takes complex numbers all the way, so its Jacobian is the complex step."""

    LINEAR = "linear"
    """In each operand, but for a constant: the Jacobian is its own values."""

    PIECEWISE = "piecewise"
    """Analytic between kinks and jumps, which the formula finds by real parts."""

    SPECTRAL = "spectral"
    """The formula takes complex numbers whose imaginary part is small, to first order."""

    REFUSED = "refused"
    """Piecewise, but torch has no derivative for it and refuses."""

    CONSTANT = "constant"
    """Without a derivative: truth values, places, copies that are cut off, factories."""

    LINEAR_BY_PARTS = "linear by parts"
    """Of complex numbers, or to them: linear in their real and imaginary parts."""

    ANALYTIC_BY_PARTS = "analytic by parts"
    """The same, and written by these parts: see `gradspec.catalogue.parts`."""

    UNDETERMINED = "undetermined"
    """Random, or whatever was in memory: only the shape is known."""


ANALYTIC: Final = Smoothness.ANALYTIC
LINEAR: Final = Smoothness.LINEAR
PIECEWISE: Final = Smoothness.PIECEWISE
SPECTRAL: Final = Smoothness.SPECTRAL
REFUSED: Final = Smoothness.REFUSED
CONSTANT: Final = Smoothness.CONSTANT
UNDETERMINED: Final = Smoothness.UNDETERMINED
LINEAR_BY_PARTS: Final = Smoothness.LINEAR_BY_PARTS
ANALYTIC_BY_PARTS: Final = Smoothness.ANALYTIC_BY_PARTS

DIFFERENTIABLE: Final = (ANALYTIC, LINEAR, PIECEWISE, SPECTRAL)
BY_PARTS: Final = (LINEAR_BY_PARTS, ANALYTIC_BY_PARTS)


@dataclass(frozen=True, slots=True)
class Kink:
    """A point where an operator has no derivative, and the gradients of its sum there.

    `between` bounds what mathematics allows, where it allows anything; `choice` is what torch
    gives, where the operator alone decides.  Both are about each variable alike, but for a choice
    that is a tuple, which has one for each.  At a `tie` the result is any of the entries that are
    tied, and moves with them.
    """

    given: Given
    between: tuple[Any, Any] | None
    choice: Any = None
    tie: bool = False


@dataclass(frozen=True, slots=True)
class OrNan:
    """A gradient of which any value in an interval is sound, and so is NaN."""

    low: Any
    high: Any


def or_nan(low: Any, high: Any = None) -> OrNan:
    """Write an interval, or one value."""
    return OrNan(low, low if high is None else high)


@dataclass(frozen=True, slots=True)
class End:
    """A point where a domain ends, or where numbers do: at infinity, overflow and NaN.

    `limit` is what the gradients of the sum, with `weights`, tend to from inside the domain; None
    where mathematics has nothing to say.  `choice` is what torch gives where it is free.  Both are
    about each variable alike, but for a tuple, which has one for each.
    """

    given: Given
    limit: Any = None
    choice: Any = None
    weights: Any = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """One operator.

    `several` says when it returns several tensors: `always`, or the parameter that must be given.
    `sign` is how Python writes it, where it has a sign; `torch` how torch does, where it is neither
    `torch.NAME(...)` nor, with `method`, `x.NAME(...)`, and None where it has only the sign.
    `bundle` is the word that an adapter declares it with, if not alone; what is in `values` is
    the arithmetic of the host language and has its sign in every engine.

    `means` is what it gives for each number, in the names of mathematics; nothing in a run reads
    it, and the formula is held to it in forty digits.  A function of one number that mpmath has
    under the same name means that one.

    `formula` gets its arguments in the order of the signature, those that come after one left out
    by name.  It is `tame` if neither its values nor its slopes are larger than one in size.
    `calls`, `kinks` and `ends` are named; the name of the plain call is empty.  `has_inplace`
    adds the form `NAME_`, which is `inplace`, and a `form_of` NAME; `has_room` says that the result
    has always room in `x`, into which the other operands are put.

    What an operator with several results leaves open, such as a sign, is not asked: `settled` makes
    of the results of an engine what is determined, and the formula gives that.

    `keeps` names the operands and results that torch keeps for the derivative, if that is not what
    `gradspec.catalogue.keeping` makes of the formula; it is `?` where it is left open.  It
    `promotes` operands of several types to one, if that is not for the reason that they are
    broadcast, and `converts` to a type that it names.  It `factors` matrices, which must not be
    singular; no `halves`, and nothing that is factored, are asked in float16.  Rounding comes back
    from its derivative, or from that of its formula, `condition` times.  It `hands_on` a
    cotangent as a view of itself, or of a part; is `of_memory` where it is about how its operand
    lies in memory, and may refuse.  It is `particular` where it refuses shapes for which the
    formula has numbers, `dimensioned` where it refuses a number alone, and `lenient` where it takes
    shapes for which the formula has none.

    It `takes_nan` where it does something with NaN other than to pass it on: puts it in order,
    leaves it out.  Where it `cancels`, infinities or NaN may meet on the way, in some orders of its
    steps, whose result they do not decide.

    It is `holomorphic` if it takes complex numbers, too, and its formula is a holomorphic function
    of them; where it is another one, `of_parts` is its formula, by real and imaginary parts, and
    `settled_of_parts` says what of its results is determined.

    An engine may have it without the parameters that stand `apart`: each is an ability of its own,
    `op:NAME.PARAMETER`.  A parameter that a row gets later stands there, since adapters were
    written to the signature as it was.
    """

    name: str
    signature: Signature
    formula: Callable[..., Any] | None = None
    means: str = ""
    smoothness: Smoothness = Smoothness.LINEAR
    calls: Mapping[str, Given] = field(default_factory=dict)
    kinks: Mapping[str, Kink] = field(default_factory=dict)
    ends: Mapping[str, End] = field(default_factory=dict)
    several: str = ""
    sign: str = ""
    torch: str | None = ""
    bundle: str = ""
    tame: bool = False
    method: bool = False
    has_inplace: bool = False
    has_room: bool = False
    inplace: bool = False
    form_of: str = ""
    settled: Callable[..., Any] | None = None
    keeps: str | None = None
    promotes: bool | None = None
    factors: bool = False
    condition: float = 1.0
    halves: bool = True
    converts: bool = False
    hands_on: bool = False
    particular: bool = False
    dimensioned: bool = False
    lenient: bool = False
    of_memory: bool = False
    takes_nan: bool = False
    cancels: bool = False
    holomorphic: bool = False
    of_parts: Callable[..., Any] | None = None
    settled_of_parts: Callable[..., Any] | None = None
    apart: str = ""

    def gives_several(self, given: Iterable[str]) -> bool:
        """Say whether a call with these arguments returns several tensors."""
        return self.several == ALWAYS or (bool(self.several) and self.several in given)

    def named(self, call: str) -> str:
        """Name a call or a kink among those of all operators."""
        return f"{self.name}_{call}" if call else self.name

    def telling(self) -> Call:
        """Give the call that tells most: on arrays that broadcast, on arrays, or the plain one."""
        name = next(
            (n for n in ("broadcast", "array", "") if n in self.calls), next(iter(self.calls))
        )
        return Call(self, self.named(name), self.calls[name])

    def gives_truth(self) -> bool:
        """Say whether it says of numbers whether something is so."""
        if self.smoothness is not Smoothness.CONSTANT or self.formula is None:
            return False
        call = self.telling()
        return np.asarray(call.value(call.sample())).dtype.kind == "b"

    def form_in_place(self) -> Operator:
        """Give the form that writes its result into its first operand, where that has room.

        What is true is 1 there, and what is not is 0.
        """
        return replace(
            self,
            name=f"{self.name}_",
            formula=in_numbers(self.formula) if self.gives_truth() else self.formula,
            signature=Signature.read(_without_place(self.signature.text)),
            calls={
                name: given
                for name, given in self.calls.items()
                if self.has_room or _has_room(Call(self, name, given))
            },
            kinks={},
            ends={},
            sign="",
            torch=self.torch
            and _without_place(self.torch).replace(f"{self.name}(", f"{self.name}_("),
            bundle="",
            method=True,
            has_inplace=False,
            inplace=True,
            form_of=self.name,
            apart="" if self.apart in ("inplace", "dtype") else self.apart,
        )


def in_numbers(formula: Callable[..., Any] | None) -> Callable[..., Any]:
    """Give the formula with 1 for what is true."""

    def of_numbers(*operands: Any, **given: Any) -> Any:
        return np.asarray(formula and formula(*operands, **given), np.float64)

    return of_numbers


def _without_place(text: str) -> str:
    """Leave out what says where the result goes, and of which type it is."""
    for option in (", out=None", ", inplace=False", ", $(inplace=$inplace)", ", *, dtype=None"):
        text = text.replace(option, "")
    return text


def _has_room(call: Call) -> bool:
    operands = {name: value for name, value in call.given.items() if isinstance(value, Operand)}
    if "x" not in operands:
        return False
    try:
        shape = np.broadcast_shapes(*(operand.shape for operand in operands.values()))
    except ValueError:  # of a product, whose factors need not broadcast
        shape = np.shape(call.value(call.sample()))
    return shape == operands["x"].shape


def row(
    called: str,
    formula: Callable[..., Any] | None,
    smoothness: Smoothness,
    plain: Given | None = None,
    /,
    *,
    means: str = "",
    kinks: Mapping[str, Kink] | None = None,
    ends: Mapping[str, End] | None = None,
    several: str = "",
    sign: str = "",
    torch: str | None = "",
    bundle: str = "",
    tame: bool = False,
    method: bool = False,
    has_inplace: bool = False,
    has_room: bool = False,
    inplace: bool = False,
    settled: Callable[..., Any] | None = None,
    keeps: str | None = None,
    promotes: bool | None = None,
    factors: bool = False,
    condition: float = 1.0,
    halves: bool = True,
    converts: bool = False,
    hands_on: bool = False,
    particular: bool = False,
    dimensioned: bool = False,
    lenient: bool = False,
    of_memory: bool = False,
    takes_nan: bool = False,
    cancels: bool = False,
    holomorphic: bool = False,
    of_parts: Callable[..., Any] | None = None,
    settled_of_parts: Callable[..., Any] | None = None,
    apart: str = "",
    **calls: Given,
) -> Operator:
    """Write a row: `NAME(PARAMETERS)`, the formula, the plain call, and other calls by name."""
    name, _, parameters = called.removesuffix(")").partition("(")
    return Operator(
        name=name,
        signature=Signature.read(parameters),
        formula=formula,
        means=means,
        smoothness=smoothness,
        calls=({} if plain is None else {"": plain}) | calls,
        kinks=kinks or {},
        ends=ends or {},
        several=several,
        sign=sign,
        torch=torch,
        bundle=bundle,
        tame=tame,
        method=method,
        has_inplace=has_inplace,
        has_room=has_room,
        inplace=inplace,
        settled=settled,
        keeps=keeps,
        promotes=promotes,
        factors=factors,
        condition=condition,
        halves=halves,
        converts=converts,
        hands_on=hands_on,
        particular=particular,
        dimensioned=dimensioned,
        lenient=lenient,
        of_memory=of_memory,
        takes_nan=takes_nan,
        cancels=cancels,
        holomorphic=holomorphic,
        of_parts=of_parts,
        settled_of_parts=settled_of_parts,
        apart=apart,
    )


def on(*shape: int, domain: Domain = REAL, **given: Any) -> Given:
    """Write a call: the shape of `x`, where it is drawn from, and the other arguments."""
    return {"x": Operand(shape, domain), **given}


def of(*shape: int, domain: Domain = REAL) -> Operand:
    """Write a further operand of a call."""
    return Operand(shape, domain)


def point(x: Any, **given: Any) -> Given:
    """Write a call at one point."""
    return {"x": np.array(x), **given}


@dataclass(frozen=True)
class Call:
    """One way to call an operator: parameter -> an operand to be drawn, or what is given."""

    operator: Operator
    name: str
    given: Given

    def sample(self) -> dict[str, Any]:
        """Draw the operands, the same in every run; nobody may write them."""
        return dict(self._sample)

    @functools.cached_property
    def _sample(self) -> Given:
        random = np.random.default_rng(zlib.crc32(self.name.encode()))
        taken: set[Any] = set()

        def drawn(value: Any) -> Any:
            if isinstance(value, Operand):
                array = value.domain.draw(random, value.shape, taken)
                array.setflags(write=False)  # all who ask get the same
                return array
            return [drawn(v) for v in value] if holds_tensors(value) else value

        return {name: drawn(value) for name, value in self.given.items()}

    def value(self, sample: Given) -> Any:
        """Compute the formula: an array, or a tuple of them."""
        formula = self.operator.formula
        if formula is None:
            raise TypeError(f"{self.operator.name} has no formula")
        names = self.operator.signature.names
        first = [sample[n] for n in itertools.takewhile(sample.__contains__, names)]
        rest = {n: sample[n] for n in names[len(first) :] if n in sample}
        result = formula(*first, **rest)
        return tuple(result) if self.gives_several else result

    @property
    def gives_several(self) -> bool:
        """Whether it gives a tuple."""
        return self.operator.gives_several(self.given)

    @property
    def tells_places(self) -> bool:
        """Whether it gives, beside values, the places where they are."""
        return self.gives_several and np.asarray(self.value(self.sample())[-1]).dtype.kind == "i"


def is_tensor(value: Any) -> bool:
    """Say whether a value of a sample is for a tensor, or a list of them."""
    return isinstance(value, np.ndarray | Operand) or holds_tensors(value)


def holds_tensors(value: Any) -> bool:
    """Say whether a value is a list of tensors."""
    return isinstance(value, list) and bool(value) and is_tensor(value[0])


def map_arrays(sample: Given, of_tensor: Callable[[Any], Any]) -> dict[str, Any]:
    """Replace every array of a sample, in order."""
    return {name: _replaced(value, of_tensor) for name, value in sample.items()}


def _replaced(value: Any, of_tensor: Callable[[Any], Any]) -> Any:
    if isinstance(value, np.ndarray):
        return of_tensor(value)
    return [_replaced(v, of_tensor) for v in value] if holds_tensors(value) else value


def variables(sample: Given) -> Iterator[Any]:
    """Give the arrays of a sample that an operator may be differentiated by, in order."""
    arrays: list[Any] = []
    map_arrays(sample, arrays.append)
    return (array for array in arrays if array.dtype.kind in "fc")


def replaced(sample: Given, points: Iterable[Any], constant: Callable[[Any], Any]) -> Given:
    """Put other things in the place of the variables, and make constants of the other arrays."""
    rest = iter(points)
    return map_arrays(sample, lambda a: next(rest) if a.dtype.kind in "fc" else constant(a))
