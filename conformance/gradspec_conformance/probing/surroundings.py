"""`Surroundings`: the modules, classes and functions that an engine consists of."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import sys
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

from gradspec_conformance.exceptions import NothingFound
from gradspec_conformance.probing.draft import reason
from gradspec_conformance.probing.names import MODULES_APART, PASSES, TENSORS

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator, Mapping

MOST_MODULES: Final = 60
DEEPEST: Final = 3
"""How many names the path of a module may have."""

LARGE: Final = 200
"""A package of more modules is not walked: what it loads itself has to do."""


@dataclass(frozen=True)
class Surroundings:
    """The module that was named, and the public modules around it, as Python says them."""

    name: str
    places: tuple[tuple[str, ModuleType], ...]
    at_first: Mapping[str, Any]
    """Variables of modules and classes, and what they were when nothing had been done."""

    def found(self, name: str) -> Iterator[tuple[str, Any]]:
        """Give what has this name (it may have dots), and how it is said."""
        seen: set[int] = set()
        for place, module in self.places:
            thing = attribute(module, name)
            if thing is not None and id(thing) not in seen and not isinstance(thing, ModuleType):
                seen.add(id(thing))
                yield f"{place}.{name}", thing

    def functions(self) -> list[str]:
        """Give the names of what may be called and is no class."""
        names = {
            name
            for _, module in self.places
            for name, thing in vars(module).items()
            if callable(thing) and not isinstance(thing, type)
        }
        return sorted(names)

    def classes(self) -> list[tuple[str, str, type]]:
        """Give module, name and class of what may be a tensor, the likely ones first."""
        found: dict[type, tuple[str, str, type]] = {}
        for place, module in self.places:
            for name, thing in sorted(vars(module).items()):
                if isinstance(thing, type) and not name.startswith("_") and _may_be(name, thing):
                    found.setdefault(thing, (place, name, thing))
        return sorted(found.values(), key=lambda one: _rank(one[1]))

    def of_classes(self, names: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
        """Give static methods of classes that have one of these names."""
        for place, module in self.places:
            for name, thing in sorted(vars(module).items()):
                if isinstance(thing, type) and not name.startswith("_") and _is_of(module, thing):
                    for method in names:
                        found = attribute(thing, method)
                        if callable(found):
                            yield f"{place}.{name}.{method}", found


def explore(name: str, tell: Callable[[str], None], avoided: Container[str]) -> Surroundings:
    """Import a module and what belongs to it; raises NothingFound."""
    tell(f"import {name}")
    try:
        top = importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise NothingFound(_missing(name, error)) from None
    except BaseException as error:  # noqa: BLE001 - whatever a stranger's module raises
        raise NothingFound(f"importing {name} raised {reason(error)}") from None
    if not isinstance(top, ModuleType):
        raise NothingFound(f"importing {name} gives a {type(top).__name__}, and no module")
    for inner in _inner(top):
        guess = f"import {inner}"
        if inner not in sys.modules and guess not in avoided:
            tell(guess)
            try:
                importlib.import_module(inner)
            except BaseException:  # noqa: BLE001, S112 - it may want what is not here
                continue
    loaded = [m for m in list(sys.modules) if m == name or m.startswith(f"{name}.")]
    paths = sorted((m for m in loaded if _is_public(m, name)), key=lambda m: (m.count("."), m))
    # a name of a module may stand for something else by now: what is said has to be what is meant
    places = ((p, sys.modules[p]) for p in paths if _said(p) is sys.modules[p])
    chosen = tuple(places)[:MOST_MODULES]
    return Surroundings(name, chosen, {said: _value(v) for said, v in variables(chosen)})


def variables(places: Iterable[tuple[str, ModuleType]]) -> Iterator[tuple[str, Any]]:
    """Give counters, switches and containers that belong to no object, and how they are said."""
    seen: set[int] = set()
    for place, module in places:
        owners: list[tuple[str, Any]] = [(place, module)]
        owners += [
            (f"{place}.{name}", thing)
            for name, thing in sorted(vars(module).items())
            if isinstance(thing, type) and thing.__module__.startswith(module.__name__)
        ]
        for said, owner in owners:
            if id(owner) not in seen:
                seen.add(id(owner))
                for name, value in sorted(vars(owner).items()):
                    if isinstance(value, COUNTED) and not name.startswith("__"):
                        yield f"{said}.{name}", value


def put_back_switches(around: Surroundings) -> None:
    """Give variables that are true or false the values that they had at first."""
    for said, value in variables(around.places):
        before = around.at_first.get(said, value)
        if isinstance(before, bool) and value is not before:
            owner, _, name = said.rpartition(".")
            setattr(_said(owner), name, before)


def changed(around: Surroundings) -> dict[str, str]:
    """Say how each variable that is not as it was at first is put back."""
    back: dict[str, str] = {}
    for said, value in variables(around.places):
        before = around.at_first.get(said, value)
        if _value(value) != before:
            if not isinstance(value, list | dict | set):
                back[said] = f"{said} = {before!r}"
            elif before == "empty":
                back[said] = f"{said}.clear()"
    return back


COUNTED: Final = (int, float, list, dict, set, type(None))


def _value(value: Any) -> Any:
    if isinstance(value, list | dict | set):
        return "filled" if value else "empty"
    return value


def _missing(name: str, error: ModuleNotFoundError) -> str:
    absent = error.name or name
    if name == absent or name.startswith(f"{absent}."):
        return f"there is no module {name!r}: check its name and PYTHONPATH"
    return f"importing {name} needs {absent!r}, which is not installed"


def _inner(top: ModuleType) -> list[str]:
    """Name the public modules of a package that lie in its folder."""
    found: list[str] = []
    waiting = [(top.__name__, [f for f in vars(top).get("__path__", ()) if isinstance(f, str)])]
    while waiting:
        package, folders = waiting.pop(0)
        for one in pkgutil.iter_modules(folders):
            path = f"{package}.{one.name}"
            if not _is_public(path, top.__name__):
                continue
            found.append(path)
            if one.ispkg:
                waiting.append((path, [f"{folder}/{one.name}" for folder in folders]))
    return found if len(found) <= LARGE else []


def _is_public(path: str, name: str) -> bool:
    rest = path[len(name) :].split(".")
    apart = any(part.startswith(("_", "test_")) or part in MODULES_APART for part in rest)
    return not apart and len(rest) <= DEEPEST


def _said(path: str) -> Any:
    top, _, rest = path.partition(".")
    return attribute(sys.modules.get(top), rest) if rest else sys.modules.get(top)


def attribute(thing: Any, path: str) -> Any:
    """Give what dots lead to, or None."""
    for part in path.split("."):
        try:
            thing = getattr(thing, part, None)
        except Exception:  # noqa: BLE001 - a stranger's attributes may refuse
            return None
    return thing


def _may_be(name: str, thing: type) -> bool:
    if issubclass(thing, BaseException):
        return False
    return name in TENSORS or any(attribute(thing, method) is not None for method in PASSES)


def _is_of(module: ModuleType, thing: type) -> bool:
    return thing.__module__.partition(".")[0] == module.__name__.partition(".")[0]


def _rank(name: str) -> int:
    return TENSORS.index(name) if name in TENSORS else len(TENSORS)


def takes(function: Any, name: str) -> bool:
    """Say whether a function may have a parameter of this name."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return True
    return any(p.kind is p.VAR_KEYWORD or p.name == name for p in parameters)
