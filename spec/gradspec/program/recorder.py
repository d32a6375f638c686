"""Perform a program on an engine, step by step, and write down each step.

`perform` is the one door between a clause and an engine: it records the step, unwraps the objects,
has the engine do the act, checks that the answer is of the kind that the table promises, and wraps
it.
"""

from __future__ import annotations

import functools
import warnings
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np

from gradspec.exceptions import Failure, FailureKind, NothingThere, ProgramError, Refused
from gradspec.judging.comparison import COMPARISONS
from gradspec.port.acts import ACTS
from gradspec.port.functions import gives_of, slot_of_rule
from gradspec.port.slots import SLOTS
from gradspec.program import callbacks
from gradspec.program.acts_of_the_kit import KIT
from gradspec.program.answers import made, pattern, wrap
from gradspec.program.identity import ByIdentity
from gradspec.program.objects import Object, Tensor
from gradspec.program.observed import Observed
from gradspec.program.passing import (
    PLAIN,
    compared,
    demand_storable,
    described,
    handed,
    handle_of,
    is_function,
    stored,
    wrapped,
)
from gradspec.program.recording import Recording, current, went_on
from gradspec.program.steps import Function, Ref, Step, numbers
from gradspec.program.structure import mapped

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from gradspec.port.act import Act
    from gradspec.port.engine import Engine, Subject
    from gradspec.program.objects import FunctionHandle


