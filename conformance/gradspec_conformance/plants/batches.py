"""Faults in mapped functions: where the batch is, what an example sees, what comes back."""

from __future__ import annotations

from gradspec_conformance.plants.places import at, reading
from gradspec_conformance.plants.plant import TEACHING, plant
from gradspec_reference.engine import batched, batching, custom_batched, recording
from gradspec_reference.engine.batched import Batched, held, is_at, wrap
from gradspec_reference.engine.modes import state
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.func import mapping
from gradspec_reference.names import interop
from gradspec_reference.operators import batching as laws

AXIS_OF = at(mapping, "axis_of")
SIZE_OF = at(mapping, "size_of")
BESIDE = at(mapping, "beside")
TAKEN_OUT = at(mapping, "taken_out")
DRAWING = at(batched, "drawing")
OPTION = "an option that is not read"
LOOPS = "loops that are written as one call"


# which dimension is the batch -----------------------------------------------------------
@plant(AXIS_OF, "shape: func-286; batch-axes: func-262/last", OPTION)
def the_batch_is_always_first(sound, dim, value):
    """The batch of an argument is its first dimension, whatever in_dims say."""
    return dim if dim is None else sound(0, value)


@plant(AXIS_OF, "batch-axes: func-262/counted_from_the_last", TEACHING)
def the_sign_of_the_dimension_is_overlooked(sound, dim, value):
    """A negative dimension names the one that it would name without its sign."""
    return sound(dim if dim is None else abs(dim), value)


@plant(AXIS_OF, "value: func-287", "a default that fits all")
def no_dimension_is_the_first(sound, dim, value):
    """An argument that is not to be mapped over is, along its first dimension."""
    return sound(0 if dim is None and isinstance(value, Tensor) else dim, value)


@plant(AXIS_OF, "no error: func-264/a_dimension_that_there_is_not", "a modulo")
def dimensions_go_around(sound, dim, value):
    """A dimension that there is not goes around."""
    return sound(dim if dim is None else dim % value.ndim, value)


@plant(SIZE_OF, "wrong error: func-264/dimensions_of_different_lengths", LOOPS)
def the_shortest_ends_the_loop(_sound, dims, values):
    """Of dimensions of different lengths the shortest counts, as zip does."""
    return min(v.shape[d] for d, v in zip(dims, values, strict=True) if d is not None)


@plant(SIZE_OF, "no error: func-264/no_argument", LOOPS)
def nothing_is_mapped_once(sound, dims, values):
    """Where nothing is mapped over there is one example."""
    return 1 if all(d is None for d in dims) else sound(dims, values)


@plant(BESIDE, "no error: func-264/dimensions_nested_in_another_way_than_the_arguments", LOOPS)
def superfluous_dimensions_are_left_out(sound, dims, values, name):
    """Of more dimensions than arguments the last are left out."""
    more = isinstance(dims, tuple) and isinstance(values, tuple) and len(dims) > len(values)
    return sound(dims[: len(values)] if more else dims, values, name)


@plant(BESIDE, "batch-axes: func-265", "maps over leaves that take lists for tensors")
def structures_are_mapped_over_their_first_dimension(sound, dims, values, name):
    """In a structure the batch is the first dimension of each tensor."""
    return sound(0 if isinstance(dims, dict) else dims, values, name)


@plant(BESIDE, "shape: func-288", OPTION)
def the_first_of_several_places_counts(sound, dims, values, name):
    """Of several out_dims the first counts for all results."""
    return sound(dims[0] if name == "out_dims" and isinstance(dims, tuple) else dims, values, name)


@plant(at(mapping, "once"), "shape: func-280", "wrappers that take all arguments alike")
def arguments_by_name_are_mapped(sound, func, args, dims, values, size, keywords, *rest):
    """Arguments that are given by name are mapped over their first dimension."""
    names, count = list(keywords), len(args)

    def named(*given):
        return func(*given[:count], **dict(zip(names, given[count:], strict=True)))

    more = list(keywords.values())
    return sound(
        named, (*args, *more), [*dims, *(0 for _ in more)], [*values, *more], size, {}, *rest
    )


# what comes back ------------------------------------------------------------------------
@plant(at(mapping, "over_axis"), "value: func-261 func-282", TEACHING)
def examples_come_back_from_the_last(sound, level, value):
    """The results of examples are put together from the last to the first."""
    return sound(level, value).flip((0,))


