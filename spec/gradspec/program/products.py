"""A vector-Jacobian product, derived in steps of the engine's own: written here, once.

On a tape the function is called at points of its own, one for each place of the inputs: leaves, or
copies that depend on the tensors that were given.  The product is read off the leaves after a
backward pass, or asked for by `grad` where it is to be differentiated again.  An engine of
functions transforms the function.  Products have functional semantics: a derivative is partial by
its place, what does not depend on an input has the derivative zero by it, and whether the engine
records around it makes no difference.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec.exceptions import BrokenPort, ProgramError, Refused
from gradspec.port.acts import ACTS
from gradspec.program.answers import arrived, made, pattern
from gradspec.program.blocks import mode
from gradspec.program.callbacks import interruption_of
from gradspec.program.folding import born_in, born_in_body
from gradspec.program.objects import Tensor
from gradspec.program.observed import unseen
from gradspec.program.passing import described
from gradspec.program.steps import Body, Function, Ref, Step, numbers
from gradspec.program.structure import mapped
from gradspec.program.uses import uses_in, uses_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gradspec.program.recording import Recording

AGAIN: Final = frozenset({"grad", "create_graph"})
"""What a tape must have for a product that is differentiated again."""

Product = tuple[Tensor, tuple[Tensor, ...]]


def product(
    recorder: Recording,
    function: Callable[..., Any],
    inputs: Sequence[Any],
    cotangent: Any = 1.0,
) -> Product:
    """Derive a vector-Jacobian product in steps of the engine's own; one step of the program."""
    words = set(ACTS["vjp"].words)
    words |= {"create_graph"} if any(isinstance(i, Tensor) for i in inputs) else set()
    words |= {"arrays"} if any(np.ndim(i) for i in (*inputs, cotangent)) else set()
    recorder.require(frozenset(words))
    record = Function(recorder.number(), "body")
    derived: list[Step] = []
    given = {"function": record, "inputs": [described(i) for i in inputs]}
    step = Step("vjp", given, derived=derived)
    if np.ndim(cotangent) or cotangent != 1.0:
        step.given["cotangent"] = described(cotangent)
    recorder.record(step)
    with recorder.frame(derived, aside=True):
        output, gradients = Derivation(recorder, function, record, inputs, cotangent).derived()
        result = (_renamed(recorder, output), tuple(_renamed(recorder, g) for g in gradients))
    step.makes = made(result)
    return result


def _renamed(recorder: Recording, tensor: Tensor) -> Tensor:
    """Give a tensor that was made aside a number in the program."""
    renamed = Tensor(recorder, tensor._handle, recorder.number())
    if getattr(tensor, "absent", False):
        object.__setattr__(renamed, "absent", True)
    recorder.record(Step("same", {"x": [described(tensor)]}, (described(renamed),)))
    return renamed


