"""Data types and devices: of what a tensor is made, and where it is.

A derivative says what a small change does, so only what can change a little can require grad:
floating-point numbers, and complex ones.  Whole numbers and truth values take part as constants.  A
gradient is of the type of its leaf and lies where its leaf lies, wherever the computation went.
How operators mix types is told in the chapter about operators, and what `grad_dtype` is for in the
one about leaves.

Some types are narrower than NumPy's own.  With bfloat16, which has the range of float32 and 8 bits
of precision, everything is computed; numbers of 8 bits are for storing, and are converted before
they are computed with, but for products of such tensors.  As NumPy has no arrays of them, they are
looked at in float64.

A device that is not the one where tensors are made may have no numbers to look at, as torch's
`meta` has none.  So only what a program can say of such tensors is asked: where they are, and
whether they are leaves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec import CONVENTION, MAY, SHOULD, VALUE, clause, expect, informative
from gradspec.port.abilities import NARROW

if TYPE_CHECKING:
    from gradspec import Autograd

SETTING: Final = "torch.Tensor.requires_grad_ docstring"
CONVERTING: Final = "torch.Tensor.to docstring"
DEVICES: Final = "torch.Tensor.is_leaf docstring"

OBSERVED: Final = "observed, against the torch.autograd module docstring"
ATTRIBUTES: Final = "docs tensor_attributes § torch.dtype"

OF_8_BITS: Final = {name: name for name in NARROW if name != "bfloat16"}
PRECISION: Final = {
    "float16": 11,
    "bfloat16": 8,
    "float32": 24,
    "float8_e4m3fn": 4,
    "float8_e4m3fnuz": 4,
    "float8_e5m2": 3,
    "float8_e5m2fnuz": 3,
}
"""Data type -> significant bits of its numbers."""


def tenth(dtype: str) -> float:
    """Give the number of a data type that is next to a tenth, which begins four bits down."""
    unit = 2.0 ** -(3 + PRECISION[dtype])
    return round(0.1 / unit) * unit


def seen(x: Any, dtype: str) -> Any:
    """Give a tensor in a type that NumPy has, too."""
    return x.to(dtype="float64") if dtype in NARROW else x


def is_of(tenths: Any, dtype: str) -> None:
    """Demand that tenths are of a data type; of one that NumPy has not, they are looked at."""
    if dtype in NARROW:
        expect(seen(tenths, dtype)).equals(np.full(tenths.shape, tenth(dtype)))
    else:
        expect(tenths).has_dtype(dtype)


WHOLE: Final[dict[str, list[Any]]] = {
    "bool": [True, False],
    **{name: [2, 3] for name in ("uint8", "int8", "int16", "int32", "int64")},
}
"""Data types without small changes -> two numbers of it."""


@clause(
    "dty-001",
    VALUE,
    sources=["torch.autograd module docstring"],
    over={name: name for name in ("float16", "bfloat16", "float32", "float64")},
)
def leaves_are_of_any_floating_point_type(ag: Autograd, dtype: str) -> None:
    """A leaf of {name} can require grad, and has its gradient after a pass."""
    x = ag.tensor([1.5, -2.5], dtype=dtype, requires_grad=True)
    (x * x).sum().backward()

    expect(seen(x.grad, dtype)).equals([3.0, -5.0])


@clause(
    "dty-001a",
    VALUE,
    sources=["torch.autograd module docstring"],
    over={name: name for name in ("complex64", "complex128")},
)
def leaves_are_of_complex_types(ag: Autograd, dtype: str) -> None:
    """A leaf of {name} can require grad, and has its gradient after a pass."""
    z = ag.tensor([1.5 + 1.0j, -2.5j], dtype=dtype, requires_grad=True)
    (ag.real(z) * 3.0).sum().backward()

    expect(z.grad).equals([3.0 + 0.0j, 3.0 + 0.0j])


@clause("dty-015", CONVENTION, level=MAY, sources=[OBSERVED], over=OF_8_BITS)
def leaves_may_be_of_8_bits(ag: Autograd, dtype: str) -> None:
    """A leaf of {name} can require grad, too, and has its gradient after a pass that converts it
    before it computes.
    """
    x = ag.tensor([1.0, 4.0], dtype=dtype, requires_grad=True)
    (x.to(dtype="float32") * 2.0).sum().backward()

    expect(seen(x.grad, dtype)).equals([2.0, 2.0])


@clause(
    "dty-002",
    CONVENTION,
    sources=["torch.tensor docstring", CONVERTING],
    over={name: (name, data) for name, data in WHOLE.items()},
)
def only_floating_point_tensors_are_made_variables(ag: Autograd, row: tuple[str, Any]) -> None:
    """To make a tensor of {name} with requires_grad=True is refused.

    Remedy: make it of floating-point numbers.
    """
    dtype, data = row

    with ag.refuses("nonfloat-requires-grad"):
        ag.tensor(data, dtype=dtype, requires_grad=True)


@clause(
    "dty-003",
    CONVENTION,
    sources=[SETTING, "observed"],
    over={name: (name, data) for name, data in WHOLE.items()},
)
def only_floating_point_tensors_become_variables(ag: Autograd, row: tuple[str, Any]) -> None:
    """On a tensor of {name} requires_grad_() is refused; requires_grad_(False) changes nothing.

    Remedy: convert it to a floating-point type first.
    """
    dtype, data = row
    x = ag.tensor(data, dtype=dtype)

    with ag.refuses("nonfloat-requires-grad"):
        x.requires_grad_()
    expect(x.requires_grad_(False).requires_grad).is_false()


@clause("dty-004", CONVENTION, sources=[CONVERTING], over={name: name for name in WHOLE})
def what_was_converted_to_whole_numbers_is_a_constant(ag: Autograd, dtype: str) -> None:
    """Converted to {name}, a tensor that requires grad gives one that does not."""
    x = ag.tensor([1.5, -2.5], requires_grad=True)

    expect(x.to(dtype=dtype).requires_grad).is_false()


@clause(
    "dty-005",
    CONVENTION,
    sources=["torch.Tensor.grad_dtype docstring"],
    over={
        "float16": ("float16", ["float32", "float64"]),
        "bfloat16": ("bfloat16", ["float32", "float16"]),
        "float32": ("float32", ["float64", "float16"]),
        "float64": ("float64", ["float16", "float32"]),
    },
)
def a_gradient_is_of_the_type_of_its_leaf(ag: Autograd, row: tuple[str, list[str]]) -> None:
    """The grad of a leaf of {name} is of {name}, whatever types the computation went through."""
    dtype, (first, second) = row
    x = ag.tensor([1.5, -2.5], dtype=dtype, requires_grad=True)
    (x.to(dtype=first) * 0.1).to(dtype=second).sum().backward()

    is_of(x.grad, dtype)


@clause(
    "dty-006",
    VALUE,
    sources=["docs tensor_attributes § torch.dtype"],
    over={name: (name, data) for name, data in WHOLE.items()},
)
def whole_numbers_take_part_as_constants(ag: Autograd, row: tuple[str, Any]) -> None:
    """In a product with a tensor of {name} that is a constant, and the other factor's gradient."""
    dtype, data = row
    weights = ag.random(2)
    factor = ag.tensor(data, dtype=dtype)
    _, (found,) = ag.vjp(lambda x: x * factor, [[0.5, -1.5]], weights)

    expect(found).is_close(weights * np.array(data))


