"""Domain values that say something hostile wherever a cloud, a person or a library has the word."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Protocol

from bot.domain.accounts import Account, Provider
from bot.domain.approvals import ApprovalRequest, Outcome, RequestStatus, Vote, VoteKind
from bot.domain.digest_contents import (
    AccountShown,
    DigestContents,
    DigestLine,
    Gone,
    GoneLine,
    Section,
    Total,
    TrendPoint,
    Week,
)
from bot.domain.filters import OrderFilter, Snapshot, SnapshotPage
from bot.domain.money import Money
from bot.domain.orders import Field, LineItem, Order, OrderType, PaymentStatus, Product, Resource
from bot.domain.policy import Principals, Requirement
from bot.errors import (
    ProviderError,
    ProviderMalformed,
    ProviderRefused,
    ProviderThrottled,
    ProviderUnavailable,
)
from bot.services.lists import AccountState, OrderList
from bot.services.orders import Shown
from tests.proofs.hostile_judge import CONSOLE

NOW = datetime.fromisoformat("2026-11-20T12:00:00+00:00")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ALICE, CAROL, LIN = "U0ALICE", "U0CAROL", "U0LIN"
AMOUNTS = tuple(map(Decimal, ("12480.00", "0", "-0.10", "1E+90", "123456789012345678.5", "NaN")))
_ERRORS = (ProviderRefused, ProviderUnavailable, ProviderThrottled, ProviderMalformed)
_STATES = (
    *((status, "") for status in RequestStatus),
    (RequestStatus.PENDING, Outcome.NO_ANSWER),
    (RequestStatus.APPROVED, Outcome.THROTTLED),
    (RequestStatus.FAILED, Outcome.COMBINED),
    (RequestStatus.FAILED, Outcome.REFUSED),
    (RequestStatus.OUTDATED, Outcome.CHANGED),
)


class Texts(Protocol):
    """As `Strings` gives them."""

    def text(self) -> str: ...

    def failure(self) -> str: ...

    def altered(self) -> str: ...

    def long(self) -> str: ...

    def huge(self) -> str: ...


class Plain:
    """Texts that are an `x`."""

    def text(self) -> str:
        return "x"

    failure = altered = long = huge = text


class World:
    """`say` gives the texts, `tell` those of failures, `coin` currencies, `long` what fills a
    message, `huge` what fills more; *draw* decides everything else, so that worlds of one seed
    differ in their texts alone."""

    def __init__(self, texts: Texts, draw: Random) -> None:
        self.draw = draw
        self.say, self.tell, self.coin = texts.text, texts.failure, texts.altered
        self.long, self.huge = texts.long, texts.huge

    def money(self) -> Money:
        currency = self.coin() if self.draw.random() < 0.2 else "CNY"
        return Money(self.draw.choice(AMOUNTS), currency)

    def account(self, owner_id: str | None = None) -> Account:
        return Account(
            self.say(),
            self.draw.choice(tuple(Provider)),
            self.draw.choice(("china", "")),
            owner_id,
            f"https://{CONSOLE}/orders/{{order_id}}",
        )

    def order(self, **parts: object) -> Order:
        """Every field of it in words of the provider's own."""
        say, draw = self.say, self.draw
        usual: dict[str, object] = {
            "provider": draw.choice(tuple(Provider)),
            "account": say(),
            "order_id": say(),
            "payment_status": draw.choice(tuple(PaymentStatus)),
            "payment_word": say(),
            "order_type": draw.choice((OrderType.RENEWAL, OrderType.OTHER, OrderType.NEW)),
            "order_type_word": "1",
            "payable": self.money(),
            "created_at": NOW - 5 * DAY,
            "order_number": say(),
            "owner_id": say(),
            "paid_at": NOW - DAY,
            "deadline": NOW + draw.choice((-1, 5, 90)) * HOUR,
            "product_code": say(),
            "product_name": say(),
            "region": say(),
            "placed_by": say(),
            "inferred": draw.random() < 0.5,
        }
        return Order(**(usual | parts))  # type: ignore[arg-type]

    def whole_order(self) -> Order:
        """As the details call tells it."""
        say = self.say
        return self.order(
            order_type_word=say(),
            line_items=tuple(self._line() for _ in range(2)),
            parts=(say(), say()),
            resources=(
                Resource(
                    resource_id=say(), ends_at=NOW + 15 * DAY, fields=(Field(say(), say(), say()),)
                ),
            ),
            fields=tuple(
                Field(f"{say()}coupon.amount" if not at else say(), "12.5" if not at else say())
                for at in range(24)
            ),
            detailed=self.draw.random() < 0.8,
        )

    def _line(self) -> LineItem:
        say = self.say
        return LineItem(
            line_id=say(),
            product_code=say(),
            product_name=say(),
            description=say(),
            quantity=Decimal(self.draw.randint(0, 9)),
            amount=self.money(),
            period=say(),
            starts_at=NOW,
            ends_at=NOW + 30 * DAY,
            instance_ids=(say(),),
        )

    def failure(self) -> ProviderError:
        kind = self.draw.choice(_ERRORS)
        return kind(self.tell(), account=self.say(), code=self.tell(), request_id=self.tell())

    def shown(self, order: Order, *, failed: bool) -> Shown:
        problem = self.failure() if failed else None
        can = self.draw.random() < 0.5
        return Shown(order, self.account(), NOW, can, "" if can else self.say(), problem)

    def states(self, count: int) -> tuple[AccountState, ...]:
        return tuple(
            AccountState(
                self.account(),
                self.draw.choice((NOW, None)),
                NOW - 9 * DAY if self.draw.random() < 0.5 else None,
                problem=self.failure() if self.draw.random() < 0.6 else None,
            )
            for _ in range(count)
        )

    def wanted(self) -> OrderFilter:
        return OrderFilter(
            accounts=frozenset({"x"}),
            since=NOW - 365 * DAY,
            until=NOW,
            payment_status=self.draw.choice((PaymentStatus.UNPAID, None)),
            product=self.say(),
        )

    def listed(self, orders: tuple[Order, ...]) -> OrderList:
        page = SnapshotPage(tuple(Snapshot(each, NOW) for each in orders), 99, 3)
        return OrderList(self.wanted(), page, 8, self.states(3))

    def products(self, account: Account, count: int) -> tuple[Product, ...]:
        say = self.say
        return tuple(
            Product(account.provider, account.name, say(), "" if at % 3 else say(), "")
            for at in range(count)
        )

    def requests(self, orders: tuple[Order, ...]) -> Iterator[ApprovalRequest]:
        """One of each state that a card tells apart."""
        for number, (status, outcome) in enumerate(_STATES):
            request = self._request(orders[number % len(orders)], f"R-{number}")
            ended = status not in (RequestStatus.PENDING, RequestStatus.APPROVED)
            yield replace(
                request,
                status=status,
                outcome=outcome,
                votes=(Vote(CAROL, VoteKind.APPROVE, NOW),) if number % 2 else (),
                hold_until=NOW,
                ended_at=NOW if ended else None,
                ended_by=LIN if ended else "",
                end_reason=self.say() if ended else "",
                outcome_text=self.tell() if ended else "",
                current=orders[(number + 1) % len(orders)] if outcome else None,
            )

    def _request(self, order: Order, request_id: str) -> ApprovalRequest:
        return ApprovalRequest(
            request_id=request_id,
            version=1,
            status=RequestStatus.PENDING,
            provider=order.provider,
            account=order.account,
            order_id=order.order_id,
            order=order,
            fingerprint="0" * 64,
            requested_by=ALICE,
            reason=self.long() if request_id == "R-0" else self.say(),
            requirement=requirement(),
            created_at=NOW,
            expires_at=NOW + DAY,
        )

    def digest(self, lines: int) -> DigestContents:
        say, draw = self.say, self.draw
        names = [say() for _ in range(10)]
        return DigestContents(
            as_of=NOW,
            zone="Asia/Shanghai",
            lines=tuple(self._digest_line(draw.choice(tuple(Section))) for _ in range(lines)),
            gone=tuple(
                GoneLine(
                    account=say(),
                    order_id=say(),
                    amount=self.money(),
                    subject=say(),
                    why=why,
                    request_id="R-1",
                )
                for why in tuple(Gone) * 2
            ),
            accounts=tuple(
                AccountShown(name, draw.choice((NOW - DAY, None)), draw.choice(("", say())))
                for name in names
            ),
            totals=tuple(
                Total(name, self.coin(), Decimal(5), 1, without=at % 2)
                for at, name in enumerate(names)
            ),
            previous_at=draw.choice((NOW - DAY, None)),
            filters={"product": say(), "account": say()},
            status_unknown=2,
            left_out=(say(), say()),
            head_seq=1234,
            head_hash="ab12" * 16,
            week=self._week(),
        )

    def _digest_line(self, section: Section) -> DigestLine:
        say, draw = self.say, self.draw
        person, claimed = draw.choice(("", LIN)), draw.choice(("", "", CAROL))
        repriced, snoozed = draw.random() < 0.3, section is Section.SNOOZED
        inferred, numbered = draw.random() < 0.3, draw.random() < 0.3
        return DigestLine(
            section=section,
            provider=Provider.HUAWEI,
            account=say(),
            order_id="O-1" if numbered else say(),
            order_number=say() if numbered else "",
            amount=self.money(),
            subject=say(),
            order_type=draw.choice((OrderType.RENEWAL, OrderType.OTHER)),
            payment_word=say() if inferred else "6",
            inferred=inferred,
            created_at=NOW - 3 * DAY,
            deadline=NOW + draw.choice((5, 90)) * HOUR,
            placed_by="" if person else say(),
            person=person,
            person_name=say() if person else "",
            new=draw.random() < 0.5,
            repriced=repriced,
            was=self.money() if repriced else None,
            can_cancel=draw.random() < 0.5,
            claimed_by=claimed,
            claimer_name=say() if claimed else "",
            snoozed_until=NOW + DAY if snoozed else None,
            snooze_reason=say() if snoozed else "",
        )

    def _week(self) -> Week | None:
        if self.draw.random() < 0.5:
            return None
        totals = tuple((f"{at}{self.coin()}", Decimal(at)) for at in range(6))
        days = tuple(TrendPoint((NOW - at * DAY).date(), totals) for at in range(25, 0, -1))
        return Week(
            created=9, paid=9, cancelled=9, lapsed=9, median_age_hours=9, alone=0, trend=days
        )


def requirement() -> Requirement:
    return Requirement(
        requesters=Principals(members=True),
        approvers=Principals(people=frozenset({CAROL})),
        quorum=2,
        hold=timedelta(seconds=30),
        expires=DAY,
    )
