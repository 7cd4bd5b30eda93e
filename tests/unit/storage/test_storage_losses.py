"""Which numbers a restore gives out anew, and which noted heads that explains."""

from __future__ import annotations

import pytest

from bot.domain.audit import AuditHead
from storage.losses import Loss, Range, Replaced, loss_of
from tests.builders import NOON

BACKUP = AuditHead(11, "0b" * 32)


def head(seq: int) -> AuditHead:
    return AuditHead(seq, f"{seq:02x}" * 32)


@pytest.mark.parametrize(
    ("outside", "replaced", "ranges"),
    [
        ([], None, ((12, None),)),
        ([head(40)], None, ((12, 40),)),
        ([head(40), head(30)], None, ((12, 40),)),
        ([head(7)], None, ((7, 7), (12, None))),
        ([], Replaced(head(40), 11), ((12, 40),)),
        ([head(30)], Replaced(head(40), 11), ((12, 40),)),
        ([head(50)], Replaced(head(40), 11), ((12, 50),)),
        ([], Replaced(head(11), 11), ()),
        ([], Replaced(head(9), 9), ()),
        ([], Replaced(head(7), 5), ((6, 7),)),
        ([head(40)], Replaced(head(7), 5), ((6, 7), (12, 40))),
        ([], Replaced(head(40), 5), ((6, 40),)),
    ],
)
def test_what_is_lost(
    outside: list[AuditHead], replaced: Replaced | None, ranges: tuple[Range, ...]
) -> None:
    """*outside* are heads that the backup does not hold."""
    loss = loss_of(BACKUP, outside, replaced, at=NOON)
    assert loss.ranges == ranges
    assert loss.exact is (replaced is not None)


def test_it_is_said_by_number_and_how_sure_that_is() -> None:
    when = "with a restore at 2026-11-18 12:00:00Z"
    exact = Loss(NOON, ((6, 7), (12, 40)), exact=True)
    assert exact.sentence() == f"records 6..7 and 12..40 were lost {when}"
    noted = Loss(NOON, ((12, 40),), exact=False)
    assert noted.sentence() == f"records 12..40 were lost {when}; some after them may have been"
    assert Loss(NOON, ((12, None),), exact=False).sentence().startswith("records from 12 on may")
    assert not Loss(NOON, (), exact=True).sentence()


@pytest.mark.parametrize(
    ("anchor", "is_explained"),
    [
        ((12, "ff" * 32), True),
        ((39, "ff" * 8), True),
        ((40, head(40).hash[:16]), True),
        ((40, "ff" * 32), False),
        ((11, "ff" * 32), False),
        ((41, "ff" * 32), False),
    ],
)
def test_a_head_in_the_range_is_explained_unless_a_named_one_differs(
    anchor: tuple[int, str], *, is_explained: bool
) -> None:
    loss = Loss(NOON, ((12, 40),), exact=False, heads=(head(40),))
    assert loss.explains(anchor) is is_explained


def test_a_range_without_an_end_explains_nothing() -> None:
    """Or every later record could be rewritten."""
    assert not Loss(NOON, ((12, None),), exact=False).explains((12, "ff" * 32))
