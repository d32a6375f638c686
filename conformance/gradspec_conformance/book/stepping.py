"""`story_of(events, program)`: a program to step through, from a trace of the reference engine."""

from __future__ import annotations

import ast
import inspect
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gradspec.writing.clause import Clause
    from gradspec_conformance.adapters.reference import Event

MOST: Final = 600
"""Events; what takes more is not stepped through by hand."""

LEAF: Final = "AccumulateGrad"
LONG: Final = 60


@dataclass(frozen=True, slots=True)
class Story:
    """Lines of a program, the graph it records in the end, and what happens, as JSON."""

    lines: list[str]
    graph: str
    steps: str


def story_of(events: Sequence[Event], text: str, first: int = 1) -> Story | None:
    """Tell a trace, if it records anything and is not too long; `first` is where `text` begins."""
    recorded = [event for event in events if event.what == "record"]
    if not recorded or len(events) > MOST:
        return None
    known = {event.node for event in recorded}
    steps = [_step(event, first) for event in events if event.node in known or _is_version(event)]
    data = json.dumps(steps, ensure_ascii=False).replace("<", "\\u003c")
    return Story(text.splitlines(), _graph(recorded), data)


def first_line(clause: Clause) -> int:
    """Find the line of its file in which a clause's program begins."""
    lines, start = inspect.getsourcelines(clause.body)
    indented = "".join(lines)
    (function,) = ast.parse(inspect.cleandoc(indented)).body
    body = function.body if isinstance(function, ast.FunctionDef) else []
    return start + (body[0].end_lineno or 0) if body else start


def _is_version(event: Event) -> bool:
    return event.what == "version"


def _step(event: Event, first: int) -> dict[str, Any]:
    line = int(event.line.rpartition(":")[2] or 0)
    value = None if event.value is None else _short(event.value)
    return {"what": event.what, "node": event.node, "name": _name(event.name), "value": value,
            "line": line - first}  # fmt: skip


def _short(value: Any) -> str:
    text = f"{value:.6g}" if isinstance(value, float) else json.dumps(value, default=str)
    return text if len(text) <= LONG else f"{text[: LONG - 1]}…"


def _name(name: str) -> str:
    return name.rpartition("::")[2]


def _graph(recorded: Sequence[Event]) -> str:
    """Write the graph in the language of Graphviz; `n3` is the third node, in the picture, too."""
    lines = ["digraph {", 'node [shape=box fontsize=11 fontname="Courier" style=filled]']
    for event in recorded:
        name = _name(event.name)
        colour = "lightblue" if name == LEAF else "lightgrey"
        lines.append(f'n{event.node} [id="n{event.node}" label="{name}" fillcolor={colour}]')
        lines += [
            f'n{target} -> n{event.node} [id="e{event.node}-{target}" class="of-n{event.node}"]'
            for target in event.targets
            if target is not None
        ]
    return "\n".join([*lines, "}"])
