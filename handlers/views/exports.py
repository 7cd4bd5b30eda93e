"""What an export says of itself: while it is made, beside the file, and where it was asked for."""

from __future__ import annotations

from slack_sdk.models.blocks import Block

from bot.domain.orders import PaymentStatus
from bot.i18n import _
from bot.services.exports import OrderExport
from handlers.views.lists import gap_blocks, problem_blocks
from handlers.views.panel import sentence
from handlers.views.surface import Rendered, header, message, note, plain
from handlers.views.text import moment, ours


def collecting() -> Rendered:
    return sentence(_("Collecting the orders. This can take a minute …"))


def export_card(export: OrderExport, zone: str) -> Rendered:
    """The message that holds the file, as a list says it: how many, from when, what is missing."""
    title = _count(export)
    return message(title, [header(title), *_about(export, zone)])


def sent_card(export: OrderExport, zone: str) -> Rendered:
    text = _("Sent to your direct messages: {orders}.", orders=_count(export))
    return message(_with_missing(text, export), [plain(text), *_about(export, zone)])


def nothing_card(export: OrderExport, zone: str) -> Rendered:
    """No order fits, so there is no file; a cloud that did not answer is named all the same."""
    text = _("No order fits, so there is no file. A longer time: /order export since:90d")
    return message(_with_missing(text, export), [plain(text), *_about(export, zone)])


def _with_missing(text: str, export: OrderExport) -> str:
    names = ", ".join(state.account.name for state in export.states if state.problem)
    return _("{text} No good answer from {names}.", text=text, names=names) if names else text


def _count(export: OrderExport) -> str:
    if export.count < export.total:
        return _("the first {count:,} of {total:,} orders", count=export.count, total=export.total)
    if export.count == 1:
        return _("1 order")
    return _("{count:,} orders", count=export.count)


def _about(export: OrderExport, zone: str) -> list[Block]:
    wanted, states = export.wanted, export.states
    parts = [
        _(
            "placed {since} to {until}",
            since=moment(wanted.since, zone),
            until=moment(wanted.until, zone),
        )
    ]
    times = [state.good_at for state in states if state.good_at is not None]
    if times:
        parts.append(_("as of {when}", when=moment(min(times), zone)))
    if export.status_unknown and wanted.payment_status is PaymentStatus.UNPAID:
        parts.append(_("{count} more whose status is not known", count=export.status_unknown))
    blocks: list[Block] = [*problem_blocks(states, zone)]
    if export.count < export.total:
        blocks.append(
            plain(
                _(
                    "A file holds {count:,} orders at most. Ask for the time in parts, for example"
                    " since:180d until:90d",
                    count=export.count,
                )
            )
        )
    blocks.append(note(*[ours(part) for part in parts]))
    return [*blocks, *gap_blocks(states, wanted, zone)]
