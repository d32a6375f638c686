"""Faults in operands: shapes and data types that do not go together."""

from __future__ import annotations

import numpy as np

from gradspec_conformance.plants.places import at
from gradspec_conformance.plants.plant import plant
from gradspec_reference import dtypes
from gradspec_reference.engine import recording


@plant(at(recording, "run_again"), "no error: rec-204", "numpy.resize, which repeats what is short")
def operands_are_made_to_fit(_sound, operator, values, params, _error):
    """Operands whose shapes do not fit are repeated, or turned, until they do."""
    if operator.name == "mm":
        return values[0] @ values[1].T
    shape = max((np.shape(v) for v in values), key=len)
    return operator.kernel(*(np.resize(v, shape) for v in values), *params)


@plant(at(dtypes, "promote"), "dtype: rec-205", "numpy.result_type")
def data_types_are_promoted_as_in_numpy(_sound, a, b):
    """Whole numbers of 64 bits beside floating-point numbers ask for 64 bits of those."""
    return dtypes.of(np.promote_types(a.numpy, b.numpy))


@plant(at(dtypes, "promote"), "dtype: rec-205/add_int32", "numpy.result_type")
def whole_numbers_of_32_bits_ask_for_64(sound, a, b):
    """A whole number of 32 bits beside a floating-point number of 32 makes one of 64."""
    narrow = {a.numpy.str[1:], b.numpy.str[1:]} == {"i4", "f4"}
    return dtypes.of(np.promote_types(a.numpy, b.numpy)) if narrow else sound(a, b)
