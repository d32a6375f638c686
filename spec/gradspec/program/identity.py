"""A table whose keys are the objects themselves, whatever they say of being equal or hashed.

A key is not kept alive; one that cannot be watched is, or another could take its place.
"""

from __future__ import annotations

import weakref
from typing import Generic, TypeVar

T = TypeVar("T")


class ByIdentity(Generic[T]):
    """What belongs to each of some objects."""

    def __init__(self) -> None:
        self._entries: dict[int, tuple[object, T]] = {}

    def get(self, key: object) -> T | None:
        """Give what belongs to the object, or None."""
        entry = self._entries.get(id(key))
        return None if entry is None else entry[1]

    def put(self, key: object, value: T) -> T:
        """Keep what belongs to the object, for as long as it lives."""
        place, entries = id(key), self._entries
        try:
            kept: object = weakref.ref(key, lambda _: entries.pop(place, None))
        except TypeError:
            kept = key
        entries[place] = (kept, value)
        return value
