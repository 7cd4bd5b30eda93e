"""Hypothesis plays everybody: people, clouds, Slack, the operator and the power supply.

What must hold is checked where it could break: at each call that reaches the cloud, after each
step, and once all is at rest.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)
from structlog.testing import capture_logs

from bot.domain.approvals import ApprovalRequest, RequestStatus
from bot.domain.audit import AuditKind
from bot.domain.fingerprint import fingerprint
from bot.domain.inputs import Input, InputKind
from bot.domain.orders import CancelEffect, CancelReceipt, Order, PaymentStatus
from bot.domain.outbox import CardCopy, CopyRole
from bot.domain.people import Person
from bot.domain.policy import Humans, Policy, Principals
from bot.errors import MessageDelayed, MessageRefused, MessageUnsure
from tests.builders import a_detailed_order, a_person, an_account, money
from tests.fake_slack import FakeDirectory, FakeMessenger
from tests.request_office import ALICE, BOB, CAROL, DAVE, HOLD, Office, a_policy, people_named
from tests.scripted_cloud import (
    DROPS_AFTER_ACTING,
    DROPS_BEFORE_ACTING,
    LIES,
    NOT_SENT,
    REFUSES,
    THROTTLES,
    Answer,
    ScriptedCloud,
    no_answer,
)

S = RequestStatus
K = InputKind
Value = TypeVar("Value")

ALICE_TOO, BOB_TOO = "U0ALICE2", "U0BOB2"
PEOPLE = (ALICE, ALICE_TOO, BOB, BOB_TOO, CAROL, DAVE)
HUMANS = Humans((frozenset({ALICE, ALICE_TOO}), frozenset({BOB, BOB_TOO})))
IDS = ("CS2611171200AAAAA", "CS2611171200BBBBB")
POLICIES = (
    a_policy(approvers=people_named(BOB, BOB_TOO, CAROL, ALICE_TOO), hold=HOLD),
    a_policy(approvers=people_named(BOB, BOB_TOO, CAROL), quorum=2, hold=HOLD),
    a_policy(approvers=Principals(members=True), hold=HOLD * 2),
    a_policy(approvers=people_named(CAROL, DAVE), hold=timedelta(0)),
)
SPANS = tuple(timedelta(seconds=each) for each in (1, 2, 15, 30, 61, 300, 3600, 40000))
ANSWERS = (
    Answer(),
    DROPS_AFTER_ACTING,
    DROPS_BEFORE_ACTING,
    LIES,
    THROTTLES,
    Answer(CancelEffect.THROTTLED, acts=True),
    NOT_SENT,
    REFUSES,
    Answer(CancelEffect.NO, acts=False, code="CBC.99000089", combined=True),
)
ENDING = frozenset({K.WITHDRAW, K.STOP, K.DENY})
BY_PEOPLE = frozenset(
    {
        AuditKind.INPUT_REFUSED,
        AuditKind.REQUEST_MADE,
        AuditKind.REQUEST_VOTED,
        AuditKind.VOTE_TAKEN_BACK,
        AuditKind.REQUEST_WITHDRAWN,
        AuditKind.REQUEST_DENIED,
        AuditKind.REQUEST_STOPPED,
    }
)


class Killed(BaseException):
    """The power goes out."""


class Violation(BaseException):
    """What must never be; nothing that catches errors of ours catches this."""


class Pauses:
    """Where a real call would wait, others may go first: for as many turns as `turns` says."""

    def __init__(self) -> None:
        self.turns: list[int] = []

    async def __call__(self) -> None:
        for _turn in range(self.turns.pop() if self.turns else 0):
            await asyncio.sleep(0)


class Cloud(ScriptedCloud):
    """Checks every cancel call against the world as it is; may lose power before or after it."""

    def __init__(self, pauses: Pauses) -> None:
        super().__init__(an_account(), [a_detailed_order(order_id=each) for each in IDS])
        self.pauses = pauses
        self.check: Any = None
        self.dies: str = ""
        self.made: dict[str, list[Answer]] = {}  # by request
        self.voided: set[str] = set()  # orders that were void at some time

    def change(self, order_id: str, **parts: Any) -> None:
        super().change(order_id, **parts)
        if self.orders[order_id].payment_status is PaymentStatus.CANCELLED:
            self.voided.add(order_id)

    async def get_order(self, order_id: str, *, language: str) -> Order:
        await self.pauses()
        return await super().get_order(order_id, language=language)

    async def cancel_order(self, order_id: str) -> CancelReceipt:
        try:
            request: ApprovalRequest = self.check(order_id)
        except Exception as error:
            raise Violation from error
        answer = self.answers[0] if self.answers else Answer()
        if self.dies == "before":
            self.dies = ""
            raise Killed
        self.made.setdefault(request.request_id, []).append(answer)
        receipt = await super().cancel_order(order_id)
        if self.dies == "after":
            self.dies = ""
            raise Killed
        await self.pauses()
        return receipt


class Slack(FakeMessenger):
    """May lose our power right after a post arrived; nothing may claim what the cloud does not."""

    dies = False
    cloud: Cloud

    async def post_card(
        self, request: ApprovalRequest, role: CopyRole, to: str, *, again: bool
    ) -> CardCopy:
        self._no_lie(request)
        copy = await super().post_card(request, role, to, again=again)
        if self.dies:
            self.dies = False
            raise Killed
        return copy

    async def update_card(self, request: ApprovalRequest, copy: CardCopy) -> None:
        self._no_lie(request)
        await super().update_card(request, copy)

    def _no_lie(self, request: ApprovalRequest) -> None:
        if request.status is S.CANCELLED and request.order_id not in self.cloud.voided:
            raise Violation


class People(FakeDirectory):
    def __init__(self, pauses: Pauses) -> None:
        super().__init__()
        self.add(*PEOPLE)
        self.pauses = pauses

    async def person(self, user_id: str) -> Person:
        await self.pauses()
        return await super().person(user_id)


class TheMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.pauses = Pauses()
        cloud = Cloud(self.pauses)
        cloud.check = self.check_call
        self.office = Office(POLICIES[0], humans=HUMANS, cloud=cloud)
        self.cloud = cloud
        self.slack = Slack()
        self.slack.cloud = cloud
        self.office.slack = self.slack
        self.office.directory = People(self.pauses)
        self.office.restart()
        self.ended: dict[str, RequestStatus] = {}
        self.accepted: list[Input] = []
        self.judged: set[str] = set()  # the store forgets them after a day
        self.left: list[Input] = []  # stored, acknowledged, not judged

    def run(self, work: Coroutine[Any, Any, Value]) -> Value | None:
        """None when the power went out, and the bot was started again."""
        try:
            with capture_logs() as lines:
                done = self.runner.run(work)
        except Killed:
            self.restart()
            return None
        except Violation as violation:
            raise AssertionError from violation
        assert not [line for line in lines if line["log_level"] == "error"]
        self.judged |= self.office.store.judged
        return done

    # What people do

    @initialize(policy=st.sampled_from(POLICIES))
    def begin(self, policy: Policy) -> None:
        self.the_policy_is_edited(policy)
        self.ask(ALICE, IDS[0], "bought twice")

    @rule(
        user=st.sampled_from([ALICE, *PEOPLE]),
        order_id=st.sampled_from(IDS),
        reason=st.sampled_from(["bought twice"] * 5 + [" "]),
    )
    def ask(self, user: str, order_id: str, reason: str) -> None:
        about = {"account": "huawei-main", "order_id": order_id, "reason": reason}
        self.give(self.office.an_input(K.REQUEST, user, **about))
        self.judge(self.left[-1])

    @precondition(lambda self: self.office.store.requests)
    @rule(
        kind=st.sampled_from(
            [K.APPROVE, K.APPROVE, K.APPROVE, K.DENY, K.TAKE_BACK, K.WITHDRAW, K.STOP]
        ),
        user=st.sampled_from(PEOPLE),
        which=st.integers(0, 99),
        at_once=st.booleans(),
        foreign_card=st.booleans(),
    )
    def press(
        self, kind: InputKind, user: str, which: int, at_once: bool, foreign_card: bool
    ) -> None:
        requests = [each.request_id for each in self.office.store.requests.values()]
        request_id = requests[-1 - which % min(3, len(requests))]
        where: dict[str, Any] = {}
        if foreign_card:
            where = {"channel": "C0RANDOM", "message_ts": f"1.{requests.index(request_id)}"}
            self.slack.cards.setdefault(
                (where["channel"], where["message_ts"]), self.office.request(request_id)
            )
        self.give(self.office.an_input(kind, user, request_id, reason="because", **where))
        if at_once:
            self.judge(self.left[-1])

    @precondition(lambda self: self.office.store.requests)
    @rule(
        user=st.sampled_from([ALICE, BOB]),
        others=st.permutations([BOB, CAROL, DAVE]),
        answer=st.sampled_from(ANSWERS),
        until=st.sampled_from(["approved", "claimed", "claimed", "read"]),
    )
    def go_a_long_way(self, user: str, others: list[str], answer: Answer, until: str) -> None:
        """The way that leads somewhere, so that much is seen of what may come after it."""
        for order_id in IDS:
            self.ask(user, order_id, "bought twice")
        self.cloud.answers = [answer]
        for request in list(self.office.store.requests.values())[-2:]:
            for other in others[:2]:
                self.give(self.office.an_input(K.APPROVE, other, request.request_id))
                self.judge(self.left[-1])
        self.run(self.office.executor.step())
        self.run(self.office.outbox.step())
        if until != "approved":
            self.time_passes(HOLD * 2)
        if until == "read":
            for _read in range(4):
                self.time_passes(timedelta(seconds=61))

    @precondition(lambda self: self.left)
    @rule(which=st.integers(0, 99))
    def judge_out_of_order(self, which: int) -> None:
        self.judge(self.left[which % len(self.left)])

    @precondition(lambda self: self.accepted)
    @rule(which=st.integers(0, 99))
    def redeliver(self, which: int) -> None:
        """Slack sends it again, and a task that was thought dead works on it again."""
        given = self.accepted[-1 - which % min(5, len(self.accepted))]
        if self.office.clock.now() - given.at > timedelta(hours=24):
            return
        assert not self.run(self.office.store.accept(given))
        self.judge(given)

    @rule(turns=st.lists(st.integers(0, 3), max_size=12))
    def all_at_once(self, turns: list[int]) -> None:
        self.pauses.turns = turns
        office, left = self.office, self.left[:4]

        async def together() -> None:
            work: list[Coroutine[Any, Any, Any]] = [office.executor.step() for _n in range(2)]
            work += [office.outbox.step(), office.decisions.recover()]
            work += [self.handle(given) for given in left if given.kind is not K.REQUEST]
            done = await asyncio.gather(*work, return_exceptions=True)
            for each in done:
                if isinstance(each, BaseException):
                    raise each

        self.run(together())
        self.pauses.turns = []

    # What the world does

    @rule(span=st.sampled_from(SPANS))
    def time_passes(self, span: timedelta) -> None:
        self.office.clock.move(span)
        self.run(self.office.executor.step())

    @rule()
    def messages_go_out(self) -> None:
        self.run(self.office.outbox.step())

    @rule(answer=st.sampled_from(ANSWERS))
    def the_cloud_will_answer(self, answer: Answer) -> None:
        self.cloud.answers.append(answer)

    @rule(what=st.sampled_from(["nothing", "another order"]), times=st.integers(1, 4))
    def the_cloud_will_read(self, what: str, times: int) -> None:
        other = a_detailed_order(order_id="CS2611171200OTHER")
        self.cloud.reads.extend([no_answer() if what == "nothing" else other] * times)

    @rule(
        order_id=st.sampled_from(IDS), what=st.sampled_from(["paid", "cancelled", "price", "gone"])
    )
    def an_order_changes(self, order_id: str, what: str) -> None:
        order = self.cloud.orders.get(order_id)
        if order is None or order.payment_status is not PaymentStatus.UNPAID:
            self.cloud.put(a_detailed_order(order_id=order_id, payable=money("7 CNY")))
        elif what == "gone":
            del self.cloud.orders[order_id]
        elif what == "price":
            self.cloud.change(order_id, payable=money("99999 CNY"))
        else:
            self.cloud.change(order_id, payment_status=PaymentStatus(what))

    @rule(user=st.sampled_from(PEOPLE), what=st.sampled_from(["deleted", "guest", "", "", "gone"]))
    def a_person_changes(self, user: str, what: str) -> None:
        flags: dict[str, Any] = {what: True} if what in ("deleted", "guest") else {}
        self.office.directory.people[user] = a_person(user_id=user, **flags)
        if what == "gone":
            del self.office.directory.people[user]

    @rule(
        failures=st.lists(
            st.sampled_from(
                [
                    None,
                    MessageDelayed("slow down", retry_after_s=20),
                    MessageUnsure("line dropped"),
                    MessageRefused("no", code="cant_update_message"),
                ]
            ),
            max_size=4,
        ),
        gone=st.sampled_from([(), (), ("C0APPROVALS",), (ALICE,)]),
    )
    def slack_misbehaves(self, failures: list[Any], gone: tuple[str, ...]) -> None:
        self.slack.failures = failures
        self.slack.gone = set(gone)

    @rule(policy=st.sampled_from(POLICIES))
    def the_policy_is_edited(self, policy: Policy) -> None:
        self.office.policy = policy
        self.restart()

    @rule(when=st.sampled_from(["before", "after", "post"]))
    def the_power_will_go_out(self, when: str) -> None:
        self.cloud.dies = when if when != "post" else self.cloud.dies
        self.slack.dies = self.slack.dies or when == "post"

    @rule()
    def restart(self) -> None:
        self.office.restart()
        self.run(self.office.recover())
        self.left = [each for each in self.left if each.input_id not in self.office.store.judged]

    # Helpers

    def give(self, given: Input) -> None:
        assert self.run(self.office.store.accept(given))
        self.accepted.append(given)
        self.left.append(given)

    def judge(self, given: Input) -> None:
        work = self.office.requests.ask if given.kind is K.REQUEST else self.office.decisions.handle
        self.run(work(given))
        if given.input_id in self.office.store.judged:
            self.left = [each for each in self.left if each.input_id != given.input_id]

    async def handle(self, given: Input) -> None:
        await self.office.decisions.handle(given)

    # What must hold

    def check_call(self, order_id: str) -> ApprovalRequest:
        """A cancel call has reached the cloud."""
        office, now = self.office, self.office.clock.now()
        (request,) = [
            each
            for each in office.store.requests.values()
            if each.order_id == order_id and each.is_open
        ]
        assert request.status is S.EXECUTING
        earlier = self.cloud.made.get(request.request_id, [])
        assert all(
            each.effect in (CancelEffect.NOT_SENT, CancelEffect.THROTTLED) and not each.acts
            for each in earlier
        )
        today = office.people.today(request)
        assert self.humans_behind(request, today.approvers) >= max(
            request.requirement.quorum, today.quorum
        )
        requester = office.directory.people[request.requested_by]
        assert requester.full_member_of("T0HOME")
        assert request.approved_at is not None
        assert now >= request.approved_at + request.requirement.hold
        assert now < request.expires_at
        assert fingerprint(self.cloud.orders[order_id]) == request.fingerprint
        return request

    def humans_behind(self, request: ApprovalRequest, today: Principals) -> int:
        """Counted here by other means than the bot's: distinct people besides the requester."""
        found = set()
        for vote in request.votes:
            person = self.office.directory.people.get(vote.user_id)
            if vote.kind != "approve" or person is None or person.deleted or person.guest:
                continue
            for each in (request.requirement.approvers, today):
                if not each.members and vote.user_id not in each.people:
                    break
            else:
                found.add(vote.user_id.removesuffix("2"))
        return len(found - {request.requested_by.removesuffix("2")})

    @invariant()
    def ends_are_final_and_true(self) -> None:
        for request_id, request in self.office.store.requests.items():
            if request_id in self.ended:
                assert request.status is self.ended[request_id]
            elif not request.is_open:
                self.ended[request_id] = request.status
            if request.status is S.CANCELLED:
                assert any(
                    entry.kind is AuditKind.REQUEST_CANCELLED and entry.facts["read"] == "cancelled"
                    for entry in self.office.store.audit.entries
                    if entry.facts.get("request_id") == request_id
                )

    @invariant()
    def one_open_request_per_order(self) -> None:
        opened = [each.order_id for each in self.office.store.requests.values() if each.is_open]
        assert len(opened) == len(set(opened))

    @invariant()
    def at_most_one_effect_per_request(self) -> None:
        for answers in self.cloud.made.values():
            assert sum(each.acts for each in answers) <= 1

    @invariant()
    def every_judged_input_has_one_record(self) -> None:
        records = [
            entry
            for entry in self.office.store.audit.entries
            if entry.kind in BY_PEOPLE and entry.facts.get("rule") != "duplicate"
        ]
        assert len(records) == len(self.judged)

    def teardown(self) -> None:
        """The adversary rests: everything is judged, sent, and says the same."""
        self.cloud.dies, self.slack.dies = "", False
        self.slack.failures, self.slack.gone = [], set()
        self.office.directory.add(*PEOPLE)
        self.cloud.reads.clear()
        self.restart()
        self.run(self.rest())
        self.all_is_told()
        self.runner.close()

    async def rest(self) -> None:
        for _round in range(60):
            self.office.clock.move(timedelta(hours=1))
            await self.office.executor.step()
            await self.office.outbox.step()

    def all_is_told(self) -> None:
        assert self.judged == {given.input_id for given in self.accepted}
        assert not self.office.rows.unsettled()
        assert not [each for each in self.office.store.requests.values() if each.is_open]
        for copy in self.office.rows.kept.values():
            card = self.slack.cards[copy.channel, copy.ts]
            request = self.office.request(copy.request_id)
            assert (card.status, card.outcome, card.votes) == (
                request.status,
                request.outcome,
                request.votes,
            )


TestTheMachine = TheMachine.TestCase
TestTheMachine.settings = settings(
    max_examples=120,
    stateful_step_count=40,
    deadline=None,
    derandomize="CI" in os.environ,
    suppress_health_check=list(HealthCheck),
)
