"""Views: tensors that show the memory of another one; start at `ViewRelation`.

All views of some memory have one base.  Writing through a view changes the base, so the history
that is rewritten is the base's: it gets a `CopySlices` node, which replaces a region.  Every view
then has an old history; it gets a new one, derived from the base, when it is next asked for it.
"""

from __future__ import annotations

import enum
import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gradspec_reference.engine import hooks, layout, versions
from gradspec_reference.engine import node as graph
from gradspec_reference.engine.modes import is_door, state
from gradspec_reference.engine.plans import node_type
from gradspec_reference.errors import (
    CustomViewInplaceError,
    LeafViewInplaceError,
    MultiViewBaseWrittenError,
    MultiViewInplaceError,
    NoGradViewInplaceError,
    OverlappingMemoryError,
)
from gradspec_reference.marked import Marked
from gradspec_reference.operators import OPERATORS

if TYPE_CHECKING:
    from gradspec_reference.engine.node import Node, Shape
    from gradspec_reference.engine.tensor import Tensor

Geometry = tuple["Shape", "Shape", "Shape", "Shape", int]


@dataclass(frozen=True, slots=True)
class Reading:
    """Which part of a base a view shows that has other numbers than the base: parts, conjugates.

    The geometry is that of real numbers where one of the two is complex and the other is not.
    """

    geometry: Geometry
    of_pairs: bool
    to_pairs: bool
    turn: str

    def region(self, xp: Any, base: Any) -> Any:
        """Return the numbers of the view, where the base has these."""
        found = xp.region(xp.view_as_real(base) if self.of_pairs else base, self.geometry)
        found = xp.view_as_complex(found) if self.to_pairs else found
        return getattr(xp, self.turn)(found) if self.turn else found

    def held(self, xp: Any, part: Any) -> Any:
        """Return as the memory holds it what the view shows."""
        part = getattr(xp, self.turn)(part) if self.turn else part
        return xp.view_as_real(part) if self.to_pairs else part

    def scattered(self, xp: Any, part: Any) -> Any:
        """Return zeros with a part in its place."""
        return self.base(xp, xp.scatter_region(self.held(xp, part), self.geometry))

    def cleared(self, xp: Any, base: Any) -> Any:
        """Return a base with zeros in the place of the part."""
        numbers = xp.view_as_real(base) if self.of_pairs else base
        return self.base(xp, xp.clear_region(numbers, self.geometry))

    def replaced(self, xp: Any, base: Any, part: Any) -> Any:
        """Return a base with another part in its place."""
        numbers = xp.view_as_real(base) if self.of_pairs else base
        return self.base(xp, xp.replace_region(numbers, self.held(xp, part), self.geometry))

    def base(self, xp: Any, numbers: Any) -> Any:
        """Return a base of these numbers."""
        return xp.view_as_complex(numbers) if self.of_pairs else numbers


def region(xp: Any, base: Any, where: Geometry | Reading) -> Any:
    """Return the part of a base that a view of it shows."""
    return where.region(xp, base) if type(where) is Reading else xp.region(base, where)


def replaced(xp: Any, base: Any, part: Any, where: Geometry | Reading) -> Any:
    """Return a base with another part in its place."""
    if type(where) is Reading:
        return where.replaced(xp, base, part)
    return xp.replace_region(base, part, where)


class Creation(enum.Enum):
    """How a view was made, which decides whether it may be written in place."""

    DEFAULT = "by an operation with one result"
    NO_GRAD = "in no_grad"
    INFERENCE = "in inference mode"
    SEVERAL = "by an operation with several results"
    CUSTOM = "by a function of the caller"


UNRECORDED = {Creation.NO_GRAD, Creation.INFERENCE}


class ViewRelation:
    """A view's base, how the view was made, and the version its history is valid for."""

    __slots__ = ("base", "creation", "version")

    def __init__(self, base: Tensor, creation: Creation) -> None:
        self.base = base
        self.creation = creation
        counter = base._counter
        self.version = 0 if counter is None else counter.value


def relate(view: Tensor, source: Tensor, *, several: bool) -> None:
    """Make a tensor known as a view of another, or of the base of another.

    What shows the memory of an inference tensor is one itself, and no view: it has no history.
    """
    if versions.is_of_inference(source._counter):
        view._counter, view._grad_fn = source._counter, None
        return
    parent = source._view
    base = source if parent is None else parent.base
    view._counter = base._counter or versions.counter_of(base)
    view._view = ViewRelation(base, inherited_creation(parent, several))


