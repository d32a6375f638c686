"""The things that a clause holds in its hands: tensors, nodes, functions, contexts.

Each wraps a handle of the engine and the number under which the program knows it.  What it can be
asked stands in the table of acts; it decides nothing itself and asks the recorder to perform.
"""

from __future__ import annotations

import re
from functools import cache, partial
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np

from gradspec.catalogue import signs
from gradspec.catalogue.operators import OPERATORS
from gradspec.exceptions import NoAttribute, Refused, WrongCall
from gradspec.port.acts import ACTS
from gradspec.port.functions import is_called

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from gradspec.port.act import Act
    from gradspec.program.performer import Performer


BETWEEN: Final = re.compile(r"\$x (\S+) \$\w+")
"""How the catalogue writes a sign between two operands."""


@cache
def acts_on(owner: str) -> Mapping[str, Act]:
    """Give the acts that the notation has on a thing, by the name that it has them under."""
    acts = [act for act in ACTS.values() if act.said and act.on == owner]
    if owner == "ag":  # every operator is a function too
        acts += [a for a in ACTS.values() if a.on == "tensor" and not a.attribute and a.said]
        acts = [a for a in acts if "inplace" not in a.words]
    apart = ("set", "clear", "del", "mode", "transform")
    return {act.said: act for act in acts if act.family not in apart}


class Object:
    """A numbered object of a program and the engine's handle for it."""

    __slots__ = ("__weakref__", "_handle", "_number", "_recorder")
    _kind: ClassVar[str] = ""
    _recorder: Performer
    _handle: Any
    _number: int

    def __init__(self, recorder: Performer, handle: Any, number: int) -> None:
        object.__setattr__(self, "_recorder", recorder)
        object.__setattr__(self, "_handle", handle)
        object.__setattr__(self, "_number", number)

    def __repr__(self) -> str:
        """Name the object as printed programs do."""
        return f"t{self._number}"

    def __getattr__(self, name: str) -> Any:
        act = acts_on(self._kind).get(name)
        if act is None:
            message = f"the notation has no {name!r} on a {self._kind}: see gradspec.port.acts"
            raise AttributeError(message)
        if act.attribute:
            return self._recorder.perform(act.key, self)
        return partial(self._recorder.perform, act.key, self)


if TYPE_CHECKING:  # what comes from a table a type checker does not see

    def _between(self: Any, other: Any, /) -> Any: ...

    class Signed:
        """What has the signs of the language."""

        __add__ = __sub__ = __mul__ = __truediv__ = __pow__ = __matmul__ = _between
        __radd__ = __rsub__ = __rmul__ = __rtruediv__ = __rpow__ = __rmatmul__ = _between
        __iadd__ = __isub__ = __imul__ = __itruediv__ = __ipow__ = _between
        __lt__ = __le__ = __gt__ = __ge__ = __getitem__ = _between

        def __neg__(self) -> Any: ...
        def __setitem__(self, index: Any, value: Any) -> None: ...

else:
    Signed = object


class Tensor(Object, Signed):
    """A tensor of the engine, in torch's vocabulary.

    Every operator of the catalogue is a method (`x.sum(dim=0)`, `x.mul_(2)`), and the signs that
    the catalogue has for some are those of the language.
    """

    __slots__ = ("absent",)
    _kind = "tensor"
    absent: bool

    def __setattr__(self, name: str, value: Any) -> None:
        if value is None and f"clear:{name}" in ACTS:
            self._recorder.perform(f"clear:{name}", self)
        elif f"set:{name}" in ACTS:
            self._recorder.perform(f"set:{name}", self, value)
        else:
            raise AttributeError(f"the notation assigns no {name!r}: see gradspec.port.attributes")

    def __delattr__(self, name: str) -> None:
        self._recorder.perform(f"del:{name}", self)

    # numbers of the host language -----------------------------------------------------
    def __float__(self) -> float:
        return float(self._recorder.perform("float", self))

    def __int__(self) -> int:
        return int(self._recorder.perform("int", self))

    def __bool__(self) -> bool:
        return bool(self._recorder.perform("bool", self))


def _signs() -> Iterator[tuple[str, str]]:
    for operator in OPERATORS.values():
        between = BETWEEN.fullmatch(operator.sign)
        if operator.sign:
            yield signs.NAMES[between[1]] if between else operator.name, f"op:{operator.name}"


SIGNS: Final = dict(_signs())
"""What the language calls a sign -> the act that it is on a tensor."""


def _performing(key: str) -> Callable[..., Any]:
    return lambda self, *given: self._recorder.perform(key, self, *given)


def _performing_reflected(key: str) -> Callable[..., Any]:
    return lambda self, other: self._recorder.perform(key, other, self)


for _name, _key in SIGNS.items():
    setattr(Tensor, signs.method(_name), _performing(_key))
    if _name in signs.BINARY:
        setattr(Tensor, signs.reflected(_name), _performing_reflected(_key))


class Node(Object):
    """A node of the engine's graph."""

    __slots__ = ()
    _kind = "node"

    def __call__(self, *gradients: Any) -> Any:
        """Give the gradients of its operation's arguments, for those of its results."""
        return self._recorder.perform("call_node", self, list(gradients))


class Edge(Object):
    """The edge of the graph that a tensor's gradient flows along; it can stand for a root."""

    __slots__ = ()
    _kind = "edge"


class Hook(Object):
    """A registered hook."""

    __slots__ = ()
    _kind = "hook"


class Watcher(Object):
    """A reference that does not keep its tensor alive."""

    __slots__ = ()
    _kind = "watcher"


class Optimizer(Object):
    """An optimizer, which changes parameters by their gradients."""

    __slots__ = ()
    _kind = "optimizer"


class FunctionContext(Object):
    """The context of a custom function: where its forward leaves what its backward needs.

    It has torch's methods and names; any other attribute is the caller's own.
    """

    __slots__ = ()
    _kind = "context"

    def __getattr__(self, name: str) -> Any:
        if is_called(name):
            return lambda *arguments: self._recorder.perform(
                "context_call", self, name, list(arguments)
            )
        try:
            return self._recorder.perform("context_get", self, name)
        except Refused as refused:
            if type(refused.error).__name__ != AttributeError.__name__:
                raise
            raise NoAttribute(refused.act, refused.kind, refused.error) from refused.error

    def __setattr__(self, name: str, value: Any) -> None:
        if hasattr(FunctionContext, name):
            raise WrongCall(f"a context has {name!r} for the kit's own use: take another name")
        self._recorder.perform("context_set", self, name, value)


class HostArray(Object):
    """A NumPy array that the engine gave out."""

    __slots__ = ()
    _kind = "host array"

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        """Give the array itself."""
        return self._recorder.heard("numpy", lambda: np.asarray(self._handle, dtype=dtype))

    def __setitem__(self, index: Any, value: Any) -> None:
        """Write into the array, behind the engine's back."""
        self._recorder.perform("host_write", self, index, value)


class FunctionHandle(Object):
    """A function that lives in the engine; `gives` is the kind of what a call gives."""

    __slots__ = ("gives",)
    _kind = "function"
    gives: str

    def __init__(
        self, recorder: Performer, handle: Any, number: int, gives: str = "structure"
    ) -> None:
        super().__init__(recorder, handle, number)
        object.__setattr__(self, "gives", gives)

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        """Call the function, in the engine."""
        given = (list(arguments), keywords) if keywords else (list(arguments),)
        return self._recorder.perform("call", self, *given)


class Log(Object):
    """What callbacks did, in order; `note` is a step, and so is reading it."""

    __slots__ = ()
    _kind = "log"
