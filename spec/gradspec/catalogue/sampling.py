"""What is drawn at random, with what tensors say: only its shape is known."""

from __future__ import annotations

from typing import Final

import numpy as np

from gradspec.catalogue.domain import SHARE
from gradspec.catalogue.operator import UNDETERMINED, of, row

PROBABILITIES: Final = of(2, 3, domain=SHARE)

ROWS: Final = (
    row("bernoulli(x)", np.zeros_like, UNDETERMINED, {"x": PROBABILITIES}),
    row("poisson(x)", np.zeros_like, UNDETERMINED, {"x": PROBABILITIES}),
    row(
        "normal(mean, std)",
        lambda mean, std: np.zeros(np.broadcast_shapes(mean.shape, std.shape)),
        *(UNDETERMINED, {"mean": of(2, 3), "std": PROBABILITIES}),
    ),
    row(
        "multinomial(x, num_samples, replacement=False)",
        lambda x, num_samples, *_how: np.zeros((len(x), num_samples)),
        *(UNDETERMINED, {"x": PROBABILITIES, "num_samples": 1}),
        replacement={"x": PROBABILITIES, "num_samples": 5, "replacement": True},
        apart="replacement",
    ),
)
