"""Orders that are gone since the digest before, each with the reason; what was cancelled outside
countersign stands out. One that is only no longer looked at is said to be still unpaid."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from slack_sdk.models.blocks import Block

from bot.domain.digest_contents import DigestContents, Gone, GoneLine
from bot.i18n import _
from handlers.views import digest_words as say
from handlers.views.surface import line, plain
from handlers.views.text import bold, cut, moment, money, ours, when

LINE = 160  # characters of one of them
SUBJECT = 40  # of those, of what it was for
FIRST = (
    *(Gone.CANCELLED_OUTSIDE, Gone.NOT_KNOWN, Gone.LAPSED, Gone.TOO_OLD, Gone.FILTERED),
    *(Gone.PAID, Gone.CANCELLED_HERE),
)


def gone_blocks(contents: DigestContents, shown: Sequence[GoneLine]) -> Iterator[Block]:
    if not contents.gone:
        return
    yield line(bold(ours(gone_title(contents, markup=True))))
    outside = [each for each in shown if each.why is Gone.CANCELLED_OUTSIDE]
    others = [each for each in shown if each.why is not Gone.CANCELLED_OUTSIDE]
    if outside:
        yield line(bold(ours(_("Nobody countersigned these; ask who cancelled them:"))))
        yield _named(outside)
    if others:
        yield _named(others)


def _named(gone: Sequence[GoneLine]) -> Block:
    return plain("\n".join(cut(_gone_text(each), LINE) for each in gone), lines=True)


def gone_title(contents: DigestContents, *, markup: bool) -> str:
    counts = gone_counts(contents.gone)
    if contents.previous_at is None:
        return _("Gone: {counts}", counts=counts)
    shown = moment if markup else when
    since = shown(contents.previous_at, contents.zone)
    return _("Gone since {when}: {counts}", when=since, counts=counts)


def gone_word(why: Gone) -> str:
    said = {
        Gone.PAID: _("paid"),
        Gone.LAPSED: _("lapsed"),
        Gone.CANCELLED_HERE: _("cancelled through countersign"),
        Gone.CANCELLED_OUTSIDE: _("cancelled outside countersign"),
        Gone.NOT_KNOWN: _("status not known"),
        Gone.FILTERED: _("still unpaid but outside the filters"),
        Gone.TOO_OLD: _("still unpaid but older than a year"),
    }
    return said[why]


def gone_counts(gone: Sequence[GoneLine]) -> str:
    """`1 cancelled outside countersign, 2 paid`."""
    counted = {why: sum(each.why is why for each in gone) for why in FIRST}
    return ", ".join(f"{count} {gone_word(why)}" for why, count in counted.items() if count)


def _gone_text(line: GoneLine) -> str:
    """One order that is gone, with the reason first."""
    request = _("request {request_id}", request_id=line.request_id) if line.request_id else ""
    parts = (
        gone_word(line.why),
        money(line.amount),
        say.part(line.subject, SUBJECT),
        say.part(line.account, say.ACCOUNT),
        say.number(line),
        request,
    )
    return " · ".join(part for part in parts if part)
