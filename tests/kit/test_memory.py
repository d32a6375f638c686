"""`--lf` remembers what closed the gate, for each engine and each folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gradspec_conformance.run import memory
from gradspec_conformance.run.memory import last_red, remember

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep what is remembered in a folder of the test's own."""
    place = tmp_path / "cache"
    monkeypatch.setattr(memory, "user_cache_path", lambda _name: place)
    monkeypatch.chdir(tmp_path)
    return place


def test_nothing_is_known_before_the_first_run() -> None:
    assert last_red("mine") == []


def test_what_closed_the_gate_is_remembered_in_order() -> None:
    remember("mine", ["acc-003", "acc-001", "acc-002"], ["acc-003", "acc-001"])

    assert last_red("mine") == ["acc-003", "acc-001"]


def test_what_was_not_judged_again_is_remembered_as_it_was() -> None:
    remember("mine", ["acc-001", "acc-002"], ["acc-001", "acc-002"])
    remember("mine", ["acc-001"], [])

    assert last_red("mine") == ["acc-002"]


def test_what_failed_again_is_remembered_once() -> None:
    for _ in range(2):
        remember("mine", ["acc-001"], ["acc-001"])

    assert last_red("mine") == ["acc-001"]


def test_what_is_no_more_is_forgotten() -> None:
    remember("mine", [], ["leaf-999/old", "acc-001"])

    assert last_red("mine") == ["acc-001"]


def test_each_engine_is_remembered_apart() -> None:
    remember("mine", ["acc-001"], ["acc-001"])

    assert last_red("yours") == []


def test_each_folder_is_remembered_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    remember("mine", ["acc-001"], ["acc-001"])
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")

    assert last_red("mine") == []


def test_a_memory_that_cannot_be_read_is_none(cache: Path) -> None:
    remember("mine", ["acc-001"], ["acc-001"])
    (file,) = cache.iterdir()
    file.write_text("[", "utf-8")

    assert last_red("mine") == []


def test_where_nothing_can_be_written_nothing_is_remembered(cache: Path) -> None:
    cache.write_text("a file where the folder should be")
    remember("mine", ["acc-001"], ["acc-001"])

    assert last_red("mine") == []
