"""A script while it is written, as those see it who say a part of it."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from gradspec.program.scripts.literals import Literals

if TYPE_CHECKING:
    from gradspec.program.steps import Step


class Script(Literals):
    """What a dialect and the spelling of a phrase may ask of the script that they are part of."""

    @abstractmethod
    def said(self, step: Step, target: str = "") -> list[str]:
        """Say an act in the words of the dialect; raises Unsayable."""

    @abstractmethod
    def dtype(self, name: str | None) -> str:
        """Name a data type in the dialect."""

    @abstractmethod
    def fresh(self) -> str:
        """Name something that no step names."""

    @abstractmethod
    def is_used_outside(self, step: Step) -> bool:
        """Say whether anything that the steps of a block make is used after it."""
