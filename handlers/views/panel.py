"""`/order` alone, help, accounts, products, and plain sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import accumulate

from slack_sdk.models.blocks import Block, SectionBlock

from bot.domain.accounts import Account, Provider
from bot.domain.filters import Snapshot
from bot.i18n import _
from bot.services.orders import AccountLine, ProductList
from handlers.filters import FILTERS
from handlers.ids import COMMAND, ActionId
from handlers.parsing import EXAMPLES, Verb
from handlers.views import words
from handlers.views.surface import Rendered, actions, button, header, message, note, plain
from handlers.views.text import clean, cut, literal, moment, ours, short, when

PRODUCTS_PAGE = 30
BLOCK = 2900  # characters of one block of lines
NAME = 80  # characters of an account's name in a line
ACCOUNT_BLOCKS = 4  # a message holds about 13,200 characters in all
SAMPLE_IDS: Mapping[Provider, str] = {
    Provider.ALIBABA: "500491030350914",
    Provider.HUAWEI: "CS18122203217MRPB",
    Provider.UNICLOUD: "P21784954245923",
}


def sentence(text: str) -> Rendered:
    """One plain sentence, an error's for instance."""
    return message(text, [plain(text)])


def panel(
    unpaid: int,
    as_of: datetime | None,
    recent: Sequence[tuple[Snapshot, str]],
    panel_id: str,
    *,
    zone: str,
    waiting: int,
) -> Rendered:
    """*recent* pairs the last orders looked at here with the card ids of their buttons, *waiting*
    counts the requests that this person may decide."""
    known = unpaid or as_of is not None
    label = _("Unpaid ({count})", count=unpaid) if known else _("Unpaid")
    blocks: list[Block] = [
        header(_("Cloud orders")),
        actions(
            button(ActionId.SHOW_UNPAID, label, panel_id),
            button(ActionId.SHOW_INBOX, _("Waiting for you ({count})", count=waiting), panel_id),
            button(ActionId.FIND, _("Find…"), panel_id),
        ),
    ]
    for snapshot, card_id in recent:
        order = snapshot.order
        number = short(order.order_number or order.order_id, 64)
        label = f"{words.amount(order)} · {words.subject(order)} · {words.status_word(order)}"
        label = f"{label} · {number}"
        show = button(ActionId.SHOW_ORDER, _("Show"), card_id, about=number)
        blocks.append(SectionBlock(text=literal(label, 500), accessory=show))
    if as_of is None:
        blocks.append(note(ours(_("Not every cloud has answered yet."))))
    else:
        blocks.append(note(ours(_("As of {when}", when=moment(as_of, zone)))))
    hint = _("Type {command} help to see what can be typed.", command=COMMAND)
    blocks.append(note(ours(hint)))
    text = _(
        "Cloud orders: {count} unpaid, {waiting} waiting for you. {hint}",
        count=unpaid,
        waiting=waiting,
        hint=hint,
    )
    return message(text, blocks)


def help_card(accounts: Sequence[Account]) -> Rendered:
    """What can be typed, with the ids and names of accounts that work here."""
    first = accounts[0]
    sample = SAMPLE_IDS[first.provider]
    lines = [
        _("{command}: a panel with what is unpaid and what you looked at last", command=COMMAND),
        _("{command} show {sample}: one order, read now", command=COMMAND, sample=sample),
        _("{command} {sample}: the same", command=COMMAND, sample=sample),
        _("{example}: orders of the last 30 days", example="/order list"),
        _("{example}: everything unpaid, what lapses first on top", example="/order unpaid"),
        _(
            "{command} products {account} ecs: what can be bought",
            command=COMMAND,
            account=first.name,
        ),
        _("{example}: a list as a file, to you alone; or format:jsonl", example="/order export"),
        _("{example}: your accounts and when they answered last", example=EXAMPLES[Verb.ACCOUNTS]),
        *_request_help(sample),
    ]
    filters = {
        **FILTERS,
        "account": f"account:{first.name}",
        "provider": f"provider:{first.provider}",
    }
    narrowing = _(
        "Filters for list, unpaid and export: {filters}", filters="  ".join(filters.values())
    )
    text = " ".join((_("What can be typed:"), *lines))
    return message(
        text,
        [header(_("What can be typed")), plain("\n".join(lines), lines=True), plain(narrowing)],
    )


