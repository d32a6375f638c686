"""`smoke(engine)`: whether the adapter itself is sound, before a word about gradients.

Each check yields findings: what was tried and, where it went wrong, what was found, what was
expected, whose fault it is, where to look and what to do.  A clause that fails on an adapter that
does not smoke is the engine's doing.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np

from gradspec.exceptions import Interrupted, text_of
from gradspec.port.acts import ACTS
from gradspec.port.errors import ERROR_KINDS
from gradspec.port.phrase import CONSTRUCTORS
from gradspec_conformance.engines.asking import Asker
from gradspec_conformance.engines.fault import (
    Complaint,
    Party,
    is_inherited,
    phrases,
    place,
    raised,
)
from gradspec_conformance.engines.smoke_cotangents import check_cotangents
from gradspec_conformance.engines.smoke_operators import check_operators
from gradspec_conformance.engines.soundness import unsound
from gradspec_conformance.exceptions import UnsoundAnswer

if TYPE_CHECKING:
    from gradspec.port.engine import Engine


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: its name, and what is wrong; nothing is wrong if `found` is None.

    `where` is the place in the adapter that speaks of what was asked, `trace` the lines of the
    adapter and the engine that an exception came through.
    """

    check: str
    found: str | None = None
    expected: str | None = None
    remedy: str | None = None
    whose: Party | None = None
    where: str | None = None
    trace: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether the check found nothing."""
        return self.found is None

    @classmethod
    def of(cls, check: str, complaint: Complaint | None, where: str | None = None) -> Self:
        """Make one of what a check complains of."""
        if complaint is None:
            return cls(check)
        told = (complaint.found, complaint.expected, complaint.remedy, complaint.whose)
        return cls(check, *told, where, complaint.trace)


Check = Callable[[Asker], Complaint | None]


Trial = Callable[[], Finding]


def smoke(engine: Engine) -> Iterator[Finding]:
    """Try what the engine declares, one finding a check; nothing that it raises comes out."""
    return (tried() for _, tried in trials(engine))


def trials(engine: Engine) -> Iterator[tuple[str, Trial]]:
    """Give the name of each check, and what does it."""
    complaint = unsound(engine)
    lacking = None if complaint is None else Complaint(complaint, "all of them", "add them")
    name = "methods of the declared words"
    yield name, partial(Finding.of, name, lacking)
    if complaint is not None:
        return
    ask = Asker(engine)
    for name, check in _checks(ask):
        yield name, partial(_tried, name, check, ask)


def _checks(ask: Asker) -> Iterator[tuple[str, Check]]:
    for name in _dtypes(ask):
        yield f"round trip of {name}", partial(_round_trip, dtype=name)
    yield from ((name, check) for name, words, check in CHECKS if ask.has(*words.split()))
    for name, try_it in (*check_operators(ask), *check_cotangents(ask)):
        yield name, partial(_ignoring, try_it)
    yield from ((name, check) for name, words, check in LAST if ask.has(*words.split()))


def _tried(name: str, check: Check, ask: Asker) -> Finding:
    ask.last = ask.looking = None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            complaint = check(ask)
    except KeyboardInterrupt:
        raise
    except UnsoundAnswer as error:
        complaint = _unsound_answer(error, ask)
    except BaseException as error:  # noqa: BLE001 - whatever an adapter raises is a finding
        complaint = _raised(name, error, ask)
    if complaint is None:
        return Finding(name)
    act = ACTS.get(complaint.act or ask.last or "")
    return Finding.of(name, complaint, None if act is None else place(ask.engine, act))


def _raised(name: str, error: BaseException, ask: Asker) -> Complaint:
    """Complain of what an act raised, or of what array() could not look at."""
    complaint = raised(error, ask.engine)
    if ask.looking is not None and ask.looking not in CONSTRUCTORS:
        found = f"{complaint.found}, when array() looked at what {ACTS[ask.looking].name} gave"
        remedy = "give back a tensor of the engine's, or let array() show this too"
        return replace(complaint, found=found, remedy=remedy, act=ask.looking)
    act = ACTS.get(ask.last or "")
    if act is not None and complaint.whose is Party.ADAPTER and is_inherited(ask.engine, act):
        remedy = f"write a phrase for {act.name} that the engine understands, or {act.name} = false"
        if name.endswith("_of_number"):
            text = phrases(ask.engine, act)[0].text.replace("$x", "${x:tensor}")
            remedy = f'let a number stand first in the engine, or say: {act.name} = "{text}"'
        return replace(complaint, remedy=remedy)
    return complaint


def _unsound_answer(error: UnsoundAnswer, ask: Asker) -> Complaint:
    """Say whose an answer is that is no tensor: a phrase gives what the engine gives."""
    is_said = bool(phrases(ask.engine, ACTS[error.key])) and error.key != "array"
    whose = Party.EITHER if is_said else Party.ADAPTER
    remedy = "give back what the engine computed"
    if is_said and error.found.endswith("None"):
        remedy += "; if its function gives None, write a phrase that does not"
    return Complaint(error.found, error.expected, remedy, whose, error.key)


def _ignoring(check: Callable[[], Complaint | None], _ask: Asker) -> Complaint | None:
    return check()


def _dtypes(ask: Asker) -> list[str]:
    declared = (word.removeprefix("dtype:") for word in ask.abilities if "dtype:" in word)
    return sorted(declared) or [ask.dtype.name]


def _arrays(dtype: str, *, shaped: bool) -> dict[str, Any]:
    """Make arrays that a conversion likes to lose."""
    numbers = np.arange(6).reshape(2, 3).astype(dtype)
    arrays: dict[str, Any] = {"0-d": numbers[0, 1].copy()}
    if np.dtype(dtype).kind == "f":
        special = np.array([np.nan, np.inf, -np.inf, -0.0, np.finfo(dtype).tiny], dtype)
        arrays |= {f"the number {v}": np.array(v) for v in special}
    if shaped:
        arrays |= {
            "shape (2, 3)": numbers,
            "an empty array": np.empty((0, 3), dtype),
            "a transposed array": numbers.T,
            "every other entry": numbers[:, ::2],
        }
    return {name: np.asarray(array, dtype) for name, array in arrays.items()}


def _round_trip(ask: Asker, dtype: str) -> Complaint | None:
    remedy = "make tensor() and array() keep values, shape and dtype as they are"
    for name, array in _arrays(dtype, shaped=ask.has("arrays")).items():
        back = ask.shown(ask.tensor(array), "tensor")
        same = back.dtype == array.dtype and back.shape == array.shape
        if not same or back.tobytes() != array.tobytes():
            return Complaint(f"{name} came back as {back!r}", repr(array), remedy, act="tensor")
    return None


def _copies(ask: Asker) -> Complaint | None:
    array = np.array(2.0, ask.dtype)
    for flag in (False, True) if ask.has("tape") else (False,):
        tensor = ask.tensor(array, leaf=flag)
        array[...] = 7.0
        act = "leaf" if flag else "tensor"
        seen = ask.shown(tensor, act)
        array[...] = 2.0
        if seen.shape == () and seen != array:
            found = f"writing to the array changed the tensor to {seen}"
            return Complaint(found, "2.0", f"copy in {act}()", act=act)
    return None


def _shows(ask: Asker) -> Complaint | None:
    x = ask.tensor(np.array(3.0, ask.dtype), leaf=True)
    y = ask("op:mul", x, x)
    seen = ask.shown(y, "op:mul")
    ask("backward", y)
    square, slope = 9.0, 6.0
    if seen.shape or seen != square:
        remedy = "let mul multiply, and array() change nothing"
        return Complaint(f"x * x at 3 showed {seen}", "9.0", remedy, Party.EITHER, "op:mul")
    grad = ask("get:grad", x)
    if grad is None:
        remedy = "let leaf() make what gradients arrive in, and x.grad be where they are"
        told = ("the grad of x is None after backward()", "6.0", remedy)
        return Complaint(*told, Party.EITHER, "get:grad")
    found = ask.shown(grad, "get:grad")
    if found.shape == () and found == slope / 2:
        remedy = "add to the gradient that is there, where it is assigned"
        told = (f"the grad of x * x at 3 is {found}, one path's share of two", "6.0", remedy)
        return Complaint(*told, Party.ENGINE, "backward")
    if found.shape or found != slope:
        remedy = "array() must look from outside and change nothing; if it does, mend the engine"
        told = (f"x * x at 3 showed 9.0, and the grad of x is {found}", "6.0", remedy)
        return Complaint(*told, Party.EITHER, "backward")
    return None


def _identity(ask: Asker) -> Complaint | None:
    number = np.array(1.0, ask.dtype)
    one, other = (ask.tensor(number, leaf=True) for _ in range(2))
    found = (ask("same_object", one, one), ask("same_object", one, other))
    if found == (True, False):
        return None
    told = f"a tensor beside itself and another: {found}"
    return Complaint(told, "(True, False)", "compare identities")


def _error_kinds(ask: Asker) -> Complaint | None:
    for error in (ValueError("x"), KeyError("x"), Interrupted()):
        kind = ask.error_kind(error)
        if kind is not None:
            listed = "is listed" if kind in ERROR_KINDS else "is not even listed"
            found = f"{error!r} is taken for {kind!r}, which {listed}"
            return Complaint(found, "None", "recognise only the engine's own errors")
    return None


def _interrupting(*_anything: Any) -> Any:
    raise Interrupted


def _passes_on(act: Callable[[], Any]) -> Complaint | None:
    remedy = "let what a function of the caller raises through as it is"
    try:
        act()
    except Interrupted:
        return None
    except Exception as error:  # noqa: BLE001 - the wrong one is the finding
        found = f"it arrived as {type(error).__name__}: {text_of(error)}"
    else:
        found = "it was swallowed"
    return Complaint(found, "gradspec.Interrupted", remedy, Party.EITHER)


def _hook_raises(ask: Asker) -> Complaint | None:
    x = ask.tensor(np.array(3.0, ask.dtype), leaf=True)
    y = ask("op:mul", x, x)
    ask("register_hook", x, _interrupting)
    return _passes_on(lambda: ask("backward", y))


def _function_raises(ask: Asker) -> Complaint | None:
    x = ask.tensor(np.array(1.0, ask.dtype))
    product = ask("transform:vjp", ask("define", body=_interrupting))
    return _passes_on(lambda: ask("call", product, [x]))


def _modes(ask: Asker) -> Complaint | None:
    before = ask("is_grad_enabled")
    mode = ask("mode:no_grad")
    inside = ask("is_grad_enabled")
    ask.leave(mode)
    found = (before, inside, ask("is_grad_enabled"))
    if found == (True, False, True):
        return None
    told = f"grad mode before, in and after no_grad: {found}"
    return Complaint(told, "(True, False, True)", "mend leave()", act="mode:no_grad")


def _nothing_left(ask: Asker) -> Complaint | None:
    if ask("is_grad_enabled"):
        return None
    return Complaint("grad mode is off after the checks", "on", "leave every mode that is entered")


CHECKS: Final[list[tuple[str, str, Check]]] = [
    ("tensor() copies", "values", _copies),
    ("array() shows and does not record", "tape op:mul", _shows),
    ("same_object() knows a tensor from another", "tape same_object", _identity),
    ("error_kind() leaves other errors alone", "values", _error_kinds),
    ("what a hook raises comes through", "tape op:mul register_hook", _hook_raises),
    (
        "what a differentiated function raises comes through",
        "rule:body transform:vjp",
        _function_raises,
    ),
    ("enter() and leave() are a pair", "mode:no_grad is_grad_enabled", _modes),
]
"""Name of a check, the words it needs, and the check."""

LAST: Final[list[tuple[str, str, Check]]] = [
    ("no state is left behind", "mode:no_grad is_grad_enabled", _nothing_left),
]
"""Checks of what all others may have left."""
