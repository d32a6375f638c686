"""Which calls of the catalogue come through which row: what a sweep of the rules can turn red.

A row of the engine's table serves the operator of its name; what is otherwise stands here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from gradspec.catalogue.operator import ANALYTIC, LINEAR, PIECEWISE
from gradspec.catalogue.operators import CALLS, ENDS, KINKS
from gradspec.catalogue.slopes import pulled_back

if TYPE_CHECKING:
    from gradspec.catalogue.operator import Call

COME_THROUGH: Final = {
    "cast": "float to long",
    "cat": "hstack hstack_vectors vstack vstack_vectors dstack dstack_vectors column_stack "
    "column_stack_vectors",
    "circular_pad": "pad_circular",
    "clamp_between": "clamp_tensors",
    "constant_pad_nd": "pad pad_value pad_cut",
    "copy": "setitem",
    "cummax_values": "cummax cummax_first",
    "cummin_values": "cummin cummin_first",
    "diag_embed": "diag",
    "diagonal": "diag_matrix",
    "div": "nanmean nanmean_dim nanmean_keepdim nanmean_dims softsign softsign_array "
    "softsign_negative",
    "div_floor": "div_floor",
    "div_trunc": "div_trunc",
    "dot": "matmul_vectors",
    "elu": "selu selu_array selu_negative",
    "expand": "broadcast_to broadcast_to_new expand_as meshgrid meshgrid_xy broadcast_tensors",
    "fill_tensor": "setitem_number",
    "flip": "fliplr flipud",
    "fmod_scalar": "fmod_number",
    "gather": "take_along_dim take_along_dim_flat",
    "index_fill_tensor": "index_fill_tensor",
    "index_select": "repeat_interleave repeat_interleave_dim repeat_interleave_each",
    "index_put_added": "index_put_accumulate",
    "index": "getitem_places getitem_mask",
    "hardtanh": "relu6 relu6_array",
    "lerp_scalar": "lerp lerp_small",
    "log_sigmoid": "logsigmoid logsigmoid_array logsigmoid_negative",
    "masked_fill_tensor": "masked_fill_tensor",
    "max_dim": "max_dim max_keepdim",
    "mean_dim": "mean_dim mean_keepdim mean_dims",
    "median": "nanmedian",
    "median_dim": "median_dim median_keepdim median_odd_dim nanmedian_dim nanmedian_keepdim",
    "min_dim": "min_dim min_keepdim",
    "mm": "matmul matmul_vector_matrix",
    "mul": "outer",
    "mv": "matmul_matrix_vector",
    "permute": "movedim",
    "pow_scalar": "pow pow_root square square_array",
    "prelu_kernel": "prelu prelu_array prelu_channels prelu_deep",
    "prod_dim": "prod_dim prod_keepdim prod_two_zeros",
    "reciprocal": "div_of_number",
    "reflection_pad1d": "pad_reflect",
    "reflection_pad2d": "pad_reflect_planes",
    "reflection_pad3d": "",
    "repeat": "tile tile_fewer",
    "replication_pad1d": "pad_replicate",
    "replication_pad2d": "pad_replicate_planes",
    "replication_pad3d": "",
    "remainder_scalar": "remainder_number",
    "rpow": "pow_of_number",
    "reshape_alias": "",
    "rsub": "",
    "rsub_scalar": "sub_of_number",
    "sigmoid": "glu glu_first glu_middle",
    "softmax": "softmin softmin_first",
    "scatter_number": "scatter_value",
    "slogdet": "logdet logdet_stack",
    "slice": "narrow getitem getitem_steps tensor_split tensor_split_places",
    "sort_values": "sort sort_descending msort",
    "split": "chunk chunk_first",
    "split_with_sizes": "split_sections",
    "squeeze_dim": "squeeze_dim",
    "squeeze_dims": "squeeze_dims",
    "std": "std_mean std_mean_dim std_mean_dims std_mean_keepdim std_mean_correction",
    "stack": "cartesian_prod combinations combinations_three combinations_repeated",
    "sub": "diff diff_thrice diff_first diff_beside",
    "sum_dim": "sum_dim sum_keepdim sum_dims",
    "tanh": "tanhshrink tanhshrink_array tanhshrink_negative",
    "topk_values": "topk topk_smallest",
    "transpose": "swapaxes",
    "unsafe_split_with_sizes": "",
    "unsafe_split": "unsafe_chunk unsafe_chunk_dim",
    "view": "unflatten view_as reshape flatten flatten_some",
    "vector_norm": "norm norm_dim norm_keepdim norm_p1 norm_p3 norm_maximum norm_maximum_dim "
    "dist dist_sums dist_cubes cdist cdist_sums cdist_cubes cdist_maximum cdist_stack matrix_norm "
    "matrix_norm_dim matrix_norm_keepdim",
    "eigh": "eigvalsh eigvalsh_upper eigvalsh_stack",
    "svd": "svdvals svdvals_wide svdvals_stack",
}
"""Row of the engine's table -> calls of the catalogue that are of another name."""

