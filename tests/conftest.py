"""What several tests need: the chapters, and an engine to run them on."""

from __future__ import annotations

import pytest

from gradspec import chapters
from gradspec_conformance.adapters.reference import ReferenceEngine

pytest_plugins = ["pytester"]

chapters.load()  # before the tests are collected: some are collected a clause


@pytest.fixture
def engine() -> ReferenceEngine:
    """The reference engine."""
    return ReferenceEngine()
