"""What a caller's class of tensors has from `Tensor`: its methods, which ask the class.

`Tensor` itself asks nobody.  A class that is derived from it gets `Overriding` in between, whose
methods and attributes are those of `Tensor` behind the question; functions ask at their door.
"""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Any, Final

from gradspec_reference.engine.grads import HasGradient
from gradspec_reference.engine.overriding import Made, Unasked, among, answer, asking, is_asked
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.errors import UnfitArgumentError
from gradspec_reference.names import arguments
from gradspec_reference.names.functions import parts

if TYPE_CHECKING:
    from collections.abc import Callable

OF_THE_HOUSE: Final = frozenset(
    {
        "__deepcopy__",
        "__hash__",
        "__init__",
        "__init_subclass__",
        "__reduce__",
        "__torch_function__",
        "alias",
        "as_subclass",
        "leaf_state",
        "materialise",
    }
)
"""What a class has as it stands."""

SIGNS: Final = {
    "__add__": "add",
    "__radd__": "add",
    "__iadd__": "add_",
    "__sub__": "sub",
    "__isub__": "sub_",
    "__mul__": "mul",
    "__rmul__": "mul",
    "__imul__": "mul_",
    "__truediv__": "div",
    "__itruediv__": "div_",
    "__pow__": "pow",
    "__ipow__": "pow_",
    "__matmul__": "matmul",
    "__mod__": "remainder",
    "__imod__": "remainder_",
    "__ifloordiv__": "floor_divide_",
    "__neg__": "neg",
    "__abs__": "abs",
    "__ne__": "ne",
    "__lt__": "lt",
    "__le__": "le",
    "__gt__": "gt",
    "__ge__": "ge",
}
"""Sign -> the method that a class is asked about."""

TOLD_BY_NAME: Final = frozenset({"backward"})
"""Methods of which a class is told all options by name, those that were not given as well."""


def torch_function(
    cls: type[Tensor],
    func: Callable[..., Any],
    types: Any,
    args: Any = (),
    kwargs: dict[str, Any] | None = None,
) -> Any:
    """Call the function, and make its results tensors of this class.

    Classes that this one is not derived from are left to answer themselves.
    Source: torch.Tensor.__torch_function__ docstring.
    """
    if not all(issubclass(cls, kind) for kind in types):
        return NotImplemented
    with Unasked():
        result = func(*args, **(kwargs or {}))
        return result if func == READING_GRAD else converted(result, cls)


READING_GRAD: Final = vars(HasGradient)["grad"].__get__
"""What gives the tensor that is there, of whichever class."""


def converted(result: Any, cls: type[Tensor]) -> Any:
    """Return a result, or each of several, as of a class."""
    if isinstance(result, Tensor):
        return result if isinstance(result, cls) else as_subclass(result, cls)
    if isinstance(result, list | tuple) and any(isinstance(each, Tensor) for each in result):
        several = [converted(each, cls) for each in result]
        plain = type(result) in (list, tuple)
        return type(result)(several) if plain else type(result)(*several)
    return result


def as_subclass(self: Tensor, cls: type[Tensor]) -> Tensor:
    """Return a view of the whole tensor that is of another class (torch.Tensor.as_subclass)."""
    check_class(cls)
    with Unasked():
        return of_class(parts.alias(self), cls)


def make_subclass(cls: type[Tensor], data: Tensor, require_grad: bool = False) -> Tensor:
    """Return a leaf of a class on the tensor's memory (torch.Tensor._make_subclass)."""
    check_class(cls)
    return of_class(data.alias(), cls).requires_grad_(require_grad)


def check_class(cls: Any) -> None:
    """Refuse what is no class of tensors."""
    if not (isinstance(cls, type) and issubclass(cls, Tensor)):
        raise TypeError(f"{cls!r} was given for a class of tensors")


def of_class(tensor: Tensor, cls: type[Tensor]) -> Tensor:
    """Make a tensor one of another class; all have the same slots."""
    tensor.__class__ = cls
    return tensor


def derive(cls: type[Tensor], /, *, between: bool = True, **options: Any) -> None:
    """Put `Overriding` between a new class and `Tensor`, unless the class says not to be asked."""
    super(Tensor, cls).__init_subclass__(**options)
    if between and Tensor in cls.__bases__ and is_asked(cls):
        if not Made.any:
            Made.any = True
            arguments.forget_lists()
        cls.__bases__ = tuple([overriding() if b is Tensor else b for b in cls.__bases__])


@functools.cache
def overriding() -> type[Tensor]:
    """Make the class that has what `Tensor` has, behind the question."""
    having = {**vars(HasGradient), **vars(Tensor)}
    asked: dict[str, Any] = {"__slots__": (), "__hash__": object.__hash__}
    for name, held in having.items():
        private = name.startswith("_") and not name.startswith("__")
        if private or name in OF_THE_HOUSE:
            continue
        if isinstance(held, property):
            asked[name] = attribute(held)
        elif callable(held):
            asked[name] = method(name, SIGNS.get(name, name))
    return type("Overriding", (Tensor,), asked, between=False)


def method(name: str, called: str) -> Callable[..., Any]:
    """Make a method that asks, unless nobody is to be asked."""

    def ask(self: Tensor, *args: Any, **keywords: Any) -> Any:
        if not asking.on:
            return getattr(Tensor, name)(self, *args, **keywords)
        if name in TOLD_BY_NAME:
            args, keywords = (), by_name(getattr(Tensor, name), self, args, keywords)
        values = (self, *args)
        try:
            found = among((*values, *keywords.values()))
            return answer(getattr(Tensor, called), found, values, keywords)
        except UnfitArgumentError:
            if name in SIGNS:  # then the other side is tried
                return NotImplemented
            raise

    return functools.wraps(getattr(Tensor, name))(ask)


def by_name(
    function: Callable[..., Any], tensor: Tensor, args: tuple[Any, ...], keywords: dict[str, Any]
) -> dict[str, Any]:
    """Return all options of a method by name."""
    call = inspect.signature(function).bind(tensor, *args, **keywords)
    call.apply_defaults()
    return dict([*call.arguments.items()][1:])


def attribute(held: property) -> property:
    """Make an attribute that asks."""

    def asked(way: Any) -> Any:
        def ask(self: Tensor, *value: Any) -> Any:
            if not asking.on:
                return way(self, *value)
            return answer(way, among((self, *value)), (self, *value), {})

        return ask

    return property(
        asked(held.__get__),
        None if held.fset is None else asked(held.__set__),
        None if held.fdel is None else asked(held.__delete__),
        held.__doc__,
    )


def attach() -> None:
    """Give `Tensor` what classes are derived with."""
    Made.plain = Tensor
    for name, function in {
        "__torch_function__": classmethod(torch_function),
        "__init_subclass__": classmethod(derive),
        "_make_subclass": staticmethod(make_subclass),
        "as_subclass": as_subclass,
    }.items():
        setattr(Tensor, name, function)