OF_NETWORKS: Final = {
    "nll_loss": "nll_loss nll_loss_sum nll_loss_none",
    "abs": "l1_loss* smooth_l1_loss_straight",
    "log_sigmoid": "binary_cross_entropy_with_logits* multilabel_soft_margin_loss*",
    "log": "gaussian_nll_loss* poisson_nll_loss_rates poisson_nll_loss_eps",
    "exp": "poisson_nll_loss*",
    "clamp": "margin_ranking_loss* hinge_embedding_loss*",
    "log1p": "soft_margin_loss*",
    "sqrt": "cosine_embedding_loss_alone",
    "relu": "multi_margin_loss* multilabel_margin_loss*",
    "gather": "nll_loss_alone nll_loss_pixels nll_loss_weight nll_loss_ignore_index "
    "nll_loss_weight_ignored",
    "log_softmax": "cross_entropy*",
    "standardise": "layer_norm* batch_norm_training batch_norm_training_affine "
    "batch_norm_training_bias batch_norm_eps batch_norm_images group_norm* instance_norm*",
    "mul": "rms_norm* batch_norm* kl_div*",
    "div": "normalize* local_response_norm*",
    "convolution": "conv1d* conv2d*",
    "convolution_transposed": "conv_transpose1d* conv_transpose2d*",
    "max_pool": "max_pool1d* max_pool2d* adaptive_max_pool1d* adaptive_max_pool2d*",
    "avg_pool": "avg_pool1d* avg_pool2d* adaptive_avg_pool1d* adaptive_avg_pool2d* lp_pool1d* "
    "lp_pool2d*",
    "mm": "linear",
    "matmul": "bilinear*",
    "softmax": "scaled_dot_product_attention*",
    "vector_norm": "pairwise_distance* triplet_margin_loss*",
    "sum_dim": "cosine_similarity* cosine_embedding_loss*",
    "reshape": "pixel_shuffle* pixel_unshuffle*",
    "addmm": "linear_bias linear_vector linear_stack",
}
"""The same of functions of networks; a star means all other calls."""

ROWS: Final = {
    call: row
    for table in (COME_THROUGH, OF_NETWORKS)
    for row, calls in table.items()
    for call in calls.split()
}
"""Call of the catalogue -> row of the engine's table, if it is of another name."""

AT_KINKS: Final = {
    **{n: n for n in ("clamp", "max", "max_dim", "min", "min_dim", "median", "median_dim")},
    "clamp_between": "clamp_tensors clamp_tensors_above",
    "cummax_values": "cummax",
    "cummin_values": "cummin",
    "hardtanh": "hardtanh relu6",
    "prelu_kernel": "prelu",
    "vector_norm": "norm norm_p1 norm_maximum matrix_norm cdist vector_norm vector_norm_ord1 "
    "vector_norm_largest vector_norm_smallest",
    "max_pool": "max_pool1d max_pool2d adaptive_max_pool1d",
}
"""Row of the engine's table -> kinks of the catalogue, where they are not of that name."""

