"""A vector-Jacobian product, derived in steps of the engine's own: written here, once.

On a tape the inputs become leaves, and the product is read off them after a backward pass, or
asked for by `grad` where it is to be differentiated again.  An engine of functions transforms the
function.  Products have functional semantics: what does not depend on an input has the derivative
zero by it.  The recorder performs the steps; whoever exports programs writes them out.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec.program.steps import Body, Function, Ref, Step, renumbered

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from collections.abc import Set as AbstractSet

AGAIN: Final = frozenset({"grad", "create_graph"})
"""What a tape must have for a product that is differentiated again."""


@dataclass(frozen=True, slots=True)
class Derivation:
    """The steps of a product, and where its value and the gradients are found in the end.

    `function` is the number under which the function to differentiate is known; on a tape, the step
    `body_of` calls it.
    """

    steps: list[Step]
    function: Ref
    output: Ref
    gradients: list[Ref]


def derivation(
    inputs: Sequence[Any], cotangent: Any, abilities: AbstractSet[str], first: int
) -> Derivation:
    """Derive a product; inputs are data, or `Ref` for tensors; numbers begin at `first`."""
    numbers = map(Ref, count(first))
    again = any(isinstance(i, Ref) for i in inputs)
    tape = "tape" in abilities and (not again or abilities >= AGAIN)
    if not tape and "transform:vjp" in abilities:
        return _of_a_function(inputs, cotangent, numbers)
    if again:
        return _asked_for(inputs, cotangent, abilities, numbers)
    return _read_off_leaves(inputs, cotangent, abilities, numbers)


def _read_off_leaves(
    inputs: Sequence[Any], cotangent: Any, abilities: AbstractSet[str], numbers: Iterator[Ref]
) -> Derivation:
    function, output = next(numbers), next(numbers)
    leaves = [next(numbers) for _ in inputs]
    steps = [Step("leaf", {"data": i}, leaf) for i, leaf in zip(inputs, leaves, strict=True)]
    steps.append(Step("body_of", {"function": function, "inputs": leaves}, output))
    steps += _backward(output, cotangent, abilities, numbers)
    gradients = []
    for leaf in leaves:
        read, gradient = next(numbers), next(numbers)
        steps.append(Step("get:grad", {"x": leaf}, read))
        steps.append(Step("or_zero", {"gradient": read, "like": leaf}, gradient))
        gradients.append(gradient)
    return Derivation(steps, function, output, gradients)


def _backward(
    output: Ref, cotangent: Any, abilities: AbstractSet[str], numbers: Iterator[Ref]
) -> Iterator[Step]:
    """Begin at the output with the cotangent: given if the engine takes one, else as a factor."""
    scalar = np.ndim(cotangent) == 0
    if scalar and cotangent == 1.0:
        yield _unless_constant(Step("backward", {"root": output}))
        return
    seed: Any = float(cotangent) if scalar else None
    if not scalar or "given_cotangent" in abilities:
        seed = next(numbers)
        yield Step("tensor", {"data": cotangent}, seed)
    if "given_cotangent" in abilities:
        yield _unless_constant(Step("backward", {"root": output, "gradient": seed}))
        return
    scaled = next(numbers)
    yield Step("op:mul", {"x": output, "other": seed}, scaled)
    if not scalar:
        total = next(numbers)
        yield Step("op:sum", {"x": scaled}, total)
        scaled = total
    yield _unless_constant(Step("backward", {"root": scaled}))


def _asked_for(
    inputs: Sequence[Any], cotangent: Any, abilities: AbstractSet[str], numbers: Iterator[Ref]
) -> Derivation:
    function, output, seed = next(numbers), next(numbers), next(numbers)
    points = [next(numbers) for _ in inputs]
    steps = [
        Step("tracked", {"x": i}, point) if isinstance(i, Ref) else Step("leaf", {"data": i}, point)
        for i, point in zip(inputs, points, strict=True)
    ]
    found = [next(numbers) for _ in inputs]
    asked = {"outputs": output, "inputs": points, "grad_outputs": seed, "create_graph": True}
    if "allow_unused" in abilities:
        asked["allow_unused"] = True
    steps += [
        Step("body_of", {"function": function, "inputs": points}, output),
        Step("tensor", {"data": cotangent}, seed),
        _unless_constant(Step("grad", asked, tuple(found))),
    ]
    gradients = [next(numbers) for _ in inputs]
    for one, point, gradient in zip(found, points, gradients, strict=True):
        steps.append(Step("or_zero", {"gradient": one, "like": point}, gradient))
    return Derivation(steps, function, output, gradients)


def _of_a_function(inputs: Sequence[Any], cotangent: Any, numbers: Iterator[Ref]) -> Derivation:
    function, body, product, output, pullback, seed = (next(numbers) for _ in range(6))
    points = [i if isinstance(i, Ref) else next(numbers) for i in inputs]
    gradients = [next(numbers) for _ in inputs]
    steps = [
        Step("tensor", {"data": i}, point)
        for i, point in zip(inputs, points, strict=True)
        if i is not point
    ]
    steps += [
        Step("define", {"body": function}, body),
        Step("transform:vjp", {"function": body}, product),
        Step("call", {"function": product, "arguments": points}, (output, pullback)),
        Step("tensor", {"data": cotangent}, seed),
        Step("call", {"function": pullback, "arguments": [seed]}, tuple(gradients)),
    ]
    return Derivation(steps, function, output, gradients)


def _unless_constant(step: Step) -> Step:
    """Let an output without history be: its derivative is zero."""
    return Step("attempt", {"kinds": ["root-without-grad"]}, steps=[step])


def written_out(step: Step, abilities: AbstractSet[str], first: int) -> list[Step]:
    """Write a recorded product as steps for an engine without one; new numbers begin at `first`."""
    found = derivation(step.given["inputs"], step.given.get("cotangent", 1.0), abilities, first)
    function: Function = step.given["function"]
    names: dict[int, int] = {}
    if step.makes is not None:  # else it was refused
        output, gradients = step.makes
        names = {found.output.number: output.number}
        names |= {g.number: made.number for g, made in zip(found.gradients, gradients, strict=True)}
    steps: list[Step] = []
    for one in renumbered(found.steps, names):
        if one.act == "body_of":
            steps += _inlined(function.bodies[0], one)
            if function.bodies[0].cut:
                break
        elif one.act == "define":
            steps.append(Step("define", {"body": function}, one.makes))
        else:
            steps.append(one)
    return steps


def _inlined(body: Body, call: Step) -> Iterator[Step]:
    """Write the body of a function where it is called."""
    names = {
        parameter.number: given.number
        for parameter, given in zip(body.arguments, call.given["inputs"], strict=True)
    }
    if body.returned is None:
        yield from renumbered(body.steps, names)
    elif body.returned.number in names:  # what it was given
        yield from renumbered(body.steps, names)
        yield Step("tracked", {"x": Ref(names[body.returned.number])}, call.makes)
    else:
        yield from renumbered(body.steps, {**names, body.returned.number: call.makes.number})
