"""Anomaly detection.

A NaN in a gradient is found late: in a loss, some steps after the operation whose derivative made
it, and far from the line of the program that recorded it.  The chain rule spreads it over
everything below.  Anomaly detection turns this round.  While it is on, every node remembers the
line that recorded it, and a backward pass that fails says which line that was; with it a NaN counts
as a failure, at the first node that makes one.

It is a tool for the search of faults, and costs time; so it is off, it warns when it is asked for,
and it changes nothing about values, or about gradients that are sound.
"""

from gradspec.chapters.anomaly_detection import (
    switching,
    not_a_number,
    tracebacks,
)

__all__ = ["not_a_number", "switching", "tracebacks"]
