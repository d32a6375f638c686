"""Modules that are made of others (torch.nn.Sequential, ModuleList, ModuleDict, ParameterList)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from gradspec_reference.nn.modules.module import Module
from gradspec_reference.nn.parameter import Parameter

if TYPE_CHECKING:
    from collections.abc import ItemsView, Iterable, Iterator, KeysView, Mapping, ValuesView

    from gradspec_reference.engine.tensor import Tensor


class Numbered(Module):
    """Modules that have numbers for names."""

    def _put(self, modules: Iterable[Module]) -> None:
        for module in modules:
            self.add_module(str(len(self._modules)), module)

    def _name(self, number: int) -> str:
        count = len(self._modules)
        if not -count <= number < count:
            raise IndexError(f"there is no module {number}, but {count} modules")
        return [*self._modules][number]

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._modules.values())

    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return type(self)(*self._as_given([*self._modules.values()][index]))
        return self._modules[self._name(index)]

    def _as_given(self, modules: list[Any]) -> tuple[Any, ...]:
        return (modules,)

    def __setitem__(self, index: int, module: Module) -> None:
        self._modules[self._name(index)] = module

    def __delitem__(self, index: int) -> None:
        kept = [*self._modules.values()]
        del kept[index]
        self._modules.clear()
        self._put(kept)  # type: ignore[arg-type]

    def append(self, module: Module) -> Self:
        """Put a module behind the others."""
        self._put([module])
        return self

    def extend(self, modules: Iterable[Module]) -> Self:
        """Put modules behind the others."""
        self._put(modules)
        return self

    def insert(self, index: int, module: Module) -> Self:
        """Put a module before another."""
        kept: list[Any] = [*self._modules.values()]
        kept.insert(index, module)
        self._modules.clear()
        self._put(kept)
        return self


class Sequential(Numbered):
    """Modules, each called on what the one before it gave (torch.nn.Sequential)."""

    def __init__(self, *args: Module | Mapping[str, Module]) -> None:
        super().__init__()
        if len(args) == 1 and not isinstance(args[0], Module):
            for name, module in args[0].items():
                self.add_module(name, module)
        else:
            self._put(args)  # type: ignore[arg-type]

    def _as_given(self, modules: list[Any]) -> tuple[Any, ...]:
        return tuple(modules)

    def forward(self, input: Any) -> Any:
        """Return what the last module gives."""
        for module in self:
            input = module(input)
        return input


class ModuleList(Numbered):
    """A list whose modules are parts (torch.nn.ModuleList)."""

    def __init__(self, modules: Iterable[Module] = ()) -> None:
        super().__init__()
        self._put(modules)


class ModuleDict(Module):
    """A dict whose modules are parts (torch.nn.ModuleDict)."""

    def __init__(self, modules: Mapping[str, Module] | None = None) -> None:
        super().__init__()
        self.update(modules or {})

    def update(self, modules: Mapping[str, Module]) -> None:
        """Put modules under their names."""
        for name, module in modules.items():
            self.add_module(name, module)

    def __getitem__(self, name: str) -> Any:
        return self._modules[name]

    def __setitem__(self, name: str, module: Module) -> None:
        self.add_module(name, module)

    def __delitem__(self, name: str) -> None:
        del self._modules[name]

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def __contains__(self, name: str) -> bool:
        return name in self._modules

    def keys(self) -> KeysView[str]:
        """Give the names."""
        return self._modules.keys()

    def values(self) -> ValuesView[Any]:
        """Give the modules."""
        return self._modules.values()

    def items(self) -> ItemsView[str, Any]:
        """Give names and modules."""
        return self._modules.items()


class ParameterList(Module):
    """A list of parameters (torch.nn.ParameterList); tensors become parameters."""

    def __init__(self, values: Iterable[Tensor] = ()) -> None:
        super().__init__()
        for value in values:
            self.append(value)

    def append(self, value: Tensor) -> Self:
        """Put a parameter behind the others."""
        own = value if isinstance(value, Parameter) else Parameter(value)
        self.register_parameter(str(len(self)), own)
        return self

    def __len__(self) -> int:
        return len(self._parameters)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._parameters.values())

    def __getitem__(self, index: int) -> Any:
        return [*self._parameters.values()][index]