@plant(TAKEN_OUT, "shape: func-263/last", OPTION)
def the_batch_comes_back_in_front(sound, level, dim, value):
    """The batch is the first dimension of a result, whatever out_dims say."""
    return sound(level, dim if dim is None else 0, value)


@plant(TAKEN_OUT, "value: func-390", "torch.func.vmap of torch 2.13")
def what_is_the_same_for_all_comes_first(sound, level, dim, value):
    """A result that does not depend on the example is repeated along the first dimension."""
    apart = dim is None or not isinstance(value, Tensor) or is_at(value, level)
    return sound(level, dim if apart else 0, value)


@plant(TAKEN_OUT, "no error: func-270; shape: func-269a", "a default that fits all")
def no_place_is_in_front(sound, level, dim, value):
    """A result that is to have no batch has it in front."""
    return sound(level, 0 if dim is None else dim, value)


@plant(at(mapping, "over_axis"), "shape: func-269", "results that are not repeated")
def what_is_the_same_is_returned_once(sound, level, value):
    """A result that is the same for all examples is returned without a batch."""
    return sound(level, value) if held(value).has_axis else held(value).lower


@plant(at(mapping, "rebuilt"), "shape: func-266", "containers that are rebuilt")
def keys_are_given_anew(sound, structure, leaves):
    """The tensors of a dict are put into it in the opposite order of its keys."""
    backward = isinstance(structure, dict)
    return sound(dict(reversed(structure.items())) if backward else structure, leaves)


@plant(at(mapping, "put_together"), "value: func-275", TEACHING)
def chunks_come_back_from_the_last(sound, column):
    """The results of chunks are put together from the last to the first."""
    return sound(column[::-1])


@plant(at(mapping, "vmap"), "no error: func-275b", "a zero that is taken for a missing one")
def no_size_is_any_size(sound, *given, chunk_size=None, **named):
    """A chunk_size of 0 is taken for none."""
    return sound(*given, chunk_size=chunk_size or None, **named)


@plant(at(mapping, "vmap"), "no error: func-279", OPTION)
def an_unknown_randomness_is_the_default(sound, *given, randomness="error", **named):
    """A way to draw random numbers that there is not is taken for the default."""
    known = randomness if randomness in mapping.RANDOMNESS else "error"
    return sound(*given, randomness=known, **named)


# what an example sees -------------------------------------------------------------------
@plant(at(laws, "further"), "shape: func-268", "axes that count the batch")
def dimensions_count_the_batch(_sound, dims):
    """A dimension inside a mapped function is counted with that of the batch."""
    return dims


@plant(at(laws, "padded"), "value: func-285", "google/jax#59")
def ranks_are_not_aligned(_sound, _xp, x, _rank, _wanted):
    """Examples of different ranks are broadcast with their batch among the dimensions."""
    return x


@plant(at(batching, "level_of"), "batched-value: func-267 func-289", "engines with one batch")
def the_outermost_map_counts(sound, *values):
    """Of operands of two nested maps that of the outer one is treated first."""
    found = {array.level for array in batched.arrays_in(values)}
    return min(found, key=lambda level: level.depth) if found else sound(*values)


@plant(at(Tensor, "item"), "value: func-290; no error: func-032/item", "leaking tracers")
def a_number_is_that_of_the_first_example(sound, self):
    """A number that is taken out of a batch is that of its first example."""
    return held(self).lower._array.flat[0].item() if type(self) is Batched else sound(self)


@plant(at(interop, "item"), "no error: func-032/float func-032/int", "leaking tracers")
def a_converted_number_is_that_of_the_first_example(sound, tensor):
    """float() and int() of a batch are those of its first example."""
    is_batch = type(tensor) is Batched
    return held(tensor).lower._array.flat[0].item() if is_batch else sound(tensor)


@plant(at(batched, "common_to_all"), "batched-value: func-297/item", "tracers of what is constant")
def what_all_have_in_common_is_not_told(_sound, _batched):
    """A number that all examples have is refused like one that each has."""
    raise batched.one_number()


@plant(reading("shape"), "order: func-284", "engines that add a dimension and no more")
def an_example_has_the_shape_of_all(sound, self):
    """Inside a map the shape of a tensor is that of all examples."""
    return held(self).lower.shape if type(self) is Batched else sound(self)


@plant(at(Tensor, "__bool__"), "value: func-276; no error: func-032/bool", "leaking tracers")
def the_first_example_decides(sound, self):
    """A branch on a batch is the one that its first example takes."""
    return bool(held(self).lower._array.flat[0]) if type(self) is Batched else sound(self)


