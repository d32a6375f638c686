"""Change a part of the reference engine at random; count the changes that no clause notices.

`python benchmarks/mutation --sample 1000` takes some minutes.  Survivors are listed; those that
somebody has looked at stand in a file of the part's, each with its class and reason.
"""

from __future__ import annotations

import random
import sys
import tomllib
from collections import Counter
from pathlib import Path

import click

sys.path.insert(0, str(Path(__file__).parents[1]))

from mutation.changes import mutants_of
from mutation.own_tests import tests_through
from mutation.parts import PARTS
from mutation.trials import Fate, fates, noting, rows_through

from gradspec import chapters
from gradspec.writing.clause import CASES

APART = (Fate.UNFIT, Fate.CRASH)
"""What ends in an exception somewhere, and is no wrong number anywhere."""

SAME = ("equivalent", "speed", "message", "loaded")
"""Classes of survivors that no program could tell by a value, or not here.

What is loaded ran once, before anything was changed.
"""


@click.command()
@click.option("--part", default="operators", type=click.Choice([*PARTS]), help="What is changed.")
@click.option("--sample", default=1000, help="How many mutants.")
@click.option("--seed", default=0, help="Which.")
@click.option("-n", "processes", default=2, help="How many at a time.")
@click.option("-k", "within", default="", help="Only files whose name contains this.")
@click.option("--limit", default=400, help="How many clauses each may run.")
@click.option("--tests/--no-tests", default=True, help="Whether tests are asked, where it has any.")
def main(
    part: str, sample: int, seed: int, processes: int, within: str, limit: int, *, tests: bool
) -> None:
    """Print the survivors and the score."""
    chapters.load()
    changed = PARTS[part]
    files = changed.files(within)
    every = [mutant for path in files for mutant in mutants_of(path, acting=changed.acting)]
    chosen = random.Random(seed).sample(every, min(sample, len(every)))  # noqa: S311 - to repeat it
    known = tomllib.loads(changed.survivors.read_text(encoding="utf-8"))["survivor"]
    classes = {one["mutant"]: one["class"] for one in known}
    some = [identifier for identifier in CASES if not identifier.startswith(changed.far)]
    near = sorted(some, key=lambda i: not i.startswith(changed.near))
    with click.progressbar(near, label="the sound engine", file=sys.stderr) as clauses:
        through = rows_through(chosen, clauses)
    asked = tests_through(chosen, changed.paths_of_tests() if tests else (), noting)
    done = fates(chosen, through, processes, limit, asked)
    with click.progressbar(done, len(chosen), label="mutants", file=sys.stderr) as found:
        ended = sorted(found)

    counted: Counter[str] = Counter()
    for number, fate, clause in ended:
        mutant = chosen[number]
        told = classes.get(str(mutant), "not looked at")
        counted[fate] += 1
        if fate not in {Fate.VALUE, Fate.UNFIT}:
            counted[told] += fate is not Fate.CRASH
            click.echo(f"{told}: {fate}, {clause}\n  line {mutant.sound.lineno} of {mutant}")
    click.echo(f"{len(chosen)} of {len(every)} mutants of {len(files)} files, seed {seed}")
    click.echo(", ".join(f"{count} {what}" for what, count in sorted(counted.items())))
    tell(counted, len(chosen))


def tell(counted: Counter[str], chosen: int) -> None:
    """Print the score."""
    fit = chosen - sum(counted[what] for what in (*SAME, *APART))
    click.echo(
        f"{counted[Fate.VALUE] / fit:.1%} of the {fit} that run to an end and are not equivalent "
        f"are seen by a value; {counted[Fate.VALUE] / (fit + counted[Fate.CRASH]):.1%} if those "
        "that crash in some clauses and pass others count as unseen"
    )
    if counted[Fate.TESTED]:
        noticed = counted[Fate.VALUE] + counted[Fate.TESTED]
        click.echo(
            f"{noticed / fit:.1%} with the {counted[Fate.TESTED]} that tests of the reference "
            "engine notice, which are no business of the clauses"
        )


if __name__ == "__main__":
    main()
