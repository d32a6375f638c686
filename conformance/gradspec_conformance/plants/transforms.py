"""Faults in transforms of functions: their calls, what they are given, what leaves them."""

from __future__ import annotations

import contextlib
import itertools
from typing import Any

import numpy as np

from gradspec_conformance.plants.places import at
from gradspec_conformance.plants.plant import TEACHING, before, compound, plant
from gradspec_reference import autograd
from gradspec_reference.engine import (
    custom,
    custom_forward,
    duals,
    modes,
    structures,
    transforms,
)
from gradspec_reference.engine import forward as pushing
from gradspec_reference.engine import node as graph
from gradspec_reference.engine.custom import Function, FunctionNode
from gradspec_reference.engine.differentiating import Call, ask, zeros
from gradspec_reference.engine.edges import GradientEdge
from gradspec_reference.engine.modes import state
from gradspec_reference.engine.structures import Structure
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.engine.transforms import Forward, Reverse
from gradspec_reference.func import arguments, forward, matrices, reverse
from gradspec_reference.nn.utils import stateless

OWN = at(Reverse, "own")
PRODUCTS = at(Reverse, "products")
LEAVING = at(Reverse, "leaving")
PLACES = at(arguments, "places")
APART = at(arguments, "apart")
PUSHED = at(forward, "pushed")
TANGENT = at(forward, "tangent")
MAPS = "maps over leaves that take lists for tensors"
OPTION = "an option that is not read"
GLOBAL_TAPE = "engines with one tape for all calls"


def ones(like: Any) -> Tensor:
    """Give ones of a tensor's shape."""
    return Tensor(np.ones(like.shape, like._array.dtype))


# which arguments, and their structure ---------------------------------------------------
@plant(PLACES, "value: func-001 func-003/from_the_first", TEACHING)
def arguments_are_counted_from_the_last(sound, name, argnums, count):
    """A number names the argument at that place from the end."""
    return [count - 1 - place for place in sound(name, argnums, count)]


@plant(PLACES, "value: func-003/from_the_last", TEACHING)
def a_sign_is_overlooked(sound, name, argnums, count):
    """A negative number names the argument at the place that it would name without its sign."""
    several = isinstance(argnums, tuple)
    return sound(name, tuple(map(abs, argnums)) if several else abs(argnums), count)


@plant(PLACES, "value: func-003a func-025/jacrev", "argnums that are a set")
def numbers_are_put_in_order(sound, *given):
    """The arguments that a tuple names are taken in the order in which they are given."""
    return sorted(sound(*given))


@plant(PLACES, "no error: func-004/a_place_that_there_is_not func-004/a_place_twice", "a modulo")
def any_number_names_an_argument(_sound, _name, argnums, count):
    """A number that names no argument goes around, and one may be named twice."""
    numbers = argnums if isinstance(argnums, tuple) else (argnums,)
    return [number % count for number in numbers]


@plant(PLACES, "no error: func-004/no_place", "an empty tuple that is taken for a missing one")
def no_number_names_all(sound, name, argnums, count):
    """An empty tuple names all arguments."""
    return sound(name, argnums if argnums != () else tuple(range(count)), count)


@plant(at(Structure, "unflatten"), "value: func-008 func-015", "containers that are rebuilt")
def leaves_are_put_back_from_the_last(sound, self, leaves):
    """The leaves of a structure are put into it in the opposite order."""
    return sound(self, list(leaves)[::-1])


@compound("no error: func-204", MAPS)
def numbers_are_differentiated_by(swap):
    """A plain number is made a tensor to differentiate by."""
    swap(at(arguments, "check_inputs"), lambda *_: None)

    @swap.into(OWN)
    def own(sound, self, tensor):
        return sound(self, tensor if isinstance(tensor, Tensor) else Tensor(np.zeros(())))