def _request_help(sample: str) -> tuple[str, ...]:
    return (
        _(
            "{command} cancel: ask to cancel the order you looked at last; a second person decides",
            command=COMMAND,
        ),
        _("{example}: requests that wait for you, yours, done", example=EXAMPLES[Verb.INBOX]),
        _("{command} history {sample}: what happened to it", command=COMMAND, sample=sample),
        _("{example}: who may decide a request, and who not", example=EXAMPLES[Verb.WHY]),
        _(
            "{example}: what is unpaid, in this channel every morning; off, now, time, days, zone",
            example=EXAMPLES[Verb.DIGEST],
        ),
    )


def accounts_card(lines: Sequence[AccountLine], *, zone: str) -> Rendered:
    """A line each, those whose last answer was a failure first; what does not fit is counted."""
    failing = sorted(lines, key=lambda line: line.answer is None or line.answer.failed_at is None)
    texts = [_account_line(line, zone) for line in failing]
    title = _("Your accounts: {count}", count=len(lines))
    blocks: list[Block] = [header(title)]
    at = 0
    while at < len(texts) and len(blocks) <= ACCOUNT_BLOCKS:
        fitting = _fitting(texts[at:])
        blocks.append(plain("\n".join(texts[at : at + fitting]), lines=True))
        at += fitting
    if at < len(texts):
        blocks.append(plain(_("and {count} more accounts", count=len(texts) - at)))
    return message(". ".join((title, *texts)), blocks)


def _fitting(texts: Sequence[str]) -> int:
    """How many of these lines one block holds, at least one."""
    ends = accumulate(len(text) + 1 for text in texts)
    return max(1, sum(end <= BLOCK for end in ends))


def products_card(lists: Sequence[ProductList], *, offset: int, turn_id: str) -> Rendered:
    """30 rows a page over all accounts asked; a cloud that did not answer is named."""
    rows = [
        (
            each.account.name,
            " · ".join(
                short(part, 80)
                for part in (product.code, product.name, product.variant)
                if clean(part)
            ),
        )
        for each in lists
        for product in each.products
    ]
    title = _("Products: {total}", total=len(rows))
    problems = [words.brief_problem(each.problem) for each in lists if each.problem is not None]
    page = rows[offset : offset + PRODUCTS_PAGE]
    blocks: list[Block] = [header(title)]
    blocks.extend(plain(problem) for problem in problems)
    for account in dict.fromkeys(name for name, _text in page):
        texts = [cut(text, 90) for name, text in page if name == account]
        blocks.append(plain("\n".join((f"{short(account, NAME)}:", *texts)), lines=True))
    if rows and not page:
        blocks.append(plain(_("This page is past the end by now. Press Previous.")))
    elif not page and not problems:
        blocks.append(plain(_("No product fits. All of them: /order products")))
    last = offset + len(page)
    if page:
        place = _("{first} to {last} of {total}", first=offset + 1, last=last, total=len(rows))
        blocks.append(note(ours(place)))
    turns = [
        button(ActionId.PREVIOUS_PAGE, _("Previous"), turn_id) if offset else None,
        button(ActionId.NEXT_PAGE, _("Next"), turn_id) if last < len(rows) else None,
    ]
    if any(turns):
        blocks.append(actions(*turns))
    first = [text for _name, text in page[:3]]
    return message(". ".join((title, *first, *problems)), blocks)


def _account_line(line: AccountLine, zone: str) -> str:
    account, answer = line.account, line.answer
    site = f" {account.site}" if account.site else ""
    owner_id = short(account.owner_id or "", NAME)
    owner = _(", customer {owner_id}", owner_id=owner_id) if owner_id else ""
    if answer is None or answer.good_at is None:
        last = _("no answer yet")
    else:
        last = _("last good answer {when}", when=when(answer.good_at, zone))
    failed = ""
    if answer is not None and answer.failed_at is not None:
        failed = _(
            "; failed {when}: {error}",
            when=when(answer.failed_at, zone),
            error=words.masked(answer.error, words.NAME),
        )
    name = short(account.name, NAME)
    return f"{name} ({account.provider}{site}{owner}): {last}{failed}"
