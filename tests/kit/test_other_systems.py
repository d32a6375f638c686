"""The kit on systems that have no fork, no process groups, no limits and no signals but Ctrl-C's.

Windows is such a system; macOS lacks the signal that tells a process of its parent's death.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent

LACKING = """\
import contextlib, os, signal, subprocess, sys, sysconfig

import ctypes, numpy
sysconfig.get_config_vars()
with contextlib.suppress(ImportError):
    import psutil

for name in (
    "fork forkpty killpg getpgid setpgid setsid waitid wait3 wait4 posix_spawn register_at_fork"
).split():
    if hasattr(os, name):
        delattr(os, name)
for name in "SIGKILL SIGHUP SIGVTALRM SIGALRM setitimer ITIMER_VIRTUAL alarm pthread_kill".split():
    delattr(signal, name)
for name in ("resource", "fcntl", "termios", "pwd", "grp"):
    sys.modules[name] = None
ctypes.CDLL = None
subprocess.Popen.kill = lambda self: self.send_signal(9)  # as Windows ends a process
sys.platform = "darwin"
"""


def on_such_a_system(
    tmp_path: Path, *arguments: str, module: str = "gradspec_conformance.cli"
) -> subprocess.CompletedProcess[str]:
    """Run a command, and the processes that it starts, without what the system lacks."""
    (tmp_path / "sitecustomize.py").write_text(LACKING, "utf-8")
    path = os.pathsep.join([str(tmp_path), *filter(None, sys.path), str(HERE)])
    code = f"import sys; from {module} import main; sys.exit(main())"
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": path, "XDG_CACHE_HOME": str(tmp_path)},
    )


@pytest.mark.parametrize("more", [(), ("-n", "2")], ids=["one_process", "two_processes"])
def test_an_engine_is_judged(tmp_path: Path, more: tuple[str, ...]) -> None:
    ran = on_such_a_system(
        tmp_path, "run", f"{HERE}/toy_engine.py:ToyEngine", "-k", "bwd-001 or bwd-001c", *more
    )

    assert (ran.returncode, ran.stderr) == (0, ""), ran.stdout


def test_a_crash_costs_its_clause(tmp_path: Path) -> None:
    ran = on_such_a_system(tmp_path, "run", f"{HERE}/wrong_engines.py:Crashes", "-k", "bwd-001")

    assert ran.returncode == 1
    assert "1 crashed" in ran.stdout


def test_a_hang_costs_its_clause(tmp_path: Path) -> None:
    ran = on_such_a_system(
        tmp_path, "run", f"{HERE}/wrong_engines.py:Hangs", "-k", "bwd-001", "--timeout", "0.5"
    )

    assert ran.returncode == 1
    assert "1 timed out" in ran.stdout


def test_an_adapter_is_checked(tmp_path: Path) -> None:
    ran = on_such_a_system(tmp_path, "smoke", f"{HERE}/toy_engine.py:ToyEngine")

    assert (ran.returncode, ran.stderr) == (0, ""), ran.stdout


def test_plants_are_proved_and_not_measured(tmp_path: Path) -> None:
    assert "1 killed" in on_such_a_system(tmp_path, "plants", "grad_getter_copies").stdout

    measured = on_such_a_system(tmp_path, "plants", "grad_getter_copies", "--measure")
    assert measured.returncode == 2
    assert "fork" in measured.stderr
