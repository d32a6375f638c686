"""Whatever is wrong with a book is told in a sentence: book, line, table, key, what is expected."""

from __future__ import annotations

import tomllib
from contextlib import nullcontext, suppress
from typing import TYPE_CHECKING

import pytest
from jsonschema import Draft7Validator
from toy_book import TOY

from gradspec.exceptions import MalformedPhrase
from gradspec.port.acts import ACTS
from gradspec.port.phrase import Phrase
from gradspec_conformance.adapters.phrases import SCHEMA_FILE, read_book
from gradspec_conformance.adapters.phrases.checking import check
from gradspec_conformance.adapters.phrases.editors import book_schema, book_schema_text
from gradspec_conformance.engines.loading import BOOKS, load_engine
from gradspec_conformance.exceptions import EngineBroken, MalformedBook

if TYPE_CHECKING:
    from pathlib import Path

    from toy_book import WriteBook

EDITOR = Draft7Validator(book_schema())


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ('neg = "', 'neg = "0"\nneg = "', "line 27: it is no TOML: Cannot overwrite a value"),
        ('kind = "root-', 'kind = "rot-', "line 34, table errors, key kind: found 'rot-"),
        ('says = "Ref', 'says = "(Ref', "line 35, table errors, key says: found .*unterminated"),
        ("says =", "sayz =", "line 33, table errors, key says: found nothing.* and not sayz"),
        ('says = "R', 'in = "siin"\nsays = "R', "line 35, table errors, key in: .*'siin', .*sin"),
        (
            'names = "sin',
            'names = "sinn',
            "line 31, table same_name.operators, key names: .*'sinn'",
        ),
        ("{'x': $x})\"\nnames", "{'x': $y})\"\nnames", r"line 30, .*key phrase: found \$y, .*sin"),
        ("NAME", "neg", "line 30, table same_name.operators, key phrase: .*with NAME in it"),
        ("same_name.operators", "same_name.operater", "line 29, table same_name.*mean operators"),
        (
            'setup = "from',
            'setup = "frm',
            "line 6, table engine, key setup: found 'frm toy.*Python",
        ),
        ('"engine = ToyEngine()"', '"""\nx = 1\nx ="""', "line 9, .*key prepare: found 'x ='"),
        ("version = \"'1'\"", 'version = "1 +"', r"line 5, .*key version: found '1 \+', .*expr"),
        ('float64 = "float"', 'float64 = "a b"', "line 10, table dtypes, key float64: found 'a b'"),
        ('float64 = "float"', "float64 = true", "line 10, table dtypes, key float64: found True"),
        ('float64 = "float"', 'float64 = ""', "line 10, table dtypes, key float64: found ''"),
        ("[dtypes]", 'also = [\n"item",\n"itm",\n]\n[dtypes]', "line 11, .*key also: found 'itm'"),
        (
            "[dtypes]",
            'also = ["vjp"]\n[dtypes]',
            "line 9, .*key also: found 'vjp', .*transform:vjp",
        ),
        ('names = "sin exp tanh"', 'names = ["sin"]', "line 31, .*key names: .*names in one text"),
        ('phrase = "', "phrase = 3\n#", "line 30, .*key phrase: found 3, .*with NAME in it"),
        ("[acts]\n", '[acts]\nvjp = "f($inputs)"\n', "line 13, table acts, key vjp: .*transforms"),
        ("[acts]\n", '[acts]\nlog = "[]"\n', "line 13, table acts, key log: .*of a known act"),
        ("[acts]\n", '[acts]\nexp = "$x"\n', "key exp: found 'exp', .*; exp is in operators"),
        ("[acts]\n", '[acts]\n"op:exp" = "$x"\n', "key op:exp: found 'op:exp', .*known act"),
        ('kind = "root-without-grad"', 'kind = "callback"', "key kind: .*the kit finds itself"),
        ('kind = "root-without-grad"', 'kind = "grad-is-none"', "key kind: .*kit finds itself"),
        ('float64 = "float"', 'float64 = "None"', "key float64: found 'None', .*a data type"),
        ('float64 = "float"', 'float64 = "3"', "key float64: found '3', .*a data type"),
        ("[acts]\n", '[modes]\nno_grad = "3"\n[acts]\n', "key no_grad: .*context manager"),
        ("[acts]\n", '[transforms]\nfunctional.vjp = "$function"\n[acts]\n', "stands in quotes"),
    ],
)
def test_a_mistake_is_told_where_it_stands(
    write_book: WriteBook, old: str, new: str, sentence: str
) -> None:
    assert old in TOY
    path = write_book(TOY.replace(old, new, 1))

    with pytest.raises(MalformedBook, match=sentence):
        read_book(path)


