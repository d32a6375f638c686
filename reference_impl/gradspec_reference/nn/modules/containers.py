"""Modules that are made of others (torch.nn.Sequential, ModuleList, ModuleDict)."""

from __future__ import annotations

import itertools
import operator
import textwrap
from collections import OrderedDict
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Self

from gradspec_reference.nn.modules.module import Module

if TYPE_CHECKING:
    from collections.abc import ItemsView, Iterator, KeysView, Mapping, ValuesView


class Numbered(Module):
    """Modules that have numbers for names."""

    def _put(self, modules: Iterable[Module]) -> None:
        for module in modules:
            self.add_module(str(len(self._modules)), module)

    def _name(self, number: int) -> str:
        return [*self._modules][place_of(number, len(self._modules))]

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._modules.values())

    def __dir__(self) -> list[str]:
        return [name for name in super().__dir__() if not name.isdigit()]

    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return self._of({n: self._modules[n] for n in [*self._modules][index]})
        return self._modules[self._name(index)]

    def _of(self, modules: dict[str, Any]) -> Self:
        return type(self)([*modules.values()])  # type: ignore[call-arg]

    def __setitem__(self, index: int, module: Module) -> None:
        setattr(self, self._name(index), module)

    def __delitem__(self, index: int | slice) -> None:
        names = [*self._modules]
        for name in names[index] if isinstance(index, slice) else [self._name(index)]:
            delattr(self, name)
        self._number([*self._modules.values()])

    def _number(self, modules: list[Any]) -> None:
        self._modules.clear()
        self._put(modules)

    def __add__(self, other: Iterable[Module]) -> Self:
        return type(self)([*self, *other])  # type: ignore[call-arg]

    def __iadd__(self, other: Iterable[Module]) -> Self:
        return self.extend(other)

    def append(self, module: Module) -> Self:
        """Put a module behind the others."""
        self._put([module])
        return self

    def extend(self, modules: Iterable[Module]) -> Self:
        """Put modules behind the others."""
        if not isinstance(modules, Iterable):
            raise TypeError(f"a list is extended by several modules: {type(modules).__name__}")
        self._put([*modules])
        return self

    def insert(self, index: int, module: Module) -> Self | None:
        """Put a module before another."""
        kept: list[Any] = [*self._modules.values()]
        kept.insert(index, module)
        self._number(kept)
        return self

    def pop(self, key: int) -> Any:
        """Take a module out."""
        module = self[key]
        del self[key]
        return module


def place_of(number: int, count: int) -> int:
    """Return a place counted from the front; IndexError beyond the ends."""
    place = operator.index(number)
    if not -count <= place < count:
        raise IndexError(f"there is no module {place}, but {count} modules")
    return place % count


class Sequential(Numbered):
    """Modules, each called on what the one before it gave (torch.nn.Sequential)."""

    def __init__(self, *args: Module | OrderedDict[str, Module]) -> None:
        super().__init__()
        if len(args) == 1 and isinstance(args[0], OrderedDict):
            for name, module in args[0].items():
                self.add_module(name, module)
        else:
            self._put(args)  # type: ignore[arg-type]

    def _of(self, modules: dict[str, Any]) -> Self:
        return type(self)(OrderedDict(modules))

    def __add__(self, other: Iterable[Module]) -> Sequential:
        check_is_sequential(other)
        return Sequential(*self, *other)

    def __iadd__(self, other: Iterable[Module]) -> Self:
        check_is_sequential(other)
        return self.extend(other)

    def __mul__(self, times: int) -> Sequential:
        check_times(times)
        return Sequential(*[module for _ in range(times) for module in self])

    __rmul__ = __mul__

    def __imul__(self, times: int) -> Self:
        check_times(times)
        return self.extend([module for _ in range(times - 1) for module in [*self]])

    def insert(self, index: int, module: Module) -> Self:
        """Put a module before another."""
        if not isinstance(module, Module):
            raise AssertionError(  # noqa: TRY004 - as torch does
                f"a module is inserted, not {type(module).__name__}"
            )
        if not -len(self) <= index <= len(self):
            raise IndexError(f"there is no place {index} among {len(self)} modules")
        kept = [*self]
        kept.insert(index, module)
        self._modules.clear()
        self._put(kept)
        return self

    def forward(self, input: Any) -> Any:
        """Return what the last module gives."""
        for module in self:
            input = module(input)
        return input


def check_is_sequential(other: object) -> None:
    """Refuse to join others to modules in sequence."""
    if not isinstance(other, Sequential):
        raise ValueError(  # noqa: TRY004 - as torch does
            f"a Sequential is joined to another, not to {type(other).__name__}"
        )


def check_times(times: object) -> None:
    """Refuse to repeat but a number of times."""
    if not isinstance(times, int):
        raise TypeError(f"a Sequential is repeated an int of times, not {type(times).__name__}")
    if times <= 0:
        raise ValueError(f"a Sequential was to be repeated {times} times; at least once it must be")


class ModuleList(Numbered):
    """A list whose modules are parts (torch.nn.ModuleList)."""

    def __init__(self, modules: Iterable[Module] | None = None) -> None:
        super().__init__()
        self._put(modules or ())

    def insert(self, index: int, module: Module) -> None:
        """Put a module before another."""
        super().insert(index, module)

    def __repr__(self) -> str:
        """Show the modules; those in a row that look alike once, with their number."""
        if not len(self):
            return f"{type(self).__name__}()"
        lines = []
        start = 0
        for text, alike in itertools.groupby(map(repr, self)):
            count = len([*alike])
            name = f"({start})" if count == 1 else f"({start}-{start + count - 1})"
            times = "" if count == 1 else f"{count} x "
            lines.append(textwrap.indent(f"{name}: {times}{text}", "  "))
            start += count
        return "\n".join([f"{type(self).__name__}(", *lines, ")"])


class ModuleDict(Module):
    """A dict whose modules are parts (torch.nn.ModuleDict)."""

    def __init__(self, modules: Mapping[str, Module] | None = None) -> None:
        super().__init__()
        self.update(modules or {})

    def update(self, modules: Any) -> None:
        """Put modules under their names: those of a dict, or pairs."""
        if not isinstance(modules, Iterable):
            raise TypeError(f"modules are put under names by pairs: {type(modules).__name__}")
        for name, module in pairs_of(modules):
            self.add_module(name, module)

    def __getitem__(self, key: str) -> Any:
        return self._modules[key]

    def __setitem__(self, key: str, module: Module) -> None:
        self.add_module(key, module)

    def __delitem__(self, key: str) -> None:
        del self._modules[key]

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def __contains__(self, key: str) -> bool:
        return key in self._modules

    def clear(self) -> None:
        """Take all modules out."""
        self._modules.clear()

    def pop(self, key: str) -> Any:
        """Take a module out."""
        return self._modules.pop(key)

    def keys(self) -> KeysView[str]:
        """Give the names."""
        return self._modules.keys()

    def values(self) -> ValuesView[Any]:
        """Give the modules."""
        return self._modules.values()

    def items(self) -> ItemsView[str, Any]:
        """Give names and modules."""
        return self._modules.items()


def pairs_of(given: Any) -> list[tuple[str, Any]]:
    """Return the pairs of a dict, or of a list of pairs; ValueError for what are none."""
    pairs = [*given.items()] if hasattr(given, "items") else [tuple(pair) for pair in given]
    for pair in pairs:
        if len(pair) != len(("key", "value")):
            raise ValueError(f"a pair of a name and a value was expected, and {len(pair)} given")
    return pairs
