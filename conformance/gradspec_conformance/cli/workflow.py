"""The workflow that `gradspec init` writes: a job for GitHub that holds an engine to its list."""

from __future__ import annotations

from importlib import metadata
from typing import Final

WORKFLOW: Final = """\
# Holds {module} to the specification of automatic differentiation: red on a regression, and on an
# improvement that {known} does not know yet.{hint}

name: gradspec
on: [push, pull_request]
jobs:
  gradspec:
    runs-on: ubuntu-latest
    timeout-minutes: 30
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with:
          python-version: "3.12"
      - run: pip install {installed} {gradspec}
      - run: >-
          gradspec run {book} --expect {known}{strict} -n auto
          --junit gradspec.xml --json gradspec.json
      - uses: actions/upload-artifact@v4
        if: always()
        with:
          name: gradspec
          path: gradspec.*
"""

HINT: Final = """
# Once each of its entries has a reason and a class, add --strict: one without them is red then."""


def workflow(module: str, book: str, known: str, *, is_explained: bool) -> str:
    """Write the job; it is strict only where that is not red at once."""
    return WORKFLOW.format(
        module=module,
        book=book,
        known=known,
        hint="" if is_explained else HINT,
        strict=" --strict" if is_explained else "",
        installed=_installed(module),
        gradspec=f"gradspec=={metadata.version('gradspec')}",
    )


def _installed(module: str) -> str:
    """Say what pip installs: the distribution of the module, or what lies in the repository."""
    owners = sorted(set(metadata.packages_distributions().get(module.partition(".")[0], ())))
    if len(owners) != 1 or metadata.distribution(owners[0]).read_text("direct_url.json"):
        return "."  # it was installed from a folder, most likely this one
    return f"{owners[0]}=={metadata.version(owners[0])}"
