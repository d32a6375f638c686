"""Operators: what computes the catalogue's own samples is what it is called like."""

from __future__ import annotations

import inspect
import itertools
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
    ARGUMENTS,
    ARRAYS_WILL_DO,
    FORWARDING,
    LEFT_OUT,
    LIKE_ELSEWHERE,
    NOT_GUESSED,
    SIGNS,
)
from gradspec_conformance.probing.names import OPERATORS as NAMES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gradspec.catalogue.operator import Operator
    from gradspec_conformance.probing.draft import Draft
    from gradspec_conformance.probing.surroundings import Surroundings

WITHOUT_GRADIENT: Final = ("condition", "index", "indices", "mask")
"""Operands that no gradient goes to: an engine may want an array."""

MOST_NAMES: Final = 3
"""Names of one parameter that are tried, where a function does not tell its own."""

MOST_SPELLINGS: Final = 48
"""Ways to write the arguments that are tried for one function."""

LONGEST: Final = 40
"""How many characters of a value are told."""

CONVERTING: Final = {"float": "float32", "double": "float64", "long": "int64"}

ENOUGH: Final = 6
"""Functions of one name that are tried."""


class Operators:
    """Tries what may be an operator on the samples of its calls."""

    def __init__(self, draft: Draft, around: Surroundings, tensor_class: type) -> None:
        self.draft = draft
        self.around = around
        self.tensor_class = tensor_class
        self.functional = "backward" not in draft.phrases
        self._is_differentiated = True
        self._narrower = ""

    def find_all(self) -> None:
        """Find the phrases of all operators; conversions follow from the general one."""
        for name in sorted(OPERATORS, key=lambda name: name != "to"):
            operator = OPERATORS[name]
            guessed = name not in NOT_GUESSED and operator.formula is not None
            if guessed and not (self.functional and operator.inplace):  # a trace has no memory
                self.find(operator)

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

        for text in self._guesses(operator, calls):
            if len(said) == len(calls):
                break
            right = self._right(operator, calls, text)
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
        self._narrower = ""
        key = f"op:{operator.name}"
        for name in sorted(calls, key=lambda name: len(calls[name].given)):
            covered: list[bool] = []
            experiment = partial(self._trial, call=calls[name], covered=covered)
            if self.draft.shows(key, (text,), experiment):
                right |= {name} if covered else set()
                self._is_differentiated &= all(covered)
            elif not self._is_its_own_fault(calls, calls[name], right):
                self._narrower = _narrowed(text, [calls[n] for n in right], calls[name])
                return set()
        given = {name for call in right for name in calls[call].given}
        mentioned = Phrase.read(text).mentioned
        if mentioned <= given | {*operator.signature.required}:
            return right
        self.draft.note(key, (text,), f"no sample shows {', '.join(sorted(mentioned - given))}")
        return set()

    def _is_its_own_fault(self, calls: dict[str, Call], call: Call, right: set[str]) -> bool:
        """Say whether the same arguments were understood, with other shapes or numbers."""
        raised = self.draft.notes[f"op:{call.operator.name}"][-1]
        understood = any(_form(calls[name]) == _form(call) for name in right)
        return understood and "value is" not in raised and "an operator" not in raised

    def _trial(self, bench: Bench, call: Call, covered: list[bool]) -> None:
        trial = OperatorTrial(bench.ask, call)
        if not bench.ask.covers(trial.act.key, trial.sample):
            return
        result = trial.result()
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
        texts = (*(_typed(sign, operator, calls) if sign else ()), *self._conversions(name))
        for text in itertools.chain(texts, self._calling(operator)):
            if text not in seen:
                seen.add(text)
                yield text
                if self._narrower and self._narrower not in seen:
                    seen.add(self._narrower)
                    yield self._narrower

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
        for name in _names(operator):
            thing = getattr(self.tensor_class, name, None)
            if thing is None:
                continue
            if not callable(thing):
                if len(operator.signature.required) == 1:
                    yield f"$x.{name}"
                continue
            for arguments in _spellings(operator, operator.signature.names[1:], thing, shown):
                yield f"$x.{name}({arguments})"

    def _functions(self, operator: Operator) -> Iterator[str]:
        if operator.inplace:
            return
        (shown,) = self.draft.phrases["array"]
        flag = self._flag()
        for name in _names(operator):
            found = [*self.around.found(name)]
            if operator.signature.names[:1] != ("x",):
                found += [*self.around.of_classes((name,))]
            for said, thing in found[:ENOUGH]:
                if not callable(thing):
                    continue
                for arguments in _spellings(operator, operator.signature.names, thing, shown):
                    yield f"{said}({arguments})"
                    if flag and operator.smoothness in (CONSTANT, UNDETERMINED):
                        yield f"{said}({arguments}, {flag})"


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