# what a function returns ----------------------------------------------------------------
@plant(at(arguments, "check_number"), "no error: func-005", "a backward() for one element")
def one_element_is_a_number(sound, name, output):
    """A value with one element will do, whatever its dimensions."""
    if not isinstance(output, Tensor) or output.numel() != 1:
        sound(name, output)


@plant(APART, "no error: func-005a", TEACHING)
def the_first_output_is_differentiated(sound, name, returned, has_aux):
    """Of a tuple that a function returns the first is the value."""
    first = isinstance(returned, tuple) and returned and not has_aux and name == "grad"
    return sound(name, returned[0] if first else returned, has_aux)


@plant(APART, "value: func-006 func-007a", "auxiliary outputs that are traced, not computed")
def auxiliary_values_are_zeros(sound, *given):
    """Auxiliary values are zeros of their shapes."""
    output, aux = sound(*given)
    return output, structures.mapped(lambda x: x if x is None else zeros(x), aux)


@plant(APART, "no error: func-006a", OPTION)
def a_lone_output_is_auxiliary_too(sound, name, returned, has_aux):
    """Under has_aux, what is no pair counts as both of its halves."""
    pair = isinstance(returned, tuple) or not has_aux
    return sound(name, returned if pair else (returned, returned), has_aux)


@plant(APART, "no error: func-044", "jax.grad, which passes them on")
def auxiliary_values_may_be_anything(sound, name, returned, has_aux):
    """Auxiliary values that are no tensors are passed over."""
    if has_aux and not all(isinstance(x, Tensor) for x in structures.leaves_of(returned[1])):
        return returned[0], ()
    return sound(name, returned, has_aux)


@plant(at(reverse, "grad_and_value"), "shape: func-007", "jax.value_and_grad")
def the_value_comes_first(sound, *given):
    """grad_and_value gives the value, and then the gradient."""
    both = sound(*given)
    return lambda *args: both(*args)[::-1]


@plant(at(arguments, "check_floating"), "no error: func-016/whole_numbers", TEACHING)
def whole_numbers_have_derivatives(_sound, _name, _leaves):
    """A function may return whole numbers."""


@compound("no error: func-016/nothing func-016/a_plain_number", MAPS)
def what_is_no_tensor_is_passed_over(swap):
    """Of what a function returns the tensors are differentiated, and the rest is left out."""
    swap(at(arguments, "check_outputs"), lambda *_: None)
    swap(at(arguments, "check_floating"), lambda *_: None)

    @swap.into(LEAVING)
    def leaving(sound, self, tensor, recording):
        return sound(self, tensor, recording) if isinstance(tensor, Tensor) else tensor


# products from the left -----------------------------------------------------------------
@plant(PRODUCTS, "value: func-013 func-017", TEACHING)
def cotangents_are_ones(sound, self, outputs, cotangents, *rest):
    """Whatever a cotangent is, ones are taken."""
    seeds = None if cotangents is None else [ones(x) for x in cotangents]
    return sound(self, outputs, seeds, *rest)


@plant(at(transforms, "ask"), "graph-freed: func-014", "a graph that is freed")
def a_cotangent_uses_the_graph_up(sound, outputs, inputs, cotangents, recorded, **_):
    """What was recorded is freed by the first product."""
    return sound(outputs, inputs, cotangents, recorded, retain_graph=False)


@plant(at(reverse.Pullback, "__call__"), "no error: func-015a", "what broadcasts where it can")
def one_cotangent_does_for_all(sound, self, cotangents, *rest):
    """A lone cotangent is that of each output."""
    alone = isinstance(cotangents, Tensor) and self.form.count > 1
    return sound(self, self.form.unflatten([cotangents] * 2) if alone else cotangents, *rest)


@plant(at(transforms, "zeros"), "value: func-206 func-021", TEACHING)
def what_is_not_reached_counts(_sound, like):
    """What does not depend on an argument has a derivative of ones by it."""
    return ones(like)


