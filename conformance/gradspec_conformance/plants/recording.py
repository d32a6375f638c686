"""Faults."""

# ruff: noqa: SLF001 - a plant reaches inside

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec_conformance.plants.places import at
from gradspec_conformance.plants.plant import compound, plant
from gradspec_reference.engine import node, recording, versions
from gradspec_reference.engine.backward import BackwardPass
from gradspec_reference.engine.node import AccumulateGrad, Edge, Node
from gradspec_reference.engine.operator import TABLE, Operator
from gradspec_reference.engine.saved import SavedTensor
from gradspec_reference.engine.tensor import Tensor

if TYPE_CHECKING:
    from gradspec_conformance.plants.swap import Swap


def twin_of(made: Node) -> Node:
    """Return another node that is like this one."""
    parts = (made.next_functions, made.saved, made.params, made.outputs)
    return type(made)(*parts, made.freeable)


@plant(at(node, "accumulator"), {"acc-017a": "order", "acc-017": "order"}, "pytorch/pytorch#105293")
def accumulator_per_use(_sound: Any, leaf: Tensor) -> AccumulateGrad:
    """Each use of a leaf delivers to it on its own."""
    return AccumulateGrad(leaf)


@compound({"bwd-044": "missing gradient"}, "tinygrad/tinygrad#9597")
def topo_visited_by_value(swap: Swap) -> None:
    """Leaves of equal value are taken for one, which is given what each should get."""
    known: weakref.WeakValueDictionary[Any, Any] = weakref.WeakValueDictionary()

    def accumulator(sound: Any, leaf: Any) -> Any:
        value = (leaf._array.shape, leaf._array.tobytes())
        met = known.get(value)
        if met is None:
            met = known[value] = sound(leaf)
        return met

    swap(at(node, "accumulator"), accumulator)


@plant(at(recording, "collect_edges"), {"bwd-040": "value", "bwd-001c": "value"}, "sony/nnabla#532")
def edge_dedup(sound: Any, operands: Any, requires: Any) -> Any:
    """A tensor that is twice an operand of one operation is counted once."""
    edges = sound(operands, requires)
    return tuple(
        (node.NO_EDGE if edge in edges[:place] else edge for place, edge in enumerate(edges))
    )


@plant(
    at(recording, "make_node"),
    {"life-015a": "lifetime", "life-015b": "lifetime"},
    "pytorch/pytorch#7343",
)
def leak_cycle(sound: Any, *arguments: Any) -> Any:
    """A node refers to its result and the result to its node."""
    node = sound(*arguments)
    node.metadata["result"] = arguments[-1]
    return node


@compound({"life-015a": "lifetime", "life-015c": "lifetime"}, "common in teaching engines")
def tape_holds_all_results(swap: Swap) -> None:
    """Every recorded result is put on one tape that is never cut."""
    tape: list[Tensor] = []

    def make_node(sound: Any, *arguments: Any) -> Any:
        tape.append(arguments[-1])
        return sound(*arguments)

    swap(at(recording, "make_node"), make_node)


@compound({"life-010": "graph-freed"}, "common in engines that cache graphs by their inputs")
def same_operation_is_the_same_node(swap: Swap) -> None:
    """An operation on operands that it met before gets the node that it had then."""
    nodes: dict[Any, tuple[Any, Node]] = {}

    def make_node(sound: Any, operator: Any, operands: Any, params: Any, *rest: Any) -> Node:
        key = (operator.name, *[id(x) if isinstance(x, Tensor) else x for x in operands], *params)
        if key not in nodes:
            nodes[key] = (operands, sound(operator, operands, params, *rest))
        return nodes[key][1]

    swap(at(recording, "make_node"), make_node)


