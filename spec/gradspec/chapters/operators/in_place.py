"""In-place forms: the same value, the same derivative, in the memory of the first operand.

The derivative is that of the operator at the old value.  An engine that looks for the operand
after the write finds the result there, and computes the slope at the wrong point.  So it keeps the
old value, or a derivative in terms of the result.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from gradspec import SAFETY, VALUE, clause, expect
from gradspec.catalogue.domain import Operand
from gradspec.catalogue.facets.asking import calls_of, operands_of
from gradspec.catalogue.operator import DIFFERENTIABLE, Call, map_arrays, variables
from gradspec.catalogue.operators import CALLS, OPERATORS, writes_truth
from gradspec.catalogue.slopes import pulled_back
from gradspec.chapters.operators.calling import cotangent, function, on_constants, perform

if TYPE_CHECKING:
    from gradspec import Autograd
    from gradspec.catalogue.operator import Operator

WRITING: Final = {name: call for name, call in CALLS.items() if call.operator.inplace}
RECORDED: Final = {n: c for n, c in WRITING.items() if c.operator.smoothness in DIFFERENTIABLE}
OF_TRUTH: Final = {o.name: o.telling() for o in OPERATORS.values() if writes_truth(o)}

WITH_AUTOGRAD = "notes/autograd § In-place operations with autograd"


OF_FUNCTIONS: Final = "add sub mul div pow neg abs exp log sqrt sin cos tanh sigmoid clamp"
FORMS: Final = {
    **{f"inp-018/{name}": f"{name}_" for name in f"{OF_FUNCTIONS} masked_fill".split()},
    "inp-018/relu": "relu__array",
    **{f"inp-054/{name}": f"{name}_" for name in ("unsqueeze", "t", "transpose")},
    "inp-054/squeeze": "squeeze__dim",
    **{f"inp-203/{name}": name for name in ("iadd", "isub", "imul", "itruediv", "ipow")},
}
"""What were rows of three clauses that said the value and the derivative of forms together."""

STOOD_FOR: Final = {
    **{
        clause: " ".join(row for old, row in FORMS.items() if old.startswith(f"{clause}/"))
        for clause in ("inp-018", "inp-054", "inp-203")
    },
    **FORMS,
    "inp-018a": "exp_",
    "inp-018b": "sin_",
    "inp-018c": "sigmoid_",
    "inp-018d": "tanh_",
    "inp-018e": "pow_",
    "inp-018f": "sqrt_",
    "inp-018g": "log_",
    "inp-018h": "cos_",
    "inp-018i": "abs_",
    "inp-018j": "neg_",
    "inp-018k": "div_",
    "inp-048": "masked_fill_",
    "inp-048a": "clamp_",
    "inp-054a": "squeeze__dim",
    "inp-054b": "t_",
    "inp-054c": "transpose_",
}


@clause("op-208", VALUE, sources=["torch docstrings"], over=WRITING, stands_for=STOOD_FOR)
def a_write_leaves_the_value_of_the_formula(ag: Autograd, call: Call) -> None:
    """After {name} what was written holds the value of the formula."""
    sample = call.sample()

    expect(on_constants(ag, call, sample)).is_close(call.value(sample))


@clause(
    "op-209",
    VALUE,
    sources=[
        WITH_AUTOGRAD,
        "torch.Tensor.masked_fill_ docstring",
        "torch.Tensor.clamp_ docstring",
    ],
    over=RECORDED,
    stands_for=STOOD_FOR,
)
def a_write_has_the_derivative_of_the_formula(ag: Autograd, call: Call) -> None:
    """Through a tensor that {name} wrote, the derivative is that of the formula, entry by entry."""
    sample = call.sample()
    weights = cotangent(ag, call.value(sample))
    _, found = ag.vjp(function(ag, call, sample), list(variables(sample)), weights)
    expected = pulled_back(call, sample, weights)

    for gradient, wanted in zip(found, expected.gradients, strict=True):
        expect(gradient).is_close(wanted, scale=expected.scale)


@clause("op-285", VALUE, sources=[WITH_AUTOGRAD, "tools/autograd/derivatives.yaml"], over=OF_TRUTH)
def numbers_that_truth_was_written_over_receive_nothing(ag: Autograd, call: Call) -> None:
    """Numbers over which {name} wrote 1 for what is true and 0 for what is not receive nothing, and
    no operand does: truth is flat.
    """
    sample = call.sample()
    points = list(variables(sample))
    _, found = ag.vjp(function(ag, call, sample), points, cotangent(ag, call.value(sample)))

    for gradient, point in zip(found, points, strict=True):
        expect(gradient).equals(np.zeros(point.shape))


def without_room(operator: Operator) -> Call | None:
    """Give the form in place of a first call whose result is larger than its first operand."""
    for call in calls_of(OPERATORS[operator.form_of]):
        given = call.given
        if (
            len(operands_of(call)) > 1
            and isinstance(given["x"], Operand)
            and not call.gives_several
        ):
            shape, room = np.shape(call.value(call.sample())), given["x"].shape
            if shape != room and is_repeated(room, shape):
                return Call(operator, operator.named(call.name), given)
    return None


def is_repeated(shape: tuple[int, ...], larger: tuple[int, ...]) -> bool:
    """Say whether broadcasting makes the larger shape of the other."""
    try:
        return np.broadcast_shapes(shape, larger) == larger
    except ValueError:
        return False


WITHOUT_ROOM: Final = {
    operator.name: call
    for operator in OPERATORS.values()
    if operator.form_of and operator.method and (call := without_room(operator))
}


@clause("op-296", SAFETY, sources=["notes/broadcasting § In-place semantics"], over=WITHOUT_ROOM)
def a_write_changes_no_shape(ag: Autograd, call: Call) -> None:
    """Where the operand has no room for the result of {name}, it keeps its shape, whether the write
    is refused or not.
    """
    operands = map_arrays(call.sample(), ag.tensor)
    with ag.attempt():
        perform(ag, call, operands)

    expect(operands["x"]).has_shape(*call.given["x"].shape)
