"""Products of vectors, matrices and stacks of matrices; each is linear in either operand."""

from __future__ import annotations

from typing import Final

import numpy as np

from gradspec.catalogue.operator import of, on
from gradspec.catalogue.shapes import linear

ROWS: Final = (
    linear(
        "matmul(x, other)",
        np.matmul,
        on(2, 3, other=of(3, 4)),
        vectors=on(3, other=of(3)),
        matrix_vector=on(2, 3, other=of(3)),
        vector_matrix=on(2, other=of(2, 3)),
        stacks=on(2, 1, 3, other=of(2, 3, 2)),
        broadcast=on(2, 1, 1, 2, other=of(3, 2, 1)),
        stack_vector=on(2, 2, 3, other=of(3)),
        sign="$x @ $other",
    ),
    linear("dot(x, tensor)", np.dot, on(3, tensor=of(3))),
    linear("mv(x, vec)", np.matmul, on(2, 3, vec=of(3))),
    linear("mm(x, mat2)", np.matmul, on(2, 3, mat2=of(3, 4))),
    linear("outer(x, vec2)", np.outer, on(3, vec2=of(2))),
)