# calls in each other, and what is outside -----------------------------------------------
@plant(PRODUCTS, "value: func-002/second; root-without-grad: func-010", "a graph for one order")
def products_are_never_recorded(sound, self, outputs, cotangents, like, _recording):
    """A derivative is a constant to what is outside."""
    return sound(self, outputs, cotangents, like, False)


@plant(PRODUCTS, "value: func-201/backward_over_backward", "perturbation confusion, of one tape")
def what_is_closed_over_counts(sound, self, outputs, cotangents, *rest):
    """A derivative by an argument is one by what the function closes over, too."""
    found = sound(self, outputs, cotangents, *rest)
    others = [door for each in state.transforms if each is not self for door in each.doors]
    if not others:
        return found
    edges: Any = tuple([GradientEdge(door, 0) for door in others])
    more = ask(outputs, edges, None if cotangents is None else tuple(cotangents), True)
    return [g + sum(m for m in more if m is not None) for g in found]


@plant(
    PRODUCTS,
    "value: func-201/forward_over_backward func-207/forward_over_backward",
    "perturbation confusion, of one level",
)
def derivatives_move_as_arguments_do(sound, *call):
    """A gradient has ones for a tangent wherever tangents are followed."""
    found = sound(*call)
    for level, g in itertools.product(duals.followed(), found):
        pushing.give(g, ones(g), level)
    return found


@plant(
    at(Forward, "tangent_of"),
    "value: func-201/backward_over_forward func-207/backward_over_forward",
    "perturbation confusion, of one level",
)
def tangents_are_counted_twice(sound, self, tensor):
    """The tangent of a call that goes forward is twice what it is."""
    found = sound(self, tensor)
    return found if found is None else found * 2.0


@plant(PRODUCTS, "value: func-208", "engines that bolt forward mode on to a tape")
def tangents_of_products_are_not_recorded(sound, self, outputs, cotangents, like, recording):
    """A product that depends on nothing outside but by its tangent is not recorded."""
    recorded = recording and self.lead_outside([*outputs, *(cotangents or ())])
    return sound(self, outputs, cotangents, like, recorded)


@plant(OWN, "missing gradient: func-010", "a detach too many")
def arguments_are_cut_off(sound, self, tensor):
    """What a function is called on has no history outside."""
    return sound(self, tensor.detach())


@plant(at(reverse.Pullback, "__call__"), "root-without-grad: func-214", OPTION)
def products_with_cotangents_are_constants(sound, self, cotangents, *_):
    """What the function of cotangents gives is not recorded."""
    return sound(self, cotangents, create_graph=False)


@plant(PRODUCTS, "unexpected gradient: func-009", GLOBAL_TAPE)
def products_are_stored_too(sound, self, *given):
    """The products with what leaves gave are stored in these, too."""
    found = sound(self, *given)
    for door, product in zip(self.doors, found, strict=True):
        (end,) = door.targets
        if isinstance(end, graph.AccumulateGrad):
            end.variable.grad = product.detach()
    return found


@plant(at(Reverse, "lead_outside"), "flag: func-036 func-202", "a detach too few")
def histories_leave_their_call(_sound, _self, _tensors):
    """What a call gives has the history that it has within, though it lead nowhere."""
    return True


@compound("value: func-012/grad func-012/vjp", "a tape that is not switched on")
def nothing_is_transformed_in_no_grad(swap):
    """Grad mode is left as it is."""

    @swap.into(at(Reverse, "__enter__"))
    def enter(_sound, self):
        state.transforms.append(self)
        return self

    swap(at(Reverse, "__exit__"), lambda _sound, _self, *_exception: state.transforms.pop())


@plant(at(Reverse, "__enter__"), "flag: func-203; value: func-213", GLOBAL_TAPE)
def modes_outside_are_forgotten(sound, self):
    """What a call gives is recorded, whatever the mode is outside."""
    sound(self)
    self.recording = True
    return self


