"""An expectations file is an assertion: what does not hold of it is red, and told with its line."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from gradspec import CASES, MAY, MUST, SHOULD, edition
from gradspec.exceptions import FailureKind
from gradspec.program.steps import Program
from gradspec.program.storing import to_json
from gradspec.writing.clause import INFORMATIVE
from gradspec_conformance.exceptions import MalformedExpectations
from gradspec_conformance.execution.verdict import Kind, Outcome, Verdict
from gradspec_conformance.known.entry import FORMER, Cause, Entry
from gradspec_conformance.known.expectations import PLACES, Expectations, Standing
from gradspec_conformance.known.file import write_entries
from gradspec_conformance.known.renewal import UNEXPLAINED, renewed

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradspec.rank import Level

    Load = Callable[[str], Expectations]

IDS = ["acc-001", "acc-002", "life-001", "life-002", "life-003"]

FILE = """
[[expected]]
clause = "acc-001"
kind = "value"
class = "bug"
reason = "It replaces the gradient."

[[expected]]
clause = "life-*"
verdict = "errored"
kind = "refused"
error_kind = "graph-freed"
class = "design"
reason = "It keeps nothing."
"""


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Load expectations from a text."""

    def loaded(text: str) -> Expectations:
        file = tmp_path / "engine.toml"
        file.write_text(text)
        return Expectations.load(file, clauses=IDS)

    return loaded


def failed(clause_id: str, kind: str = "value", outcome: Outcome = Outcome.FAILED) -> Verdict:
    """Give the verdict of a clause that failed."""
    return Verdict(clause_id, outcome, Kind(kind))


def refused(clause_id: str, error_kind: str = "graph-freed") -> Verdict:
    """Give the verdict of a clause whose engine refused."""
    return Verdict(clause_id, Outcome.ERRORED, Kind.REFUSED, error_kind=error_kind)


def ended(clause_id: str, signal: str) -> Verdict:
    """Give the verdict of a clause that a signal ended."""
    return Verdict(clause_id, Outcome.CRASHED, Kind.SIGNAL, signal=signal)


@pytest.mark.parametrize(
    ("verdict", "standing"),
    [
        (Verdict("acc-002", Outcome.PASSED), Standing.AS_DEMANDED),
        (failed("acc-001"), Standing.EXPECTED_FAILURE),
        (failed("acc-001", "shape"), Standing.CHANGED_FAILURE),
        (failed("acc-001", "value", Outcome.ERRORED), Standing.CHANGED_FAILURE),
        (Verdict("acc-001", Outcome.PASSED), Standing.UNEXPECTED_PASS),
        (failed("acc-002"), Standing.UNEXPECTED_FAILURE),
        (refused("life-002"), Standing.EXPECTED_FAILURE),
        (Verdict("life-002", Outcome.PASSED), Standing.UNEXPECTED_PASS),
        (Verdict("life-002", Outcome.BLOCKED, foundation="life-001"), Standing.NOT_RUN),
        (failed("acc-001", Kind.CONSULTED, Outcome.ERRORED), Standing.UNEXPECTED_FAILURE),
        (failed("acc-001", Kind.TAMPERED, Outcome.ERRORED), Standing.UNEXPECTED_FAILURE),
        (Verdict("acc-001", Outcome.UNSUPPORTED, lacking="tape"), Standing.NOT_RUN),
        (ended("acc-001", "SIGSEGV"), Standing.CHANGED_FAILURE),
    ],
)
def test_a_verdict_stands_beside_its_entry(
    load: Load, verdict: Verdict, standing: Standing
) -> None:
    assert load(FILE).standing_of(verdict, MUST) is standing


def test_a_clause_that_does_not_bind_deviates_unless_an_entry_speaks_of_it(load: Load) -> None:
    expectations = load(FILE)

    assert expectations.standing_of(failed("acc-002"), SHOULD) is Standing.DEVIATION
    assert expectations.standing_of(failed("acc-001", "shape"), SHOULD) is Standing.CHANGED_FAILURE


@pytest.mark.parametrize(
    ("level", "outcome", "standing"),
    [
        (SHOULD, Outcome.ERRORED, Standing.UNEXPECTED_FAILURE),
        (SHOULD, Outcome.CRASHED, Standing.UNEXPECTED_FAILURE),
        (SHOULD, Outcome.TIMED_OUT, Standing.UNEXPECTED_FAILURE),
        (MAY, Outcome.FAILED, Standing.DEVIATION),
        (MAY, Outcome.ERRORED, Standing.DEVIATION),
        (MAY, Outcome.CRASHED, Standing.UNEXPECTED_FAILURE),
        (MAY, Outcome.TIMED_OUT, Standing.UNEXPECTED_FAILURE),
    ],
)
def test_what_is_recommended_may_be_done_otherwise_and_not_break(
    level: Level, outcome: Outcome, standing: Standing
) -> None:
    verdict = Verdict("acc-001", outcome, Kind.RAISED, exception="NameError")

    assert Expectations.none().standing_of(verdict, level) is standing


