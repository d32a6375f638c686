"""Every name of the array API standard leads to an operator, or is left out for a reason."""

from __future__ import annotations

from typing import Final

import pytest

from gradspec.catalogue.operators import OPERATORS
from gradspec.catalogue.standard import SAID_OTHERWISE, STANDARD, standard_names

NAMES: Final = """
    e inf nan newaxis pi
    arange asarray empty empty_like eye from_dlpack full full_like linspace meshgrid ones ones_like
    tril triu zeros zeros_like
    astype can_cast finfo iinfo isdtype result_type
    abs acos acosh add asin asinh atan atan2 atanh bitwise_and bitwise_left_shift bitwise_invert
    bitwise_or bitwise_right_shift bitwise_xor ceil clip conj copysign cos cosh divide equal exp
    expm1 floor floor_divide greater greater_equal hypot imag isfinite isinf isnan less less_equal
    log log1p log2 log10 logaddexp logical_and logical_not logical_or logical_xor maximum minimum
    multiply negative nextafter not_equal positive pow real reciprocal remainder round sign signbit
    sin sinh square sqrt subtract tan tanh trunc
    take take_along_axis
    matmul matrix_transpose tensordot vecdot
    broadcast_arrays broadcast_to concat expand_dims flip moveaxis permute_dims repeat reshape roll
    squeeze stack tile unstack
    argmax argmin count_nonzero nonzero searchsorted where
    unique_all unique_counts unique_inverse unique_values
    argsort sort
    cumulative_prod cumulative_sum max mean min prod std sum var
    all any diff
    cholesky cross det diagonal eigh eigvalsh inv matrix_norm matrix_power matrix_rank outer pinv qr
    slogdet solve svd svdvals trace vector_norm
    fft ifft fftn ifftn rfft irfft rfftn irfftn hfft ihfft fftfreq rfftfreq fftshift ifftshift
    __array_namespace_info__
"""
"""Functions and constants of the edition 2024.12, with both extensions."""

LEFT_OUT: Final = {
    "a constant": "e inf nan newaxis pi",
    "about data types": "can_cast finfo iinfo isdtype result_type",
    "about the library": "__array_namespace_info__",
    "about the memory of other libraries": "from_dlpack",
    "frequencies, and so without a derivative": "fftfreq rfftfreq",
    "of bits, and so without a derivative": "bitwise_left_shift bitwise_right_shift",
    "the neighbour of a number in its data type, and no function of numbers": "nextafter",
    "gives its operand: the sign +x": "positive",
    "transpose, of the last two dimensions": "matrix_transpose",
    "counts singular values above a tolerance, and so without a derivative": "matrix_rank",
    "gives places, as many as the values allow": "nonzero",
    "unique, and places and counts beside it": "unique_all unique_counts unique_inverse",
}
"""Why no operator has it -> names."""


def test_each_names_an_operator_or_is_left_out() -> None:
    found = {name for name in NAMES.split() if name in OPERATORS or name in STANDARD}
    left_out = [name for names in LEFT_OUT.values() for name in names.split()]

    assert sorted([*found, *left_out]) == sorted(NAMES.split())


def test_what_leads_to_an_operator_is_a_name_of_the_standard_alone() -> None:
    assert STANDARD.keys() <= set(NAMES.split()) - OPERATORS.keys()
    assert set(STANDARD.values()) <= OPERATORS.keys()


def test_a_name_that_means_another_operator_is_torchs() -> None:
    assert SAID_OTHERWISE.keys() <= set(NAMES.split()) & OPERATORS.keys()
    assert set(SAID_OTHERWISE.values()) <= OPERATORS.keys()


@pytest.mark.parametrize(
    ("operator", "names"), [("sub", ["subtract"]), ("amax", ["max"]), ("exp", [])]
)
def test_an_operator_knows_its_other_name(operator: str, names: list[str]) -> None:
    assert standard_names(operator) == names
