"""Faults about inputs: what engines get wrong about where a pass ends."""
# ruff: noqa: SLF001 - a plant reaches inside

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gradspec_conformance.plants.plant import plant
from gradspec_conformance.plants.rows import every
from gradspec_reference import autograd
from gradspec_reference.engine import hooks
from gradspec_reference.engine.backward import BackwardPass
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.errors import UnusedInputError

if TYPE_CHECKING:
    from gradspec_conformance.plants.plant import Swap


@plant(
    kills={
        "bwd-020": "unexpected gradient",
        "bwd-020a": "value",
        **every("bwd-021", "unexpected gradient"),
        "bwd-024": "unexpected gradient",
        "bwd-030/the_method": "unexpected gradient",
        "bwd-030/the_function": "unexpected gradient",
    },
    modelled_on="pytorch/pytorch#51940",
)
def inputs_do_not_restrict(swap: Swap) -> None:
    """A pass that is given inputs fills every leaf."""
    original = BackwardPass.limit_to

    def limit_to(self: Any, edges: Any, nodes: Any, *, run_targets: bool) -> None:
        if not run_targets:
            original(self, edges, nodes, run_targets=run_targets)

    swap(BackwardPass, "limit_to", limit_to)


@plant(
    kills={"bwd-024": "missing gradient", "bwd-025": "flag"}, modelled_on="pytorch/pytorch#79708"
)
def listed_intermediate_gets_nothing(swap: Swap) -> None:
    """An intermediate that is listed in inputs is given nothing."""

    def stored(targets: Any) -> Any:
        return [autograd.edge_of(target) for target in targets]

    swap(autograd, "stored", stored)


@plant(kills={"bwd-020a": "value"}, modelled_on="engines that clear gradients before a pass")
def leaves_outside_inputs_are_cleared(swap: Swap) -> None:
    """A pass that is given inputs sets the gradient of each other leaf to zero."""
    original = BackwardPass.limit_to

    def limit_to(self: Any, edges: Any, nodes: Any, *, run_targets: bool) -> None:
        listed = {node for node, _ in edges}
        for node in nodes:
            leaf = getattr(node, "variable", None)
            if node not in listed and leaf is not None and leaf._grad is not None:
                leaf._grad = leaf._grad * 0.0
        original(self, edges, nodes, run_targets=run_targets)

    swap(BackwardPass, "limit_to", limit_to)


@plant(kills={"bwd-021/a_dict": "inputs-type"}, modelled_on="Python's iteration over a dict")
def inputs_of_a_dict_are_its_keys(swap: Swap) -> None:
    """A dict of inputs is taken for the sequence of its keys."""
    original = autograd.as_sequence

    def as_sequence(inputs: Any) -> Any:
        return list(inputs) if isinstance(inputs, dict) else original(inputs)

    swap(autograd, "as_sequence", as_sequence)


@plant(kills={"bwd-022/another_mapping": "no error"}, modelled_on="engines that take any mapping")
def every_mapping_is_a_dict(swap: Swap) -> None:
    """Inputs are taken from the values of any mapping."""
    original = autograd.as_sequence

    def as_sequence(inputs: Any) -> Any:
        return original(dict(inputs) if hasattr(inputs, "keys") else inputs)

    swap(autograd, "as_sequence", as_sequence)


@plant(
    kills={"bwd-022/nothing": "no error", "bwd-208/nothing": "unexpected gradient"},
    modelled_on="Python's truth of an empty list",
)
def empty_inputs_are_no_restriction(swap: Swap) -> None:
    """An empty sequence of inputs is taken for no restriction."""
    original: Any = autograd.backward

    def backward(*arguments: Any, inputs: Any = None, **keywords: Any) -> None:
        given = isinstance(inputs, Tensor) or bool(inputs)
        original(*arguments, inputs=inputs if given else None, **keywords)

    swap(autograd, "backward", backward)


@plant(kills={"bwd-025": "flag"}, modelled_on="common where a request ends with its call")
def retention_ends_with_the_pass(swap: Swap) -> None:
    """An intermediate that was listed in inputs stops retaining when the pass is over."""
    original: Any = autograd.backward

    def backward(*arguments: Any, inputs: Any = None, **keywords: Any) -> None:
        listed = [] if inputs is None else list(autograd.as_sequence(inputs))
        news = [each for each in listed if not hooks.is_retained(each)]
        original(*arguments, inputs=inputs, **keywords)
        for each in news:
            if hooks.is_retained(each):
                del each.grad_fn.retained[each._output_nr]

    swap(autograd, "backward", backward)