def inherited_creation(parent: ViewRelation | None, several: bool) -> Creation:
    """Return how a view counts as made; a view of a restricted view is restricted too."""
    if not state.recording:
        return Creation.INFERENCE if state.inference else Creation.NO_GRAD
    if several:
        return Creation.SEVERAL
    return Creation.DEFAULT if parent is None else parent.creation


def base_requires_grad(relation: ViewRelation) -> bool:
    """Tell whether a view without history requires grad: if its base does."""
    return relation.base.requires_grad


def current_history(view: Tensor) -> Node | None:
    """Return the node that computed a view, making a new one if its memory was written since.

    Raises what `check_may_follow` does.
    """
    relation = view._view
    assert relation is not None
    if view._grad_fn is None and not relation.base.requires_grad:
        return None
    if is_outdated(view, relation):
        check_may_follow(view, relation)
        regenerate(view, relation)
    return view._grad_fn


def is_outdated(view: Tensor, relation: ViewRelation) -> bool:
    """Tell whether memory was written since the view's history was made."""
    counter = view._counter
    return (0 if counter is None else counter.value) != relation.version


def regenerate(view: Tensor, relation: ViewRelation) -> None:
    """Derive a view's history from its base as the base is now."""
    where = geometry_of(view, relation.base)
    array = view._array
    name, params = (
        ("read", (where,)) if isinstance(where, Reading) else ("as_strided", (*where[2:], where))
    )
    node = node_type(OPERATORS[name])(
        (graph.gradient_edge(relation.base),),
        (),
        params,
        ((array.shape, array.dtype),),
        False,
    )
    set_history(view, node)
    relation.version = versions.version(view)


def geometry_of(view: Tensor, base: Tensor) -> Geometry | Reading:
    """Return how a base lies in memory, and which part of it a view shows."""
    source, part = base.materialise(), view.materialise()
    if type(source) is not type(part) or source.dtype != part.dtype:
        return reading_of(source, part)
    offset = (layout.address(part) - layout.address(source)) // source.dtype.itemsize
    if not 0 <= offset <= layout.reach(source):  # data of the base or the view was exchanged
        offset = view.storage_offset() - base.storage_offset()
    return (
        source.shape,
        layout.strides(source),
        part.shape,
        layout.strides(part),
        offset,
    )


def reading_of(source: Any, part: Any) -> Reading | Geometry:
    """Return which part of a base a view shows that has numbers of another kind."""
    of_pairs = source.dtype.kind == "c" != part.dtype.kind
    to_pairs = part.dtype.kind == "c" != source.dtype.kind
    turned = isinstance(source, Marked) is not isinstance(part, Marked)
    turn = ("conj_physical" if part.dtype.kind == "c" else "neg") if turned else ""
    apart = of_pairs or to_pairs
    (shape, steps), (its, their) = (laid_out(x, in_pairs=apart) for x in (source, part))
    size = min(source.dtype.itemsize, part.dtype.itemsize)
    if apart:
        size = real_size(source if of_pairs else part)
    offset = (layout.address(part) - layout.address(source)) // size
    return Reading((shape, steps, its, their, offset), of_pairs, to_pairs, turn)


def real_size(array: Any) -> int:
    """Return how many bytes one part of a complex number takes."""
    return int(array.dtype.itemsize) // 2


def laid_out(array: Any, *, in_pairs: bool) -> tuple[Shape, Shape]:
    """Return shape and strides; of complex numbers, if need be, those of their parts."""
    steps = layout.strides(array)
    if not (in_pairs and array.dtype.kind == "c"):
        return array.shape, steps
    return (*array.shape, 2), (*[2 * step for step in steps], 1)


def check_may_follow(view: Tensor, relation: ViewRelation) -> None:
    """Refuse to use a restricted view after its memory was written."""
    if relation.creation is Creation.DEFAULT:
        return
    raise MultiViewBaseWrittenError(
        f"this view of shape {list(view._array.shape)} was made {relation.creation.value}, and "
        "its memory was written since, so its history cannot be told; make it again after the "
        "write, or write before it is made"
    )