def test_exactly_three_standings_are_red() -> None:
    red = {standing for standing in Standing if standing.red}

    assert red == {
        Standing.UNEXPECTED_PASS,
        Standing.CHANGED_FAILURE,
        Standing.UNEXPECTED_FAILURE,
    }


def test_an_entry_is_stale_where_its_clause_was_selected_and_not_run(load: Load) -> None:
    verdicts = [
        Verdict("acc-001", Outcome.UNSUPPORTED, lacking="tape"),
        Verdict("life-001", Outcome.UNSUPPORTED, lacking="tape"),
        refused("life-002"),
    ]
    stale = load(FILE).stale(verdicts)

    assert [entry.clause for entry in stale] == ["acc-001"]


def test_an_entry_is_not_stale_where_its_clause_was_not_selected(load: Load) -> None:
    assert load(FILE).stale([Verdict("acc-002", Outcome.PASSED)]) == []


def test_a_crash_need_not_say_how(load: Load) -> None:
    entry = 'clause = "acc-001"\nverdict = "crashed"\nclass = "bug"\nreason = "It crashes."'
    expectations = load(f"[[expected]]\n{entry}")
    crash = ended("acc-001", "SIGSEGV")

    assert expectations.standing_of(crash, MUST) is Standing.EXPECTED_FAILURE


ENDS = """
[[expected]]
clause = "acc-001"
verdict = "{verdict}"
{how}
class = "bug"
reason = "It ends."
"""


SEGFAULT = 'kind = "signal"\nsignal = "SIGSEGV"'
EXITED = 'kind = "exit"'
OVERFLOW = 'kind = "raised"\nexception = "OverflowError"'
FREED = 'kind = "refused"\nerror_kind = "graph-freed"'
LATE = Verdict("acc-001", Outcome.TIMED_OUT, Kind.TIMEOUT)
RAISED = Verdict("acc-001", Outcome.ERRORED, Kind.RAISED, exception="OverflowError")


@pytest.mark.parametrize(
    ("outcome", "how", "verdict", "foreseen"),
    [
        ("crashed", SEGFAULT, ended("acc-001", "SIGSEGV"), True),
        ("crashed", SEGFAULT, ended("acc-001", "SIGABRT"), False),
        ("crashed", SEGFAULT, Verdict("acc-001", Outcome.CRASHED, Kind.EXIT), False),
        ("crashed", SEGFAULT, LATE, False),
        ("crashed", EXITED, Verdict("acc-001", Outcome.CRASHED, Kind.EXIT), True),
        ("crashed", EXITED, ended("acc-001", "SIGSEGV"), False),
        ("crashed", "", ended("acc-001", "SIGABRT"), True),
        ("crashed", "", LATE, False),
        ("crashed", "", failed("acc-001"), False),
        ("timed_out", "", LATE, True),
        ("timed_out", "", ended("acc-001", "SIGSEGV"), False),
        ("errored", OVERFLOW, RAISED, True),
        ("errored", OVERFLOW, replace(RAISED, exception="ValueError"), False),
        ("errored", OVERFLOW, replace(RAISED, outcome=Outcome.CRASHED), False),
        ("errored", FREED, refused("acc-001"), True),
        ("errored", FREED, refused("acc-001", "hook-result"), False),
        ("errored", FREED, RAISED, False),
    ],
)
def test_an_entry_for_one_end_does_not_excuse_another(
    load: Load, outcome: str, how: str, verdict: Verdict, foreseen: bool
) -> None:
    standing = load(ENDS.format(verdict=outcome, how=how)).standing_of(verdict, MUST)

    assert standing is (Standing.EXPECTED_FAILURE if foreseen else Standing.CHANGED_FAILURE)


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ('kind = "refused"', "the entry has no error_kind: say which"),
        ('kind = "raised"', "the entry has no exception: say which"),
        ('kind = "signal"', "the entry has no signal: say which"),
        (f'{SEGFAULT}\nexception = "OSError"', "exception belongs to entries of kind 'raised'"),
        ('exception = "OSError"', "exception belongs to entries of kind 'raised'"),
        ('kind = "refused"\nerror_kind = "grph-freed"', "no error is of kind 'grph-freed'; did"),
        ('kind = "riased"', "no clause is crashed with 'riased'; did you mean raised"),
        ('kind = "value"', "no clause is crashed with 'value': it is one of refused, raised"),
        ('kind = "depends on what ran before"', "no clause is crashed with 'depends on what ran"),
    ],
)
def test_an_entry_says_what_is_particular_to_its_kind_and_nothing_else(
    load: Load, how: str, reason: str
) -> None:
    with pytest.raises(MalformedExpectations) as caught:
        load(ENDS.format(verdict="crashed", how=how))

    assert caught.value.reason.startswith(reason)


