"""One tensor, one place or one mask that is used twice: every use counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec import CONVENTION, VALUE, clause, expect

if TYPE_CHECKING:
    from gradspec import Autograd

JOINING: Final[dict[str, Any]] = {
    "cat": (lambda ag, parts: ag.cat(parts), np.concatenate),
    "stack": (lambda ag, parts: ag.stack(parts), np.stack),
}


@clause(
    "op-264",
    VALUE,
    sources=["torch.cat docstring", "chain rule"],
    over=JOINING,
    stands_for={"op-055": "cat stack"},
)
def a_tensor_joined_twice_receives_both_parts(ag: Autograd, row: Any) -> None:
    """A tensor that {name} joins twice receives the sum of what its two parts receive."""
    join, joined = row
    first, second, third = parts = ag.random(3, 2)
    _, (by_x, by_other) = ag.vjp(
        lambda x, other: join(ag, [x, other, x]), [[1.0, 2.0], [3.0, 4.0]], joined(list(parts))
    )

    expect(by_x).is_close(first + third)
    expect(by_other).is_close(second)


@clause("op-096", VALUE, sources=["torch.nn.functional.dropout docstring"])
def what_dropout_dropped_receives_nothing(ag: Autograd) -> None:
    """Dropout with p = 1/2 doubles or drops an entry, and does the same to its gradient."""
    weights = ag.tensor([2.0, -3.0, 5.0, -7.0, 1.0, -4.0])
    found, (gradient,) = ag.vjp(lambda x: ag.dropout(x, 0.5) * weights, [np.ones(6)], np.ones(6))

    expect(found * (found - weights * 2.0)).equals(np.zeros(6))
    expect(gradient - found).equals(np.zeros(6))


PUTTING: Final[dict[str, Any]] = {
    "scatter": lambda x, index, source: x.scatter(0, index, source),
    "index_copy": lambda x, index, source: x.index_copy(0, index, source),
    "index_put": lambda x, index, source: x.index_put([index], source),
    "put": lambda x, index, source: x.put(index, source),
}


@clause(
    "op-066",
    CONVENTION,
    sources=["torch.Tensor.scatter_ docstring"],
    over=PUTTING,
)
def all_that_was_put_at_a_place_receives_its_gradient(ag: Autograd, put: Any) -> None:
    """Where {name} puts two entries at one place, each receives the whole gradient of the place.

    Only one of them is there; but which one it is, torch leaves open.
    """
    weights = ag.random(3)
    index = ag.tensor([1, 1])
    _, (found,) = ag.vjp(
        lambda source: put(ag.tensor([1.0, 2.0, 3.0]), index, source), [[4.0, 5.0]], weights
    )

    expect(found).is_close([weights[1], weights[1]])