@compound({"ho-014a": "graph-freed"}, "common in engines with one tape")
def pass_empties_the_tape(swap: Swap) -> None:
    """A pass that keeps nothing empties everything recorded so far, walked or not."""
    tape: list[Node] = []

    def recorded(sound: Any, *arguments: Any) -> Node:
        tape.append(sound(*arguments))
        return tape[-1]

    def emptied(sound: Any, self: BackwardPass) -> None:
        sound(self)
        while tape and (not self.retain_graph):
            tape.pop().release()

    swap(at(recording, "make_node"), recorded)
    swap(at(BackwardPass, "run"), emptied)


@compound(
    {"inp-015": "stale-saved-tensor", "inp-013": "stale-saved-tensor"}, "pytorch/pytorch#15115"
)
def operands_are_always_saved(swap: Swap) -> None:
    """An operation saves all its operands, and checks them, whatever its derivative needs."""

    def make_node(sound: Any, operator: Any, operands: Any, *rest: Any) -> Any:
        node = sound(operator, operands, *rest)
        node.metadata["operands"] = [SavedTensor(x) for x in operands if isinstance(x, Tensor)]
        return node

    def unpacked(sound: Any, self: Any, as_tensors: bool) -> Any:
        for item in self.metadata.get("operands", ()):
            item.unpack(self, as_tensors)
        return sound(self, as_tensors)

    swap(at(recording, "make_node"), make_node)
    swap(at(Node, "unpack"), unpacked)


@plant(at(recording, "view"), {"inp-025": "value"}, "common on NumPy, which returns a scalar there")
def select_scalar_copies(sound: Any, operator: Any, source: Any, *params: Any) -> Any:
    """Selecting a single element copies it; any larger part is a view."""
    result = sound(operator, source, *params)
    single = operator.name == "select" and (not result.ndim)
    return result.clone() if single else result


@plant(
    at(recording, "binary"), {"inp-001a": "value"}, "common where each access to memory is counted"
)
def reading_counts(sound: Any, operator: Any, a: Any, b: Any, *params: Any) -> Any:
    """An operation raises the version of the tensors that it reads."""
    result = sound(operator, a, b, *params)
    versions.bump(a)
    return result


@plant(
    at(recording, "binary"),
    {"inp-001a": "value"},
    "common where results take over their operand's data",
)
def results_share_the_counter(sound: Any, operator: Any, a: Any, b: Any, *params: Any) -> Any:
    """The result of an operation counts together with its first operand."""
    result = sound(operator, a, b, *params)
    versions.share(result, a)
    return result


@plant(at(recording, "collect_edges"), {"rec-014": "value", "rec-015": "value"}, "sony/nnabla#532")
def operand_counted_once(sound: Any, operands: tuple[Any, ...], requires: tuple[bool, ...]) -> Any:
    """A tensor that is both operands of an operation gets one edge."""
    names = [id(x) for x in operands]
    first = (names.index(name) == place for place, name in enumerate(names))
    return sound(operands, tuple((a and b for a, b in zip(requires, first, strict=True))))


@plant(
    at(recording, "apply_pointwise"),
    {"rec-011a": "missing gradient", "rec-021b": "missing gradient"},
    "common in teaching engines: detach_() where detach() is meant",
)
def comparison_detaches(
    sound: Any, operator: Operator, operands: tuple[Any, ...], *params: Any
) -> Any:
    """A comparison cuts its operands off from their history for good."""
    if not operator.differentiable:
        for operand in operands:
            if isinstance(operand, Tensor):
                operand.detach_()
    return sound(operator, operands, *params)


@plant(
    at(recording, "make_node"),
    {"rec-010a": "value", "rec-008": "value"},
    "common in graph-mode engines: the body of a loop is traced once",
)
def loop_body_recorded_once(
    sound: Any, operator: Operator, operands: Any, params: Any, *rest: Any
) -> Any:
    """An operation with a number, applied to its own result again, is not recorded again."""
    known: Node | None = getattr(operands[0], "_grad_fn", None)
    if known is not None and known.operator is operator:
        numbers = all(not isinstance(x, Tensor) for x in operands[1:])
        same = known.saved == recording.collect_saved(operator.plan(rest[0])[0], operands, rest[1])
        if numbers and same and (known.params == params):
            return known
    return sound(operator, operands, params, *rest)


