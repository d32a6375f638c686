"""Lists and dicts of parameters (torch.nn.ParameterList, ParameterDict).

Tensors become parameters; what is no tensor is kept as it is.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Self

from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.nn.modules.containers import pairs_of, place_of
from gradspec_reference.nn.modules.module import Module
from gradspec_reference.nn.parameter import Parameter

if TYPE_CHECKING:
    from collections.abc import Iterator


def as_parameter(value: Any) -> Any:
    """Return a parameter of a tensor that is none."""
    is_other = isinstance(value, Tensor) and not isinstance(value, Parameter)
    return Parameter(value) if is_other else value


def described(value: Any, kind_of_numbers: str) -> str:
    """Return what is shown of a value in a list or dict of parameters."""
    if not isinstance(value, Tensor):
        return f"Object of type: {type(value).__name__}"
    kind = "Parameter" if isinstance(value, Parameter) else "Tensor"
    sizes = "x".join(map(str, value.shape))
    return f"{kind} containing: [{kind_of_numbers} of size {sizes}]"


class ParameterList(Module):
    """A list of parameters."""

    def __init__(self, values: Iterable[Any] | None = None) -> None:
        super().__init__()
        self._size = 0
        self.extend(values or ())

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[Any]:
        return iter([getattr(self, str(number)) for number in range(self._size)])

    def __getitem__(self, idx: int | slice) -> Any:
        if isinstance(idx, slice):
            return type(self)([*self][idx])
        return getattr(self, str(place_of(idx, self._size)))

    def __setitem__(self, idx: int, param: Any) -> None:
        setattr(self, str(place_of(idx, self._size)), as_parameter(param))

    def append(self, value: Any) -> Self:
        """Put a parameter behind the others."""
        self._size += 1
        self[self._size - 1] = value
        return self

    def extend(self, values: Iterable[Any]) -> Self:
        """Put parameters behind the others."""
        if not isinstance(values, Iterable) or isinstance(values, Tensor):
            raise TypeError(f"a list is extended by several values: {type(values).__name__}")
        for value in [*values]:
            self.append(value)
        return self

    def __iadd__(self, values: Iterable[Any]) -> Self:
        return self.extend(values)

    def extra_repr(self) -> str:
        """Show each value on a line."""
        return "\n".join(
            f"  ({number}): {described(each, str(getattr(each, 'dtype', '')))}"
            for number, each in enumerate(self)
        )

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Refuse: it computes nothing."""
        del args, kwargs
        raise RuntimeError("a ParameterList was called; it holds parameters, and computes nothing")


class ParameterDict(Module):
    """A dict of parameters."""

    def __init__(self, parameters: Any = None) -> None:
        super().__init__()
        self._keys: dict[str, None] = {}
        self.update(parameters or {})

    def __getitem__(self, key: str) -> Any:
        return getattr(self, self._name(key))

    def __setitem__(self, key: str, value: Any) -> None:
        self._keys[key] = None
        setattr(self, self._name(key), as_parameter(value))

    def __delitem__(self, key: str) -> None:
        del self._keys[key]
        delattr(self, self._name(key))

    def _name(self, key: str) -> str:
        if not isinstance(key, str):
            raise TypeError(f"a parameter is found by a text, not {type(key).__name__}")
        return key

    def __len__(self) -> int:
        return len(self._keys)

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __reversed__(self) -> Iterator[str]:
        return reversed(self._keys)

    def __contains__(self, key: str) -> bool:
        return key in self._keys

    def keys(self) -> Iterable[str]:
        """Give the names."""
        return self._keys.keys()

    def values(self) -> Iterable[Any]:
        """Give the parameters."""
        return (self[key] for key in self._keys)

    def items(self) -> Iterable[tuple[str, Any]]:
        """Give names and parameters."""
        return ((key, self[key]) for key in self._keys)

    def update(self, parameters: Any) -> None:
        """Put parameters under their names: those of a dict, or pairs."""
        if not isinstance(parameters, Iterable | ParameterDict):
            raise TypeError(f"parameters are put by pairs: {type(parameters).__name__}")
        for key, value in pairs_of(parameters):
            self[key] = value

    def clear(self) -> None:
        """Take all out."""
        for key in [*self._keys]:
            del self[key]

    def pop(self, key: str) -> Any:
        """Take one out."""
        value = self[key]
        del self[key]
        return value

    def popitem(self) -> tuple[str, Any]:
        """Take the last one out."""
        key, _ = self._keys.popitem()
        self._keys[key] = None
        return key, self.pop(key)

    def setdefault(self, key: str, default: Any = None) -> Any:
        """Return the one under a name, which is put there if there is none."""
        if key not in self:
            self[key] = default
        return self[key]

    def get(self, key: str, default: Any = None) -> Any:
        """Return the one under a name, or something else."""
        return self[key] if key in self else default  # noqa: SIM401 - this is what get does

    def copy(self) -> ParameterDict:
        """Return another dict of the same parameters."""
        return ParameterDict(dict(self.items()))

    def fromkeys(self, keys: Iterable[str], default: Any = None) -> ParameterDict:
        """Return a dict that has the same under each name."""
        return ParameterDict(dict(zip(keys, itertools.repeat(default), strict=False)))

    def __or__(self, other: ParameterDict) -> ParameterDict:
        made = self.copy()
        made.update(other)
        return made

    def __ior__(self, other: ParameterDict) -> Self:
        self.update(other)
        return self

    def extra_repr(self) -> str:
        """Show each value on a line."""
        return "\n".join(
            f"  ({key}): {described(value, value.type() if isinstance(value, Tensor) else '')}"
            for key, value in self.items()
        )

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Refuse: it computes nothing."""
        del args, kwargs
        raise RuntimeError("a ParameterDict was called; it holds parameters, and computes nothing")
