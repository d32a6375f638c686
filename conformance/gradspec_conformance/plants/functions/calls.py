"""Faults in how a custom function is called, and in what is asked of it."""

from __future__ import annotations

from gradspec_conformance.plants.places import ADD_CONTRIBUTION, at, step
from gradspec_conformance.plants.plant import TEACHING, after, before, compound, plant
from gradspec_reference.engine import custom, modes, nesting
from gradspec_reference.engine.custom import FunctionNode
from gradspec_reference.engine.tensor import Tensor

SHARES = at(FunctionNode, "shares")
RUN_FORWARD = at(custom, "run_forward")
MADE = at(FunctionNode, "__init__")


@plant(SHARES, "value: cf-001", "decorators that only name a function")
def a_custom_function_is_an_identity(_sound, self, cotangents):
    """Backward is not called: each argument has the gradient of the first result."""
    return [cotangents[0] for shape in self.shapes if shape is not None]


@plant(SHARES, "value: cf-002", TEACHING)
def results_are_taken_backwards(sound, self, cotangents):
    """Backward is given the gradients of the results in the opposite order."""
    return sound(self, cotangents[::-1])


@plant(at(FunctionNode, "name"), "text: cf-201 cf-223", TEACHING)
def every_custom_node_has_one_name(_sound, _self):
    """The nodes of custom functions all have the name of their class."""
    return "FunctionNode"


@plant(RUN_FORWARD, "order: cf-003; flag: cf-047", "wrappers around a function")
def forward_is_recorded(sound, *given):
    """What forward computes is recorded."""
    with modes.enable_grad():
        return sound(*given)


@compound("value: cf-058; unexpected gradient: cf-026", "functions that are traced")
def forward_is_differentiated(swap):
    """Forward is recorded, and its derivative is that of its operations; backward is unused."""

    @swap.into(RUN_FORWARD)
    def recorded(sound, *given):
        with modes.enable_grad():
            return sound(*given)

    @swap.into(at(FunctionNode, "result"))
    def as_it_is(sound, self, number, value, tensors):
        traced = isinstance(value, Tensor) and value.grad_fn is not None
        return value if traced else sound(self, number, value, tensors)


@plant(at(custom, "constant"), "flag: cf-290", "results that are handed on as they are")
def an_argument_is_handed_on(sound, value, node, arguments):
    """An argument that forward returns where nothing is recorded is returned as it is."""
    return value if any(value is each for each in arguments) else sound(value, node, arguments)


@plant(at(custom, "constant"), "flag: cf-025/of_a_constant cf-025/in_no_grad", TEACHING)
def custom_results_always_require_grad(sound, value, *given):
    """The result of a custom function requires grad, whatever it was given and in any mode."""
    return sound(value, *given).detach().requires_grad_()


@plant(SHARES, "function-gradients: cf-065", "functions of tensors alone")
def only_tensors_have_a_gradient(sound, self, cotangents):
    """Backward returns a gradient for each tensor, and none in the place of other arguments."""
    kept, self.shapes = self.shapes, [shape for shape in self.shapes if shape is not None]
    try:
        return sound(self, cotangents)
    finally:
        self.shapes = kept


@plant(MADE, "flag: cf-024", "pytree arguments")
def lists_are_looked_into(sound, self, arguments):
    """Tensors in a list count as arguments."""
    flat = [one for x in arguments for one in (x if isinstance(x, list) else [x])]
    sound(self, tuple(flat))


@plant(SHARES, "value: cf-055", "gradients kept in a dict by tensor")
def one_gradient_for_each_tensor(sound, self, cotangents):
    """Of the gradients for one tensor in several places the last replaces the others."""
    found, edges = sound(self, cotangents), self.next_functions
    return [
        None if edge in edges[n + 1 :] else g
        for n, (g, edge) in enumerate(zip(found, edges, strict=False))
    ]


@plant(SHARES, "no error: cf-056/backward", "callbacks whose exceptions are printed")
def a_failing_backward_sends_nothing(sound, self, cotangents):
    """An exception of backward ends in nothing."""
    try:
        return sound(self, cotangents)
    except Exception:  # noqa: BLE001 - whatever it is
        return [None for shape in self.shapes if shape is not None]


@plant(RUN_FORWARD, "no error: cf-056/forward", "callbacks whose exceptions are printed")
def a_failing_forward_gives_its_argument(sound, function, node, arguments):
    """An exception of forward ends in the argument."""
    try:
        return sound(function, node, arguments)
    except Exception:  # noqa: BLE001 - whatever it is
        return arguments[0]


@plant(step("ask_caller"), "order: cf-004", "torch 0.2")
def backward_is_never_recorded(sound, self, *given):
    """Backward runs without recording, also under create_graph."""
    with modes.no_grad():
        sound(self, *given)


@plant(step("execute"), "order: cf-208", "passes that stop where nothing comes")
def what_nothing_reaches_is_not_asked(sound, self, node, arrived):
    """A custom function to which no gradient came is passed by."""
    nothing = node.operator_is_callers and all(value is None for value, _ in arrived)
    return self.pass_nothing(node) if nothing else sound(self, node, arrived)


@before(step("ask_caller"), "order: cf-018", "engines that plan a query")
def a_query_narrows_what_is_needed(self, node, _arrived):
    """In a query the context says that only what is asked for is needed."""
    if len(node.next_functions) == len(node.needs_input_grad):
        node.needs_input_grad = tuple(map(self.wants, node.next_functions))


@plant(ADD_CONTRIBUTION, "root-without-grad: cf-228", "sums that take the flag of one part")
def a_constant_part_makes_the_sum_constant(sound, held, status, part):
    """A sum of gradients of which one is a constant is a constant."""
    total, owner = sound(held, status, part)
    parts = [one for one in (held, part) if isinstance(one, Tensor)]
    constant = any(not one.requires_grad for one in parts)
    return (total.detach() if constant else total), owner


@plant(step("take_back"), "value: cf-209 cf-233", "gradients that are taken over")
def what_backward_keeps_is_taken(sound, self, returned):
    """What backward returned belongs to the pass, which adds to it in place."""
    from gradspec_reference.engine.accumulation import OWNED  # noqa: PLC0415 - read when it runs

    part, status = sound(self, returned)
    return part, status if part is None else OWNED


@after(MADE, "order: cf-017", TEACHING)
def every_tensor_needs_a_gradient(_, self, arguments):
    """The context says that the gradient of every tensor is needed."""
    if hasattr(self, "needs_input_grad"):
        self.needs_input_grad = tuple(isinstance(x, Tensor) for x in arguments)


@plant(at(nesting, "run_in_thread"), "missing gradient: cf-291", "a limit to passes within passes")
def passes_that_are_deep_are_left_out(_sound, _walk):
    """A pass that is within many others does nothing."""
