"""The node of an operation: its edges and what it saves; start at `make_node`.

`link_one` and `link_two` do the same for the commonest operations, without loops.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from gradspec_reference.engine import node as graph
from gradspec_reference.engine.node import next_order, noting
from gradspec_reference.engine.plans import make_plan, plan
from gradspec_reference.engine.saved import SavedTensor, save_result
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.operators.row import NOT_IMPLEMENTED

if TYPE_CHECKING:
    from gradspec_reference.engine.plans import Plan
    from gradspec_reference.operators import Operator

PAIR = 2
ALONE = (True,)
new = object.__new__


def needs_grad(operand: Any) -> bool:
    """Tell whether one operand makes the result require grad."""
    if not isinstance(operand, Tensor):
        return False
    return (
        operand._grad_fn is not None
        or operand._requires_grad
        or (operand._view is not None and operand.requires_grad)
    )


def should_record(requires: tuple[bool, ...]) -> bool:
    """Tell whether a result requires grad: if any operand does."""
    return True in requires


def reach_a_rule(operator: Operator, requires: tuple[bool, ...]) -> bool:
    """Tell whether an operand that requires grad has a rule; masks and indices have none."""
    ruled = operator.ruled
    return should_record(requires if ruled is None else tuple([requires[p] for p in ruled]))


def make_node(
    operator: Operator,
    operands: tuple[Any, ...],
    params: tuple[Any, ...],
    requires: tuple[bool, ...],
    result: Tensor,
) -> graph.Node:
    """Make the node of an operation with one result."""
    edges = collect_edges(operands, requires)
    how: Plan = operator.derived.get(requires) or plan(operator, requires)
    if edges.count(graph.NO_EDGE) > requires.count(False):  # not for constants alone
        how = plan_of_those(operator, how, tuple([edge[0] is not None for edge in edges]))
    array = result._array
    return how.node(
        differentiated(operator, edges),
        collect_saved(how, operands, result),
        params,
        ((array.shape, array.dtype),),
        how.freeable,
    )


def plan_of_those(operator: Operator, how: Plan, ends: tuple[bool, ...]) -> Plan:
    """Return the plan for operands of which these lead anywhere.

    A view of a leaf that was made in no_grad requires grad, and has no end.  As in torch, that is
    asked of what the rule of one operand needs; what several need, or the only one, is saved.
    """
    if len(operator.receivers) == 1:
        return how
    made: Plan | None = operator.derived.get(("ends", ends))
    if made is None:
        made = operator.derived["ends", ends] = make_plan(operator, ends, shared_needs(operator))
    return made


def shared_needs(operator: Operator) -> set[str]:
    """Return what the rules of several operands need."""
    needs = Counter(need for name in operator.receivers for need in operator.needs_of(name))
    return {need for need, count in needs.items() if count > 1}


def link_one(operator: Operator, a: Tensor, params: tuple[Any, ...], result: Tensor) -> None:
    """Give the result of an operation on one operand, which requires grad, its node."""
    how: Plan = operator.derived.get(ALONE) or plan(operator, ALONE)
    result._grad_fn = node = new(how.node)
    target = a._grad_fn
    node.targets = (end_of(a) if target is None or a._view is not None else target,)
    node.numbers = (a._output_nr,) if a._output_nr else None
    only = how.only
    if only == "nothing":
        node.saved = ()
    elif only == "shape":
        node.saved = (a._array.shape,)
    elif only == "operand":
        node.saved = (a if a._counter is None else keep(a),)
    else:
        node.saved = collect_saved(how, (a,), result)
    node.params = params
    array = result._array
    node.shape = array.shape
    node.dtype = array.dtype
    node.freeable = how.freeable
    node.order = next_order()
    node.hooks = node.retained = None
    if noting:
        for note in tuple(noting):
            note(node)


def link_two(
    operator: Operator,
    a: Tensor,
    b: Any,
    params: tuple[Any, ...],
    of_a: bool,
    of_b: bool,
    result: Tensor,
) -> None:
    """Give the result of an operation on two operands, the second maybe a number, its node."""
    requires = (of_a, of_b)
    how: Plan = operator.derived.get(requires) or plan(operator, requires)
    first = second = numbers = None
    if of_a:
        first = a._grad_fn
        if first is None or a._view is not None:
            first = end_of(a)
            if first is None:
                of_a, how = False, plan_of_those(operator, how, (False, of_b))
    if of_b:
        second = b._grad_fn
        if second is None or b._view is not None:
            second = end_of(b)
            if second is None:
                of_b, how = False, plan_of_those(operator, how, (of_a, False))
    result._grad_fn = node = new(how.node)
    if (of_a and a._output_nr) or (of_b and b._output_nr):
        numbers = (a._output_nr if of_a else 0, b._output_nr if of_b else 0)
    node.targets = (first, second)
    node.numbers = numbers
    if how.crossed:
        node.saved = (
            (b if not isinstance(b, Tensor) or b._counter is None else keep(b)) if of_a else None,
            (a if a._counter is None else keep(a)) if of_b else None,
        )
    else:
        node.saved = collect_saved(how, (a, b), result) if how.sources else ()
    node.params = params
    array = result._array
    node.shape = array.shape
    node.dtype = array.dtype
    node.freeable = how.freeable
    node.order = next_order()
    node.hooks = node.retained = None
    if noting:
        for note in tuple(noting):
            note(node)


def end_of(operand: Tensor) -> graph.Node | None:
    """Return the node to which the gradient of an operand that requires grad is sent."""
    node = operand._grad_fn if operand._view is None else operand.grad_fn
    if node is None and operand._requires_grad:
        return graph.accumulator(operand)
    return node


def collect_edges(operands: tuple[Any, ...], requires: tuple[bool, ...]) -> tuple[graph.Edge, ...]:
    """Return one edge per operand, in their order; none where no gradient is wanted."""
    edge, none = graph.gradient_edge, graph.NO_EDGE
    if len(operands) == PAIR:  # the commonest case, without a loop
        (a, b), (of_a, of_b) = operands, requires
        return (edge(a) if of_a else none, edge(b) if of_b else none)
    return tuple(
        [edge(x) if wanted else none for x, wanted in zip(operands, requires, strict=True)]
    )


def collect_saved(
    how: Plan, operands: tuple[Any, ...], result: Tensor | tuple[Tensor, ...] | None
) -> tuple[Any, ...]:
    """Return what the rules need: operands, their shapes, or what there is yet of results."""
    saved: list[Any] = []
    for kind, index in how.sources:
        if kind == "operand":
            saved.append(keep(operands[index]))
        elif kind == "result":
            saved.append(keep_result(result))
        elif kind == "shape":
            saved.append(operands[index]._array.shape)
        elif kind == "rest":
            saved.append([SavedTensor(x) for x in operands[index:]])
        else:
            saved.append(None)
    return tuple(saved)


def keep(operand: Any) -> Any:
    """Return what a node keeps of an operand: the tensor itself, as long as nobody wrote it."""
    if not isinstance(operand, Tensor) or operand._counter is None:
        return operand
    return SavedTensor(operand)


def keep_result(result: Tensor | tuple[Tensor, ...] | None) -> Any:
    """Return what a node keeps of its result, or of each of several."""
    if isinstance(result, tuple):
        return [save_result(each, number) for number, each in enumerate(result)]
    return None if result is None else save_result(result)


def differentiated(operator: Operator, edges: tuple[graph.Edge, ...]) -> tuple[graph.Edge, ...]:
    """Leave out the edges of operands without a rule: indices, masks, conditions.

    A node that only refuses has, as in torch, no edge for a constant either.
    """
    if operator.ruled is None:
        return edges
    kept = tuple([edges[p] for p in operator.ruled])
    return kept if operator.node != NOT_IMPLEMENTED else tuple(e for e in kept if e[0])