AT_ENDS: Final = {
    "div": "div_by_zero div_zero_by_zero div_by_infinity softsign_infinity",
    "elu": "elu_far selu_far",
    "log_sigmoid": "logsigmoid_far",
    "pow": "pow_zero_tensor pow_zero_to_zero pow_negative",
    "pow_scalar": "pow_zero_root pow_zero_inverse pow_zero_above_one pow_zero_constant "
    "pow_zero_identity",
    "sigmoid": "sigmoid_far glu_far",
    "softmax": "softmax_masked softmax_far softmax_of_nothing softmin_far",
    "tanh": "tanh_far tanhshrink_far",
    "vector_norm": "norm_infinity vector_norm_infinity vector_norm_half_at_zero",
}
"""The same of ends."""

HAS_AXIS: Final = {
    **dict.fromkeys(("sum_dim", "mean_dim", "prod_dim", "var", "amax", "amin"), "shape"),
    **dict.fromkeys(("cumsum", "softmax", "log_softmax"), "value"),
    "logsumexp": "shape",
}
"""Row whose dimension is its first parameter -> how its plain call along one fails."""

IDENTITIES: Final = ("as_tensor", "asarray", "contiguous", "double")
"""Operators that hand back what they were given, and have no row of the table."""


MADE_BY_FUNCTIONS: Final = (
    *("argsort", "bucketize", "count_nonzero", "searchsorted"),
    *("all", "any", "argmax", "argmin", *IDENTITIES, "detach", "detach_", "resize_"),
    *("new_tensor", "tensor_from", "Variable", "arange", "eye", "full", "full_like", "linspace"),
    *("ones", "ones_like", "zeros", "zeros_like"),
    *("einsum", "inner", "interpolate", "kron", "matrix_norm", "matrix_power", "multi_dot"),
    *("one_hot", "tensordot", "vecdot", "im2col", "col2im", "grid_sample", "dropout", "vander"),
    *("trapezoid", "cumulative_trapezoid", "quantile", "nanquantile", "cov", "corrcoef", "logdet"),
)
"""Operators that have no row of the table, or do not use it."""


def row_of(call: Call) -> str:
    """Name the row that a call comes through; in place it is that of the same call elsewhere."""
    operator = call.operator
    which = call.name.removeprefix(operator.name)
    plain = operator.form_of or operator.name
    return ROWS.get(f"{plain}{which}") or ROWS.get(f"{plain}*", plain.removesuffix("_"))


def calls_through(row: str) -> list[Call]:
    """Give the calls of the catalogue that come through a row of the table."""
    return [call for call in CALLS.values() if row_of(call) == row]


def kinks_through(row: str) -> list[str]:
    """Name the kinks of the catalogue that are met in the rule of a row of the table."""
    if row in AT_KINKS:
        return AT_KINKS[row].split()
    return [name for name, (call, _) in KINKS.items() if call.operator.name == row]


def ends_through(row: str) -> list[str]:
    """Name the ends of the catalogue that are met in the rule of a row of the table."""
    if row in AT_ENDS:
        return AT_ENDS[row].split()
    return [name for name, (call, _) in ENDS.items() if call.operator.name == row]


def is_flat(call: Call) -> bool:
    """Say whether every slope of a call is zero, so that no sign can be lost."""
    sample = call.sample()
    weight = np.ones_like(call.value(sample))
    return not any(map(np.any, pulled_back(call, sample, weight).gradients))


def _flat() -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {"fill_tensor": ("setitem_number",)}  # of what it fills
    for call in CALLS.values():
        smoothness = call.operator.smoothness
        may_be = smoothness in (ANALYTIC, PIECEWISE) or (
            smoothness is LINEAR and call.operator.inplace
        )
        row = row_of(call)
        may_be = may_be and row not in MADE_BY_FUNCTIONS and not call.gives_several
        if may_be and is_flat(call):
            found[row] = (*found.get(row, ()), call.name)
    return found


FLAT: Final = _flat()
"""Row of the engine's table -> calls whose every slope is zero."""
