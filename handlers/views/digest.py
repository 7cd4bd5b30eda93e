"""A channel's digest: what is unpaid, in ten seconds. A pure function of its run.

Above the fold stand at most ABOVE orders, the most urgent first; the rest and what else is gone
stand in the thread. Where nothing changed it is one line.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from slack_sdk.models.blocks import Block, PlainTextObject

from bot.domain.digest_contents import (
    DigestContents,
    DigestLine,
    GoneLine,
    Section,
)
from bot.domain.digests import DigestRun
from bot.i18n import _
from handlers.views import digest_words as say
from handlers.views.digest_accounts import account_blocks, problem_blocks, problem_texts
from handlers.views.digest_gone import FIRST as GONE_FIRST
from handlers.views.digest_gone import gone_blocks, gone_title
from handlers.views.digest_line import line_blocks, line_size
from handlers.views.digest_table import Look, Part, again_note, drawn, thread_parts
from handlers.views.digest_week import week_blocks, week_text
from handlers.views.surface import Rendered, header, line, message, note, plain
from handlers.views.text import (
    Markup,
    bold,
    cut,
    literal,
    moment,
    money,
    ours,
    when,
    zone_of,
)

ABOVE = 15  # orders above the fold
ROOM = 5700  # characters of them: a message holds about 13,200 in all
ABOVE_GONE = 8  # orders that are gone, named above the fold
NAMES = 300  # characters of the names of accounts that are only counted
FIRST = 3  # orders in the plain text
HASH = 16  # hex digits of the record's head: as many as an anchor needs
NOON = 12

S = Section
_ORDER = (S.RENEWAL, S.LAPSING, S.NEW, S.REST)


@dataclass(frozen=True, slots=True)
class _Fold:
    """What stands above the fold, by index in the contents, and what does not."""

    above: tuple[tuple[int, DigestLine], ...]
    below: tuple[DigestLine, ...]
    gone_above: tuple[GoneLine, ...]
    gone_below: tuple[GoneLine, ...]


def digest_card(run: DigestRun, look: Look = Look.CHARTS, *, again: bool = False) -> Rendered:
    """The message. *again* says that an earlier attempt to post it may have arrived."""
    contents = _contents(run)
    if contents.unchanged:
        text = _unchanged(contents)
        return message(text, [plain(text), *([again_note()] if again else [])])
    fold = _fold(contents)
    blocks = [
        header(title(contents)),
        *problem_blocks(contents),
        *account_blocks(contents),
        *_counted(contents),
        *_sections(run, contents, fold, _ORDER[:-1]),
        *gone_blocks(contents, fold.gone_above),
        *_sections(run, contents, fold, _ORDER[-1:]),
        *_folded(fold),
        *(week_blocks(contents.week, look) if contents.week else []),
        note(*_footer(contents)),
        *([again_note()] if again else []),
    ]
    return message(_text(contents, fold), blocks)


def digest_part(
    run: DigestRun, part: int, look: Look = Look.CHARTS, *, again: bool = False
) -> Rendered | None:
    """The thread's message number *part*, from 0; None when there is none."""
    contents = _contents(run)
    if contents.unchanged:
        if part or contents.week is None:
            return None
        rendered = message(week_text(contents.week), week_blocks(contents.week, look))
    else:
        parts = _parts(contents)
        if part >= len(parts):
            return None
        rendered = drawn(parts[part], look)
    return Rendered(rendered.text, (*rendered.blocks, again_note())) if again else rendered


def title(contents: DigestContents) -> str:
    """`Unpaid this morning: 7 orders · 31,204.50 CNY`. No account is counted as empty that did not
    answer."""
    silent = sum(bool(each.problem) for each in contents.accounts)
    missing = _("{count} of {total} accounts did not answer", count=silent, total=_many(contents))
    if contents.lines:
        found = " · ".join((say.orders(len(contents.lines)), *say.sums(contents.totals)))
    elif silent:
        found = _("none known")
    else:
        found = _("nothing")
    is_morning = contents.as_of.astimezone(zone_of(contents.zone)).hour < NOON
    said = (
        _("Unpaid this morning: {found}", found=found)
        if is_morning
        else _("Unpaid today: {found}", found=found)
    )
    return f"{said} · {missing}" if silent else said


def _contents(run: DigestRun) -> DigestContents:
    if run.contents is None:
        raise ValueError(f"digest {run.run_id} is not composed")
    return run.contents


def _many(contents: DigestContents) -> int:
    return len(contents.accounts)


def _unchanged(contents: DigestContents) -> str:
    before = when(contents.previous_at, contents.zone) if contents.previous_at else ""
    found = _("nothing")
    if contents.lines:
        found = " · ".join((say.orders(len(contents.lines)), *say.sums(contents.totals)))
    parts = (
        _("Unpaid, unchanged since {when}: {found}", when=before, found=found),
        _snoozed(contents),
        _uncounted(contents),
        _unknown(contents),
        _("All of it: /order unpaid") if contents.lines else "",
        _head(contents),
    )
    return " · ".join(part for part in parts if part)


