"""What the engine refuses: the class of which every refusal is one."""

from __future__ import annotations

from typing import Any, ClassVar


class GradError(Exception):
    """Anything that the engine refuses to do.

    `kind` is the stable name by which the specification speaks of it, and `clause` the id of what
    is written about it there; a class that says no other has those of the class that it refines.
    """

    kind: ClassVar[str]
    clause: ClassVar[str] = ""

    def __init_subclass__(cls, kind: str = "", clause: str = "", **others: Any) -> None:
        """Take the kind and the clause from the head of the class."""
        super().__init_subclass__(**others)
        if kind:
            cls.kind = kind
        if clause:
            cls.clause = clause

    def __str__(self) -> str:
        """Say what happened, and where to read about it."""
        said = super().__str__()
        return f"{said} (gradspec show {self.clause})" if self.clause else said
