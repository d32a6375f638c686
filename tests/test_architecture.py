"""Who may import whom; the contracts stand in pyproject.toml."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_the_import_contracts_are_kept() -> None:
    result = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == 0, result.stdout + result.stderr


def test_torch_is_imported_in_one_book() -> None:
    packages = ("spec", "conformance", "reference_impl")
    files = [f for p in packages for kind in ("py", "toml") for f in (ROOT / p).rglob(f"*.{kind}")]
    statement = re.compile(r"""^(setup = ")?import torch\b""", re.MULTILINE)
    importing = {f.name for f in files if statement.search(f.read_text(encoding="utf-8"))}

    assert importing == {"torch.toml"}


def test_the_kit_imports_without_torch() -> None:
    program = (
        "import sys; sys.modules['torch'] = None\n"
        "import gradspec_conformance.cli, gradspec_conformance.pytest_plugin.plugin\n"
        "from gradspec import chapters; chapters.load()\n"
    )
    result = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True)

    assert result.returncode == 0, result.stderr.decode()
