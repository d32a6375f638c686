"""A peer that goes wrong costs the clause at hand and is named; a fresh process takes the next."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from toy_peer import WAYS

from gradspec import CASES, chapters
from gradspec_conformance.execution.execute import run_clause
from gradspec_conformance.execution.verdict import Outcome, Verdict
from gradspec_conformance.pipe import conversation
from gradspec_conformance.pipe.remote import RemoteEngine

if TYPE_CHECKING:
    from collections.abc import Iterator

chapters.load()
PEER = Path(__file__).with_name("toy_peer.py")
CLAUSE = "bwd-001"


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a line without end be known as one after a megabyte."""
    monkeypatch.setattr(conversation, "LONGEST", 1 << 20)


def verdict(engine: RemoteEngine) -> Verdict:
    return run_clause(CASES[CLAUSE], engine)


@pytest.fixture
def peer(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RemoteEngine]:
    """Start a peer that goes wrong once."""
    engine = RemoteEngine([sys.executable, str(PEER), request.param, str(tmp_path / "mark")])
    yield engine
    engine.close()


@pytest.mark.parametrize("peer", ["sound"], indirect=True)
def test_a_sound_peer_passes(peer: RemoteEngine) -> None:
    assert verdict(peer).outcome is Outcome.PASSED


@pytest.mark.parametrize("peer", WAYS, indirect=True)
def test_a_peer_that_goes_wrong_costs_one_clause_and_is_named(peer: RemoteEngine) -> None:
    spoiled, next_one = verdict(peer), verdict(peer)

    assert spoiled.outcome in (Outcome.ERRORED, Outcome.CRASHED, Outcome.FAILED)
    assert "toy_peer.py" in str(spoiled.message) or "toy_peer.py" in str(spoiled.found)
    assert next_one.outcome is Outcome.PASSED
