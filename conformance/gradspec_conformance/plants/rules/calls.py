"""Which calls of the catalogue come through which row: what a sweep of the rules can turn red.

A row of the engine's table serves the operator of its name; what is otherwise stands here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gradspec.catalogue.operators import CALLS, KINKS, OPERATORS

if TYPE_CHECKING:
    from gradspec.catalogue.operator import Call

COME_THROUGH: Final = {
    "add": "add add_broadcast add_alpha add_ iadd",
    "cast": "float to long",
    "clamp": "clamp clamp_at_least clamp_at_most clamp_",
    "clamp_between": "clamp_tensors",
    "copy": "copy_ setitem",
    "div": "div div_broadcast div_ itruediv",
    "dot": "dot matmul_vectors",
    "expand": "expand expand_new broadcast_to broadcast_to_new expand_as",
    "fill": "fill_",
    "fill_tensor": "setitem_number",
    "gather": "gather take_along_dim take_along_dim_flat",
    "index": "getitem_places getitem_mask",
    "masked_fill": "masked_fill masked_fill_",
    "masked_fill_tensor": "masked_fill_tensor",
    "bmm": "",
    "matmul": "matmul_stacks matmul_broadcast matmul_stack_vector",
    "max": "max",
    "max_dim": "max_dim max_keepdim",
    "mean": "mean",
    "mean_dim": "mean_dim mean_keepdim",
    "median": "median median_odd",
    "median_dim": "median_dim median_keepdim median_odd_dim",
    "min": "min",
    "min_dim": "min_dim min_keepdim",
    "mm": "mm matmul matmul_vector_matrix",
    "mul": "mul mul_broadcast mul_ imul outer",
    "mv": "mv matmul_matrix_vector",
    "permute": "permute movedim",
    "pow": "pow_tensor",
    "pow_scalar": "pow pow_root pow_ ipow square square_array",
    "prod": "prod prod_one_zero",
    "prod_dim": "prod_dim prod_keepdim prod_two_zeros",
    "reciprocal": "reciprocal reciprocal_array div_of_number",
    "remainder": "remainder remainder_broadcast",
    "reshape": "",  # for what lies in another order
    "remainder_scalar": "remainder_number",
    "rpow": "pow_of_number",
    "reshape_alias": "",
    "rsub": "",
    "rsub_scalar": "sub_of_number",
    "slice": "narrow getitem getitem_steps",
    "sort_values": "sort sort_descending",
    "split": "split chunk",
    "split_with_sizes": "split_sections",
    "squeeze": "squeeze squeeze_",
    "squeeze_dim": "squeeze_dim",
    "squeeze_dims": "",
    "sub": "sub sub_broadcast sub_alpha sub_ isub",
    "sum": "sum",
    "sum_dim": "sum_dim sum_keepdim",
    "topk_values": "topk topk_smallest",
    "unsafe_split_with_sizes": "",
    "unsafe_split": "unsafe_split unsafe_chunk",
    "vector_norm": "norm norm_dim norm_keepdim norm_p1 norm_p3 norm_maximum",
    "view": "view view_as reshape flatten flatten_some",
    "zero": "zero_",
}
"""Row of the engine's table -> calls of the catalogue, where they are not of that name."""

AT_KINKS: Final = {
    **{n: n for n in ("clamp", "max", "max_dim", "min", "min_dim", "median", "median_dim")},
    "clamp_between": "clamp_tensors clamp_tensors_above",
    "vector_norm": "norm norm_p1 norm_maximum",
}
"""Row of the engine's table -> kinks of the catalogue, where they are not of that name."""

FLAT: Final = {
    "zero": ("zero_",),
    "fill": ("fill_",),
    "fill_tensor": ("setitem_number",),
    "relu": ("relu_negative",),
    **{
        name: tuple(operator.named(call) for call in operator.calls)
        for name, operator in OPERATORS.items()
        if operator.kinks and all(kink.between is None for kink in operator.kinks.values())
    },
}
"""Row of the engine's table -> calls whose every slope is zero, so that no sign can be lost.

Of a step function that is every call.
"""

HAS_AXIS: Final = {
    **dict.fromkeys(("sum_dim", "mean_dim", "prod_dim", "var", "amax", "amin"), "shape"),
    **dict.fromkeys(("cumsum", "softmax", "log_softmax"), "value"),
    "logsumexp": "shape",
}
"""Row whose dimension is its first parameter -> how its plain call along one fails."""

IDENTITIES: Final = ("as_tensor", "asarray", "contiguous", "double")
"""Operators that hand back what they were given, and have no row of the table."""


MADE_BY_FUNCTIONS: Final = (
    *("all", "any", "argmax", "argmin", *IDENTITIES, "detach", "detach_", "resize_"),
    *("new_tensor", "tensor_from", "Variable", "arange", "eye", "full", "full_like", "linspace"),
    *("ones", "ones_like", "zeros", "zeros_like"),
)
"""Operators that have no row of the table, or do not use it."""


def calls_through(row: str) -> list[Call]:
    """Give the calls of the catalogue that come through a row of the table."""
    if row in COME_THROUGH:
        return [CALLS[name] for name in COME_THROUGH[row].split()]
    return [c for c in CALLS.values() if c.operator.name in (row, f"{row}_")]


def kinks_through(row: str) -> list[str]:
    """Name the kinks of the catalogue that are met in the rule of a row of the table."""
    if row in AT_KINKS:
        return AT_KINKS[row].split()
    return [name for name, (call, _) in KINKS.items() if call.operator.name == row]