def _narrowed(text: str, right: list[Call], wrong: Call) -> str:
    """Let a phrase say only what it was right for, where other kinds of operands were wrong."""
    narrower = text
    for name, value in wrong.sample().items():
        kinds = {_kind(call.sample()[name]) for call in right if name in call.given} - {""}
        if len(kinds) == 1 and _kind(value) not in kinds:
            narrower = re.sub(rf"\${name}\b", f"${{{name}:{kinds.pop()}}}", narrower)
    return narrower if narrower != text else ""


def _short(text: str) -> str:
    text = " ".join(text.removeprefix("array(").removesuffix(")").split())
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."


def _names(operator: Operator) -> list[str]:
    return NAMES.get(operator.name, operator.name).split()


def _form(call: Call) -> tuple[tuple[str, str], ...]:
    """Tell what kind of value stands where in a call."""
    sample = call.sample()
    return tuple((name, type(value).__name__) for name, value in sample.items())


def _typed(sign: str, operator: Operator, calls: dict[str, Call]) -> Iterator[str]:
    """Give a sign for all operands, then for some kinds of operands."""
    yield sign
    kinds: dict[str, list[str]] = {}
    for call in calls.values():
        for name, value in call.sample().items():
            kind = _kind(value)
            if kind and kind not in kinds.setdefault(name, []):
                kinds[name].append(kind)
    names = [name for name in operator.signature.names if name in kinds]
    if sum(map(len, kinds.values())) == len(names):
        return
    for chosen in itertools.product(*(["", *kinds[name]] for name in names)):
        text = sign
        for name, kind in zip(names, chosen, strict=True):
            if kind:
                text = text.replace(f"${name}", f"${{{name}:{kind}}}")
        if text != sign:
            yield text


def _kind(value: Any) -> str:
    match value:
        case np.ndarray():
            return "tensor"
        case bool():
            return "bool"
        case int():
            return "number"
        case float():
            return "number"
        case tuple() | list():
            return "list"
        case slice():
            return "slice"
    return ""


def _spellings(
    operator: Operator, names: tuple[str, ...], function: Any, shown: str = ""
) -> Iterator[str]:
    """Give ways to write the arguments, those that the function can take.

    `shown` gives the array of a tensor, for arguments that no gradient goes to.
    """
    signature = operator.signature
    known, open_ended = _parameters(function)
    ways: list[list[str]] = []
    for name in names:
        spelled = [s for s in ARGUMENTS.get(name, name).split() if open_ended or s in known]
        if name in LEFT_OUT and name not in signature.required:
            continue
        spelled = spelled[:MOST_NAMES]
        if name == signature.variadic:
            ways.append([f"${name}", f"$*{name}", *(f"{s}=${name}" for s in spelled)])
        elif name == "tensors":
            ways.append(["$tensors", "$*tensors"])
        elif name in WITHOUT_GRADIENT and shown:
            ways.append([f"${name}", shown.replace("$x", f"${name}")])
        elif name in signature.required:
            ways.append([f"${name}", *(f"{s}=${name}" for s in spelled if s != name)])
        else:
            bare = [f"$(${name})"] if name == names[min(1, len(names) - 1)] else []
            ways.append([*(f"$({s}=${name})" for s in spelled), *bare, ""])
    fixed = [s for s in LIKE_ELSEWHERE.get(operator.name, ()) if s.partition("=")[0] in known]
    texts = [*itertools.islice(itertools.product(*ways), MOST_SPELLINGS)]
    texts.append(tuple(f"${name}" for name in names if name not in LEFT_OUT))
    yield from (", ".join(filter(None, [*text, *_fixed(text, fixed)])) for text in texts)


def _fixed(text: tuple[str, ...], fixed: list[str]) -> list[str]:
    """Give what is said anyway, where the call does not say it."""
    return [] if any("correction" in part for part in text) else fixed[:1]


def _parameters(function: Any) -> tuple[set[str], bool]:
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return set(), True
    return {p.name for p in parameters}, any(p.kind is p.VAR_KEYWORD for p in parameters)
