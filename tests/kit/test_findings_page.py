"""The page of bugs in released engines prints what it says, as far as the engines are of Python."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = (ROOT / "docs/findings.md").read_text("utf-8")
HERE: Final = ("Autograd", "MyGrad", "micrograd")
"""Engines that the tests are installed with."""

BLOCK: Final = re.compile(r"```(python|text)\n(.*?)```", re.DOTALL)


def sections(text: str, sign: str) -> list[tuple[str, str]]:
    """Split at headings: title and text of each."""
    parts = re.split(rf"^{sign} (.*)\n", text, flags=re.MULTILINE)
    return list(zip(parts[1::2], parts[2::2], strict=True))


ENGINES: Final = sections(PAGE, "##")
BUGS: Final = [
    pytest.param(BLOCK.findall(engine.split("\n### ")[0])[0][1], bug, id=f"{name}: {title}")
    for name, engine in ENGINES
    if name.split()[0] in HERE
    for title, bug in sections(engine, "###")
]


@pytest.mark.parametrize(("setup", "bug"), BUGS)
def test_a_reproducer_prints_what_the_page_says(setup: str, bug: str) -> None:
    (_, code), (_, printed) = BLOCK.findall(bug)
    command = [sys.executable, "-W", "ignore", "-c", setup + code]

    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)

    assert ended.returncode == 0, ended.stderr
    assert ended.stdout == printed


@pytest.mark.parametrize("name", [name for name, _ in ENGINES if name.split()[0] in HERE])
def test_the_version_is_the_one_that_is_installed(name: str) -> None:
    engine, told = name.split()

    assert version(engine.lower()) == told


def test_the_counts_are_true() -> None:
    bugs = len(sections(PAGE, "###"))

    assert f"{bugs} bugs of {len(ENGINES)} released engines" in PAGE
    assert f"[{bugs} bugs of nine released engines](docs/findings.md)" in (
        ROOT / "README.md"
    ).read_text("utf-8")
