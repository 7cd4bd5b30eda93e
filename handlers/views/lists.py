"""Lists of orders: rows, what they cover, and which cloud did not answer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from slack_sdk.models.blocks import Block, SectionBlock

from bot.domain.filters import OrderFilter, Snapshot
from bot.domain.orders import PaymentStatus
from bot.i18n import _
from bot.services.lists import PAGE, AccountState, OrderList
from handlers.ids import ActionId
from handlers.views import words
from handlers.views.phrases import deadline_words, type_markup
from handlers.views.surface import Rendered, actions, button, header, message, note, plain
from handlers.views.text import (
    bold,
    cut,
    joined,
    literal,
    markup,
    moment,
    money,
    ours,
    short,
    span,
    when,
)

SHOWN_PROBLEMS = 10
NUMBER = 64  # characters of an order number in a row
YEAR = timedelta(days=364)  # or more: `/order unpaid` without filters
LATELY = timedelta(days=1)  # a card may be some hours old
NAMES = 2900  # characters of the names of accounts that a block only counts


def list_card(
    listed: OrderList, *, row_ids: Sequence[str], turn_id: str, zone: str, now: datetime
) -> Rendered:
    """*row_ids* are the cards behind the rows' buttons, *turn_id* the list behind Next, Previous
    and Refresh."""
    blocks: list[Block] = [header(_title(listed))]
    blocks.extend(problem_blocks(listed.states, zone))
    for snapshot, card_id in zip(listed.page.snapshots, row_ids, strict=True):
        blocks.append(_row(snapshot, card_id, zone, now))
    if not listed.page.snapshots:
        blocks.append(plain(_nothing(listed, now)))
    blocks.append(note(*[ours(part) for part in _coverage(listed, zone)]))
    blocks.extend(gap_blocks(listed.states, listed.wanted, zone))
    blocks.append(_turns(listed, turn_id))
    return message(list_text(listed, zone), blocks)


def list_text(listed: OrderList, zone: str) -> str:
    """The list in a few sentences: how many, the first three, who did not answer."""
    first = [
        f"{words.amount(each.order)} {words.subject(each.order)} ({each.order.account})"
        for each in listed.page.snapshots[:3]
    ]
    problems = [_problem(state, zone) for state in listed.states if state.problem]
    return ". ".join([_title(listed), *first, *problems])


def _title(listed: OrderList) -> str:
    if listed.unpaid:
        return _("Unpaid orders: {total}", total=listed.page.total)
    return _("Orders: {total}", total=listed.page.total)


def _nothing(listed: OrderList, now: datetime) -> str:
    if listed.page.total:
        return _("This page is past the end by now. Press Previous or Refresh.")
    if any(state.problem or state.asking for state in listed.states):
        return _("Nothing known so far; not every cloud has answered.")
    if listed.unpaid and not _narrowed(listed.wanted, now):
        names = ", ".join(state.account.name for state in listed.states)
        if unknown := listed.page.status_unknown:
            return _(
                "Nothing is known to be unpaid in {accounts}; of {count} orders the status is not"
                " known.",
                accounts=names,
                count=unknown,
            )
        return _("Nothing is unpaid in {accounts}.", accounts=names)
    if listed.unpaid:
        return _("No unpaid order fits. All of them: /order unpaid")
    return _("No order fits. A longer time: /order list since:90d")


def _narrowed(wanted: OrderFilter, now: datetime) -> bool:
    """Whether it is about less than everything of a year up to now."""
    filters = (wanted.provider, wanted.order_type, wanted.product, wanted.over)
    is_a_year = wanted.since <= now - YEAR and now - LATELY <= wanted.until
    return not is_a_year or any(each is not None for each in filters)


def _row(snapshot: Snapshot, card_id: str, zone: str, now: datetime) -> Block:
    """Two lines and a button: what we say of it, then the provider's words."""
    order = snapshot.order
    first = joined(
        bold(money(order.payable)),
        type_markup(order),
        ours(words.status_word(order)) if order.inferred else None,
        deadline_words(order, zone, now)
        if order.payment_status is PaymentStatus.UNPAID
        else ours(words.status_word(order)),
        ours(_("{span} old", span=span(now - order.created_at))) if order.created_at else None,
    )
    number = short(order.order_number or order.order_id, NUMBER)
    second = [words.subject(order), order.account, number]
    if order.payment_status is PaymentStatus.UNKNOWN or order.inferred:
        word = short(order.payment_word, words.NAME) or "-"
        second.append(_("the provider says: {word}", word=word))
    show = button(ActionId.SHOW_ORDER, _("Show"), card_id, about=number)
    return SectionBlock(
        text=markup(first), fields=[literal(" · ".join(second), 500)], accessory=show
    )


