"""A Bolt app that acks and does nothing else: `python -m tests.bench.bare_bolt PORT [before]`.

As Bolt documents it: an AsyncApp with a token and a signing secret, served by its own aiohttp
server. *before* sets `process_before_response`.
"""

from __future__ import annotations

import os
import sys

from aiohttp import web
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient


def main(port: int, *, before: bool) -> None:
    token = os.environ["SLACK_BOT_TOKEN"]
    app = AsyncApp(
        client=AsyncWebClient(token, base_url=os.environ["SLACK_API_URL"]),
        token=token,
        signing_secret=os.environ["SLACK_SIGNING_SECRET"],
        process_before_response=before,
    )

    @app.command("/order")
    async def order(ack: AsyncAck) -> None:
        await ack()

    web.run_app(app.server(port).web_app, host="127.0.0.1", port=port, print=None)


if __name__ == "__main__":
    main(int(sys.argv[1]), before=sys.argv[2:] == ["before"])
