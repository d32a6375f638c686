"""Sessions of one engine find each verdict once together."""

from __future__ import annotations

import threading

import pytest

from gradspec_conformance.exceptions import EngineBroken
from gradspec_conformance.execution.verdict import Outcome, Verdict
from gradspec_conformance.run.verdicts import Verdicts

PASSED = Verdict("acc-001", Outcome.PASSED)


def never() -> Verdict:
    """Find it a second time."""
    raise AssertionError


def broken() -> Verdict:
    """Find no engine."""
    raise EngineBroken("it is gone")


def test_a_verdict_is_found_by_whoever_asks_first() -> None:
    verdicts = Verdicts()

    assert verdicts.get("acc-001", lambda: PASSED) is PASSED
    assert verdicts.get("acc-001", never) is PASSED


def test_each_id_has_a_verdict_of_its_own() -> None:
    verdicts, other = Verdicts(), Verdict("acc-002", Outcome.PASSED)
    verdicts.get("acc-001", lambda: PASSED)

    assert verdicts.get("acc-002", lambda: other) is other


def test_whoever_asks_second_waits_for_the_first() -> None:
    verdicts, begun, may_end = Verdicts(), threading.Event(), threading.Event()
    found: list[Verdict] = []

    def slowly() -> Verdict:
        begun.set()
        assert may_end.wait(10)
        return PASSED

    first = threading.Thread(target=lambda: found.append(verdicts.get("acc-001", slowly)))
    second = threading.Thread(target=lambda: found.append(verdicts.get("acc-001", never)))
    first.start()
    assert begun.wait(10)
    second.start()
    may_end.set()
    for thread in (first, second):
        thread.join(10)

    assert found == [PASSED, PASSED]


def test_what_kept_the_first_from_a_verdict_keeps_the_second_too() -> None:
    verdicts = Verdicts()
    for find in (broken, never):
        with pytest.raises(EngineBroken, match="it is gone"):
            verdicts.get("acc-001", find)
