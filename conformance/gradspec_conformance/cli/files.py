"""Files that a command writes: none is an input too, and none is ever half written.

What is written stands beside its place first; it is read back, and only then takes the place of
what was there.
"""

from __future__ import annotations

import os
import shutil
import stat
import sys
import tempfile
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gradspec_conformance.complaint import complain
from gradspec_conformance.exceptions import WrongUsage
from gradspec_conformance.run.result import ExitStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


LARGEST: Final = 1 << 27
"""Bytes of a file that a command reads."""

SOURCES: Final = (".py", ".toml")
"""What engines, books and lists are written in, and no report is."""


def check_apart(files: Mapping[str, Path | None]) -> None:
    """See that no two of these, by what they are called, are one file; raises WrongUsage."""
    there = [(name, path) for name, path in files.items() if path is not None]
    for (one, path), (other, same) in combinations(there, 2):
        if _are_one(path, same):
            message = f"{one} and {other} both name {path}; give each a file of its own"
            raise WrongUsage(message)


def check_writable(path: Path) -> None:
    """Find out now what would fail later; raises WrongUsage, and touches nothing."""
    try:
        target = _target(path)
        if not _is_stream(target):
            with tempfile.TemporaryFile(dir=target.parent):
                pass
    except (OSError, ValueError, RuntimeError) as error:
        raise WrongUsage(f"{_shown(path)} cannot be written: {_reason(error)}") from None


def check_report(path: Path) -> None:
    """See that a report can be written, and over no source: an engine's or a book's."""
    if path.suffix in SOURCES and path.exists():
        message = f"{_shown(path)} is there, and may be part of an engine: name another file"
        raise WrongUsage(message)
    check_writable(path)


def contents(path: Path) -> bytes:
    """Read what a person names: a file, and not a pipe or a device; raises WrongUsage."""
    try:
        if not path.is_file():
            kind = "no regular file" if path.exists() else "not there"
            raise WrongUsage(f"{_shown(path)} is {kind}: name a file")
        if path.stat().st_size > LARGEST:
            raise WrongUsage(f"{_shown(path)} has more than {LARGEST >> 20} MiB")
        return path.read_bytes()
    except (OSError, ValueError) as error:
        raise WrongUsage(f"{_shown(path)} cannot be read: {_reason(error)}") from None


def make_folder(path: Path) -> None:
    """Make a folder in which pages can be written; raises WrongUsage."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            pass
    except (OSError, ValueError) as error:
        reason = "a file has that name" if isinstance(error, FileExistsError) else _reason(error)
        raise WrongUsage(f"no folder {_shown(path)} can be written in: {reason}") from None


def write(path: Path, text: str | bytes, read: Callable[[Path], object]) -> None:
    """Write a file, read it back, and put it in its place; raises OSError, and what `read` does."""
    target = _target(path)
    if _is_stream(target):
        with target.open("wb") as stream:
            stream.write(_encoded(text))
        return
    descriptor, name = tempfile.mkstemp(".part", ".gradspec-", target.parent)
    beside = Path(name)
    try:
        with open(descriptor, "wb") as file:  # noqa: PTH123 - a descriptor
            file.write(_encoded(text))
        read(beside)
        if target.exists():
            shutil.copymode(target, beside)
        else:
            beside.chmod(0o666 & ~_umask())
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)


def put(path: Path, text: str | bytes, read: Callable[[Path], object] = Path.read_text) -> None:
    """Write a file as the last thing that a command does, or end it and say why it cannot."""
    try:
        write(path, text, read)
    except OSError as error:
        complain(f"gradspec: {path} could not be written: {error.strerror}")
        sys.exit(ExitStatus.INCOMPLETE)


def _encoded(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode()


def _target(path: Path) -> Path:
    """Follow links to the place itself; raises OSError where nothing can be written there."""
    if not path.is_absolute() and Path.cwd() == NOWHERE:
        raise FileNotFoundError(2, "the current folder is gone: go to one that is there")
    target = path if _is_stream(path) else path.resolve()
    if not target.exists():
        if _is_stream(target):
            raise FileNotFoundError(2, "there is no such stream")
        if not target.parent.is_dir():
            raise FileNotFoundError(2, f"there is no directory {target.parent}")
        return target
    mode = target.stat().st_mode
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(21, "it is a directory")
    if not (stat.S_ISREG(mode) or stat.S_ISCHR(mode) or _is_stream(target)):
        raise OSError(22, "it is no regular file")
    if not os.access(target, os.W_OK):
        raise PermissionError(13, "Permission denied")
    return target


NOWHERE: Final = Path("/proc")
"""Where a command stands that was started in a folder that is gone."""

STREAMS = ("/dev/", "/proc/")
MEMORY = "/dev/shm/"  # noqa: S108 - a disk like any other


def _is_stream(path: Path) -> bool:
    """Whether it is a device, or a stream of this process, which is written as it is."""
    return str(path).startswith(STREAMS) and not str(path).startswith(MEMORY)


def _are_one(path: Path, other: Path) -> bool:
    try:
        if path.exists() and other.exists():
            return path.samefile(other) and not _is_stream(path)
        return path.resolve() == other.resolve()
    except (OSError, ValueError, RuntimeError):
        return False  # whoever writes it will say why


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _reason(error: Exception) -> str:
    return (isinstance(error, OSError) and error.strerror) or str(error)


def _shown(path: Path) -> str:
    text = str(path)
    return text if len(text) <= 200 else f"{text[:200]}..."  # noqa: PLR2004 - a line or two
