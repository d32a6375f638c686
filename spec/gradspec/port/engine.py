"""The engine port: implement these methods and every clause can be run on your engine.

An engine says who it is and which words of `gradspec.port.abilities` it has.  Each act of
`gradspec.port.acts` that it declares is a method of its name; the families share one method:

    tensor(array)     makes a tensor of the array's shape and dtype that owns a copy of the values;
                      one that requires grad is made by `leaf(array)`
    array(tensor)     gives the present values: a look from outside, never recorded
    op:NAME           apply(name, arguments)       arguments by torch's names, in torch's order
    op:NAME in place  inplace(name, arguments)     the first is the tensor that is written
    get:NAME          get(tensor, name)
    set:NAME          set(tensor, name, value)     also clear:NAME, with None
    del:NAME          delete(tensor, name)
    mode:NAME         enter(name, **arguments), and leave(mode, error) when its block ends
    transform:NAME    transform(name, function, **options)

Everything else is called as its row says: what is required by position, what is not by name.
Methods take and return *handles* (objects of the engine, opaque to the kit), NumPy arrays and
plain values.  An adapter translates: it must not supply what its engine lacks, or the kit would
be testing the adapter.

Functions of the caller arrive as Python callables; `gradspec.port.slots` says what each is given.
What they raise has to leave the engine unchanged.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, Self

import numpy as np

from gradspec.port.abilities import NARROW, expanded, with_what_follows
from gradspec.port.phrase import CONSTRUCTORS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gradspec.port.act import Act

Handle = Any
"""A tensor, node, hook, context or edge: never None, a list, a tuple or a dict."""


class Engine(Protocol):
    """What every engine has, besides what it can do and the methods for it.

    What it can do it says in one of two sets.  `abilities` are the words of
    `gradspec.port.abilities`, each for one thing, and no more is asked of it.  `capabilities` may
    also be the bundles there, which are shorter: some are called like a word in them (`values` has
    the six basic operators, `tape` has constants).  An engine that has both means `abilities`.
    """

    name: str
    version: str

    def error_kind(self, error: Exception) -> str | None:
        """Which of `gradspec.port.errors.ERROR_KINDS` the engine's exception is; None if none."""


@dataclass(frozen=True, slots=True)
class Subject:
    """An engine that is judged, and what it said of itself when it was loaded.

    Its abilities are read once: what it says of itself while it runs changes nothing.  An engine
    with a phrasebook, here or in another process, is spoken to (`speak`); one that is here `says`
    which arguments its phrases mention without doing anything, and gives what says them (`direct`).
    """

    engine: Any
    name: str
    version: str
    abilities: frozenset[str]
    dtype: np.dtype[Any]
    speak: Callable[..., Any] | None = None
    says: Callable[..., bool] | None = None
    direct: Callable[..., Callable[..., Any] | None] | None = None

    @classmethod
    def of(cls, engine: Engine | Subject) -> Self | Subject:
        """Read what an engine says of itself."""
        if isinstance(engine, Subject):
            return engine
        small: frozenset[str] | None = getattr(engine, "abilities", None)
        bundles = getattr(engine, "capabilities", ())
        words = expanded(bundles) if small is None else with_what_follows(small)
        return cls(
            engine,
            str(engine.name),
            str(engine.version),
            words,
            working_dtype(words),
            getattr(engine, "speak", None),
            getattr(engine, "says", None),
            getattr(engine, "directly", None),
        )

    def ask(self, act: Act, given: dict[str, Any], forms: Mapping[str, Any] | None = None) -> Any:
        """Have the engine do an act; `forms` are the arguments as the program describes them.

        Raises Unsaid if it has a phrasebook in which no phrase mentions them all, and what the
        engine raises.
        """
        if self.speak is not None:
            return self.speak(act, given, given if forms is None else forms)
        return called(self.engine, act, given)

    def directly(self, act: Act, *names: str) -> Callable[..., Any] | None:
        """Give the function that says an act with these tensors, if an engine that is here has one.

        It is what `ask` comes to, for who asks one thing thousands of times.
        """
        return None if self.direct is None else self.direct(act, *names)

    def covers(self, act: Act, forms: Mapping[str, Any]) -> bool:
        """Say whether it is worth asking; what only the asked can know is Unsaid then."""
        return self.says is None or self.says(act, forms)


@functools.cache
def method_of(act: Act) -> str:
    """Name the method of a Python adapter that performs an act."""
    match act.family:
        case "op":
            return "inplace" if "inplace" in act.words else "apply"
        case "get":
            return "get"
        case "set" | "clear":
            return "set"
        case "del":
            return "delete"
        case "mode":
            return "enter"
        case "transform":
            return "transform"
    return act.key


def called(engine: Any, act: Act, given: dict[str, Any]) -> Any:
    """Call the method of a Python adapter that performs an act."""
    method = getattr(engine, method_of(act))
    match act.family:
        case "op":
            return method(act.name, given)
        case "get" | "del":
            return method(given["x"], act.name)
        case "set":
            return method(given["x"], act.name, given.get("value", given.get("dtype")))
        case "clear":
            return method(given["x"], act.name, None)
        case "mode" | "transform":
            return method(act.name, **given)
    if act.key in CONSTRUCTORS:
        narrow = given.get("dtype") in NARROW  # else the array has its data type
        return method(given["data"], dtype=given["dtype"]) if narrow else method(given["data"])
    required = act.signature.required
    first = [given[n] for n in required]
    return method(*first, **{n: v for n, v in given.items() if n not in required})


def working_dtype(words: frozenset[str]) -> np.dtype[Any]:
    """Choose the data type that clauses compute in: float64, or else the widest float."""
    for name in ("float64", "float32", "float16"):
        if f"dtype:{name}" in words:
            return np.dtype(name)
    return np.dtype("float64")
