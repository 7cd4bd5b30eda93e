"""*All details*: every field that the provider gave of one order, in pages."""

from __future__ import annotations

import json
from collections.abc import Sequence

from slack_sdk.models.blocks import Block

from bot.domain.orders import Field, Order
from bot.i18n import _
from bot.services.orders import Shown
from handlers.ids import ActionId
from handlers.views.phrases import NUMBER, title
from handlers.views.surface import Rendered, actions, button, message, note, plain
from handlers.views.text import clean, literal, short, when

CHUNK = 2900  # characters of one block of a page
CHUNKS = 25  # blocks of one page
PAGE_BYTES = 200_000  # of one page, escaped as on the wire: Slack takes 250 KB


def details_pages(order: Order) -> tuple[tuple[str, ...], ...]:
    """Every field of the provider's answer, `path: value` a line, in pages of text chunks that
    each fit a block. A value longer than a block goes on in the next one."""
    chunks: list[str] = []
    current = ""
    for field in (*order.fields, *_resource_fields(order)):
        meaning = f" ({field.word})" if field.word else ""
        text = f"{clean(field.path)}: {clean(field.value, lines=True)}{meaning}"
        for start in range(0, len(text), CHUNK):
            piece = text[start : start + CHUNK]
            if len(current) + len(piece) + 1 > CHUNK:
                chunks.append(current)
                current = ""
            current = f"{current}\n{piece}" if current else piece
    if current or not chunks:
        chunks.append(current or _("The provider gave no fields."))
    return _paged(chunks)


def details_view(shown: Shown, page: int, previous_id: str, next_id: str, *, zone: str) -> Rendered:
    """One page of *All details*; ids are "" where there is no such page."""
    order = shown.order
    pages = details_pages(order)
    page = min(page, len(pages) - 1)
    count = _("page {page} of {pages}", page=page + 1, pages=len(pages))
    where = _(
        "Order {order_id} in {account}, as of {when}",
        order_id=short(order.order_id, NUMBER),
        account=order.account,
        when=when(shown.seen_at, zone),
    )
    blocks: list[Block] = [plain(title(order)), note(literal(f"{where}, {count}"))]
    if not order.detailed:
        blocks.append(
            note(
                literal(_("Seen only as a row of a list so far; show the order to read it whole."))
            )
        )
    blocks.extend(plain(chunk, lines=True) for chunk in pages[page])
    turns = [
        button(ActionId.PREVIOUS_PAGE, _("Previous"), previous_id) if previous_id else None,
        button(ActionId.NEXT_PAGE, _("Next"), next_id) if next_id else None,
    ]
    if any(turns):
        blocks.append(actions(*turns))
    return message(where, blocks)


def _resource_fields(order: Order) -> list[Field]:
    return [
        Field(f"resources.{position}.{field.path}", field.value, field.word)
        for position, resource in enumerate(order.resources)
        for field in resource.fields
    ]


def _paged(chunks: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    pages: list[list[str]] = [[]]
    size = 0
    for chunk in chunks:
        added = len(json.dumps(chunk))
        if pages[-1] and (len(pages[-1]) == CHUNKS or size + added > PAGE_BYTES):
            pages.append([])
            size = 0
        pages[-1].append(chunk)
        size += added
    return tuple(map(tuple, pages))
