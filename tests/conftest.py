"""What several tests need: the chapters, and an engine to run them on."""

from __future__ import annotations

import pytest

from gradspec import chapters, edition
from gradspec_conformance.adapters.reference import ReferenceEngine

pytest_plugins = ["pytester"]

chapters.load()  # before the tests are collected: some are collected a clause
edition.resolve("acc-001")  # read whole, before a test puts another list in its place
edition.demand("acc-001")


@pytest.fixture
def engine() -> ReferenceEngine:
    """The reference engine."""
    return ReferenceEngine()
