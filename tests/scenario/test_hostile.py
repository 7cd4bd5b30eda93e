"""What clouds say: hostile names, errors that hold secrets, refusals inside HTTP 200."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import structlog

from bot.logs import configure_logging
from tests.loopback import Asked, Reply, loopback
from tests.stage import ALICE, BOB, GENERAL, Stage, said, staged

HOSTILE = (
    "<!channel> <!here> <@U0BOB> <#C0SECRET> <https://evil.example|Approve> &lt;b&gt;"
    " *bold* _it_ ~gone~ `code` ```block``` > quote \u202egnp.exe\u2069 \u200b\ufeff 漢字"
)
MARKUP = ("<!channel>", "<!here>", "<@U0BOB>", "<#C0SECRET>", "<https://evil")
UNSEEN = "\u202e\u2069\u200b\ufeff"


@pytest.fixture(scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    async with staged(tmp_path_factory.mktemp("hostile"), "socket") as stage:
        for row in stage.an_order("alibaba-main").wire["rows"]:
            names = ("Config", "OriginalConfig", "Region", "ProductCode", "Operator")
            row.update(dict.fromkeys(names, HOSTILE))
        huawei = stage.an_order("huawei-main").wire
        for line in huawei["lines"]:
            line.update(service_type_name=HOSTILE, product_spec_desc=HOSTILE)
        huawei["order"] |= {"user_name": HOSTILE, "service_type_name": HOSTILE}
        for resource in huawei["resources"]:
            resource["resource_name"] = HOSTILE
        unicloud = stage.an_order("unicloud-main").wire["order"]
        for name in ("Note", "UserName", "ProductCategory", "ProductRegionName", "PayTypeName"):
            unicloud[name] = HOSTILE
        for item in unicloud["Items"]:
            item.update(productCategory=HOSTILE, productDescription=HOSTILE)
        yield stage


@pytest.mark.parametrize("account", ["alibaba-main", "huawei-main", "unicloud-main"])
async def test_pitfall_45_hostile_names_are_read_and_do_nothing(stage: Stage, account: str) -> None:
    order = stage.an_order(account)
    card = await stage.type(ALICE, f"show {order.order_id} {account}", until=order.order_id)
    harmless(card.text, card.blocks)
    await stage.press(ALICE, "details", ts=card.ts)
    details = await stage.window(ALICE, "page 1 of")
    harmless("", details.blocks)
    assert "*bold*" in said(details).replace(" ", "") or "gone" in said(details)
    await stage.press(ALICE, "share", ts=card.ts)
    shared = await stage.posted(BOB, order.order_id)
    harmless(shared.text, shared.blocks)
    listed = await stage.type(ALICE, f"list account:{account}", until="Orders:")
    harmless(listed.text, listed.blocks)
    panel = await stage.type(ALICE, "", until="Cloud orders")
    harmless(panel.text, panel.blocks)


@pytest.mark.parametrize("verb", ["", "show ", "list product:", "products "])
async def test_hostile_text_that_is_typed_does_nothing(stage: Stage, verb: str) -> None:
    typed = HOSTILE.replace("&lt;b&gt;", "b")
    quoted = f'{verb}"{typed}"' if verb else typed
    answer = await stage.slack.command(ALICE, GENERAL, quoted, as_sent=True)
    assert answer.ok
    card = await stage.private(ALICE, "")
    harmless(card.text, card.blocks)


def harmless(text: str, blocks: list[dict[str, Any]]) -> None:
    """No mention, link or invisible character is alive in what Slack was given."""
    alive = [text, *_markup_in(blocks)]
    for mark in MARKUP:
        assert not [each for each in alive if mark in each], mark
    everything = text + json.dumps(blocks, ensure_ascii=False)
    assert not [each for each in UNSEEN if each in everything]
    for each in _markup_in(blocks):
        assert "bold" not in each, "outside text stands in markup"


def _markup_in(value: Any) -> list[str]:
    if isinstance(value, list):
        return [text for each in value for text in _markup_in(each)]
    if not isinstance(value, dict):
        return []
    if value.get("type") == "mrkdwn":
        return [value["text"]]
    return [text for each in value.values() for text in _markup_in(each)]


@dataclass
class BadCloud:
    """A stage whose accounts all ask one server, and what that server says next."""

    stage: Stage
    reply: Reply
    log: io.StringIO


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything that the process would write to stderr with --debug."""
    stream, root = io.StringIO(), logging.getLogger()
    handlers, level, ours = root.handlers[:], root.level, structlog.get_config()
    configure_logging(debug=True, stream=stream)
    yield stream
    root.handlers[:], root.level = handlers, level
    structlog.configure(**ours)


