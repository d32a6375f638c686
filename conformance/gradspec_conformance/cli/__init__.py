"""The command `gradspec`; each subcommand is a module of this package, imported when it is used."""

from __future__ import annotations

import errno
import importlib
import os
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from gradspec_conformance.cli.files import NOWHERE
from gradspec_conformance.complaint import brief, complain
from gradspec_conformance.interruption import terminations_interrupt

if TYPE_CHECKING:
    from collections.abc import Iterator

COMMANDS: Final[dict[str, str]] = {
    "init": "Find out how an engine says things, and write its phrasebook.",
    "run": "Hold an engine to the specification.",
    "list": "List every clause.",
    "show": "Show a clause or a chapter.",
    "operators": "Show the operators, and what an engine makes of them.",
    "search": "Find clauses by words, or by an error message.",
    "engines": "List the engines that are here.",
    "words": "Explain abilities, operators, kinds of error and profiles.",
    "smoke": "Find out whether an adapter is sound.",
    "expect": "Write down what an engine is known to fail.",
    "bugs": "Write what engines are known to do wrong, each with a reproducer.",
    "generate": "Write tests of an engine in Rust, C++ or Java.",
    "collect": "Make a report of what generated tests printed.",
    "explain": "Explain a failure of a stored run; write an issue of it.",
    "compare": "Show what changed from one run of an engine to the next.",
    "matrix": "Show engines side by side: what each made of the specification.",
    "book": "Write the specification as pages to read and search.",
    "step": "Write a page on which a program is stepped through.",
    "badge": "Draw the rung that an engine has reached, for its README.",
    "serve": "Answer for an engine over standard input and output.",
    "fuzz": "Take an engine and an oracle through random programs.",
    "shrink": "Shorten a random program in which two engines differ.",
    "record": "Write random programs down with what an oracle said and showed.",
    "replay": "Hold an engine to recorded programs, without the oracle.",
    "plants": "Prove that each clause catches its planted fault.",
    "export": "Write the edition as vectors, for hosts that know no Python.",
    "edition": "Compare the list of the edition with the chapters.",
}
"""Subcommand -> one line of help; its module here has the same name and defines `command`."""

TELLING: Final = frozenset(("list", "show", "search", "engines", "words", "explain"))
"""Subcommands that only tell: a reader who has read enough closes the pipe, and nothing is lost."""

INCOMPLETE: Final = 3
INTERRUPTED: Final = 130

FULL: Final = (errno.EPIPE, errno.ENOSPC, errno.EIO, errno.EFBIG, errno.EDQUOT)
"""What goes wrong with an output, and not with what is put out."""


class Commands(click.Group):
    """Imports a subcommand only when it is used, so that --help is fast."""

    def invoke(self, ctx: click.Context) -> object:
        """Run a subcommand; being interrupted and an output that takes no more have a status."""
        try:
            with terminations_interrupt():
                try:
                    with _quoting_briefly():
                        return super().invoke(ctx)
                finally:
                    _flush()
        except KeyboardInterrupt:
            _complain("interrupted")
            sys.exit(INTERRUPTED)
        except OSError as error:
            status = _lost(error)
            read = error.errno == errno.EPIPE and ctx.invoked_subcommand in TELLING
            sys.exit(0 if read else status)

    def main(self, *arguments: Any, **options: Any) -> Any:
        """Do the same for what is printed before there is a subcommand."""
        _keep_docstrings()
        _stand_somewhere()
        _open_what_is_closed()
        try:
            return super().main(*arguments, **options)
        except OSError as error:
            sys.exit(_lost(error))

    def make_context(self, *arguments: Any, **options: Any) -> click.Context:
        """Read what stands before the subcommand."""
        with _quoting_briefly():
            return super().make_context(*arguments, **options)

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


def _keep_docstrings() -> None:
    """Begin again where Python was told to leave docstrings out: they are the clauses."""
    if sys.flags.optimize > 1:
        environment = {k: v for k, v in os.environ.items() if k != "PYTHONOPTIMIZE"}
        words = [word for word in sys.orig_argv[1:] if word != "-OO"]
        os.execve(sys.executable, [sys.executable, *words], environment)  # noqa: S606 - this command


def _stand_somewhere() -> None:
    """Leave a folder that is gone for one in which nothing can be written by mistake."""
    try:
        here = os.access(Path.cwd(), os.X_OK)
    except OSError:
        here = False
    if not here:
        os.chdir(NOWHERE if os.access(NOWHERE, os.X_OK) else "/")


def _open_what_is_closed() -> None:
    """Put nothing in the place of a standard stream that is closed, or a pipe would take it."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest number that is free: this one
    if sys.stdout is None:
        sys.stdout = os.fdopen(1, "w", closefd=False)
    if sys.stderr is None:
        sys.stderr = os.fdopen(2, "w", closefd=False)


@contextmanager
def _quoting_briefly() -> Iterator[None]:
    """Cut what a complaint quotes, where it is too long to be read."""
    try:
        yield
    except click.ClickException as complaint:
        complaint.message = brief(complaint.message)  # type: ignore[misc]
        raise


def _flush() -> None:
    sys.stdout.flush()
    sys.stderr.flush()


def _lost(error: OSError) -> int:
    """Say that the output takes no more, unless nobody reads it; raises what is another error."""
    if error.errno not in FULL:
        raise error
    with suppress(OSError, ValueError, AttributeError):  # or Python writes what is left, and fails
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if error.errno != errno.EPIPE:
        _complain(f"the output cannot be written: {error.strerror}")
    return INCOMPLETE


def _complain(sentence: str) -> None:
    with suppress(OSError, ValueError):
        complain(f"gradspec: {sentence}")
