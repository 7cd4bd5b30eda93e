"""Lines of keys and tables: what an operator reads in front of a refusal."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.configfile import ConfigFile, KeyPath, read_config
from bot.errors import ConfigurationError

DOCUMENT = """\
# a comment with [a.table] and key = 1
database = "countersign.db"   # [not.a.table]

[slack]
mode = "socket # no comment"
listen = '127.0.0.1:3000'
text = \"\"\"
[inside]
quorum = 9 \\\"\"\" still inside
\"\"\"
[policy]
approvers = [
  "U0BOB", # first ]
  "S0]",
]
quorum = 1
"quoted key" = 2
dotted.inner . "last one" = { a = 1, b = [ "}", '''
x''' ] }

[[policy.rules]]
quorum = 2
[[policy.rules]] # second
over = ["10000 CNY"]

[[accounts]]
name = "one"
[accounts.extra]
key = 1
[[ accounts ]]
name = "two"
"""


@pytest.fixture
def document(tmp_path: Path) -> ConfigFile:
    path = tmp_path / "countersign.toml"
    path.write_text(DOCUMENT, encoding="utf-8")
    return read_config(path)


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("database",), 2),
        (("slack",), 4),
        (("slack", "mode"), 5),
        (("slack", "listen"), 6),
        (("slack", "text"), 7),
        (("policy",), 11),
        (("policy", "approvers"), 12),
        (("policy", "approvers", 1), 12),
        (("policy", "quorum"), 16),
        (("policy", "quoted key"), 17),
        (("policy", "dotted", "inner", "last one"), 18),
        (("policy", "dotted", "inner", "last one", "b"), 18),
        (("policy", "rules", 0), 21),
        (("policy", "rules", 0, "quorum"), 22),
        (("policy", "rules", 1), 23),
        (("policy", "rules", 1, "over", 0), 24),
        (("accounts", 0, "name"), 27),
        (("accounts", 0, "extra", "key"), 29),
        (("accounts", 1, "name"), 31),
        (("accounts", 1, "site"), 30),
        (("inside",), 1),
        (("absent", "key"), 1),
    ],
)
def test_every_key_and_table_knows_its_line(document: ConfigFile, path: KeyPath, line: int) -> None:
    assert document.line(path) == line


def test_the_values_are_those_of_tomllib(document: ConfigFile) -> None:
    assert document.values == tomllib.loads(DOCUMENT)


def test_windows_line_ends_and_a_byte_order_mark_change_no_line(tmp_path: Path) -> None:
    path = tmp_path / "countersign.toml"
    path.write_bytes(b"\xef\xbb\xbf" + DOCUMENT.replace("\n", "\r\n").encode())
    assert read_config(path).line(("accounts", 1, "name")) == 31


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a = 1\nb = = 2\n", 2),
        ("a = 1\n\na = 2\n", 3),
        ("[x]\n[x]\n", 2),
        ("a = 1\nb = [1,\n", 2),
        ('a = "never ends\n', 1),
    ],
)
def test_a_syntax_error_names_its_line(tmp_path: Path, text: str, line: int) -> None:
    path = tmp_path / "countersign.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError) as refused:
        read_config(path)
    assert str(refused.value).startswith(f"{path}:{line}: is not valid TOML here: ")


MANY_DIGITS = "9" * 5000


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (f"a = 1\nb = {MANY_DIGITS}\nc = = 2\n", 2),
        (f'# {MANY_DIGITS}\na = "{MANY_DIGITS}"\nb = [\n  1,\n  -{MANY_DIGITS},\n]\n', 5),
        (f"a = {MANY_DIGITS}", 1),
    ],
)
def test_a_number_too_long_to_read_names_its_line(tmp_path: Path, text: str, line: int) -> None:
    path = tmp_path / "countersign.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError) as refused:
        read_config(path)
    sentence = "holds a number of too many digits; write a shorter one"
    assert str(refused.value) == f"{path}:{line}: {sentence}"


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        (f"a = 1\nb = {'[' * 3000}{']' * 3000}\nc = 2\n", 2, 2),
        (f"a = {'{b=' * 3000}1{'}' * 3000}", 1, 1),
        ("a = 1\nb = " + "[\n" * 3000 + "]\n" * 3000, 3, 3000),
    ],
)
def test_brackets_too_deep_to_read_name_their_line(
    tmp_path: Path, text: str, first: int, last: int
) -> None:
    path = tmp_path / "countersign.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError) as refused:
        read_config(path)
    line, sentence = str(refused.value).removeprefix(f"{path}:").split(": ", 1)
    assert first <= int(line) <= last
    assert sentence == "opens more brackets within each other than can be read; write it flatter"


def test_text_that_is_not_utf8_names_its_line(tmp_path: Path) -> None:
    path = tmp_path / "countersign.toml"
    path.write_bytes(b"a = 1\nb = '\xff'\n")
    with pytest.raises(ConfigurationError, match=r"countersign\.toml:2: is not UTF-8 text"):
        read_config(path)


@pytest.mark.parametrize(
    "text",
    [
        'top = "a\\u0000b"\n',
        '\n[one]\n\ntwo = ["x", { three = "\\u0000" }]\n',
        '[[one]]\n[[one]]\n"two" = """\nx\\u0000\n"""\n',
    ],
)
def test_a_nul_in_a_string_names_its_line(tmp_path: Path, text: str) -> None:
    line = next(n for n, each in enumerate(text.split("\n"), 1) if "=" in each)
    path = tmp_path / "countersign.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=rf":{line}: holds a NUL character"):
        read_config(path)


def test_a_file_that_is_not_there_is_refused_with_the_fix(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"copy countersign\.example\.toml"):
        read_config(tmp_path / "countersign.toml")


VALUES = [
    "1",
    "-0.5e3",
    "true",
    "1979-05-27 07:32:00",
    '"a # b"',
    "'[x]'",
    '"\\"\\\\"',
    "''",
    '""',
    '""""""',
    '"""\n"" [[t]]\n\\""" """',
    '"""a"""""',
    "'''\nk = 1\n''''",
    "[ ]",
    '[\n  1, # ]\n  "]",\n]',
    "{ }",
    '{ a = 1, "b" = [ 1,\n 2 ] }',
]
blanks = st.sampled_from(["", "\n", "# note = 1\n", "  \t\n\n", "#\n# [t]\n"])


@given(st.lists(st.tuples(blanks, st.sampled_from(VALUES), st.booleans()), max_size=12))
def test_each_statement_of_a_made_up_file_stands_where_it_was_written(
    statements: list[tuple[str, str, bool]],
) -> None:
    text, expected = "", dict[KeyPath, int]()
    table: KeyPath = ()
    for number, (blank, value, opens_table) in enumerate(statements):
        text += blank
        if opens_table:
            table = ("t", sum(path[0] == "t" and len(path) == 2 for path in expected))
            expected[table] = text.count("\n") + 1
            text += "[[t]]\n"
        expected[(*table, f"k{number}")] = text.count("\n") + 1
        text += f"  k{number} = {value} # {number}\n"
    found = read_text(text)
    assert found.values == tomllib.loads(text)
    assert {path: found.line(path) for path in expected} == expected


def read_text(text: str) -> ConfigFile:
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        path = Path(folder, "c.toml")
        path.write_text(text, encoding="utf-8")
        return read_config(path)
