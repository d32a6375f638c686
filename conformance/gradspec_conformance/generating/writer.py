"""`TestWriter(book, language).lines(program)`: the steps of a program as statements.

Nothing is inlined: every result that is used has a name, so that a compiler's complaint and a
failed demand point at one act.  What the language or the book cannot say raises Unsayable.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec.exceptions import Unsayable
from gradspec.judging.comparison import DEFAULT_ULPS
from gradspec.port.acts import ACTS
from gradspec.port.engine import working_dtype
from gradspec.port.phrase import CONSTRUCTORS, FORMS, RESULT, WORD, Argument, Local, choose
from gradspec.program.folding import born_in, folded
from gradspec.program.scripts.own_words import in_own_words
from gradspec.program.scripts.spelling import beside
from gradspec.program.steps import Ref, Step, Value, functions, numbers
from gradspec.program.structure import Plain
from gradspec.program.uses import use_counts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from gradspec.port.phrase import Phrase
    from gradspec.program.steps import Program
    from gradspec_conformance.adapters.phrases.book import Book
    from gradspec_conformance.generating.language import Language

OF_VALUES: Final = ("equals", "is_close", "lies_between", "has_shape")
OF_PRESENCE: Final = ("is_none", "is_none_or_zero", "is_present")
FLAGS: Final = ("is_flag", "is_aliasing", "is_alive")
CHECKS: Final = {
    **{name: name for name in (*OF_VALUES, *OF_PRESENCE)},
    **dict.fromkeys(FLAGS, "is_flag"),
}
"""Demand -> the function of the harness that makes it."""

STATEMENTS: Final = frozenset({"backward"})
"""Acts that give None where that can be looked at, and here nothing at all."""

GRAD: Final = "grad"
CALLS: Final = ("attempt", "caught", "refuses")


@dataclass
class TestWriter:
    """Writes programs of one book."""

    __test__ = False

    book: Book
    language: Language
    uses: dict[int, int] = field(default_factory=dict)
    gradients: set[int] = field(default_factory=set)
    under_way: list[int] = field(default_factory=list)
    _locals: Iterator[int] = field(default_factory=count)

    def lines(self, program: Program) -> list[str]:
        """Write a program; raises Unsayable."""
        steps = folded(in_own_words(program)).steps
        self.uses = use_counts(steps)
        self.gradients = set(_gradients(steps)) if self._tells_gradients else set()
        return self._block(steps)

    @property
    def _tells_gradients(self) -> bool:
        """Whether a gradient is of another type than a tensor: its array has a phrase then."""
        return any(GRAD in p.types.values() for p in self.book.phrases.get("array", ()))

    def _block(self, steps: Sequence[Step]) -> list[str]:
        return [line for step in steps for line in self._step(step)]

    def _step(self, step: Step) -> list[str]:
        if any(functions(step.given)):
            raise Unsayable("a function of the caller's")
        step = self._typed(step)
        match step.act:
            case "expect":
                return [self._demand(step)]
            case "forget":
                thing = self._literal(step.given["thing"])
                return [said] if (said := self.language.say("forget", name=thing)) else []
            case "same" if isinstance(step.makes, Ref):
                held = self.language.say("hold", name=self._literal(step.given["x"]))
                return [self.language.say("declare", name=_name(step.makes), value=held)]
            case "repeat":
                return self._repeat(step)
        return self._said(step) if step.steps is None else self._opened(step)

    def _typed(self, step: Step) -> Step:
        """Say of each gradient that it is one, where it is of a type of its own."""
        given = {name: _marked(value, self.gradients) for name, value in step.given.items()}
        return Step(step.act, given, step.makes, step.seen, step.steps, step.refused)

    # acts -----------------------------------------------------------------------------
    def _said(self, step: Step) -> list[str]:
        made = step.makes
        if made is not None and not isinstance(made, Ref | Value):
            raise Unsayable(f"{step.act} makes several things")
        nothing = step.act in STATEMENTS or ACTS[step.act].gives == "nothing"
        if nothing and made is not None and self.uses.get(made.number):
            raise Unsayable(f"what {step.act} gives, which is nothing")
        target = "" if nothing or made is None else _name(made)
        phrase, lines = self._phrase(step.act, step.given, target)
        if phrase.assigns:
            return lines
        form = "declare" if target else "state"
        return [*lines[:-1], self.language.say(form, name=target, value=lines[-1])]

    def _phrase(self, key: str, given: dict[str, Any], target: str) -> tuple[Phrase, list[str]]:
        act, complete = ACTS[key], dict(given)
        if key in CONSTRUCTORS:
            complete.setdefault("dtype", working_dtype(self.book.abilities).name)
        choice = choose(act, self.book.phrases.get(key, ()), complete)
        if choice is None:
            raise Unsayable(f"{key}({', '.join(given)}): no phrase says it")
        phrase, names = choice
        for name, value in given.items():
            if any(one.kind == GRAD for one in _refs(value)) and phrase.types.get(name) != GRAD:
                raise Unsayable(f"{key} of a gradient, which is no tensor here")
        text = phrase.filled(names, self._spelling(phrase, complete, target))
        return phrase, text.split("\n")

    def _spelling(
        self, phrase: Phrase, given: dict[str, Any], target: str
    ) -> Callable[[Argument | Local], str]:
        own: dict[str, str] = {RESULT: target or f"own{next(self._locals)}"}
        binds = beside(phrase.parts)

        def spell(part: Argument | Local) -> str:
            if isinstance(part, Local):
                return own.setdefault(part.name, f"own{next(self._locals)}")
            value = given["data" if part.name in FORMS else part.name]
            if part.name == "array":
                return self._array(value)
            if part.type == WORD:
                return str(value)
            if part.name == "dtype":
                return self._dtype(value)
            if part.type == "number" or part.name in FORMS:
                text = self._floats(value)
            else:
                text = self._literal(value)
            return f"({text})" if text.startswith("-") and binds[part] else text

        return spell

    def _dtype(self, name: str | None) -> str:
        if name is None or name not in self.book.dtypes:
            raise Unsayable(f"the data type {name}")
        return self.book.dtypes[name].text

    # values ---------------------------------------------------------------------------
    def _literal(self, value: Any) -> str:
        match value:
            case Ref() | Value():
                return _name(value)
            case Plain():
                return self._literal(value.value)
            case bool() | np.bool_():
                return str(bool(value)).lower()
            case int() | np.integer():
                return str(int(value))
            case str():
                return self.language.text(value)
            case float() | np.floating():
                return self.language.number(value)
            case list() | tuple():
                return self.language.say("list", items=", ".join(map(self._literal, value)))
            case np.ndarray():
                return self._floats(value)
        raise Unsayable(f"a {type(value).__name__}")

    def _floats(self, value: Any) -> str:
        """Write numbers as floating-point numbers, whatever they were."""
        if isinstance(value, Ref | Value):
            return _name(value)
        if np.ndim(value) == 0:
            return self.language.number(np.asarray(value, dtype=float).item())
        return self.language.say("list", items=", ".join(map(self._floats, value)))

    def _array(self, value: Any) -> str:
        items, shape = self._entries(value)
        return self.language.say("array", items=items, shape=shape)

    def _entries(self, value: Any) -> tuple[str, str]:
        """Write the entries of an array in a row, and its shape."""
        if any(numbers(value)):
            raise Unsayable("a demand that names another result")
        array = np.asarray(value)
        if array.dtype.kind not in "fiub":
            raise Unsayable(f"an array of {array.dtype.name}")
        entries = ", ".join(map(self.language.number, array.ravel().tolist()))
        return entries, ", ".join(map(str, array.shape))

    # demands --------------------------------------------------------------------------
    def _demand(self, step: Step) -> str:
        check, expected = step.given["check"], step.given.get("expected")
        if check not in CHECKS:
            raise Unsayable(f"the demand {check}")
        options = step.given
        if check == "lies_between":
            expected = np.stack([np.asarray(bound) for bound in expected or ()])
        given = self._entries([] if expected is None else expected)
        scale = options.get("scale")
        return self.language.say(
            "expect",
            check=CHECKS[check],
            found=self._found(step.given["found"]),
            items=given[0],
            shape=given[1],
            ulps=self.language.number(
                0 if check != "is_close" else options.get("ulps", DEFAULT_ULPS)
            ),
            scale=self.language.number(-1 if scale is None else scale),
        )

    def _found(self, found: Any) -> str:
        if not isinstance(found, Ref):
            raise Unsayable("a demand on several results")
        if found.kind not in ("tensor", GRAD):
            return _name(found)
        phrase, lines = self._phrase("array", {"x": found}, "")
        if phrase.assigns or len(lines) > 1:
            raise Unsayable("an array that takes statements")
        return lines[0]

    # blocks ---------------------------------------------------------------------------
    def _repeat(self, step: Step) -> list[str]:
        carried = [(_name(i), first, _name(last)) for i, first, last in step.given["carried"]]
        say = self.language.say
        inside = step.steps or []
        self._demand_closed(step, {last.number for _, _, last in step.given["carried"]})
        before = [
            say("vary", name=name, value=say("hold", name=self._literal(first)))
            for name, first, _ in carried
        ]
        moves = [
            say("assign", name=name, value=say("hold", name=last)) for name, _, last in carried
        ]
        body = [*self._block(inside), *moves]
        after = [
            say("declare", name=last, value=say("hold", name=name)) for name, _, last in carried
        ]
        opened = say("loop", times=step.given["times"])
        return [*before, opened, *_indented(body), self.language.end, *after]

    def _opened(self, step: Step) -> list[str]:
        """Write a block; what it makes stays inside."""
        self._demand_closed(step)
        opening = self._opening(step).split("\n")
        attempt = [step.makes.number] if step.act == "attempt" else []
        self.under_way += attempt
        inside = _indented(self._block(step.steps or []))
        del self.under_way[len(self.under_way) - len(attempt) :]
        end = self.language.end_call if step.act in CALLS else self.language.end
        return [*opening, *inside, end]

    def _opening(self, step: Step) -> str:
        say = self.language.say
        match step.act:
            case "attempt":
                kinds = self.language.text("|".join(step.given["kinds"]))
                return say("attempt", name=_name(step.makes), kinds=kinds)
            case "caught":
                name = f"own{next(self._locals)}"
                return say("attempt", name=name, kinds=self.language.text(""))
            case "refuses":
                return say("refuses", kind=self.language.text(step.given["kind"]))
            case "granted" | "denied":
                attempt = step.given["attempt"]
                so_far = attempt.number in self.under_way  # nothing was refused until now
                return say(step.act, name="true" if so_far else _name(attempt))
        if ACTS[step.act].family != "mode":
            raise Unsayable(f"a block that {step.act}")
        _, lines = self._phrase(step.act, step.given, "")
        return say("mode", value="\n".join(lines))

    def _demand_closed(self, step: Step, but: set[int] | None = None) -> None:
        """See that nothing made in a block is used after it: a name ends with its block."""
        inside = use_counts(step.steps or [])
        for number in born_in(step.steps or []):
            if number not in (but or ()) and self.uses.get(number, 0) > inside.get(number, 0):
                raise Unsayable(f"what is made in a block ({step.act}) and used after it")


def _name(thing: Ref | Value) -> str:
    return f"t{thing.number}"


def _indented(lines: Sequence[str]) -> list[str]:
    return [f"    {line}" for line in lines]


def _gradients(steps: Sequence[Step]) -> Iterator[int]:
    for step in steps:
        if step.act == "get:grad":
            yield from numbers(step.makes)
        yield from _gradients(step.steps or [])


def _refs(value: Any) -> list[Ref]:
    members = value if isinstance(value, list | tuple) else [value]
    return [one for one in members if isinstance(one, Ref)]


def _marked(value: Any, gradients: set[int]) -> Any:
    if isinstance(value, Ref) and value.number in gradients:
        return Ref(value.number, GRAD)
    if isinstance(value, list | tuple):
        return type(value)(_marked(one, gradients) for one in value)
    return value
