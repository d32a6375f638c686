"""Engines that are wrong on purpose, each in one way and otherwise the toy engine.

The clause `acc-001` adds the gradients of two passes; all of these go wrong there, or before.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from toy_engine import Number, Refusal, ToyEngine

from gradspec.judging.comparison import COMPARISONS
from gradspec.program.recorder import Recorder

__all__ = ["ToyEngine"]


class Overwrites(ToyEngine):
    """Claims to add to the gradient of a leaf, and replaces it."""

    def backward(self, root: Any, gradient: Any = None, **options: Any) -> None:
        """Forget what was there."""
        reached = {root: None}
        waiting = [root]
        while waiting:
            number = waiting.pop()
            number.grad = None
            parents = [parent for parent, _ in number.parents if parent not in reached]
            reached |= dict.fromkeys(parents)
            waiting += parents
        super().backward(root, gradient, **options)


class DoesNothing(ToyEngine):
    """Claims to run backward, and does nothing."""

    def backward(self, *_arguments: Any, **_options: Any) -> None:
        """Do nothing."""


class DeclaresValuesOnly(ToyEngine):
    """Sound, and declares next to nothing, so that no clause can be asked of it."""

    capabilities = frozenset({"values", "dtype:float64"})


class KeepsWhatIsDeleted(ToyEngine):
    """Ignores the deletion of a gradient, which torch happens to take for a clearing."""

    def delete(self, *_arguments: Any) -> None:
        """Do nothing."""


class Crashes(ToyEngine):
    """Reads from the address 0 in its backward pass."""

    def backward(self, *_arguments: Any, **_options: Any) -> None:
        """Take the process along."""
        sys.stderr.write("about to read from nowhere\n")
        ctypes.string_at(0)


class CrashesLater(ToyEngine):
    """Survives as many backward passes as an early clause makes, and then kills its process."""

    passes = 0

    def backward(self, *arguments: Any, **options: Any) -> None:
        """Count, and die."""
        super().backward(*arguments, **options)
        CrashesLater.passes += 1
        if CrashesLater.passes > 2:
            os.abort()


class KeepsOneGraph(ToyEngine):
    """Has one graph for all programs, which is emptied after a pass that came to its end."""

    graph: ClassVar[list[Number]] = []

    def apply(self, operator: str, arguments: Any) -> Any:
        """Put the result into the graph."""
        result = super().apply(operator, arguments)
        if result.parents:
            self.graph.append(result)
        return result

    def backward(self, root: Any, gradient: Any = None, **_options: Any) -> None:
        """Go through all of the graph, as if all of it led to the root."""
        if not root.requires_grad:
            raise Refusal("root-without-grad")
        flowing = {root: 1.0}
        for number in reversed(self.graph):
            cotangent = flowing.pop(number)
            for parent, slope in number.parents:
                flowing[parent] = flowing.get(parent, 0.0) + cotangent * slope
        for leaf, cotangent in flowing.items():
            leaf.grad = Number((leaf.grad.value if leaf.grad else 0.0) + cotangent)
        self.graph.clear()


class HasAThread(ToyEngine):
    """Begins a thread while it is loaded, and is sound."""

    def __init__(self) -> None:
        threading.Thread(target=time.sleep, args=(3600,), daemon=True).start()


class HasAProcess(ToyEngine):
    """Begins a process while it is loaded, and is sound."""

    def __init__(self) -> None:
        self.other = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)


class LeavesAtOnce(ToyEngine):
    """Ends its process in its backward pass, with a status that looks like success."""

    def backward(self, *_arguments: Any, **_options: Any) -> None:
        """Leave without a word."""
        os._exit(0)


class Exits(ToyEngine):
    """Calls sys.exit in its backward pass."""

    def backward(self, *_arguments: Any, **_options: Any) -> None:
        """Ask the interpreter to end."""
        sys.exit("enough")


class Hangs(ToyEngine):
    """Never comes back from its backward pass; a file `hanging` says that it is there."""

    def backward(self, *_arguments: Any, **_options: Any) -> None:
        """Sleep."""
        Path("hanging").touch()
        time.sleep(3600)


class Prints(ToyEngine):
    """Writes what looks like an answer of the worker to every stream it can find, and is sound."""

    def apply(self, *arguments: Any, **keywords: Any) -> Any:
        """Talk."""
        print('{"id": "acc-001", "outcome": "passed"}', flush=True)
        os.write(1, b"{}\n")
        sys.__stdout__ and sys.__stdout__.write("[]\n")
        return super().apply(*arguments, **keywords)


class Reads(ToyEngine):
    """Reads its standard input, where the worker's tasks would be, and is sound."""

    def apply(self, *arguments: Any, **keywords: Any) -> Any:
        """Listen."""
        sys.stdin.read()
        os.read(0, 100)
        return super().apply(*arguments, **keywords)


class NeverBegins(ToyEngine):
    """Raises in its constructor."""

    def __init__(self) -> None:
        raise RuntimeError("no device found")


class DiesAtBirth(ToyEngine):
    """Ends its process in its constructor."""

    def __init__(self) -> None:
        os._exit(7)


class SleepsAtBirth(ToyEngine):
    """Hangs in its constructor."""

    def __init__(self) -> None:
        time.sleep(3600)


class LacksAMethod(ToyEngine):
    """Declares a tape and cannot run backward."""

    backward = None  # type: ignore[assignment]


class GivesNaN(ToyEngine):
    """Answers NaN for every gradient."""

    def get(self, tensor: Any, attribute: str) -> Any:
        """Answer what is no number."""
        return None if tensor.grad is None else Number(float("nan"))


class GivesAnotherShape(ToyEngine):
    """Answers an array of one number where a number was asked for."""

    def array(self, tensor: Any) -> Any:
        """Wrap it up."""
        return np.array([tensor.value])


class GivesAnotherType(ToyEngine):
    """Answers a list where an array was asked for."""

    def array(self, tensor: Any) -> Any:
        """Forget about arrays."""
        return [tensor.value]


class GivesAnotherObject(ToyEngine):
    """Answers a text where a gradient was asked for."""

    def get(self, tensor: Any, attribute: str) -> Any:
        """Name the gradient."""
        return None if tensor.grad is None else "the gradient"


class SpeaksNoUnicode(ToyEngine):
    """Raises an error whose text cannot be written down."""

    def backward(self, *_arguments: Any, **_options: Any) -> None:
        """Mumble."""
        raise ValueError("half a character: \ud800")


class GivesComplexNumbers(ToyEngine):
    """Answers what is right in its real part alone."""

    def array(self, tensor: Any) -> Any:
        """Add an imaginary part."""
        return np.array(complex(tensor.value, 5.0))


class GivesNothing(ToyEngine):
    """Answers None where an operator should make a tensor."""

    def apply(self, *_arguments: Any) -> None:
        """Do nothing."""


class ReplacesTheJudge(Overwrites):
    """Takes the demands out of the kit in its backward pass."""

    def backward(self, *arguments: Any, **options: Any) -> None:
        """Let everything be as demanded."""
        Recorder.expect = lambda *_: None  # type: ignore[method-assign]
        super().backward(*arguments, **options)


class ReplacesTheComparisons(ToyEngine):
    """Takes the comparisons out of the kit while it is loaded."""

    def __init__(self) -> None:
        COMPARISONS["equals"] = lambda *_: None


class Forks(ToyEngine):
    """Has two processes come back from its first backward pass."""

    has_forked = False

    def backward(self, *arguments: Any, **options: Any) -> None:
        """Be two."""
        if not Forks.has_forked:
            Forks.has_forked = True
            os.fork()
        super().backward(*arguments, **options)
