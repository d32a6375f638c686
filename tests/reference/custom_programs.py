"""Random programs with custom functions, packed values and checkpoints, in both libraries.

A program of `custom_grammar` is performed line by line; after each line all that can be seen is
compared: every tensor that has a name, what functions of the caller's were called with, and the
class of what was raised.  Start at `difference`.  As a script: `custom_programs.py COUNT [FIRST]`.

Where the two are not compared any further, the program ends for one of the reasons in `REASONS`;
how many did is counted, and printed.
"""

from __future__ import annotations

import contextlib
import re
import signal
import sys
import warnings
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
import torch.utils.checkpoint
from custom_grammar import Line, drawn
from lockstep import KINDS, Raised

import gradspec_reference as engine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

RECENT = 8  # tensors that a line may use
LARGE = 1e3
SECONDS = 20  # of computing, for one program
DEPTH = 30  # of backward passes within backward passes
CLOSE = {"float64": 1e-9, "float32": 1e-4}

HEAD = """
import contextlib
checkpoint = torch.utils.checkpoint.checkpoint
checkpoint_sequential = torch.utils.checkpoint.checkpoint_sequential
chosen = torch.utils.checkpoint.create_selective_checkpoint_contexts
saved_tensors_hooks = torch.autograd.graph.saved_tensors_hooks
log, asked, numbers, draws, within, outside = [], [], [0], [], [], []

def described(x):
    if isinstance(x, torch.Tensor):
        return (str(x.dtype)[6:], tuple(x.shape), x.requires_grad, x.tolist())
    if isinstance(x, (list, tuple)):
        return [described(each) for each in x]
    if isinstance(x, (str, int, float, type(None))):
        return x
    return "its own" if "checkpoint" in type(x).__module__ else type(x).__name__

def note(what, *seen):
    log.append((what, torch.is_grad_enabled(), described(seen)))

def fail(error):
    note("fail")
    raise error("as the caller wants")

def number():
    numbers[0] += 1
    return numbers[0]

def drawn():
    within.append("dropout")
    found = tuple(torch.nn.functional.dropout(torch.ones(64)).tolist())
    within.pop()
    if found not in draws:
        draws.append(found)
    return (draws.index(found) + 1) / 4

def times(g, x):
    return g if g is None or x is None else g * x

def at(saved, place):
    return saved[place % len(saved)] if saved else None

def two(output):
    several = isinstance(output, (tuple, list)) and len(output) > 1
    return tuple(output[:2]) if several else (output, output)

def marked(first, *written):
    if any(x is not first and isinstance(x, torch.Tensor) and x._is_view() for x in written):
        outside.append(
            "a view that is not the first argument is written: "
            "torch sends the first's gradient to its base"
        )
    return written

def queried(x):
    with torch.enable_grad():
        leaf = x.detach().requires_grad_()
        return torch.autograd.grad((leaf * leaf).sum(), leaf)[0]

def hooked(node):  # in torch it also sees what backward made for an argument without an edge
    ends = [end is not None for end, _ in node.next_functions]
    node.register_hook(
        lambda made, given: note("node", *[g for g, end in zip(made, ends) if end], *given)
    )

@contextlib.contextmanager
def block(name):
    note("in " + name)
    yield
    note("out " + name)

def policy(context, op, *operands, **named):
    name = str(op).split(".")[1].rstrip("_")
    # in torch, views, and what draws random numbers, are operations too
    if name in {"sin", "exp", "tanh", "mul", "sum"} and not within:
        asked.append((context.is_recompute, name))
    policies = torch.utils.checkpoint.CheckpointPolicy
    return policies.MUST_SAVE if "sin" in name else policies.PREFER_RECOMPUTE
"""

# why a program ends: what torch says, or what is seen there
REASONS: dict[str, str] = {
    "an assertion inside torch": "INTERNAL ASSERT",
    "torch refuses a hook on a view that was written, but not the next": (
        r"another view of its base.*\.register_hook"
    ),
}
PACKED_EARLY = "torch packs operands before it notices that they do not fit together"
ENDLESS = "torch runs a checkpointed function again in its own backward pass, and so for ever"
LARGE_NUMBERS = "numbers beyond 1e3, where rounding shows"


class Outside(Exception):
    """A program came to where the two are not compared, for a reason."""


class TooLong(Exception):
    """A program did not end."""


@dataclass(frozen=True)
class Difference:
    """Lines, the last of which the libraries do not agree on, and what they say."""

    lines: list[str]
    said: str

    def __str__(self) -> str:
        return "\n".join(["", *self.lines, "", self.said])


