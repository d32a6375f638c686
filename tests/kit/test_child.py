"""A worker process is heard, or its end is told; it leaves nothing behind."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from gradspec.program.recorder import Recorder
from gradspec_conformance.exceptions import ChildEnded, ChildSilent
from gradspec_conformance.execution.execute import run_clause
from gradspec_conformance.isolation import child, clock
from gradspec_conformance.isolation.child import Child

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork there")

ECHO = (
    "import sys\nfor line in sys.stdin.buffer:\n sys.stdout.buffer.write(line)\n sys.stdout.flush()"
)
HEIR = """
import os, sys, time
sys.stdin.readline()
sys.stderr.write("I go and my child stays, at 0xdeadbeef\\n")
if os.fork():
    os._exit(5)
time.sleep(60)
"""
DIES = "import os, signal\nos.kill(os.getpid(), signal.SIGTERM)"
SILENT = "import time\ntime.sleep(60)"
UNFINISHED = "import sys\nsys.stdout.write('half a line')"


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Child]]:
    """Start a child that runs this program in the place of a worker."""
    popen, begun = subprocess.Popen, []

    def started(program: str) -> Child:
        def instead(_command: Any, **settings: Any) -> Any:
            return popen([sys.executable, "-c", program], **settings)

        monkeypatch.setattr(subprocess, "Popen", instead)
        begun.append(Child())
        return begun[-1]

    monkeypatch.setattr(child, "PATIENCE", 0.05)
    yield started
    for one in begun:
        one.close()


def test_an_answer_is_heard(start: Callable[[str], Child]) -> None:
    echo = start(ECHO)
    for line in (b"one", b"two"):
        echo.tell(line)

        assert echo.hear(20.0) == line + b"\n"
    assert echo.is_alive


def test_whoever_does_not_answer_in_time_is_ended(start: Callable[[str], Child]) -> None:
    silent = start(SILENT)
    with pytest.raises(ChildSilent):
        silent.hear(0.1)

    assert not silent.is_alive


def test_a_signal_is_told_by_its_name(start: Callable[[str], Child]) -> None:
    with pytest.raises(ChildEnded, match="was ended by SIGTERM") as end:
        start(DIES).hear(20.0)

    assert end.value.signal == "SIGTERM"


def test_whoever_closes_the_pipe_and_lives_on_is_ended(start: Callable[[str], Child]) -> None:
    mute = start("import os, time\nos.close(1)\ntime.sleep(60)")
    with pytest.raises(ChildEnded, match="was ended by SIGKILL"):
        mute.hear(20.0)

    assert not mute.is_alive


def test_half_a_line_is_no_answer(start: Callable[[str], Child]) -> None:
    with pytest.raises(ChildEnded, match="exited with status 0") as end:
        start(UNFINISHED).hear(20.0)

    assert end.value.signal is None


def test_an_end_is_noticed_though_a_grandchild_holds_the_pipe(
    start: Callable[[str], Child],
) -> None:
    heir, began = start(HEIR), time.monotonic()
    heir.tell(b"go")
    with pytest.raises(ChildEnded) as end:
        heir.hear(50.0)

    assert time.monotonic() - began < 40
    assert str(end.value) == (
        "the engine's process exited with status 5; it wrote:\nI go and my child stays, at 0x..."
    )


def test_telling_something_to_a_process_that_is_gone_raises_nothing(
    start: Callable[[str], Child],
) -> None:
    gone = start(UNFINISHED)
    with pytest.raises(ChildEnded):
        gone.hear(20.0)
    gone.tell(b"are you there?")

    assert not gone.is_alive


def test_whoever_listens_does_not_keep_the_kit_from_ending(start: Callable[[str], Child]) -> None:
    before = set(threading.enumerate())
    silent = start(SILENT)
    listeners = set(threading.enumerate()) - before
    silent.kill()

    assert listeners
    assert all(thread.daemon for thread in listeners)


def test_only_what_was_written_since_it_was_told_something_is_its_last_word(
    start: Callable[[str], Child],
) -> None:
    program = (
        "import sys\nprint('early', file=sys.stderr, flush=True)\nprint(flush=True)\n"
        "sys.stdin.readline()\nfor n in range(20): print(n, file=sys.stderr)\n"
    )
    late = start(program)
    assert late.hear(20.0) == b"\n"
    late.tell(b"now")
    with pytest.raises(ChildEnded) as end:
        late.hear(20.0)

    assert str(end.value).partition("it wrote:\n")[2].split("\n") == [str(n) for n in range(12, 20)]


def test_frames_of_the_kit_are_no_last_words(start: Callable[[str], Child]) -> None:
    rooms = [run_clause.__code__.co_filename, child.__file__, Recorder.perform.__code__.co_filename]
    written = [
        "Fatal Python error: Segmentation fault",
        "",
        "Current thread 0x00007f00 (most recent call first):",
        '  File "/home/person/engine.py", line 7 in backward',
        *(f'  File "{room}", line 1 in run' for room in rooms),
        '  File "<frozen runpy>", line 88 in _run_code',
        "Extension modules: numpy (total: 1)",
    ]
    program = f"import sys\nsys.stderr.write({chr(10).join(written)!r})"
    with pytest.raises(ChildEnded) as end:
        start(program).hear(20.0)

    assert str(end.value).partition("it wrote:\n")[2].split("\n") == [written[0], written[3]]


def test_last_words_that_are_no_unicode_are_replaced(start: Callable[[str], Child]) -> None:
    program = r"import sys; sys.stderr.buffer.write(b'half a \xe2\x82 sign')"
    with pytest.raises(ChildEnded, match="it wrote:\nhalf a \N{REPLACEMENT CHARACTER} sign"):
        start(program).hear(20.0)


def test_of_very_long_last_words_the_end_is_told(
    start: Callable[[str], Child], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child, "LONGEST_LOG", 10)
    with pytest.raises(ChildEnded) as end:
        start("import sys; sys.stderr.write('0123456789' * 5)").hear(20.0)

    assert str(end.value).endswith("it wrote:\n0123456789")


def test_a_log_that_grew_long_is_emptied(
    start: Callable[[str], Child], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child, "LONGEST_LOG", 100)
    program = (
        "import sys\nfor line in sys.stdin:\n print('x' * 80, file=sys.stderr, flush=True)\n"
        " print(flush=True)"
    )
    talkative = start(program)
    for _ in range(4):
        talkative.tell(b"more")
        talkative.hear(20.0)

    assert os.fstat(talkative._log.fileno()).st_size <= 200


class Torn:
    """A process whose pipe breaks when it is read: it is a directory."""

    pid, returncode, stdin = 0, 0, None

    def __init__(self) -> None:
        self.stdout = self
        self.directory = os.open(os.curdir, os.O_RDONLY)

    def fileno(self) -> int:
        """Name what cannot be read."""
        return self.directory

    def poll(self) -> int:
        """Be gone."""
        return 0

    def wait(self, timeout: float | None = None) -> int:
        """Be gone."""
        return 0

    def close(self) -> None:
        """Close it."""
        os.close(self.directory)


def test_a_pipe_that_breaks_is_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "Popen", lambda *_, **__: Torn())
    monkeypatch.setattr(os, "killpg", lambda *_: None)
    torn = Child()
    with pytest.raises(ChildEnded, match="exited with status 0"):
        torn.hear(20.0)
    torn.close()

    assert torn._log.closed


@pytest.mark.parametrize("error", [ProcessLookupError, PermissionError])
def test_a_process_that_is_gone_already_is_ended_without_a_word(
    error: type[OSError], monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_arguments: int) -> None:
        raise error

    monkeypatch.setattr(subprocess, "Popen", lambda *_, **__: Torn())
    monkeypatch.setattr(os, "killpg", gone)
    Child().close()


DAEMON = """
import os, sys, time
sys.stdin.readline()
if os.fork() == 0:
    os.setsid()
    time.sleep(20)
    os._exit(0)
