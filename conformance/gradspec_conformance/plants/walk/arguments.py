"""Faults."""

# ruff: noqa: SLF001 - a plant reaches inside

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec_conformance.plants.places import at, instead
from gradspec_conformance.plants.plant import compound, plant
from gradspec_conformance.plants.walk.naive import leaf_of, reached
from gradspec_reference import autograd
from gradspec_reference.engine import backward, hooks, modes
from gradspec_reference.engine.backward import MISSING, BackwardPass
from gradspec_reference.engine.edges import GradientEdge
from gradspec_reference.engine.node import Edge, Node
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.errors import InputsEmptyError
from gradspec_reference.names import factories

if TYPE_CHECKING:
    from gradspec_conformance.plants.swap import Swap


@plant(at(autograd, "stored"), {"acc-026": "missing gradient"}, "pytorch/pytorch#79708")
def inputs_nonleaf_lost(_sound: Any, targets: list[Any]) -> list[Edge]:
    """An intermediate that is named in inputs is not filled."""
    return [autograd.edge_of(target) for target in targets]


@plant(
    at(backward, "count_dependencies"),
    {"acc-022": "missing gradient", "acc-025": "missing gradient"},
    "pytorch/pytorch#726",
)
def waits_for_uses_beside_the_path(sound: Any, roots: set[Node]) -> Any:
    """A node waits for a contribution from every use of its result, on the path or not."""
    waiting = sound(roots)
    others = (o for o in gc.get_objects() if issubclass(type(o), Node) and o not in waiting)
    for other in others:
        for target, _ in other.next_functions:
            if target in waiting:
                waiting[target][MISSING] += 1
    return waiting


@plant(
    at(autograd, "stored"),
    {"bwd-024": "missing gradient", "bwd-025": "flag"},
    "pytorch/pytorch#79708",
)
def listed_intermediate_gets_nothing(_sound: Any, targets: Any) -> Any:
    """An intermediate that is listed in inputs is given nothing."""
    return [autograd.edge_of(target) for target in targets]


@plant(at(autograd, "as_sequence"), {"bwd-021": "inputs-type"}, "Python's iteration over a dict")
def inputs_of_a_dict_are_its_keys(sound: Any, inputs: Any) -> Any:
    """A dict of inputs is taken for the sequence of its keys."""
    return list(inputs) if isinstance(inputs, dict) else sound(inputs)


@plant(at(autograd, "as_sequence"), {"bwd-022": "no error"}, "engines that take any mapping")
def every_mapping_is_a_dict(sound: Any, inputs: Any) -> Any:
    """Inputs are taken from the values of any mapping."""
    return sound(dict(inputs) if hasattr(inputs, "keys") else inputs)


@plant(at(autograd, "backward"), {"bwd-023": "no error"}, "Python's truth of an empty list")
def empty_inputs_are_no_restriction(
    sound: Any, *arguments: Any, inputs: Any = None, **keywords: Any
) -> None:
    """An empty sequence of inputs is taken for no restriction."""
    given = isinstance(inputs, Tensor) or bool(inputs)
    sound(*arguments, inputs=inputs if given else None, **keywords)


@plant(at(autograd, "backward"), {"bwd-025": "flag"}, "common where a request ends with its call")
def retention_ends_with_the_pass(
    sound: Any, *arguments: Any, inputs: Any = None, **keywords: Any
) -> None:
    """An intermediate that was listed in inputs stops retaining when the pass is over."""
    listed = [] if inputs is None else list(autograd.as_sequence(inputs))
    news = [each for each in listed if not hooks.is_retained(each)]
    sound(*arguments, inputs=inputs, **keywords)
    for each in news:
        if hooks.is_retained(each):
            del each.grad_fn.retained[each._output_nr]


@plant(at(autograd, "stored"), {"bwd-026": "unexpected gradient"}, "Oneflow-Inc/oneflow#10251")
def unused_inputs_get_zeros(sound: Any, targets: Any) -> Any:
    """An input on which the roots do not depend is given zeros."""
    for each in targets:
        if each._grad is None:
            each._grad = each.detach() * 0.0
    return sound(targets)


