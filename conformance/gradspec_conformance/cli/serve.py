"""`gradspec serve ENGINE`: answer for an engine on standard input and output, a message a line."""

from __future__ import annotations

import click


@click.command("serve")
@click.argument("engine")
def command(engine: str) -> None:
    """Answer for ENGINE, as an engine in another language does: acts in, answers out.

    Each message is one line of JSON; `docs/wire.md` says what they are.  ENGINE is a name,
    book.toml, module:attr or path.py:attr.
    """
    from gradspec_conformance.pipe.serve import main  # noqa: PLC0415 - it is what takes time

    main(engine)
