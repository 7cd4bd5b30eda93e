"""Modals and Home: triggers, the stack, hashes, typed values, response actions."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.workspace import Workspace, start_workspace
from bot.sandbox.workspace.inputs import NotPossible
from tests.unit.sandbox.workspace_kit import (
    Block,
    SetClock,
    actions,
    bolt_app,
    button,
    client_of,
    form,
    modal,
    plain,
    section,
    served,
    text_input,
)


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
async def workspace(clock: SetClock) -> AsyncIterator[Workspace]:
    async with start_workspace(now=clock) as started:
        yield started


@pytest.fixture
def client(workspace: Workspace) -> AsyncWebClient:
    return client_of(workspace)


@pytest.fixture
async def app(workspace: Workspace) -> AsyncIterator[AsyncApp]:
    app = bolt_app(workspace)
    async with served(app, workspace):
        yield app


async def opened(workspace: Workspace, client: AsyncWebClient, view: Block) -> dict[str, Any]:
    trigger = workspace.state.new_trigger("U0ALICE")
    answer = await client.views_open(trigger_id=trigger, view=view)
    shown: dict[str, Any] = answer["view"]
    return shown


async def refused(client: AsyncWebClient, method: str, **args: Any) -> str:
    with pytest.raises(SlackApiError) as error:
        await client.api_call(method, json=args)
    code: str = error.value.response["error"]
    return code


async def test_a_trigger_opens_one_view_within_three_seconds(
    workspace: Workspace, client: AsyncWebClient, clock: SetClock
) -> None:
    trigger = workspace.state.new_trigger("U0ALICE")
    wrong = await refused(client, "views.open", trigger_id=trigger, view=modal(text_input()))
    assert wrong == "invalid_arguments"
    await client.views_open(trigger_id=trigger, view=modal())
    assert await refused(client, "views.open", trigger_id=trigger, view=modal()) == (
        "trigger_exchanged"
    )
    late = workspace.state.new_trigger("U0ALICE")
    clock.pass_(seconds=3.1)
    assert await refused(client, "views.open", trigger_id=late, view=modal()) == (
        "expired_trigger_id"
    )
    assert await refused(client, "views.open", trigger_id="x", view=modal()) == "invalid_arguments"
    assert len(workspace.views("U0ALICE")) == 1


async def test_faults_of_a_view_come_with_messages(
    workspace: Workspace, client: AsyncWebClient
) -> None:
    with pytest.raises(SlackApiError) as error:
        await opened(workspace, client, modal(text_input()))
    said = error.value.response["response_metadata"]["messages"]
    assert said == ["[ERROR] view.submit: is missing, and there are input blocks"]
    huge = modal(*[section("汉" * 3000)] * 28)
    with pytest.raises(SlackApiError, match="view_too_large"):
        await opened(workspace, client, huge)
    with pytest.raises(SlackApiError, match="invalid_arguments"):
        await opened(workspace, client, {"type": "home", "blocks": [section()]})


async def test_three_views_stack_and_a_fourth_is_refused(
    workspace: Workspace, client: AsyncWebClient
) -> None:
    first = await opened(workspace, client, modal())
    for _ in range(2):
        trigger = workspace.state.new_trigger("U0ALICE", from_view=True)
        pushed = await client.views_push(trigger_id=trigger, view=modal())
        assert pushed["view"]["root_view_id"] == first["id"]
    fourth = workspace.state.new_trigger("U0ALICE", from_view=True)
    assert await refused(client, "views.push", trigger_id=fourth, view=modal()) == (
        "push_limit_reached"
    )
    outside = workspace.state.new_trigger("U0ALICE")
    assert await refused(client, "views.push", trigger_id=outside, view=modal()) == "not_found"
    bottom, middle, top = workspace.views("U0ALICE")
    below = (bottom.previous_view_id, middle.previous_view_id, top.previous_view_id)
    assert below == (None, bottom.view_id, middle.view_id)


async def test_an_update_keeps_what_was_typed_and_needs_the_hash_that_is_shown(
    workspace: Workspace, client: AsyncWebClient
) -> None:
    shown = await opened(workspace, client, form(external_id="mine"))
    workspace.fill("U0ALICE", {"reason": "wrong region"})
    again = form(text_input(), section("more"), external_id="mine")
    await client.views_update(view_id=shown["id"], view=again, hash=shown["hash"])
    view = workspace.views("U0ALICE")[0]
    assert view.as_json()["state"]["values"]["reason"]["text"]["value"] == "wrong region"
    stale = await refused(
        client, "views.update", view_id=shown["id"], view=again, hash=shown["hash"]
    )
    assert stale == "hash_conflict"
    await client.views_update(external_id="mine", view=form(text_input("other")))
    values = workspace.views("U0ALICE")[0].as_json()["state"]["values"]
    assert values == {"other": {"text": {"type": "plain_text_input", "value": None}}}
    await workspace.close_view("U0ALICE")
    gone = await refused(client, "views.update", view_id=shown["id"], view=again)
    assert gone == "not_found"


async def test_an_external_id_is_taken_once(workspace: Workspace, client: AsyncWebClient) -> None:
    home = {"type": "home", "blocks": [section()], "external_id": "one"}
    await client.views_publish(user_id="U0BOB", view=home)
    with pytest.raises(SlackApiError, match="duplicate_external_id"):
        await opened(workspace, client, modal(external_id="one"))


async def test_home_is_published_per_person_and_guarded_by_its_hash(
    workspace: Workspace, app: AsyncApp, client: AsyncWebClient
) -> None:
    heard: list[dict[str, Any]] = []

    @app.event("app_home_opened")
    async def home_opened(event: dict[str, Any]) -> None:
        heard.append(event)

    @app.action("refresh")
    async def refresh(ack: AsyncAck, body: dict[str, Any]) -> None:
        heard.append(body)
        await ack()

    await workspace.open_home("U0BOB")
    home = {"type": "home", "blocks": [actions(button("refresh"))]}
    published = await client.views_publish(user_id="U0BOB", view=home)
    await workspace.open_home("U0BOB", tab="messages")
    await workspace.click_home("U0BOB", "refresh")
    assert ("view" in heard[0], heard[0]["channel"]) == (False, "D0BOB")
    assert (heard[1]["tab"], heard[1]["view"]["hash"]) == ("messages", published["view"]["hash"])
    assert heard[2]["container"] == {"type": "view", "view_id": published["view"]["id"]}
    assert await refused(client, "views.push", trigger_id=heard[2]["trigger_id"], view=modal()) == (
        "not_found"
    )
    await client.views_publish(user_id="U0BOB", view=home, hash=published["view"]["hash"])
    stale = await refused(
        client, "views.publish", user_id="U0BOB", view=home, hash=published["view"]["hash"]
    )
    assert stale == "hash_conflict"
    assert workspace.home("U0ALICE") is None
    assert await refused(client, "views.publish", user_id="U0GONE", view=home) == "user_not_found"
    assert (await workspace.open_home("U0GONE")).error == "user_disabled"


def answering(app: AsyncApp, **answer: Any) -> list[dict[str, Any]]:
    """The app answers every submission of `cancel_form` like this; what it hears."""
    heard: list[dict[str, Any]] = []

    @app.view("cancel_form")
    async def submitted(ack: AsyncAck, body: dict[str, Any]) -> None:
        heard.append(body)
        await ack(**answer)

    return heard


CANCEL_FORM = form(callback_id="cancel_form", private_metadata="17")


async def test_a_submission_carries_the_values_and_an_empty_ack_closes(
    workspace: Workspace, app: AsyncApp, client: AsyncWebClient
) -> None:
    heard = answering(app)
    await opened(workspace, client, modal())
    trigger = workspace.state.new_trigger("U0ALICE", from_view=True)
    await client.views_push(trigger_id=trigger, view=CANCEL_FORM)
    assert (await workspace.submit("U0ALICE", {"reason": "wrong region"})).ok
    view = heard[0]["view"]
    assert view["state"]["values"]["reason"]["text"]["value"] == "wrong region"
    assert (view["private_metadata"], heard[0]["user"]["id"]) == ("17", "U0ALICE")
    assert len(workspace.views("U0ALICE")) == 1


async def test_the_client_asks_for_what_is_missing_before_anything_is_sent(
    workspace: Workspace, app: AsyncApp, client: AsyncWebClient
) -> None:
    heard = answering(app)
    kinds = [text_input(min_length=3, max_length=5), {**text_input("note"), "optional": True}]
    await opened(workspace, client, form(*kinds, callback_id="cancel_form"))
    empty = await workspace.submit("U0ALICE")
    assert empty.error == "Please complete this required field."
    short = await workspace.submit("U0ALICE", {"reason": "ab"})
    assert short.error == "Please enter 3 to 5 characters."
    assert (heard, len(workspace.views("U0ALICE"))) == ([], 1)
    assert (await workspace.submit("U0ALICE", {"reason": "abc"})).ok


@pytest.mark.parametrize(
    ("answer", "titles", "error"),
    [
        ({"response_action": "errors", "errors": {"reason": "Too short"}}, ["A form"], None),
        ({"response_action": "errors", "errors": {"nowhere": "x"}}, ["A form"], "trouble"),
        ({"response_action": "update", "view": modal(title=plain("New"))}, ["New"], None),
        ({"response_action": "push", "view": modal(title=plain("Top"))}, ["A form", "Top"], None),
        ({"response_action": "push", "view": modal(text_input())}, ["A form"], "trouble"),
        ({"response_action": "clear"}, [], None),
        ({"text": "thanks"}, ["A form"], "trouble"),
    ],
)
async def test_response_actions_change_the_stack(
    workspace: Workspace,
    app: AsyncApp,
    answer: dict[str, Any],
    titles: list[str],
    error: str | None,
) -> None:
    answering(app, **answer)
    await opened(workspace, client_of(workspace), CANCEL_FORM)
    delivery = await workspace.submit("U0ALICE", {"reason": "x"})
    assert (delivery.error or "").startswith(error or "")
    assert delivery.ok == (error is None)
    assert [view.sent["title"]["text"] for view in workspace.views("U0ALICE")] == titles
    if answer.get("errors") == {"reason": "Too short"}:
        assert workspace.views("U0ALICE")[0].errors == {"reason": "Too short"}


async def test_a_choice_in_a_modal_is_sent_with_everything_typed_so_far(
    workspace: Workspace, app: AsyncApp, client: AsyncWebClient
) -> None:
    heard: list[dict[str, Any]] = []

    @app.action("status")
    async def chosen(ack: AsyncAck, body: dict[str, Any]) -> None:
        heard.append(body)
        await ack()
        await client.views_push(trigger_id=body["trigger_id"], view=modal())

    options = [{"text": plain(name), "value": name} for name in ("paid", "unpaid")]
    select = {"type": "static_select", "action_id": "status", "options": options}
    select_input = {"type": "input", "block_id": "s", "label": plain("S"), "element": select}
    await opened(workspace, client, form(text_input(), {**select_input, "dispatch_action": True}))
    workspace.fill("U0ALICE", {"reason": "why"})
    assert (await workspace.click_modal("U0ALICE", "status", choose="paid")).ok
    values = heard[0]["state"]["values"]
    assert values["reason"]["text"]["value"] == "why"
    assert values["s"]["status"]["selected_option"]["value"] == "paid"
    assert len(workspace.views("U0ALICE")) == 2
    await workspace.close_view("U0ALICE")
    with pytest.raises(NotPossible, match="no option"):
        workspace.fill("U0ALICE", {"s": "gone"})
    with pytest.raises(NotPossible, match="0 inputs"):
        workspace.fill("U0ALICE", {"nothing": "x"})


async def test_the_app_hears_of_a_closed_view_only_if_it_asked(
    workspace: Workspace, app: AsyncApp, client: AsyncWebClient
) -> None:
    heard: list[bool] = []

    @app.view_closed("asked")
    async def closed(ack: AsyncAck, body: dict[str, Any]) -> None:
        heard.append(body["is_cleared"])
        await ack()

    asked = modal(callback_id="asked", notify_on_close=True)
    await opened(workspace, client, modal())
    assert await workspace.close_view("U0ALICE") is None
    await opened(workspace, client, asked)
    await workspace.close_view("U0ALICE")
    await opened(workspace, client, asked)
    trigger = workspace.state.new_trigger("U0ALICE", from_view=True)
    await client.views_push(trigger_id=trigger, view=modal())
    await workspace.close_view("U0ALICE", all_views=True)
    assert heard == [False, True]
    with pytest.raises(NotPossible, match="no modal open"):
        await workspace.submit("U0ALICE")