def _fold(contents: DigestContents) -> _Fold:
    listed = [
        (index, each)
        for section in _ORDER
        for index, each in enumerate(contents.lines)
        if each.section is section
    ]
    sizes = accumulate(line_size(each, contents) for _index, each in listed[:ABOVE])
    count = sum(size <= ROOM for size in sizes)
    snoozed = [each for each in contents.lines if each.section is S.SNOOZED]
    gone = sorted(contents.gone, key=lambda each: GONE_FIRST.index(each.why))
    return _Fold(
        above=tuple(listed[:count]),
        below=(*(each for _index, each in listed[count:]), *snoozed),
        gone_above=tuple(gone[:ABOVE_GONE]),
        gone_below=tuple(gone[ABOVE_GONE:]),
    )


def _parts(contents: DigestContents) -> tuple[Part, ...]:
    fold = _fold(contents)
    return thread_parts(contents, fold.below, fold.gone_below)


def _counted(contents: DigestContents) -> Iterator[Block]:
    left = ", ".join(say.part(name, say.ACCOUNT) for name in contents.left_out)
    parts = (
        _snoozed(contents),
        _uncounted(contents),
        _unknown(contents),
        _(
            "Left out, for whoever switched this on may not view them any more: {accounts}",
            accounts=cut(left, NAMES),
        )
        if left
        else "",
    )
    said = [literal(part) for part in parts if part]
    if said:
        yield note(*said)


def _snoozed(contents: DigestContents) -> str:
    count = sum(each.section is S.SNOOZED for each in contents.lines)
    return _("{count} snoozed, and counted here", count=count) if count else ""


def _uncounted(contents: DigestContents) -> str:
    count = contents.uncounted
    return (
        _("{count} more unpaid and counted nowhere here: look at /order unpaid", count=count)
        if count
        else ""
    )


def _unknown(contents: DigestContents) -> str:
    count = contents.status_unknown
    return _("{count} more whose status is not known", count=count) if count else ""


def _sections(
    run: DigestRun, contents: DigestContents, fold: _Fold, sections: Sequence[Section]
) -> Iterator[Block]:
    for section in sections:
        shown = [(index, each) for index, each in fold.above if each.section is section]
        if not shown:
            continue
        count = sum(each.section is section for each in contents.lines)
        yield line(bold(ours(_section_title(section, contents, count))))
        for index, each in shown:
            yield from line_blocks(each, f"{run.run_id}.{index}", contents)


def _section_title(section: Section, contents: DigestContents, count: int) -> str:
    only = len(contents.lines) == count
    titles = {
        S.RENEWAL: _("Renewals about to lapse (they stop live resources): {count}", count=count),
        S.LAPSING: _("Lapses within 24 hours: {count}", count=count),
        S.NEW: _("New: {count}", count=count),
        S.REST: _("Unpaid: {count}", count=count) if only else _("Also: {count}", count=count),
    }
    return titles[section]


def _folded(fold: _Fold) -> Iterator[Block]:
    parts = (
        _("{count} more unpaid", count=len(fold.below)) if fold.below else "",
        _("{count} more gone", count=len(fold.gone_below)) if fold.gone_below else "",
    )
    counts = ", ".join(part for part in parts if part)
    if counts:
        yield note(ours(_("In the thread: {counts}", counts=counts)))


def _footer(contents: DigestContents) -> Iterator[Markup | PlainTextObject]:
    zone = contents.zone
    yield ours(_("As of {when}", when=moment(contents.as_of, zone)))
    if contents.previous_at is None:
        yield ours(_("nothing to compare with yet"))
    else:
        yield ours(_("compared with {when}", when=moment(contents.previous_at, zone)))
    if contents.filters:
        yield literal(_("only {filters}", filters=say.filters_text(contents)), NAMES)
    if head := _head(contents):
        yield ours(head)
    yield ours(_("To change it: /order digest"))


def _head(contents: DigestContents) -> str:
    """The newest record of the log, so that everybody in the channel holds a copy of its head: an
    anchor for `countersign audit verify`."""
    if not contents.head_hash:
        return ""
    short_hash = contents.head_hash[:HASH]
    return _("record {seq} {hash}", seq=contents.head_seq, hash=short_hash)


def _text(contents: DigestContents, fold: _Fold) -> str:
    """The digest in a few sentences."""
    urgent = {
        section: sum(each.section is section for each in contents.lines) for section in _ORDER[:-1]
    }
    first = [
        " · ".join(
            (
                money(each.amount),
                say.what(each),
                say.part(each.account, say.ACCOUNT),
                say.deadline_text(each, contents),
            )
        )
        for _index, each in fold.above[:FIRST]
    ]
    parts = (
        title(contents),
        *problem_texts(contents),
        *(_section_title(section, contents, count) for section, count in urgent.items() if count),
        *first,
        gone_title(contents, markup=False) if contents.gone else "",
        _snoozed(contents),
        _unknown(contents),
        week_text(contents.week) if contents.week else "",
    )
    return ". ".join(part.rstrip(".") for part in parts if part)
