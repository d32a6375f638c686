"""Faults in recording: what engines get wrong about the notes that they take."""

# ruff: noqa: SLF001 - a plant reaches inside

from __future__ import annotations

import heapq
import itertools
import weakref
from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec_conformance.plants.plant import Swap, plant
from gradspec_reference import accumulation, backward, cotangents, interop, modes, node, recording
from gradspec_reference.backward import BackwardPass
from gradspec_reference.functions import reductions
from gradspec_reference.node import AccumulateGrad, Node
from gradspec_reference.operator import TABLE, Operator
from gradspec_reference.saved import SavedTensor
from gradspec_reference.tensor import Tensor

if TYPE_CHECKING:
    from gradspec_reference.node import Edge

# what is recorded


@plant(kills={"rec-001a": "flag"}, modelled_on="tinygrad/tinygrad#3832")
def nograd_ignored(swap: Swap) -> None:
    """Operations are recorded in no_grad too."""
    swap(modes.no_grad, "__enter__", lambda self: self._before.append(modes.state.recording))


@plant(kills={"rec-001": "flag"}, modelled_on="common in teaching engines")
def records_first_only(swap: Swap) -> None:
    """A result requires grad if its first operand does."""
    swap(recording, "should_record", lambda requires: any(requires[:1]))


@plant(
    kills={"rec-002": "flag", "rec-002a": "structure", "rec-028": "lifetime"},
    modelled_on="common in teaching engines",
)
def records_everything(swap: Swap) -> None:
    """Every operation on tensors is recorded, also if none of them requires grad."""
    swap(recording, "needs_grad", lambda operand: isinstance(operand, Tensor))


@plant(
    kills={"rec-001": "flag", "rec-016": "unexpected gradient", "rec-016a": "structure"},
    modelled_on="common in teaching engines",
)
def requires_grad_spreads_sideways(swap: Swap) -> None:
    """A recorded operation makes all its operands require grad."""
    original = recording.make_node

    def spreading(operator: Operator, operands: Any, params: Any, *rest: Any) -> Node:
        requires, result = rest
        for operand in operands:
            if isinstance(operand, Tensor) and operand.dtype.is_floating_point:
                operand.requires_grad_()
        every = (r or recording.needs_grad(x) for x, r in zip(operands, requires, strict=True))
        return original(operator, operands, params, tuple(every), result)

    swap(recording, "make_node", spreading)


@plant(
    kills={"rec-011": "flag", "rec-021b": "value"},
    modelled_on="tinygrad/tinygrad#3037",
)
def compare_records(swap: Swap) -> None:
    """Comparisons are recorded, with the derivative of the identity."""
    original = recording.apply_pointwise

    def comparing(operator: Operator, operands: tuple[Any, ...], *params: Any) -> Tensor:
        result = original(operator, operands, *params)
        requires = tuple(map(recording.needs_grad, operands))
        if not operator.differentiable and any(requires):
            edges = recording.collect_edges(operands, requires)[:1]
            array = result._array
            outputs = ((array.shape, array.dtype),)
            result._grad_fn = TABLE["alias"].node(edges, (), (), outputs, freeable=False)
        return result

    swap(recording, "apply_pointwise", comparing)


@plant(kills={"rec-021": "flag"}, modelled_on="tinygrad/tinygrad#3037")
def argmax_records(swap: Swap) -> None:
    """The position of an extreme entry requires grad if the entries do."""
    original = reductions._arg

    def marked(kernel: Any, source: Tensor, *how: Any) -> Tensor:
        result = original(kernel, source, *how)
        result._requires_grad = source.requires_grad
        return result

    swap(reductions, "_arg", marked)


@plant(kills={"rec-021a": "flag"}, modelled_on="ml-explore/mlx#4114")
def sort_indices_record(swap: Swap) -> None:
    """The indices of a sort share the history of its values."""
    original = reductions.sort

    def sorting(source: Tensor, *how: Any) -> Any:
        found = original(source, *how)
        found.indices._grad_fn = found.values._grad_fn
        return found

    swap(reductions, "sort", sorting)


