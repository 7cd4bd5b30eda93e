"""The second day, on a clock that is moved: the digest, what people note on it, and a request that
nobody decides."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from bot.demo.digestcard import DigestCard, Line
from bot.demo.onrecord import OnRecord
from bot.demo.scene import ALICE, APPROVALS, BOB, CHEN, GENERAL, NAMES, Scene
from bot.demo.stage import Stage
from bot.demo.transcript import StoryFailed, Transcript, card_lines
from bot.domain.digests import slot
from bot.domain.reminders import wall_clock
from bot.sandbox.clouds import world
from bot.sandbox.clouds.book import CloudOrder
from bot.sandbox.workspace.state import Message

ACCOUNT = "huawei-intl"
NINE = time(9)
DAYTIME = range(8, 22)  # the demo's policy has quiet hours from 22:00 to 08:00
BUDGET, LEFTOVER = "the budget comes next week", "left over from a test"
A_DIGEST = 60  # lines of it
RENEWAL = 2  # in Huawei Cloud's order_type
ABOVE = 15  # orders above its fold
APART = 4  # orders of which each has a part of its own in what follows
TWO = 2


class SecondDay(Scene):
    def __init__(self, stage: Stage, told: Transcript) -> None:
        super().__init__(stage, told)
        self._record = OnRecord(stage, told)
        self._orders = stage.clouds.book.orders[ACCOUNT]
        self._zone = self.slack.state.person(ALICE).tz

    async def play(self) -> None:
        """Raises StoryFailed at the first step that does not hold."""
        renewal = await self.evening()
        digest = await self.morning(renewal)
        snoozed, claimed, outside, asked = self._apart(digest, renewal)
        await self.noted(digest, snoozed, claimed)
        await self.asked_from_a_line(digest, asked)
        await self.reminded()
        self.behind_its_back(renewal, outside.order)
        await self.at_night()
        digest = await self.next_morning()
        await self.compared(digest, renewal, outside.order)
        await self.remembered(digest, snoozed.order, claimed.order)
        await self.undecided(asked.order)
        await self.switched_off()

    async def evening(self) -> CloudOrder:
        """The order that is left unpaid: a renewal."""
        self.told.scene("Evening. Alice wants to read each morning what is unpaid.")
        noon = slot(self._move_to(time(18)).date() + timedelta(days=1), time(12), self._zone)
        renewal = world.place(self.stage.clouds.book, ACCOUNT, renewal=True, deadline=noon)
        self.told.does("A script", f"renews a server in {ACCOUNT}: {renewal.order_id}, unpaid")
        card = await self.type(ALICE, f"digest on 09:00 account:{ACCOUNT}", until="digest is on")
        said = " ".join(card)
        self.holds(
            "it comes at nine by her own clock", f"every day at 09:00 ({self._zone})" in said
        )
        self.holds("she is told who can read it there", "This channel is public" in said)
        return renewal

    async def morning(self, renewal: CloudOrder) -> DigestCard:
        self.told.scene("The next morning at nine.")
        self._move_to(NINE)
        digest = await self._digest(1)
        self.holds("its sum is the cloud's", digest.sum() == self._unpaid())
        self.holds(
            "on top what matters: renewals about to lapse stop live resources",
            digest.sections()[0].startswith("Renewals about to lapse")
            and digest.lines[0].order.deadline == self._first_renewal().deadline
            and digest.of(renewal),
        )
        self.holds(f"at most {ABOVE} orders are above the fold", len(digest.lines) <= ABOVE)
        await self._carries_the_head(digest)
        return digest

    async def noted(self, digest: DigestCard, snoozed: Line, claimed: Line) -> None:
        self.told.scene("Two notes, so that nobody has to ask again tomorrow.")
        self.told.does("Alice", f"chooses Snooze until… beside {snoozed.order.order_id}")
        await self._choose(ALICE, digest, "snooze", snoozed)
        await self.form(ALICE, "snooze_form")
        until = self._now().date() + timedelta(days=7)
        self.told.does("Alice", f"picks {until:%a %d %b} and gives the reason “{BUDGET}”")
        self.acked(await self.slack.submit(ALICE, {"until": until.isoformat(), "reason": BUDGET}))
        await self.appears(
            "it is out of sight until then, and still counted",
            lambda: self.window(ALICE, "is out of this channel's digests until"),
        )
        await self.slack.close_view(ALICE)
        self.told.does("Bob", f"chooses This is mine beside {claimed.order.order_id}")
        await self._choose(BOB, digest, "mine", claimed)
        await self.appears("it is his", lambda: self.private(BOB, "and the next digest says so"))

    async def asked_from_a_line(self, digest: DigestCard, asked: Line) -> None:
        self.told.scene("Twenty past nine. Alice asks for a cancellation, right from the digest.")
        self._move_to(time(9, 20))
        self.told.does("Alice", f"presses Request cancel on {asked.order.order_id}")
        press = self.slack.click_message
        self.acked(await press(ALICE, GENERAL, "request_cancel", ts=digest.ts, value=asked.ref))
        await self.form(ALICE, "cancel_form")
        self.told.does("Alice", f"gives the reason “{LEFTOVER}”")
        self.acked(await self.slack.submit(ALICE, {"reason": LEFTOVER}))
        await self.appears("the approvers see it", lambda: self._card("[Approve]"))
        await self.slack.close_view(ALICE)

    async def reminded(self) -> None:
        self.told.scene("An hour later nobody has decided.")
        self._move_to(time(10, 25))
        await self._reminder(BOB, 1)
        await self._reminder(CHEN, 1)
        reminded = Counter(who for who, _hour in await self._reminder_hours())
        self.holds("each of them once", reminded == {BOB: 1, CHEN: 1})

    def behind_its_back(self, renewal: CloudOrder, outside: CloudOrder) -> None:
        self.told.scene("Meanwhile, in the cloud's own console.")
        renewal.payment_status, outside.payment_status = "paid", "cancelled"
        self.told.does("Finance", f"pays the renewal {renewal.order_id}")
        self.told.does("Somebody", f"cancels {outside.order_id}, alone and without a reason")

    async def at_night(self) -> None:
        self.told.scene("Half past nine in the evening, and long past midnight where Chen lives.")
        self._move_to(time(21, 30))
        await self._reminder(BOB, 2)

    async def next_morning(self) -> DigestCard:
        self.told.scene("Nine again, and at this very moment the bot is restarted.")
        fresh = world.place(self.stage.clouds.book, ACCOUNT)
        self.told.does("A script", f"orders another server in {ACCOUNT}: {fresh.order_id}, unpaid")
        self._move_to(NINE)
        await self.stage.stop()
        await self.stage.start()
        self.told.does("The bot", "is stopped and started again")
        digest = await self._digest(2)
        self.holds("its sum is the cloud's", digest.sum() == self._unpaid())
        self.holds("what came since is there", digest.of(fresh) and "New" in digest.sections())
        await self._carries_the_head(digest)
        return digest

    async def compared(self, digest: DigestCard, renewal: CloudOrder, outside: CloudOrder) -> None:
        self.holds("the renewal is told as paid", digest.gone("paid", renewal))
        self.holds(
            "what somebody cancelled alone is told as cancelled outside countersign",
            digest.gone("cancelled outside countersign", outside),
        )

    async def remembered(
        self, digest: DigestCard, snoozed: CloudOrder, claimed: CloudOrder
    ) -> None:
        said = "\n".join(digest.text)
        self.holds("Bob's order is marked as taken", digest.of(claimed) and "taken by" in said)
        self.holds(
            "Alice's is out of sight, and counted",
            digest.of(snoozed) is None and "1 snoozed, and counted here" in said,
        )
        await self.appears("its reason is in the thread", lambda: self._reply(digest, BUDGET))

    async def undecided(self, order: CloudOrder) -> None:
        self.told.scene("Half past nine. A day has gone by since Alice asked.")
        self._move_to(time(9, 30))
        await self.appears("silence cancels nothing", lambda: self._card("nothing was done"))
        self.holds("nothing reached the cloud", self.cancels(order) == [])
        hours = await self._reminder_hours()
        self.holds("nobody was reminded at night", all(hour in DAYTIME for _who, hour in hours))

    async def switched_off(self) -> None:
        self.told.scene("Alice switches it off.")
        self.holds("there were two mornings, and two digests", len(self._digests()) == TWO)
        await self.type(ALICE, "digest off", until="This channel's digest is off")

    def _now(self) -> datetime:
        """By Alice's clock."""
        return self.stage.clock.now().astimezone(ZoneInfo(self._zone))

    def _move_to(self, at: time) -> datetime:
        """To the next moment at which Alice's clock shows *at*."""
        now = self._now()
        days = (now.date() + timedelta(days=ahead) for ahead in range(2))
        moment = next(each for day in days if (each := slot(day, at, self._zone)) > now)
        self.stage.move(moment - now)
        self.told.does("The clock", f"is moved to {wall_clock(moment, self._zone)} ({self._zone})")
        return self._now()

    async def _digest(self, count: int) -> DigestCard:
        """The newest digest of the channel once there are *count*."""

        def find() -> Message | None:
            found = self._digests()
            return found[count - 1] if len(found) >= count else None

        digest = DigestCard(await self.found("the digest comes", find), self._orders)
        self.told.sees(digest.text, most=A_DIGEST)
        self.holds("the digest comes, once", len(self._digests()) == count)
        return digest

    def _digests(self) -> list[Message]:
        return [
            message
            for message in self.slack.messages(GENERAL, ALICE)
            if message.ephemeral_to is None and "To change it: /order digest" in str(message.blocks)
        ]

    def _unpaid(self) -> tuple[int, Decimal]:
        """How many orders the cloud has as unpaid, and their sum."""
        unpaid = [order for order in self._orders.values() if order.cancellable()]
        return len(unpaid), sum((order.payable for order in unpaid), Decimal(0))

    def _first_renewal(self) -> CloudOrder:
        """Of the unpaid ones the first to lapse."""
        renewals = (
            order
            for order in self._orders.values()
            if order.cancellable() and order.wire["order"]["order_type"] == RENEWAL
        )
        return min(renewals, key=lambda order: str(order.deadline))

    async def _carries_the_head(self, digest: DigestCard) -> None:
        seq, begin = digest.head() or (0, "")
        hashes = await self._record.hashes()
        self.holds(
            "the head of the record is in everybody's hands", hashes.get(seq, "?").startswith(begin)
        )

    def _apart(self, digest: DigestCard, renewal: CloudOrder) -> list[Line]:
        """APART orders that will still be there the next day."""
        lasting = self.stage.clock.now() + timedelta(days=2)
        found = [
            line
            for line in digest.lines
            if line.order is not renewal and not line.order.is_past(lasting)
        ]
        if len(found) < APART:
            raise StoryFailed(f"{APART} orders of {ACCOUNT} last until tomorrow")
        return found[-APART:]

    async def _choose(self, who: str, digest: DigestCard, what: str, line: Line) -> None:
        self.acked(
            await self.slack.click_message(
                who,
                GENERAL,
                "digest_line",
                ts=digest.ts,
                index=digest.lines.index(line),
                choose=f"{what}:{line.ref}",
            )
        )

    def _card(self, text: str) -> Message | None:
        """The approvers' card of the request that nobody decides, once it says *text*."""
        for message in reversed(self.slack.messages(APPROVALS, BOB)):
            said = "\n".join(card_lines(message.blocks))
            if message.ephemeral_to is None and LEFTOVER in said and text in said:
                return message
        return None

    def _reply(self, digest: DigestCard, text: str) -> Message | None:
        for message in self.slack.replies(GENERAL, digest.ts, ALICE):
            if text in "\n".join(card_lines(message.blocks)):
                return message
        return None

    async def _reminder(self, who: str, count: int) -> None:
        """The person's reminder number *count*, by direct message."""

        def find() -> Message | None:
            direct = self.slack.messages(f"D{who[1:]}", who)
            told = [each for each in direct if "Remind me at" in str(each.blocks)]
            return told[count - 1] if len(told) >= count else None

        await self.appears(f"{NAMES[who]} is reminded by a direct message", find)

    async def _reminder_hours(self) -> list[tuple[str, int]]:
        """Who was reminded, and the hour that their own clock showed."""
        hours = []
        for record in await self._record.records("request:reminded"):
            who = str(record["facts"]["user_id"])
            at = datetime.fromtimestamp(record["at_ms"] / 1000, UTC)
            hours.append((who, at.astimezone(ZoneInfo(self.slack.state.person(who).tz)).hour))
        return hours
