"""Look-up, request and approval as somebody would write them with Bolt and Alibaba Cloud's official
SDK alone: `python -m tests.bench.by_hand PORT ENDPOINT KEY SECRET`.

`/order show ID` answers privately with the order; `/order ask ID` posts a card with a button to the
approvals channel and to the person who asked; the button asks Slack who clicked, reads the order
again and changes both cards, at once where that can be. Nothing is stored, recorded or limited.
"""

from __future__ import annotations

import asyncio
import os
import sys
from typing import Any

from aiohttp import web
from alibabacloud_bssopenapi20171214 import models  # type: ignore[import-untyped]
from alibabacloud_bssopenapi20171214.client import Client  # type: ignore[import-untyped]
from alibabacloud_tea_openapi.utils_models import Config  # type: ignore[import-untyped]
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

APPROVALS = "C0APPROVALS"


class ByHand:
    def __init__(self, cloud: Client) -> None:
        self._cloud = cloud
        self._cards: dict[str, list[tuple[str, str]]] = {}  # order id -> (channel, ts)

    async def order(
        self, ack: AsyncAck, respond: AsyncRespond, command: dict[str, Any], client: AsyncWebClient
    ) -> None:
        await ack()
        verb, order_id = command["text"].split()[:2]
        order = await self._read(order_id)
        if verb == "show":
            await respond(text=f"Order {order_id}", blocks=_blocks(order, "as of now"))
            return
        direct = await client.conversations_open(users=command["user_id"])
        posted = await asyncio.gather(
            *(
                client.chat_postMessage(
                    channel=channel,
                    text=f"Cancel {order_id}?",
                    blocks=[*_blocks(order, "0 of 1 approvals"), _button(order_id)],
                )
                for channel in (APPROVALS, direct["channel"]["id"])
            )
        )
        self._cards[order_id] = [(each["channel"], each["ts"]) for each in posted]

    async def approve(self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        order_id = body["actions"][0]["value"]
        person = (await client.users_info(user=body["user"]["id"]))["user"]
        if person["deleted"] or person.get("is_restricted"):
            return
        order = await self._read(order_id)
        if order.payment_status != "Unpaid":
            return
        await asyncio.gather(
            *(
                client.chat_update(
                    channel=channel,
                    ts=ts,
                    text=f"Approved: {order_id}",
                    blocks=_blocks(order, f"Approved by <@{person['id']}>"),
                )
                for channel, ts in self._cards[order_id]
            )
        )

    async def _read(self, order_id: str) -> Any:
        request = models.GetOrderDetailRequest(order_id=order_id)
        answer = await self._cloud.get_order_detail_async(request)
        return answer.body.data.order_list.order[0]


def _blocks(order: Any, state: str) -> list[dict[str, Any]]:
    lines = [
        f"*{order.payment_currency} {order.after_tax_amount}* · {order.product_code}",
        f"{order.order_id} · {order.order_type} · {order.payment_status} · {order.create_time}",
        state,
    ]
    return [{"type": "section", "text": {"type": "mrkdwn", "text": line}} for line in lines]


def _button(order_id: str) -> dict[str, Any]:
    label = {"type": "plain_text", "text": "Approve"}
    button = {"type": "button", "action_id": "approve", "text": label, "value": order_id}
    return {"type": "actions", "elements": [button]}


def main(port: int, endpoint: str, key: str, secret: str) -> None:
    token = os.environ["SLACK_BOT_TOKEN"]
    app = AsyncApp(
        client=AsyncWebClient(token, base_url=os.environ["SLACK_API_URL"]),
        token=token,
        signing_secret=os.environ["SLACK_SIGNING_SECRET"],
    )
    cloud = Client(
        Config(access_key_id=key, access_key_secret=secret, endpoint=endpoint, protocol="http")
    )
    hand = ByHand(cloud)
    app.command("/order")(hand.order)
    app.action("approve")(hand.approve)
    web.run_app(app.server(port).web_app, host="127.0.0.1", port=port, print=None)


if __name__ == "__main__":
    main(int(sys.argv[1]), *sys.argv[2:])
