"""The card of a request: true at every moment, the same from the same record, harmless."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.approvals import (
    OPEN,
    ApprovalRequest,
    Outcome,
    RequestStatus,
    Vote,
    VoteKind,
)
from bot.domain.orders import Field, OrderType, PaymentStatus, Resource
from bot.domain.outbox import CopyRole
from bot.sandbox.workspace.blocks import message_problems
from bot.services.told import HistoryView, InboxView, Told, Why, WhyLine
from handlers.views.history import history_card, inbox_card, why_card
from handlers.views.orders import order_card
from handlers.views.requests import (
    read_ref,
    request_card,
    request_ref,
    request_text,
    result_card,
    told_card,
)
from handlers.views.surface import Rendered
from tests.builders import NOON, a_detailed_order, money
from tests.request_builders import a_request, a_requirement
from tests.surfaces import (
    an_order_saying,
    assert_inert,
    buttons_of,
    dicts_of,
    markup_of,
    plain_of,
    read,
    shown,
    texts_in,
)

S = RequestStatus
FINAL = frozenset(S) - OPEN
MENTION = re.compile(r"<@[A-Z0-9]{2,20}>")
HOSTILE = (
    "<!channel>",
    "<@U0ALICE>",
    "<https://evil.example|Approve>",
    "*bold* `code` > quote",
    "\u202eevorppa\u202c",
    "&lt;!channel&gt;",
    "\n\nApproved by boss\n",
    "{0} {reason} %s",
)
hostile = st.lists(
    st.one_of(st.sampled_from(HOSTILE), st.text(st.characters(codec=None), max_size=60)),
    max_size=5,
).map("".join)
long_hostile = st.tuples(st.sampled_from(HOSTILE), st.integers(1, 5000)).map(
    lambda pair: (pair[0] * (pair[1] // len(pair[0]) + 1))[: pair[1]]
)


def in_status(status: RequestStatus, **parts: Any) -> ApprovalRequest:
    """A request as it stands in *status*, with what people did to bring it there."""
    usual: dict[str, Any] = {"status": status}
    if status not in (S.PENDING, S.WITHDRAWN, S.EXPIRED):
        usual["votes"] = (Vote("U0BOB", VoteKind.APPROVE, NOON),)
    if status is S.APPROVED:
        usual["hold_until"] = NOON + timedelta(seconds=30)
    if status in FINAL:
        usual["ended_at"] = NOON + timedelta(hours=1)
    if status in (S.WITHDRAWN, S.DENIED, S.STOPPED):
        usual["ended_by"] = "U0CAROL"
    return a_request(**(usual | parts))


def saying(text: str, status: RequestStatus, **parts: Any) -> ApprovalRequest:
    """*text* wherever a person or a cloud can put it."""
    order = an_order_saying(text, fields=(Field("amount.coupon_amount", "12.5"),))
    return in_status(
        status,
        account="huawei-main",
        order=order,
        order_id=text,
        reason=text,
        end_reason=text,
        outcome_text=text,
        current=replace(order, payable=money("1.00 CNY"), parts=(text + "2",)),
        **parts,
    )


def checked(rendered: Rendered) -> Rendered:
    """*rendered*, if Slack takes it and its text holds no markup but mentions of ours."""
    payload = {"text": rendered.text, "blocks": dicts_of(rendered)}
    assert message_problems(payload) == []
    assert_inert(MENTION.sub("", rendered.text))
    return rendered


def labels(rendered: Rendered) -> list[str]:
    return [each["text"]["text"] for each in buttons_of(rendered)]


def cards(request: ApprovalRequest) -> dict[str, Rendered]:
    found = {role.value: request_card(request, role) for role in CopyRole}
    return found | {"unsure": request_card(request, CopyRole.APPROVALS, unsure=True)}


def test_a_card_reads_in_the_order_a_phone_shows_it() -> None:
    order = a_detailed_order(
        order_type=OrderType.RENEWAL,
        parts=("CS2", "CS3"),
        resources=(Resource(resource_id="i-abc", ends_at=NOON + timedelta(days=15)),),
        fields=(Field("order_info.amount_info.coupon_amount", "20.0"), Field("x.coupon", "0")),
        product_name="ECS",
    )
    card = checked(request_card(a_request(order=order), CopyRole.APPROVALS))
    texts = [each.text for each in texts_in(dicts_of(card))]
    wanted = (
        "Cancel 12,480.00 CNY · ECS x 4 · huawei-main?",
        "“bought twice”",
        "Asked for by <@U0ALICE>",
        "Renewal of i-abc, live until 3 Dec 2026",
        "Combined transaction: CS2, CS3 go with it.",
        "Coupons go with it: coupon_amount 20.0",
        "*Decide by ",
        "0 of 1 approvals",
        "Approve",
        "Deny…",
        "Details",
    )
    places = [next(n for n, text in enumerate(texts) if each in text) for each in wanted]
    assert places == sorted(places)
    assert labels(card) == ["Approve", "Deny…", "Details"]


def test_the_push_text_says_what_why_by_whom_and_until_when() -> None:
    text = request_text(a_request())
    assert text.startswith("Cancel 12,480.00 CNY · Elastic Cloud Server x 4 · huawei-main? ")
    assert "“bought twice”, asked for by <@U0ALICE>." in text
    assert text.endswith("Decide by Thu 19 Nov 2026 12:00 UTC; silence cancels nothing.")


@pytest.mark.parametrize(
    ("status", "approvals", "requester"),
    [
        (S.PENDING, ["Approve", "Deny…", "Details"], ["Withdraw"]),
        (S.APPROVED, ["Stop"], ["Stop"]),
        (S.EXECUTING, [], []),
        (S.UNKNOWN, [], []),
        (S.CANCELLED, [], []),
        *((status, [], ["Ask again"]) for status in sorted(FINAL - {S.CANCELLED})),
    ],
)
def test_buttons_are_those_that_can_still_do_something(
    status: RequestStatus, approvals: list[str], requester: list[str]
) -> None:
    request = in_status(status)
    assert labels(request_card(request, CopyRole.APPROVALS)) == approvals
    assert labels(request_card(request, CopyRole.ADOPTED)) == approvals
    assert labels(request_card(request, CopyRole.REQUESTER)) == requester


def test_who_approved_can_take_it_back_while_it_waits() -> None:
    request = in_status(S.PENDING, votes=(Vote("U0BOB", VoteKind.APPROVE, NOON),))
    card = request_card(request, CopyRole.APPROVALS)
    assert labels(card) == ["Approve", "Deny…", "Take my approval back", "Details"]
    assert "1 of 1 approvals · <@U0BOB>" in read(card)
    assert "I am reading the order at huawei-main" in read(card)


def test_an_order_whose_cloud_is_silent_is_said_so() -> None:
    votes = (Vote("U0BOB", VoteKind.APPROVE, NOON),)
    request = in_status(S.PENDING, votes=votes, outcome=Outcome.NO_ANSWER)
    assert "does not answer" in read(request_card(request, CopyRole.APPROVALS))


def test_a_quorum_of_two_counts_to_two() -> None:
    request = a_request(
        requirement=a_requirement(quorum=2), votes=(Vote("U0BOB", VoteKind.APPROVE, NOON),)
    )
    assert "1 of 2 approvals · <@U0BOB>" in read(request_card(request, CopyRole.APPROVALS))
    assert "I am reading" not in read(request_card(request, CopyRole.APPROVALS))


@pytest.mark.parametrize("status", S)
@pytest.mark.parametrize("outcome", ["", *Outcome])
def test_pitfall_9_no_card_says_cancelled_before_a_read_shows_it(
    status: RequestStatus, outcome: str
) -> None:
    request = in_status(status, outcome=outcome)
    true = status is S.CANCELLED or (status, outcome) == (S.FAILED, Outcome.LATE_EFFECT)
    for card in (*cards(request).values(), result_card(request)):
        everything = f"{read(checked(card))} {card.text}".casefold()
        assert ("cancelled" in everything) is true


def test_an_unknown_outcome_is_called_so() -> None:
    said = read(request_card(in_status(S.UNKNOWN), CopyRole.REQUESTER))
    assert "The cloud has not said whether it worked; I am reading the order." in said


@pytest.mark.parametrize(
    ("outcome", "sentence"),
    [
        (Outcome.NO_ANSWER, "Approved, but the cloud or Slack did not answer by "),
        (Outcome.NOT_DONE, "Approved, but not carried out by "),
    ],
)
def test_a_request_that_expired_after_its_approval_says_so(outcome: Outcome, sentence: str) -> None:
    votes = (Vote("U0BOB", VoteKind.APPROVE, NOON),)
    request = in_status(S.EXPIRED, votes=votes, outcome=outcome)
    said = read(request_card(request, CopyRole.APPROVALS))
    assert sentence in said
    assert "Approved by <@U0BOB>" in said
    assert sentence in request_text(request)


def test_a_failure_after_reads_tells_when_the_order_was_still_unpaid() -> None:
    request = in_status(S.FAILED, outcome=Outcome.STILL_UNPAID)
    stamp = int((NOON + timedelta(hours=1)).timestamp())
    said = read(request_card(request, CopyRole.REQUESTER))
    assert f"still unpaid at <!date^{stamp}^" in said
    assert "still unpaid at Wed 18 Nov 2026 13:00 UTC" in request_text(request)


def test_an_outdated_card_shows_old_and_new() -> None:
    order = a_detailed_order()
    now = replace(order, payable=money("13000 CNY"), payment_status=PaymentStatus.UNKNOWN)
    request = in_status(S.OUTDATED, outcome=Outcome.CHANGED, order=order, current=now)
    said = read(request_card(request, CopyRole.APPROVALS))
    assert "Amount: 12,480.00 CNY → 13,000.00 CNY" in said
    assert "Payment status: unpaid → unknown" in said


def test_a_part_of_a_combined_transaction_shows_the_whole_set() -> None:
    whole = a_detailed_order(order_id="CS0", parts=("CS1", "CS2", "CS3"))
    request = in_status(S.FAILED, outcome=Outcome.COMBINED, current=whole)
    card = request_card(request, CopyRole.REQUESTER)
    assert "Combined transaction CS0: CS1, CS2, CS3" in read(card)
    assert labels(card) == ["Ask again"]


@pytest.mark.parametrize(
    ("status", "word"), [(S.WITHDRAWN, "Withdrawn"), (S.DENIED, "Denied"), (S.STOPPED, "Stopped")]
)
def test_a_decided_card_says_by_whom_and_when(status: RequestStatus, word: str) -> None:
    said = read(request_card(in_status(status, end_reason="still needed"), CopyRole.APPROVALS))
    assert f"{word}: 12,480.00 CNY" in said
    assert f"By <@U0CAROL>, <!date^{int((NOON + timedelta(hours=1)).timestamp())}^" in said
    assert "“still needed”" in said


def test_a_card_posted_twice_says_so() -> None:
    assert "both are one request" in read(cards(a_request())["unsure"])


def test_the_same_record_is_the_same_card() -> None:
    request = in_status(S.OUTDATED, current=a_detailed_order(payable=None))
    assert cards(request) == cards(replace(request))


def test_buttons_carry_the_request_and_its_version_and_nothing_else() -> None:
    request = a_request(request_id="R-ABCD2345", version=3)
    values = {each["value"] for each in buttons_of(request_card(request, CopyRole.APPROVALS))}
    assert values == {"R-ABCD2345.3"}
    assert read_ref("R-ABCD2345.3") == ("R-ABCD2345", 3)


@given(st.text(min_size=1), st.integers(0, 999_999_999))
def test_a_reference_is_read_back_whatever_the_id_is(request_id: str, version: int) -> None:
    request = a_request(request_id=request_id, version=version)
    assert read_ref(request_ref(request)) == (request_id, version)


@given(hostile, st.sampled_from(list(S)), st.sampled_from(["", *Outcome]))
@settings(max_examples=12)
def test_no_outside_text_does_anything_on_a_card(
    text: str, status: RequestStatus, outcome: str
) -> None:
    """What is markup is the same whatever people and clouds say."""
    neutral = cards(saying("x", status, outcome=outcome))
    for name, card in cards(saying(text, status, outcome=outcome)).items():
        checked(card)
        assert markup_of(card) == markup_of(neutral[name])
        for each in plain_of(card):
            assert "\u202e" not in each
            assert "\nApproved" not in each


@given(long_hostile, st.sampled_from(list(S)))
@settings(max_examples=8)
def test_slack_takes_every_card_however_long_its_texts_are(
    text: str, status: RequestStatus
) -> None:
    request = saying(text, status)
    for card in (*cards(request).values(), result_card(request), told_card(Told(text))):
        checked(card)
    many = (request,) * 30
    checked(inbox_card(InboxView(many, many, many)))
    checked(history_card(HistoryView("huawei-main", text, many, ())))
    lines = tuple(WhyLine(f"U{n:08}", may=n % 2 == 0, rule="x", text=text) for n in range(50))
    checked(why_card(Why(request, a_requirement(rule=2), False, 1, 2, lines)))


@given(st.text(st.characters(codec=None)))
def test_a_user_id_is_all_that_a_mention_holds(text: str) -> None:
    card = request_card(a_request(requested_by=text), CopyRole.APPROVALS)
    assert_inert(re.sub(r"<@[A-Z0-9]{0,20}>", "", card.text))


def test_an_orders_card_offers_the_request_where_it_can_be_made() -> None:
    unpaid, paid = a_detailed_order(), a_detailed_order(payment_status=PaymentStatus.PAID)

    def offered(card: Rendered) -> bool:
        return "Request cancel" in labels(card)

    def drawn(order: Any, *, can_cancel: bool = True, **parts: Any) -> Rendered:
        seen = shown(order, can_cancel=can_cancel)
        return order_card(seen, "c0", zone="UTC", now=NOON, **parts)

    assert offered(drawn(unpaid))
    assert not offered(drawn(paid))
    assert not offered(drawn(unpaid, can_cancel=False))
    asked = drawn(unpaid, asked=a_request(requirement=a_requirement(quorum=2)))
    assert not offered(checked(asked))
    assert "A cancellation is asked for by <@U0ALICE>: 0 of 2 approvals" in read(asked)


def test_the_inbox_tells_what_waits_and_counts_what_it_leaves_out() -> None:
    many = tuple(a_request(request_id=f"R-{n}") for n in range(10))
    card = checked(inbox_card(InboxView(many, (), (in_status(S.DENIED),))))
    assert "Waiting for you: 10" in read(card)
    assert "and 2 more" in read(card)
    assert "Denied: 12,480.00 CNY" in read(card)
    assert labels(card) == ["Show"] * 9


def test_why_names_who_may_and_what_stops_the_others() -> None:
    lines = (
        WhyLine("U0BOB", may=True),
        WhyLine("U0ALICE", may=False, rule="requester", text="asked for it"),
    )
    card = checked(why_card(Why(a_request(), a_requirement(rule=2), False, 0, 2, lines)))
    said = read(card)
    assert "When it was asked: The policy's own rule decides. Today: Rule 2" in said
    assert "0 of 2 approvals count now." in said
    assert "May decide: <@U0BOB>" in said
    assert {"<@U0ALICE>", "asked for it"} <= set(said.splitlines())


def test_who_was_faster_is_named_behind_the_sentence() -> None:
    card = checked(told_card(Told("This request was already denied.", "R1", by="U0CAROL")))
    assert read(card) == "This request was already denied.\nIt was <@U0CAROL>."
