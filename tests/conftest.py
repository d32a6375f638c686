"""What several tests need: the chapters, and an engine to run them on."""

from __future__ import annotations

import pytest

from gradspec import chapters
from gradspec_conformance import plants
from gradspec_conformance.adapters.reference import ReferenceEngine

pytest_plugins = ["pytester"]


@pytest.fixture(scope="session", autouse=True)
def _whole_specification() -> None:
    chapters.load()
    plants.load()


@pytest.fixture
def engine() -> ReferenceEngine:
    """The reference engine."""
    return ReferenceEngine()
