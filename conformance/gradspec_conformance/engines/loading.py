"""`load_engine("torch")`: from what a person writes to an engine that the kit can ask.

An engine is named in one of four ways: a registered name (`torch`), a phrasebook (`mine.toml`),
`module:attr`, or `path.py:attr`, where attr is a class or function without arguments, or an
instance.  With `@path/to/python` behind it, another interpreter loads it and serves it here.  What
cannot be loaded is told in one sentence: what was found, what was expected, what to do.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from gradspec.exceptions import text_of
from gradspec_conformance.adapters.phrases import engine_class, read_book
from gradspec_conformance.adapters.phrases.languages import COMPILED
from gradspec_conformance.engines.fault import at
from gradspec_conformance.engines.soundness import unsound
from gradspec_conformance.exceptions import (
    EngineBroken,
    EngineNotFound,
    EngineNotInstalled,
    MalformedBook,
    WrongUsage,
)
from gradspec_conformance.hints import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from gradspec.port.engine import Engine
    from gradspec_conformance.adapters.phrases import Book, BookEngine

GROUP: Final = "gradspec.engines"
LONGEST_NAME: Final = 200

BOOKS: Final = Path(__file__).parent.parent / "adapters" / "phrasebooks"

SHIPPED: Final[dict[str, str]] = {
    "reference": "gradspec_conformance.adapters.reference:ReferenceEngine",
    "torch": str(BOOKS / "torch.toml"),
    **{
        book.stem: str(book)
        for book in sorted(BOOKS.glob("*.toml"))
        if book.stem not in ("reference", "torch")
    },
}
"""The engines of this kit; each but the reference engine is a book."""


def load_engine(spec: str) -> Engine:
    """Load an engine by name, `book.toml`, `module:attr` or `path.py:attr`; raises EngineError."""
    spec, python = _parted(spec)
    if python:
        from gradspec_conformance.pipe.elsewhere import elsewhere  # noqa: PLC0415 - takes time

        return _checked(spec, _imported(spec, lambda: elsewhere(_place(spec), python)))
    if spec.endswith(".toml"):
        return _checked(spec, _from_book(spec))
    place, colon, attribute = spec.rpartition(":")
    if colon and place and attribute:
        return _checked(spec, _called(spec, _attribute(spec, place, attribute)))
    if spec.endswith(".py") or colon:
        message = f"{spec!r} names no attribute: write path.py:attr or module:attr"
        raise EngineNotFound(message)
    place = _registered(spec)
    if not (place.endswith(".toml") or ":" in place):
        message = f"{spec} is registered as {place!r}, which is no place: write module:attr"
        raise EngineBroken(message)
    return load_engine(place)


def loaded_by(spec: str, python: str | None) -> str:
    """Name an engine that another interpreter is to load; raises WrongUsage."""
    if python is None:
        return spec
    if shutil.which(python) is None:
        raise WrongUsage(f"--python names {python!r}, and there is no such program")
    return f"{spec}@{python}"


def _parted(spec: str) -> tuple[str, str]:
    """Part the name of an engine from the interpreter that is to load it."""
    name, at_, python = spec.rpartition("@")
    return (name, python) if at_ and name and shutil.which(python) else (spec, "")


def _place(spec: str) -> str:
    """Give what an engine's name stands for."""
    return _registered(spec) if spec in engine_names() else spec


def engine_names() -> dict[str, str]:
    """Give the registered names and the `module:attr` behind each, in order."""
    found = importlib.metadata.entry_points(group=GROUP)
    return SHIPPED | {entry.name: entry.value for entry in sorted(found)}


def source_of(spec: str) -> Path | None:
    """Find the file that an engine is written in, where its name says which that is."""
    spec, _ = _parted(spec)
    place = engine_names().get(spec, spec)
    if not place.endswith(".toml"):
        place = place.rpartition(":")[0]
        place = place if place.endswith(".py") else place.replace(".", "/") + ".py"
    return Path(place)


def _registered(name: str) -> str:
    names = engine_names()
    if name not in names:
        message = (
            f"no engine is called {name!r}{did_you_mean(name, list(names)) or '.'} "
            f"Registered are {', '.join(names)}; another is named module:attr or path.py:attr."
        )
        raise EngineNotFound(message)
    return names[name]


def _from_book(spec: str) -> Any:
    path = Path(spec)
    if not _is_file(path):
        raise EngineNotFound(f"{_no_file(path)}: a phrasebook is named book.toml")
    try:
        engine = _class_of(read_book(path))
    except MalformedBook as error:
        raise EngineBroken(str(error)) from None
    _seen_from(path.resolve().parent)
    return _imported(spec, engine)


