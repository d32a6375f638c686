"""The command `gradspec`; each subcommand is a module of this package, imported when it is used."""

from __future__ import annotations

import importlib
from typing import Final

import click

COMMANDS: Final[dict[str, str]] = {
    "run": "Hold an engine to the specification.",
    "list": "List every clause.",
    "show": "Show a clause or a chapter.",
    "search": "Find clauses by words, or by an error message.",
    "engines": "List the engines that are here.",
    "words": "Explain abilities, operators, kinds of error and profiles.",
    "smoke": "Find out whether an adapter is sound.",
    "expect": "Write down what an engine is known to fail.",
    "plants": "Prove that each clause catches its planted fault.",
    "export": "Write the edition as vectors, for hosts that know no Python.",
    "edition": "Compare the list of the edition with the chapters.",
}
"""Subcommand -> one line of help; its module here has the same name and defines `command`."""


class Commands(click.Group):
    """Imports a subcommand only when it is used, so that --help is fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Name the subcommands in the order of a first visit."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import the module of a subcommand."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"{__name__}.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Say which subcommand was probably meant."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from gradspec_conformance.hints import did_you_mean  # noqa: PLC0415 - only to complain

            hint = did_you_mean(args[0], list(COMMANDS)) or "; see `gradspec --help`."
            ctx.fail(f"there is no command {args[0]!r}{hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the subcommands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="gradspec", message="%(package)s %(version)s")
def main() -> None:
    """Hold an automatic differentiation engine to an executable specification.

    `gradspec run ENGINE` is where to start; ENGINE is a name, module:attr or path.py:attr.
    """
