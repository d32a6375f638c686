"""Random batches of numbers."""

from __future__ import annotations

from gradspec.drawing.drawn import Drawn


def batches() -> Drawn:
    """Draw one to four batches of one to three multiples of 1/8 between -2 and 2."""
    return Drawn("numbers", "batch_strategy")