TWO_ENTRIES = """\
errors = [
  {kind = "flag-type", says = "x"},
  # two
  {kind = "flag-type", says = 3},
]
engine = {name = "x"}
"""


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('acts.itme = "$x"\n[engine]\nname = "x"\n', "line 1, table acts, key itme: .*mean item"),
        ('acts = {itme = "$x"}\n[engine]\nname = "x"\n', "line 1, table acts, key itme: "),
        ('engine = {name = "x", versio = "1"}\n', "line 1, table engine, key versio: .*version"),
        ("engine.name = 3\n", "line 1, table engine, key name: found 3, expected a text"),
        (
            TWO_ENTRIES,
            "line 4, table errors, key says: found 3, expected a text",
        ),
        (
            'engine.name = "x"\n[operators]\nexp = [\n  "exp($x)",\n  "exp($x",\n]\n',
            "line 5, table operators, key exp: found 'exp",
        ),
        (
            '[engine]\nname = "x"\nsetup = """\n[operators]\nexp = [0]\n"""\n[operators]\nexp = 3',
            "line 8, table operators, key exp: found 3",
        ),
        ("", "table engine: found nothing, expected a table"),
    ],
)
def test_what_stands_in_another_form_of_toml_is_found_too(
    write_book: WriteBook, text: str, sentence: str
) -> None:
    with pytest.raises(MalformedBook, match=sentence):
        read_book(write_book(text))


VALUES = [
    *("3", "-1.5", "nan", "true", "1979-05-27", "07:32:00", "''", "'%'", "'\\d('", '"""\n\n"""'),
    *("'ö 😀'", '"\\u0000"', "'$'", "'../x'", "'a b'", "[]", "[3]", "['']", "[[]]", "[{}]"),
    *("{}", "{a = 1}", "{a = {b = []}}", f"'{'(' * 3000}'", f"'{'9' * 5000}'"),
    *("'${x:int}${x:bool}'", f"'{'$(' * 3000}'", f"'{'-' * 9000}1'", "'[[a]'", "false"),
]
KEYS = [
    *(f"engine.{key}" for key in ("name", "version", "inherits", "setup", "prepare", "also")),
    *("dtypes.float64", "dtypes.x", "errors", "same_name", "same_name.operators", "engine", "x"),
    *("acts.item", "acts.backward", "get.grad", "set.grad", "clear.grad", "delete.grad"),
    *("operators.exp", "modes.no_grad", "transforms.vjp", "acts", "operators", "modes", "dtypes"),
    *("errors.kind", "errors.says", "errors.in", "same_name.phrase", "same_name.names"),
]
LISTS = {
    "errors": {"kind": "'flag-type'", "says": "'x'"},
    "same_name": {"phrase": "'NAME($x)'", "names": "'exp'"},
}


def with_value(key: str, value: str) -> str:
    """Write a book in which a key has a value."""
    table, _, name = key.partition(".")
    if name and table in LISTS and name != "operators":
        entry = ", ".join(f"{k} = {v}" for k, v in (LISTS[table] | {name: value}).items())
        key, value = f"{table}{'.operators' * (table == 'same_name')}", f"[{{{entry}}}]"
    named = "" if key in ("engine", "engine.name") else "engine.name = 'x'\n"
    return f"{named}{key} = {value}\n"