@plant(at(autograd, "stored"), {"bwd-027": "no error"}, "engines that filter what they are given")
def inputs_without_grad_are_passed_over(sound: Any, targets: Any) -> Any:
    """An input that does not require grad is passed over."""
    kept = [t for t in targets if not isinstance(t, Tensor) or t.requires_grad]
    return sound(kept)


@plant(at(autograd, "backward"), {"bwd-028": "value"}, "engines that walk once per input")
def one_pass_per_input(
    sound: Any,
    tensors: Any,
    grad_tensors: Any = None,
    retain_graph: Any = None,
    *rest: Any,
    inputs: Any = None,
    **keywords: Any,
) -> None:
    """Each listed input has a pass of its own."""
    listed = [None] if inputs is None else list(autograd.as_sequence(inputs)) or [[]]
    for position, one in enumerate(listed, start=1):
        keep = position < len(listed) or retain_graph
        sound(tensors, grad_tensors, keep, *rest, inputs=one, **keywords)


@plant(
    at(autograd, "backward"),
    {"bwd-016": "graph-freed", "bwd-013": "graph-freed"},
    "common where a list was added later",
)
def one_pass_per_root(
    sound: Any, tensors: Any, grad_tensors: Any = None, *rest: Any, **keywords: Any
) -> None:
    """Each root has a pass of its own, the first of which frees what the roots share."""
    if isinstance(tensors, Tensor | GradientEdge):
        sound(tensors, grad_tensors, *rest, **keywords)
        return
    for position, root in enumerate(tensors):
        seed = None if grad_tensors is None else grad_tensors[position]
        sound(root, seed, *rest, **keywords)


@plant(
    at(autograd, "backward"),
    {"bwd-016a": "order", "bwd-013a": "order"},
    "common where a list was added later",
)
def one_pass_per_root_keeping_the_graph(
    sound: Any, tensors: Any, grad_tensors: Any = None, *rest: Any, **keywords: Any
) -> None:
    """Each root has a pass of its own, and only the last frees the graph."""
    if isinstance(tensors, Tensor | GradientEdge):
        sound(tensors, grad_tensors, *rest, **keywords)
        return
    last = len(tensors) - 1
    for position, root in enumerate(tensors):
        seed = None if grad_tensors is None else grad_tensors[position]
        keep = position != last or keywords.get("retain_graph")
        sound(root, seed, *rest, **{**keywords, "retain_graph": keep})


@plant(
    at(autograd, "as_roots"), {"bwd-018": "inputs-empty"}, "engines that ask for at least one root"
)
def no_roots_are_refused(sound: Any, roots: Any) -> Any:
    """An empty sequence of roots is refused."""
    found = sound(roots)
    if not found:
        raise InputsEmptyError("there is no root")
    return found


@plant(
    at(autograd, "as_cotangents"),
    {"bwd-014": "cotangent-shape"},
    "engines that iterate over what they get",
)
def single_gradient_is_taken_apart(_sound: Any, given: Any, count: int) -> Any:
    """A single starting gradient is taken for the sequence of its entries."""
    return [None] * count if given is None else list(given)


@plant(
    at(autograd, "as_roots"),
    {"bwd-014": "cotangent-shape"},
    "engines that iterate over what they get",
)
def single_root_is_taken_apart(_sound: Any, roots: Any) -> Any:
    """A single root is taken for the sequence of its entries."""
    return list(roots)


@plant(at(autograd, "one_name"), {"bwd-029": "warning"}, "a withdrawal that nobody announced")
def old_name_is_silent(_sound: Any, new: Any, old: Any) -> Any:
    """The old name of the starting gradients works without a warning."""
    return old if new is None else new


@plant(at(autograd, "one_name"), {"bwd-029": "value"}, "keyword arguments that are swallowed")
def old_name_is_swallowed(sound: Any, new: Any, old: Any) -> Any:
    """What is given under the old name of the starting gradients is ignored, with the warning."""
    sound(new, old)
    return new


