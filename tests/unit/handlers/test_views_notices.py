"""What a notice looks like: our sentence as plain text, and the channel it is about by name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.digests import DigestPlan
from bot.sandbox.workspace.blocks import message_problems
from bot.services.digest_ends import Ending, end_plan, in_channel
from handlers.views.notices import notice_card
from handlers.views.surface import Rendered
from tests.builders import NOON, an_entry
from tests.digest_builders import a_plan
from tests.fake_digests import FakeDigestStore
from tests.surfaces import markup_of, plain_of


def drawn(text: str) -> Rendered:
    """If Slack would take it."""
    rendered = notice_card(text)
    assert message_problems({"text": rendered.text, "blocks": rendered.as_dicts()}) == []
    return rendered


async def end_of(plan: DigestPlan) -> str:
    """What the owner of *plan* is told when it ends."""
    store = FakeDigestStore()
    await store.put_plan(plan, entry=an_entry(), at=NOON)
    await end_plan(store, plan, Ending.CHANNEL, at=NOON)
    [row] = store.outbox.rows.values()
    return row.owed.text


@pytest.mark.parametrize("channel", ["C0FINANCE", "G0PRIVATE"])
async def test_a_channel_is_shown_by_its_name_and_never_by_its_id(channel: str) -> None:
    shown = drawn(await end_of(a_plan(channel=channel)))
    assert markup_of(shown) == [f"*<#{channel}>*"]
    (said,) = plain_of(shown)
    assert said.startswith("The daily digest there is off: the channel is archived")
    assert channel not in said
    assert shown.text.startswith(f"<#{channel}> The daily digest there is off")


async def test_a_direct_message_has_no_name() -> None:
    shown = drawn(await end_of(a_plan(channel="D0ALICE")))
    assert markup_of(shown) == ["*Our direct messages*"]
    assert "D0ALICE" not in "".join(plain_of(shown))
    assert shown.text.startswith("Our direct messages: The daily digest there is off")


@pytest.mark.parametrize(
    "text",
    [
        "Order <#C0SECRET> of alibaba-main: it is already paid",
        "<#C0SECRET|general> is elsewhere",
        "<#C0SECRET>",
        "<#C0; drop> x",
        "<!channel> <@U0BOB> *bold*",
        " <#C0SECRET> x",
    ],
)
def test_pitfall_45_only_a_channel_of_ours_in_front_is_one(text: str) -> None:
    shown = drawn(text)
    assert markup_of(shown) == []
    assert "<" not in shown.text


@given(text=st.text(max_size=80))
def test_pitfall_45_what_follows_the_channel_is_plain_whatever_it_is(text: str) -> None:
    shown = drawn(in_channel("C0FINANCE", f"{text}<!channel> <#C0SECRET> *x*"))
    assert markup_of(shown) == ["*<#C0FINANCE>*"]
    assert "<" not in shown.text.removeprefix("<#C0FINANCE>")


def test_pitfall_38_a_long_notice_is_cut() -> None:
    drawn(in_channel("C0FINANCE", "&<>" * 3000))
    drawn("&<>" * 3000)
