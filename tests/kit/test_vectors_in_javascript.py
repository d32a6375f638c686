"""What is exported is run on an engine in JavaScript, by Node.js and without Python."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from gradspec import CASES, chapters
from gradspec_conformance.adapters.reference import ReferenceEngine
from gradspec_conformance.edition import vectors

NODE = shutil.which("node")
pytestmark = pytest.mark.skipif(NODE is None, reason="Node.js is not installed")
RUNNER = Path(vectors.__file__).with_suffix(".cjs")
ACTS = Path(__file__).with_name("toy_acts.cjs")
ASKED = ("acc-001", "acc-008", "bwd-015", "op-001/div_broadcast", "leaf-201/rand")


def run(folder: Path, *identifiers: str, part: str = "") -> tuple[int, str]:
    """Export some clauses, run them on the toy; the exit status and what was printed."""
    chapters.load()
    file = folder / "vectors.jsonl"
    lines = vectors.vectors([CASES[i] for i in identifiers], ReferenceEngine())
    file.write_text("".join(lines), "utf-8")
    command = [str(NODE), str(RUNNER), str(file), str(ACTS), part]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.stderr == ""
    return done.returncode, done.stdout


def test_what_holds_passes_and_what_an_engine_lacks_is_unsupported(tmp_path: Path) -> None:
    status, said = run(tmp_path, *ASKED, part="acc-001")

    assert (status, said) == (0, "1 passed, 0 failed, 0 unsupported\n")

    _, said = run(tmp_path, "bwd-015", "op-001/div_broadcast", "leaf-201/rand")
    assert said == "0 passed, 0 failed, 3 unsupported\n"


def test_what_does_not_hold_is_named_with_its_sentence(tmp_path: Path) -> None:
    status, said = run(tmp_path, "acc-001", "life-001")

    assert status == 1
    assert said.splitlines() == [
        f"life-001 [convention] {CASES['life-001'].statement}",
        "  nothing was refused",
        "1 passed, 1 failed, 0 unsupported",
    ]


def test_a_run_in_which_nothing_passed_is_no_success(tmp_path: Path) -> None:
    assert run(tmp_path, "leaf-201/rand")[0] == 1
