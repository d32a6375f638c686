"""What a person reads after a run, line by line."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from made_up import judged, result
from rich.console import Console

from gradspec import CONVENTION, MAY, SAFETY, chapters, edition
from gradspec_conformance.execution.verdict import Kind, Outcome
from gradspec_conformance.isolation.messages import Started
from gradspec_conformance.known.entry import Cause, Entry
from gradspec_conformance.known.expectations import Expectations, Standing
from gradspec_conformance.report.terminal import RunProgress, console, show

if TYPE_CHECKING:
    from gradspec_conformance.run.judgement import Judged

PASSED = judged("acc-001", assertions=1)
CUT_OFF = judged("acc-005", Outcome.BLOCKED, foundation="bwd-001", gates=True)

KNOWN = Expectations(path=Path("known.toml"), made_for=edition.EDITION)
"""A file that expects nothing."""


def failed(identifier: str, **parts: Any) -> Judged:
    """Judge what gave another value."""
    return judged(identifier, Outcome.FAILED, kind="value", **parts)


def unsupported(identifier: str, lacking: str) -> Judged:
    """Judge what could not be asked."""
    return judged(identifier, Outcome.UNSUPPORTED, lacking=lacking)


def shown(*found: Judged, **parts: Any) -> list[str]:
    """Print a result on a terminal that is as wide as need be."""
    return printed(400, *found, **parts)


def printed(width: int, *found: Judged, everything: bool = False, **parts: Any) -> list[str]:
    """Print a result."""
    where = Console(file=io.StringIO(), width=width, highlight=False)
    show(result(*found, **parts), where, everything=everything)
    return [line.rstrip() for line in where.file.getvalue().splitlines()]  # type: ignore[attr-defined]


def test_a_sound_engine_gets_a_table_a_score_and_counts() -> None:
    title = chapters.find("accumulation").title
    width = len(title)

    assert shown(PASSED) == [
        "toy 1 (CPython 3)",
        f"{'chapter':{width}}  passed  failed  unsupported  blocked",
        f"{title:{width}}       1       -            -        -",
        "",
        "passed 1 of 1 clauses of profile full, edition torch-2.13/1: conformant",
        "passed, of what ran: value 1 of 1",
        (
            "1 passed, 0 failed, 0 errored, 0 unsupported, 0 blocked, 0 crashed, 0 timed out; "
            "1 ran, 1 asserted something"
        ),
    ]


def test_a_table_has_a_column_for_all_that_came_to_pass() -> None:
    known = judged("acc-002", Outcome.CRASHED, Standing.EXPECTED_FAILURE)
    late = judged("acc-003", Outcome.TIMED_OUT)
    table = shown(PASSED, known, late)[1:3]

    assert table[0].endswith("unsupported  blocked  crashed  timed out  expected failure")
    assert table[1].split()[-7:] == ["1", "-", "-", "-", "1", "1", "1"]


def test_a_table_counts_clauses_and_the_counts_below_it_rows() -> None:
    lines = shown(judged("inp-042/t"), failed("inp-042/view"), judged("inp-043/t"))

    assert lines[2].split()[-4:] == ["1", "1", "-", "-"]
    assert lines[-1].startswith("2 passed, 1 failed, ")


def test_findings_stand_from_the_gravest_to_the_slightest() -> None:
    slight = failed("acc-001", level=MAY)
    choice, leak, wrong = (
        failed("acc-002", nature=CONVENTION),
        failed("acc-003", nature=SAFETY),
        failed("acc-004"),
    )
    lines = shown(slight, choice, leak, wrong)
    told = [line.split()[0] for line in lines if ", accumulation] " in line]

    assert told == ["acc-004", "acc-003", "acc-002", "acc-001"]


def test_what_others_disturb_is_one_finding_before_conventions() -> None:
    state = {"kind": Kind.STATE, "message": "alone it passes; after bwd-001 it failed"}
    lines = shown(
        judged("acc-002", disturbed_by=("bwd-001",), script="go()", **state),
        judged("acc-003", disturbed_by=("bwd-001",), **state),
        judged("acc-005", disturbed_by=("rec-001", "rec-002"), **state),
        failed("acc-006", nature=CONVENTION),
    )
    first = next(n for n, line in enumerate(lines) if line.startswith("1. "))

    assert " ".join(line.strip() for line in lines[first : first + 2]) == (
        "1. depends on what ran before: 3 clauses pass alone, but not after bwd-001, rec-001 with "
        "rec-002: the engine keeps something between programs."
    )
    assert "   acc-002 [must, value, accumulation] disturbed" in lines
    assert "     go()" in lines
    assert "   also 2: acc-003, acc-005" in lines
    assert lines[lines.index("   also 2: acc-003, acc-005") + 1].endswith(
        "-k acc-002 --after bwd-001"
    )
    assert "; 3 disturbed, 1 unexpected failure; " in lines[-1]


def test_ten_findings_are_shown_and_the_others_counted() -> None:
    wrong = [failed(f"acc-{n:03}") for n in range(12)]
    some, every = shown(*wrong), shown(*wrong, everything=True)

    assert "2 more findings (2 failures) not shown: --all shows them" in some
    assert [line for line in some if line.startswith("10. ")]
    assert not [line for line in some if line.startswith("11. ")]
    assert [line for line in every if line.startswith("12. ")]
    assert not [line for line in every if "not shown" in line]


def test_a_finding_has_a_sentence_a_program_and_what_else_fails_by_it() -> None:
    cut_off = judged("acc-009", Outcome.BLOCKED, foundation="acc-002")
    habit = "a gradient is zero and should not be"
    short = failed("acc-002", habit=habit, found="0.0", expected="8.0", script="x\ny")
    lines = shown(short, failed("acc-003", habit=habit), cut_off)
    first = lines.index("1. wrong value: A gradient is zero and should not be.")

    assert lines[first : first + 14] == [
        "1. wrong value: A gradient is zero and should not be.",
        "   acc-002 [must, value, accumulation] unexpected failure",
        "   A backward pass adds.",
        "",
        "   failed (value)",
        "     found    0.0",
        "     expected 8.0",
        "",
        "     x",
        "     y",
        "",
        "   also 1: acc-003",
        "   blocks 1: acc-009",
        "   repeat it: gradspec run mine:Engine --no-expect -k acc-002",
    ]


def test_the_middle_of_a_long_program_is_left_out_unless_all_is_asked_for() -> None:
    long = failed("acc-002", script="\n".join(f"line {n}" for n in range(100)))
    lines = [line.strip() for line in shown(long)]
    place = lines.index("# ... 64 more lines, shown by gradspec run --all ...")

    assert (lines[place - 1], lines[place + 1]) == ("line 23", "line 88")
    assert "     line 50" in shown(long, everything=True)


@pytest.mark.parametrize("width", [30, 80])
def test_the_sentences_of_a_finding_keep_to_the_width(width: int) -> None:
    lines = printed(width, failed("acc-002", message="long " * 30, habit="it is wrong " * 9))
    begin = next(n for n, line in enumerate(lines) if line.startswith("1. "))

    assert all(
        len(line) <= width for line in lines[begin : lines.index("", begin)] if "[" not in line
    )
    assert lines[begin + 1].startswith("   ")


def test_what_is_declared_to_no_use_is_told_and_what_would_be_gained() -> None:
    engine = Started("toy", "1", "here", edition.needs("acc-003") - {"op:mul"} | {"memory"})
    lacking = [unsupported(name, "op:mul") for name in ("acc-003", "acc-001")]
    lines = shown(*lacking, engine=engine)

    assert "to declare more: `op:mul` would run 2 more clauses" in lines
    assert [line for line in lines if line.startswith("declared, never exercised: ")]


def test_what_was_not_run_is_counted_by_what_was_lacking() -> None:
    lines = shown(
        unsupported("acc-002", "tape"),
        unsupported("acc-003", "versions"),
        unsupported("acc-004", "versions"),
        CUT_OFF,
    )

    assert "3 unsupported, because the engine does not declare: versions (2), tape (1)" in lines
    assert "1 blocked, because they build on: bwd-001 (1)" in lines
    assert "see why it does not hold: gradspec run mine:Engine --no-expect -k bwd-001" in lines


def test_where_what_blocks_was_run_too_no_command_is_needed() -> None:
    lines = shown(judged("acc-004", Outcome.BLOCKED, foundation="acc-002"), failed("acc-002"))

    assert not [line for line in lines if line.startswith("see why")]


def test_of_many_words_the_first_twelve_are_named() -> None:
    lacking = [unsupported(f"acc-{n:03}", f"op:f{n:02}") for n in range(15)]
    (line,) = [line for line in shown(*lacking) if "does not declare" in line]

    assert line.endswith("op:f11 (1) and 3 more")


@pytest.mark.parametrize(
    ("missing", "sentence"),
    [
        (["acc-001"], "1 clause has no verdict: acc-001"),
        (["acc-001", "acc-002"], "2 clauses have no verdict: acc-001, acc-002"),
        ([f"acc-{n:03}" for n in range(13)], "acc-011 and 1 more"),
        ([f"acc-{n:03}" for n in range(12)], "acc-010, acc-011"),
    ],
)
def test_what_has_no_verdict_is_named(missing: list[str], sentence: str) -> None:
    (line,) = [line for line in shown(PASSED, missing=tuple(missing)) if "no verdict" in line]

    assert line.endswith(sentence)


def test_what_kept_the_run_from_being_whole_is_told() -> None:
    lines = shown(PASSED, complaints=("it broke",), least=3)

    assert "it broke" in lines
    assert [line for line in lines if line.startswith("1 clause ran, and 3 when")]


def test_of_what_did_not_run_no_natures_are_counted() -> None:
    lines = shown(unsupported("acc-001", "tape"))

    assert not [line for line in lines if line.startswith("passed, of what ran")]
    assert "no clause ran: each is unsupported, or builds on what does not hold" in lines


def test_a_stale_entry_is_told_with_its_line_and_what_to_do() -> None:
    entry = Entry("acc-009", "value", "known", Cause.BUG, line=7)
    lines = shown(PASSED, stale=(entry,), known=KNOWN)

    assert "stale entry (line 7): acc-009 was expected to fail; it never ran" in lines
    mend = "gradspec expect mine:Engine --write known.toml --accept ID"
    assert f"what is meant to stay so is written down by name: {mend}" in lines
    assert lines[-1].endswith("; 1 stale; 1 ran, 1 asserted something")


WORSE = "not as before, so look at it first: gradspec run mine:Engine --no-expect -k acc-001"
BETTER = (
    "passes now; to take its entry out: "
    "gradspec expect mine:Engine --write known.toml --accept acc-001"
)


@pytest.mark.parametrize("standing", Standing)
def test_what_is_not_as_before_is_to_be_looked_at_and_what_passes_to_be_taken_out(
    standing: Standing,
) -> None:
    lines = shown(judged(standing=standing), known=KNOWN)
    worse = standing in (Standing.CHANGED_FAILURE, Standing.UNEXPECTED_FAILURE)

    assert (WORSE in lines) is worse
    assert (BETTER in lines) is (standing is Standing.UNEXPECTED_PASS)
    assert any("expect mine:Engine --write" in line for line in lines) is standing.red


def test_where_there_is_no_file_nothing_is_said_of_one() -> None:
    lines = shown(failed("acc-001"))

    assert not any("gradspec expect" in line for line in lines)


def test_standings_are_counted() -> None:
    tally = shown(
        failed("acc-001"),
        failed("acc-002"),
        judged("acc-003", standing=Standing.UNEXPECTED_PASS),
        judged("acc-004", standing=Standing.UNEXPECTED_PASS),
        failed("acc-005", level=MAY),
    )[-1]

    assert "; 2 unexpected failures, 2 unexpected passes, 1 deviation; 5 ran, " in tally


def test_natures_are_counted_apart() -> None:
    lines = shown(PASSED, failed("acc-002"), judged("acc-003", nature=SAFETY))

    assert "passed, of what ran: value 1 of 2; safety 1 of 1" in lines


def test_what_a_person_copies_or_searches_for_is_not_broken_into_lines() -> None:
    run: dict[str, Any] = {
        "complaints": ("it broke " * 30,),
        "missing": tuple(f"acc-{n:03}" for n in range(20, 30)),
        "stale": (Entry("acc-009", "value", "known", Cause.BUG, line=7),),
    }
    found = [failed("acc-002", message="long " * 30), CUT_OFF, judged("acc-003", nature=SAFETY)]
    prose = ("they build on", "1. wrong value: ", "long long")
    lines = printed(400, *found, **run)[4:]
    whole = [line for line in lines if not any(part in line for part in prose)]
    narrow = printed(30, *found, **run)

    assert len(whole) > 15
    text = ("mend", "next: ", "left on all rungs: ")
    assert [line for line in whole if line not in narrow and not line.startswith(text)] == []


def test_what_is_read_on_a_terminal_is_broken_between_words() -> None:
    found = [failed("acc-002"), *(judged(f"acc-{n:03}", nature=SAFETY) for n in range(3, 12))]
    where = Console(file=io.StringIO(), width=40, force_terminal=True, color_system=None)
    show(result(*found), where)
    text = where.file.getvalue()  # type: ignore[attr-defined]
    last = text[text.index("passed 9 of 10") :].splitlines()

    assert max(map(len, last)) <= 40
    said = " ".join(" ".join(last).split())
    assert "1 failed, 0 errored, 0 unsupported, 0 blocked, 0 crashed, 0 timed out" in said


BOLD, GREEN, RED = "\x1b[1m", "\x1b[1;32m", "\x1b[1;31m"


def coloured(*found: Judged, **parts: Any) -> list[str]:
    """Print a result on a terminal with colours."""
    where = Console(
        file=io.StringIO(), width=200, force_terminal=True, color_system="standard", highlight=False
    )
    show(result(*found, **parts), where)
    return where.file.getvalue().splitlines()  # type: ignore[attr-defined, no-any-return]


@pytest.mark.parametrize(("found", "colour"), [(PASSED, GREEN), (failed("acc-002"), RED)])
def test_the_score_is_green_if_all_is_as_expected_and_red_if_not(
    found: Judged, colour: str
) -> None:
    (line,) = [line for line in coloured(found) if "clauses of profile" in line]

    assert line.startswith(f"{colour}passed ")


def test_headings_and_gaps_stand_out() -> None:
    lines = coloured(failed("acc-002"), complaints=("it broke",), missing=("acc-009",))

    assert f"{BOLD}1. wrong value: not so: A backward pass adds.\x1b[0m" in lines
    assert lines[1].startswith(f"{BOLD}chapter")
    assert f"{RED}it broke\x1b[0m" in lines
    assert f"{RED}1 clause has no verdict: acc-009\x1b[0m" in lines


def test_columns_have_the_colour_of_what_they_count() -> None:
    whole = "\n".join(coloured(PASSED, failed("acc-002"), unsupported("acc-003", "tape"), CUT_OFF))
    late = "\n".join(coloured(judged("acc-003", Outcome.TIMED_OUT)))
    known = "\n".join(coloured(judged(standing=Standing.EXPECTED_FAILURE)))

    assert "\x1b[32m" in whole
    assert "\x1b[31m" in whole
    assert "\x1b[33m" in whole
    assert "\x1b[36m" not in whole
    assert f"{RED}" in late
    assert "\x1b[36m" in known


# progress -----------------------------------------------------------------------------
def watched(where: Console, *found: Judged) -> str:
    """Watch a run proceed."""
    with RunProgress(where, "mine") as progress:
        progress.begin(9)
        for one in found:
            progress.see(one)
        progress._progress.refresh()
        assert progress._progress.live.is_started is where.is_terminal
    assert not progress._progress.live.is_started
    return where.file.getvalue()  # type: ignore[attr-defined, no-any-return]


def test_a_bar_says_how_far_it_is_and_how_much_is_red() -> None:
    where = Console(file=io.StringIO(), force_terminal=True, width=120)
    printed = watched(where, PASSED, failed("acc-002"), failed("acc-003", level=MAY))

    assert chapters.find("accumulation").title in printed
    assert "3/9" in printed
    assert "1 red" in printed


def test_where_there_is_no_terminal_there_is_no_bar() -> None:
    assert watched(Console(file=io.StringIO()), PASSED) == ""


def test_a_pipe_is_wide_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")

    assert console().width == 120


def test_markup_in_the_name_of_an_engine_is_only_text() -> None:
    engine = Started("[/]", "[red]1", "here", frozenset())

    assert shown(PASSED, engine=engine)[0] == "[/] [red]1 (here)"


def test_markup_in_what_was_asked_for_is_only_text() -> None:
    where = Console(file=io.StringIO(), force_terminal=True)
    with RunProgress(where, "[/].py:Engine") as progress:
        progress.begin(1)
