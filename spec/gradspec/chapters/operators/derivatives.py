"""Derivatives where there is one: the whole Jacobian of every operator, in reverse mode.

A random cotangent mixes the rows of the Jacobian, so that one product tells a wrong entry wherever
it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from gradspec import SAFETY, VALUE, clause, expect
from gradspec.catalogue.operator import DIFFERENTIABLE, REFUSED, variables
from gradspec.catalogue.operators import CALLS, OPERATORS
from gradspec.catalogue.slopes import pulled_back
from gradspec.chapters.operators.calling import (
    cotangent,
    determined,
    function,
    results,
)

if TYPE_CHECKING:
    from gradspec import Autograd
    from gradspec.catalogue.operator import Call

SMOOTH: Final = {
    name: call
    for name, call in CALLS.items()
    if call.operator.smoothness in DIFFERENTIABLE and not call.operator.inplace
}
WITHOUT_RULE: Final = {
    name: call
    for name, call in CALLS.items()
    if call.operator.smoothness is REFUSED
    and OPERATORS[call.operator.form_of or call.operator.name].smoothness is REFUSED
}


@clause(
    "op-001",
    VALUE,
    sources=["notes/autograd § Gradients for non-differentiable functions", "mathematics"],
    over=SMOOTH,
    stands_for={
        "op-002": "add add_broadcast sub sub_broadcast sub_of_number",
        "op-003": "add_alpha sub_alpha",
        "op-004": "mul mul_broadcast",
        "op-005": "div div_broadcast",
        "op-008": "div_of_number pow_of_number neg neg_array",
        "op-009": "pow",
        "op-012": "exp log log1p expm1 log2 log10",
        "op-016": "sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh sigmoid",
        "op-020": "sign floor ceil round trunc",
        "op-021": "frac frac_array frac_negative",
        "op-022": "remainder remainder_negative remainder_divisors "
        "fmod fmod_negative fmod_divisors",
        "op-023": "div_rounded div_rounded_trunc",
        "op-025": "fmax_first_nan fmax_second_nan fmin_first_nan fmin_second_nan",
        "op-027": "clamp_tensors",
        "op-031": "median median_dim median_odd mode mode_first kthvalue kthvalue_first",
        "op-032": "sum sum_dim sum_keepdim",
        "op-033": "mean mean_dim mean_keepdim",
        "op-034": "prod prod_dim prod_keepdim prod_one_zero prod_two_zeros",
        "op-035": "cumsum cumprod cumprod_one_zero cumprod_two_zeros cummax cummin logcumsumexp",
        "op-036": "var var_dim var_keepdim var_correction",
        "op-038": "logsumexp logsumexp_keepdim logsumexp_dims",
        "op-043": "where where_broadcast",
        "op-046": "nan_to_num nan_to_num_infinite nan_to_num_nan",
        "op-047": "nansum nansum_dim nanmean nanmean_dim",
        "op-052": "expand expand_new broadcast_to broadcast_to_new expand_as",
        "op-053": "view view_as reshape flatten flatten_some unflatten squeeze squeeze_dim "
        "unsqueeze",
        "op-054": "transpose permute movedim t",
        "op-055": "cat cat_dim stack stack_dim",
        "op-056": "split split_sections unsafe_split unsafe_split_first chunk chunk_first "
        "unsafe_chunk unsafe_chunk_dim unbind unbind_dim tensor_split tensor_split_places",
        "op-057": "repeat tile tile_fewer repeat_interleave repeat_interleave_dim "
        "repeat_interleave_each",
        "op-058": "flip roll roll_flat",
        "op-059": "tril tril_diagonal triu triu_diagonal diag diag_matrix",
        "op-060": "unfold unfold_overlap as_strided as_strided_overlap",
        "op-061": "pad pad_value pad_cut pad_reflect pad_reflect_planes pad_replicate "
        "pad_replicate_planes pad_circular",
        "op-062": "getitem getitem_steps",
        "op-063": "getitem_places",
        "op-064": "getitem_mask",
        "op-065": "scatter scatter_columns scatter_value",
        "op-067": "scatter_add scatter_add_first index_add index_add_alpha index_put_accumulate "
        "put_accumulate",
        "op-068": "masked_fill masked_fill_tensor index_fill index_fill_tensor index_copy "
        "index_copy_columns",
        "op-069": "sort sort_descending topk topk_smallest gather take_along_dim",
        "op-070": "matmul matmul_vectors matmul_matrix_vector matmul_vector_matrix "
        "matmul_stacks matmul_broadcast matmul_stack_vector",
        "op-071": "matmul mm",
        "op-072": "dot outer mv mm bmm addmm addmm_weighed addmm_alone addmm_stretched baddbmm "
        "baddbmm_weighed baddbmm_alone baddbmm_stretched einsum einsum_diagonal einsum_trace "
        "einsum_three einsum_sums einsum_dots einsum_all_pairs",
        "op-074": "trace trace_wide trace_tall det det_stack slogdet slogdet_stack logdet "
        "logdet_stack inv inv_stack solve solve_vector solve_right solve_stack "
        "solve_stretched cholesky cholesky_upper cholesky_stack eigvalsh eigvalsh_upper "
        "eigvalsh_stack svdvals svdvals_wide svdvals_stack matrix_exp matrix_exp_stack",
        "op-076": "sigmoid tanh gelu gelu_tanh silu softplus mish logsigmoid softsign celu selu",
        "op-077": "softplus_past",
        "op-078": "softmax softmax_first",
        "op-079": "log_softmax log_softmax_first",
        "op-083": "cross_entropy cross_entropy_alone cross_entropy_pixels",
        "op-085": "cross_entropy_probabilities cross_entropy_probabilities_weight "
        "cross_entropy_probabilities_smoothed",
        "op-086": "mse_loss mse_loss_sum mse_loss_none",
        "op-087": "l1_loss l1_loss_sum l1_loss_none smooth_l1_loss smooth_l1_loss_beta "
        "huber_loss huber_loss_delta",
        "op-088": "binary_cross_entropy_with_logits binary_cross_entropy_with_logits_sum "
        "binary_cross_entropy_with_logits_none",
        "op-092": "linear linear_bias linear_vector linear_stack",
        "op-093": "conv1d conv1d_bias conv1d_strided conv1d_padded conv1d_dilated conv1d_grouped "
        "conv2d conv2d_bias conv2d_strided conv2d_padded conv2d_dilated conv2d_grouped",
        "op-094": "max_pool1d max_pool2d avg_pool1d avg_pool2d",
        "op-099": "scaled_dot_product_attention scaled_dot_product_attention_causal",
        "op-104": "sinc_at_zero xlogy_nothing",
        "op-105": "lerp lerp_tensor addcmul addcmul_broadcast addcdiv addcdiv_broadcast "
        "atan2 atan2_second atan2_third atan2_fourth",
        "op-110": "normalize_zero",
        "op-111": "cosine_similarity cosine_similarity_dim pairwise_distance kl_div "
        "kl_div_batchmean kl_div_log_target",
        "op-112": "meshgrid meshgrid_xy cartesian_prod broadcast_tensors",
    },
)
def derivative_is_that_of_the_formula(ag: Autograd, call: Call) -> None:
    """Where {name} is differentiable, its derivative is that of its formula, entry by entry.

    Of a symmetric matrix one triangle may be read: what is determined is the derivative by both.
    """
    sample = call.sample()
    points = list(variables(sample))

    for part, value in results(call, sample):
        if value.dtype.kind == "f":
            weights = cotangent(ag, value)
            _, found = ag.vjp(function(ag, call, sample, part), points, weights)
            expected = pulled_back(call, sample, weights, part)
            for gradient, wanted in zip(found, expected.gradients, strict=True):
                told, meant = determined(call, gradient, wanted)
                expect(told).is_close(meant, scale=expected.scale)


@clause("op-203", SAFETY, sources=["torch.heaviside source"], over=WITHOUT_RULE)
def a_step_without_a_rule_is_refused_or_flat(ag: Autograd, call: Call) -> None:
    """A pass through {name} is refused, or gives the derivative of its formula.

    torch has no rule for it and refuses when the pass gets there.  Where its first argument jumps,
    at zero, any number will do.
    """
    sample = call.sample()
    points = list(variables(sample))
    part, value = next(results(call, sample))
    weights = cotangent(ag, value)
    by_first, *by_others = pulled_back(call, sample, weights, part).gradients
    room = np.where(points[0] == 0, np.inf, 0.0)

    with ag.attempt() as attempt:
        _, (first, *others) = ag.vjp(function(ag, call, sample, part), points, weights)
        with attempt.granted():
            expect(first).lies_between(by_first - room, by_first + room)
            for found, wanted in zip(others, by_others, strict=True):
                expect(found).is_close(wanted)
