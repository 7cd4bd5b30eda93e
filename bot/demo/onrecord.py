"""What an auditor checks: the chain, whose records it holds, and that it agrees with the clouds."""

from __future__ import annotations

import asyncio
import json
from contextlib import closing
from sqlite3 import connect
from typing import Any

from bot.demo.scene import Scene
from storage.records import SYSTEM
from storage.verify import verify_file


class OnRecord(Scene):
    async def verifies(self, *, inputs: int | None = None) -> None:
        """The record so far; with *inputs*, one record of a person for each."""
        self.told.scene("Everything is on record.")
        result = await asyncio.to_thread(verify_file, self.stage.database, anchor=None)
        self.told.does("An auditor", "runs countersign audit verify")
        self.told.sees([f"ok {result.records} records, head {result.head_seq} {result.head_hash}"])
        self.holds("the chain verifies", result.ok)
        if inputs is not None:
            people = [each for each in await self.records() if each["actor"] != SYSTEM]
            self.holds(f"all {inputs} inputs left one record each", len(people) == inputs)

    async def agrees_with_the_clouds(self) -> None:
        self.told.scene("The clouds' own list of calls agrees with the record.")
        calls = [
            call.order_id or ""
            for call in self.stage.clouds.book.calls
            if call.operation == "cancel_order"
        ]
        claims = [each["subject"] for each in await self.records("request:claimed")]
        claimed = sorted(subject.rpartition("/")[2] for subject in claims)
        self.holds(f"{len(calls)} cancel calls, each one claimed before", sorted(calls) == claimed)
        self.holds("no order was asked for twice", len(set(calls)) == len(calls))

    async def records(self, kind: str = "") -> list[dict[str, Any]]:
        """The bodies, oldest first; of one *kind* where it is given."""
        bodies = await asyncio.to_thread(self._bodies)
        return [body for body in bodies if kind in ("", body["kind"])]

    async def hashes(self) -> dict[int, str]:
        """The hash of each record, by its number."""
        return await asyncio.to_thread(self._hashes)

    def _hashes(self) -> dict[int, str]:
        with closing(connect(f"file:{self.stage.database}?mode=ro", uri=True)) as db:
            return {
                seq: bytes(each).hex() for seq, each in db.execute("select seq, hash from audit")
            }

    def _bodies(self) -> list[dict[str, Any]]:
        with closing(connect(f"file:{self.stage.database}?mode=ro", uri=True)) as db:
            rows = db.execute("select body from audit order by seq").fetchall()
        return [json.loads(body) for (body,) in rows]
