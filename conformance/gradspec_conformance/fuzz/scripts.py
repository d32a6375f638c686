"""A random program for a reader: in the notation, in an engine's own words, and as a clause."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec.exceptions import Unsayable
from gradspec.port.acts import ACTS
from gradspec.program.scripts import as_gradspec
from gradspec.program.steps import Program, Ref, Step
from gradspec_conformance.fuzz.sides import Refusal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gradspec.port.engine import Engine
    from gradspec_conformance.fuzz.comparing import Difference

ASKED: Final = {"grad": "get:grad", "writes": "get:version"}
"""Observable -> the act that asks for it, where it has another name."""


def demanding(steps: Sequence[Step], difference: Difference) -> Program:
    """Add to a program the demand that the subject does not meet."""
    expected, number = difference.expected, difference.number
    body = list(steps)
    if isinstance(expected, Refusal):
        if expected.kind is not None and difference.observable == "answer":
            body[-1] = Step("refuses", {"kind": expected.kind}, steps=[body[-1]])
        return Program(body)
    if number is None:
        return Program(body)
    found: Any = Ref(number)
    key = ASKED.get(difference.observable, difference.observable)
    if key == "grad.requires_grad":
        gradient = Ref(FREE, "tensor")
        body += [Step("get:grad", {"x": found}, gradient)]
        found, key = gradient, "get:requires_grad"
    if key in ACTS:
        asked = Ref(FREE + 1, "tensor" if key == "get:grad" else "value")
        body.append(Step(key, {"x": found}, asked))
        found = asked
    body.append(Step("expect", {"found": found, **_check(expected)}))
    return Program(body)


FREE: Final = 200_000


def _check(expected: Any) -> dict[str, Any]:
    match expected:
        case None:
            return {"check": "is_none"}
        case bool():
            return {"check": "is_flag", "expected": expected}
        case np.ndarray():
            return {"check": "is_close", "expected": expected}
    return {"check": "equals", "expected": expected}


def in_gradspec(program: Program, engine: str) -> str:
    """Print a program in the notation."""
    try:
        return as_gradspec(program, engine)
    except (Unsayable, KeyError, AttributeError, TypeError, ValueError) as error:
        return f"# the notation has no words for this: {error}"


def in_own_words(program: Program, engine: Engine) -> str:
    """Print a program in the words of an engine."""
    script = getattr(engine, "script", None)
    if script is None:
        return ""
    try:
        return str(script(program))
    except (Unsayable, KeyError, AttributeError, TypeError, ValueError) as error:
        return f"# the book has no words for this: {error}"


def as_clause(program: Program, sentence: str, nature: str) -> str:
    """Write the stub of a clause that this program would be."""
    _, _, body = in_gradspec(program, "reference").partition("open_engine('reference')\n")
    head = [
        f'@clause("rand-???", nature={nature.upper()}, sources=["gradspec fuzz"])',
        "def a_rule_that_no_clause_states(ag: Autograd) -> None:",
        f'    """{sentence}"""',
    ]
    return "\n".join([*head, textwrap.indent(body.strip("\n"), "    ")])
