"""Change the reference engine's operators at random; count the changes that no clause notices.

`python benchmarks/mutation --sample 1000` takes some minutes.  Survivors are listed; those that
somebody has looked at stand in `survivors.toml`, each with its class and reason.
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
from mutation.trials import Fate, clauses_through, fates

import gradspec_reference.operators as table
from gradspec import chapters

KNOWN = Path(__file__).with_name("survivors.toml")


@click.command()
@click.option("--sample", default=1000, help="How many mutants.")
@click.option("--seed", default=0, help="Which.")
@click.option("-n", "processes", default=2, help="How many at a time.")
@click.option("-k", "within", default="", help="Only files whose name contains this.")
def main(sample: int, seed: int, processes: int, within: str) -> None:
    """Print the score and the survivors."""
    chapters.load()
    files = sorted(p for p in Path(table.__file__).parent.glob("*.py") if within in p.stem)
    every = [mutant for path in files for mutant in mutants_of(path)]
    chosen = random.Random(seed).sample(every, min(sample, len(every)))  # noqa: S311 - to repeat it
    known = tomllib.loads(KNOWN.read_text(encoding="utf-8"))["survivor"]
    classes = {one["mutant"]: one["class"] for one in known}
    through = clauses_through(files)
    click.echo(f"{len(chosen)} of {len(every)} mutants of {len(files)} files, seed {seed}")

    counted: Counter[str] = Counter()
    for number, fate, clause in fates(chosen, through, processes):
        mutant = chosen[number]
        counted[fate] += 1
        if fate not in {Fate.VALUE, Fate.UNFIT}:
            told = classes.get(str(mutant), "not looked at")
            counted[told] += 1
            click.echo(f"{fate} {clause}\t{told}\tline {mutant.sound.lineno} of {mutant}")
    fit = len(chosen) - counted["equivalent"] - counted[Fate.UNFIT]
    click.echo(", ".join(f"{count} {what}" for what, count in sorted(counted.items())))
    click.echo(
        f"{counted[Fate.VALUE] / fit:.1%} of the {fit} that run and are not equivalent die by value"
    )


if __name__ == "__main__":
    main()