class Recorder(Recording):
    """Performs and records one run of one clause; a context manager.

    It keeps warnings, and undoes what the run did to NumPy's treatment of floating-point errors.
    """

    def __init__(self, engine: Engine | Subject, *, seed: int = 0) -> None:
        super().__init__(engine)
        self.performed = 0
        self._seed = seed
        self._functions: ByIdentity[FunctionHandle] = ByIdentity()
        self._gradients: set[int] = set()
        self._catcher = warnings.catch_warnings(record=True)
        self._floating = np.errstate()

    def __enter__(self) -> Self:
        self._token = current.set(self)
        self._floating.__enter__()
        log = self._catcher.__enter__()
        self.warnings = [] if log is None else log
        warnings.simplefilter("always")
        if "reset" in self.subject.abilities:
            with suppress(Exception):  # what an engine does not restore is for clauses to say
                self.subject.ask(ACTS["reset"], {})
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if not isinstance(error, ProgramError):
            went_on(self.program.steps)
        self._catcher.__exit__(kind, error, traceback)
        self._floating.__exit__(kind, error, traceback)
        current.reset(self._token)

    @functools.cached_property
    def random(self) -> np.random.Generator:
        """What draws the arrays of the run."""
        return np.random.default_rng(self._seed)

    # performing -----------------------------------------------------------------------
    def perform(self, key: str, /, *arguments: Any, **keywords: Any) -> Any:
        """Do one act; raises Refused if the engine raises, and what its callbacks raise."""
        act, steps = ACTS[key], self._threads.blocks[-1]
        before = len(steps)
        try:
            if act.by_kit:
                return KIT[key](self, **act.signature.bind(arguments, keywords))
            answer = self._performed(act, arguments, keywords)
            if self.answers is not None and type(answer) is Tensor:
                self.answers.append(answer)
        except Refused as refused:
            if len(steps) > before:
                steps[-1].refused = refused.kind or "unknown"
            raise
        except ProgramError as error:
            self._keep_if_running(error)
            raise
        return answer

    def _performed(self, act: Act, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        step, given, passed = self.begun(act, arguments, keywords)
        if _is_asked_of_none(act, given):
            text = f"{act.name} was asked of a gradient that is None"
            raise self.refused(act.name, step, self.own(NothingThere(text)))
        answer = self.asked(act, step, passed)
        result = wrap(self, step, _kind_of_answer(act, given), answer, some=act.some)
        if act.key == "get:grad" and type(result) is Tensor:
            self._gradients.add(result._number)
        step.makes = pattern(result) if act.gives == "structure" else made(result)
        return result

    def begun(
        self, act: Act, arguments: tuple[Any, ...], keywords: dict[str, Any]
    ) -> tuple[Step, dict[str, Any], dict[str, Any]]:
        """Record an act; give its step, its arguments, and what the engine gets for them."""
        self.performed += 1
        given = act.signature.bind(arguments, keywords)
        self.require(act.needs(given))
        if self._gradients and self._is_asked_of_a_gradient(act, given):
            self.require(frozenset({"gradient_tensors"}))
        step = Step(act.key)
        passed = {name: self._passed(act, step, name, given) for name in given}
        self.record(step)
        return step, given, passed

    def _is_asked_of_a_gradient(self, act: Act, given: dict[str, Any]) -> bool:
        """Say whether a gradient is asked for more than plain numbers can do."""
        if act.key in DONE_WITH_NUMBERS:
            return False
        values = list(given.values())[:1] if "inplace" in act.words else given.values()
        return any(type(v) is Tensor and v._number in self._gradients for v in values)

    def _passed(self, act: Act, step: Step, name: str, given: dict[str, Any]) -> Any:
        """Note one argument in the step, and give what the engine gets for it."""
        value, kind = given[name], act.signature.kinds.get(name, "")
        if kind != "structure":  # nearly always it is one of these
            if type(value) in PLAIN:
                step.given[name] = value
                return value
            if type(value) is Tensor:
                step.given[name] = Ref(value._number)
                return handle_of(value)
        if kind in SLOTS and is_function(value):
            slot = slot_of_rule(name, given) if act.key == "define" else kind
            step.given[name] = record = Function(self.number(), slot)
            return callbacks.facing_the_engine(self, value, record)
        if is_function(value) or isinstance(value, list | tuple | dict):
            value = given[name] = self.with_functions(value)
        if kind == "structure":
            step.given[name] = stored(value)
            return wrapped(value)
        if not isinstance(value, Object):
            demand_storable(value)
        step.given[name] = described(value)
        return handed(value)

    def with_functions(self, value: Any) -> Any:
        """Give a structure with functions of the engine for those of the caller's."""
        return self.function(value) if is_function(value) else mapped(value, self.with_functions)

    def function(self, function: Callable[..., Any]) -> FunctionHandle:
        """Make a caller's function a function of the engine, once."""
        known = self._functions.get(function)
        if known is None:
            known = self._functions.put(function, self.perform("define", body=function))
        return known

    # demands --------------------------------------------------------------------------
    def expect(self, found: Any, check: str, expected: Any, options: dict[str, Any]) -> None:
        """Compare what was found with what is expected; raises Failure."""
        given = {"found": described(found), "check": check} | options
        if expected is not None:
            given["expected"] = described(expected)
        if not list(numbers(given["found"])):
            raise TypeError(
                f"{found!r} is nothing that an engine said: it cannot be demanded of it"
            )
        self.record(Step("expect", given))
        self.assertions += 1
        failure = COMPARISONS[check](compared(found), compared(expected), **options)
        if failure is not None and getattr(found, "absent", False):
            kind, text = FailureKind.MISSING_GRADIENT, "no gradient, which a product takes for zero"
            failure = Failure(kind, text, failure.found, failure.expected)
        if failure is not None:
            raise self.failed(failure)


DONE_WITH_NUMBERS: Final = frozenset(
    {"array", "shape", "set:grad"}
    | {key for key, act in ACTS.items() if act.family == "op" and act.bundle == "values"}
)
"""Acts that a gradient can take part in also if it is a plain number or array."""


def _kind_of_answer(act: Act, given: dict[str, Any]) -> str:
    match act.gives:
        case "as declared":
            return str(given["function"].gives)
        case "as named":
            return gives_of(given["name"])
    return act.kind_given(given)


DIFFERENTIATED: Final = {
    "backward": ("root", "inputs"),
    "grad": ("outputs", "inputs"),
    "gradient_edge": ("tensor",),
}
"""Act -> its arguments that are tensors of the graph, one or several."""


def _is_asked_of_none(act: Act, given: dict[str, Any]) -> bool:
    if act.key in DIFFERENTIATED:
        values = [given.get(name) for name in DIFFERENTIATED[act.key]]
    elif act.on == "tensor":
        values = [*given.values()]
        if act.family != "op":
            del values[1:]
    else:
        return False
    for value in values:
        if type(value) is Tensor:
            continue
        for member in value if isinstance(value, list | tuple) else (value,):
            if type(member) is Observed and member._value is None:
                return True
    return False
