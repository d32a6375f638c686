"""NaN and infinities: what the catalogue says of operators, and that every one of them is asked."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gradspec.catalogue.facets.not_finite import AROUND, TELLING, put, spoilt
from gradspec.catalogue.operator import BY_PARTS, UNDETERMINED, variables
from gradspec.catalogue.operators import OPERATORS
from gradspec.chapters.operators.not_finite import PASSING, UNFACTORED
from gradspec_conformance.plants import load
from gradspec_conformance.plants.plant import PLANTS

NOWHERE = {"grid_sample_nearest"}
"""A place that is no number has no nearest entry: what is read there is zero."""


@pytest.mark.parametrize("name", [n for n in PASSING if n in UNFACTORED and n not in NOWHERE])
def test_what_depends_on_nan_is_nan_unless_the_row_says_otherwise(name: str) -> None:
    for one in (one for one in spoilt(name, "nan") if one.asked.value() is not None):
        others = [put(TELLING[name].sample(), one.which, one.place, n) for n in AROUND]
        base = values(name, TELLING[name].sample())
        found = values(name, one.asked.sample)
        for part, sound in enumerate(base):
            depends = np.any([values(name, other)[part] != sound for other in others], axis=0)

            assert sound.dtype.kind != "f" or np.isnan(found[part][depends]).all()


def values(name: str, sample: Any) -> list[Any]:
    with np.errstate(all="ignore"):
        value = TELLING[name].value(sample)
    return [np.asarray(v) for v in (value if TELLING[name].gives_several else (value,))]


def test_every_operator_of_real_numbers_is_asked() -> None:
    asked = {call.operator.name for call in TELLING.values()}
    of_real_numbers = {
        name
        for name, operator in OPERATORS.items()
        if not operator.inplace
        and operator.formula is not None
        and operator.smoothness not in (UNDETERMINED, *BY_PARTS)
        and operator.calls
        and any(True for _ in variables(operator.telling().sample()))
    }

    left_out = of_real_numbers - asked
    assert left_out == {"long"}, "what whole number NaN becomes is up to the processor"


def test_a_kernel_that_takes_nan_for_zero_is_seen_in_all_but_those_that_give_the_same() -> None:
    load()
    sweeps = ("_takes_nan_for_zero", "_is_given_zero_for_nan")
    rows = {row for name, p in PLANTS.items() if name.endswith(sweeps) for row in p.kills}
    seen = {TELLING[row.partition("/")[2]].operator.name for row in rows}

    assert {call.operator.name for call in TELLING.values()} - seen == {
        *("sign", "nansum", "nan_to_num"),  # zero is what they make of NaN
        *("isinf", "isneginf", "isposinf", "signbit", "any", "isclose"),  # false of both
        *("zeros_like", "ones_like", "full_like", "new_tensor"),  # which read no numbers
        *("acosh", "binary_cross_entropy"),  # where zero is outside the domain, or refused
    }
