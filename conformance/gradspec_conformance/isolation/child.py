"""`Child`: a worker process and the pipe to it; ask a line, get a line, or learn how it ended."""

from __future__ import annotations

import os
import queue
import re
import signal
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from pathlib import Path
from typing import Final

import gradspec
from gradspec_conformance.exceptions import ChildEnded, ChildSilent
from gradspec_conformance.isolation.clock import Clock
from gradspec_conformance.pipe.channel import OWN_PATH

WORKER: Final = "gradspec_conformance.isolation.worker"
ROOMS: Final = ("execution", "isolation")
PATIENCE: Final = 0.05
"""Seconds between two looks at what a silent process does."""

GRACE: Final = 0.5
"""Seconds that the last words of a process that is gone may take."""

LAST_LINES: Final = 8
LONGEST_LOG: Final = 1 << 24
LONGEST_PIECE: Final = 1 << 16
LONGEST_LINE: Final = 1 << 28
"""Bytes."""

OURS: Final = "|".join(
    re.escape(str(place))
    for place in (
        *(Path(__file__).parent.parent / room for room in ROOMS),
        Path(gradspec.__path__[0]),
    )
)
NOISE: Final = re.compile(rf'Extension modules: |Current thread |^\s*$|^  File "(<frozen |{OURS})')
"""What Python writes when it dies and tells nothing about the engine."""

ADDRESS: Final = re.compile(r"0x[0-9a-f]{4,}")


class Child:
    """One worker process, in a session of its own, so that Ctrl-C is left to the kit."""

    def __init__(self, module: str = WORKER) -> None:
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the child
        self._answers: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._from = 0
        self._process = subprocess.Popen(  # noqa: S603 - modules of the kit
            [sys.executable, "-P", "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            env=_environment(),
            start_new_session=True,
        )
        self._pipe = _detached(self._process)  # whoever holds the other end may never let go
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        """Hand on line by line, until the last who has the pipe lets go of it."""
        with suppress(OSError), os.fdopen(self._pipe, "rb", buffering=0) as answers:
            line = bytearray()
            while len(line) <= LONGEST_LINE and (piece := answers.read(LONGEST_PIECE)):
                *whole, rest = piece.split(b"\n")
                for one in whole:
                    self._answers.put(bytes(line + one + b"\n"))
                    line.clear()
                line += rest
        self._answers.put(b"")

    @property
    def is_alive(self) -> bool:
        """Whether it could still answer."""
        return self._process.poll() is None

    def tell(self, line: bytes) -> None:
        """Send a line; whether anybody was there to read it is learned from `hear`."""
        self._forget_long_logs()
        self._from = self._written()
        if self._process.stdin is not None:
            with suppress(BrokenPipeError):
                self._process.stdin.write(line + b"\n")
                self._process.stdin.flush()

    def hear(self, timeout: float) -> bytes:
        """Wait for the answer; raises ChildEnded or ChildSilent, and leaves no process behind."""
        answer = self._next_line(timeout)
        if not answer.endswith(b"\n"):
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=1.0)
            self.kill()
            raise self._ended(self._process.returncode)
        return answer

    def _next_line(self, timeout: float) -> bytes:
        """Wait for a line, or for the end, which a process that inherited the pipe may hide."""
        clock = Clock(self._process.pid, timeout)
        while True:
            try:
                return self._answers.get(timeout=min(timeout, PATIENCE))
            except queue.Empty:
                self._forget_long_logs()
                if clock.is_over():
                    self.kill()
                    raise ChildSilent from None
                if not self.is_alive:
                    break
        try:
            return self._answers.get(timeout=GRACE)
        except queue.Empty:
            return b""

    def kill(self) -> None:
        """End the process, and those that it started."""
        with suppress(ProcessLookupError, PermissionError):
            if hasattr(os, "killpg"):
                os.killpg(self._process.pid, signal.SIGKILL)
            else:
                self._process.kill()
        self._process.wait()

    def close(self) -> None:
        """Let the process end by itself, and see that it does."""
        if self._process.stdin is not None:
            with suppress(OSError):
                self._process.stdin.close()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=1.0)
        self.kill()
        self._log.close()

    def _ended(self, status: int) -> ChildEnded:
        told = self._last_words()
        if status >= 0:
            return ChildEnded(None, f"the engine's process exited with status {status}{told}")
        try:
            name = signal.Signals(-status).name
        except ValueError:
            name = f"signal {-status}"
        return ChildEnded(name, f"the engine's process was ended by {name}{told}")

    def _last_words(self) -> str:
        """Give the end of what was written since the last line was sent; addresses vary."""
        self._log.seek(self._from)
        text = self._log.read()[-LONGEST_LOG:].decode("utf-8", "replace")
        lines = [ADDRESS.sub("0x...", n) for n in text.splitlines() if not NOISE.search(n)]
        return "\n".join(["; it wrote:", *lines[-LAST_LINES:]]) if lines else ""

    def _forget_long_logs(self) -> None:
        """Keep an engine that prints a lot from filling the disk; the offset is shared with it."""
        size = self._written()
        if size <= 2 * LONGEST_LOG:
            return
        self._log.seek(size - LONGEST_LOG)
        kept = self._log.read()
        self._log.seek(0)
        self._log.truncate()
        self._log.write(kept)
        self._log.flush()
        self._from = max(self._from - (size - len(kept)), 0)

    def _written(self) -> int:
        return os.fstat(self._log.fileno()).st_size


def _detached(process: subprocess.Popen[bytes]) -> int:
    """Take the pipe out of the hands of a process's object, which would wait for who reads."""
    if process.stdout is None:
        raise AssertionError  # it was asked for
    pipe = os.dup(process.stdout.fileno())
    process.stdout.close()
    return pipe


def _environment() -> dict[str, str]:
    """Give this process's own, with its search path; what that was stands beside it."""
    own = {OWN_PATH: os.environ.get(OWN_PATH, os.environ.get("PYTHONPATH", ""))}
    return os.environ | own | {"PYTHONPATH": os.pathsep.join(_search_path())}


def _search_path() -> list[str]:
    """Give this interpreter's own search path, so that both find the same modules."""
    return [entry or str(Path.cwd()) for entry in sys.path]