@clause("dty-007", CONVENTION, unseen="constants", sources=["torch.Tensor.grad docstring"])
def a_gradient_lies_where_its_leaf_lies(ag: Autograd) -> None:
    """The grad of a leaf is on the device of the leaf."""
    x = ag.tensor([1.5, -2.5]).elsewhere().requires_grad_()
    (x * 3.0).sum().backward()

    expect(x.grad.device).equals(x.device)


@clause("dty-008", CONVENTION, sources=[DEVICES])
def a_leaf_that_was_moved_is_a_result(ag: Autograd) -> None:
    """Moving a leaf that requires grad to another device gives a result of it, which is there.

    An optimizer that is given the result never finds a gradient.
    """
    x = ag.tensor([1.5, -2.5], requires_grad=True)
    y = x.elsewhere()

    expect(y.requires_grad).is_true()
    expect(y.is_leaf).is_false()
    expect(y.device == x.device).is_false()


@clause("dty-009", CONVENTION, unseen="constants", sources=[DEVICES])
def what_was_moved_first_can_be_a_leaf(ag: Autograd) -> None:
    """What was moved to another device and then required to have a gradient is a leaf there."""
    x = ag.tensor([1.5, -2.5])
    y = x.elsewhere().requires_grad_()

    expect(y.is_leaf).is_true()
    expect(y.device == x.device).is_false()