@pytest.fixture
async def bad(log: io.StringIO, tmp_path: Path) -> AsyncIterator[BadCloud]:
    async with AsyncExitStack() as stack:
        holder: list[BadCloud] = []

        def answer(_asked: Asked) -> Reply:
            return holder[0].reply

        server = await stack.enter_async_context(loopback(answer))
        stage = await stack.enter_async_context(staged(tmp_path, "socket"))
        await stage.stop()
        stage.endpoints = dict.fromkeys(stage.accounts, server.url)
        await stage.start()
        holder.append(BadCloud(stage, Reply(), log))
        yield holder[0]


async def test_pitfall_33_a_refusal_inside_http_200_is_a_failure_with_its_code(
    bad: BadCloud,
) -> None:
    bad.reply = Reply(
        {
            "Success": False,
            "Code": "NotApplicable",
            "Message": "This API is not applicable for caller.",
            "RequestId": "REQ-33",
        }
    )
    card = said(await bad.stage.type(ALICE, "show 211111111111110 alibaba-main", until="Code"))
    assert "Code NotApplicable" in card
    assert "Request REQ-33" in card
    assert "site" in card
    (failed,) = bad.stage.recorded("lookup:failed", actor=ALICE)
    assert failed["facts"]["code"] == "NotApplicable"
    assert bad.stage.recorded("order:shown") == []


@pytest.mark.parametrize("account", ["alibaba-main", "huawei-main", "unicloud-main"])
@pytest.mark.parametrize("verb", ["show", "list", "products"])
async def test_pitfall_46_a_secret_in_a_clouds_error_is_masked_everywhere(
    bad: BadCloud, account: str, verb: str
) -> None:
    stage = bad.stage
    known = stage.clouds.book.accounts[account]
    key, secret = known.access_key_id, known.access_key_secret
    url = f"https://x.example/?AccessKeyId={key}&Signature=c2lnbmF0dXJl%3D&Action=Q"
    told = (
        f"key {key} secret {secret} url {url} https://user:hunter2@x.example/"
        f" Authorization: SDK-HMAC-SHA256 Access={key}, Signature=0123456789abcdef0123"
    )
    code = f"Refused.{secret}"
    bad.reply = Reply(
        {
            "Code": code,
            "Message": told,
            "RequestId": "REQ-46",
            "Success": False,
            "error_code": code,
            "error_msg": told,
            "request_id": "REQ-46",
        },
        status=403,
    )
    ids = {
        "alibaba-main": "211111111111110",
        "huawei-main": "CS2111111111111ZZ",
        "unicloud-main": "211111111111111111",
    }
    typed = {
        "show": f"show {ids[account]} {account}",
        "list": f"list account:{account}",
        "products": f"products {account}",
    }[verb]
    card = await stage.type(ALICE, typed, until=account)
    await stage.appears(lambda: "asking" not in said(card), "the final card")
    await stage.type(ALICE, "accounts", until="Your accounts")
    _status, ready = await stage.ops("/readyz")
    metrics = (await stage.ops("/metrics"))[1]
    seen = json.dumps([each.args for each in stage.slack.calls], ensure_ascii=False)
    kept = b"".join(path.read_bytes() for path in stage.folder.glob("countersign.db*"))
    places = {
        "Slack": seen,
        "logs": bad.log.getvalue(),
        "database": kept.decode("utf-8", "replace"),
        "readiness": ready,
        "metrics": metrics,
    }
    leaks = (secret, "c2lnbmF0dXJl", "hunter2", "0123456789abcdef0123")
    found = [(place, leak) for place, text in places.items() for leak in leaks if leak in text]
    assert found == []
    assert "provider_call_failed" in bad.log.getvalue()
