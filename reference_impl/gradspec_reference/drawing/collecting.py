"""`draw`: walk from a tensor to its leaves, and make a box of all that is met.

It looks only at what torch's nodes show as well: `name()`, `next_functions`, `variable` and what
begins with `_saved_`.  So it draws whatever has those.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gradspec_reference.drawing.picture import Box, Drawing, Line
from gradspec_reference.errors import GraphFreedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SAVED: Final = "_saved_"
OF_FUNCTIONS: Final = "saved_tensors"  # under this name, a custom function's


def draw(
    var: Any,
    params: Mapping[str, Any] | None = None,
    show_attrs: bool = False,
    show_saved: bool = False,
    max_attr_chars: int = 50,
) -> Drawing:
    """Draw the graph of a tensor, of an edge, or of several of them.

    Grey is an operator, blue a leaf, green a result, dark green the base of a view, orange what an
    operator keeps.  `params` names tensors, leaves or others.  With `show_attrs` operators show the
    arguments that they keep, none longer than `max_attr_chars`; with `show_saved` the tensors that
    they keep have boxes, as those of custom functions always have, as long as they were not freed.
    The arguments are those of torchviz' `make_dot`.  TypeError for what has no graph.
    """
    if params is not None and not hasattr(params, "items"):
        raise TypeError(f"params is a {type(params).__name__}; give a dict of names and tensors")
    collector = Collector(params or {}, show_attrs, show_saved, max_attr_chars)
    for root in var if type(var) in (list, tuple) else (var,):
        collector.add_root(root)
    lines = sorted(collector.lines, key=lambda line: line.source)
    return Drawing(tuple(collector.boxes), tuple(lines))


def node_of(edge: Any) -> Any:
    """Return the node that an edge leads to; TypeError for what is no edge."""
    node = edge[0] if isinstance(edge, tuple) and edge else None
    if not hasattr(node, "next_functions"):
        raise TypeError(
            f"draw was given a {type(edge).__name__}; give a tensor, an edge, or a list of them"
        )
    return node


class Collector:
    """What was met so far: boxes, lines, and which object is in which box."""

    def __init__(
        self, params: Mapping[str, Any], show_attrs: bool, show_saved: bool, most: int
    ) -> None:
        self.boxes: list[Box] = []
        self.lines: list[Line] = []
        self.show_attrs, self.show_saved, self.most = show_attrs, show_saved, most
        self.names = {id(tensor): name for name, tensor in params.items()}
        self.places: dict[int, int] = {}
        self.kept: list[Any] = []  # else another object could come to have an id

    def add_root(self, root: Any) -> None:
        """Add a tensor, or an edge, and all that lies behind it."""
        if not hasattr(root, "grad_fn"):
            self.add_graph(node_of(root))
            return
        if id(root) in self.places:
            return
        if root.grad_fn is None:
            self.box(root, "leaf", self.names.get(id(root), ""), shape_of(root))
            return
        place = self.box(root, "result", self.names.get(id(root), ""), shape_of(root))
        self.line(place, self.add_graph(root.grad_fn), number=root.output_nr)
        if root._is_view() and root._base is not None:
            self.add_base(place, root._base)

    def add_base(self, place: int, base: Any) -> None:
        """Add the tensor that a result is a view of."""
        known = id(base) in self.places
        of_base = self.box(base, "base", self.names.get(id(base), ""), shape_of(base))
        self.lines.append(Line(place, of_base, "view"))
        if not known and base.grad_fn is not None:
            self.line(of_base, self.add_graph(base.grad_fn))

    def add_graph(self, first: Any) -> int:
        """Add a node and those behind it that are new; give its place."""
        for node in self.new_nodes(first):
            place = self.places[id(node)]
            for target, number in node.next_functions:
                if target is not None:
                    self.line(place, self.places[id(target)], number=number)
        return self.places[id(first)]

    def new_nodes(self, first: Any) -> list[Any]:
        """Add boxes for a node and those behind it; list the nodes that had none."""
        found: list[Any] = []
        waiting = [first]
        while waiting:
            node = waiting.pop()
            if id(node) not in self.places:
                self.add_node(node)
                found.append(node)
                waiting += [target for target, _ in reversed(node.next_functions) if target]
        return found

    def add_node(self, node: Any) -> None:
        """Add a box for a node, and those for its leaf or for what it saved."""
        place = self.box(node, "operator", node.name().rpartition("::")[2], *self.attributes(node))
        leaf = getattr(node, "variable", None)
        if leaf is not None:
            known = self.places.get(id(leaf))
            if known is None:
                known = self.box(leaf, "leaf", self.names.get(id(leaf), ""), shape_of(leaf))
            self.line(place, known, "leaf")
        for name, tensor in self.saved_tensors(node):
            called = self.names.get(id(tensor), "")
            label = f"{name} = {called}" if called else name
            kept = self.box(None, "saved", label, shape_of(tensor))
            self.line(place, kept, "saved")

    def attributes(self, node: Any) -> Iterator[str]:
        """Give the arguments that a node keeps, a line each, but for tensors that have boxes."""
        for name, value in saved_values(node) if self.show_attrs else ():
            several = value if isinstance(value, tuple) else (value,)
            if any(hasattr(one, "grad_fn") for one in several):
                if not self.in_boxes(name):
                    yield f"{name}: [saved tensor{'s' * (value is several)}]"
            elif not any(one is None for one in several):
                yield f"{name}: {shortened(str(value), self.most)}"

    def in_boxes(self, name: str) -> bool:
        """Say whether the tensors that a node keeps under a name have boxes."""
        return self.show_saved or name == OF_FUNCTIONS

    def saved_tensors(self, node: Any) -> Iterator[tuple[str, Any]]:
        """Give the tensors that a node keeps and that have boxes, by their names."""
        for name, value in saved_values(node):
            if not self.in_boxes(name):
                continue
            several = value if isinstance(value, tuple) else (value,)
            for number, one in enumerate(several):
                if hasattr(one, "grad_fn"):
                    yield (f"{name}[{number}]" if isinstance(value, tuple) else name), one

    def box(self, thing: Any, kind: str, label: str, *notes: str) -> int:
        """Add a box for a thing, or give the place of the one that it has."""
        if id(thing) in self.places and thing is not None:
            return self.places[id(thing)]
        self.boxes.append(Box(kind, label, notes))
        self.kept.append(thing)
        place = len(self.boxes) - 1
        if thing is not None:
            self.places[id(thing)] = place
        return place

    def line(self, source: int, target: int, kind: str = "edge", *, number: int = 0) -> None:
        """Add a line."""
        self.lines.append(Line(source, target, kind, str(number or "")))


def shape_of(tensor: Any) -> str:
    """Write a shape."""
    return f"({', '.join(map(str, tensor.shape))})"


def shortened(text: str, most: int) -> str:
    """Cut off what is too long, and show that it was."""
    return text if len(text) <= most else f"{text[: max(most - 3, 0)]}..."


def saved_values(node: Any) -> Iterator[tuple[str, Any]]:
    """Give what a node shows of what it keeps; nothing after that was freed."""
    names = [name for name in dir(node) if name.startswith(SAVED)]
    if hasattr(type(node), OF_FUNCTIONS):  # asking the node would fail once they are freed
        names.append(OF_FUNCTIONS)
    for name in names:
        try:
            yield name.removeprefix(SAVED), getattr(node, name)
        except (GraphFreedError, RuntimeError):
            continue
