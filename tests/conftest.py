"""What several tests need: the chapters, and an engine to run them on."""

from __future__ import annotations

import signal

import pytest

from gradspec import chapters, edition
from gradspec_conformance.adapters.reference import ReferenceEngine

pytest_plugins = ["pytester"]

chapters.load()  # before the tests are collected: some are collected a clause
edition.resolve("acc-001")  # read whole, before a test puts another list in its place
edition.demand("acc-001")

# A run in the background is told to ignore Ctrl-C; the commands that tests interrupt must not be.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


LONG = (
    *("test_vectors", "test_other_schools", "test_an_operator_on_trial", "test_scripts"),
    *("test_random_programs", "test_random_calls", "test_run_command", "test_plants"),
)
"""Files whose tests take longest."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, so that nobody waits for it at the end."""
    items.sort(key=lambda item: LONG.index(item.path.stem) if item.path.stem in LONG else len(LONG))


@pytest.fixture
def engine() -> ReferenceEngine:
    """The reference engine."""
    return ReferenceEngine()