@plant(kills={"bwd-026": "unused-input"}, modelled_on="the functional query's check, shared")
def unused_inputs_are_refused(swap: Swap) -> None:
    """An input on which the roots do not depend is refused."""
    original = BackwardPass.limit_to

    def limit_to(self: Any, edges: Any, nodes: Any, *, run_targets: bool) -> None:
        if run_targets and any(node not in nodes for node, _ in edges):
            raise UnusedInputError("the roots do not depend on an input")
        original(self, edges, nodes, run_targets=run_targets)

    swap(BackwardPass, "limit_to", limit_to)


@plant(kills={"bwd-026": "unexpected gradient"}, modelled_on="Oneflow-Inc/oneflow#10251")
def unused_inputs_get_zeros(swap: Swap) -> None:
    """An input on which the roots do not depend is given zeros."""
    original = autograd.stored

    def stored(targets: Any) -> Any:
        for each in targets:
            if each._grad is None:
                each._grad = each.detach() * 0.0
        return original(targets)

    swap(autograd, "stored", stored)


@plant(kills={"bwd-027": "no error"}, modelled_on="engines that filter what they are given")
def inputs_without_grad_are_passed_over(swap: Swap) -> None:
    """An input that does not require grad is passed over."""
    original = autograd.stored

    def stored(targets: Any) -> Any:
        kept = [t for t in targets if not isinstance(t, Tensor) or t.requires_grad]
        return original(kept)

    swap(autograd, "stored", stored)


@plant(kills={"bwd-028": "value"}, modelled_on="engines that walk once per input")
def one_pass_per_input(swap: Swap) -> None:
    """Each listed input has a pass of its own."""
    original: Any = autograd.backward

    def backward(
        tensors: Any,
        grad_tensors: Any = None,
        retain_graph: Any = None,
        *rest: Any,
        inputs: Any = None,
        **keywords: Any,
    ) -> None:
        listed = [None] if inputs is None else list(autograd.as_sequence(inputs)) or [[]]
        for position, one in enumerate(listed, start=1):
            keep = position < len(listed) or retain_graph
            original(tensors, grad_tensors, keep, *rest, inputs=one, **keywords)

    swap(autograd, "backward", backward)


@plant(
    kills={"bwd-208/another_mapping": "unexpected gradient", "bwd-022/another_mapping": "no error"},
    modelled_on="arguments of an unknown type that are passed over",
)
def other_mappings_are_no_restriction(swap: Swap) -> None:
    """Inputs given as a mapping that is no dict are passed over."""
    original: Any = autograd.backward

    def backward(*arguments: Any, inputs: Any = None, **keywords: Any) -> None:
        known = not hasattr(inputs, "keys") or isinstance(inputs, dict)
        original(*arguments, inputs=inputs if known else None, **keywords)

    swap(autograd, "backward", backward)


@plant(kills={"bwd-209": "missing gradient"}, modelled_on="walks that stop where they were sent")
def listed_intermediates_end_the_pass(swap: Swap) -> None:
    """A pass goes no further than an intermediate that is listed in inputs."""
    original = BackwardPass.limit_to

    def limit_to(self: Any, edges: Any, nodes: Any, *, run_targets: bool) -> None:
        original(self, edges, nodes, run_targets=run_targets)
        self.executed -= {node for node, _ in edges if not hasattr(node, "variable")}

    swap(BackwardPass, "limit_to", limit_to)


@plant(kills={"bwd-210/inputs": "value"}, modelled_on="gradients that are filed under their node")
def retained_gradients_are_filed_under_the_node(swap: Swap) -> None:
    """All outputs of a node that retain their gradient are given that of the first."""
    original = hooks.store_retained
    first: dict[Any, Any] = {}

    def store_retained(node: Any, output_nr: int, gradient: Any) -> None:
        if output_nr == 0:
            first[node] = gradient
        original(node, output_nr, first[node])

    swap(hooks, "store_retained", store_retained)


@plant(kills={"bwd-210/a_query": "value"}, modelled_on="gradients that are filed under their node")
def queried_gradients_are_filed_under_the_node(swap: Swap) -> None:
    """A query for several outputs of a node gives the gradient of the first for each."""
    original = BackwardPass.capture

    def capture(self: Any, node: Any, arrived: Any) -> None:
        original(self, node, [arrived[0]] * len(arrived))

    swap(BackwardPass, "capture", capture)


@plant(kills={"bwd-205/input": "missing gradient"}, modelled_on="a break where continue is meant")
def inputs_after_a_constant_are_dropped(swap: Swap) -> None:
    """The first input that does not require grad ends the sequence of inputs."""
    original = autograd.stored

    def stored(targets: Any) -> Any:
        sound = [not isinstance(t, Tensor) or t.requires_grad for t in targets]
        return original(targets[: (*sound, False).index(False)])

    swap(autograd, "stored", stored)