@plant(
    kills={"rec-011a": "root-without-grad", "rec-021b": "missing gradient"},
    modelled_on="common in teaching engines: detach_() where detach() is meant",
)
def comparison_detaches(swap: Swap) -> None:
    """A comparison cuts its operands off from their history for good."""
    original = recording.apply_pointwise

    def comparing(operator: Operator, operands: tuple[Any, ...], *params: Any) -> Tensor:
        if not operator.differentiable:
            for operand in operands:
                if isinstance(operand, Tensor):
                    operand.detach_()
        return original(operator, operands, *params)

    swap(recording, "apply_pointwise", comparing)


@plant(
    kills={
        "rec-007": "root-without-grad",
        "rec-008": "root-without-grad",
        "rec-009": "root-without-grad",
        "rec-012": "root-without-grad",
    },
    modelled_on="common in tracing engines: what is read as a number becomes a constant",
)
def decisions_detach(swap: Swap) -> None:
    """A tensor that was turned into a number of the host language is a constant from then on."""
    original = interop.item

    def reading(tensor: Tensor) -> Any:
        tensor.detach_()
        return original(tensor)

    swap(interop, "item", reading)


# the graph


def twin_of(made: Node) -> Node:
    """Return another node that is like this one."""
    parts = (made.next_functions, made.saved, made.params, made.outputs)
    return type(made)(*parts, made.freeable)


@plant(
    kills={"rec-003": "aliasing", "rec-005": "aliasing", "rec-026a": "aliasing"},
    modelled_on="common in teaching engines: nodes are values",
)
def edges_copy_nodes(swap: Swap) -> None:
    """An edge leads to a copy of the argument's node."""
    original = node.gradient_edge

    def copied(tensor: Tensor) -> Edge:
        target, number = original(tensor)
        if isinstance(target, AccumulateGrad):
            return AccumulateGrad(target.variable), number
        return None if target is None else twin_of(target), number

    swap(node, "gradient_edge", copied)


@plant(
    kills={"rec-022": "structure", "rec-022a": "value"},
    modelled_on="pytorch/pytorch#11751",
)
def outputs_share_a_slot(swap: Swap) -> None:
    """The gradients of all outputs of a node arrive at its first."""
    original = node.gradient_edge
    swap(node, "gradient_edge", lambda tensor: (original(tensor)[0], 0))


@plant(kills={"rec-022": "aliasing"}, modelled_on="common in teaching engines")
def node_per_output(swap: Swap) -> None:
    """An operation with several results makes a node for each of them."""
    original = recording.several

    def separate(operator: Operator, source: Tensor, *params: Any) -> tuple[Tensor, ...]:
        results = original(operator, source, *params)
        for result in results:
            if result._grad_fn is not None:
                result._grad_fn = twin_of(result._grad_fn)
        return results

    swap(recording, "several", separate)


@plant(kills={"rec-018": "missing gradient"}, modelled_on="pytorch/pytorch#19769")
def edges_hold_weakly(swap: Swap) -> None:
    """A node does not keep the nodes of its arguments alive, and passes over those that died."""
    slot = Node.__dict__["next_functions"]

    def read(self: Node) -> tuple[Edge, ...]:
        swap.took_effect()
        held = slot.__get__(self)
        return tuple((n() if isinstance(n, weakref.ref) else n, number) for n, number in held)

    def write(self: Node, edges: tuple[Edge, ...]) -> None:
        inner = ((n, k, n is None or isinstance(n, AccumulateGrad)) for n, k in edges)
        slot.__set__(self, tuple((n if strong else weakref.ref(n), k) for n, k, strong in inner))

    swap(Node, "next_functions", property(read, write))


# what is kept


@plant(
    kills={"rec-028": "lifetime"},
    modelled_on="pytorch/pytorch#15115",
)
def saves_both_always(swap: Swap) -> None:
    """A recorded operation saves all its operands, whether or not the derivative needs them."""
    original = recording.make_node

    def saving(operator: Operator, operands: Any, params: Any, requires: Any, result: Any) -> Node:
        every = (r or isinstance(x, Tensor) for x, r in zip(operands, requires, strict=True))
        return original(operator, operands, params, tuple(every), result)

    swap(recording, "make_node", saving)


@plant(
    kills={"rec-016": "value", "rec-024": "value"},
    modelled_on="common in teaching engines",
)
def saves_nothing_const(swap: Swap) -> None:
    """An operand that does not require grad is not saved, and its partner receives one times g."""
    original = recording.collect_saved

    def saving(sources: Any, operands: tuple[Any, ...], result: Tensor | None) -> tuple[Any, ...]:
        known = (
            Tensor(np.ones_like(x._array))
            if isinstance(x, Tensor) and not recording.needs_grad(x)
            else x
            for x in operands
        )
        return original(sources, tuple(known), result)

    swap(recording, "collect_saved", saving)


