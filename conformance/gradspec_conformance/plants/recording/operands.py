"""Faults in bringing operands together: shapes that are made to fit, data types of NumPy's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec_conformance.plants.plant import Swap, plant
from gradspec_conformance.plants.rows import every
from gradspec_reference.engine import dtypes, recording

if TYPE_CHECKING:
    from gradspec_reference.engine.operator import Operator


@plant(kills=every("rec-204", "no error"), modelled_on="numpy.resize, which repeats what is short")
def operands_are_made_to_fit(swap: Swap) -> None:
    """Operands whose shapes do not fit are repeated, or turned, until they do."""

    def run_again(operator: Operator, values: Any, params: Any, _error: Exception) -> Any:
        if operator.name == "mm":
            return values[0] @ values[1].T
        shape = max((np.shape(v) for v in values), key=len)
        return operator.kernel(*(np.resize(v, shape) for v in values), *params)

    swap(recording, "run_again", run_again)


@plant(kills=every("rec-205", "dtype"), modelled_on="numpy.result_type")
def data_types_are_promoted_as_in_numpy(swap: Swap) -> None:
    """Whole numbers of 64 bits beside floating-point numbers ask for 64 bits of those."""
    swap(dtypes, "promote", lambda a, b: dtypes.of(np.promote_types(a.numpy, b.numpy)))
