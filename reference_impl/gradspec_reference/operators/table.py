"""The table: rows by name, and the namespaces in which rules run."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gradspec_reference.operators.row import Operator


class Table(dict[str, "Operator"]):
    """All rows, by name.

    An operator is looked up here whenever it is called, so whoever puts another row in a row's
    place has replaced the operator; what was made of the old row goes with it.
    """

    def __init__(self, rows: Iterable[Operator]) -> None:
        super().__init__()
        self.namespaces: list[tuple[Any, Callable[[Operator], Any]]] = []
        for row in rows:
            if row.name in self:
                raise ValueError(f"two rows are called {row.name!r}; a name stands for one row")
            self[row.name] = row

    def __setitem__(self, name: str, row: Operator) -> None:
        super().__setitem__(name, row)
        for namespace, function_of in self.namespaces:
            setattr(namespace, name, function_of(row))

    def namespace(self, function_of: Callable[[Operator], Any]) -> Any:
        """Return all operators as functions of one kind, each made of its row: a rule's `xp`."""
        made = SimpleNamespace(**{name: function_of(row) for name, row in self.items()})
        self.namespaces.append((made, function_of))
        return made