@plant(
    kills={"rec-006": "value", "rec-019": "value", "rec-024": "value", "rec-027": "value"},
    modelled_on="common in teaching engines: closures that look up their variables when called",
)
def records_alias(swap: Swap) -> None:
    """An operator refills one list of operands at each call, and its nodes keep that list."""
    original = recording.make_node
    lists: dict[tuple[str, tuple[bool, ...]], list[Any]] = {}

    def aliasing(operator: Operator, operands: Any, params: Any, *rest: Any) -> Node:
        made = original(operator, operands, params, *rest)
        kept = lists.setdefault((operator.name, rest[0]), [])
        kept[:] = made.saved or ()
        made.saved = kept  # type: ignore[assignment]
        return made

    swap(recording, "make_node", aliasing)


@plant(
    kills={"rec-006": "value", "rec-007": "value", "rec-024": "value", "rec-027": "value"},
    modelled_on="bshillingford/autobw.torch#7",
)
def first_run_replayed(swap: Swap) -> None:
    """What an operation saved when it first ran serves all its later runs."""
    original = recording.make_node
    first: dict[tuple[str, tuple[bool, ...]], Any] = {}

    def replaying(operator: Operator, operands: Any, params: Any, *rest: Any) -> Node:
        made = original(operator, operands, params, *rest)
        made.saved = first.setdefault((operator.name, rest[0]), made.saved)
        return made

    swap(recording, "make_node", replaying)


@plant(
    kills={"rec-004": "value", "rec-019": "value"},
    modelled_on="pytorch/pytorch#119334",
)
def results_reuse_operand_memory(swap: Swap) -> None:
    """A recorded operation leaves its result in the memory of its first operand as well."""
    original = recording.make_node

    def reusing(operator: Operator, operands: Any, *rest: Any) -> Node:
        made = original(operator, operands, *rest)
        result = rest[-1]._array
        target = operands[0].materialise()
        if target.shape == result.shape and target.dtype == result.dtype:
            target[...] = result
        return made

    swap(recording, "make_node", reusing)


@plant(kills={"rec-004": "value"}, modelled_on="pytorch/pytorch#119334")
def saved_memory_recycled(swap: Swap) -> None:
    """When a graph is freed, the memory of its saved values is put to another use."""
    original = Node.release

    def recycling(self: Node) -> None:
        for item in self.saved or ():
            if isinstance(item, SavedTensor):
                item.tensor.materialise().fill(0)
        original(self)

    swap(Node, "release", recycling)


# control flow


@plant(
    kills={"rec-008": "value", "rec-009": "value", "rec-010": "value", "rec-010a": "value"},
    modelled_on="common in graph-mode engines: the body of a loop is traced once",
)
def loop_body_recorded_once(swap: Swap) -> None:
    """An operation with a number, applied to its own result again, is not recorded again."""
    original = recording.make_node

    def once(operator: Operator, operands: Any, params: Any, *rest: Any) -> Node:
        known: Node | None = getattr(operands[0], "_grad_fn", None)
        if known is not None and known.operator is operator:
            numbers = all(not isinstance(x, Tensor) for x in operands[1:])
            same = known.saved == recording.collect_saved(
                operator.plan(rest[0])[0], operands, rest[1]
            )
            if numbers and same and known.params == params:
                return known
        return original(operator, operands, params, *rest)

    swap(recording, "make_node", once)


@plant(kills={"rec-010": "no error"}, modelled_on="common in teaching engines: micrograd's habit")
def vector_root_takes_ones(swap: Swap) -> None:
    """A root with several elements is given a cotangent of ones."""
    swap(cotangents, "default", lambda _root, shape, dtype: Tensor(np.ones(shape, dtype)))


@plant(
    kills={"rec-008": "value", "rec-010a": "value", "rec-022a": "value"},
    modelled_on="pytorch/pytorch#4355",
)
def given_cotangent_ignored(swap: Swap) -> None:
    """A pass begins with ones, whatever cotangent was given."""
    original = cotangents.for_root

    def ones(root: Any, given: Any) -> Tensor | None:
        seed = original(root, given)
        return None if seed is None else Tensor(np.ones_like(seed._array))

    swap(cotangents, "for_root", ones)