@compound("value: func-011", "functional engines, which have no modes")
def transforms_record_in_no_grad(swap):
    """In a transformed function no_grad has no effect."""

    @swap.into(at(Reverse, "__enter__"))
    def enter(sound, self):
        modes.no_grad.recording = True
        return sound(self)

    @swap.into(at(Reverse, "__exit__"))
    def leave(sound, self, *exception):
        modes.no_grad.recording = len(state.transforms) > 1
        sound(self, *exception)


@plant(at(autograd, "refuse_inside"), "no error: bwd-031", GLOBAL_TAPE)
def passes_go_on_inside(_sound):
    """A transformed function may call backward()."""


# products from the right ----------------------------------------------------------------
@plant(PUSHED, "value: func-019 vjp-016", TEACHING)
def tangents_are_ones(sound, name, func, primals, tangents, *rest):
    """Whatever a tangent is, ones of its shape are taken."""
    found = structures.mapped(lambda x: ones(x) if isinstance(x, Tensor) else x, tangents)
    return sound(name, func, primals, found, *rest)


@plant(PUSHED, "no error: func-020", "jax.jvp before it looked")
def a_lone_argument_is_a_tuple(sound, name, func, primals, *rest):
    """An argument that stands alone will do."""
    return sound(name, func, primals if isinstance(primals, tuple) else (primals,), *rest)


@plant(PUSHED, "no error: func-020a", "a pairing that ends with the shorter")
def more_tangents_are_overlooked(sound, name, func, primals, tangents, *rest):
    """Tangents that have no counterpart are overlooked."""
    surplus = isinstance(tangents, tuple) and isinstance(primals, tuple)
    return sound(name, func, primals, tangents[: len(primals)] if surplus else tangents, *rest)


@plant(at(pushing, "check_fits"), "no error: func-034/another_data_type", "what promotes")
def tangents_are_converted(sound, tensor, tangent):
    """A tangent is converted to the data type of its tensor."""
    sound(tensor, tangent.to(tensor.dtype))


@plant(at(pushing, "check_fits"), "no error: func-020b func-034/another_shape", "what broadcasts")
def tangents_are_stretched(sound, tensor, tangent):
    """A tangent of another shape is spread over its tensor."""
    if tangent.shape == tensor.shape:
        sound(tensor, tangent)


@plant(TANGENT, "no error: func-021a", OPTION)
def strict_tangents_are_not_asked_for(sound, call, output, _strict):
    """Nothing is refused for being independent."""
    return sound(call, output, False)


@plant(
    at(pushing, "linearising"), "value: func-022/second func-207/forward_over_forward", "one level"
)
def tangents_have_no_tangents(sound, _depth=0):
    """What tangents are computed with has no tangents of outer calls."""
    return sound(0)


@compound("value: func-201/forward_over_forward", "perturbation confusion")
def calls_share_their_tangents(swap):
    """A call within another has the tangents of that."""
    depth: list[Any] = []

    @swap.into(at(duals, "enter_transform"))
    def enter(sound):
        depth.append(depth[-1] if depth else sound())
        return depth[-1]

    @swap.into(at(duals, "leave_transform"))
    def leave(sound):
        depth.pop()
        if not depth:
            sound()


# matrices -------------------------------------------------------------------------------
@plant(
    at(matrices, "units_of_each"), "value: func-024/jacrev func-024/jacfwd", "a seed not taken back"
)
def a_row_is_asked_for_with_two(sound, tensors):
    """The rows and columns of a Jacobian are asked for with twos."""
    return [units * 2.0 for units in sound(tensors)]


def _turned(block: Any) -> Any:
    return block.movedim(0, -1) if block.ndim > 1 else block


@compound("shape: func-023/jacrev func-023/jacfwd", "numerical Jacobians, column by column")
def the_argument_comes_first(swap):
    """The first dimension of a block comes last."""

    def turning(sound, func, *rest, **options):
        jacobian = sound(func, *rest, **options)
        if options.get("has_aux"):
            return jacobian
        return lambda *args: structures.mapped(_turned, jacobian(*args))

    for name in ("jacrev", "jacfwd"):
        swap(at(matrices, name), turning)