class Pair:
    """Both libraries in the midst of a program."""

    def __init__(self) -> None:
        self.names: list[dict[str, Any]] = [{"torch": x} for x in (torch, engine)]
        for names in self.names:
            exec(HEAD, names)
        self.tensors: list[str] = []
        self.defined: dict[str, list[str]] = {"F": [], "f": []}
        self.count = 0
        self.lines: list[str] = []

    def line_of(self, line: Line) -> str | None:
        """Fill the blanks; None if there is nothing to fill one."""
        picks = iter(line.picks * 9)
        self.count += 1

        def blank(found: re.Match[str]) -> str:
            what = found[1]
            if what == "t":
                return f"t{self.count}"
            if what.endswith("!"):
                return f"{what[0]}{self.count}"
            known = self.defined.get(what, self.tensors[: -RECENT - 1 : -1])
            return known[next(picks) % len(known)] if known else "none"

        text = re.sub(r"\{([abFft]!?)\}", blank, line.form)
        return None if "none." in text or "none(" in text or "(none" in text else text

    def do(self, line: str) -> str | None:
        """Run a line in both, and say what differs then."""
        self.lines.append(line)
        expected, found = [refusal(line, names) for names in self.names]
        if self.names[0]["outside"]:
            raise Outside(self.names[0]["outside"][0])
        if expected and found and self.is_packed_early(expected):
            raise Outside(PACKED_EARLY)
        if found != expected:
            return f"torch: {expected or 'done'}, found: {found or 'done'}"
        made = re.match(r"(?:with .*: )?(t\d+) = |(?:class|def) (\w+)", line)
        if made and expected is None:
            self.take(made[1], made[2])
        return self.compared()

    def is_packed_early(self, refused: str) -> bool:
        """Tell whether torch packed operands that were refused then, or asked no policy about."""
        expected, found = [names["log"] for names in self.names]
        if "pack hook is modifying its input" in self.names[0].get("said", ""):
            return "pack hook" not in self.names[1]["said"]
        surplus = expected[len(found) :]
        if "asked" in self.names[0] and refused == "ValueError":
            surplus = [("pack",)] * (len(self.names[1]["asked"]) - len(self.names[0]["asked"]))
        return bool(surplus) and {what for what, *_ in surplus} <= {"pack", "fail"}

    def take(self, value: str | None, function: str | None) -> None:
        """Let further lines use what this one made."""
        if function:
            self.defined[function[0]].append(function)
            return
        assert value is not None
        made, found = [names[value] for names in self.names]
        self.tensors += [
            value + place for place, part in parts(made) if isinstance(part, torch.Tensor)
        ]
        del made, found

    def compared(self) -> str | None:
        """Compare all that can be seen of the tensors, and what was noted."""
        for kind in ("log", "asked"):
            expected, found = [names[kind] for names in self.names]
            place = unlike(expected, found)
            if place is None:
                continue
            return f"{kind}: torch: {expected[place:][:3]}, found: {found[place:][:3]}"
        for name in self.tensors:
            seen = [looked_at(eval(name, each), each["torch"]) for each in self.names]  # noqa: S307
            for what, wanted in seen[0].items():
                if not alike(wanted, seen[1][what]):
                    return f"{name}.{what}: torch: {wanted}, found: {seen[1][what]}"
        return None


def parts(made: Any) -> Iterator[tuple[str, Any]]:
    """Yield the parts of a value, and how they are read."""
    if isinstance(made, tuple | list):
        for number, each in enumerate(made):
            yield f"[{number}]", each
    else:
        yield "", made


def refusal(line: str, names: dict[str, Any]) -> str | None:
    """Run a line; return the builtin class of what it raises."""
    try:
        exec(line, names)
    except (NameError, SyntaxError):
        return "NameError"  # of a program that is being shortened
    except TooLong:
        raise
    except AssertionError as error:
        raise Outside("an assertion inside torch") from error
    except KINDS as error:
        names["said"] = str(error)
        for reason, pattern in REASONS.items():
            if names["torch"] is torch and re.search(pattern, f"{error} {line}", re.DOTALL):
                raise Outside(reason) from error
        return Raised(error)
    return None


SEEN: dict[str, Callable[[Any], Any]] = {
    "value": lambda x: values(x),  # noqa: PLW0108 - which is defined below
    "dtype": lambda x: str(x.dtype)[6:],
    "shape": lambda x: tuple(x.shape),
    "requires_grad": lambda x: x.requires_grad,
    "is_leaf": lambda x: x.is_leaf,
    "retains_grad": lambda x: x.retains_grad,
    "grad_fn": lambda x: x.grad_fn and x.grad_fn.name(),
    "output_nr": lambda x: x.output_nr,
    "version": lambda x: x._version,
    "is_view": lambda x: x._is_view(),
    "grad": lambda x: None if x.grad is None else values(x.grad),
    "grad's requires_grad": lambda x: x.grad is not None and x.grad.requires_grad,
}


def looked_at(value: Any, library: Any) -> dict[str, Any]:
    """Return what can be seen of a tensor, or its type."""
    if not isinstance(value, library.Tensor):
        return dict.fromkeys(SEEN, type(value).__name__)
    return {what: attempted(lambda read=read: read(value)) for what, read in SEEN.items()}


def attempted(read: Callable[[], Any]) -> Any:
    """Return what is read, or the class of the refusal."""
    try:
        return read()
    except RuntimeError as error:
        return Raised(error)


