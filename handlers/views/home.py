"""The Home tab: what waits for a person, what is unpaid, what lapses next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from slack_sdk.models.blocks import Block, SectionBlock

from bot.domain.approvals import ApprovalRequest, RequestStatus
from bot.domain.filters import Snapshot
from bot.domain.outbox import CopyRole
from bot.i18n import _
from bot.services.homes import AccountUnpaid, HomeView
from handlers.ids import COMMAND, ActionId, request_block
from handlers.views import words
from handlers.views.outcomes import outcome_markup
from handlers.views.phrases import type_markup
from handlers.views.progress import approvals_text
from handlers.views.requests import asked_by, quoted, request_buttons, request_ref, title
from handlers.views.stakes import stakes
from handlers.views.surface import Rendered, actions, button, header, note, plain
from handlers.views.text import (
    Markup,
    bold,
    joined,
    literal,
    markup,
    moment,
    money,
    ours,
    short,
    when,
)

GROUP = 6  # requests of one part; a view holds 100 blocks
REASON = 200  # characters of a reason
NUMBER = 64
LINES = 40  # accounts named with what they have
BLOCK = 2900  # characters of one block of lines
SUMS = 5  # currencies of one account


def home_view(
    home: HomeView, *, panel_id: str, row_ids: Sequence[str], zone: str
) -> dict[str, Any]:
    """The tab as Slack takes it. *panel_id* is behind the buttons on top, *row_ids* are behind
    those of the orders that lapse next."""
    inbox, unpaid = home.inbox, sum(each.count for each in home.accounts)
    blocks: list[Block] = [
        header(_("Cloud orders")),
        actions(
            button(ActionId.SHOW_UNPAID, _("Unpaid ({count})", count=unpaid), panel_id),
            button(ActionId.FIND, _("Find…"), panel_id),
        ),
        header(_("Waiting for me: {count}", count=len(inbox.waiting))),
        *(block for each in inbox.waiting[:GROUP] for block in _waiting(each, zone)),
        *_more(len(inbox.waiting)),
        header(_("Mine: {count}", count=len(inbox.mine))),
        *(block for each in inbox.mine[:GROUP] for block in _mine(each, zone)),
        *_more(len(inbox.mine)),
        header(_("Unpaid: {count}", count=unpaid)),
        *_accounts(home.accounts, zone),
    ]
    if home.lapsing:
        blocks.append(header(_("Next deadlines")))
        rows = zip(home.lapsing, row_ids, strict=True)
        blocks.extend(_lapsing(snapshot, card_id, zone) for snapshot, card_id in rows)
    if inbox.done:
        blocks.append(header(_("Done")))
        blocks.extend(_done(each, zone) for each in inbox.done)
    hint = _("Under Messages you can type what follows {command}.", command=COMMAND)
    return _home([*blocks, note(ours(hint))])


def told_home(rendered: Rendered) -> dict[str, Any]:
    """The tab with an answer alone, a refusal for instance."""
    return _home(rendered.blocks)


def _home(blocks: Sequence[Block]) -> dict[str, Any]:
    return {"type": "home", "blocks": [block.to_dict() for block in blocks]}


def _waiting(request: ApprovalRequest, zone: str) -> list[Block]:
    """In the order of the card: what, why, what is at stake, who and until when, the buttons."""
    return [
        _what(request),
        *stakes(request.order),
        note(joined(asked_by(request), _progress(request, zone))),
        *_buttons(request, CopyRole.APPROVALS),
    ]


def _mine(request: ApprovalRequest, zone: str) -> list[Block]:
    pending = request.status is RequestStatus.PENDING
    state = _progress(request, zone) if pending else outcome_markup(request)
    return [_what(request), note(state), *_buttons(request, CopyRole.REQUESTER)]


def _what(request: ApprovalRequest) -> SectionBlock:
    return SectionBlock(
        text=literal(title(request), 300), fields=[literal(quoted(request.reason, REASON))]
    )


def _progress(request: ApprovalRequest, zone: str) -> Markup:
    end = moment(request.expires_at, zone)
    decide = ours(_("Decide by {when}; silence cancels nothing.", when=end))
    return joined(decide, ours(approvals_text(request)))


def _buttons(request: ApprovalRequest, role: CopyRole) -> list[Block]:
    return request_buttons(request, role, request_block(request.request_id))


def _more(count: int) -> list[Block]:
    if count <= GROUP:
        return []
    left = _("and {count} more: {command} inbox", count=count - GROUP, command=COMMAND)
    return [note(ours(left))]


def _accounts(accounts: Sequence[AccountUnpaid], zone: str) -> list[Block]:
    """A line each, those that did not answer first; of those beyond LINES at least the count."""
    ordered = sorted(accounts, key=lambda each: each.state.problem is None)
    lines = [_account(each, zone) for each in ordered[:LINES]]
    if len(ordered) > LINES:
        lines.append(_("and {count} more accounts", count=len(ordered) - LINES))
    blocks: list[Block] = [plain(text, lines=True) for text in _packed(lines)]
    unknown = sum(each.status_unknown for each in accounts)
    if unknown:
        more = _("{count} more whose status is not known", count=unknown)
        blocks.append(note(ours(more)))
    return blocks


def _packed(lines: Sequence[str]) -> list[str]:
    """Lines joined into as few texts as Slack's limit allows."""
    texts: list[str] = []
    for each in lines:
        if texts and len(texts[-1]) + len(each) < BLOCK:
            texts[-1] += f"\n{each}"
        else:
            texts.append(each)
    return texts


