"""The demo's page as its browser talks to it: own origin only, own eyes only, told at once."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from yarl import URL

from bot.demo.page import paged
from bot.demo.stage import Stage
from bot.sandbox.workspace.people import BOT_USER_ID
from tests.page_process import page_process
from tests.stage import ALICE, BOB, GENERAL, WAIT

pytestmark = pytest.mark.slow

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
ROOT = Path(__file__).parents[2]
SOON = 0.1  # seconds until an event tells of a change
TRIES = 5  # of what a busy machine can delay


@dataclass
class Visitor:
    """What a browser on the page can ask for."""

    stage: Stage
    session: aiohttp.ClientSession
    url: str

    async def get(self, path: str, **query: str) -> Any:
        async with self.session.get(f"{self.url}{path}", params=query) as response:
            assert response.status == 200, await response.text()
            return await response.json()

    async def post(self, path: str, **body: Any) -> tuple[int, Any]:
        async with self.session.post(f"{self.url}{path}", json=body) as response:
            return response.status, await response.json()

    async def state(self, who: str, channel: str = GENERAL) -> dict[str, Any]:
        state: dict[str, Any] = await self.get("_page/state", **{"as": who, "channel": channel})
        return state

    async def act(self, do: str, who: str, **arguments: Any) -> dict[str, Any]:
        status, delivery = await self.post("_page/act", do=do, **{"as": who}, **arguments)
        assert (status, delivery["error"]) == (200, None)
        outcome: dict[str, Any] = delivery
        return outcome

    async def types(self, who: str, text: str, until: str) -> dict[str, Any]:
        """Type a command and wait for the newest message with *until*."""
        await self.act("command", who, channel=GENERAL, text=text)
        found = await self.stage.workspace.until(lambda: self._said(who, until), timeout=WAIT)
        shown = (await self.state(who))["messages"]
        message: dict[str, Any] = next(each for each in shown if each["ts"] == found)
        return message

    def _said(self, who: str, until: str) -> str:
        messages = self.stage.workspace.messages(GENERAL, who)
        return next((each.ts for each in reversed(messages) if until in str(each.blocks)), "")

    @asynccontextmanager
    async def events(self) -> AsyncIterator[AsyncIterator[dict[str, Any]]]:
        async with self.session.get(f"{self.url}_page/events") as response:
            assert response.content_type == "text/event-stream"
            yield _events(response)


async def _events(response: aiohttp.ClientResponse) -> AsyncIterator[dict[str, Any]]:
    async for line in response.content:
        if line.startswith(b"data: "):
            yield json.loads(line.removeprefix(b"data: "))


@pytest.fixture(scope="module")
async def visitor(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Visitor]:
    folder = tmp_path_factory.mktemp("page")
    async with (
        paged(folder, seed=1, port=0) as (stage, page),
        aiohttp.ClientSession() as session,
    ):
        yield Visitor(stage, session, page.url)


@pytest.mark.parametrize(
    "path", ["", "page/js/main.js", "page/css/kit.css", "_page/state?as=U0ALICE", "_page/clouds"]
)
async def test_everything_is_served_with_the_strict_policy(visitor: Visitor, path: str) -> None:
    async with visitor.session.get(f"{visitor.url}{path}") as response:
        assert response.status == 200
        assert response.headers["Content-Security-Policy"] == POLICY
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("", "text/html"),
        ("page/js/main.js", "text/javascript"),
        ("page/css/kit.css", "text/css"),
    ],
)
async def test_files_have_the_types_that_browsers_insist_on(
    visitor: Visitor, path: str, kind: str
) -> None:
    async with visitor.session.get(f"{visitor.url}{path}") as response:
        assert (response.content_type, response.charset) == (kind, "utf-8")


@pytest.mark.parametrize(
    "path",
    [
        "page/../server.py",
        "page/server.py",
        "page/js/../../server.py",
        "page/js/%2e%2e/%2e%2e/server.py",
        "page/..%2fserver.py",
        "page/js/..%5c..%5cserver.py",
        "page/%252e%252e/server.py",
        "page//etc/passwd",
        "page/%2fetc%2fhostname.js",
        "page/js",
        "page/js/",
        "page/js/%00.js",
        "server.py",
        f"page/{'a' * 300}.js",
    ],
)
async def test_no_file_beside_the_pages_own_is_served(visitor: Visitor, path: str) -> None:
    async with visitor.session.get(URL(f"{visitor.url}{path}", encoded=True)) as response:
        assert response.status == 404
        assert response.headers["Content-Security-Policy"].startswith("default-src 'none'")


async def test_a_dotted_path_is_refused_as_it_came_over_the_wire(visitor: Visitor) -> None:
    """An ordinary client shortens such a path before it asks."""
    port = URL(visitor.url).port
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(
        f"GET /page/js/../../server.py HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode()
    )
    assert b" 404 " in await reader.readline()
    writer.close()
    await writer.wait_closed()


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "rebound.example"},
        {"Origin": "http://elsewhere.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
    ],
)
@pytest.mark.parametrize(("method", "path"), [("GET", "_page/events"), ("POST", "_page/restart")])
async def test_no_page_of_another_address_may_speak_to_it(
    visitor: Visitor, headers: dict[str, str], method: str, path: str
) -> None:
    before = visitor.stage.workspace.state.version
    async with visitor.session.request(method, f"{visitor.url}{path}", headers=headers) as response:
        assert response.status == 403
    assert visitor.stage.workspace.state.version == before


async def test_nobody_is_shown_what_only_another_person_sees(visitor: Visitor) -> None:
    await visitor.types(ALICE, "help", until="What can be typed")
    await visitor.act("command", ALICE, channel=GENERAL, text="cancel")
    await visitor.act("say", ALICE, channel="D0ALICE", text="between the bot and me")
    await visitor.act("open_home", ALICE)
    await visitor.stage.workspace.until(lambda: visitor.stage.workspace.home(ALICE), timeout=WAIT)
    own = await visitor.state(ALICE)
    assert "What can be typed" in json.dumps(own["messages"])
    assert own["home"] is not None
    assert "between the bot and me" in json.dumps(await visitor.state(ALICE, "D0ALICE"))
    others = await visitor.state(BOB)
    assert "What can be typed" not in json.dumps(others)
    assert others["home"] is None
    assert others["views"] == []
    assert "D0ALICE" not in [each["channel_id"] for each in others["channels"]]
    private = await visitor.state(BOB, "D0ALICE")
    assert private["messages"] == []


async def test_a_file_is_downloaded_by_who_sees_its_message_and_by_nobody_else(
    visitor: Visitor,
) -> None:
    await visitor.act("command", ALICE, channel=GENERAL, text="export since:30d")
    slack = visitor.stage.workspace
    await slack.until(lambda: slack.files, timeout=WAIT)
    (file,) = slack.files
    address = f"{visitor.url}_page/files/{file.file_id}"
    async with visitor.session.get(address, params={"as": ALICE}) as answer:
        assert await answer.read() == file.content
        assert answer.headers["Content-Disposition"].startswith("attachment;")
        assert answer.content_type == "application/octet-stream"
    for who, wanted in ((BOB, address), (ALICE, f"{address}X")):
        async with visitor.session.get(wanted, params={"as": who}) as answer:
            assert answer.status == 404


async def test_an_event_tells_of_a_change_at_once(visitor: Visitor) -> None:
    loop = asyncio.get_running_loop()
    waited = []
    async with visitor.events() as events, asyncio.timeout(WAIT):
        told = (await anext(events))["version"]
        for number in range(TRIES):
            await asyncio.sleep(0.04)
            news = {"as": ALICE, "channel": "C0FINANCE", "text": f"news {number}"}
            await visitor.post("_page/act", do="say", **news)
            posted = loop.time()
            version = (await anext(events))["version"]
            waited.append(loop.time() - posted)
            assert version != told
            told = version
    assert min(waited) < SOON


async def test_old_cards_work_after_a_restart_and_clicks_meanwhile_harm_nothing(
    visitor: Visitor,
) -> None:
    order = next(iter(visitor.stage.clouds.book.orders["huawei-main"].values()))
    card = await visitor.types(ALICE, f"show {order.order_id} huawei-main", until=order.order_id)
    click = {"do": "click_message", "as": ALICE, "channel": GENERAL, "action_id": "details"}
    outcomes = await asyncio.gather(
        *(visitor.post("_page/restart") for _ in range(2)),
        *(visitor.post("_page/act", ts=card["ts"], **click) for _ in range(3)),
    )
    assert [status for status, _ in outcomes] == [200] * 5
    while visitor.stage.workspace.views(ALICE):
        await visitor.stage.workspace.close_view(ALICE)
    await visitor.act("click_message", ALICE, channel=GENERAL, action_id="details", ts=card["ts"])
    await visitor.stage.workspace.until(
        lambda: order.order_id in str([each.sent for each in visitor.stage.workspace.views(ALICE)]),
        timeout=WAIT,
    )
    assert visitor.stage.workspace.sockets.connections == 1


async def test_the_clock_moves_forward_for_the_bot_and_the_clouds(visitor: Visitor) -> None:
    before = await visitor.get("_page/clock")
    orders = visitor.stage.clouds.book.order_now()
    status, after = await visitor.post("_page/clock", move_seconds=3600)
    assert status == 200
    assert after["shift_seconds"] == before["shift_seconds"] + 3600
    assert (visitor.stage.clouds.book.order_now() - orders).total_seconds() >= 3600
    shown = datetime.fromisoformat((await visitor.state(ALICE))["now"])
    assert (shown - datetime.fromisoformat(before["now"])).total_seconds() >= 3600


@pytest.mark.parametrize("seconds", [0, -60, "3600", True, None, 1e12, float("inf"), float("nan")])
async def test_a_step_of_the_clock_that_makes_no_sense_is_refused(
    visitor: Visitor, seconds: Any
) -> None:
    before = visitor.stage.clock.ahead
    status, answer = await visitor.post("_page/clock", move_seconds=seconds)
    assert status == 400
    assert answer["error"]
    assert visitor.stage.clock.ahead == before


async def test_the_newcomers_workspace_is_clean(tmp_path: Path) -> None:
    async with paged(tmp_path, seed=1, port=0) as (stage, _page):
        assert stage.workspace.state.messages == []
        calls = [call for call in stage.clouds.book.calls if call.operation == "cancel_order"]
        assert calls == []
        assert BOT_USER_ID in stage.workspace.state.channel("C0APPROVALS").members


async def test_a_busy_port_gives_way_and_the_address_is_told_until_a_signal_ends_it(
    tmp_path: Path,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        async with page_process(tmp_path, port=port, PYTHONPATH=str(ROOT)) as served:
            assert f"Port {port} is taken" in served.told
            assert "Ctrl-C ends it" in served.told
            async with aiohttp.ClientSession() as session, session.get(served.url) as response:
                assert response.status == 200
                assert response.url.port not in (port, None)
            assert await served.stop() == 0
