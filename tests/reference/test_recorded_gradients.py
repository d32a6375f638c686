"""Under create_graph a gradient requires grad where torch's does, and has one where torch's has."""

from __future__ import annotations

import pytest
from recorded_gradients import SINGLE, differences

from gradspec_reference.operators import OPERATORS


@pytest.mark.parametrize("part", range(4))
def test_gradients_require_grad_where_those_of_torch_do(part: int) -> None:
    assert not [said for name in SINGLE[part::4] for said in differences(name)]


def test_what_a_gradient_is_tied_to_is_saved() -> None:
    tied = [row for row in OPERATORS.values() if row.beside]

    assert len(tied) > 10
    assert all(place < len(row.saved_names) for row in tied for _, place in row.beside)
