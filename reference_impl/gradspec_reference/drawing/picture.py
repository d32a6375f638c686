"""`Drawing`: boxes and the lines between them, and how they are written down.

Lines lead the way that gradients go, from a result towards the leaves.  A picture shows them the
other way round, as values flow: the leaves stand above, the result below.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field, replace
from typing import Any, Final

COLOURS: Final = {
    "leaf": "lightblue",
    "operator": "lightgrey",
    "saved": "orange",
    "result": "darkolivegreen1",
    "base": "darkolivegreen3",
}
"""Kind of a box -> its colour, which those who know torchviz know."""

MERMAID_COLOURS: Final = {
    "leaf": "#add8e6",
    "operator": "#d3d3d3",
    "saved": "#ffa500",
    "result": "#caff70",
    "base": "#a2cd5a",
}
MERMAID_SHAPES: Final = {"operator": ('["', '"]'), "saved": ('[/"', '"/]')}
FONT: Final = "fontname=Courier"
"""Graphviz knows how wide Courier is where it finds no fonts, so that no label leaves its box."""
ROUND: Final = ('("', '")')


@dataclass(frozen=True, slots=True)
class Box:
    """A leaf, an operator, a saved tensor, a result, or the base of a view.

    `label` is a tensor's name or an operator's; `notes` are the lines below it.
    """

    kind: str
    label: str
    notes: tuple[str, ...] = ()

    @property
    def lines(self) -> tuple[str, ...]:
        """What stands in the box, from top to bottom."""
        return tuple(filter(None, (self.label, *self.notes)))

    def __str__(self) -> str:
        """Write all in one line."""
        return " ".join(self.lines)


@dataclass(frozen=True, slots=True)
class Line:
    """From a box to one behind it, by their places; a saved tensor has a line without an arrow."""

    source: int
    target: int
    kind: str = "edge"
    label: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class Drawing:
    """A graph as boxes and lines: `print(drawing)`, `drawing.dot()`, `mermaid()`, `svg()`."""

    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]

    def edges(self, *kinds: str) -> list[tuple[str, str]]:
        """List the lines of some kinds, or of all, as pairs of what the boxes are called."""
        return [
            (self.boxes[line.source].label, self.boxes[line.target].label)
            for line in self.lines
            if not kinds or line.kind in kinds
        ]

    def beside(self, other: Drawing) -> Drawing:
        """Put two pictures into one."""
        count = len(self.boxes)
        moved = (
            replace(li, source=li.source + count, target=li.target + count) for li in other.lines
        )
        return Drawing((*self.boxes, *other.boxes), (*self.lines, *moved))

    def dot(self) -> str:
        """Write the picture in the language of Graphviz."""
        written = [
            "digraph {",
            "    graph [rankdir=TB]",
            f"    node [style=filled shape=box height=0.2 fontsize=10 {FONT}]",
            f"    edge [fontsize=10 {FONT}]",
        ]
        for place, box in enumerate(self.boxes):
            label = "\\n".join(map(_escaped, box.lines))
            written.append(f'    n{place} [label="{label}" fillcolor={COLOURS[box.kind]}]')
        for line in self.lines:
            how = {"saved": " [dir=none]", "view": " [style=dotted]"}.get(line.kind, "")
            if line.label:
                how = f' [label="{_escaped(line.label)}"]'
            written.append(f"    n{line.target} -> n{line.source}{how}")
        return "\n".join([*written, "}"]) + "\n"

    def mermaid(self) -> str:
        """Write the picture as Mermaid does, which pages of text show."""
        written = ["flowchart TB"]
        for place, box in enumerate(self.boxes):
            left, right = MERMAID_SHAPES.get(box.kind, ROUND)
            label = "<br/>".join(map(_entities, box.lines))
            written.append(f"    n{place}{left}{label}{right}:::{box.kind}")
        for line in self.lines:
            arrow = {"saved": "---", "view": "-.->"}.get(line.kind, "-->")
            said = f'|"{_entities(line.label)}"|' if line.label else ""
            written.append(f"    n{line.target} {arrow}{said} n{line.source}")
        written += [
            f"    classDef {kind} fill:{MERMAID_COLOURS[kind]},color:#000"
            for kind in dict.fromkeys(box.kind for box in self.boxes)
        ]
        return "\n".join(written) + "\n"

    def source(self) -> Any:
        """Return the picture as the package graphviz has it: `.render("y", format="png")`.

        ImportError without that package.
        """
        import graphviz  # noqa: PLC0415 - only pictures need it

        return graphviz.Source(self.dot())

    def svg(self) -> str:
        """Render the picture by Graphviz' program `dot`; ImportError without package graphviz."""
        picture: str = self.source().pipe(format="svg", encoding="utf-8")
        return picture

    def _repr_svg_(self) -> str | None:
        """Be shown in a notebook: as a picture where it can be rendered, else as a tree."""
        with contextlib.suppress(ImportError, RuntimeError):
            return self.svg()
        return None

    def trees(self) -> list[Branch]:
        """Unfold the graph from its results; what is met again is not unfolded again."""
        behind: dict[int, list[Line]] = {}
        for line in self.lines:
            behind.setdefault(line.source, []).append(line)
        met: set[int] = set()
        targets = {line.target for line in self.lines}
        roots = [Branch(place) for place in range(len(self.boxes)) if place not in targets]
        waiting = list(reversed(roots))
        while waiting:
            branch = waiting.pop()
            branch.again = branch.place in met and branch.place in behind
            if branch.place not in met:
                met.add(branch.place)
                branch.behind += [
                    Branch(line.target, line) for line in behind.get(branch.place, ())
                ]
                waiting += reversed(branch.behind)
        return roots

    def __str__(self) -> str:
        """Write the picture as a tree."""
        written: list[str] = []
        waiting = [("", "", branch) for branch in reversed(self.trees())]
        while waiting:
            before, stem, branch = waiting.pop()
            written.append(before + self.said(branch))
            for last, one in zip(
                (True, *[False] * len(branch.behind)), reversed(branch.behind), strict=False
            ):
                corner, side = ("└── ", "    ") if last else ("├── ", "│   ")
                waiting.append((stem + corner, stem + side, one))
        return "\n".join(written)

    __repr__ = __str__

    def said(self, branch: Branch) -> str:
        """Say what stands at a branch of a tree."""
        box, line = self.boxes[branch.place], branch.line
        number = f" (output {line.label})" if line is not None and line.label else ""
        kind = f"{box.kind} " if box.kind in {"saved", "base"} else ""
        return f"{kind}{box}{number}{' (see above)' if branch.again else ''}"


@dataclass(slots=True)
class Branch:
    """A box as it is met on a way, by the line that led there; `again` if it was met before."""

    place: int
    line: Line | None = None
    again: bool = False
    behind: list[Branch] = field(default_factory=list)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _entities(text: str) -> str:
    for sign, name in (("&", "amp"), ('"', "quot"), ("<", "lt"), (">", "gt")):
        text = text.replace(sign, f"&{name};")
    return text
