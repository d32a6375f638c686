"""`JavaScript`: how a phrase becomes a function of JavaScript, and who evaluates it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gradspec.port.phrase import FORMS, RESULT, WORD, Argument, Local
from gradspec_conformance.exceptions import EngineNotInstalled

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gradspec.port.phrase import Phrase

HOST: Final = Path(__file__).with_name("hosts") / "javascript.cjs"

SHAPED: Final = {"list": "host.list({})", "number": "host.number({})"}
"""Form of the data of a tensor -> how it is had from what the host makes of an array."""


class JavaScript:
    """The language of a book; its last line is an expression, unless it assigns `$result`."""

    name: Final = "JavaScript"

    @property
    def command(self) -> list[str]:
        """What starts the host; raises EngineNotInstalled."""
        node = shutil.which("node")
        if node is None:
            raise EngineNotInstalled("node", "install Node.js 18 or newer", "")
        return [node, "--stack-size=4000", str(HOST)]

    def not_installed(self, message: str) -> EngineNotInstalled:
        """Say which package is missing."""
        package = message.split("'")[1] if "'" in message else message
        return EngineNotInstalled(package, f"npm install {package}", "")

    def is_spliced(self, phrase: Phrase, name: str) -> bool:
        """Say whether an argument becomes part of the text."""
        return name == "dtype" or phrase.types.get(name) == WORD

    def function(
        self, phrase: Phrase, names: Sequence[str], spliced: Mapping[str, str]
    ) -> tuple[tuple[str, ...], str]:
        """Give the parameters and the body of the function that a phrase is for these arguments."""
        own = sorted(_local(part.name) for part in phrase.locals)
        lines = phrase.filled(names, _Spelling(spliced)).rstrip().split("\n")
        if not phrase.assigns:
            lines[-1] = f"return ({lines[-1].strip().rstrip(';')});"
        else:
            lines.append(f"return {_local(RESULT)};")
        declared = [f"let {', '.join(own)};"] if own else []
        parameters = tuple(n for n in names if not self.is_spliced(phrase, n))
        return parameters, "\n".join([*declared, *lines])


class _Spelling:
    """Spells what stands in a phrase."""

    def __init__(self, spliced: Mapping[str, str]) -> None:
        self._spliced = spliced

    def __call__(self, part: Argument | Local) -> str:
        if isinstance(part, Local):
            return _local(part.name)
        if part.type == WORD or part.name == "dtype":
            return self._spliced[part.name]
        name = "data" if part.name in FORMS else part.name
        said = SHAPED.get(part.name, "{}").format(f"${name}")
        return f"...{said}" if part.star else said


def _local(name: str) -> str:
    return f"${name}"
