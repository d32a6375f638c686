"""What an engine in another process may say, as types: a line that is none of it is refused.

`gradspec serve --schema` prints the JSON Schema of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType, field

if TYPE_CHECKING:
    from collections.abc import Callable

PROTOCOL: Final = 1
"""Version of the protocol; a peer greets with the one that it speaks."""

Number = Annotated[int, Meta(ge=0, le=1 << 53, description="the number of something that is kept")]
Name = Annotated[str, Meta(min_length=1, max_length=200)]


class Peer(Struct, forbid_unknown_fields=True):
    """Greeting of an engine that answers acts: who it is, and the words of what it can do."""

    name: Name
    version: str
    protocol: int = PROTOCOL
    abilities: list[str] | None = None
    capabilities: list[str] | None = None


class Evaluator(Struct, forbid_unknown_fields=True):
    """Greeting of a host that evaluates phrases."""

    protocol: int
    language: Name
    version: str = ""


class Lacking(Struct, forbid_unknown_fields=True):
    """Greeting of a process that cannot import the engine."""

    package: str
    install: str


class Raised(Struct, forbid_unknown_fields=True):
    """What was raised: the token of what a caller's function raised, or an error of the engine."""

    callback: Number | None = None
    type: str = "Error"
    message: str = ""
    kind: str | None = None
    number: Number | None = None
    place: str | None = None
    code: str | None = None


class Heard(Struct, forbid_unknown_fields=True):
    """A message of the engine's: a greeting, an answer to question `re`, or a call back."""

    re: int | None = None
    engine: Peer | UnsetType = UNSET
    host: Evaluator | UnsetType = UNSET
    lacking: Lacking | UnsetType = UNSET
    broken: str | UnsetType = UNSET
    returned: Any = field(name="return", default=UNSET)
    raised: Raised | UnsetType = field(name="raise", default=UNSET)
    unsupported: str | UnsetType = UNSET
    callback: Number | UnsetType = UNSET
    arguments: list[Any] = []
    keywords: dict[str, Any] = {}
    release: list[Number] = []
    warnings: list[tuple[str, str]] = []

    @property
    def is_answer(self) -> bool:
        """Whether it is an answer."""
        said = (self.returned, self.raised, self.unsupported)
        return sum(one is not UNSET for one in said) == 1 and self.callback is UNSET


decode: Callable[[bytes], Heard] = msgspec.json.Decoder(Heard).decode


def schema() -> dict[str, Any]:
    """Give the JSON Schema of what the engine's side may say."""
    return msgspec.json.schema(Heard)
