"""A book is an engine: what its phrases imply, and what is wrong with a book is told by line."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from toy_book import TOY

from gradspec import CASES, Autograd, expect
from gradspec.exceptions import Unsupported
from gradspec.port.engine import Subject
from gradspec.program.recorder import Recorder
from gradspec_conformance.adapters.phrases import Phrasebook, read_book
from gradspec_conformance.engines.asking import Asker
from gradspec_conformance.engines.loading import load_engine
from gradspec_conformance.engines.smoke import smoke
from gradspec_conformance.exceptions import EngineBroken, EngineNotFound, MalformedBook
from gradspec_conformance.execution.execute import run_clause
from gradspec_conformance.execution.verdict import Outcome, Verdict

if TYPE_CHECKING:
    from toy_book import WriteBook


def test_a_book_is_loaded_by_its_path_and_judged(write_book: WriteBook) -> None:
    engine = load_engine(str(write_book()))

    assert [finding for finding in smoke(engine) if not finding.ok] == []
    assert run_clause(CASES["bwd-001"], engine).outcome is Outcome.PASSED
    assert run_clause(CASES["vjp-001"], engine).outcome is Outcome.UNSUPPORTED


def test_phrases_imply_abilities(write_book: WriteBook) -> None:
    abilities = Subject.of(load_engine(str(write_book()))).abilities

    assert abilities >= {"values", "tape", "constants", "vjp", "op:mul", "op:sin", "item", "bool"}
    assert abilities >= {"set:grad", "clear:grad", "same_object", "dtype:float64"}
    assert not abilities & {"arrays", "given_cotangent", "several_roots", "keeps_graph", "inplace"}


def test_an_operator_may_be_written_under_its_name_in_the_standard(write_book: WriteBook) -> None:
    book = TOY.replace("\nsub = ", "\nsubtract = ").replace("\nmul = ", "\nmultiply = ")
    engine = load_engine(str(write_book(book)))

    assert Subject.of(engine).abilities == Subject.of(load_engine(str(write_book()))).abilities
    assert run_clause(CASES["op-201/sub"], engine).outcome is Outcome.PASSED


def test_an_engine_in_which_every_tensor_is_a_leaf_has_no_constants(write_book: WriteBook) -> None:
    leaf = 'leaf = "Number($number, requires_grad=True)"\n'
    engine = load_engine(str(write_book(TOY.replace(leaf, ""))))
    abilities = Subject.of(engine).abilities

    assert "tape" in abilities
    assert "constants" not in abilities
    for about_constants in ("leaf-017", "rec-016", "bwd-001e", "bwd-006", "bwd-007"):
        assert run_clause(CASES[about_constants], engine).outcome is Outcome.UNSUPPORTED


def test_an_engine_whose_graph_holds_no_tensors_leaks_none(write_book: WriteBook) -> None:
    watching = '[acts]\nwatch = "lambda: None ${-tensor}"\nis_alive = "$watcher() is not None"'
    engine = load_engine(str(write_book(TOY.replace("[acts]", watching))))
    verdict = run_clause(
        CASES["life-015c"], engine, verdict_of=lambda i: Verdict(i, Outcome.PASSED)
    )

    assert verdict.outcome is Outcome.PASSED


@pytest.mark.parametrize(
    ("phrase", "implied", "not_implied"),
    [
        ("engine.backward($root)", "several_roots", "keeps_graph"),
        ("engine.backward(${root:one}, $($gradient))", "given_cotangent", "several_roots"),
        ("engine.backward(${root:one}) ${-retain_graph}", "keeps_graph", "create_graph"),
        ("engine.backward(${root:one}) ${-create_graph}", "tape", "create_graph"),
        ("engine.backward(${root:one}, $(create_graph=$create_graph))", "create_graph", "inputs"),
    ],
)
def test_what_is_said_is_an_ability_and_what_is_only_accepted_is_not(
    write_book: WriteBook, phrase: str, implied: str, not_implied: str
) -> None:
    book = read_book(write_book(TOY.replace("engine.backward(${root:one})", phrase)))

    assert implied in book.abilities
    assert not_implied not in book.abilities


def test_what_no_phrase_shows_is_said_and_taken_back(write_book: WriteBook) -> None:
    also = 'also = ["frees_graph", "-deepcopy"]\n\n[dtypes]'
    abilities = read_book(write_book(TOY.replace("[dtypes]", also))).abilities

    assert "frees_graph" in abilities
    assert "deepcopy" not in abilities


def test_an_argument_that_no_phrase_mentions_makes_the_step_unsupported(
    write_book: WriteBook,
) -> None:
    engine = load_engine(str(write_book()))

    with Recorder(engine) as recorder:
        ag = Autograd(recorder)
        x = ag.tensor(1.0)
        with pytest.raises(Unsupported, match="alpha"):
            ag.add(x, x, alpha=3.0)


def test_a_list_without_entries_says_no_shape_that_it_has_not(write_book: WriteBook) -> None:
    engine: Any = load_engine(str(write_book(TOY.replace("$number", "np.array($list)"))))

    with Recorder(engine) as recorder:
        ag = Autograd(recorder)
        expect(ag.tensor(np.zeros((2, 0)))).has_shape(2, 0)
        with pytest.raises(Unsupported, match="empty list of several"):
            ag.tensor(np.zeros((0, 2)))

    assert "t0 = Number(np.array([[], []]))" in engine.script(recorder.program)


def test_a_book_inherits_another_and_takes_lines_away(write_book: WriteBook) -> None:
    write_book()
    derived = write_book(
        '[engine]\nname = "mine"\ninherits = "toy"\n\n[operators]\nsin = false\n', "m.toml"
    )
    book = read_book(derived)

    assert "op:exp" in book.abilities
    assert "op:sin" not in book.abilities
    assert book.name == "mine"


def test_a_python_adapter_says_what_a_book_cannot(write_book: WriteBook) -> None:
    class Doubled(Phrasebook(write_book())):  # type: ignore[misc]
        def apply(self, operator: str, arguments: Any) -> Any:
            result = super().apply(operator, arguments)
            return super().apply("mul", {"x": result, "other": 2.0})

    load_engine(str(write_book()))  # the module beside the book is found
    ask = Asker(Doubled())
    two = ask.tensor(np.array(2.0))

    assert ask("array", ask("op:add", two, two)) == 8.0


def test_what_earlier_programs_left_behind_is_reset_before_each(write_book: WriteBook) -> None:
    text = TOY.replace("[acts]", '[acts]\nreset = "COUNT.append(1)"').replace(
        'prepare = "', 'prepare = "COUNT = []; '
    )
    engine: Any = load_engine(str(write_book(text)))
    for _ in range(3):
        with Recorder(engine) as recorder:
            expect(Autograd(recorder).tensor(1.0)).equals(1.0)

    assert len(engine._space["COUNT"]) == 3


def test_a_program_is_printed_in_the_words_of_the_book(write_book: WriteBook) -> None:
    engine: Any = load_engine(str(write_book()))
    with Recorder(engine) as recorder:
        ag = Autograd(recorder)
        x = ag.tensor(2.0, requires_grad=True)
        x.sin().backward()
        expect(x.grad).is_close(np.cos(2.0))

    assert engine.script(recorder.program).splitlines()[2:] == [
        "t0 = Number(2.0, requires_grad=True)",
        "t1 = engine.apply('sin', {'x': t0})",
        "engine.backward(t1)",
        f"print('found:', t0.grad, '   expected:', {np.cos(2.0)})",
    ]


def test_a_program_of_a_lazy_engine_prints_values(write_book: WriteBook) -> None:
    engine: Any = load_engine(str(write_book(TOY.replace("[dtypes]", "lazy = true\n[dtypes]"))))
    with Recorder(engine) as recorder:
        x = Autograd(recorder).tensor(2.0, requires_grad=True)
        (x * x).backward()
        expect(x.grad).equals(4.0)

    assert engine.script(recorder.program).splitlines()[-1] == (
        "print('found:', None if (_0 := t0.grad) is None else np.array(_0.value), "
        "'   expected:', 4.0)"
    )


def test_a_program_imports_what_it_uses_and_no_module_that_only_ends_alike(
    write_book: WriteBook,
) -> None:
    text = TOY.replace('"Number($number)"', '"(Number($number), dtypes.float64)[0]"')
    engine: Any = load_engine(
        str(write_book(text.replace("engine = ", "class dtypes: float64 = 0\\nengine = ")))
    )
    with Recorder(engine) as recorder:
        expect(Autograd(recorder).tensor(2.0)).equals(2.0)

    assert "import types" not in engine.script(recorder.program)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (
            "[operators]",
            "[operater]",
            "line 21, table operater: found 'operater', .*mean operators",
        ),
        ('neg = "', 'negg = "', "line 26, table operators, key negg: found 'negg', .*mean neg"),
        ("item = ", "itme = ", "line 17, table acts, key itme: .*did you mean item"),
        ("{'x': $x})\"\npow", "{'x': $y})\"\npow", r"line 26, .*key neg: found \$y, .*neg\(x\)"),
        ("bool($x.value)", "bool($x.value", "line 19, .*key bool: .*expected Python"),
        ("Number($number)", "Number($)", "line 13, .*key tensor: .*begins nothing"),
        ('float64 = "float"', 'float46 = "float"', "line 10, .*found 'float46', .*mean float64"),
        ('kind = "root-', 'kind = "rot-', "error kind; did you mean root-without-grad"),
        ('says = "Ref', 'says = "(Ref', "expected a regular expression"),
        ('names = "sin', 'names = "sinn', "found 'sinn', .*did you mean sin"),
        ('name = "toy"', 'nam = "toy"', "found nothing, expected a text: name"),
        ("prepare =", "prepair =", "line 7, .*found 'prepair', .*did you mean prepare"),
        ("[dtypes]", 'also = ["frees_grap"]\n[dtypes]', "ability; did you mean frees_graph"),
        (
            'version = "',
            'inherits = "tensorflow"\nversion = "',
            "python or torch or javascript or rust or cpp or java, or",
        ),
        ('item = "$x.value"', "item = 7", "expected a phrase, a list of phrases, or false"),
        ("[engine]", "[engine", "is no TOML"),
    ],
)
def test_what_is_wrong_with_a_book_is_told_with_table_key_and_line(
    write_book: WriteBook, old: str, new: str, sentence: str
) -> None:
    assert TOY.count(old) >= 1
    path = write_book(TOY.replace(old, new, 1))

    with pytest.raises(MalformedBook, match=sentence):
        read_book(path)


def test_a_book_whose_engine_is_not_here_is_told(write_book: WriteBook) -> None:
    path = write_book(TOY.replace("from toy_engine import", "from nowhere_engine import"))

    with pytest.raises(EngineBroken, match="nowhere_engine is not installed"):
        load_engine(str(path))


def test_a_book_that_is_not_there_is_told() -> None:
    with pytest.raises(EngineNotFound, match=r"there is no file 'nowhere\.toml'"):
        load_engine("nowhere.toml")


# the page ------------------------------------------------------------------------------
PAGE = Path(__file__).parents[2] / "conformance" / "phrasebooks.md"
SAMPLE, *FRAGMENTS = re.findall(r"```toml\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
MINE = """
__version__ = "1"
class Tensor: pass
def exp(x): pass
log = tanh = sum = exp
"""


def test_the_books_of_the_page_can_be_read(write_book: WriteBook) -> None:
    assert read_book(write_book(SAMPLE)).abilities >= {"arrays", "constants", "given_cotangent"}
    for fragment in FRAGMENTS:
        assert read_book(write_book(f'[engine]\nname = "mine"\n{fragment}')).phrases


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("matmul = ", 'negg = "-$x"\nmatmul = '),
        ("axis=$dim", "axis=$axis"),
        ("mine.sum", "mine.epx"),
        ("import mine\nfrom mine", "import nowhere\nfrom nowhere"),
    ],
)
def test_mistakes_are_told_as_the_page_says(
    write_book: WriteBook, monkeypatch: pytest.MonkeyPatch, old: str, new: str
) -> None:
    book = write_book(SAMPLE.replace(old, new), "mine.toml")
    (book.parent / "mine.py").write_text(MINE, "utf-8")
    monkeypatch.chdir(book.parent)
    monkeypatch.setattr(sys, "path", [*sys.path, str(book.parent)])
    monkeypatch.delitem(sys.modules, "mine", raising=False)

    with pytest.raises(EngineBroken) as caught:
        load_engine("mine.toml")

    assert str(caught.value).replace("nowhere", "mine") in PAGE.read_text("utf-8")