os._exit(3)
"""


def test_a_daemon_that_keeps_the_pipe_keeps_nobody_waiting(start: Callable[[str], Child]) -> None:
    parent, began = start(DAEMON), time.monotonic()
    parent.tell(b"go")
    with pytest.raises(ChildEnded, match="status 3"):
        parent.hear(15.0)
    parent.close()

    assert time.monotonic() - began < 15


def test_a_log_that_grows_while_nothing_is_answered_is_cut(
    start: Callable[[str], Child], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child, "LONGEST_LOG", 1000)
    program = "import sys, time\nwhile True: sys.stderr.write('x' * 500); time.sleep(0.001)"
    talkative = start(program)
    with pytest.raises(ChildSilent):
        talkative.hear(0.5)

    assert os.fstat(talkative._log.fileno()).st_size < 500_000


def test_a_line_without_end_is_no_answer(
    start: Callable[[str], Child], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child, "LONGEST_LINE", 1000)
    endless = start("import sys\nwhile True: sys.stdout.write('x' * 500)")
    with pytest.raises(ChildEnded):
        endless.hear(20.0)


@pytest.mark.parametrize(
    ("status", "name", "sentence"),
    [
        (0, None, "exited with status 0"),
        (7, None, "exited with status 7"),
        (-11, "SIGSEGV", "was ended by SIGSEGV"),
        (-99, "signal 99", "was ended by signal 99"),
    ],
)
def test_an_end_is_told_by_its_status(
    start: Callable[[str], Child], status: int, name: str | None, sentence: str
) -> None:
    end = start(UNFINISHED)._ended(status)

    assert end.signal == name
    assert str(end) == f"the engine's process {sentence}"


# what time a process has --------------------------------------------------------------
WORKS_ALONE = {0: 7.0, 29: 35.0, 30: 36.9, 31: 37.0}
WORKS_AND_IS_KEPT_FROM_IT = {0: 7.0, **{n: 7.0 + n / 15 for n in range(1, 400)}}
SLEEPS = dict.fromkeys(range(400), 7.0)
WORKS_AT_LAST = {0: 7.0, 30: 7.0, 45: 8.0, 60: 8.0, 74: 8.0, 75: 8.0}


@pytest.mark.parametrize(
    ("spent", "given_up"),
    [(WORKS_ALONE, 31), (WORKS_AND_IS_KEPT_FROM_IT, 300), (SLEEPS, 60), (WORKS_AT_LAST, 75)],
    ids=["works", "is kept from working", "sleeps", "works, then sleeps"],
)
def test_processor_time_decides_and_the_time_of_day_only_for_who_uses_none(
    spent: dict[int, float], given_up: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 0
    monkeypatch.setattr(clock.time, "monotonic", lambda: float(now))
    monkeypatch.setattr(clock, "spent", lambda _: spent[now])
    limit = clock.Clock(1, 30.0)
    over = []
    for now in sorted(spent):  # noqa: B007 - the time of day
        over.append(limit.is_over())
        if over[-1]:
            break

    assert (now, over.count(True)) == (given_up, 1)


def test_the_time_of_those_that_a_process_started_counts() -> None:
    works = "sum(range(10**7))"
    program = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {works!r}])\ninput()"
    with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE) as parent:
        reached = until_it_holds(lambda: clock.spent(parent.pid) > 0.1)
        parent.communicate(b"\n")

    assert reached
    assert clock.spent(parent.pid) == 0.0


def until_it_holds(holds: Callable[[], bool]) -> bool:
    """Wait for it, for half a minute at most."""
    for _ in range(600):
        if holds():
            return True
        time.sleep(0.05)
    return False