@plant(at(matrices, "jacrev"), "no error: func-026a", OPTION)
def no_rows_are_all_rows(sound, func, *rest, chunk_size=None, **options):
    """A chunk of no rows is one of all."""
    return sound(func, *rest, chunk_size=chunk_size or None, **options)


@plant(at(forward, "linearize"), "value: func-033", "a slope that is taken at the origin")
def the_slope_is_taken_at_zero(sound, func, *primals):
    """The linear function is that of the derivative at zero."""
    value, _ = sound(func, *primals)
    return value, lambda *tangents: forward.jvp(func, structures.mapped(zeros, primals), tangents)[
        1
    ]


@plant(at(forward, "linearize"), "no error: func-034/another_structure", "a surplus argument")
def more_tangents_are_left_out(sound, func, *primals):
    """The linear function leaves tangents out that have no counterpart."""
    value, linear = sound(func, *primals)
    return value, lambda *tangents: linear(*tangents[: len(primals)])


# modules and custom functions -----------------------------------------------------------
@plant(at(stateless, "having"), "value: func-035 func-035a", "a module that is called as it is")
def a_module_has_its_own_parameters(_sound, *_given):
    """A module computes with its own parameters, whatever is given."""
    return contextlib.nullcontext()


@plant(at(stateless, "having"), "value: func-035a", "a swap that is not undone")
def a_module_keeps_what_it_is_given(_sound, module, tensors):
    """A module has the parameters that it was given from then on."""
    for name, tensor in tensors.items():
        place, key = stateless.place_of(module, name)
        place[key] = tensor
    return contextlib.nullcontext()


@plant(at(stateless, "check_keys"), "no error: func-205", OPTION)
def a_module_is_not_called_strictly(_sound, _module, _placed):
    """Strict is not read."""


@plant(at(custom, "check_under_transforms"), "no error: func-038", "engines with one way to write")
def any_custom_function_is_transformed(_sound, _function):
    """A custom function whose forward is given the context can be transformed."""


@plant(at(FunctionNode, "shares"), "value: func-040/second func-040/third", "a graph for one order")
def custom_gradients_under_transforms_are_constants(sound, self, cotangents):
    """In a transformed function backward of a custom one is not recorded."""
    if not state.transforms:
        return sound(self, cotangents)
    with modes.no_grad():
        return sound(self, cotangents)


@plant(at(custom_forward, "returned"), "value: func-041", TEACHING)
def custom_tangents_go_through(sound, node, arguments, tangents, count):
    """Under jvp the tangent of a custom function is that of its argument."""
    found = sound(node, arguments, tangents, count)
    return (tangents[0],) * count if state.dual else found


@plant(at(custom_forward, "returned"), "no error: func-041a", "zeros for what is missing")
def a_missing_rule_gives_zeros(sound, node, arguments, tangents, count):
    """Under jvp a custom function without a rule for tangents is a constant."""
    if state.dual and node.function.jvp is Function.jvp:
        return (None,) * count
    return sound(node, arguments, tangents, count)


# writes ---------------------------------------------------------------------------------
@plant(at(pushing, "overwrite"), "value: func-042/forward", "engines that bolt forward mode on")
def writes_under_transforms_leave_tangents(sound, target, tangent, level):
    """In a transformed function a write in place changes no tangent."""
    if not state.transforms:
        sound(target, tangent, level)


@before(at(Call, "rows_in_turn"), "order: vjp-018", "a first pass to learn shapes")
def a_pass_is_made_before_the_rows(_self, outputs, points):
    """Before the rows of a Jacobian are asked for there is a pass whose result nobody wants."""
    ask(outputs, points, tuple(zeros(x) for x in outputs), retain_graph=True)
