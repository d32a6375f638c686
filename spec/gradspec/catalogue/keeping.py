"""Which of its operands and results torch keeps for the derivative of an operator.

It is about the call that `Operator.telling` names, where all operands require grad.  Left open is
what is composed of others or makes several views or overlapping ones, and where torch keeps a whole
operand of which the derivative needs only the shape.
"""

from __future__ import annotations

from typing import Final

BY_WHAT_IS_KEPT: Final = {
    "": (
        "add sub neg sign floor round deg2rad rad2deg ceil trunc frac tanhshrink sum mean "
        "cumsum msort diff trace pixel_shuffle pixel_unshuffle interpolate view reshape "
        "flatten transpose permute flip t contiguous movedim squeeze unsqueeze narrow select "
        "diagonal unfold unsafe_split unsafe_chunk as_strided view_as roll repeat tril triu "
        "cat stack getitem select_scatter slice_scatter diagonal_scatter diag_embed diag "
        "hstack vstack dstack column_stack block_diag cartesian_prod tile repeat_interleave "
        "fliplr flipud rot90 swapaxes unflatten tensor_split pad clone float double to "
        "as_tensor asarray"
    ),
    "batch1 batch2": "baddbmm addbmm",
    "condition": "where",
    "index": "index_select index_fill scatter scatter_add",
    "indices": "index_put",
    "mask": "masked_fill masked_scatter",
    "mat vec": "addmv",
    "mat1 mat2": "addmm",
    "operands": "einsum",
    "result": (
        "exp expm1 sqrt rsqrt reciprocal tan tanh sigmoid relu exp2 softmin softmax "
        "log_softmax inv cholesky eigvalsh svdvals pairwise_distance"
    ),
    "result0 result1": "eigh qr",
    "result0 result1 result2": "svd",
    "result1": "sort topk mode kthvalue",
    "target": "cross_entropy",
    "tensor1 tensor2": "addcmul addcdiv",
    "tensors": "multi_dot",
    "vec1 vec2": "addr",
    "x": (
        "pow abs log log1p square sin cos sinh cosh clamp log2 log10 asin acos atan asinh "
        "acosh atanh sinc logit erf erfc erfinv lgamma digamma polygamma nan_to_num elu selu "
        "celu gelu silu mish softplus softsign leaky_relu hardtanh relu6 hardsigmoid "
        "hardswish logsigmoid softshrink hardshrink threshold glu var nansum nanmean var_mean "
        "matrix_power matrix_exp embedding max_pool1d max_pool2d lp_pool1d lp_pool2d "
        "layer_norm rms_norm group_norm instance_norm normalize local_response_norm "
        "take_along_dim"
    ),
    "x end weight": "lerp",
    "x index": "gather",
    "x index src result": "scatter_reduce",
    "x input2 weight": "bilinear",
    "x mask": "masked_select",
    "x mat2": "mm bmm",
    "x other": (
        "mul div maximum minimum remainder xlogy xlog1py fmod fmax fmin atan2 logaddexp "
        "logaddexp2 vdot inner cross vecdot"
    ),
    "x other result": "hypot",
    "x result": (
        "copysign prod amax amin std max min median norm logsumexp vector_norm cumprod "
        "logcumsumexp det pinv solve solve_triangular matrix_norm"
    ),
    "x result0": "std_mean",
    "x target": "nll_loss mse_loss",
    "x tensor": "dot",
    "x vec": "mv",
    "x vec2": "outer",
    "x weight": "prelu linear conv1d conv2d conv_transpose1d conv_transpose2d",
    "x x2": "cosine_similarity",
}
"""Parameters, and `result` or `result0` and its like -> operators that keep just these."""

KEPT: Final = {
    operator: frozenset(kept.split())
    for kept, operators in BY_WHAT_IS_KEPT.items()
    for operator in operators.split()
}
"""Operator -> the names of what it keeps."""

OF_ITS_MEMORY: Final = (
    "view reshape flatten squeeze unsqueeze view_as unflatten cat stack slice_scatter vstack "
    "block_diag"
)
HANDING_ON: Final = frozenset(OF_ITS_MEMORY.split())
"""Operators through which a cotangent arrives as a view of itself, or of a part of itself."""
