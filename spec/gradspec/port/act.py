"""`Act`: one row of the table of acts, and what everybody reads off it.

The notation reads how an act is written, the recorder what it takes and gives, the printed scripts
and the phrasebooks how Python and torch spell it, and whoever judges an engine what it needs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from gradspec.catalogue.signature import Signature

Given = Mapping[str, Any]

FLAT: Final = frozenset({"nothing", "flag", "text", "number", "numbers", "plain", "dtype", "array"})
"""Kinds of answers that are values of the host language; all others are handles, or hold some."""


@dataclass(frozen=True, slots=True, eq=False)
class Act:
    """One thing that an engine can be asked.

    `key` is the name of the act; acts of one family share what stands before the colon (`op:sin`,
    `get:grad`, `mode:no_grad`).  `words` are what every call needs: the key itself, unless several
    acts are one ability.  `options` are the words that single arguments need; `needs_more` finds
    what cannot be told by names.

    `gives` is the kind of the answer; `some` that it is never None.  `on` and `said` are where the
    notation has it and under which name, without parentheses if it is an `attribute`; `notation` is
    the phrase where it says the act in another way.  `python`, `torch` and `javascript` are
    phrases; of several, the first that mentions all that was given.  An act `by_kit` is not asked
    of the engine.
    Where `one_of` names arguments, every call gives one of them and no other.
    `bundle` is the word by which a Python adapter may declare it together with others.
    """

    key: str
    signature: Signature
    doc: str
    gives: str = "nothing"
    some: bool = False
    options: Mapping[str, str] = field(default_factory=dict)
    needs_more: Callable[[Given], set[str]] | None = None
    on: str = ""
    said: str = ""
    attribute: bool = False
    notation: str = ""
    python: tuple[str, ...] = ()
    torch: tuple[str, ...] = ()
    javascript: tuple[str, ...] = ()
    by_kit: bool = False
    several: Callable[[Given], bool] | None = None
    words: frozenset[str] = frozenset()
    one_of: tuple[str, ...] = ()
    bundle: str = ""
    family: str = field(init=False)
    name: str = field(init=False)

    def __post_init__(self) -> None:
        """Read the family before the colon, if there is one, and the name behind it."""
        family, _, name = self.key.rpartition(":")
        object.__setattr__(self, "family", family)
        object.__setattr__(self, "name", name)

    def needs(self, given: Given) -> frozenset[str]:
        """Name the words that a call with these arguments needs."""
        words = self.words
        if self.options:
            words = words.union(
                [self.options[n] for n in given if n in self.options and _is_asked_for(given[n])]
            )
        dtype = given.get("dtype")
        if isinstance(dtype, str):
            words |= {f"dtype:{dtype}"}
        return words if self.needs_more is None else words | self.needs_more(given)

    def kind_given(self, given: Given) -> str:
        """Say what kind of answer a call with these arguments gets."""
        if self.several is not None:
            return "tensors" if self.several(given) else "tensor"
        return self.gives


def _is_asked_for(value: Any) -> bool:
    return value is not None and value is not False


def act(key: str, parameters: str, doc: str, *, word: str | None = None, **more: Any) -> Act:
    """Write a row: what the notation has it on follows from the first parameter.

    `word` replaces the key as what an engine declares; empty, if the act needs nothing.
    """
    more["words"] = frozenset((key if word is None else word).split())
    signature = Signature.read(parameters)
    first = signature.names[0] if signature.names else ""
    more.setdefault("on", OWNERS.get(first, "ag"))
    more.setdefault("said", key.rpartition(":")[2])
    for language in ("python", "torch", "javascript"):
        phrases = more.get(language, ())
        several = (phrases,) if isinstance(phrases, str) else phrases
        more[language] = tuple(filter(None, several))
    return Act(key, signature, doc, **more)


OWNERS: Final = {
    "x": "tensor",
    "node": "node",
    "hook": "hook",
    "watcher": "watcher",
    "optimizer": "optimizer",
    "context": "context",
    "log": "log",
    "function": "ag",
}
"""First parameter -> the thing of the notation that has the act as a method."""


def shaped(given: Given) -> set[str]:
    """Say what making a tensor from data needs: arrays if it has a shape, and its data type."""
    data = given["data"]
    words = {"arrays"} if np.ndim(data) else set()
    named = given.get("dtype")
    dtype = None if named else np.asarray(data).dtype
    if dtype is not None and dtype.kind not in "fc":  # floats take the engine's working type
        words.add(f"dtype:{dtype.name}")
    return words


def several_roots(given: Given) -> set[str]:
    """Say what the roots of a backward pass need."""
    return {"several_roots"} if isinstance(given["root"], list | tuple) else set()


def deprecated(given: Given) -> set[str]:
    """Say what a query needs that gives a deprecated option, also as false."""
    return {"only_inputs"} & given.keys()
