"""`python -m gradspec_conformance.serving ENGINE`: answer for an engine on the standard streams."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Final

from gradspec_conformance.engines.loading import load_engine
from gradspec_conformance.exceptions import EngineError, EngineNotInstalled
from gradspec_conformance.pipe.channel import die_with_the_kit, private_channel
from gradspec_conformance.pipe.serve import serve
from gradspec_conformance.plain import plain_text

if TYPE_CHECKING:
    from gradspec_conformance.pipe.conversation import Message

LONGEST_SENTENCE: Final = 2000
"""How many characters say why an engine cannot be loaded."""


def main(spec: str) -> None:
    """Load an engine and answer for it; say instead why it cannot be loaded."""
    die_with_the_kit()
    try:
        engine = load_engine(spec)
    except EngineNotInstalled as error:
        _, writer = private_channel()
        writer.write(_line({"lacking": {"package": error.package, "install": error.install}}))
    except EngineError as error:
        _, writer = private_channel()
        writer.write(_line({"broken": plain_text(str(error), LONGEST_SENTENCE)}))
    else:
        serve(engine)


def _line(message: Message) -> bytes:
    return json.dumps(message).encode() + b"\n"


if __name__ == "__main__":
    main(sys.argv[1])
