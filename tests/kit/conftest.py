"""What several tests of the kit need."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from toy_book import TOY

if TYPE_CHECKING:
    from toy_book import WriteBook


@pytest.fixture
def write_book(tmp_path: Path) -> WriteBook:
    """Write a book and give its path; the toy engine lies beside it."""
    toy = Path(__file__).with_name("toy_engine.py")
    (tmp_path / "toy_engine.py").write_text(toy.read_text("utf-8"), "utf-8")

    def written(text: str = TOY, name: str = "toy.toml") -> Path:
        path = tmp_path / name
        path.write_text(text, "utf-8")
        return path

    return written
