"""Programs of strangers: what they print is the same with another import.

They are text, as a stranger writes them, in `programs/`.  Numbers are compared to five digits, for
sums are rounded otherwise; of errors the builtin class counts, not the words.
"""

from __future__ import annotations

import collections
import contextlib
import copy
import importlib
import io
import math
import re
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

PROGRAMS = Path(__file__).parent / "programs"
ADDRESS = re.compile(r"0x[0-9a-f]+")
NUMBER = re.compile(r"-?\d+\.\d*(?:e[-+]?\d+)?")
ROOM = 3e-5


def programs() -> Iterator[Any]:
    """Give the programs of all files, each under its name."""
    for file in sorted(PROGRAMS.glob("*.txt")):
        _, *parts = file.read_text("utf-8").split("\n## ")
        for part in parts:
            name, _, program = part.partition("\n")
            yield pytest.param(program, id=f"{file.stem}-{name}")


def filled(torch: Any, module: Any, step: float = 0.7) -> Any:
    """Give the parameters of a module numbers that are the same in both libraries."""
    begin = 0
    with torch.no_grad():
        for each in module.parameters():
            count = each.numel()
            places = torch.arange(begin, begin + count).to(each.dtype)
            each.copy_(((places * step).sin() * 0.5).reshape(each.shape))
            begin += count
    return module


def show(torch: Any, *values: Any) -> None:
    """Print values; of a tensor the numbers, rounded, and what else tells it apart."""
    for value in values:
        if isinstance(value, torch.Tensor):
            numbers = value.detach().reshape(-1).tolist()
            rounded = [round(x, 5) if isinstance(x, float) else x for x in numbers]
            dtype = str(value.dtype).rpartition(".")[2]
            print(rounded, tuple(value.shape), dtype, value.requires_grad)
        elif isinstance(value, dict):
            show(torch, *(each for pair in value.items() for each in pair))
        elif isinstance(value, list | tuple):
            print(type(value).__name__, len(value))
            show(torch, *value)
        else:
            print(round(value, 6) if isinstance(value, float) else value)


def attempt(call: Any, *args: Any, **kwargs: Any) -> None:
    """Print what a call gives, or the builtin class of what it raises."""
    try:
        print("gave", None if callable(found := call(*args, **kwargs)) else found)
    except Exception as error:  # noqa: BLE001 - it is what is compared
        kinds = [kind for kind in type(error).__mro__ if kind.__module__ == "builtins"]
        print("refused", kinds[0].__name__)


def counting(torch: Any) -> tuple[list[int], Any]:
    """Return a count of the entries that are saved in a block, and the block."""
    count = [0]

    def pack(value: Any) -> Any:
        count[0] += value.numel()
        return value

    return count, torch.autograd.graph.saved_tensors_hooks(pack, lambda value: value)


def printed(name: str, program: str) -> list[str]:
    """Return the lines that a program prints whose torch is the library of that name."""
    torch, checkpoints = (
        importlib.import_module(each) for each in (name, f"{name}.utils.checkpoint")
    )
    modules = (math, copy, io, warnings, collections)
    names = {
        **{each.__name__: each for each in modules},
        "torch": torch,
        "nn": torch.nn,
        "optim": torch.optim,
        "F": torch.nn.functional,
        "G": torch.autograd.graph,
        "C": checkpoints,
        "checkpoint": checkpoints.checkpoint,
        "Function": torch.autograd.Function,
        "leaf": lambda *numbers: torch.tensor(numbers, requires_grad=True),
        "checkpoint_sequential": checkpoints.checkpoint_sequential,
        "fill": lambda *given: filled(torch, *given),
        "data": lambda *shape, s=1.3: (torch.arange(math.prod(shape)) * s).cos().reshape(shape),
        "show": lambda *given: show(torch, *given),
        "attempt": attempt,
        "count": lambda: counting(torch),
        "__name__": "program",
    }
    out = io.StringIO()
    with contextlib.redirect_stdout(out), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(program, names)
    return ADDRESS.sub("0x", out.getvalue()).replace(name, "torch").splitlines()


def alike(line: str, other: str) -> bool:
    """Tell whether two lines say the same, and nearly the same numbers."""
    if NUMBER.sub("#", line) != NUMBER.sub("#", other):
        return False
    pairs = zip(NUMBER.findall(line), NUMBER.findall(other), strict=True)
    return all(math.isclose(float(a), float(b), rel_tol=ROOM, abs_tol=ROOM) for a, b in pairs)


@pytest.mark.parametrize("program", [*programs()])
def test_a_program_prints_what_it_prints_with_torch(program: str) -> None:
    expected, found = (printed(name, program) for name in ("torch", "gradspec_reference"))
    assert [(a, b) for a, b in zip(expected, found, strict=False) if not alike(a, b)] == []
    assert len(expected) == len(found) > 0