def _coverage(listed: OrderList, zone: str) -> list[str]:
    """Which rows, which window, which moment."""
    first, last = listed.offset + 1, listed.offset + len(listed.page.snapshots)
    parts = []
    if listed.page.snapshots:
        parts.append(
            _("{first} to {last} of {total}", first=first, last=last, total=listed.page.total)
        )
    parts.append(
        _(
            "placed {since} to {until}",
            since=moment(listed.wanted.since, zone),
            until=moment(listed.wanted.until, zone),
        )
    )
    times = [state.good_at for state in listed.states if state.good_at is not None]
    if times:
        parts.append(_("as of {when}", when=moment(min(times), zone)))
    if any(state.asking for state in listed.states):
        parts.append(_("asking the clouds …"))
    if listed.page.status_unknown and listed.wanted.payment_status is PaymentStatus.UNPAID:
        parts.append(_("{count} more whose status is not known", count=listed.page.status_unknown))
    return parts


def gap_blocks(states: Sequence[AccountState], wanted: OrderFilter, zone: str) -> list[Block]:
    """The accounts whose older orders are not read yet."""
    gaps = [
        _(
            "{account}: orders before {when} are not read yet.",
            account=state.account.name,
            when=when(state.covered_since, zone),
        )
        for state in states
        if state.covered_since is not None and state.covered_since < wanted.until
    ]
    if not gaps:
        return []
    shown = gaps[: SHOWN_PROBLEMS - 1]
    if len(gaps) > len(shown):
        shown.append(_("and {count} more accounts", count=len(gaps) - len(shown)))
    return [note(*[literal(gap, 150) for gap in shown])]


def problem_blocks(states: Sequence[AccountState], zone: str) -> list[Block]:
    """The first failures whole; of the others at least the accounts' names, for a cloud that did
    not answer is never passed over."""
    failed = [state for state in states if state.problem is not None]
    if not failed:
        return []
    shown = [short(_problem(state, zone), 250) for state in failed[:SHOWN_PROBLEMS]]
    blocks: list[Block] = [plain("\n".join(shown), lines=True)]
    left = [state.account.name for state in failed[SHOWN_PROBLEMS:]]
    if left:
        more = _("No good answer from {count} more accounts:", count=len(left))
        blocks.append(plain(cut(f"{more} {', '.join(left)}", NAMES)))
    return blocks


def _problem(state: AccountState, zone: str) -> str:
    """A cloud that did not answer, and since when its orders are as shown."""
    if state.problem is None:
        return ""
    said = words.brief_problem(state.problem)
    if state.good_at is None:
        return _("{problem} Its orders are not read yet.", problem=said)
    return _("{problem} Shown as of {when}.", problem=said, when=when(state.good_at, zone))


def _turns(listed: OrderList, turn_id: str) -> Block:
    more = listed.offset + PAGE < listed.page.total
    return actions(
        button(ActionId.PREVIOUS_PAGE, _("Previous"), turn_id) if listed.offset else None,
        button(ActionId.NEXT_PAGE, _("Next"), turn_id) if more else None,
        button(ActionId.REFRESH, _("Refresh"), turn_id),
    )
