"""The thread of a digest: what did not fit above the fold, as tables, or as lines where Slack takes
no table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import accumulate
from typing import Any

from slack_sdk.models.blocks import Block, TableBlock

from bot.domain.digest_contents import DigestContents, DigestLine, GoneLine
from bot.i18n import _
from handlers.views import digest_words as say
from handlers.views.digest_accounts import account_rows, problem_rows
from handlers.views.digest_gone import gone_word
from handlers.views.surface import Rendered, message, note, plain
from handlers.views.text import literal, money, ours

ROWS = 99  # of a table below its head: Slack takes 100 in all
CHARACTERS = 8500  # of one table's cells: Slack takes 10,000, and the lines in its place are longer
TABLES = 5  # messages with lines in one thread
BLOCK = 2900  # characters of one block of lines
CELL = 90  # characters of one cell

Row = tuple[str, ...]


class Look(StrEnum):
    """What a message is drawn with, the best first: where Slack refuses a block, the next."""

    CHARTS = "charts"
    TABLES = "tables"
    SECTIONS = "sections"


@dataclass(frozen=True, slots=True)
class Part:
    """One message of the thread. Each row has as many cells as there are *columns*."""

    title: str
    columns: Row
    rows: tuple[Row, ...]
    more: str = ""  # what stands in no message


def cells(row: Iterable[str]) -> list[dict[str, str]]:
    """Outside text in cells: Slack reads no markup in them, and refuses empty ones."""
    return [{"type": "raw_text", "text": say.part(text, CELL) or "-"} for text in row]


def thread_parts(
    contents: DigestContents, lines: Sequence[DigestLine], gone: Sequence[GoneLine]
) -> tuple[Part, ...]:
    """*lines* and *gone* are those that are not above the fold."""
    return (
        *_problem_parts(contents),
        *_account_part(contents),
        *_gone_part(gone),
        *_line_parts(contents, lines),
    )


def drawn(part: Part, look: Look) -> Rendered:
    """Beyond its place in a message the plain text is cut."""
    texts = [" · ".join(cell for cell in row if cell) for row in part.rows]
    table = look is not Look.SECTIONS
    blocks: list[Block] = [plain(part.title)]
    blocks.extend([_table(part)] if table else _sections(texts))
    if part.more:
        blocks.append(note(literal(part.more)))
    return message(". ".join(each for each in (part.title, part.more, *texts) if each), blocks)


def _table(part: Part) -> Block:
    settings: list[dict[str, Any]] = [{"align": "right"}, {"is_wrapped": True}]
    return TableBlock(rows=[cells(part.columns), *map(cells, part.rows)], column_settings=settings)


def _sections(texts: Sequence[str]) -> Iterator[Block]:
    left = list(texts)
    while left:
        ends = accumulate(len(text) + 1 for text in left)
        fitting = max(1, sum(end <= BLOCK for end in ends))
        yield plain("\n".join(left[:fitting]), lines=True)
        left = left[fitting:]


def _line_parts(contents: DigestContents, lines: Sequence[DigestLine]) -> list[Part]:
    columns = (
        *(_("Amount"), _("For"), _("Type"), _("Account"), _("Number")),
        *(_("Deadline"), _("Age"), _("Noted")),
    )
    chunks = list(_chunks([_row(line, contents) for line in lines[: TABLES * ROWS]]))[:TABLES]
    shown = [Part(_("The rest: {count}", count=len(lines)), columns, chunk) for chunk in chunks]
    left = len(lines) - sum(map(len, chunks))
    if left:
        more = _("and {count} more: look at /order unpaid", count=left)
        shown[-1] = replace(shown[-1], more=more)
    elif shown:
        hint = _("To cancel one of these, write /order cancel and its number.")
        shown[-1] = replace(shown[-1], more=hint)
    return shown


def _row(line: DigestLine, contents: DigestContents) -> Row:
    noted = (
        say.snoozed_text(line, contents),
        _("new") if line.new else "",
        say.change_text(line),
        say.taken_text(line),
        say.doubt_text(line),
        say.placed_text(line, mentioned=False),
    )
    row = (
        money(line.amount),
        say.what(line),
        say.type_text(line),
        line.account,
        say.number(line),
        say.deadline_text(line, contents),
        say.age_text(line, contents),
        ", ".join(each for each in noted if each),
    )
    return tuple(say.part(cell, CELL) for cell in row)


def _problem_parts(contents: DigestContents) -> list[Part]:
    """However many messages it takes: each cloud that failed is named with since when."""
    columns = (_("Last good answer"), _("Account"), _("What was wrong"))
    found = [tuple(say.part(cell, CELL) for cell in row) for row in problem_rows(contents)]
    title = _("No good answer from: {count} more", count=len(found))
    return [Part(title, columns, chunk) for chunk in _chunks(found)]


def _account_part(contents: DigestContents) -> list[Part]:
    """One message; what does not fit into it is counted."""
    found = account_rows(contents)
    if not found:
        return []
    rows = [tuple(say.part(cell, CELL) for cell in row) for row in found]
    first = next(_chunks(rows))
    left = len(rows) - len(first)
    more = _("and {count} more: look at /order accounts", count=left) if left else ""
    columns = (_("Unpaid"), _("Account"), _("Last good answer"))
    return [Part(_("The other accounts: {count}", count=len(rows)), columns, first, more)]


def _gone_part(gone: Sequence[GoneLine]) -> list[Part]:
    """One message; what does not fit into it is counted."""
    if not gone:
        return []
    columns = (_("Amount"), _("For"), _("Gone"), _("Account"), _("Number"), _("Request"))
    rows = [
        tuple(
            say.part(cell, CELL)
            for cell in (
                money(line.amount),
                line.subject,
                gone_word(line.why),
                line.account,
                say.number(line),
                line.request_id,
            )
        )
        for line in gone
    ]
    first = next(_chunks(rows))
    left = len(rows) - len(first)
    more = _("and {count} more: look at /order list", count=left) if left else ""
    return [Part(_("Also gone: {count}", count=len(gone)), columns, first, more)]


def _chunks(rows: Sequence[Row]) -> Iterator[tuple[Row, ...]]:
    """As many rows at a time as one message holds."""
    chunk: list[Row] = []
    size = 0
    for row in rows:
        added = sum(max(1, len(cell)) for cell in row)
        if chunk and (len(chunk) == ROWS or size + added > CHARACTERS):
            yield tuple(chunk)
            chunk, size = [], 0
        chunk.append(row)
        size += added
    if chunk:
        yield tuple(chunk)


def again_note() -> Block:
    """For a second attempt at a message whose first one may have arrived."""
    return note(
        ours(_("An earlier attempt to post this may have arrived as well; both say the same."))
    )
