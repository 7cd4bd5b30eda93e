"""`make proofs` runs the proofs; here, that their seeded bugs still fit the code."""

from __future__ import annotations

import pytest

from tests.proofs.__main__ import proofs
from tests.proofs.proof import ROOT, Bug

BUGS = [
    pytest.param(bug, id=f"{proof.name}: {bug.name}")
    for proof in proofs().values()
    for bug in proof.bugs
]


@pytest.mark.parametrize("bug", BUGS)
def test_the_text_that_a_bug_replaces_stands_once_in_its_file(bug: Bug) -> None:
    assert (ROOT / bug.path).read_text(encoding="utf-8").count(bug.old) == 1
    assert bug.new != bug.old