def _account(unpaid: AccountUnpaid, zone: str) -> str:
    """`alibaba-main: 3 · 12,480.00 CNY · as of Mon 23 Nov 2026 09:00 CST`."""
    state, name = unpaid.state, short(unpaid.state.account.name, NUMBER)
    sums = [money(each) for each in unpaid.sums[:SUMS]]
    if len(unpaid.sums) > SUMS:
        sums.append(ours(_("and {count} more currencies", count=len(unpaid.sums) - SUMS)))
    found = " · ".join([str(unpaid.count), *sums])
    if state.good_at is None:
        unread = (
            _("{account}: not read yet", account=name)
            if state.problem is None
            else _("No answer from {account} so far: its orders are not known", account=name)
        )
        return (
            _("{unread}, but for: {found}", unread=unread, found=found) if unpaid.count else unread
        )
    at = when(state.good_at, zone)
    if state.problem is not None:
        return _(
            "No answer from {account}; as of {when}: {found}", account=name, when=at, found=found
        )
    said = _("{account}: {found} · as of {when}", account=name, found=found, when=at)
    if state.covered_since is None:
        return said
    since = when(state.covered_since, zone)
    return _("{said} (older than {since}: not read yet)", said=said, since=since)


def _lapsing(snapshot: Snapshot, card_id: str, zone: str) -> SectionBlock:
    """Two lines and a button; no "in 5 h", for a Home is not redrawn each minute."""
    order = snapshot.order
    number = short(order.order_number or order.order_id, NUMBER)
    due = ours(_("pay by {when}", when=moment(order.deadline, zone))) if order.deadline else None
    first = joined(
        bold(money(order.payable)),
        type_markup(order),
        ours(words.status_word(order)) if order.inferred else None,
        due,
    )
    second = " · ".join((words.subject(order), order.account, number))
    show = button(ActionId.SHOW_ORDER, _("Show"), card_id, about=number)
    return SectionBlock(text=markup(first), fields=[literal(second, 500)], accessory=show)


def _done(request: ApprovalRequest, zone: str) -> SectionBlock:
    at = moment(request.ended_at or request.created_at, zone)
    about = short(request.order_id, NUMBER)
    show = button(ActionId.SHOW_REQUEST, _("Show"), request_ref(request), about=about)
    return SectionBlock(
        text=literal(title(request), 300),
        fields=[markup(at), literal(quoted(request.reason, REASON))],
        accessory=show,
    )