def _class_of(book: Book) -> type[BookEngine]:
    """Make the engine class of a book, whatever its language."""
    if book.language == "python":
        return engine_class(book)
    if book.language in COMPILED:
        message = (
            f"{book.file} is the book of an engine in {book.language}, where nothing can be "
            "evaluated: `gradspec generate` writes its tests"
        )
        raise EngineBroken(message)
    from gradspec_conformance.pipe.phrases import RemotePhrasebook  # noqa: PLC0415 - takes time

    return type(book.name, (RemotePhrasebook,), {"book": book})


def _attribute(spec: str, place: str, attribute: str) -> Any:
    module = _from_file(Path(place)) if place.endswith(".py") else _from_path(spec, place)
    found: Any = module
    for part in attribute.split("."):
        if not hasattr(found, part):
            near = did_you_mean(part, [n for n in vars(module) if not n.startswith("_")])
            message = f"{place} has no attribute {attribute!r}{near or ': look at what it defines'}"
            raise EngineBroken(message)
        found = getattr(found, part)
    return found


def _from_path(spec: str, name: str) -> ModuleType:
    if "" not in sys.path and str(Path.cwd()) not in sys.path:
        sys.path.append(str(Path.cwd()))  # a person's own module lies where they stand
    importlib.invalidate_caches()
    try:
        absent = importlib.util.find_spec(name) is None
    except (ImportError, ValueError):
        absent = importlib.util.find_spec(name.partition(".")[0] or "-") is None
    if absent:
        message = f"there is no module {name!r}, which {spec!r} names: check PYTHONPATH"
        raise EngineNotFound(message)
    module: ModuleType = _imported(spec, lambda: importlib.import_module(name))
    return module


def _from_file(path: Path) -> ModuleType:
    if not _is_file(path):
        raise EngineNotFound(f"{_no_file(path)}: an engine is named path.py:attr")
    name = f"gradspec_loaded_{path.stem}"
    description = importlib.util.spec_from_file_location(name, path)
    if description is None or description.loader is None:
        message = f"{str(path)!r} is no file of Python"
        raise EngineNotFound(message)
    _seen_from(path.resolve().parent)
    module = importlib.util.module_from_spec(description)
    sys.modules[name] = module
    loader = description.loader
    _imported(str(path), lambda: loader.exec_module(module))
    return module


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a name that is too long, or none
        return False


def _no_file(path: Path) -> str:
    """Say what is wrong with a place: a folder, a pipe or a device is there, and cannot be read."""
    if os.path.exists(path):  # noqa: PTH110 - Path.exists raises where a name is too long
        return f"{str(path)!r} is no regular file"
    return f"there is no file {str(path)!r}"


def _seen_from(folder: Path) -> None:
    """Let modules beside an adapter be imported, after all others: it may be called torch.py."""
    if str(folder) not in sys.path:
        sys.path.append(str(folder))


def _imported(spec: str, action: Callable[[], Any]) -> Any:
    try:
        return action()
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if not package or importlib.util.find_spec(package) is not None:
            message = f"importing {spec} raised {_told(error)}{_placed(error)}: mend the adapter"
            raise EngineBroken(message) from error
        raise EngineNotInstalled(package, _remedy(spec), _placed(error)) from error
    except MalformedBook as error:
        raise EngineBroken(str(error)) from error
    except (KeyboardInterrupt, EngineBroken):
        raise
    except BaseException as error:
        raise EngineBroken(f"importing {spec} raised {_told(error)}: mend the adapter") from error


def _placed(error: Exception) -> str:
    """Say where a book asked for what is not there."""
    return "".join(f" ({place})" for place in getattr(error, "__notes__", ()))


def _remedy(spec: str) -> str:
    names = [name for name, place in SHIPPED.items() if place == spec]
    return f"pip install 'gradspec[{names[0]}]'" if names else "install it, or mend the import"


def _called(spec: str, found: Any) -> Any:
    """Make the engine, unless the attribute is one already."""
    if not isinstance(found, type) and (hasattr(found, "error_kind") or not callable(found)):
        return found
    try:
        return found()
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        message = f"{spec} raised {_told(error)} when called without arguments: mend the adapter"
        raise EngineBroken(message) from error


def _checked(spec: str, engine: Any) -> Engine:
    try:
        complaint = unsound(engine)
    except Exception as error:
        message = f"{spec} raised {_told(error)} when it was looked at: mend the adapter"
        raise EngineBroken(message) from error
    if complaint:
        raise EngineBroken(f"{spec} is no engine: {complaint}")
    return cast("Engine", engine)


def _told(error: BaseException) -> str:
    text = text_of(error)
    name = type(error).__name__[:LONGEST_NAME]
    return (f"{name}: {text}" if text else name) + at(error)
