"""`Draft`: a phrasebook in the making, which can be spoken at any time."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec.exceptions import text_of
from gradspec.port.acts import ACTS
from gradspec.port.phrase import Phrase
from gradspec_conformance.adapters.phrases import PhrasebookEngine
from gradspec_conformance.adapters.phrases.book import Code
from gradspec_conformance.adapters.phrases.checking import check
from gradspec_conformance.adapters.phrases.languages import python
from gradspec_conformance.engines.asking import Asker
from gradspec_conformance.probing.products import by_product, by_sums

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from gradspec_conformance.probing.products import Product

Phrases = tuple[str, ...]

LONGEST: Final = 100
"""How many characters of a reason are kept."""


class NotShown(Exception):
    """An experiment came to something else than it should; the message says what."""


@dataclass
class Draft:
    """What has been found so far.

    `phrases` are by the keys of their acts; none at all take away what was inherited.  `notes` are
    what was tried for an act and why it was not taken.  `tell` is told of a guess before it is
    tried; what is in `avoided` ended the process before, and is not tried again.
    """

    module: str
    tell: Callable[[str], None]
    avoided: Mapping[str, str] = field(default_factory=dict)
    setup: list[str] = field(default_factory=list)
    phrases: dict[str, Phrases] = field(default_factory=dict)
    dtypes: dict[str, str] = field(default_factory=dict)
    also: list[str] = field(default_factory=list)
    errors: list[tuple[str, str, str]] = field(default_factory=list)
    notes: dict[str, list[str]] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    accepted: list[str] = field(default_factory=list)
    put_back: Callable[[], None] = lambda: None
    product: Product = by_product
    inherits: str = "python"
    prepare: str = ""

    def ask(self, said: Mapping[str, Phrases] | None = None, /, **changed: Any) -> Asker:
        """Make the engine of the book as it stands, with these phrases instead."""
        phrases = dict(python().phrases)
        for key, texts in {**self.phrases, **(said or {})}.items():
            phrases[key] = tuple(_checked(key, text) for text in texts)
        if "leaf" not in phrases and "backward" in phrases and "tensor" in phrases:
            phrases["leaf"] = phrases["tensor"]
        text = "\n".join(self.setup)
        book = replace(
            python(),
            file="draft",
            name="draft",
            setup=(*python().setup, Code(text, None, compile(text, "<setup>", "exec"))),
            also=tuple(changed.get("also", self.also)),
            dtypes={
                name: Code(text, None, compile(text, f"<{text}>", "eval"))
                for name, text in {**self.dtypes, **changed.get("dtypes", {})}.items()
            },
            phrases={key: texts for key, texts in phrases.items() if texts},
        )
        return Asker(type("Draft", (PhrasebookEngine,), {"book": book})())

    def shows(
        self,
        key: str,
        texts: Phrases,
        experiment: Callable[[Bench], object],
        more: Mapping[str, Phrases] | None = None,
        **changed: Any,
    ) -> bool:
        """Say whether an experiment shows that these phrases say the act; note why not."""
        guess = f"{key} = {' | '.join(texts)}" if texts else key
        if guess in self.avoided:
            self.note(key, texts, self.avoided[guess])
            return False
        self.tell(guess)
        try:
            with quietly():
                bench = Bench(
                    self.ask({**(more or {}), **({key: texts} if texts else {})}, **changed),
                    self.product,
                )
                bench.begin()
                experiment(bench)
        except BaseException as error:  # noqa: BLE001 - whatever a wrong guess leads to
            self.note(key, texts, reason(error))
            return False
        finally:
            if key.startswith("mode:"):  # what it switched it may not have switched back
                self.put_back()
        return True

    def find(
        self,
        key: str,
        guesses: Iterator[str] | list[str] | Phrases,
        experiment: Callable[[Bench], object],
    ) -> bool:
        """Take the first guess that the experiment shows to be right."""
        for guess in guesses:
            if self.shows(key, (guess,), experiment):
                self.phrases[key] = (guess,)
                return True
        return False

    def note(self, key: str, texts: Phrases, why: str) -> None:
        """Write down why a guess was not taken."""
        self.notes.setdefault(key, []).append(f"{' | '.join(texts)}: {why}")


@cache
def _checked(key: str, text: str) -> Phrase:
    """Read a phrase and check it, once: a draft is spoken again after each guess."""
    phrase = Phrase.read(text)
    check(ACTS[key], phrase)
    return phrase


def reason(error: BaseException) -> str:
    """Tell an error in a line."""
    text = " ".join(text_of(error).split())
    told = text if isinstance(error, NotShown) else f"{type(error).__name__}: {text}"
    return told if len(told) <= LONGEST else f"{told[:LONGEST]}..."


@contextmanager
def quietly() -> Iterator[None]:
    """Let no warning and no complaint of NumPy's be heard."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield


class Bench:
    """An engine on which experiments are made, in numbers."""

    def __init__(self, ask: Asker, product: Product = by_product) -> None:
        self.ask = ask
        self._product = product
        self.only_adds = product is by_sums

    def begin(self) -> None:
        """Forget what earlier experiments left behind, if that can be said."""
        if self.ask.has("reset"):
            self.ask("reset")

    def leaf(self, value: Any) -> Any:
        """Make a leaf."""
        return self.ask.tensor(np.array(value, self.ask.dtype), leaf=self.ask.has("tape"))

    def constant(self, value: Any) -> Any:
        """Make a tensor that needs no gradient."""
        return self.ask.tensor(np.array(value, self.ask.dtype))

    def times(self, one: Any, other: Any) -> Any:
        """Multiply, by whatever of the engine has a derivative that is right."""
        return self._product(self.ask, one, other)

    def back(self, root: Any, **options: Any) -> None:
        """Run a backward pass."""
        self.ask("backward", root, **options)

    def value(self, tensor: Any) -> Any:
        """Give what a tensor holds."""
        return self.ask("array", tensor)

    def grad(self, tensor: Any) -> Any:
        """Give the gradient, or None where there is none."""
        found = self.ask("get:grad", tensor)
        return None if found is None else self.ask("array", found)

    def holds(self, tensor: Any, expected: Any) -> None:
        """See that a tensor holds this; raises NotShown."""
        same(self.value(tensor), expected, "value")

    def has_grad(self, tensor: Any, expected: Any) -> None:
        """See that the gradient is this; raises NotShown."""
        same(self.grad(tensor), expected, "gradient")

    def has_none(self, tensor: Any) -> None:
        """See that there is no gradient, or a zero; raises NotShown."""
        found = self.grad(tensor)
        if found is not None and np.any(found):
            raise NotShown(f"a gradient of {found}, where there is none")


def same(found: Any, expected: Any, what: str) -> None:
    """See that an array is this one, up to rounding; raises NotShown."""
    if found is None:
        raise NotShown(f"no {what}")
    array, wanted = np.asarray(found), np.asarray(expected, float)
    if array.dtype.kind not in "fiub" or array.shape != wanted.shape:
        told = f"{array.dtype} of shape {array.shape}"
        raise NotShown(f"the {what} is {told}, and not of shape {wanted.shape}")
    if not np.allclose(array, wanted, rtol=1e-5, atol=1e-6):
        raise NotShown(f"the {what} is {_shown(array)}, and not {_shown(wanted)}")


def _shown(array: Any) -> str:
    text = " ".join(str(np.round(np.asarray(array, float), 4).tolist()).split())
    return text if len(text) <= LONGEST // 3 else f"{text[: LONGEST // 3]}..."
