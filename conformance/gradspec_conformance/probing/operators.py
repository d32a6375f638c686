"""Operators: what computes the catalogue's own samples is what it is called like."""

from __future__ import annotations

import itertools
import operator as signs
import re
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec.catalogue.operator import (
    CONSTANT,
    DIFFERENTIABLE,
    UNDETERMINED,
    Call,
    map_arrays,
    replaced,
    variables,
)
from gradspec.catalogue.operators import OPERATORS
from gradspec.catalogue.slopes import pulled_back
from gradspec.port.acts import ACTS
from gradspec.port.phrase import Phrase
from gradspec_conformance.engines.smoke_operators import OperatorTrial
from gradspec_conformance.probing.draft import Bench, NotShown
from gradspec_conformance.probing.names import (
    AGAIN,
    ARRAYS_WILL_DO,
    FORWARDING,
    NOT_GUESSED,
    SIGNS,
)
from gradspec_conformance.probing.names import OPERATORS as NAMES
from gradspec_conformance.probing.spellings import (
    WITHOUT_GRADIENT,
    kind_of,
    spellings,
    typed,
    written,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gradspec.catalogue.operator import Operator
    from gradspec_conformance.probing.draft import Draft
    from gradspec_conformance.probing.surroundings import Surroundings

LONGEST: Final = 40
"""How many characters of a value are told."""

CONVERTING: Final = {"float": "float32", "double": "float64", "long": "int64"}

DIMENSIONS: Final[dict[str, Any]] = {"several_dims": (0, 2), "negative_dims": -2}
"""Ability -> what is given for `dim` by who has it."""

REDUCTIONS: Final = ("sum", "mean")
"""Operators that show how dimensions are named."""

ENOUGH: Final = 6
"""Functions of one name that are tried."""

ARITHMETIC: Final = {"add": signs.add, "sub": signs.sub, "mul": signs.mul, "div": signs.truediv}
"""Operators that are asked for numbers too, which no sample of theirs has."""


class Operators:
    """Tries what may be an operator on the samples of its calls."""

    def __init__(self, draft: Draft, around: Surroundings, tensor_class: type) -> None:
        self.draft = draft
        self.around = around
        self.tensor_class = tensor_class
        self.functional = "backward" not in draft.phrases
        self._is_differentiated = True
        self._narrower: tuple[str, ...] = ()

    def find_all(self) -> None:
        """Find the phrases of all operators; conversions follow from the general one."""
        for name in sorted(OPERATORS, key=lambda name: name != "to"):
            operator = OPERATORS[name]
            guessed = name not in NOT_GUESSED and operator.formula is not None
            if guessed and not (self.functional and operator.inplace):  # a trace has no memory
                self.find(operator)
        for name in ARITHMETIC:
            self._find_numbers(name)
        self._find_dimensions()

    def _find_dimensions(self) -> None:
        """Find how dimensions may be named, where every reduction that is there shows it."""
        keys = [f"op:{name}" for name in REDUCTIONS if self.draft.phrases.get(f"op:{name}")]
        for word, dim in DIMENSIONS.items():
            experiment = partial(_reduces, dim=dim)
            shown = [self.draft.shows(key, (), partial(experiment, key=key)) for key in keys]
            if shown and all(shown):
                self.draft.also.append(word)

    def _find_numbers(self, name: str) -> None:
        """Say no more than that tensors can stand where a number is refused.

        Python lets `x * 2.0` be one method and `2.0 * x` another, and one of them may be missing.
        """
        key = f"op:{name}"
        for place in OPERATORS[name].signature.required:
            texts = self.draft.phrases.get(key, ACTS[key].python)
            # the general phrase says why, also where a sample has narrowed it already
            general = tuple(text.replace(f"${{{place}:tensor}}", f"${place}") for text in texts)
            experiment = partial(_takes_a_number, name=name, place=place)
            if texts and not self.draft.shows(key, general, experiment):
                why = self.draft.notes[key].pop().removeprefix(f"{' | '.join(general)}: ")
                narrower = tuple(
                    re.sub(rf"\${place}\b", f"${{{place}:tensor}}", t) for t in general
                )
                self.draft.phrases[key] = narrower
                side = "left" if place == "x" else "right"
                self.draft.remarks.append(f"`{name}` takes no number on its {side}: {why}.")

    def find(self, operator: Operator) -> None:
        """Take the phrase that says most calls, and others for what it does not say.

        Of two that compute the same the one is preferred that is differentiated rightly: a name
        may stand for several functions of an engine, or of NumPy's.
        """
        key = f"op:{operator.name}"
        calls = self._calls(operator)
        if not calls:
            return
        chosen: list[str] = []
        said: set[str] = set()
        doubtful: list[tuple[str, set[str]]] = []

        def take(text: str, right: set[str]) -> None:
            nonlocal chosen, said
            if right - said:
                chosen = [text] if right > said else [*chosen, text]
                said |= right

        tried: set[str] = set()
        for text in self._guesses(operator, calls):
            if len(said) == len(calls):
                break
            # what is tried again stands behind other phrases, and need not say what they do
            asked = {n: c for n, c in calls.items() if text not in tried or n not in said}
            tried.add(text)
            right = self._right(operator, asked, text)
            if self._is_differentiated:
                take(text, right)
            elif operator.name not in AGAIN:
                doubtful.append((text, right))
            else:
                self.draft.note(key, (text,), "the value is right and the gradient is not")
        for text, right in doubtful:
            take(text, right)
        inherited = ACTS[key].python
        if chosen != [*inherited] and (chosen or inherited):
            self.draft.phrases[key] = tuple(chosen)
        if not chosen:
            self.draft.notes.setdefault(key, [])

    def _calls(self, operator: Operator) -> dict[str, Call]:
        """Give the calls that the engine's tensors allow."""
        ask = self.draft.ask()
        calls = {}
        for name, given in operator.calls.items():
            call = Call(operator, operator.named(name), given)
            arrays: list[Any] = []
            map_arrays(call.sample(), arrays.append)
            words = {f"dtype:{a.dtype.name}" for a in arrays if a.dtype.kind != "f"}
            words |= {"arrays"} if any(a.ndim for a in arrays) else set()
            words |= {f"dtype:{given['dtype']}"} if isinstance(given.get("dtype"), str) else set()
            if "dtype:float64" in words and not ask.has("dtype:float64"):
                continue
            if "alpha" not in given and ask.has(*words):
                calls[name] = call
        return calls

    def _right(self, operator: Operator, calls: dict[str, Call], text: str) -> set[str]:
        """Name the calls that a phrase says and computes; none if it computes one wrongly."""
        right: set[str] = set()
        self._is_differentiated = True
        self._narrower = ()
        key = f"op:{operator.name}"
        waiting = sorted(calls, key=lambda name: len(calls[name].given))
        is_late = False
        for name in waiting:
            covered: list[bool] = []
            experiment = partial(self._trial, call=calls[name], covered=covered)
            if self.draft.shows(key, (text,), experiment):
                right |= {name} if covered else set()
                self._is_differentiated &= all(covered)
            elif not is_late and self._is_doubtful(calls, waiting, name):
                is_late = True  # asked again when it is known if such arguments are understood
                waiting.append(name)
            elif not self._is_its_own_fault(calls, calls[name], right):
                narrowed = _narrowed(text, [calls[n] for n in right], calls[name])
                self._narrower = tuple(narrowed)
                return set()
        given = {name for call in right for name in calls[call].given}
        mentioned = Phrase.read(text).mentioned
        if mentioned <= given | {*operator.signature.required}:
            return right
        self.draft.note(key, (text,), f"no sample shows {', '.join(sorted(mentioned - given))}")
        return set()

    def _is_its_own_fault(self, calls: dict[str, Call], call: Call, right: set[str]) -> bool:
        """Say whether the same arguments were understood, with other shapes or numbers."""
        understood = any(_form(calls[name]) == _form(call) for name in right)
        return understood and self._was_refused(call)

    def _is_doubtful(self, calls: dict[str, Call], waiting: list[str], name: str) -> bool:
        """Say whether a call was refused, and one with the same arguments is still to come."""
        later = waiting[waiting.index(name) + 1 :]
        alike = any(_form(calls[other]) == _form(calls[name]) for other in later)
        return alike and self._was_refused(calls[name])

    def _was_refused(self, call: Call) -> bool:
        """Say whether a call raised, and was not merely answered otherwise."""
        raised = self.draft.notes[f"op:{call.operator.name}"][-1]
        return "value is" not in raised and "an operator" not in raised

    def _trial(self, bench: Bench, call: Call, covered: list[bool]) -> None:
        trial = OperatorTrial(bench.ask, call)
        if not bench.ask.covers(trial.act.key, trial.sample):
            return
        result = self._result(trial)
        complaint = trial.compared(result)
        if complaint is not None:
            raise NotShown(
                f"the value is {_short(complaint.found)}, and not {_short(complaint.expected)}"
            )
        slopes = True
        if bench.ask.has("get:requires_grad") and self._makes_constants(call.operator):
            for one in result if isinstance(result, tuple | list) else [result]:
                if bench.ask("get:requires_grad", one) is not False:
                    raise NotShown("what it makes requires grad")
        if call.operator.smoothness in DIFFERENTIABLE and not call.operator.inplace:
            slopes = (self._is_traced if self.functional else self._is_followed)(bench, trial)
        covered.append(slopes)

    def _result(self, trial: OperatorTrial) -> Any:
        """Compute a call; where no derivative is, a leaf may be refused, and not a constant."""
        try:
            return trial.result()
        except Exception:
            if not self._makes_constants(trial.call.operator) or not trial.ask.has("constants"):
                raise
            return trial.result(leaves=False)

    def _makes_constants(self, operator: Operator) -> bool:
        constant = operator.smoothness in (CONSTANT, UNDETERMINED) and not operator.inplace
        return constant and operator.name not in ARRAYS_WILL_DO

    def _is_followed(self, bench: Bench, trial: OperatorTrial) -> bool:
        """See that a gradient can come through, and say if it is right; raises NotShown."""
        points = list(variables(trial.sample))
        leaves = [bench.ask.tensor(point, leaf=True) for point in points]
        given = replaced(trial.sample, leaves, bench.ask.tensor)
        result = bench.ask(trial.act.key, **given)
        for one in result if isinstance(result, tuple | list) else [result]:
            if not isinstance(one, self.tensor_class):
                raise NotShown(f"an operator gives a tensor, and no {type(one).__name__}")
        if trial.call.operator.name in FORWARDING:
            self._is_forwarded(bench, trial)
        if isinstance(result, tuple | list):
            return True
        weights = _weights(np.shape(bench.value(result)))
        try:
            if not weights.ndim:
                bench.back(bench.times(result, bench.constant(weights)))
            elif bench.ask.has("given_cotangent"):
                bench.back(result, gradient=bench.constant(weights))
            elif bench.ask.has("op:sum"):
                bench.back(bench.ask("op:sum", bench.times(result, bench.constant(weights))))
            else:
                return True
            return _agree(trial, weights, [bench.grad(leaf) for leaf in leaves])
        except Exception:  # noqa: BLE001 - a pass that fails is not right
            return False

    def _is_forwarded(self, bench: Bench, trial: OperatorTrial) -> None:
        x = bench.leaf(3.0)
        given = {n: v for n, v in trial.sample.items() if n != "x"}
        y = bench.ask(trial.act.key, x=bench.times(x, bench.leaf(6.0)), **given)
        bench.back(y)
        if bench.grad(x) is None or float(bench.grad(x)) != 6.0:  # noqa: PLR2004
            raise NotShown("an operator passes a gradient on, and this does not")

    def _is_traced(self, bench: Bench, trial: OperatorTrial) -> bool:
        """See that a function with it is differentiated, and say if that is right."""
        points = list(variables(trial.sample))

        def body(*values: Any) -> Any:
            given = replaced(trial.sample, values, bench.ask.tensor)
            result = bench.ask(trial.act.key, **given)
            return result[0] if isinstance(result, tuple | list) else result

        product = bench.ask("transform:vjp", bench.ask("define", body=body))
        value, pulled = bench.ask("call", product, [bench.ask.tensor(p) for p in points])
        weights = _weights(np.shape(bench.value(value)))
        gradients = [bench.value(one) for one in pulled(bench.constant(weights))]
        return trial.call.gives_several or _agree(trial, weights, gradients)

    def _guesses(self, operator: Operator, calls: dict[str, Call]) -> Iterator[str]:
        """Give phrases, those of Python first, then methods, then functions."""
        name = operator.name
        seen: set[str] = set()
        sign = operator.sign or SIGNS.get(name, "")
        texts = (*(typed(sign, operator, calls) if sign else ()), *self._conversions(name))
        for text in itertools.chain(texts, self._calling(operator)):
            if text not in seen:
                seen.add(text)
                yield text
                if self._narrower and (read := self._read(text, operator)) != text:
                    yield from (read, text)
                for narrower in self._narrower:
                    if narrower not in seen:
                        seen.add(narrower)
                        yield narrower

    def _read(self, text: str, operator: Operator) -> str:
        """Let arrays stand for tensors where no gradient goes: a tensor may be no index."""
        (shown,) = self.draft.phrases["array"]
        for name in {*WITHOUT_GRADIENT} & {*operator.signature.required}:
            text = text.replace(f"${name}", shown.replace("$x", f"${{{name}:tensor}}"))
        return text

    def _flag(self) -> str:
        """Give what a maker of tensors is told, so that they require no grad."""
        said = re.findall(r"\w+=(?:True|False)", self.draft.phrases["tensor"][0])
        return said[0] if said else ""

    def _conversions(self, name: str) -> Iterator[str]:
        """Give what converts to a certain data type, where there is something for all."""
        dtype = self.draft.dtypes.get(CONVERTING.get(name, ""))
        if dtype:
            for text in self.draft.phrases.get("op:to", ()):
                yield text.replace("$dtype", dtype)

    def _calling(self, operator: Operator) -> Iterator[str]:
        """Give calls of methods and functions that are there."""
        names = operator.signature.names
        on_tensor = names[:1] == ("x",)
        methods = self._methods(operator) if on_tensor else iter(())
        functions = () if operator.inplace and not on_tensor else self._functions(operator)
        order = (functions, methods) if self.functional else (methods, functions)
        for texts in order:
            yield from texts

    def _methods(self, operator: Operator) -> Iterator[str]:
        (shown,) = self.draft.phrases["array"]
        for name in written(_names(operator), dir(self.tensor_class)):
            thing = getattr(self.tensor_class, name, None)
            if thing is None:
                continue
            if not callable(thing):
                if len(operator.signature.required) == 1:
                    yield f"$x.{name}"
                continue
            for arguments in spellings(operator, operator.signature.names[1:], thing, shown):
                yield f"$x.{name}({arguments})"

    def _functions(self, operator: Operator) -> Iterator[str]:
        if operator.inplace:
            return
        (shown,) = self.draft.phrases["array"]
        flag = self._flag()
        for name in written(_names(operator), self.around.functions()):
            found = [*self.around.found(name)]
            if operator.signature.names[:1] != ("x",):
                found += [*self.around.of_classes((name,))]
            for said, thing in found[:ENOUGH]:
                if not callable(thing):
                    continue
                for arguments in spellings(operator, operator.signature.names, thing, shown):
                    yield f"{said}({arguments})"
                    if flag and operator.smoothness in (CONSTANT, UNDETERMINED):
                        yield f"{said}({arguments}, {flag})"


def _takes_a_number(bench: Bench, name: str, place: str) -> None:
    """See that a number may stand in the place of one operand; raises NotShown."""
    numbers = {"x": 3.0, "other": 0.5}
    given = {n: v if n == place else bench.leaf(v) for n, v in numbers.items()}
    bench.holds(bench.ask(f"op:{name}", **given), ARITHMETIC[name](3.0, 0.5))


def _reduces(bench: Bench, key: str, dim: Any) -> None:
    """See that what is reduced is as the catalogue has it; raises NotShown."""
    whole = np.arange(24.0).reshape(2, 3, 4)
    expected = Call(OPERATORS[key.removeprefix("op:")], key, {}).value({"x": whole, "dim": dim})
    bench.holds(bench.ask(key, bench.constant(whole), dim=dim), expected)


def _weights(shape: tuple[int, ...]) -> Any:
    """Make a cotangent of which no two entries are alike."""
    return 0.5 + np.arange(np.prod(shape, dtype=int)).reshape(shape) * 0.75


def _agree(trial: OperatorTrial, weights: Any, gradients: list[Any]) -> bool:
    """Compare gradients with those that are known without a rule."""
    expected = pulled_back(trial.call, trial.sample, weights).gradients
    return all(
        found is not None and np.shape(found) == wanted.shape and np.allclose(found, wanted, 1e-4)
        for found, wanted in zip(gradients, expected, strict=True)
    )


def _narrowed(text: str, right: list[Call], wrong: Call) -> Iterator[str]:
    """Let a phrase say only what it was right for, where other kinds of operands were wrong.

    The last operand alone may be what was wrong, or another, or several at once.
    """
    kinds_of = {}
    for name, value in wrong.sample().items():
        kinds = {kind_of(call.sample()[name]) for call in right if name in call.given} - {""}
        if len(kinds) == 1 and kind_of(value) not in kinds:
            kinds_of[name] = kinds.pop()
    for names in (*([name] for name in reversed(kinds_of)), [*kinds_of]):
        narrower = text
        for name in names:
            narrower = re.sub(rf"\${name}\b", f"${{{name}:{kinds_of[name]}}}", narrower)
        if narrower != text:
            yield narrower


def _short(text: str) -> str:
    text = " ".join(text.removeprefix("array(").removesuffix(")").split())
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."


def _names(operator: Operator) -> list[str]:
    return NAMES.get(operator.name, operator.name).split()


def _form(call: Call) -> tuple[tuple[str, str], ...]:
    """Tell what kind of value stands where in a call."""
    sample = call.sample()
    return tuple((name, type(value).__name__) for name, value in sample.items())
