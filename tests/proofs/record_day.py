"""A random day of requests on a real database, and its tables rebuilt from the record alone."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any, cast

from sqlite_utils import Database

from bot.domain.audit import AuditKind
from bot.domain.inputs import InputKind
from bot.domain.orders import PaymentStatus
from bot.domain.policy import Humans
from storage.audit import SqliteAuditLog
from storage.columns import from_ms
from storage.database import Storage
from storage.outbox import SqliteOutboxStore
from storage.requests import SqliteRequestStore
from tests.builders import NOON, a_detailed_order, a_person, an_account, money
from tests.request_office import ALICE, BOB, CAROL, DAVE, Office, a_policy, people_named
from tests.scripted_cloud import (
    DROPS_AFTER_ACTING,
    DROPS_BEFORE_ACTING,
    LIES,
    NOT_SENT,
    REFUSES,
    THROTTLES,
    Answer,
    ScriptedCloud,
    no_answer,
)

ORDERS = 150
SECOND_BOB = "U0BOB2"
PEOPLE = (ALICE, BOB, SECOND_BOB, CAROL, DAVE)
HUMANS = Humans((frozenset({BOB, SECOND_BOB}),))
ANSWERS = (DROPS_AFTER_ACTING, DROPS_BEFORE_ACTING, LIES, NOT_SENT, THROTTLES, REFUSES)
WAITS = tuple(timedelta(seconds=each) for each in (1, 5, 31, 31, 90, 600, 7200))
PRESSES = (
    *(InputKind.APPROVE,) * 5,
    *(InputKind.TAKE_BACK,) * 3,
    *(InputKind.DENY, InputKind.WITHDRAW, InputKind.STOP),
)
BOT = "countersign"
K = AuditKind
_ENDS = frozenset(
    {
        *(K.REQUEST_WITHDRAWN, K.REQUEST_DENIED, K.REQUEST_EXPIRED, K.REQUEST_OUTDATED),
        *(K.REQUEST_STOPPED, K.REQUEST_CANCELLED, K.REQUEST_FAILED),
    }
)

Body = Mapping[str, Any]
Same = Callable[[str, str], bool]


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """A request as far as the record tells it; moments in milliseconds."""

    subject: str
    requested_by: str
    rule: int
    quorum: int
    fingerprint: str
    expires_at: str
    created_ms: int
    version: int = 1
    status: str = "pending"
    outcome: str = ""
    fence: int = 0
    votes: tuple[tuple[str, str, int], ...] = ()  # who, approve or deny, when
    approved_ms: int | None = None
    claimed_ms: int | None = None
    ended_ms: int | None = None
    ended_by: str = ""


def rebuilt(bodies: Iterable[Body], same: Same) -> dict[str, Rebuilt]:
    """Every request by its id, from nothing but the bodies of the record, oldest first. *same*
    tells whether two user ids are one human."""
    requests: dict[str, Rebuilt] = {}
    for body in bodies:
        facts = body["facts"]
        if body["kind"] == K.REQUEST_MADE:
            requests[facts["request_id"]] = Rebuilt(
                subject=body["subject"],
                requested_by=body["actor"],
                rule=facts["rule"],
                quorum=facts["quorum"],
                fingerprint=facts["fingerprint"],
                expires_at=facts["expires_at"],
                created_ms=body["at_ms"],
            )
        elif "status" in facts:
            request_id = facts["request_id"]
            requests[request_id] = _moved(requests[request_id], body, same)
    return requests


def _moved(before: Rebuilt, body: Body, same: Same) -> Rebuilt:
    kind, actor, at_ms, facts = body["kind"], body["actor"], body["at_ms"], body["facts"]
    after = replace(
        before,
        version=before.version + 1,
        status=facts["status"],
        outcome=facts["outcome"],
        fence=facts["fence"],
    )
    if kind in (K.REQUEST_VOTED, K.VOTE_TAKEN_BACK, K.REQUEST_DENIED):
        votes = tuple(vote for vote in before.votes if not same(vote[0], actor))
        if kind != K.VOTE_TAKEN_BACK:
            word = "deny" if kind == K.REQUEST_DENIED else "approve"
            votes = (*votes, (actor, word, at_ms))
        after = replace(after, votes=votes)
    if kind == K.REQUEST_APPROVED:
        after = replace(after, approved_ms=at_ms)
    if kind == K.REQUEST_CLAIMED:
        after = replace(after, claimed_ms=at_ms)
    if kind in _ENDS:
        after = replace(after, ended_ms=at_ms, ended_by="" if actor == BOT else actor)
    return after


def stored(db: Database) -> dict[str, Rebuilt]:
    """The same from the tables."""
    votes: dict[int, list[tuple[str, str, int]]] = {}
    for seq, *vote in db.execute(
        "select request_seq, user_id, kind, at_ms from request_vote order by request_seq, place"
    ).fetchall():
        votes.setdefault(seq, []).append((vote[0], vote[1], vote[2]))
    rows = db.execute(
        "select seq, id, account, order_id, requested_by, requirement, fingerprint, expires_ms,"
        " created_ms, version, status, outcome, fence, approved_ms, claimed_ms, ended_ms, ended_by"
        " from request"
    ).fetchall()
    return {row[1]: _from_row(row, tuple(votes.get(row[0], ()))) for row in rows}


def _from_row(row: tuple[Any, ...], votes: tuple[tuple[str, str, int], ...]) -> Rebuilt:
    _seq, _id, account, order_id, requested_by, requirement, fingerprint, expires_ms, *rest = row
    created_ms, version, status, outcome, fence, approved_ms, claimed_ms, ended_ms, ended_by = rest
    rule = json.loads(requirement)
    return Rebuilt(
        subject=f"order:{account}/{order_id}",
        requested_by=requested_by,
        rule=rule["rule"],
        quorum=rule["quorum"],
        fingerprint=fingerprint,
        expires_at=from_ms(expires_ms).isoformat(timespec="milliseconds"),
        created_ms=created_ms,
        version=version,
        status=status,
        outcome=outcome,
        fence=fence,
        votes=votes,
        approved_ms=approved_ms,
        claimed_ms=claimed_ms,
        ended_ms=ended_ms,
        ended_by=ended_by,
    )


class Day:
    """The real services on a real database; cloud and people are scripted."""

    def __init__(self, storage: Storage, rng: Random) -> None:
        self._storage, self._rng = storage, rng
        orders = [
            a_detailed_order(order_id=f"CS{number:08}", deadline=NOON + timedelta(hours=30))
            for number in range(ORDERS)
        ]
        cloud = ScriptedCloud(an_account(), orders)
        office = Office(_policy(rng.choice((1, 2))), humans=HUMANS, cloud=cloud)
        office.directory.add(*PEOPLE)
        store: Any = SqliteRequestStore(storage)
        store.audit = SqliteAuditLog(storage)
        office.store = store
        office.rows = cast("Any", SqliteOutboxStore(storage))
        office.restart()
        self._office = office

    async def live(self, steps: int) -> None:
        for _step in range(steps):
            happens = self._rng.choices(
                (self._ask, self._press, self._rush, self._wait, self._world, self._restart),
                (20, 45, 10, 40, 12, 2),
            )
            await happens[0]()

    async def _ask(self) -> None:
        order_id = f"CS{self._rng.randrange(ORDERS):08}"
        reason = self._rng.choice(("bought twice", "", "错了 <!channel>"))
        await self._office.ask(self._rng.choice(PEOPLE), order_id=order_id, reason=reason)

    async def _press(self) -> None:
        """Mostly on what is still open."""
        request_id = await self._some_request()
        kind, user_id = self._rng.choice(PRESSES), self._rng.choice(PEOPLE)
        reason = self._rng.choice(("not now", "")) if kind is InputKind.DENY else ""
        await self._office.press(kind, user_id, request_id, reason=reason)

    async def _some_request(self) -> str:
        opened = await self._office.store.open_requests(limit=10)
        ids = [each.request_id for each in opened] or ["R-NONE"]
        return self._rng.choice(ids)

    async def _rush(self) -> None:
        """Several people and the executor at once, on one request."""
        request_id = await self._some_request()
        await asyncio.gather(
            self._office.executor.step(),
            *(
                self._office.press(kind, user_id, request_id, reason="no")
                for kind, user_id in zip(
                    self._rng.choices(PRESSES, k=3), self._rng.sample(PEOPLE, 3), strict=True
                )
            ),
        )

    async def _wait(self) -> None:
        await self._office.later(self._rng.choice(WAITS))

    async def _restart(self) -> None:
        self._office.policy = _policy(self._rng.choice((1, 1, 2)))
        self._office.restart()
        await self._office.recover()

    async def _world(self) -> None:
        """Something outside changes: what the cloud will answer, an order, or a person."""
        rng, office = self._rng, self._office
        order_id = f"CS{rng.randrange(ORDERS):08}"
        what = rng.randrange(5)
        if what == 0:
            answers: tuple[Answer, ...] = ANSWERS
            office.cloud.answers.append(rng.choice(answers))
        elif what == 1:
            office.cloud.reads.append(no_answer())
        elif what == 2:
            office.cloud.change(order_id, payable=money(f"{rng.randrange(1, 999)}.00 CNY"))
        elif what == 3:
            office.cloud.change(order_id, payment_status=PaymentStatus.PAID, payment_word="3")
        else:
            person = a_person(user_id=rng.choice((BOB, CAROL)), deleted=rng.random() < 0.4)
            office.directory.people[person.user_id] = person


def _policy(quorum: int) -> Any:
    return a_policy(approvers=people_named(BOB, SECOND_BOB, CAROL, DAVE), quorum=quorum)


async def live(path: Path, *, seed: int, steps: int) -> int:
    """Live a day at *path* and compare the rebuilt requests with the tables at every 20th step;
    how many requests there were. Raises AssertionError where they differ."""
    storage = await Storage.open(path, now=NOON)
    try:
        day, requests = Day(storage, Random(seed)), {}
        for step in range(0, steps, 20):
            await day.live(min(20, steps - step))
            requests = await storage.run(stored)
            from_record = rebuilt(await storage.run(_bodies), HUMANS.same)
            for request_id in {*requests, *from_record}:
                told, is_so = from_record.get(request_id), requests.get(request_id)
                assert told == is_so, (
                    f"seed {seed}, step {step + 20}, {request_id}: the record tells {told},"
                    f" the tables {is_so}"
                )
    finally:
        await storage.aclose()
    return len(requests)


def _bodies(db: Database) -> list[Body]:
    return [json.loads(body) for (body,) in db.execute("select body from audit order by seq")]
