"""`run_pytest(arguments, plugins)`: pytest as the kit configures it, and as nobody else does.

Neither an ini file or a conftest.py where the person stands, nor PYTEST_ADDOPTS, nor any other
plugin that happens to be installed, can change a verdict.
"""

from __future__ import annotations

import os
import signal
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from gradspec_conformance.pytest_plugin.plugin import chapters

if TYPE_CHECKING:
    from collections.abc import Iterator

CONFIGURATION: Final = Path(__file__).with_name("pytest.ini")
FOREIGN: Final = ("PYTEST_ADDOPTS", "PYTEST_PLUGINS", "PYTEST_DISABLE_PLUGIN_AUTOLOAD")
UNUSED: Final = (
    *("terminal", "cacheprovider", "capture", "logging", "warnings", "doctest", "unittest"),
    *("faulthandler", "unraisableexception", "threadexception", "stepwise", "pastebin"),
)
"""Plugins of pytest's own that cost time for each clause, or print."""


def run_pytest(arguments: list[str], plugins: list[object], processes: str) -> int:
    """Run the clauses in this process, or in xdist's workers; return pytest's exit code."""
    place = chapters()
    root = place.parent.parent if place is not None else Path.cwd()
    settings = ["-c", str(CONFIGURATION), f"--rootdir={root}", "--noconftest", "-p"]
    settings += ["gradspec_conformance.pytest_plugin.plugin", *(f"-pno:{name}" for name in UNUSED)]
    if processes != "0":
        settings += ["-p", "xdist.plugin", "-n", processes]
    with _environment(), _termination_interrupts():
        return int(pytest.main(["--pyargs", "gradspec", *settings, *arguments], plugins))


@contextmanager
def _environment() -> Iterator[None]:
    before = {name: os.environ.pop(name) for name in FOREIGN if name in os.environ}
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    try:
        yield
    finally:
        del os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"]
        os.environ.update(before)


@contextmanager
def _termination_interrupts() -> Iterator[None]:
    """Treat SIGTERM as Ctrl-C, so that what was measured is still reported."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
