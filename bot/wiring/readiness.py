"""What /readyz asks: Slack and the database decide, the clouds are told beside."""

from __future__ import annotations

from bot.ops import Check, Readiness
from bot.wiring.base import Base
from handlers.gate import Gate


def readiness(base: Base, gate: Gate) -> Readiness:
    async def database() -> Check:
        ok = await base.storage.healthy()
        return Check(ok, "" if ok else "the database cannot be written")

    async def clouds() -> dict[str, Check]:
        answers = await base.snapshots.answers()
        return {
            f"cloud:{name}": Check(answer.failed_at is None, answer.error)
            for name, answer in answers.items()
            if name in base.adapters
        }

    async def socket() -> Check:
        reason = "shutting down" if gate.closing else await base.slack.socket_problem()
        return Check(not reason, reason)

    async def identity() -> Check:
        reason = await base.slack.identity_problem(base.wall.now())
        return Check(not reason, reason)

    vital = {"socket": socket, "identity": identity, "database": database}
    return Readiness(vital, clouds, base.metrics)