@dataclass(slots=True)
class Derivation:
    """One product: the function, what it is called with, and the `record` of what it did."""

    recorder: Recording
    function: Callable[..., Any]
    record: Function
    inputs: Sequence[Any]
    cotangent: Any
    again: bool = False
    """Whether a derivative by something outside may be asked for."""

    def derived(self) -> Product:
        """Give the value, and the gradient by each input."""
        self.again = any(isinstance(i, Tensor) for i in self.inputs)
        if not self._is_for_a_tape():
            return self._of_a_function()
        if self._is_recording():
            return self._on_a_tape()
        with mode(self.recorder, "mode:enable_grad", (), {}):
            output, gradients = self._on_a_tape()
        return self._detached(output), tuple(map(self._detached, gradients))

    def _is_for_a_tape(self) -> bool:
        words = self.recorder.subject.abilities
        if "transform:vjp" not in words:
            return True
        return "tape" in words and (not self.again or words >= AGAIN) and not self._is_traced()

    def _is_traced(self) -> bool:
        """Say whether this is a part of a function that the engine runs without its values."""
        recorder = self.recorder
        try:
            for received in list(recorder.received):
                mapped(arrived(recorder, received), self._looked_at)
        except Refused:
            return True
        return False

    def _looked_at(self, thing: Any) -> Any:
        if isinstance(thing, Tensor):
            self.recorder.look(thing)
        return mapped(thing, self._looked_at)

    # the function -----------------------------------------------------------------------
    def _called(self, *inputs: Tensor) -> Tensor:
        """Call the function, and write down what it does."""
        recorder, record = self.recorder, self.record
        given = [Tensor(recorder, one._handle, recorder.number()) for one in inputs]
        body = Body(tuple(map(pattern, given)), cut=True)
        same = {"x": [described(one) for one in inputs]}
        recorder.record(Step("same", same, body.arguments, steps=body.steps))
        record.turns.append(len(record.bodies))
        record.bodies.append(body)
        with recorder.frame(body.steps, aside=False):
            try:
                found = self.function(*given)
            except ProgramError:
                raise
            except Exception as error:
                body.raised, body.cut = type(error).__name__, False
                raise
            except BaseException as interruption:
                body.raised, body.cut = interruption_of(interruption), False
                raise
            returned = self._as_tensor(found)
            body.returned, body.cut = described(returned), False
            if not self.again and not _is_closed(body, recorder):
                self.again = True
                recorder.require(frozenset({"create_graph"}))
        return returned

    def _as_tensor(self, returned: Any) -> Tensor:
        if isinstance(returned, Tensor):
            return returned
        value = unseen(returned)
        array = np.array(None if list(numbers(described(value))) else value)
        if array.dtype.kind not in "biufc":
            message = (
                f"the function of a product gave {returned!r}, expected one tensor or a number: "
                "take the product of each result by itself"
            )
            raise TypeError(message)
        if array.dtype.kind in "biu":  # a number, of whatever type the engine works in
            array = array.astype(np.float64)
        return self.recorder.tensor(array, dtype=None, leaf=False)

    # a tape -----------------------------------------------------------------------------
    def _on_a_tape(self) -> Product:
        points = [self._point(i) for i in self.inputs]
        output = self._called_here(points)
        way = self._asked_for if self.again else self._read_off_leaves
        return output, tuple(map(self._or_zero, way(output, points), points))

    def _called_here(self, points: Sequence[Tensor]) -> Tensor:
        """Call the function; what it raises by itself comes out as it would of an engine's act."""
        recorder = self.recorder
        try:
            return self._called(*points)
        except ProgramError:
            raise
        except BaseException as error:
            raised = self.record.bodies[-1].raised
            if raised:
                recorder.record(Step("raise", {"error": raised}))
            if not (raised and isinstance(error, Exception)):
                raise
            if recorder.running:
                recorder.raised_by_the_caller(error)
            raise Refused("vjp", "callback", error) from error

    def _point(self, given: Any) -> Tensor:
        """Give a point of the function's own; a constant becomes a leaf of its values."""
        recorder = self.recorder
        if not isinstance(given, Tensor):
            return recorder.tensor(given, dtype=None, leaf=True)
        if self._is_constant(given):
            values = recorder.look(given)
            return recorder.tensor(values, dtype=self._named(values), leaf=True)
        if "op:clone" in recorder.subject.abilities:
            copy: Tensor = recorder.perform("op:clone", given)
        else:
            copy = recorder.perform("op:mul", given, 1.0)
        return copy

    def _is_constant(self, tensor: Tensor) -> bool:
        if "get:requires_grad" not in self.recorder.subject.abilities:
            return False
        with self.recorder.frame([]):
            return not self.recorder.perform("get:requires_grad", tensor)

    def _is_recording(self) -> bool:
        if not self.recorder.subject.abilities >= {"is_grad_enabled", "mode:enable_grad"}:
            return True
        with self.recorder.frame([]):
            return bool(self.recorder.perform("is_grad_enabled"))

    def _detached(self, tensor: Tensor) -> Tensor:
        """Give what was recorded inside as it is where nothing is recorded."""
        has_history = self.recorder.subject.abilities >= {"op:detach", "gradient_tensors"}
        if not has_history or getattr(tensor, "absent", False):
            return tensor
        detached: Tensor = self.recorder.perform("op:detach", tensor)
        return detached

    def _read_off_leaves(self, output: Tensor, leaves: Sequence[Tensor]) -> Sequence[Any]:
        self._unless_constant(lambda: self._backward(output))
        return [leaf.grad for leaf in leaves]

    def _backward(self, output: Tensor) -> None:
        """Begin at the output with the cotangent: given if the engine takes one, or as a factor.

        A complex cotangent is no factor: it stands for a real loss, and where to begin with its
        conjugate is for the engine to say.
        """
        recorder, cotangent = self.recorder, self.cotangent
        scalar = np.ndim(cotangent) == 0
        if scalar and cotangent == 1.0:
            recorder.perform("backward", output)
        elif "given_cotangent" in recorder.subject.abilities or np.iscomplexobj(cotangent):
            recorder.perform("backward", output, self._seed())
        elif scalar:
            recorder.perform("backward", output * np.asarray(cotangent).item())
        else:
            recorder.perform("backward", (output * self._seed()).sum())

    def _asked_for(self, output: Tensor, points: Sequence[Tensor]) -> Sequence[Any]:
        asked: dict[str, Any] = {"create_graph": True}
        if "allow_unused" in self.recorder.subject.abilities:
            asked["allow_unused"] = True

        def ask() -> Any:
            if np.ndim(self.cotangent) or self.cotangent != 1.0:
                asked["grad_outputs"] = self._seed()
            return self.recorder.perform("grad", output, list(points), **asked)

        found: Sequence[Any] | None = self._unless_constant(ask)
        return [None] * len(points) if found is None else found

    def _seed(self) -> Tensor:
        dtype = getattr(self.cotangent, "dtype", None)
        named = dtype.name if isinstance(dtype, np.dtype) and dtype != np.float64 else None
        return self.recorder.tensor(self.cotangent, dtype=named, leaf=False)

    def _unless_constant(self, begin: Callable[[], Any]) -> Any:
        """Begin at the output; None if it has no history, and so the derivative zero."""
        steps: list[Step] = []
        try:
            with self.recorder.frame(steps):
                return begin()
        except Refused as refused:
            if refused.kind != "root-without-grad":
                raise
            steps.clear()
            return None
        finally:
            for step in steps:
                self.recorder.record(step)

    def _or_zero(self, gradient: Any, like: Tensor) -> Tensor:
        """Give the gradient, or zeros of its point's shape and data type where there is none."""
        if isinstance(gradient, Tensor):
            return gradient
        recorder, values = self.recorder, self.recorder.look(like)
        zeros = recorder.tensor(np.zeros(values.shape), dtype=self._named(values), leaf=False)
        if gradient is not None:
            given = {"gradient": described(gradient), "zeros": described(zeros)}
            zeros = Tensor(recorder, zeros._handle, recorder.number())
            recorder.record(Step("or_zero", given, described(zeros)))
        object.__setattr__(zeros, "absent", True)
        return zeros

    def _named(self, values: np.ndarray[Any, Any]) -> str | None:
        return None if values.dtype == self.recorder.dtype else values.dtype.name

    # an engine of functions ---------------------------------------------------------------
    def _of_a_function(self) -> Product:
        recorder = self.recorder
        points = [
            i if isinstance(i, Tensor) else recorder.tensor(i, dtype=None, leaf=False)
            for i in self.inputs
        ]
        product = recorder.perform("transform:vjp", recorder.perform("define", body=self._called))
        output, pullback = product(*points)
        found = pullback(self._seed())
        whole = isinstance(found, list | tuple) and len(found) == len(points)
        if not (whole and all(isinstance(one, Tensor) for one in (output, *found))):
            message = f"a product gave {output!r} and {found!r}, expected {len(points)} gradients"
            raise BrokenPort(message)
        return output, tuple(found)


def _is_closed(body: Body, recorder: Recording) -> bool:
    """Say whether a function uses nothing from outside that may have a history."""
    outside = set(uses_in(body)) - set(born_in_body(body))
    return not outside or outside <= _constants(recorder)


def _constants(recorder: Recording) -> set[int]:
    """Give what has no history, as far as the program says so."""
    found: set[int] = set()
    for step in (step for block in recorder.blocks for step in block):
        makes, computed = step.makes, ACTS[step.act].family == "op" or step.act == "vjp"
        is_no_tensor = isinstance(makes, Ref) and makes.kind != "tensor"
        if (
            is_no_tensor
            or step.act in ("tensor", "op:detach")
            or (computed and set(uses_of([step])) - set(born_in([step])) <= found)
        ):
            found |= set(numbers(makes))
    return found
