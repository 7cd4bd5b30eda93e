"""What people see in the end, held against the record: requests, cards, posts and digests."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from contextlib import closing

from bot.domain.approvals import ApprovalRequest
from bot.domain.outbox import CopyRole
from bot.sandbox.clouds.book import Call
from bot.sandbox.workspace.state import Message
from tests.cancelling import APPROVALS, as_recorded, mentioned, records
from tests.proofs import one_effect_judge as judge
from tests.proofs.kills_judge import Remains, one_effect
from tests.proofs.one_effect_judge import Case
from tests.proofs.one_effect_ledger import Ledger
from tests.proofs.one_effect_people import APPROVERS, QUORUMS
from tests.stage import GENERAL, Stage, said

AGAIN = "An earlier attempt to post this"  # stands on every second post
_CARD = re.compile(r"request (R-[A-Z2-7]{8})'")  # as it ends the last line of a card
_RUN = re.compile(r"'mine:([^.']+)\.")  # the digest's id in the menus beside its lines


class Looks:
    def __init__(self, stage: Stage, remains: Remains) -> None:
        self._stage, self._remains = stage, remains

    def cards(self, request_id: str, place: str) -> list[Message]:
        return [
            message
            for message in self._stage.slack.state.messages
            if message.channel_id == place
            and message.ephemeral_to is None
            and f"request {request_id}'" in str(message.blocks[-2:])
        ]

    def at_requests(self, cut_short: Collection[tuple[str, int]]) -> Counter[str]:
        """*cut_short* are claims whose receipt was not kept."""
        total: Counter[str] = Counter()
        newer: dict[str, ApprovalRequest] = {}
        calls = self._calls()
        with closing(Ledger(self._stage.database)) as ledger:
            for request in reversed(records(self._stage)):
                after = newer.get(request.order_id)
                until = after.created_at if after else self._stage.clock.now()
                about = calls[request.order_id]
                own = [call for call in about if request.created_at <= call.at < until]
                try:
                    self._at_request(request, ledger, own)
                    self._at_cards(request)
                except AssertionError as error:
                    raise AssertionError(f"{request.request_id}: {error}") from error
                newer[request.order_id] = request
                total["requests"] += 1
                total["cancel calls"] += len(own)
        total["claims cut short"] += len(cut_short)
        return total

    def at_posts(self) -> None:
        """Whatever is posted once more says so."""
        first: Counter[tuple[str, str]] = Counter()
        for call in self._stage.slack.calls:
            blocks = str(call.args.get("blocks"))
            about = _CARD.search(blocks)
            if call.method == "chat.postMessage" and call.ok and about and AGAIN not in blocks:
                first[about.group(1), call.args["channel"]] += 1
        twice = [post for post, count in first.items() if count > 1]
        assert not twice, f"posted twice, and neither says so: {twice}"

    def at_digests(self) -> int:
        """Each that was begun is posted, and one that is posted again says so. How many."""
        posted = defaultdict[str, list[Message]](list)
        for message in self._stage.slack.state.messages:
            run = _RUN.search(str(message.blocks))
            if run and message.channel_id == GENERAL and not message.thread_ts:
                posted[run.group(1)].append(message)
        digests = self._remains.digests()
        for run_id in digests:
            first = [each for each in posted[run_id] if AGAIN not in str(each.blocks)]
            assert posted[run_id], f"digest {run_id} was never posted"
            assert len(first) <= 1, f"digest {run_id} was posted {len(first)} times"
        return len(digests)

    def _calls(self) -> Mapping[str, list[Call]]:
        """The cancel calls that reached a cloud, by order."""
        calls = defaultdict[str, list[Call]](list)
        for call in self._stage.clouds.book.calls:
            if call.operation == "cancel_order" and call.order_id:
                calls[call.order_id].append(call)
        return calls

    def _at_request(self, request: ApprovalRequest, ledger: Ledger, calls: list[Call]) -> None:
        lines, row = ledger.lines(request.request_id), ledger.row(request.request_id)
        quorum = QUORUMS[request.account]
        case = Case(request.request_id, request.requested_by, APPROVERS, quorum, lines)
        judge.one_path(case)
        last = case.states()[-1]
        assert last == row.status, f"{last} on record, {row.status} in the table"
        judge.each_input_judged(case)
        judge.two_humans(case, row)
        judge.nobody_is_overheard(case)
        one_effect(case, calls)

    def _at_cards(self, request: ApprovalRequest) -> None:
        known = self._remains.copies()
        for place in (APPROVALS, f"D{request.requested_by[1:]}"):
            cards = self.cards(request.request_id, place)
            assert cards, f"no card in {place}"
            for card in cards:
                role, unsure = known[card.channel_id, card.ts]
                names = mentioned(self._stage, request, CopyRole(role))
                true = as_recorded(request, CopyRole(role), unsure=unsure, mentioned=names)
                assert said(card) == true, f"{request.status}, but a card says {said(card)[:90]!r}"
