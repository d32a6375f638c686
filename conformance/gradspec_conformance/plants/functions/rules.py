"""Faults in the rules of custom functions, and in derivatives that are taken once."""

from __future__ import annotations

from typing import Any

from gradspec_conformance.plants.places import at
from gradspec_conformance.plants.plant import after, plant
from gradspec_reference.autograd import function as names
from gradspec_reference.engine import binding, custom, modes, once
from gradspec_reference.engine.custom import Function, FunctionNode

RUN_FORWARD = at(custom, "run_forward")
DERIVATIVE = at(custom, "derivative")


def _with_context(
    sound: Any, function: Any, node: Any, arguments: Any, inputs: Any, output: Any
) -> Any:
    """Run forward, and set the context up with other inputs, or another output."""
    if function.setup_context is None:
        return sound(function, node, arguments)
    returned = function.forward(*arguments)
    function.setup_context(node, inputs, output(returned))
    return returned


@plant(RUN_FORWARD, "value: cf-028", "signatures that are read backwards")
def inputs_are_set_up_backwards(sound, function, node, arguments):
    """The context is set up with the arguments in the opposite order."""
    return _with_context(sound, function, node, arguments, arguments[::-1], lambda x: x)


@plant(RUN_FORWARD, "order: cf-030/a_tensor", "outputs that are always tuples")
def the_output_is_always_a_tuple(sound, function, node, arguments):
    """The context is set up with a tuple, also of one result that stood alone."""
    return _with_context(
        sound, function, node, arguments, arguments, lambda x: x if isinstance(x, tuple) else (x,)
    )


@plant(RUN_FORWARD, "order: cf-030/a_tuple_of_one", "outputs[0] if len(outputs) == 1")
def a_tuple_of_one_is_opened(sound, function, node, arguments):
    """The context is set up with the one result of a tuple of one."""
    return _with_context(
        sound,
        function,
        node,
        arguments,
        arguments,
        lambda x: x[0] if isinstance(x, tuple) and len(x) == 1 else x,
    )


@plant(RUN_FORWARD, "order: cf-030/a_tuple_of_two", "engines with one output")
def the_output_is_the_first(sound, function, node, arguments):
    """The context is set up with the first of several results."""
    return _with_context(
        sound,
        function,
        node,
        arguments,
        arguments,
        lambda x: x[:1] if isinstance(x, tuple) else x,
    )


@after(RUN_FORWARD, "value: cf-061", "marks that are read too early")
def marks_that_are_set_up_apart_are_late(_, function, node, _arguments):
    """What setup_context marks is not looked at."""
    if function.setup_context is not None:
        node.dirty_tensors = ()


@plant(at(binding, "with_defaults"), "function-gradients: cf-029", "keywords that stay apart")
def defaults_are_no_arguments(_sound, forward, arguments, named):
    """What is given by name stands behind what is given by place, and defaults are left out."""
    del forward
    return (*arguments, *named.values()), {}


@plant(DERIVATIVE, "function-rules: cf-031", "pytorch 1.x")
def vjp_is_no_name(_sound, function):
    """A rule called vjp is not looked at."""
    return function.backward


@plant(DERIVATIVE, "no error: cf-217", "the first name that is found")
def backward_goes_before_vjp(sound, function):
    """Of backward and vjp the first is taken."""
    own = function.backward is not Function.backward
    return function.backward if own else sound(function)


@plant(DERIVATIVE, "no error: cf-032", "derivatives that are zero by default")
def no_backward_is_none(sound, function):
    """A custom function without backward sends nothing."""
    found = sound(function)
    lacking = found is Function.backward
    return (lambda node, *_: (None,) * len(node.shapes)) if lacking else found


@plant(RUN_FORWARD, "no error: cf-218", "base classes that do something")
def no_forward_is_an_identity(sound, function, node, arguments):
    """A custom function without forward returns its argument."""
    lacking = function.forward is Function.forward
    return arguments[0] if lacking else sound(function, node, arguments)


@plant(DERIVATIVE, "order: cf-053", "lists that are taken from their end")
def boxed_gradients_are_backwards(sound, function):
    """The gradients that come in one list stand there in the opposite order."""
    found = sound(function)
    if not function.boxed_grads_call:
        return found
    return lambda node, cotangents: found(node, cotangents[::-1])


# derivatives that are taken once ----------------------------------------------------------


@plant(at(names, "once_differentiable"), "order: cf-042; no error: cf-043", "decorators for show")
def differentiable_once_is_a_remark(_sound, rule):
    """A backward that is once_differentiable is recorded as any other."""
    return rule


@plant(at(once, "once_differentiable"), "wrong error: cf-043", "gradients that are detached")
def a_second_derivative_is_silently_constant(_sound, rule):
    """What a backward that is once_differentiable returns is a constant."""

    def unrecorded(context, *cotangents):
        with modes.no_grad():
            return rule(context, *cotangents)

    return unrecorded


@plant(at(once.DelayedError, "end"), "wrong error: cf-260", "errors for one gradient")
def the_first_alone_leads_to_the_error(sound, self, number, gradient):
    """Of several gradients the first alone leads to the error, and the others are constants."""
    return sound(self, number, gradient) if number == 0 else gradient


@plant(at(once, "once_differentiable"), "flag: cf-044", "contexts that are looked at")
def saved_tensors_count_for_once(_sound, rule):
    """Under create_graph what such a backward returns always leads to the error."""

    def ending(context, *cotangents):
        with modes.no_grad():
            found = rule(context, *cotangents)
        if not modes.state.recording or not isinstance(context, FunctionNode):
            return found
        return once.DelayedError(list(cotangents), (found,)).end(0, found)

    return ending
