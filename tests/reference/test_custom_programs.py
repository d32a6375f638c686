"""Custom functions, packed values and checkpoints do in random programs what they do in torch."""

from __future__ import annotations

import os
from typing import Any

import pytest
from custom_grammar import drawn
from custom_programs import difference, ended, shortened

from gradspec_reference.engine import custom, dirty, packing

COUNT = int(os.environ.get("GRADSPEC_CUSTOM_PROGRAMS", "60"))  # more of them, every night
BLOCK = 20
LINES = 9


@pytest.mark.parametrize("first", range(0, COUNT, BLOCK))
def test_custom_functions_and_checkpoints_do_what_they_do_in_torch(first: int) -> None:
    for number in range(first, first + BLOCK):
        found = difference(drawn(number))
        assert found is None, f"program {number}{shortened(found)}"


def test_few_programs_end_early() -> None:
    ended.clear()
    for number in range(BLOCK):
        difference(drawn(number))
    assert ended.total() <= BLOCK / 4, ended


def test_a_program_is_the_same_for_ever() -> None:
    assert drawn(5) == drawn(5)
    assert drawn(5) != drawn(6)


def counts_twice(written: Any) -> None:
    sound_count(written)
    sound_count(written)


sound_count = dirty.count_writes
FAULTS: dict[str, Any] = {
    "a written argument counts twice": (dirty, "count_writes", counts_twice),
    "an argument that is returned is a constant": (custom, "view_of", lambda x: x.detach()),
    "pack is given nothing": (packing, "packed", lambda _node, value, _pack: value.detach()),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found_and_shortened(
    fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(*FAULTS[fault])
    found = next(filter(None, (difference(drawn(number)) for number in range(300))))
    short = shortened(found)
    assert short is not None
    assert len(short.lines) <= LINES, str(short)