@plant(at(batching, "check_shape_is_known"), "no error: func-291", LOOPS)
def shapes_may_differ(_sound, _operator, _operands):
    """Nobody asks whether all examples have results of one shape."""


# derivatives ----------------------------------------------------------------------------
@plant(at(batched, "inside"), "value: func-029", "sums over a batch that is not one")
def what_all_share_stays_outside(_sound, tensor):
    """What is the same for all examples is differentiated by as if there were no batch."""
    return tensor


@plant(at(batching, "at"), "missing gradient: func-031", "operands that are wrapped as constants")
def what_all_share_is_a_constant(sound, level, value):
    """What is the same for all examples receives no gradient through a map."""
    shared = isinstance(value, Tensor) and not is_at(value, level)
    return sound(level, value.detach() if shared else value)


@plant(at(batched, "requires_below"), "missing gradient: func-281", "modes of all levels in one")
def nobody_looks_below_the_batch(_sound, _value):
    """A gradient inside a map is not recorded, since none of its own tensors asks for it."""
    return False


# writes ---------------------------------------------------------------------------------
@plant(at(batching, "store"), "value: func-271 func-292", "writes that are one for all")
def the_first_example_is_written(sound, target, result):
    """A write in place changes the first example alone."""
    into, source = held(target), held(result)
    first = recording.tensors.select(source.lower, 0, 0)
    sound(wrap(into.level, into.lower[:1]), wrap(into.level, first[None]))


@plant(at(batching, "shown"), "value: func-292", "batch rules that copy")
def views_of_examples_are_copies(sound, operator, source, params):
    """What shows a part of an example is a copy of it."""
    return batching.copied(sound(operator, source, params))


@plant(at(batching, "written"), "no error: func-272; value: func-294", "writes to what is captured")
def the_last_example_is_kept(sound, operator, operands, params):
    """A tensor that is not mapped keeps what the last example writes to it."""
    target, *others = operands
    if type(target) is Batched:
        return sound(operator, operands, params)
    last = [held(x).lower[-1] if type(x) is Batched else x for x in others]
    return recording.run(operator, [x._array for x in (target, *last)], params)


@plant(at(batched, "like"), "batched-write: func-293", "factories that make what is outside")
def new_tensors_are_not_mapped(_sound, _value, made):
    """A new tensor of the shape of an example has room for one."""
    return made


# random numbers -------------------------------------------------------------------------
@plant(DRAWING, "no error: func-032a", OPTION)
def random_numbers_need_no_word(_sound):
    """Where it was not said how, random numbers are the same for all examples."""
    return [level for level in state.batching if level.randomness == "different"]


@plant(DRAWING, "value: func-273", OPTION)
def the_same_is_different(sound):
    """Each example gets random numbers of its own, where all were to get the same."""
    sound()
    return list(state.batching)


@plant(DRAWING, "value: func-274", OPTION)
def different_is_the_same(sound):
    """All examples get the same random numbers, where each was to get its own."""
    sound()
    return []


# functions of the caller ----------------------------------------------------------------
@plant(
    at(custom_batched, "check_has_a_rule"),
    "no error: func-039/two_rules_of_batches",
    "rules of which one hides the other",
)
def the_made_rule_comes_first(sound, function):
    """Of two rules of batches one counts."""
    if not (function.generate_vmap_rule and custom_batched.has_own_rule(function)):
        sound(function)


@plant(
    at(custom_batched, "run"),
    "no error: func-039/no_rule_of_batches",
    "functions that are run on what is wrapped",
)
def a_function_without_a_rule_is_run(sound, function, level, arguments):
    """A function without a rule of batches is run on the tensors of the batch."""
    if function.generate_vmap_rule or custom_batched.has_own_rule(function):
        return sound(function, level, arguments)
    return function.forward(*arguments)


@plant(at(custom_batched, "shared"), "value: func-039a", TEACHING)
def a_made_rule_gives_no_gradient(sound, level, gradient, axis):
    """What a made rule sends back is zeros."""
    return sound(level, gradient * 0.0, axis)


@plant(at(custom_batched, "has_own_rule"), "function-rules: func-039b func-039c", OPTION)
def the_rule_of_the_caller_is_overlooked(_sound, _function):
    """A rule of batches that the caller wrote is not found."""
    return False


@plant(at(custom_batched, "VmapInfo"), "order: func-039c", TEACHING)
def a_batch_has_one_example(sound, _size, randomness):
    """A rule of batches is told of one example."""
    return sound(1, randomness)