@pytest.mark.parametrize(
    "verdict", [refused("acc-001"), ended("acc-001", "SIGILL"), RAISED, LATE, failed("acc-001")]
)
def test_what_is_written_of_a_verdict_foresees_it(load: Load, verdict: Verdict) -> None:
    entries = renewed(Expectations.none(), [verdict], {"acc-001": CLAUSE})
    expectations = load(write_entries(entries, "A heading"))

    assert expectations.standing_of(verdict, MUST) is Standing.EXPECTED_FAILURE


def test_what_others_disturb_has_passed_and_an_entry_for_it_is_wrong() -> None:
    state = Verdict("acc-001", Outcome.PASSED, Kind.STATE, disturbed_by=("acc-002",))
    known = Expectations((Entry("acc-001", "value", "known", Cause.BUG),))

    assert Expectations.none().standing_of(state, MUST) is Standing.DISTURBED
    assert not Standing.DISTURBED.red
    assert known.standing_of(state, MUST) is Standing.UNEXPECTED_PASS
    assert renewed(known, [state], {"acc-001": CLAUSE}) == []


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.ERRORED])
def test_only_an_end_of_the_process_need_not_say_how(outcome: Outcome) -> None:
    entry = Entry("acc-001", None, "known", Cause.BUG, outcome)

    assert not entry.foresees(Verdict("acc-001", outcome, "value"))


@pytest.mark.parametrize("outcome", [Outcome.CRASHED, Outcome.TIMED_OUT])
def test_an_entry_for_an_end_that_came_is_not_stale(outcome: Outcome) -> None:
    known = Expectations((Entry("acc-001", None, "known", Cause.BUG, outcome),))

    assert known.stale([replace(ended("acc-001", "SIGSEGV"), outcome=outcome)]) == []


def test_an_entry_of_a_clauses_own_goes_before_a_pattern() -> None:
    pattern = Entry("acc-*", "value", "known", Cause.BUG)
    own = Entry("acc-002", "shape", "known", Cause.BUG)
    known = Expectations((pattern, own))

    assert known.entry("acc-002") is own
    assert known.entry("acc-001") is pattern
    assert known.entry("life-001") is None


def test_of_two_patterns_the_first_speaks() -> None:
    first, second = (Entry(p, "value", "known", Cause.BUG) for p in ("acc-0*", "acc-*"))

    assert Expectations((first, second)).entry("acc-001") is first


@pytest.mark.parametrize(
    ("clause", "is_pattern"),
    [("acc-001", False), ("acc-*", True), ("acc-00?", True), ("acc-00[12]", True)],
)
def test_a_sign_makes_a_pattern(clause: str, is_pattern: bool) -> None:
    assert Entry(clause, "value", "known", Cause.BUG).is_pattern is is_pattern


