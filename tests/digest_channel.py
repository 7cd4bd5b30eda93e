"""An office where one digest is composed and owed to a channel."""

from __future__ import annotations

from bot.domain.audit import AuditKind
from bot.domain.digests import DigestRun
from bot.domain.outbox import Lane, Owed, OwedKind
from bot.errors import MessageUnsure
from bot.services.digest_delivery import PACE
from tests.builders import an_entry
from tests.digest_builders import a_plan, a_run
from tests.request_office import Office

RUN = a_run()
MAIN = (RUN.run_id, None, False)
UNCLEAR = MessageUnsure("line dropped", code="timeout")


class DigestChannel(Office):
    """An office where one digest is composed and owed; its thread has two messages."""

    def __init__(self) -> None:
        super().__init__()
        self.slack.thread = 2

    async def owe(self, run: DigestRun = RUN, *, on: bool = True) -> None:
        assert run.contents is not None
        if run.daily:
            plan = a_plan(on=on)
            await self.digests.put_plan(plan, entry=an_entry(), at=self.clock.now())
        owed = Owed(
            dedup=f"digest:{run.run_id}",
            lane=Lane.DIGESTS,
            kind=OwedKind.DIGEST,
            run_id=run.run_id,
        )
        now = self.clock.now()
        await self.digests.begin(run, at=now)
        stored = await self.run()
        await self.digests.compose(stored, run.contents, entry=an_entry(), owed=[owed], at=now)

    async def run(self) -> DigestRun:
        found = await self.digests.run(RUN.run_id)
        assert found is not None
        return found

    async def steps(self, count: int = 5) -> None:
        for _step in range(count):
            await self.outbox.step()
            self.clock.move(PACE)

    def is_settled(self) -> bool:
        return not self.rows.unsettled()

    def given_up(self) -> list[str]:
        """Why, of each message that Slack did not take."""
        return self._codes(AuditKind.MESSAGE_GIVEN_UP)

    def left_out(self) -> list[str]:
        """Why, of each digest that was kept back on purpose."""
        return self._codes(AuditKind.DIGEST_LEFT_OUT)

    def _codes(self, kind: AuditKind) -> list[str]:
        return [
            str(entry.facts["code"]) for entry in self.store.audit.entries if entry.kind is kind
        ]