@plant(at(autograd, "one_name"), {"bwd-029a": "no error"}, "one keyword that overrides another")
def new_name_wins(sound: Any, new: Any, old: Any) -> Any:
    """Of starting gradients that are given under both names those of the new one are used."""
    used = sound(None, old)
    return used if new is None else new


@plant(
    at(autograd, "backward"), {"bwd-044a": "order"}, "engines that differentiate by one variable"
)
def one_pass_per_leaf(
    sound: Any,
    roots: Any,
    cotangents: Any = None,
    retain_graph: Any = None,
    *rest: Any,
    inputs: Any = None,
    **keywords: Any,
) -> None:
    """Each leaf has a pass of its own, and only the last frees the graph."""
    graph = getattr(roots, "grad_fn", None) if inputs is None else None
    below = reached([(graph, 0)]) if graph is not None else {}
    leaves = [leaf for leaf in (leaf_of((each, 0)) for each in below) if leaf is not None]
    for leaf in leaves[:-1]:
        sound(roots, cotangents, True, *rest, inputs=[leaf], **keywords)
    sound(roots, cotangents, retain_graph, *rest, inputs=leaves[-1:] or inputs, **keywords)


@plant(
    at(autograd, "new_pass"),
    {"life-201": "graph-freed", "life-002a": "graph-freed"},
    "tinygrad/tinygrad#6145",
)
def always_freed(_sound: Any, _retain: bool | None, create: bool) -> BackwardPass:
    """A pass frees the graph despite retain_graph=True."""
    return BackwardPass(retain_graph=False, create_graph=create)


@plant(
    at(autograd, "new_pass"),
    {"life-001": "no error", "life-011": "no error"},
    "common in teaching engines",
)
def retain_default_true(sound: Any, retain: Any, create: Any) -> Any:
    """Unless told otherwise, a pass keeps the graph."""
    return sound(retain is not False, create)


@plant(
    at(autograd, "new_pass"), {"life-020": "graph-freed", "life-004": "graph-freed"}, "torch rule"
)
def retain_default_false(sound: Any, retain: Any, create: Any) -> Any:
    """Unless told otherwise, a pass frees the graph, also one with create_graph=True."""
    return sound(bool(retain), create)


@plant(
    at(autograd, "new_pass"),
    {"life-005": "no error", "life-005a": "no error"},
    "common where one flag implies the other",
)
def create_graph_always_retains(sound: Any, retain: Any, create: Any) -> Any:
    """A pass with create_graph=True keeps the graph even when told to free it."""
    return sound(create or retain, create)


@plant(at(autograd, "warn_of_cycle"), {"life-016": "warning"}, "pytorch/pytorch#7343")
def cycle_is_not_warned_of(_sound: Any) -> Any:
    """backward(create_graph=True) stores a gradient with a history without a warning."""
    return None


@plant(
    at(autograd, "new_pass"),
    {"life-016a": "warning"},
    "common where the warning comes with the flag",
)
def query_warns_of_a_cycle(sound: Any, retain: bool | None, create: bool) -> Any:
    """grad(create_graph=True) warns of a cycle that it does not make."""
    if create:
        autograd.warn_of_cycle()
    return sound(retain, create)


@plant(at(autograd, "backward"), {"life-009a": "graph-freed"}, "common in engines with one root")
def one_pass_for_each_root(
    sound: Any, tensors: Any, cotangents: Any = None, *arguments: Any, **keywords: Any
) -> None:
    """backward() with several roots runs a pass for each."""
    roots = autograd.as_roots(tensors)
    given = autograd.as_cotangents(cotangents, len(roots))
    for root, cotangent in zip(roots, given, strict=True):
        sound(root, cotangent, *arguments, **keywords)


@plant(
    at(autograd, "new_pass"),
    {"ho-004a": "root-without-grad", "ho-003": "missing gradient"},
    "Oneflow-Inc/oneflow#8248",
)
def create_graph_ignored(sound: Any, retain: bool | None, create: bool) -> Any:
    """No pass is recorded, whatever create_graph says."""
    return sound(create if retain is None else retain, False)


