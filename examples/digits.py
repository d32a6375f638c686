"""Teach a small network to read digits, and say how many it reads right that it has never seen.

pip install 'gradspec[digits]'; python examples/digits.py [torch]

The images come with scikit-learn.  With `torch` the same code runs on PyTorch, from the same
numbers in the same order, and comes to the same losses.
"""

from __future__ import annotations

import importlib
import sys
import time
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from sklearn.datasets import load_digits

if TYPE_CHECKING:
    from collections.abc import Iterator

Array = npt.NDArray[Any]

LEARNT = 1437
"""Images that are learnt from; the others, a fifth of all, are kept to be read."""

SIZES = (64, 32, 10)


@dataclass(frozen=True)
class Digits:
    """Images, as rows of brightness from 0 to 1, and the digits that they show."""

    images: Array
    labels: Array

    @classmethod
    def load(cls) -> tuple[Digits, Digits]:
        """Return those to learn from, and those to be read."""
        images, labels = load_digits(return_X_y=True)
        images = images / 16.0
        return cls(images[:LEARNT], labels[:LEARNT]), cls(images[LEARNT:], labels[LEARNT:])

    def batches(self, epochs: int, size: int) -> Iterator[tuple[Array, Array]]:
        """Give batches, in an order that is the same in every run."""
        order = np.random.default_rng(0)
        for _ in range(epochs):
            places = order.permutation(len(self.labels))
            for start in range(0, len(places), size):
                chosen = places[start : start + size]
                yield self.images[chosen], self.labels[chosen]


def network(torch: Any, dtype: Any) -> Any:
    """Make the network, from numbers that are the same on every engine."""
    nn, random = torch.nn, np.random.default_rng(1)
    layers: list[Any] = []
    for before, after in pairwise(SIZES):
        layers += [nn.Linear(before, after, dtype=dtype), nn.ReLU()]
    model = nn.Sequential(*layers[:-1])
    with torch.no_grad():
        for parameter in model.parameters():
            bound = 1 / np.sqrt(parameter.shape[-1])
            numbers = random.uniform(-bound, bound, tuple(parameter.shape))
            parameter.copy_(torch.tensor(numbers, dtype=dtype))
    return model


def train(torch: Any, model: Any, digits: Digits, dtype: Any, epochs: int = 8) -> Iterator[float]:
    """Teach the network, and give the loss of each batch before its step."""
    loss_of = torch.nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    schedule = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.995)
    for images, labels in digits.batches(epochs, size=32):
        optimizer.zero_grad()
        loss = loss_of(model(torch.tensor(images, dtype=dtype)), torch.tensor(labels))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimizer.step()
        schedule.step()
        yield loss.item()


def accuracy(torch: Any, model: Any, digits: Digits, dtype: Any) -> float:
    """Return the share of digits that are read right."""
    model.eval()
    with torch.no_grad():
        read = model(torch.tensor(digits.images, dtype=dtype)).argmax(1)
    return float((read.numpy() == digits.labels).mean())


def main() -> None:
    """Train, and print losses, accuracy and speed."""
    torch = importlib.import_module(next(iter(sys.argv[1:]), "gradspec_reference"))
    learnt, unseen = Digits.load()
    model = network(torch, torch.float32)
    start = time.perf_counter()
    losses = list(train(torch, model, learnt, torch.float32))
    taken = time.perf_counter() - start
    each = len(losses) // 8
    for epoch in range(8):
        print(f"epoch {epoch + 1}: loss {np.mean(losses[epoch * each :][:each]):.4f}")
    print(f"read right, of digits never seen: {accuracy(torch, model, unseen, torch.float32):.1%}")
    print(f"{len(losses) / taken:.0f} steps a second")


if __name__ == "__main__":
    main()
