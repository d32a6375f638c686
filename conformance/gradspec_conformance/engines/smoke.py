"""`smoke(engine)`: whether the adapter itself is sound, before a word about gradients.

Each check yields findings: what was tried and, where it went wrong, what was found, what was
expected and what to do.  A clause that fails on an adapter that smokes is the engine's doing.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec.exceptions import Interrupted, text_of
from gradspec.port.errors import ERROR_KINDS
from gradspec_conformance.engines.asking import Asker
from gradspec_conformance.engines.smoke_operators import check_operators
from gradspec_conformance.engines.soundness import unsound

if TYPE_CHECKING:
    from gradspec.port.engine import Engine


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: its name, and what is wrong; nothing is wrong if `found` is None."""

    check: str
    found: str | None = None
    expected: str | None = None
    remedy: str | None = None

    @property
    def ok(self) -> bool:
        """Whether the check found nothing."""
        return self.found is None


Complaint = tuple[str, str, str]
Check = Callable[[Asker], Complaint | None]


def smoke(engine: Engine) -> Iterator[Finding]:
    """Try what the engine declares, one finding a check; nothing that it raises comes out."""
    complaint = unsound(engine)
    if complaint is not None:
        yield Finding("methods of the declared words", complaint, "all of them", "add them")
        return
    yield Finding("methods of the declared words")
    ask = Asker(engine)
    for name in _dtypes(ask):
        yield _tried(f"round trip of {name}", partial(_round_trip, dtype=name), ask)
    for name, words, check in CHECKS:
        if ask.has(*words.split()):
            yield _tried(name, check, ask)
    for name, try_it in check_operators(ask):
        yield _tried(name, partial(_ignoring, try_it), ask)
    for name, words, check in LAST:
        if ask.has(*words.split()):
            yield _tried(name, check, ask)


def _tried(name: str, check: Check, ask: Asker) -> Finding:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            complaint = check(ask)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - whatever an adapter raises is a finding
        told = f"{type(error).__name__}: {text_of(error)}"
        complaint = (told, "no exception", "mend the adapter")
    return Finding(name) if complaint is None else Finding(name, *complaint)


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
        back = ask("array", ask.tensor(array))
        if not isinstance(back, np.ndarray):
            return f"array() gave a {type(back).__name__}", "a NumPy array", remedy
        same = back.dtype == array.dtype and back.shape == array.shape
        if not same or back.tobytes() != array.tobytes():
            return f"{name} came back as {back!r}", repr(array), remedy
    return None


def _copies(ask: Asker) -> Complaint | None:
    array = np.array(2.0, ask.dtype)
    for flag in (False, True) if ask.has("tape") else (False,):
        tensor = ask.tensor(array, leaf=flag)
        array[...] = 7.0
        seen = float(ask("array", tensor))
        array[...] = 2.0
        if seen != array:
            return f"writing to the array changed the tensor to {seen}", "2.0", "copy in tensor()"
    return None


def _shows(ask: Asker) -> Complaint | None:
    x = ask.tensor(np.array(3.0, ask.dtype), leaf=True)
    y = ask("op:mul", x, x)
    seen = ask("array", y)
    ask("backward", y)
    grad = ask("array", ask("get:grad", x))
    if (float(seen), float(grad)) != (9.0, 6.0):
        found = f"x * x at 3 showed {seen}, and its grad is {grad}"
        return found, "9.0 and 6.0", "array() must look from outside and change nothing"
    return None


def _identity(ask: Asker) -> Complaint | None:
    number = np.array(1.0, ask.dtype)
    one, other = (ask.tensor(number, leaf=True) for _ in range(2))
    found = (ask("same_object", one, one), ask("same_object", one, other))
    if found == (True, False):
        return None
    return f"a tensor beside itself and another: {found}", "(True, False)", "compare identities"


def _error_kinds(ask: Asker) -> Complaint | None:
    for error in (ValueError("x"), KeyError("x"), Interrupted()):
        kind = ask.error_kind(error)
        if kind is not None:
            listed = "is listed" if kind in ERROR_KINDS else "is not even listed"
            found = f"{error!r} is taken for {kind!r}, which {listed}"
            return found, "None", "recognise only the engine's own errors"
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
        return f"it arrived as {type(error).__name__}: {error}", "gradspec.Interrupted", remedy
    return "it was swallowed", "gradspec.Interrupted", remedy


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
    return f"grad mode before, in and after no_grad: {found}", "(True, False, True)", "mend leave()"


def _nothing_left(ask: Asker) -> Complaint | None:
    if ask("is_grad_enabled"):
        return None
    return "grad mode is off after the checks", "on", "leave every mode that is entered"


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