def test_an_id_of_several_rows_is_a_pattern(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = {"inp-042": ("inp-042/t", "inp-042/view"), "op-012": ("inp-042/view",)}
    monkeypatch.setattr(edition, "resolve", lambda name: rows.get(name, ()))
    several, one = (Entry(name, "value", "known", Cause.BUG) for name in rows)

    assert (several.is_pattern, one.is_pattern) == (True, False)
    assert several.speaks_of("inp-042/t")
    assert one.speaks_of("inp-042/view")
    assert not one.speaks_of("inp-042/t")


@pytest.mark.parametrize("cause", Cause)
def test_every_cause_says_what_it_means(cause: Cause) -> None:
    assert cause.sentence.endswith(".")


def test_the_program_of_a_law_is_read_back(load: Load) -> None:
    program = to_json(Program())
    expectations = load(FILE.replace('"bug"', f"\"bug\"\nprogram = '{program}'"))

    assert expectations.known_program("acc-001") == program
    assert expectations.known_program("life-001") is None


@pytest.mark.parametrize(
    ("wrong", "line", "sentence"),
    [
        (FILE.replace("[[expected]]", "[[expected]", 1), 2, "not TOML"),
        (FILE.replace("acc-001", "acc-01"), 3, r"'acc-01'; did you mean acc-001"),
        (FILE.replace("life-*", "lives-*"), 9, "no clause is called or matched"),
        (FILE.replace('"value"', '"valeu"'), 4, r"'valeu'; did you mean value"),
        (FILE.replace('"bug"', '"bugs"'), 5, "did you mean bug"),
        (FILE.replace('"errored"', '"sad"'), 10, "it is one of failed, errored"),
        (FILE.replace('reason = "It keeps nothing."', ""), 8, "the entry has no reason"),
        (FILE.replace('kind = "value"', "kind = 7"), 4, "kind is a int, expected a text"),
        (FILE.replace('kind = "value"', ""), 2, "the entry has no kind"),
        (FILE.replace("kind", "knid", 1), 4, r"no key 'knid'; did you mean kind"),
        (FILE.replace("life-*", "acc-001"), 8, "has an entry already, in line 2"),
        ("unexpected = 1", 1, "'unexpected' does not belong here"),
        (FILE.replace('"bug"', '"bug"\nprogram = "{}"'), 6, "program cannot be read"),
    ],
)
def test_what_is_malformed_is_told_with_its_line(
    load: Load, wrong: str, line: int, sentence: str
) -> None:
    with pytest.raises(MalformedExpectations, match=sentence) as caught:
        load(wrong)

    assert caught.value.line == line


KEYS = "clause, verdict, kind, error_kind, exception, signal, class, reason, program"
BELONGS = (
    f"does not belong here: a file holds edition = {edition.EDITION!r}, ran = N "
    "and [[expected]] entries"
)


@pytest.mark.parametrize(
    ("wrong", "line", "reason"),
    [
        (FILE.replace("kind", "zzz", 1), 4, f"an entry has no key 'zzz': it is one of {KEYS}"),
        (
            FILE.replace("acc-001", "zzz"),
            3,
            "no clause is called or matched by 'zzz': see gradspec list",
        ),
        (
            FILE.replace('"bug"', '"zzz"'),
            5,
            f"class cannot be 'zzz': it is one of {', '.join(Cause)}",
        ),
        (
            FILE.replace('"value"', '"zzz"'),
            4,
            f"no clause fails with 'zzz': it is one of {', '.join(FailureKind)}",
        ),
        (
            FILE.replace('reason = "It replaces the gradient."', 'reason = " "'),
            6,
            "the entry has no reason: add one",
        ),
        (FILE.replace('class = "bug"\n', ""), 2, "the entry has no class: add one"),
        (
            FILE.replace('kind = "value"', ""),
            2,
            "the entry has no kind: say in which way the clause fails",
        ),
        (FILE.replace("life-*", "acc-001"), 8, "acc-001 has an entry already, in line 2: keep one"),
        ("# a comment\nran = -1", 2, f"'ran' {BELONGS}"),
        ("ran = true", 1, f"'ran' {BELONGS}"),
        ('ran = "12"', 1, f"'ran' {BELONGS}"),
        ("ran = 1\nexpected = 3", 2, f"'expected' {BELONGS}"),
        ("expected = [3]", 1, f"'expected' {BELONGS}"),
    ],
)
def test_what_is_malformed_is_told_in_full(load: Load, wrong: str, line: int, reason: str) -> None:
    with pytest.raises(MalformedExpectations) as caught:
        load(wrong)

    assert (caught.value.line, caught.value.reason) == (line, reason)
    assert str(caught.value).endswith(f"engine.toml:{line}: {reason}")


def test_a_file_that_breaks_off_is_told_with_its_last_line(load: Load) -> None:
    with pytest.raises(MalformedExpectations, match="not TOML") as caught:
        load('ran = 1\n[[expected]]\nreason = """breaks off')

    assert caught.value.line == 3


@pytest.mark.parametrize("text", ["", "ran = 3", "# only a comment\n"])
def test_a_file_may_be_nearly_empty(load: Load, text: str) -> None:
    assert load(text).entries == ()


def test_keys_may_be_quoted_and_headers_spaced(load: Load) -> None:
    text = FILE.replace("[[expected]]", "  [[ expected ]]").replace("\nkind", '\n"kind"')
    with pytest.raises(MalformedExpectations) as caught:
        load(text.replace('"value"', '"zzz"'))

    assert [entry.line for entry in load(text).entries] == [2, 8]
    assert caught.value.line == 4


def test_a_written_file_says_no_more_than_there_is() -> None:
    entry = Entry("acc-001", "value", "It isn't so.", Cause.BUG)
    hang = Entry("acc-002", None, "It hangs.", Cause.BUG, Outcome.TIMED_OUT, program='{"a": 1}')

    assert write_entries([entry, hang], "One\n\ntwo", 7) == (
        f'# One\n#\n# two\n\nedition = "{edition.EDITION}"\nran = 7\n'
        f"\n#: {CASES['acc-001'].statement}\n"
        '[[expected]]\nclause = "acc-001"\nkind = "value"\nclass = "bug"\n'
        'reason = "It isn\'t so."\n'
        f"\n#: {CASES['acc-002'].statement}\n"
        '[[expected]]\nclause = "acc-002"\nverdict = "timed_out"\nclass = "bug"\n'
        'reason = "It hangs."\nprogram = \'{"a": 1}\'\n'
    )


def test_an_entry_under_an_older_id_is_an_entry_of_the_same_row(tmp_path: Path) -> None:
    file = tmp_path / "engine.toml"
    file.write_text(FILE.replace("acc-001", "inp-046/copy").replace("life-*", "inp-046b"))
    with pytest.raises(MalformedExpectations, match="inp-046b has an entry already, in line 2"):
        Expectations.load(file)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(MalformedExpectations, match="cannot be read"):
        Expectations.load(tmp_path / "none.toml", clauses=IDS)


def test_a_file_that_is_no_text_is_told(tmp_path: Path) -> None:
    file = tmp_path / "engine.toml"
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(MalformedExpectations, match="is not UTF-8: save it as UTF-8"):
        Expectations.load(file)


def test_what_no_program_can_fail_is_not_expected_to_fail(tmp_path: Path) -> None:
    file = tmp_path / "engine.toml"
    file.write_text(FILE.replace("acc-001", next(iter(INFORMATIVE))))
    with pytest.raises(MalformedExpectations, match="is informative: no program can fail it"):
        Expectations.load(file)


def test_a_clause_that_the_edition_does_not_list_yet_may_be_expected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "engine.toml"
    file.write_text(FILE.replace("acc-001", "acc-299"))
    monkeypatch.setitem(CASES, "acc-299", CASES["acc-001"])

    assert Expectations.load(file).entries[0].clause == "acc-299"


# what a person wrote in it ------------------------------------------------------------
WRITTEN = """# The heading,
#   of two lines.

edition = "torch-2.13/1"
# how many ran on Linux
ran = 3

# --- bugs ---

# see issue 12
#: a sentence of an older edition
[[expected]]
clause = "acc-001"  # the first
kind = 'value'

# why, in short
class = "bug"
reason = "It replaces the gradient."

# to be looked into
[[expected]]
clause = "life-*"
kind = "value"
class = "choice"
reason = '''
#: no comment
'''

# the end
"""


def again(known: Expectations) -> str:
    """Write expectations as they were read."""
    return write_entries(
        known.entries, known.heading, known.ran, made_for=known.made_for, ending=known.ending
    )


def test_comments_and_texts_of_a_persons_own_are_kept(load: Load) -> None:
    text = again(load(WRITTEN))
    own = [line for line in WRITTEN.splitlines() if line and not line.startswith("#: a sentence")]
    kept = [line for line in text.splitlines() if line]

    assert [line for line in own if line not in kept] == []
    assert kept.count("#: no comment") == 1
    assert (
        text.count("#: ") == 6
    )  # of acc-001, of three of life, that there are more, and no comment
    assert "#: a sentence of an older edition" not in text
    assert again(load(text)) == text
    assert load(text).entries == load(WRITTEN).entries


def test_each_entry_shows_what_its_clause_demands() -> None:
    def says(clause: str) -> list[str]:
        text = write_entries([Entry(clause, Kind.VALUE, "It does.", Cause.BUG)], "")
        return [line for line in text.splitlines() if line.startswith("#:")]

    assert says("acc-001") == [f"#: {CASES['acc-001'].statement}"]
    assert says("inp-046b") == [f"#: {CASES[edition.resolve('inp-046b')[0]].statement}"]
    assert says("leaf-003") == [
        "#: Given <row>, requires_grad_() sets the flag of a leaf and returns the same tensor."
    ]
    assert says("life-*")[3].endswith("clauses more")


@pytest.mark.parametrize(("former", "cause"), FORMER.items())
def test_a_class_may_have_its_former_name(load: Load, former: str, cause: Cause) -> None:
    assert load(FILE.replace("bug", former)).entries[0].cause is cause


# the edition that it was made for -----------------------------------------------------
OLD, NEW = edition.EDITION, "torch-2.13/2"


@pytest.fixture
def _newer_edition(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let there be another edition, with which acc-002 and life-003 came."""
    demand = edition.demand

    def with_since(identifier: str) -> Any:
        found = demand(identifier)
        is_new = found is not None and identifier in ("acc-002", "life-003")
        return replace(found, since=NEW) if is_new else found  # type: ignore[type-var]

    monkeypatch.setattr(edition, "EDITIONS", (OLD, NEW))
    monkeypatch.setattr(edition, "demand", with_since)


def made_for(name: str) -> str:
    """Write a file for an edition."""
    return f'edition = "{name}"\n{FILE}'


@pytest.mark.usefixtures("_newer_edition")
@pytest.mark.parametrize(
    ("verdict", "standing"),
    [
        (failed("acc-002"), Standing.NEWER),
        (Verdict("acc-002", Outcome.CRASHED, Kind.SIGNAL, signal="SIGSEGV"), Standing.NEWER),
        (Verdict("acc-002", Outcome.PASSED), Standing.AS_DEMANDED),
        (failed("acc-002", Kind.TAMPERED, Outcome.ERRORED), Standing.UNEXPECTED_FAILURE),
        (refused("life-003"), Standing.EXPECTED_FAILURE),
        (failed("life-003"), Standing.NEWER),
        (Verdict("life-003", Outcome.PASSED), Standing.AS_DEMANDED),
        (failed("life-002"), Standing.CHANGED_FAILURE),
        (Verdict("life-002", Outcome.PASSED), Standing.UNEXPECTED_PASS),
    ],
)
def test_what_came_after_the_edition_of_a_file_does_not_gate(
    load: Load, verdict: Verdict, standing: Standing
) -> None:
    assert load(made_for(OLD)).standing_of(verdict, MUST) is standing


@pytest.mark.usefixtures("_newer_edition")
@pytest.mark.parametrize("text", [made_for(NEW), FILE], ids=["raised", "of no edition"])
def test_where_the_edition_is_raised_or_not_named_all_clauses_gate(load: Load, text: str) -> None:
    assert load(text).standing_of(failed("acc-002"), MUST) is Standing.UNEXPECTED_FAILURE
    assert load(text).standing_of(failed("life-003"), MUST) is Standing.CHANGED_FAILURE


@pytest.mark.usefixtures("_newer_edition")
def test_an_entry_of_a_newer_clauses_own_is_an_assertion(load: Load) -> None:
    known = load(made_for(OLD).replace("acc-001", "acc-002"))

    assert known.standing_of(failed("acc-002", "shape"), MUST) is Standing.CHANGED_FAILURE
    assert known.standing_of(Verdict("acc-002", Outcome.PASSED), MUST) is Standing.UNEXPECTED_PASS


@pytest.mark.usefixtures("_newer_edition")
def test_what_an_older_edition_had_may_still_stand_in_its_file(tmp_path: Path) -> None:
    file = tmp_path / "engine.toml"
    file.write_text(made_for(OLD).replace("acc-001", "acc-888"))
    known = Expectations.load(file)

    assert [entry.clause for entry in known.gone] == ["acc-888"]
    file.write_text(made_for(NEW).replace("acc-001", "acc-888"))
    with pytest.raises(MalformedExpectations, match="no clause is called or matched by 'acc-888'"):
        Expectations.load(file)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        (
            '"torch-2.13/2"',
            "made for edition torch-2.13/2, and this gradspec has torch-2.13/1: ins",
        ),
        (
            '"torch-2.14/1"',
            "made for edition torch-2.14/1, and this gradspec has torch-2.13/1: ins",
        ),
        ('"torch-2.13/0"', "there is no edition 'torch-2.13/0'"),
        ('"torch-2.13"', "there is no edition 'torch-2.13'"),
        ('"2"', "there is no edition '2': it is one of torch-2.13/1"),
        ('""', "there is no edition '': it is one of torch-2.13/1"),
        ("1", "there is no edition 1: it is one of torch-2.13/1"),
        ("[1]", "there is no edition [1]"),
        (f'"torch-2.{"9" * 9000}/1"', "there is no edition"),
    ],
    ids=range(9),
)
def test_an_edition_that_is_not_there_is_told(load: Load, name: str, sentence: str) -> None:
    with pytest.raises(MalformedExpectations, match=re.escape(sentence)) as caught:
        load(f"# a comment\nedition = {name}\n{FILE}")

    assert caught.value.line == 2


def test_what_is_written_is_read_back(load: Load) -> None:
    entries = (
        Entry("acc-001", "value", 'He said "no".', Cause.BUG, line=3),
        Entry("life-*", None, "It isn't so.", Cause.UNKNOWN, Outcome.TIMED_OUT, line=9),
    )
    text = write_entries(entries, "A heading\nof two lines")

    assert list(load(text).entries) == list(entries)
    assert load(text).heading == "A heading\nof two lines"


@pytest.mark.parametrize(
    "reason",
    [
        "plain",
        'with "double"',
        "with 'single'",
        """with 'single' and "double" ones""",
        "two\nlines",
        "\\",
    ],
)
def test_any_reason_is_written_so_that_it_can_be_read(load: Load, reason: str) -> None:
    entry = Entry("acc-001", "value", reason, Cause.BUG)
    (found,) = load(write_entries([entry], "")).entries

    assert found.reason == reason


def test_how_many_clauses_ran_is_written_and_read_back(load: Load) -> None:
    assert load(write_entries([], "A heading", ran=0)).ran == 0
    assert load(write_entries([], "A heading", ran=12)).ran == 12
    assert load(write_entries([], "A heading")).ran is None


CLAUSE: Any = SimpleNamespace(is_law=False)
LAW: Any = SimpleNamespace(is_law=True)


def test_entries_that_hold_are_kept_and_the_others_renewed(load: Load) -> None:
    verdicts = [
        failed("acc-001"),
        failed("acc-002", "shape"),
        refused("life-001"),
        Verdict("life-002", Outcome.PASSED),
    ]
    entries = renewed(load(FILE), verdicts, dict.fromkeys(IDS, CLAUSE))

    assert [(e.clause, e.particular or e.kind, e.reason) for e in entries] == [
        ("acc-001", "value", "It replaces the gradient."),
        ("acc-002", "shape", UNEXPLAINED),
        ("life-001", "graph-freed", "It keeps nothing."),
    ]


def test_a_pattern_that_holds_of_all_that_it_matches_stays_one(load: Load) -> None:
    verdicts = [refused(i) for i in IDS if "life" in i]
    entries = renewed(load(FILE), verdicts, dict.fromkeys(IDS, CLAUSE))

    assert [entry.clause for entry in entries] == ["life-*"]


def test_of_a_pattern_that_is_broken_what_nobody_accepted_stays_as_it_was(load: Load) -> None:
    verdicts = [
        Verdict("life-001", Outcome.PASSED),
        Verdict("life-002", Outcome.PASSED),
        refused("life-003"),
    ]
    old, clauses = load(FILE), dict.fromkeys(IDS, CLAUSE)
    nothing = renewed(old, verdicts, clauses, lambda _: False)
    one = renewed(old, verdicts, clauses, lambda name: name == "life-001")

    assert nothing == list(old.entries)
    assert [e.clause for e in one] == ["acc-001", "life-002", "life-003"]
    assert one[1].reason == "It keeps nothing."


def test_what_fails_otherwise_than_its_pattern_gets_an_entry_before_it(load: Load) -> None:
    verdicts = [refused("life-001"), failed("life-002", "shape"), refused("life-003")]
    old, clauses = load(FILE), dict.fromkeys(IDS, CLAUSE)
    entries = renewed(old, verdicts, clauses, lambda name: name == "life-002")
    new = Expectations(tuple(entries))

    assert [e.clause for e in entries] == ["acc-001", "life-*", "life-002"]
    assert {new.standing_of(v, MUST) for v in verdicts} == {Standing.EXPECTED_FAILURE}
    assert entries[2].reason == f"{UNEXPLAINED} (it was said before: It keeps nothing.)"


def test_entries_stay_in_the_order_of_their_file(load: Load) -> None:
    entries = ["life-003", "acc-002", "life-001", "acc-001"]
    text = "".join(FILE_OF_ONE.format(clause) for clause in entries)
    verdicts = [failed(i) for i in IDS]
    kept = renewed(load(text), verdicts, dict.fromkeys(IDS, CLAUSE), lambda _: False)

    assert [e.clause for e in kept] == entries


FILE_OF_ONE = """
[[expected]]
clause = "{}"
kind = "value"
class = "bug"
reason = "It does."
"""


def test_the_smallest_example_of_a_law_is_stored() -> None:
    verdict = Verdict("acc-001", Outcome.FAILED, "value", program="{...}")
    (entry,) = renewed(Expectations.none(), [verdict], {"acc-001": LAW})

    assert entry.program == "{...}"


@pytest.mark.parametrize(
    ("clause", "name", "stored"),
    [(LAW, "acc-001", True), (CLAUSE, "acc-001", False), (LAW, "acc-*", False)],
    ids=["a law", "a clause", "a pattern"],
)
def test_the_program_is_stored_of_a_law_that_has_an_entry_of_its_own(
    clause: Any, name: str, stored: bool
) -> None:
    verdict = Verdict("acc-001", Outcome.FAILED, "value", program="{...}")
    old = Expectations((Entry(name, "value", "known", Cause.BUG),))
    (entry,) = renewed(old, [verdict], {"acc-001": clause})

    assert (entry.clause, entry.program) == (name, "{...}" if stored else None)


def test_a_stored_program_is_kept() -> None:
    verdict = Verdict("acc-001", Outcome.FAILED, "value", program="{new}")
    old = Expectations((Entry("acc-001", "value", "known", Cause.BUG, program="{old}"),))
    (entry,) = renewed(old, [verdict], {"acc-001": LAW})

    assert entry.program == "{old}"
    assert old.known_program("acc-001") == "{old}"


@pytest.mark.parametrize("kind", [Kind.CONSULTED, Kind.TAMPERED])
def test_what_nothing_excuses_gets_no_entry(kind: str) -> None:
    verdict = failed("acc-001", kind, Outcome.ERRORED)

    assert renewed(Expectations.none(), [verdict], {"acc-001": CLAUSE}) == []


@pytest.mark.parametrize("outcome", Outcome)
def test_what_failed_in_any_way_gets_an_entry(outcome: Outcome) -> None:
    entries = renewed(Expectations.none(), [Verdict("acc-001", outcome)], {"acc-001": CLAUSE})
    failures = (Outcome.FAILED, Outcome.ERRORED, Outcome.CRASHED, Outcome.TIMED_OUT)

    assert [entry.verdict for entry in entries] == ([outcome] if outcome in failures else [])


def test_the_strangers_bring_their_expectations() -> None:
    for name in ("autograd", "jax", "micrograd", "mygrad", "pydynet", "tinygrad"):
        path = Expectations.for_engine(name)

        assert path is not None
        assert Expectations.load(path).entries
        assert UNEXPLAINED not in path.read_text()


@pytest.mark.parametrize("file", sorted(PLACES[1].glob("*.toml")), ids=lambda file: file.stem)
def test_what_ships_names_the_edition_shows_each_sentence_and_is_explained(file: Path) -> None:
    known = Expectations.load(file)

    assert known.made_for == edition.EDITION
    assert not [entry for entry in known.entries if entry.is_unexplained]
    assert again(known) == file.read_text(), f"gradspec expect {file.stem} --write {file}"


def test_another_engine_brings_none() -> None:
    assert Expectations.for_engine("../secret") is None


def test_what_was_written_can_be_read_back_whatever_is_in_it(tmp_path: Path) -> None:
    file = tmp_path / "known.toml"
    clauses = ["acc-001", "acc-002", "acc-003", "acc-004"]
    reasons = ["a bell \a and \x1b[31m", "'\"\\", "\N{GRINNING FACE}\u2028", "\ud800?"]
    names = ["", "A\x7f", "\N{GRINNING FACE}\n", "'\""]
    entries = [
        Entry(clause, Kind.RAISED, reason, Cause.BUG, Outcome.ERRORED, name)
        for clause, reason, name in zip(clauses, reasons, names, strict=True)
    ]
    file.write_text(write_entries(entries, "of \a \x1b[31m \x0b and \u2028"), "utf-8")
    read = Expectations.load(file).entries

    assert [entry.particular for entry in read] == names
    assert [entry.reason for entry in read] == [*reasons[:3], "??"]


@pytest.mark.parametrize(
    "text",
    [
        "ran = " + "9" * 5000,
        "ran = " + "[" * 60_000,
        "[" + "a." * 60_000 + "a]",
        FILE.replace('"bug"', f"\"bug\"\nprogram = '{'[' * 60_000}'"),
        "\0",
    ],
)
def test_what_is_deep_or_huge_is_told(load: Load, text: str) -> None:
    with pytest.raises(MalformedExpectations):
        load(text)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no such files there")
def test_what_has_no_end_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    for path in (tmp_path / "fifo", tmp_path, Path("/dev/zero"), Path("x" * 5000), Path("a\0")):
        with pytest.raises(MalformedExpectations):
            Expectations.load(path)