@pytest.mark.parametrize("key", KEYS)
def test_a_value_of_any_type_is_good_or_told_in_a_sentence(write_book: WriteBook, key: str) -> None:
    for value in VALUES:
        path = write_book(with_value(key, value))
        try:
            load_engine(str(path))
        except EngineBroken as error:
            from_the_book = isinstance(error.__context__, MalformedBook)
            assert from_the_book or "does not declare 'values'" in str(error)  # noqa: PT017


# the schema for editors -----------------------------------------------------------------
def complaints(text: str) -> list[str]:
    """Say what an editor complains of."""
    return [error.message for error in EDITOR.iter_errors(tomllib.loads(text))]


def test_the_published_schema_is_the_one_of_the_reader() -> None:
    assert SCHEMA_FILE.read_text("utf-8") == book_schema_text(), (
        "python -m gradspec_conformance.adapters.phrases.editors writes it again"
    )
    Draft7Validator.check_schema(book_schema())


@pytest.mark.parametrize("book", sorted(BOOKS.glob("*.toml")), ids=lambda path: path.stem)
def test_an_editor_does_not_complain_of_a_sound_book(book: Path) -> None:
    assert complaints(book.read_text("utf-8")) == []


@pytest.mark.parametrize("key", KEYS)
def test_an_editor_complains_of_nothing_that_is_read(write_book: WriteBook, key: str) -> None:
    for value in VALUES:
        path = write_book(with_value(key, value))
        with suppress(MalformedBook):
            read_book(path)
            assert complaints(path.read_text("utf-8")) == []


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("[operators]", "[operater]", "'operater' was unexpected"),
        ('neg = "', 'negg = "', "'negg' was unexpected"),
        ("item = ", "itme = ", "'itme' was unexpected"),
        ('float64 = "float"', 'float46 = "float"', "'float46' was unexpected"),
        ('float64 = "float"', "float64 = true", "not valid under any of the given schemas"),
        ('kind = "root-', 'kind = "rot-', "'rot-without-grad' is not one of"),
        ('kind = "root-without-grad"', 'kind = "callback"', "'callback' is not one of"),
        ('says = "R', 'in = "siin"\nsays = "R', "'siin' is not one of"),
        ("same_name.operators", "same_name.operater", "'operater' was unexpected"),
        ("NAME", "neg", "not valid under any of the given schemas"),
        ("prepare =", "prepair =", "'prepair' was unexpected"),
        ("[dtypes]", 'also = ["frees_grap"]\n[dtypes]', "'frees_grap' is not one of"),
        ("[dtypes]", 'also = ["vjp"]\n[dtypes]', "'vjp' is not one of"),
        ('item = "$x.value"', "item = 7", "7 is not valid under any of the given schemas"),
        ('item = "$x.value"', "item = []", "not valid under any of the given schemas"),
        ('name = "toy"', "", "'name' is a required property"),
    ],
)
def test_an_editor_complains_of_what_the_reader_would_not_take(
    old: str, new: str, complaint: str
) -> None:
    assert old in TOY

    assert complaint in " ".join(complaints(TOY.replace(old, new, 1)))


@pytest.mark.parametrize("name", ["../x", "/etc/passwd", "", ".", "..", "x" * 999, "\\u0000"])
def test_only_a_book_beside_can_be_inherited(write_book: WriteBook, name: str) -> None:
    path = write_book(f'[engine]\nname = "x"\ninherits = "{name}"\n')

    with pytest.raises(MalformedBook, match="line 3, table engine, key inherits: found"):
        read_book(path)


def test_books_that_inherit_each_other_are_told(write_book: WriteBook) -> None:
    write_book('[engine]\nname = "b"\ninherits = "c"\n', "b.toml")
    write_book('[engine]\nname = "c"\ninherits = "a"\n', "c.toml")
    path = write_book('[engine]\nname = "a"\ninherits = "b"\n', "a.toml")

    with pytest.raises(
        MalformedBook, match=r"c\.toml, line 3, .*: a inherits b inherits c inherits a"
    ):
        read_book(path)