def values(tensor: Any) -> Any:
    """Return the numbers of a tensor; Outside if they are large."""
    array = np.asarray(tensor.tolist(), float).reshape(tuple(tensor.shape))
    if np.any(np.abs(array[np.isfinite(array)]) > LARGE):
        raise Outside(LARGE_NUMBERS)
    return (array, CLOSE.get(str(tensor.dtype)[6:], 0.0))


def alike(expected: Any, found: Any) -> bool:
    """Compare what was seen: numbers up to rounding."""
    if not (isinstance(expected, tuple) and expected and isinstance(expected[0], np.ndarray)):
        return bool(expected == found)
    if not isinstance(found, tuple) or expected[0].shape != found[0].shape:
        return False
    return np.allclose(expected[0], found[0], expected[1], LARGE * expected[1], equal_nan=True)


def unlike(expected: list[Any], found: list[Any]) -> int | None:
    """Return where two logs differ first."""
    for place, (one, other) in enumerate(zip(expected, found, strict=False)):
        if not same(one, other):
            return place
    return None if len(expected) == len(found) else min(len(expected), len(found))


def same(expected: Any, found: Any) -> bool:
    """Compare what was noted: numbers up to rounding."""
    if isinstance(expected, list | tuple):
        return (
            isinstance(found, list | tuple)
            and len(expected) == len(found)
            and all(map(same, expected, found))
        )
    if type(expected) is float and type(found) is float:
        return bool(np.isclose(expected, found, 1e-4, 1e-5, equal_nan=True))
    return type(expected) is type(found) and bool(expected == found)


ended: Counter[str] = Counter()
"""How many programs ended early, by reason."""


def difference(program: list[Line] | list[str]) -> Difference | None:
    """Run lines in both libraries up to the first difference."""
    pair = Pair()
    with warnings.catch_warnings(), bounded(pair):
        warnings.simplefilter("ignore")
        try:
            for each in program:
                line = pair.line_of(each) if isinstance(each, Line) else each
                said = line and pair.do(line)
                if said:
                    return Difference(pair.lines, said)
        except Outside as reason:
            ended[str(reason)] += 1
        except TooLong:
            return Difference(pair.lines, f"not done after {SECONDS} seconds")
    return None


@contextlib.contextmanager
def bounded(pair: Pair) -> Iterator[None]:
    """Raise TooLong in the block if it takes longer than a program may."""

    def late(*_: Any) -> None:
        raise TooLong(pair.lines[-1])

    before = signal.signal(signal.SIGVTALRM, late)
    signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
    again = torch.utils.checkpoint.CheckpointFunction
    sound, depth = again.backward, 0

    def not_too_deep(ctx: Any, *gradients: Any) -> Any:
        nonlocal depth
        if depth > DEPTH:
            raise Outside(ENDLESS)
        depth += 1
        try:
            return sound(ctx, *gradients)
        finally:
            depth -= 1

    again.backward = not_too_deep
    try:
        yield
    finally:
        again.backward = sound
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def shortened(found: Difference | None) -> Difference | None:
    """Leave out every line without which the libraries still differ; later lines first."""
    if found is None:
        return None
    for size in (None, 1, None):
        place = len(found.lines)
        while place > 0:
            place -= 1
            for lines in shorter(found.lines, place, size):
                less = difference(lines)
                if less is not None and kind(less) == kind(found):
                    found = less
                    break
    return found


def shorter(lines: list[str], place: int, size: int | None) -> Iterator[list[str]]:
    """Yield programs without a line, or with parts of it gone."""
    if place >= len(lines):
        return
    if size is None:
        yield [*lines[:place], *lines[place + 1 :]]
        return
    inner = lines[place].split("\n")
    while len(inner) > 1:
        for gone in range(len(inner) - 1, 0, -1):
            less = [*inner[:gone], *inner[gone + 1 :]]
            found = difference([*lines[:place], "\n".join(less), *lines[place + 1 :]])
            if found is not None:
                inner = less
                break
        else:
            break
    yield [*lines[:place], "\n".join(inner), *lines[place + 1 :]]


def kind(found: Difference) -> str:
    """Return what a difference is about, without names and numbers."""
    about = re.sub(r"^[^:]*\.", "", found.said.split("torch:")[0])
    return about or re.sub(r"\d+", "", found.said)


def main() -> None:
    """Print what differs, shortened, and why programs ended early; fail if anything differs."""
    torch.set_num_threads(1)
    count, first = int(sys.argv[1]), int((*sys.argv, 0)[2])
    ended.clear()
    differ: list[int] = []
    for number in range(first, first + count):
        found, early = difference(drawn(number)), ended.copy()
        if found is not None:
            differ.append(number)
            print(f"\n# program {number}{shortened(found)}", flush=True)
        ended.clear()
        ended.update(early)
    for reason, times in ended.items():
        print(f"{times:7} ended early: {reason}")
    print(f"{count} programs, {len(differ)} differ: {differ}")
    sys.exit(bool(differ))


if __name__ == "__main__":
    main()