def check_view_may_be_written(view: Tensor, relation: ViewRelation) -> None:
    """Refuse to record a write through a restricted view, or through a view of a leaf."""
    if relation.creation in UNRECORDED:
        made = relation.creation.value
        raise NoGradViewInplaceError(
            f"a view that was made {made} is written in place in grad mode, and it is unclear "
            f"which was meant; make the view in grad mode, or write {made} too"
        )
    if relation.creation is Creation.CUSTOM:
        raise CustomViewInplaceError(
            "what a function of the caller returned is written in place, but it is a view of an "
            "argument, whose history would lose the function; let forward return a clone()"
        )
    if relation.creation is Creation.SEVERAL:
        raise MultiViewInplaceError(
            "one of several views made by one operation (split, chunk, unbind) is written in "
            "place; use unsafe_split(), slices or an operation that is not in place"
        )
    if view.requires_grad and (relation.base.is_leaf or is_door(relation.base._grad_fn)):
        raise LeafViewInplaceError(
            "a view of a leaf that requires grad is written in place while operations are "
            "recorded; write in no_grad, or work on leaf.clone()"
        )


def rebase(tensor: Tensor, node: Node) -> None:
    """Give a tensor that was written in place its new history; through a view, to the base."""
    relation = tensor._view
    if relation is None:
        set_history(tensor, node)
        return
    base = relation.base
    set_history(base, CopySlices(base, geometry_of(tensor, base), node))
    regenerate(tensor, relation)


def set_history(tensor: Tensor, node: Node) -> None:
    """Make a node the one that computed a tensor; a retained gradient is that of the new value."""
    hooks.move_retained(tensor, node)
    tensor._grad_fn, tensor._output_nr = node, 0


class CopySlices(graph.Node):
    """A write through a view: the base, one region of which an operation has replaced.

    The region's gradient goes through that operation; what it sends back to its target takes the
    region's place in the base's gradient.
    """

    __slots__ = ("geometry", "written_by")

    def __init__(self, base: Tensor, geometry: Geometry | Reading, written_by: Node) -> None:
        edges = (graph.gradient_edge(base), *written_by.next_functions[1:])
        outputs = ((base._array.shape, base._array.dtype),)
        super().__init__(edges, (), (), outputs, freeable=False)
        self.geometry = geometry
        self.written_by: Node | None = written_by

    def name(self) -> str:
        """Return torch's name of the node."""
        return "torch::autograd::CopySlices"

    def unpack(self, as_tensors: bool) -> list[Any]:
        """Return what the operation saved."""
        if self.written_by is None:
            raise graph.freed(self)
        return self.written_by.unpack(as_tensors)

    def release(self) -> None:
        """Let go of the operation; it keeps what it saved if another path leads to it."""
        self.written_by = None

    @property
    def operator(self) -> Any:  # type: ignore[override]
        """Stand in for a row of the table: the rules of a write through a view."""
        assert self.written_by is not None
        return RegionOperator(self.written_by, self.geometry)


class RegionOperator:
    """The rules of one write through a view, made from those of the operation that wrote."""

    saved_names = ()
    param_names = ()
    beside = ()

    def __init__(self, written_by: Node, geometry: Geometry | Reading) -> None:
        self.written_by = written_by
        self.geometry = geometry

    @property
    def rules(self) -> RegionOperator:
        """The rules, by position; not stored, since an object that holds itself is a cycle."""
        return self

    def __getitem__(self, position: int) -> Any:
        return functools.partial(
            replaced_region if position == 0 else from_region,
            self.written_by.operator.rules[position],
            self.geometry,
            self.written_by.params,
        )


def from_region(
    rule: Any, geometry: Geometry | Reading, params: Any, xp: Any, g: Any, *values: Any
) -> Any:
    """Return what a further operand receives from the region."""
    return rule(xp, region(xp, g, geometry), *values, *params)


def replaced_region(
    rule: Any, geometry: Geometry | Reading, params: Any, xp: Any, g: Any, *values: Any
) -> Any:
    """Return the base's gradient, with what the target receives in the region's place."""
    received = from_region(rule, geometry, params, xp, g, *values)
    read = geometry if isinstance(geometry, Reading) else None
    places: Any = geometry if read is None else read.geometry
    if received is None:
        return xp.clear_region(g, geometry) if read is None else read.cleared(xp, g)
    if any(s == 0 and n > 1 for n, s in zip(places[2], places[3], strict=True)):
        raise OverlappingMemoryError(
            f"an expanded tensor of shape {list(places[2])} was filled, and the gradient of "
            "what several of its indices show cannot be replaced; fill a clone() instead"
        )
    return replaced(xp, g, received, geometry)
