"""What operators compute: the value of each, before a word about derivatives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gradspec import VALUE, clause, expect
from gradspec.catalogue.operator import UNDETERMINED, map_arrays
from gradspec.catalogue.operators import CALLS
from gradspec.chapters.operators.calling import on_constants, perform, results

if TYPE_CHECKING:
    from gradspec import Autograd
    from gradspec.catalogue.operator import Call

OUT_OF_PLACE: Final = {name: call for name, call in CALLS.items() if not call.operator.inplace}
DETERMINED: Final = {
    n: c for n, c in OUT_OF_PLACE.items() if c.operator.smoothness is not UNDETERMINED
}
ONLY_SHAPED: Final = {
    n: c for n, c in OUT_OF_PLACE.items() if c.operator.smoothness is UNDETERMINED
}
CHOICES_OF_TYPES: Final[dict[str, dict[str, Any]]] = {
    "dtype": {"float32": "float32", "float64": "float64"},
    "out_int32": {"int32": True, "int64": False},
}
"""Option -> the types that are asked for, and what it then is given."""

OF_A_TYPE: Final = {
    name: (call, option)
    for name, call in OUT_OF_PLACE.items()
    for option in CHOICES_OF_TYPES
    if name == call.operator.name and option in call.operator.signature.defaults
}


@clause(
    "op-201",
    VALUE,
    sources=["mathematics", "torch docstrings"],
    over=DETERMINED,
    stands_for={"op-031": "median median_dim"},
)
def value_is_that_of_the_formula(ag: Autograd, call: Call) -> None:
    """The value of {name} is that of its formula."""
    sample = call.sample()
    found = on_constants(ag, call, sample)

    for part, value in results(call, sample):
        expect(found if part is None else found[part]).is_close(value)


@clause("op-202", VALUE, sources=["torch docstrings"], over=ONLY_SHAPED)
def shape_is_the_one_that_was_asked_for(ag: Autograd, call: Call) -> None:
    """What {name} makes, whatever the numbers in it, has the shape that was asked for."""
    sample = call.sample()
    found = on_constants(ag, call, sample)

    for _, value in results(call, sample):
        expect(found).has_shape(*value.shape)


@clause("op-306", VALUE, sources=["torch.bernoulli docstring", "mathematics"])
def what_is_certain_is_drawn(ag: Autograd) -> None:
    """A draw of bernoulli with the probability 0 is 0, and with the probability 1 it is 1."""
    certain = [0.0, 1.0, 1.0, 0.0]

    expect(ag.bernoulli(ag.tensor(certain))).equals(certain)


@clause("op-212", VALUE, sources=["torch docstrings"], over=OF_A_TYPE)
def data_type_is_the_one_that_was_asked_for(ag: Autograd, row: tuple[Call, str]) -> None:
    """Given a data type, {name} makes a tensor of it.

    Two are asked for, so that the one that is made anyway is not enough.
    """
    call, option = row
    sample = map_arrays(call.sample(), lambda array: of_single(ag, array))
    for dtype, given in CHOICES_OF_TYPES[option].items():
        expect(perform(ag, call, {**sample, option: given})).has_dtype(dtype)


def of_single(ag: Autograd, array: Any) -> Any:
    """Make a tensor, of float32 if it is of numbers: some give no narrower type than they get."""
    return ag.tensor(array, dtype="float32") if array.dtype.kind == "f" else ag.tensor(array)
