"""Faults in the derivatives that a call gives: what goes in, what is asked, what comes back."""

from __future__ import annotations

import numpy as np

from gradspec_conformance.plants.places import at
from gradspec_conformance.plants.plant import TEACHING, before, compound, plant
from gradspec_reference.autograd import columns, functional
from gradspec_reference.engine import differentiating
from gradspec_reference.engine.differentiating import Call, ask, zeros
from gradspec_reference.engine.tensor import Tensor

CALL = at(Call, "__init__")
OWN = at(Call, "own")
VECTOR = at(Call, "vector")
TENSORS = at(Call, "tensors")
FILLED = at(Call, "filled")
FROM_THE_RIGHT = at(Call, "from_the_right")
OPTION = "an option that is not read"
ISSUE = "pytorch/pytorch#32576"


def ones(like: Tensor) -> Tensor:
    """Give ones of a tensor's shape."""
    return Tensor(np.ones(like.shape, like._array.dtype))


# what goes in -------------------------------------------------------------------------
@plant(OWN, "value: fapi-012/vjp fapi-012/hessian", ISSUE)
def the_input_is_the_tensor_itself(_sound, _self, tensor, requires_grad):
    """The function is called on the tensors that were given, which others may hold."""
    return tensor.requires_grad_() if requires_grad else tensor


@plant(OWN, "missing gradient: fapi-010/vjp fapi-010/jacobian", "a detach too many")
def the_input_is_cut_off(_sound, _self, tensor, requires_grad):
    """The inputs and the vector are always cut off from their history."""
    return tensor.detach().requires_grad_(requires_grad)


@plant(VECTOR, "missing gradient: fapi-010b/vhp", "a product by parameters alone")
def the_vector_is_cut_off(sound, self, v, *rest):
    """The vector is always cut off from its history."""
    return sound(self, v.detach() if isinstance(v, Tensor) else v, *rest)


@plant(VECTOR, "value: fapi-001 fapi-014", TEACHING)
def the_vector_is_ones(sound, *given):
    """Whatever the vector is, ones are taken."""
    found = sound(*given)
    return found if found is None else tuple(ones(v) for v in found)


@plant(VECTOR, "no error: fapi-002a fapi-015a/jvp", TEACHING)
def a_missing_vector_is_ones(sound, self, v, like, *rest):
    """A vector that is left out is one of ones, of any shape."""
    return tuple(ones(x) for x in like) if v is None else sound(self, v, like, *rest)


@plant(VECTOR, "value: fapi-002 fapi-015/jvp", TEACHING)
def a_missing_vector_is_two(sound, self, v, like, *rest):
    """For a vector that is left out a two is taken."""
    found = sound(self, v, like, *rest)
    return (ones(like[0]) * 2.0,) if found is None else found


@plant(VECTOR, "no error: fapi-003/vjp fapi-003/hvp", "a vector that is broadcast")
def the_vector_is_stretched(sound, self, v, like, *rest):
    """A vector of one entry does for any shape."""
    fits = isinstance(v, Tensor) and v.shape == (1,)
    return sound(self, v.expand(like[0].shape) if fits else v, like, *rest)


@plant(VECTOR, "no error: fapi-003a/vjp fapi-003a/hvp", "a pairing that ends with the shorter")
def more_vectors_are_overlooked(sound, self, v, like, *rest):
    """Vectors that have no counterpart are overlooked."""
    return sound(self, v[: len(like)] if isinstance(v, tuple) else v, like, *rest)


@plant(TENSORS, "no error: fapi-004/vjp_by_a_list fapi-004/hessian_by_a_list", "any sequence")
def lists_are_tuples(sound, self, given, what):
    """A list of tensors is as good as a tuple."""
    return sound(self, tuple(given) if isinstance(given, list) else given, what)


@plant(TENSORS, "no error: fapi-005/vjp fapi-004/jvp_by_a_text", TEACHING)
def what_is_no_tensor_is_zero(sound, self, given, what):
    """What is no tensor is taken for a zero."""
    if not isinstance(given, tuple):
        return sound(self, given if isinstance(given, Tensor) else Tensor(np.zeros(())), what)
    each = (x if isinstance(x, Tensor) else Tensor(np.zeros(())) for x in given)
    return sound(self, tuple(each), what)


@plant(at(Call, "number"), "no error: fapi-027/hessian fapi-027a/hvp", TEACHING)
def a_function_of_several_is_summed(_sound, self, func, points):
    """Of a function that returns more than a number the sum is taken."""
    _, outputs = self.value(func, points)
    return (outputs[0].sum(),)


# recording, and what is left ------------------------------------------------------------
@compound("value: fapi-013/vjp fapi-013/hessian", "a tape that is not switched on")
def nothing_is_differentiated_in_no_grad(swap):
    """Grad mode is left as it is."""
    swap(at(Call, "__enter__"), lambda _sound, self: self)
    swap(at(Call, "__exit__"), lambda _sound, _self, *_exception: None)


@plant(CALL, "flag: fapi-009/vjp fapi-009/hessian", OPTION)
def a_graph_is_always_made(sound, self, name, _create_graph, strict):
    """Every result has a history, as if create_graph had been set."""
    sound(self, name, True, strict)


@plant(at(Call, "form"), "flag: fapi-009a/vjp fapi-009a/hvp", "a detach too few")
def values_keep_their_history(_sound, _self, tensors, several):
    """What was recorded on the way is given back with its history."""
    return tuple(tensors) if several else tensors[0]


@plant(CALL, "root-without-grad: fapi-010/vjp fapi-010a/jvp", OPTION)
def a_graph_is_never_made(sound, self, name, _create_graph, strict):
    """No result has a history, whatever create_graph says."""
    sound(self, name, False, strict)