@plant(
    at(node, "gradient_edge"),
    {"rec-003": "aliasing", "rec-005": "aliasing"},
    "common in teaching engines: nodes are values",
)
def edges_copy_nodes(sound: Any, tensor: Tensor) -> Edge:
    """An edge leads to a copy of the argument's node."""
    target, number = sound(tensor)
    if isinstance(target, AccumulateGrad):
        return (AccumulateGrad(target.variable), number)
    return (None if target is None else twin_of(target), number)


@plant(
    at(node, "gradient_edge"),
    {"rec-022": "structure", "rec-022a": "value"},
    "pytorch/pytorch#11751",
)
def outputs_share_a_slot(sound: Any, tensor: Any) -> Any:
    """The gradients of all outputs of a node arrive at its first."""
    return (sound(tensor)[0], 0)


@plant(at(recording, "several"), {"rec-022": "aliasing"}, "common in teaching engines")
def node_per_output(sound: Any, operator: Operator, source: Tensor, *params: Any) -> Any:
    """An operation with several results makes a node for each of them."""
    results = sound(operator, source, *params)
    for result in results:
        if result._grad_fn is not None:
            result._grad_fn = twin_of(result._grad_fn)
    return results


@plant(at(recording, "make_node"), {"rec-028": "lifetime"}, "pytorch/pytorch#15115")
def saves_both_always(
    sound: Any, operator: Operator, operands: Any, params: Any, requires: Any, result: Any
) -> Any:
    """A recorded operation saves all its operands, whether or not the derivative needs them."""
    every = (r or isinstance(x, Tensor) for x, r in zip(operands, requires, strict=True))
    return sound(operator, operands, params, tuple(every), result)


@plant(
    at(recording, "collect_saved"),
    {"rec-016": "value", "rec-024": "value"},
    "common in teaching engines",
)
def saves_nothing_const(
    sound: Any, sources: Any, operands: tuple[Any, ...], result: Tensor | None
) -> Any:
    """An operand that does not require grad is not saved, and its partner receives one times g."""
    known = (
        Tensor(np.ones_like(x._array))
        if isinstance(x, Tensor) and (not recording.needs_grad(x))
        else x
        for x in operands
    )
    return sound(sources, tuple(known), result)


@compound(
    {"rec-027": "value", "rec-018": "value"},
    "common in teaching engines: closures that look up their variables when called",
)
def records_alias(swap: Swap) -> None:
    """An operator refills one list of operands at each call, and its nodes keep that list."""
    lists: dict[tuple[str, tuple[bool, ...]], list[Any]] = {}

    def aliasing(sound: Any, operator: Operator, operands: Any, params: Any, *rest: Any) -> Any:
        made = sound(operator, operands, params, *rest)
        kept = lists.setdefault((operator.name, rest[0]), [])
        kept[:] = made.saved or ()
        made.saved = kept
        return made

    swap(at(recording, "make_node"), aliasing)


@compound({"rec-027": "value", "rec-006": "value"}, "bshillingford/autobw.torch#7")
def first_run_replayed(swap: Swap) -> None:
    """What an operation saved when it first ran serves all its later runs."""
    first: dict[tuple[str, tuple[bool, ...]], Any] = {}

    def replaying(sound: Any, operator: Operator, operands: Any, params: Any, *rest: Any) -> Any:
        made = sound(operator, operands, params, *rest)
        made.saved = first.setdefault((operator.name, rest[0]), made.saved)
        return made

    swap(at(recording, "make_node"), replaying)


@plant(
    at(recording, "make_node"), {"rec-004": "value", "rec-019": "value"}, "pytorch/pytorch#119334"
)
def results_reuse_operand_memory(sound: Any, operator: Operator, operands: Any, *rest: Any) -> Any:
    """A recorded operation leaves its result in the memory of its first operand as well."""
    made = sound(operator, operands, *rest)
    result = rest[-1]._array
    target = operands[0].materialise()
    if target.shape == result.shape and target.dtype == result.dtype:
        target[...] = result
    return made


