"""Where data types matter: which operators mix them, which convert them, which have no halves."""

from __future__ import annotations

from typing import Final

CONVERSIONS: Final = frozenset({"float", "double", "to"})
"""Their result is of a type that they name."""

ALIKE: Final = (
    "add sub mul div maximum minimum remainder where xlogy xlog1py fmod fmax fmin atan2 hypot "
    "logaddexp logaddexp2 copysign addcmul outer kron cosine_similarity pairwise_distance "
    "mse_loss cat stack hstack vstack dstack column_stack block_diag"
)
PROMOTING: Final = frozenset(ALIKE.split())
"""They bring operands of several types to one; what is not here, torch refuses, or does halfway."""

FACTORED: Final = (
    "det slogdet inv pinv solve solve_triangular cholesky eigvalsh svdvals cdist eigh svd qr "
    "matrix_exp logdet vander quantile nanquantile multi_margin_loss multilabel_margin_loss"
)
WITHOUT_HALVES: Final = frozenset(FACTORED.split())
"""What torch does not do in the ten bits of float16."""
