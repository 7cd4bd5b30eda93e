"""The Messenger and Directory ports in memory."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.approvals import ApprovalRequest
from bot.domain.digests import DigestRun
from bot.domain.outbox import CardCopy, CopyRole
from bot.domain.people import Person
from bot.errors import MessageRefused, MessageUnsure, MessengerError, NotAllowed
from tests.builders import a_person


@dataclass(frozen=True, slots=True)
class FakePost:
    """A card as it was posted; *to* is a channel or a user id."""

    request: ApprovalRequest
    role: CopyRole
    to: str
    again: bool
    copy: CardCopy


class FakeMessenger:
    """What arrived in Slack: `posts` once each, `cards` as they stand now by channel and ts,
    `results` in threads, `notices` as (user id, text), `reminders` as (request id, user id, text),
    `digests` as (run id, part, again), the part None for the message itself; each has as many parts
    as `thread` says.

    `failures` are raised by the next calls, one each; None lets a call through. A MessageUnsure
    arrives nevertheless. `gone` holds channels that refuse everything; `calls` counts all.
    """

    def __init__(self) -> None:
        self.posts: list[FakePost] = []
        self.cards: dict[tuple[str, str], ApprovalRequest] = {}
        self.results: list[tuple[ApprovalRequest, CardCopy]] = []
        self.notices: list[tuple[str, str]] = []
        self.reminders: list[tuple[str, str, str]] = []
        self.digests: list[tuple[str, int | None, bool]] = []
        self.thread = 0
        self.failures: list[MessengerError | None] = []
        self.gone: set[str] = set()
        self.calls = 0

    async def post_card(
        self,
        request: ApprovalRequest,
        role: CopyRole,
        to: str,
        *,
        again: bool,
        mentioned: tuple[str, ...] = (),
        urgent: bool = False,
    ) -> CardCopy:
        unsure = self._call(to)
        channel = f"D{to[1:]}" if to.startswith(("U", "W")) else to
        ts = f"1795003200.{len(self.posts) + 1:06}"
        copy = CardCopy(request.request_id, role, channel, ts, again, mentioned, urgent)
        self.posts.append(FakePost(request, role, to, again, copy))
        self.cards[channel, ts] = request
        if unsure is not None:
            raise unsure
        return copy

    async def update_card(self, request: ApprovalRequest, copy: CardCopy) -> None:
        unsure = self._call(copy.channel)
        if (copy.channel, copy.ts) not in self.cards:
            raise MessageRefused("no such message", code="message_not_found")
        self.cards[copy.channel, copy.ts] = request
        if unsure is not None:
            raise unsure

    async def reply_result(self, request: ApprovalRequest, copy: CardCopy) -> None:
        unsure = self._call(copy.channel)
        self.results.append((request, copy))
        if unsure is not None:
            raise unsure

    async def notify(self, user_id: str, text: str) -> None:
        unsure = self._call(user_id)
        self.notices.append((user_id, text))
        if unsure is not None:
            raise unsure

    async def remind(self, request: ApprovalRequest, user_id: str, text: str) -> None:
        unsure = self._call(user_id)
        self.reminders.append((request.request_id, user_id, text))
        if unsure is not None:
            raise unsure

    async def post_digest(self, run: DigestRun, *, again: bool) -> str:
        unsure = self._call(run.channel)
        self.digests.append((run.run_id, None, again))
        if unsure is not None:
            raise unsure
        return f"1795003200.{len(self.digests):06}"

    async def post_digest_part(self, run: DigestRun, part: int, *, again: bool) -> bool:
        if part >= self.thread:
            return False
        unsure = self._call(run.channel)
        self.digests.append((run.run_id, part, again))
        if unsure is not None:
            raise unsure
        return True

    def _call(self, to: str) -> MessageUnsure | None:
        self.calls += 1
        if to in self.gone:
            raise MessageRefused("no such channel", code="channel_not_found")
        failure = self.failures.pop(0) if self.failures else None
        if failure is None or isinstance(failure, MessageUnsure):
            return failure
        raise failure


class FakeDirectory:
    """`people` and `groups` by id, to be changed at will; who is not there is refused."""

    team_id = "T0HOME"

    def __init__(self, *people: Person, groups: dict[str, frozenset[str]] | None = None) -> None:
        self.people = {person.user_id: person for person in people}
        self.groups = dict(groups or {})

    def add(self, *user_ids: str) -> None:
        """Full members of this workspace."""
        for user_id in user_ids:
            self.people[user_id] = a_person(user_id=user_id)

    async def person(self, user_id: str) -> Person:
        if user_id not in self.people:
            raise NotAllowed("Slack does not say who this is.", rule="identity")
        return self.people[user_id]

    async def group_members(self, group_id: str) -> frozenset[str]:
        if group_id not in self.groups:
            raise NotAllowed("Slack does not say who is in this group.", rule="groups")
        return self.groups[group_id]
