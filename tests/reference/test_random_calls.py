"""Random calls of every operator give in the reference engine what they give in torch."""

from __future__ import annotations

import dataclasses
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from compared_calls import Outside, seen
from drawn_calls import Drawn, drawn
from faults_of_torch import FAULTS
from random_calls import CALLED, campaign, difference

from gradspec.catalogue.operators import OPERATORS as ROWS
from gradspec_reference.operators import OPERATORS

if TYPE_CHECKING:
    from collections.abc import Iterator

CALLS = 4


@pytest.mark.parametrize("part", range(4))
def test_random_calls_give_what_they_give_in_torch(part: int) -> None:
    found = campaign(CALLS, CALLED[part::4])
    said = [str(each[0]) for each in found.values()]

    assert not said, "\n\n".join(said)


def test_a_call_is_the_same_for_ever() -> None:
    assert str(drawn("softmax", 17)) == str(drawn("softmax", 17))
    assert str(drawn("softmax", 17)) != str(drawn("softmax", 18))


def test_calls_have_sizes_of_none_one_and_several() -> None:
    calls = [drawn("softmax", number) for number in range(60)]
    sizes = {
        size for call in calls for tensor in call.tensors.values() for size in tensor.array.shape
    }

    assert {0, 1} < sizes


def is_refused(call: Drawn) -> bool:
    """Say whether torch refuses a call; that a pass fails inside torch is another matter."""
    try:
        return "error in call" in seen(call, torch)
    except Outside:
        return False


def test_most_calls_are_ones_that_torch_answers() -> None:
    refused = Counter(
        name for name in CALLED[::7] for number in range(5) if is_refused(drawn(name, number))
    )

    assert refused.total() < len(CALLED[::7]) * 2


def test_every_fault_of_torch_is_one_of_an_operator() -> None:
    assert all(any(fault.is_of(row) for row in ROWS.values()) for fault in FAULTS)


@pytest.fixture
def _restored() -> Iterator[None]:
    before = dict(OPERATORS)
    yield
    for name, row in before.items():
        OPERATORS[name] = row


def kinds_of(name: str) -> set[str]:
    found = [difference(name, number) for number in range(20)]
    return {each.kind for each in found if each is not None}


@pytest.mark.usefixtures("_restored")
@pytest.mark.parametrize(
    ("name", "changes", "kind"),
    [
        ("tanh", {"kernel": np.sin}, "value"),
        ("tanh", {"vjp": {"self": lambda _xp, g, _result: g}}, "gradient"),
        ("sinh", {"vjp": {"self": lambda _xp, g, x: g * np.cosh(detached(x))}}, "second gradient"),
        ("sigmoid", {"kernel": lambda x: np.exp(x).astype("float32")}, "dtype of value"),
    ],
)
def test_a_wrong_row_is_found(name: str, changes: Any, kind: str) -> None:
    OPERATORS[name] = dataclasses.replace(OPERATORS[name], **changes)

    assert kind in kinds_of(name)


def detached(x: Any) -> Any:
    """Give the array of what may be a tensor."""
    return x if isinstance(x, np.ndarray | np.generic) else x.detach().numpy()
