"""The table of codes: each is found in a test, and stays what it is."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from bot.doctor.findings import Code

HERE = Path(__file__).parent


def codes_in_tests() -> set[str]:
    """The members of `Code` that the tests of this folder name, decorators included."""
    named: set[str] = set()
    for path in sorted(HERE.glob("test_*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                named |= {
                    each.attr
                    for each in ast.walk(node)
                    if isinstance(each, ast.Attribute)
                    and isinstance(each.value, ast.Name)
                    and each.value.id == "Code"
                }
    return named


def test_every_code_is_found_in_a_test() -> None:
    assert set(Code.__members__) - codes_in_tests() == set()


def test_codes_are_short_words_and_more_than_thirty() -> None:
    assert len(Code) > 30
    for name, code in Code.__members__.items():
        assert code.value == name.lower()
        assert re.fullmatch(r"[a-z]+(_[a-z]+){0,3}", code.value)
