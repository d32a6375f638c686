"""What the page for CI says can be copied: its commands have these options, its tables are true."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from gradspec_conformance.cli import main
from gradspec_conformance.known.entry import CAUSES

ROOT = Path(__file__).parents[2]
PAGES = (ROOT / "conformance" / "ci.md", ROOT / "README.md")
ALL_OF_IT = re.MULTILINE | re.DOTALL
COMMAND = re.compile(r"^(?:\$ | *- run: )?(gradspec (?:run|expect) .*)$", re.MULTILINE)


def commands() -> list[str]:
    """Find every `gradspec run` and `gradspec expect` in blocks of code."""
    blocks = [
        block
        for page in PAGES
        for block in re.findall(
            r"^```\w+\n(.*?)^```", page.read_text("utf-8"), re.MULTILINE | re.DOTALL
        )
    ]
    text = "\n".join(re.sub(r">-\n +(.*)\n +(--.*)", r"\1 \2", block) for block in blocks)
    return COMMAND.findall(text)


@pytest.mark.parametrize("line", commands())
def test_commands_can_be_copied(line: str) -> None:
    _, name, *words = shlex.split(line, comments=True)
    command = main.get_command(click.Context(main), name)

    assert command is not None
    command.make_parser(click.Context(command)).parse_args(args=list(words))


def test_there_is_a_job_to_copy() -> None:
    assert any("--strict" in line and "--junit" in line for line in commands())


def test_classes_are_listed() -> None:
    page = PAGES[0].read_text("utf-8")

    for cause, sentence in CAUSES.items():
        assert f"| `{cause}` | {sentence.rstrip('.')}" in page
