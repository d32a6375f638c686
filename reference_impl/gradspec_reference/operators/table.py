"""The table: rows by name, and the namespaces in which rules run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gradspec_reference.operators.row import Operator


class Table(dict[str, "Operator"]):
    """All rows, by name.

    An operator is looked up here whenever it is called, so whoever puts another row in a row's
    place has replaced the operator; what was made of the old row is dropped with it.
    """

    def __init__(self, rows: Iterable[Operator]) -> None:
        super().__init__()
        self.namespaces: list[Namespace] = []
        for row in rows:
            if row.name in self:
                raise ValueError(f"two rows are called {row.name!r}; a name stands for one row")
            self[row.name] = row

    def __setitem__(self, name: str, row: Operator) -> None:
        super().__setitem__(name, row)
        for namespace in self.namespaces:
            vars(namespace).pop(name, None)

    def namespace(self, function_of: Callable[[Operator], Any]) -> Any:
        """Return an object that has, under the name of each row, what this makes of it."""
        made = Namespace(self, function_of)
        self.namespaces.append(made)
        return made


class Namespace:
    """The operators as functions of one kind: the `xp` of a rule."""

    def __init__(self, table: Table, function_of: Callable[[Operator], Any]) -> None:
        self._table = table
        self._function_of = function_of

    def __getattr__(self, name: str) -> Any:
        """Make the function when it is first asked for; it is found at once after that."""
        if name not in self._table:
            raise AttributeError(f"there is no operator {name!r}")
        function = self._function_of(self._table[name])
        setattr(self, name, function)
        return function