def test_a_book_that_inherits_itself_is_told(write_book: WriteBook) -> None:
    path = write_book('[engine]\nname = "a"\ninherits = "a"\n', "a.toml")

    with pytest.raises(MalformedBook, match="no circle: a inherits a"):
        read_book(path)


def test_a_mistake_in_a_book_below_is_told_of_that_book(write_book: WriteBook) -> None:
    write_book(TOY.replace('neg = "', 'negg = "'))
    path = write_book('[engine]\nname = "mine"\ninherits = "toy"\n', "mine.toml")

    with pytest.raises(MalformedBook, match=r"toy\.toml, line 26, table operators, key negg"):
        read_book(path)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ('"engine = ToyEngine()"', '"x = 1\\n1 / 0"', "line 7, .*found '1 / 0', which raised Zero"),
        ("version = \"'1'\"", 'version = "nope.x"', "line 5, .*key version: .*NameError"),
        ('float64 = "float"', 'float64 = "[]"', "line 10, .*key float64: .*unhashable"),
        ('float64 = "float"', 'float64 = "np.float46"', "line 10, .*key float64: .*AttributeError"),
        ('item = "$x.value"', 'item = "flaot($x)"', "line 17, .*key item: found 'flaot', .*float"),
        ('item = "$x.value"', 'item = "lambda: numbr($x)"', "line 17, .*key item: found 'numbr'"),
        ('item = "$x.value"', 'item = "np.summ($x)"', "line 17, .*'np.summ', expected what np has"),
        ('item = "$x.value"', 'item = "np.linalg.nrm($x)"', "what np.linalg has; .* norm"),
        (
            'item = "$x.value"',
            'item = "Number.__ini__($x)"',
            "line 17, .*what Number has; .* __init__",
        ),
        (
            '"engine = ToyEngine()"',
            '"""\nx = 1\nimport nope\n"""',
            r"nope .*\(.*line 9, .*prepare\)",
        ),
        (
            '"engine = ToyEngine()"',
            "'import os.nope'",
            r"line 7, table engine, key prepare\): mend",
        ),
        ('"from toy_engine import R', '"from toy_engine import Nope, R', "line 6, .*'Nope'"),
    ],
)
def test_what_only_the_engine_shows_to_be_wrong_is_told_in_the_same_way(
    write_book: WriteBook, old: str, new: str, sentence: str
) -> None:
    path = write_book(TOY.replace(old, new, 1))

    with pytest.raises(EngineBroken, match=sentence):
        load_engine(str(path))


@pytest.mark.parametrize(
    "phrase",
    ["np.summ($x) if hasattr(np, 'summ') else $x.value", "$x.summ.else_", "ToyEngine().summ"],
)
def test_what_only_a_call_shows_is_left_to_it(write_book: WriteBook, phrase: str) -> None:
    load_engine(str(write_book(TOY.replace('item = "$x.value"', f'item = "{phrase} ${{-x}}"'))))