@clause("dty-201", CONVENTION, sources=["observed"])
def operands_are_on_one_device(ag: Autograd) -> None:
    """A product of two arrays on different devices is refused.

    Remedy: move one of them to the device of the other.
    """
    x = ag.tensor([1.5, -2.5])
    y = x.elsewhere()

    with ag.refuses("other-device"):
        _ = y * x


@clause(
    "dty-010",
    CONVENTION,
    sources=["torch.set_default_dtype docstring"],
    over={name: name for name in ("float16", "bfloat16", "float32", "float64")},
)
def the_default_decides_the_type_of_leaves(ag: Autograd, dtype: str) -> None:
    """With the default data type {name}, leaves that name no type are of it, and so are their
    gradients.
    """
    ag.set_default_dtype(dtype)
    x = ag.full((), 0.1, requires_grad=True)
    (x * 0.1).backward()

    is_of(x, dtype)
    is_of(x.grad, dtype)


@clause(
    "dty-014",
    VALUE,
    sources=["torch.autograd module docstring"],
    over={name: name for name in ("float16", "bfloat16", "float32")},
)
def gradients_are_rounded_to_their_type(ag: Autograd, dtype: str) -> None:
    """Computed in {name}, a gradient is rounded to {name}.

    A tenth is no number of it; what was kept wider somewhere shows here.
    """
    x = ag.tensor([1.0, 2.0], dtype=dtype, requires_grad=True)
    (x * 0.1).sum().backward()

    expect(seen(x.grad, dtype)).equals(np.full(2, tenth(dtype)))


@clause(
    "dty-202",
    CONVENTION,
    sources=["torch.Tensor.grad_dtype docstring"],
    over={name: name for name in PRECISION if name in NARROW},
)
def a_gradient_is_rounded_to_the_type_of_its_leaf(ag: Autograd, dtype: str) -> None:
    """The grad of a leaf of {name} is rounded to {name}, where the computation went through
    float32.
    """
    x = ag.tensor([1.0, 2.0], dtype=dtype, requires_grad=True)
    (x.to(dtype="float32") * 0.1).sum().backward()

    expect(seen(x.grad, dtype)).equals(np.full(2, tenth(dtype)))


@clause(
    "dty-203",
    CONVENTION,
    sources=[ATTRIBUTES],
    over={
        "float16": ("float16", "float32"),
        "float32": ("float32", "float32"),
        "float64": ("float64", "float64"),
    },
)
def bfloat16_is_brought_to_what_holds_both(ag: Autograd, row: tuple[str, str]) -> None:
    """A product of a tensor of bfloat16 and one of {name} is of the least type that holds both.

    Of float16, which has more precision and less range, that is float32.
    """
    other, both = row
    x = ag.tensor([1.5, -2.5], dtype="bfloat16")
    y = ag.tensor([0.5, 3.0], dtype=other)

    expect(x * y).has_dtype(both)


@clause("dty-204", CONVENTION, level=MAY, sources=["observed"], over=OF_8_BITS)
def nothing_is_computed_with_8_bits(ag: Autograd, dtype: str) -> None:
    """To add up a tensor of {name} is refused, and so is adding a tensor of float32 to it.

    Remedy: convert it with to() first.
    """
    x = ag.tensor([1.0, 4.0], dtype=dtype)
    y = ag.tensor([1.0, 4.0], dtype="float32")

    with ag.refuses("operand-dtype"):
        seen(x.sum(), dtype)
    with ag.refuses("operand-dtype"):
        x + y


informative(
    "dty-011",
    "An embedding can make a sparse gradient; such gradients accumulate, and adding a dense one "
    "makes the gradient dense.",
    level=SHOULD,
    sources=[
        "torch.nn.functional.embedding docstring",
        "docs autograd § Default gradient layouts",
    ],
    reason="Sparse tensors are a layout of their own; the engine port has dense ones only.",
)
informative(
    "dty-013",
    "Under autocast operations run in the lower data type, while leaves and their gradients keep "
    "their own.",
    level=SHOULD,
    sources=["torch.autocast docstring"],
    reason="Which operations run lower is a list of the accelerator's; the engine port has none.",
)
