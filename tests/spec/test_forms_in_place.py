"""Every form in place that torch has of a catalogued operator is catalogued, or is said why not."""

from __future__ import annotations

from typing import Final

import torch

from gradspec.catalogue.operators import OPERATORS

LEFT_OUT: Final = {
    "bernoulli_": "draws with a probability that it is given; bernoulli reads it out of x",
    "normal_": "draws about a mean that it is given; normal makes a tensor of means and deviations",
}
"""Namesakes: what they write is not what the operator would have given."""


def test_none_that_torch_has_is_missing() -> None:
    forms = {name for name in dir(torch.Tensor) if name.endswith("_") and not name.endswith("__")}
    twins = {name for name in forms if name[:-1] in OPERATORS}

    assert twins - OPERATORS.keys() == LEFT_OUT.keys()


def test_what_is_called_like_a_form_in_place_is_one() -> None:
    named = [o for o in OPERATORS.values() if o.name.endswith("_")]

    assert [o.name for o in named if not o.inplace] == []