# phrases --------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("place", "complaint"),
    [
        ('acts.item = ""', "it says nothing"),
        ('acts.item = "# $x"', "it says nothing"),
        ('acts.item = "${-x}"', "it says nothing"),
        ("acts.item = []", "a phrase, a list of phrases"),
        ('acts.item = "continue"', "not properly in loop"),
        ('acts.item = "await $x"', "outside async function"),
        ('acts.item = "$x.value\\nbreak"', "outside loop"),
        ('acts.item = "nonlocal y\\n$x.value"', "nonlocal"),
        ('acts.item = "(yield $x)"', "no return"),
        ('acts.item = "return $x.value"', "no return"),
        ('acts.item = "if $x: return 1\\n$x.value"', "no return"),
        ('acts.item = "y = $x.value"', "ends with a statement"),
        ('acts.item = "for y in $x: y"', "ends with a statement"),
        ('acts.item = "pass ${-x}"', "ends with a statement"),
        ('acts.item = "del $x"', "ends with a statement"),
        ('acts.item = "print($x, $result)"', r"reads \$result, and nothing assigns it"),
        ('acts.item = "$x + $_y"', r"reads \$_y, and nothing assigns it"),
        ('acts.item = "def f():\\n  $result = 1\\n$x"', r"reads \$result, and nothing assigns it"),
        ('acts.item = "3"', r"does not mention \$x, .*write \$\{-x\}"),
        ('acts.item = "$x.${x:word}"', r"\$x is never a word"),
        ('acts.item = "f($x, $(last))"', "has no argument"),
        ('acts.tensor = "Number(${number:int})"', "has no type"),
        ('acts.shape = "y = $x.shape"', "ends with a statement"),
        ('modes.no_grad = "x = 3"', "ends with a statement"),
        ('modes.set_grad_enabled = "with engine.mode($mode): pass"', "ends with a statement"),
        ('transforms.vjp = "def f(*x): return $function"', "ends with a statement"),
        ('get.grad = "x = $x.grad"', "ends with a statement"),
        ('operators.iadd = "$x += $other"', "ends with a statement"),
        ('operators.sum = "f($x) $(if $dim) else 2"', r"without \$dim"),
        ('operators.sum = "for i in 1,:\\n  $(i = $dim)\\n$x"', r"without \$dim it is"),
        ('operators.clamp = "f($x) $(if $min) $(else $max)"', r"without \$max it is"),
        ('operators.clamp = "f($x) $(if $min) $(else $max)"', r"without \$m"),
    ],
)
def test_a_phrase_that_could_not_be_said_is_told_when_its_book_is_read(
    write_book: WriteBook, place: str, complaint: str
) -> None:
    path = write_book(f'engine.name = "x"\n{place}\n')

    with pytest.raises(MalformedBook, match=f"line 2, table .*{complaint}"):
        read_book(path)


@pytest.mark.parametrize(
    "place",
    [
        'operators.clamp = """\nclip($x)(\n    $(lo=$min),\n    $(hi=$max)\n)"""',
        'operators.iadd = "$x += $other\\n$x"',
        'acts.backward = "for n in ${root:one}.order: n.step()"',
        'acts.define = "make($(body=$body), $(forward=$forward), $(backward=$backward))"',
        'transforms.vjp = "def $result(*primals):\\n  return $function(*primals)"',
        'operators.exp = "[$_y for $_y in $x]"',
        'operators.exp = "(lambda $_y: $_y)($x)"',
        'operators.exp = "with f() as $_y: $result = $_y + $x"',
        'operators.exp = "    y = $x\\n    y"',
        "operators.exp = \"('# no comment', $x)\"",
        'operators.zeros = "f($size)"',
        'set.grad = "$x.grad = $value"',
        'engine.setup = """\n    import math\n    x = 1\n"""',
    ],
)
def test_a_phrase_that_can_be_said_is_read(write_book: WriteBook, place: str) -> None:
    assert read_book(write_book(f'engine.name = "x"\n{place}\n')).name == "x"


def test_every_phrase_of_the_languages_can_be_said() -> None:
    phrases = [(a, text) for a in ACTS.values() if not a.by_kit for text in (*a.python, *a.torch)]

    for act, text in phrases:
        check(act, Phrase.read(text))
    assert len(phrases) > 200


@pytest.mark.parametrize(
    ("phrase", "is_whole"),
    [
        ("if $x: $result = 1", False),
        ("if $x: $result = 1\nelse: $result = 2", True),
        ("if $x: $result = 1\nelse: raise ValueError", True),
        ("$result = 0\nif $x: $result = 1", True),
        ("for $_i in $x: $result = $_i", False),
        ("while $x: $result = 1", False),
        ("try: $result = $x\nexcept ValueError: pass", False),
        ("try: $result = $x\nexcept ValueError: $result = 1", True),
        ("with $x: $result = 1", True),
        ("with $x as $result: pass", True),
        ("def $result(): return $x", True),
    ],
)
def test_a_result_is_made_whichever_way_a_phrase_goes(phrase: str, is_whole: bool) -> None:
    expected = nullcontext() if is_whole else pytest.raises(MalformedPhrase, match="some ways")

    with expected:
        check(ACTS["op:neg"], Phrase.read(phrase))