@plant(at(differentiating, "ask"), "unexpected gradient: fapi-011/vjp fapi-011/hessian", TEACHING)
def a_derivative_is_stored_too(sound, outputs, *rest, **options):
    """What is asked for is stored in the leaves, too."""
    for output in outputs:
        if output is not None and output.requires_grad:
            output.sum().backward(retain_graph=True)
    return sound(outputs, *rest, **options)


@before(FROM_THE_RIGHT, "order: fapi-016", "a first pass to learn shapes")
def a_pass_is_made_for_nothing(_self, outputs, points, _vector, like):
    """Before a product from the right there is a pass whose result nobody wants."""
    ask(outputs, points, tuple(zeros(x) for x in like), retain_graph=True)


# what comes of it -----------------------------------------------------------------------
@plant(FILLED, "value: fapi-006/vjp fapi-028/hessian", TEACHING)
def what_is_not_used_counts(sound, self, found, like):
    """For an input that a function does not use there are ones."""
    filled = sound(self, found, like)
    return tuple(ones(x) if g is None else t for g, t, x in zip(found, filled, like, strict=True))


@plant(CALL, "no error: fapi-007/vjp fapi-028a/hessian", OPTION)
def strict_is_not_read(sound, self, name, create_graph, _strict):
    """Nothing is refused for being independent."""
    sound(self, name, create_graph, False)


@plant(FILLED, "no error: fapi-024a/vjp fapi-024a/jacobian", OPTION)
def a_constant_derivative_is_no_matter(sound, self, found, like):
    """Strict does not ask whether a derivative depends on the input."""
    return sound(Call(self.name, False, self.strict), found, like)


@plant(at(differentiating, "units"), "value: fapi-019 fapi-025", "a seed that is not taken back")
def a_unit_is_two(sound, like):
    """The rows of a Jacobian are asked for with twos."""
    return (unit * 2.0 for unit in sound(like))


@plant(at(Call, "rows_in_turn"), "shape: fapi-017", "numerical Jacobians, column by column")
def the_input_comes_first(sound, self, outputs, points):
    """A block has the input's shape before the output's."""
    for output, row in zip(outputs, sound(self, outputs, points), strict=True):
        yield tuple(block.movedim(0, -1) if output.ndim else block for block in row)


@plant(at(Call, "rows_in_turn"), "dtype: fapi-037", "rows that are copied into a matrix")
def a_block_has_the_type_of_the_output(sound, self, outputs, points):
    """A block has the data type of the output."""
    for output, row in zip(outputs, sound(self, outputs, points), strict=True):
        yield tuple(block.to(output.dtype) for block in row)


@plant(at(differentiating, "units_of_all"), "value: fapi-020", "an offset that is forgotten")
def all_outputs_begin_together(sound, like, _start, total):
    """In a batch the units of all outputs begin with the first row."""
    return sound(like, 0, total)


@plant(at(differentiating, "units_of_all"), "value: fapi-029", "an index that is off by one")
def the_first_row_is_left_out(sound, like, start, total):
    """In a batch the units begin one row too late."""
    return sound(like, start + 1, total)


# strategies -----------------------------------------------------------------------------
@plant(at(functional, "check_strategy"), "no error: fapi-023/jacobian fapi-023/hessian", OPTION)
def any_strategy_will_do(_sound, _strategy):
    """A strategy that is none is the usual one."""


@plant(
    at(functional, "check_forward_mode"),
    "no error: fapi-021a/jacobian fapi-022/jacobian_forward_with_a_graph",
    OPTION,
)
def forward_mode_goes_with_everything(_sound, _name, *_options):
    """Forward mode is overlooked."""


@plant(at(columns, "of_columns"), "value: fapi-021/jacobian fapi-021b", "columns taken for rows")
def columns_are_taken_for_rows(_sound, found, start, end, shape):
    """A batch of columns is read as one of rows."""
    return found[start:end].reshape(shape)


@plant(at(columns, "stretches"), "value: fapi-021b", "an offset that is forgotten")
def all_inputs_begin_together(_sound, tensors):
    """The columns of all inputs are taken from the beginning."""
    return [(x, 0, x.numel()) for x in tensors]


@plant(at(columns, "recorded"), "flag: fapi-030", "torch has no history of other Hessians")
def a_hessian_is_cut_off(_sound, tensors):
    """What a gradient is pushed along is not recorded."""
    return tensors


@plant(at(columns, "gradient_inside"), "value: fapi-021/hessian", "a factor that is counted twice")
def a_gradient_that_is_pushed_is_doubled(sound, func, points):
    """What is pushed forward for a Hessian is twice the gradient."""
    return tuple(2.0 * slope for slope in sound(func, points))


@plant(at(columns, "by_columns"), "dtype: fapi-037a", "a result in the type of what was given")
def columns_have_the_type_of_the_input(sound, func, inputs):
    """The Jacobian of a tensor has its data type."""
    found = sound(func, inputs)
    return found.to(inputs.dtype) if isinstance(inputs, Tensor) else found


@plant(
    at(functional, "jacobian"),
    "no error: fapi-022/jacobian_vectorized_and_strict fapi-022/hessian_vectorized_and_strict",
    OPTION,
)
def a_batch_is_never_strict(sound, func, inputs, graph=False, strict=False, batch=False, **options):
    """Where all rows are asked for at once, strict is overlooked."""
    graph = options.pop("create_graph", graph)
    batch = options.pop("vectorize", batch)
    return sound(func, inputs, graph, strict and not batch, batch, **options)
