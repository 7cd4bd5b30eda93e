"""Hypothesis plays everybody: people, clouds, Slack, the operator and the power supply.

What must hold is checked where it could break: at each call that reaches the cloud, after each
step, and once all is at rest.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Coroutine
from datetime import timedelta
from functools import partial
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

from bot.domain.approvals import OPEN, ApprovalRequest, RequestStatus
from bot.domain.inputs import Input, InputKind
from bot.domain.orders import PaymentStatus
from bot.domain.policy import Policy
from bot.errors import MessageDelayed, MessageRefused, MessageUnsure
from tests.builders import a_detailed_order, a_person, money
from tests.machine_world import (
    ALICE_TOO,
    ANSWERS,
    BY_PEOPLE,
    HUMANS,
    IDS,
    MEANWHILE,
    PEOPLE,
    POLICIES,
    SPANS,
    Cloud,
    Killed,
    Pauses,
    People,
    Slack,
    Violation,
    check_call,
    shown,
)
from tests.request_office import ALICE, BOB, CAROL, DAVE, HOLD, Office
from tests.scripted_cloud import (
    Answer,
    no_answer,
)

S = RequestStatus
K = InputKind
Value = TypeVar("Value")


VOTERS = st.lists(st.sampled_from([BOB, CAROL, DAVE, ALICE_TOO]), min_size=1, max_size=2)
FAILURES = (
    None,
    MessageDelayed("slow down", retry_after_s=20),
    MessageUnsure("line dropped"),
    MessageRefused("no", code="cant_update_message"),
)
ENDS = frozenset(f"request:{status}" for status in set(S) - OPEN)


class TheMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()  # a Runner sets signal handlers at each call
        self.pauses = Pauses()
        cloud = Cloud(self.pauses)
        self.office = Office(POLICIES[0], humans=HUMANS, cloud=cloud)
        self.cloud = cloud
        cloud.check = partial(check_call, self.office, cloud)
        self.slack = Slack()
        self.slack.cloud = cloud
        self.office.slack = self.slack
        self.office.directory = People(self.pauses)
        self.office.restart()
        self.accepted: list[Input] = []
        self.judged: set[str] = set()  # the store forgets them after a day
        self.left: list[Input] = []  # stored, acknowledged, not judged

    def run(self, work: Coroutine[Any, Any, Value]) -> Value | None:
        """None when the power went out, and the bot was started again."""
        try:
            with capture_logs() as lines:
                done = self.loop.run_until_complete(work)
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

    @rule(
        user=st.sampled_from([ALICE, ALICE, BOB]),
        others=VOTERS,
        answer=st.sampled_from(ANSWERS),
        read_back=st.booleans(),
        meanwhile=st.sampled_from(MEANWHILE),
        until=st.sampled_from(["approved", "claimed", "read", "read"]),
    )
    def go_a_long_way(
        self,
        *,
        user: str,
        others: list[str],
        answer: Answer,
        read_back: bool,
        meanwhile: str,
        until: str,
    ) -> None:
        """The way that leads somewhere, so that much is seen of what may come after it."""
        self.get_approved(user, others)
        self.cloud.answers = [answer]
        self.cloud.reads = [] if read_back else [None, no_answer()]
        if until == "approved":
            return
        self.meddle(meanwhile)
        self.time_passes(HOLD * 2)
        if until == "read":
            for _read in range(4):
                self.time_passes(timedelta(seconds=61))

    @rule(
        others=VOTERS,
        kind=st.sampled_from([K.WITHDRAW, K.DENY, K.STOP, K.TAKE_BACK]),
        held=st.booleans(),
        turns=st.lists(st.integers(0, 4), min_size=8, max_size=16),
    )
    def collide(self, others: list[str], kind: InputKind, held: bool, turns: list[int]) -> None:
        """Somebody says no at the very moment at which the executor moves on."""
        self.get_approved(ALICE, others, held=held)
        self.office.clock.move(HOLD * 2 if held else timedelta(0))
        by = others[0] if kind in (K.DENY, K.TAKE_BACK) else ALICE
        for request in self.newest():
            self.give(self.office.an_input(kind, by, request.request_id, reason="no"))
        self.left.reverse()
        self.all_at_once(turns)

    def get_approved(self, user: str, others: list[str], *, held: bool = True) -> None:
        opened = [each.order_id for each in self.office.store.requests.values() if each.is_open]
        for order_id in IDS:
            if order_id not in opened:
                self.cloud.put(a_detailed_order(order_id=order_id))
            self.ask(user, order_id, "bought twice")
        for request in self.newest():
            for other in others:
                self.give(self.office.an_input(K.APPROVE, other, request.request_id))
                self.judge(self.left[-1])
        if held:
            self.run(self.office.executor.step())
            self.run(self.office.outbox.step())

    def newest(self) -> list[ApprovalRequest]:
        return list(self.office.store.requests.values())[-2:]

    def meddle(self, what: str) -> None:
        if what in PEOPLE:
            self.a_person_changes(what, "deleted")
        elif what in ("price", "paid", "gone"):
            self.an_order_changes(IDS[0], what)
        elif what == "policy":
            self.the_policy_is_edited(POLICIES[1])

    @precondition(lambda self: self.left)
    @rule(which=st.integers(0, 99))
    def judge_out_of_order(self, which: int) -> None:
        self.judge(self.left[which % len(self.left)])

    @precondition(lambda self: self.accepted)
    @rule(which=st.integers(0, 99))
    def redeliver(self, which: int) -> None:
        """Slack sends it again, and it is worked on again."""
        given = self.accepted[-1 - which % min(5, len(self.accepted))]
        if self.office.clock.now() - given.at > timedelta(hours=24):
            return
        assert not self.run(self.office.store.accept(given))
        self.judge(given)

    @rule(turns=st.lists(st.integers(0, 3), max_size=12))
    def all_at_once(self, turns: list[int]) -> None:
        self.pauses.turns = turns
        office = self.office
        left = [given for given in self.left if given.kind is not K.REQUEST][:4]

        async def together() -> None:
            work: list[Coroutine[Any, Any, Any]] = [office.executor.step() for _n in range(2)]
            work += [office.outbox.step(), self.after_a_while(office.decisions.recover())]
            work += [self.after_a_while(office.decisions.handle(given)) for given in left]
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
        failures=st.lists(st.sampled_from(FAILURES), max_size=4),
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

    async def after_a_while(self, work: Coroutine[Any, Any, Any]) -> None:
        await self.pauses()
        await work

    # What must hold

    @invariant()
    def ends_are_final_and_true(self) -> None:
        entries = self.office.store.audit.entries
        ends = {str(each.facts["request_id"]): each for each in entries if each.kind in ENDS}
        assert len(ends) == sum(each.kind in ENDS for each in entries)
        for request_id, request in self.office.store.requests.items():
            end = ends.get(request_id)
            assert (end and end.facts["status"]) == (None if request.is_open else request.status)
            if end and request.status is S.CANCELLED:
                assert end.facts["read"] == "cancelled"

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
        self.loop.close()

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
            told = [request for request, at in self.slack.results if at == copy]
            told.append(self.slack.cards[copy.channel, copy.ts])
            record = self.office.request(copy.request_id)
            assert shown(record) in [shown(each) for each in told]


TestTheMachine = TheMachine.TestCase
TestTheMachine.settings = settings(
    stateful_step_count=40, derandomize="CI" in os.environ, suppress_health_check=list(HealthCheck)
)
