"""`pytest --pyargs gradspec --engine torch -n 2`: every clause is a test of pytest's.

This module is imported wherever gradspec is installed, so it only declares options and watches
for the chapters; the rest is in `gradspec_conformance.pytest_plugin.items`, loaded when a chapter
is collected.
"""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

ITEMS: Final = "gradspec_conformance.pytest_plugin.items"
CHAPTERS: Final = "chapters"


# options ------------------------------------------------------------------------------
def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    """Declare the options; the short names only where the command line speaks of gradspec."""
    group = parser.getgroup("gradspec", "gradspec: conformance of an autograd engine")
    config: pytest.Config | None = pluginmanager.get_plugin("pytestconfig")
    short = config is not None and is_named(config)

    def add(name: str, *others: str, **settings: Any) -> None:
        names = (f"--gradspec-{name}", *(others if short else ()))
        group.addoption(*names, dest=f"gradspec_{name.replace('-', '_')}", **settings)

    add(
        "engine",
        "--engine",
        metavar="ENGINE",
        default="reference",
        help="the engine to run: a name, module:attr or path.py:attr (default: reference). "
        "--engine, --expect and --no-expect are understood where gradspec is named, "
        "as in `pytest --pyargs gradspec --engine torch`",
    )
    add(
        "profile",
        default="full",
        metavar="PROFILE",
        help="full, sound, core, tape, functional or scalar",
    )
    add("chapter", action="append", default=[], metavar="CHAPTER", help="a chapter, or its prefix")
    add(
        "expect",
        "--expect",
        action="append",
        default=[],
        metavar="FILE",
        help="expected failures (default: as shipped)",
    )
    add("no-expect", "--no-expect", action="store_true", help="expect every clause to pass")
    add("strict", action="store_true", help="red where an expected failure is unexplained")
    add("seed", type=int, metavar="N", help="generate other examples (default: always the same)")
    add("examples", type=int, metavar="N", help="examples generated for a law")
    add("timeout", type=float, metavar="SECONDS", help="processor time that a clause may take")


def is_named(config: pytest.Config) -> bool:
    """Whether the command line speaks of gradspec."""
    return any("gradspec" in str(argument) for argument in config.invocation_params.args)


# hooks --------------------------------------------------------------------------------
def pytest_configure(config: pytest.Config) -> None:
    """Check the options, and start the engine while pytest collects."""
    if is_named(config) and not config.getoption("help", default=False):
        context = _items(config).prepare(config)
        if not config.getoption("collectonly"):
            context.start()


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect the clauses of a chapter; every other file is left alone."""
    if file_path.suffix != ".py" or CHAPTERS not in file_path.parts:
        return None
    place = chapters()
    if place is None or not file_path.resolve().is_relative_to(place):
        return None
    collect: Callable[..., pytest.Collector] = _items(parent.config).ChapterFile.from_parent
    return collect(parent, path=file_path)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes(config: pytest.Config) -> None:
    """Find out that the engine cannot be loaded once, and not once in each worker."""
    if is_named(config):
        _items(config).wait_for_engine(config)


def _items(config: pytest.Config) -> Any:
    config.pluginmanager.import_plugin(ITEMS)
    return config.pluginmanager.get_plugin(ITEMS)


@cache
def chapters() -> Path | None:
    """Find the chapters without importing them."""
    package = importlib.util.find_spec("gradspec")
    if package is None or not package.submodule_search_locations:
        return None
    return (Path(next(iter(package.submodule_search_locations))) / CHAPTERS).resolve()
