"""`python -m gradspec_conformance.serving ENGINE`: answer for an engine on the standard streams."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Final, NoReturn

from gradspec_conformance.engines.loading import load_engine
from gradspec_conformance.exceptions import BadMessage, EngineError, EngineNotInstalled
from gradspec_conformance.pipe.channel import die_with_the_kit, private_channel
from gradspec_conformance.pipe.serve import serve
from gradspec_conformance.plain import plain_text

if TYPE_CHECKING:
    from gradspec_conformance.pipe.conversation import Message

WRONG_USAGE: Final = 2
NO_ENGINE: Final = 3
"""Statuses with which it ends."""

LONGEST_SENTENCE: Final = 2000
"""How many characters say why an engine cannot be loaded."""


def main(spec: str) -> None:
    """Load an engine and answer for it; say instead why it cannot be loaded."""
    die_with_the_kit()
    try:
        engine = load_engine(spec)
    except EngineNotInstalled as error:
        _give_up({"lacking": {"package": error.package, "install": error.install}})
    except EngineError as error:
        _give_up({"broken": plain_text(str(error), LONGEST_SENTENCE)})
    try:
        serve(engine)
    except BadMessage as error:
        sys.stderr.write(plain_text(f"gradspec: {error}\n", LONGEST_SENTENCE))
        sys.exit(WRONG_USAGE)


def _give_up(greeting: Message) -> NoReturn:
    """Greet with why there is no engine, and end."""
    _, writer = private_channel()
    writer.write(json.dumps(greeting).encode() + b"\n")
    sys.exit(NO_ENGINE)


if __name__ == "__main__":
    main(sys.argv[1])