@plant(
    at(recording, "should_record"),
    {"rec-001": "flag", "rec-016": "root-without-grad"},
    "common in teaching engines",
)
def records_first_only(_sound: Any, requires: Any) -> Any:
    """A result requires grad if its first operand does."""
    return any(requires[:1])


@plant(
    at(recording, "needs_grad"),
    {"rec-002": "flag", "rec-002a": "structure"},
    "common in teaching engines",
)
def records_everything(_sound: Any, operand: Any) -> Any:
    """Every operation on tensors is recorded, also if none of them requires grad."""
    return isinstance(operand, Tensor)


@plant(
    at(recording, "make_node"),
    {"rec-016a": "structure", "rec-001": "flag"},
    "common in teaching engines",
)
def requires_grad_spreads_sideways(
    sound: Any, operator: Operator, operands: Any, params: Any, *rest: Any
) -> Any:
    """A recorded operation makes all its operands require grad."""
    requires, result = rest
    for operand in operands:
        if isinstance(operand, Tensor) and operand.dtype.is_floating_point:
            operand.requires_grad_()
    every = (r or recording.needs_grad(x) for x, r in zip(operands, requires, strict=True))
    return sound(operator, operands, params, tuple(every), result)


@plant(
    at(recording, "apply_pointwise"),
    {"rec-011": "flag", "rec-021b": "value"},
    "tinygrad/tinygrad#3037",
)
def compare_records(sound: Any, operator: Operator, operands: tuple[Any, ...], *params: Any) -> Any:
    """Comparisons are recorded, with the derivative of the identity."""
    result = sound(operator, operands, *params)
    requires = tuple(map(recording.needs_grad, operands))
    if not operator.differentiable and any(requires):
        edges = recording.collect_edges(operands, requires)[:1]
        array = result._array
        outputs = ((array.shape, array.dtype),)
        result._grad_fn = TABLE["alias"].node(edges, (), (), outputs, freeable=False)
    return result


@plant(
    at(recording, "make_node"),
    {"ret-001": "unexpected gradient", "ret-002": "warning"},
    "the style of karpathy/micrograd#102",
)
def retain_all(sound: Any, *arguments: Any) -> Any:
    """Every intermediate keeps its gradient, asked for or not."""
    node = sound(*arguments)
    node.retained = {0: weakref.ref(arguments[-1])}
    return node


@plant(
    at(recording, "needs_grad"),
    {"leaf-010a": "missing gradient", "leaf-005": "flag"},
    "common in teaching engines",
)
def operations_ignore_the_flag_of_leaves(_sound: Any, operand: Any) -> Any:
    """The flag of a leaf is written down, but operations ask for a history only."""
    return type(operand) is Tensor and operand._grad_fn is not None


@plant(at(recording, "make_node"), {"leaf-010": "flag"}, "common in teaching engines")
def results_do_not_pass_the_flag_on(
    sound: Any, operator: Any, operands: tuple[Any, ...], *rest: Any
) -> Any:
    """Operations record what is done to leaves, and not what is done to results."""
    declared = any(type(x) is Tensor and x._requires_grad for x in operands)
    return sound(operator, operands, *rest) if declared else None


@plant(
    at(node, "gradient_edge"),
    {"leaf-045": "missing gradient", "leaf-002a": "missing gradient"},
    "common in teaching engines",
)
def edges_skip_leaves(sound: Any, tensor: Any) -> Any:
    """Results are recorded, but the edge to a leaf is left out, so nothing arrives there."""
    return node.NO_EDGE if tensor.is_leaf else sound(tensor)


@plant(
    at(recording, "needs_grad"),
    {"leaf-009a": "unexpected gradient", "leaf-038b": "array-requires-grad"},
    "micrograd habit",
)
def everything_is_recorded(_sound: Any, operand: Any) -> Any:
    """Operations on constants are recorded too, and their results have a history."""
    return type(operand) is Tensor