# the chain rule


@plant(
    kills={"rec-026": "value", "rec-017": "value"},
    modelled_on="pytorch/pytorch#4355",
)
def chain_rule_without_product(swap: Swap) -> None:
    """An operation hands on its own derivative, not the product with the gradient it received."""
    original = BackwardPass.differentiate

    def own(self: BackwardPass, made: Node, cotangent: Any, status: int) -> None:
        received = cotangent._array if isinstance(cotangent, Tensor) else cotangent
        if isinstance(cotangent, np.ndarray | np.generic):
            cotangent, status = np.ones_like(received), accumulation.SHARED
        original(self, made, cotangent, status)

    swap(BackwardPass, "differentiate", own)


@plant(kills={"rec-017": "value"}, modelled_on="common in teaching engines")
def dot_operands_swapped(swap: Swap) -> None:
    """The two factors of a dot product receive each other's gradients."""
    rules = TABLE["dot"].vjps

    def counted(rule: Any) -> Any:
        def run(*arguments: Any) -> Any:
            swap.took_effect()
            return rule(*arguments)

        return run

    swap(TABLE["dot"], "vjps", tuple(map(counted, reversed(rules))))


@plant(
    kills={"rec-014": "value", "rec-015": "value"},
    modelled_on="sony/nnabla#532",
)
def operand_counted_once(swap: Swap) -> None:
    """A tensor that is both operands of an operation gets one edge."""
    original = recording.collect_edges

    def unique(operands: tuple[Any, ...], requires: tuple[bool, ...]) -> tuple[Edge, ...]:
        names = [id(x) for x in operands]
        first = (names.index(name) == place for place, name in enumerate(names))
        return original(operands, tuple(a and b for a, b in zip(requires, first, strict=True)))

    swap(recording, "collect_edges", unique)


@plant(
    kills={
        "rec-013": "value",
        "rec-013a": "value",
        "rec-013b": "value",
        "rec-015": "value",
        "rec-015a": "order",
    },
    modelled_on="apache/mxnet#9172",
)
def first_use_wins(swap: Swap) -> None:
    """Of the contributions to a gradient the first to arrive is kept, and the others are lost."""
    swap(accumulation, "add_contribution", lambda held, status, _part: (held, status))


@plant(kills={"rec-013a": "value"}, modelled_on="apache/mxnet#17989")
def uses_counted_to_eight(swap: Swap) -> None:
    """Of the contributions to the gradient of a leaf the first eight count."""
    original = BackwardPass.deliver
    arrived: dict[tuple[int, Node | None], int] = {}
    room = 8

    def limited(self: BackwardPass, edge: Edge, part: Any, status: int) -> None:
        key = (id(self), edge[0])
        arrived[key] = arrived.get(key, 0) + isinstance(edge[0], AccumulateGrad)
        original(self, edge, part if arrived[key] <= room else None, status)

    swap(BackwardPass, "deliver", limited)


@plant(
    kills={"rec-015": "value", "rec-015a": "order"},
    modelled_on="TrenTorch/TrenTorch#182",
)
def later_branches_dropped(swap: Swap) -> None:
    """An intermediate hands on what the first branch sent it, and what comes later is lost."""
    original = BackwardPass.deliver
    place = itertools.count(-(1 << 63), -1)

    def at_once(self: BackwardPass, edge: Edge, part: Any, status: int) -> None:
        target: Any = edge[0]
        arrivals = self.waiting.get(target)
        if arrivals is not None:
            original(self, edge, part, status)
            if arrivals[backward.MISSING] > 0 and not isinstance(target, AccumulateGrad):
                arrivals[backward.MISSING] = 0
                heapq.heappush(self.ready, (next(place), target))

    swap(BackwardPass, "deliver", at_once)


@plant(kills={"rec-023": "missing gradient"}, modelled_on="karpathy/micrograd#91")
def deep_graph_cut(swap: Swap) -> None:
    """A pass goes through ten thousand operations, and is silent about those that lie deeper."""
    original = BackwardPass.differentiate
    went: list[BackwardPass] = []

    def shallow(self: BackwardPass, *arguments: Any) -> None:
        if went and went[-1] is not self:
            went.clear()
        went.append(self)
        if len(went) <= 10_000:  # noqa: PLR2004 - as many frames as fit on the stack
            original(self, *arguments)

    swap(BackwardPass, "differentiate", shallow)