@plant(
    at(autograd, "new_pass"), {"ho-002": "no error", "ho-002a": "flag"}, "huggingface/candle#1243"
)
def every_pass_is_recorded(sound: Any, retain: bool | None, create: bool) -> Any:
    """Every pass is recorded, whatever create_graph says."""
    return sound(create if retain is None else retain, True)


@plant(
    at(autograd, "new_pass"),
    {"ho-012": "root-without-grad"},
    "common where the mode has the last word",
)
def mode_overrules_the_switch(sound: Any, retain: bool | None, create: bool) -> Any:
    """A pass inside no_grad is not recorded, even with create_graph=True."""
    retain = create if retain is None else retain
    return sound(retain, create and modes.state.recording)


@compound({"leaf-046": "no error"}, "common in teaching engines")
def the_function_variable_still_works(swap: Swap) -> None:
    """The withdrawn function autograd.variable makes a tensor."""
    swap(at(autograd, "variable"), instead(factories.tensor))


@plant(at(autograd, "new_pass"), {"vjp-008a": "flag"}, "huggingface/candle#1243")
def grad_has_graph(sound: Any, retain_graph: Any, create_graph: bool) -> Any:
    """A pass without create_graph records itself all the same."""
    return sound(create_graph if retain_graph is None else retain_graph, True)


@compound({"vjp-011b": "value", "vjp-011a": "value"}, "engines that return what the walk collected")
def grad_order(swap: Swap) -> None:
    """A query returns gradients in the order in which the inputs were first used."""

    def place(each: Any) -> int:
        node: Any = autograd.edge_of(each)[0]
        return -int(node.order)

    def grad(sound: Any, outputs: Any, inputs: Any, *rest: Any, **keywords: Any) -> Any:
        if not isinstance(inputs, list | tuple):
            return sound(outputs, inputs, *rest, **keywords)
        return sound(outputs, sorted(inputs, key=place), *rest, **keywords)

    swap(at(autograd, "grad"), grad)


@plant(at(autograd, "grad"), {"vjp-011c": "unexpected gradient"}, "Oneflow-Inc/oneflow#10251")
def unused_returns_zero(sound: Any, outputs: Any, inputs: Any, *rest: Any, **keywords: Any) -> Any:
    """A query answers zero for an input that the output does not depend on, also unasked."""
    if keywords.pop("allow_unused", None):
        keywords["materialize_grads"] = True
    return sound(outputs, inputs, *rest, **keywords)


@plant(at(autograd, "zeros"), {"vjp-011c": "flag"}, "pytorch/pytorch#168059")
def materialized_requires_grad(sound: Any, target: Any, _create_graph: Any) -> Any:
    """The zeros that a query makes up require grad, also without create_graph."""
    return sound(target, True)


@plant(at(autograd, "grad"), {"vjp-011b": "missing gradient"}, "engines that key answers by tensor")
def grad_duplicate_input(sound: Any, outputs: Any, inputs: Any, *rest: Any, **keywords: Any) -> Any:
    """A query answers for a tensor that is listed twice at the first place only."""
    found = sound(outputs, inputs, *rest, **keywords)
    seen: set[int] = set()
    answers: list[Any] = []
    for each, gradient in zip(inputs, found, strict=True):
        answers.append(None if id(each) in seen else gradient)
        seen.add(id(each))
    return tuple(answers)


@plant(at(autograd, "check_used"), {"vjp-011d": "no error"}, "candle-org/candle#411")
def unused_inputs_are_passed_over(_sound: Any, _found: Any) -> Any:
    """A query answers None for an unused input without having been told that it may."""
    return None


@plant(at(autograd, "grad"), {"vjp-202": "value"}, "common where a start is made by zeros_like()")
def query_starts_from_zero(
    sound: Any, outputs: Any, inputs: Any, grad_outputs: Any = None, **options: Any
) -> Any:
    """A query without a cotangent starts from zero, and not from one."""
    if grad_outputs is None and isinstance(outputs, Tensor):
        grad_outputs = Tensor(np.zeros_like(outputs._array))
    return sound(outputs, inputs, grad_outputs, **options)
