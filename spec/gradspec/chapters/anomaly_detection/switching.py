"""Switching: for a block or from here on, with a look at NaN or without."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gradspec import CONVENTION, SHOULD, clause, expect

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradspec import Autograd

DETECT = "torch.autograd.detect_anomaly docstring"
SET = "torch.autograd.set_detect_anomaly docstring"

BLOCKS: dict[str, Callable[..., Any]] = {
    "detect_anomaly": lambda ag, **given: ag.detect_anomaly(**given),
    "set_detect_anomaly": lambda ag, **given: ag.set_detect_anomaly(True, **given),
}
"""The blocks in which detection is on."""


def state(ag: Autograd) -> list[Any]:
    """Ask whether detection is on, and whether it looks at NaN."""
    return [ag.is_anomaly_enabled(), ag.is_anomaly_check_nan_enabled()]


@clause("anom-201", CONVENTION, sources=[DETECT])
def detection_is_off(ag: Autograd) -> None:
    """Anomaly detection is off where nobody switched it on."""
    expect(ag.is_anomaly_enabled()).is_false()


@clause("anom-007", CONVENTION, sources=[DETECT, SET], over=BLOCKS)
def a_block_restores_what_held_before(ag: Autograd, block: Any) -> None:
    """Leaving a block of {name} restores what held before: whether detection was on, and whether it
    looked at NaN.
    """
    found = []
    with block(ag):
        found += state(ag)
        with block(ag, check_nan=False):
            found += state(ag)
        found += state(ag)
    found += [ag.is_anomaly_enabled()]

    expect(found).happened_in_order([True, True, True, False, True, True, False])


@clause("anom-008", CONVENTION, sources=[SET])
def detection_is_switched_from_here_on(ag: Autograd) -> None:
    """Called as a function, set_detect_anomaly takes effect at once, until it is called again."""
    found = []
    ag.switch_anomaly(True)
    found += state(ag)
    ag.switch_anomaly(True, check_nan=False)
    found += state(ag)
    ag.switch_anomaly(False)
    found += [ag.is_anomaly_enabled()]

    expect(found).happened_in_order([True, True, True, False, False])


@clause("anom-202", CONVENTION, sources=[SET])
def detection_is_switched_off_for_a_block(ag: Autograd) -> None:
    """In a block of set_detect_anomaly(False) detection is off, and after it as before."""
    with ag.set_detect_anomaly(True):
        with ag.set_detect_anomaly(False):
            inside = ag.is_anomaly_enabled()
        after = ag.is_anomaly_enabled()

    expect([inside, after]).happened_in_order([False, True])


@clause("anom-203", CONVENTION, sources=["observed"], over=BLOCKS)
def an_exception_ends_detection(ag: Autograd, block: Any) -> None:
    """A block of {name} that an exception ends restores what held before."""
    with ag.attempt(), block(ag):
        ag.tensor([1.0, 2.0]) + ag.tensor([1.0, 2.0, 3.0])

    expect(ag.is_anomaly_enabled()).is_false()


@clause("anom-006", CONVENTION, level=SHOULD, sources=[DETECT])
def detection_warns_of_its_cost(ag: Autograd) -> None:
    """Switching detection on by detect_anomaly warns: it makes a program slower."""
    with ag.warns(), ag.detect_anomaly():
        pass


@clause("anom-006a", CONVENTION, level=SHOULD, sources=["observed"])
def switching_warns_of_nothing(ag: Autograd) -> None:
    """Switching detection on by set_detect_anomaly warns of nothing."""
    with ag.silent(), ag.set_detect_anomaly(True):
        pass
