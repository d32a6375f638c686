"""`gradspec serve ENGINE`: answer for an engine on standard input and output, a message a line."""

from __future__ import annotations

import json

import click


@click.command("serve")
@click.argument("engine", default="reference")
@click.option("--schema", is_flag=True, help="Print the JSON Schema of what an engine may say.")
def command(engine: str, *, schema: bool) -> None:
    """Answer for ENGINE, as an engine in another language does: acts in, answers out.

    Each message is one line of JSON; `docs/wire.md` says what they are.  ENGINE is a name,
    book.toml, module:attr or path.py:attr.
    """
    if schema:
        from gradspec_conformance.pipe import messages  # noqa: PLC0415 - only if asked for

        click.echo(json.dumps(messages.schema(), indent=2))
        return
    from gradspec_conformance.serving import main  # noqa: PLC0415 - it is what takes time

    main(engine)
