"""Everything that Slack is sent, drawn from one world by the bot's own views."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from datetime import date, time
from typing import Any, NamedTuple

from bot.domain.approvals import ApprovalRequest, RequestStatus
from bot.domain.audit import AuditRecord
from bot.domain.digests import EVERY_DAY, DigestPlan, DigestRun
from bot.domain.filters import AccountAnswer, Snapshot
from bot.domain.orders import Order
from bot.domain.outbox import CopyRole
from bot.domain.people import Channel
from bot.services.digests import Switched
from bot.services.export_files import ExportFormat
from bot.services.exports import OrderExport
from bot.services.homes import AccountUnpaid, HomeView
from bot.services.lists import PAGE
from bot.services.orders import AccountLine, Choice, ProductList
from bot.services.sentences import news
from bot.services.told import HistoryView, InboxView, Told, Why, WhyLine
from handlers.views.details import details_pages, details_view
from handlers.views.digest import digest_card, digest_part
from handlers.views.digest_answers import coming_card, status_card, switched_card
from handlers.views.digest_table import Look
from handlers.views.digest_words import brief
from handlers.views.exports import export_card, nothing_card, sent_card
from handlers.views.forms import answer_modal, find_form
from handlers.views.history import history_card, inbox_card, why_card
from handlers.views.home import home_view, told_home
from handlers.views.lists import list_card
from handlers.views.notices import notice_card
from handlers.views.orders import choice_card, order_card
from handlers.views.panel import accounts_card, panel, products_card, sentence
from handlers.views.reminders import reminder_card
from handlers.views.request_forms import cancel_form, deny_form, snooze_form
from handlers.views.requests import request_card, result_card, told_card
from handlers.views.surface import Rendered
from tests.builders import an_account
from tests.proofs.hostile_world import ALICE, CAROL, DAY, LIN, NOW, World, requirement

_NEWS = (RequestStatus.DENIED, RequestStatus.EXPIRED, RequestStatus.CANCELLED)
ZONES = ("Asia/Shanghai", "UTC", "no/such")
DIGEST_LINES = 40
_NO_ID = re.compile("[A-Z0-9]+")


class Drawn(NamedTuple):
    """One output: a message with its *text*, or a view, whose text is None."""

    name: str
    text: str | None
    payload: Any


class Cast(NamedTuple):
    """What several outputs speak of: *orders* as the details call tells them, *rows* as a list
    does."""

    orders: tuple[Order, ...]
    rows: tuple[Order, ...]
    requests: tuple[ApprovalRequest, ...]


def cast(world: World) -> Cast:
    orders = tuple(world.whole_order() for _ in range(5))
    rows = [world.order() for _ in range(15)]
    rows.append(world.order(product_name=world.huge()))
    return Cast(orders, tuple(rows), tuple(world.requests(orders)))


def everything(world: World, members: Cast) -> Iterator[Drawn]:
    """Each view at least once. What is in it hangs on the world alone."""
    orders, rows, requests = members
    yield from _orders(world, orders, requests[0])
    yield from _lists(world, rows)
    yield from _accounts(world)
    yield from _requests(world, requests)
    yield from _forms(world, orders[0], requests[0])
    yield from _people(world, requests)
    yield from _exports(world)
    yield from _home(world, requests, rows)
    yield from _digest(world)
    yield _window("sentence", sentence(world.say()))
    yield from (_message("sentence", sentence(world.long())) for _ in range(3))


def _message(name: str, rendered: Rendered) -> Drawn:
    return Drawn(name, rendered.text, rendered.as_dicts())


def _window(name: str, rendered: Rendered) -> Drawn:
    return Drawn(name, None, answer_modal(rendered))


def _orders(world: World, orders: tuple[Order, ...], asked: ApprovalRequest) -> Iterator[Drawn]:
    zone = world.draw.choice(ZONES)
    for at, order in enumerate(orders):
        shown = world.shown(order, failed=at % 2 == 1)
        card = order_card(
            shown,
            "c0",
            zone=zone,
            now=NOW,
            shared_by=ALICE if at % 3 == 2 else "",
            asked=asked if at % 2 else None,
        )
        yield (_window if at == 4 else _message)("order card", card)
        for page in range(len(details_pages(order))):
            view = details_view(shown, page, "p0", "n0", zone=zone)
            yield _window("details", view)
    choice = Choice(world.say(), tuple(world.account() for _ in range(3)))
    yield _message("choice", choice_card(choice, ("c0", "c1", "c2")))


def _lists(world: World, rows: tuple[Order, ...]) -> Iterator[Drawn]:
    zone, ids = world.draw.choice(ZONES), [f"c{at}" for at in range(PAGE)]
    for first in range(0, len(rows), PAGE):
        listed = world.listed(rows[first : first + PAGE])
        yield _message("list", list_card(listed, row_ids=ids, turn_id="t0", zone=zone, now=NOW))
    empty = list_card(world.listed(()), row_ids=(), turn_id="t0", zone="UTC", now=NOW)
    yield _window("list", empty)
    recent = [(Snapshot(each, NOW), "c0") for each in rows[:3]]
    yield _message("panel", panel(7, NOW, recent, "p0", zone="UTC", waiting=2))


def _accounts(world: World) -> Iterator[Drawn]:
    lines = [
        AccountLine(account, AccountAnswer(account.name, NOW - DAY, NOW, world.tell()))
        for account in (world.account(world.say()) for _ in range(6))
    ]
    yield _message("accounts", accounts_card(lines, zone="UTC"))
    account = world.account()
    lists = [
        ProductList(account, world.products(account, 30), 99, world.say()),
        ProductList(account, (), 0, world.say(), world.failure()),
    ]
    yield _message("products", products_card(lists, offset=0, turn_id="t0"))


def _requests(world: World, requests: tuple[ApprovalRequest, ...]) -> Iterator[Drawn]:
    for at, request in enumerate(requests):
        role = CopyRole.REQUESTER if at % 3 == 1 else CopyRole.APPROVALS
        mentioned = (CAROL, LIN) if at % 2 else ()
        card = request_card(
            request, role, unsure=at % 4 == 0, mentioned=mentioned, urgent=at % 2 == 1
        )
        yield _message("request card", card)
    for request in requests[::4]:
        yield _message("result", result_card(request))
    yield _message("told", told_card(Told(world.say(), "R-1", CAROL)))
    yield _message("reminder", reminder_card(requests[0], world.long()))
    yield _message("notice", notice_card(f"<#C0FINANCE> {world.say()}"))
    yield _message("notice", notice_card(f"Order: {world.long()}"))
    for request in requests:
        if request.status in _NEWS:
            yield _message("notice", notice_card(news(request)))


def _forms(world: World, order: Order, request: ApprovalRequest) -> Iterator[Drawn]:
    yield Drawn("cancel form", None, cancel_form(order, world.say(), "f0"))
    yield Drawn("deny form", None, deny_form(request, "f0"))
    draft = {"until": "2026-12-24", "reason": world.say()}
    yield Drawn("snooze form", None, snooze_form(world.say(), draft, date(2026, 11, 21), "f0"))
    draft = {name: world.say() for name in ("order_id", "account", "product", "over", "since")}
    yield Drawn("find form", None, find_form([an_account()], draft, "f0"))


def _people(world: World, requests: tuple[ApprovalRequest, ...]) -> Iterator[Drawn]:
    inbox = InboxView(requests[:3], requests[3:6], requests[6:9])
    yield _message("inbox", inbox_card(inbox))
    records = tuple(_record(world, seq) for seq in range(12))
    history = HistoryView(world.say(), world.say(), requests[4:7], records)
    yield _message("history", history_card(history))
    stopped = tuple(WhyLine(LIN, False, "identity", world.say()) for _ in range(3))
    may = (WhyLine(CAROL, True), WhyLine(LIN + _NO_ID.sub("", world.coin()), True))
    why = Why(requests[0], requirement(), False, 1, 2, (*may, *stopped))
    yield _message("why", why_card(why))


def _record(world: World, seq: int) -> AuditRecord:
    body = {
        "kind": world.draw.choice(("request:made", "order:shown", "input:refused")),
        "actor": world.draw.choice((ALICE, "countersign")),
        "facts": {"rule": "approvers" if seq else f"{world.say()} no word"},
    }
    return AuditRecord(seq, NOW, json.dumps(body).encode(), b"", b"")


def _exports(world: World) -> Iterator[Drawn]:
    export = OrderExport(
        file=io.BytesIO(),
        name="orders.csv",
        form=ExportFormat.CSV,
        wanted=world.wanted(),
        states=world.states(4),
        count=7,
        total=world.draw.choice((7, 99)),
        status_unknown=3,
        size=1,
        sha256="0" * 64,
    )
    for name, draw in (("export", export_card), ("sent", sent_card), ("nothing", nothing_card)):
        yield _message(name, draw(export, "UTC"))


def _home(
    world: World, requests: tuple[ApprovalRequest, ...], rows: tuple[Order, ...]
) -> Iterator[Drawn]:
    accounts = tuple(
        AccountUnpaid(state, 2, (world.money(), world.money()), 1, ()) for state in world.states(5)
    )
    lapsing = tuple(Snapshot(each, NOW) for each in rows[:5])
    home = HomeView(InboxView(requests[:3], requests[4:9], requests[9:14]), accounts, lapsing)
    ids = [f"c{at}" for at in range(len(lapsing))]
    yield Drawn("home", None, home_view(home, panel_id="p0", row_ids=ids, zone="UTC"))
    yield Drawn("told home", None, told_home(sentence(world.say())))


def _digest(world: World) -> Iterator[Drawn]:
    contents, look = world.digest(DIGEST_LINES), world.draw.choice(tuple(Look))
    run = DigestRun(
        run_id="D-1",
        channel="C0FINANCE",
        key="2026-11-20",
        owner=ALICE,
        begun_at=NOW,
        contents=contents,
    )
    yield _message("digest", digest_card(run, look, again=True))
    part = 0
    while rendered := digest_part(run, part, look):
        yield _message("digest thread", rendered)
        part += 1
    plan = DigestPlan(
        channel="C0FINANCE",
        owner=ALICE,
        at=time(9),
        weekdays=EVERY_DAY,
        zone="UTC",
        since=NOW,
        filters={"product": world.say(), "account": world.say()},
    )
    channel = Channel(channel_id="C0FINANCE", public=True)
    names = (world.say(), world.say())
    switched = Switched(plan=plan, channel=channel, next_at=NOW, accounts=names)
    yield _message("digest status", status_card(plan, NOW))
    yield _message("digest on", switched_card(switched))
    yield _message("digest now", coming_card(channel))
    yield _message("sentence", sentence(brief(contents.lines[0])))
