"""What the record tells of one request, and whether that is one state, one effect and the truth.

Nothing here asks the bot: the rules stand here once more, in other words, and are held against the
record, the tables, the calls at the clouds and what people were shown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import pairwise

from bot.sandbox.clouds.book import Call
from tests.proofs.one_effect_ledger import Line, Row

NEXT = {
    "pending": {"withdrawn", "denied", "expired", "outdated", "approved"},
    "approved": {"stopped", "expired", "outdated", "executing"},
    "executing": {"cancelled", "failed", "unknown", "approved"},
    "unknown": {"cancelled", "failed"},
}
FINAL = {"withdrawn", "denied", "expired", "outdated", "stopped", "cancelled", "failed"}
ENDING = {"stop", "withdraw", "deny"}
HOLD_MS = 30_000
TAKEN_BACK = "request:vote_taken_back"
# What a refused person may be told, by its first words, and the states in which that is true.
TOO_LATE = {
    "This request still waits for its decision": "pending",
    "This request is already approved": "approved",
    "Too late: the cloud is being asked": "executing",
    "Too late: the cloud was asked": "unknown",
    "This request was already withdrawn": "withdrawn",
    "This request was already denied": "denied",
    "This request has lapsed": "expired",
    "This request ended because something had changed": "outdated",
    "This request was already stopped": "stopped",
    "Too late: the order of this request is cancelled": "cancelled",
    "This request already failed": "failed",
}
# The same of what the person is or did, by the rule on record.
BY_RULE = {
    "requester": "You asked for this cancellation",
    "approvers": "You are not an approver",
    "identity": "Only active full members",
    "requester_only": "Only the person who asked",
    "voted": "Your approval already counts",
    "no_vote": "You have no approval here",
    "expired": "This request has lapsed",
}


@dataclass(frozen=True, slots=True)
class Case:
    """One request; *lines* are all of its record."""

    request_id: str
    asker: str
    approvers: Collection[str]
    quorum: int
    lines: list[Line]

    def states(self, *, since: int = 0) -> list[str]:
        """Those it was in, from the record of number *since* on; the one before it is the first."""
        found = ["pending"]
        for line in self.lines:
            status = line.facts.get("status")
            if status and status != found[-1]:
                found = [*found, status] if line.seq > since else [status]
        return found

    def steps(self, kind: str) -> list[Line]:
        return [line for line in self.lines if line.kind == f"request:{kind}"]

    def voters(self, *, before: int) -> list[str]:
        """Whose approvals stand before the record of that number, by votes cast and taken back."""
        standing: list[str] = []
        for line in self.lines:
            if line.seq >= before:
                break
            if line.kind in ("request:voted", "request:vote_taken_back", "request:denied"):
                standing = [who for who in standing if who != line.actor]
            if line.kind == "request:voted":
                standing.append(line.actor)
        return standing


def one_path(case: Case) -> None:
    """From pending to one end, by allowed steps; what stands afterwards is no step."""
    states = case.states()
    for before, following in pairwise(states):
        assert following in NEXT.get(before, ()), f"went from {before} to {following}"
    assert states[-1] in FINAL, f"stays {states[-1]}, whatever time passes"
    ends = [line for line in case.lines if line.kind.removeprefix("request:") in FINAL]
    assert len(ends) == 1, f"ended {len(ends)} times: {[line.kind for line in ends]}"
    late = ("request:voted", "request:vote_taken_back", "request:approved", "request:claimed")
    after = [line.kind for line in case.lines if line.seq > ends[0].seq and line.kind in late]
    assert not after, f"went on after its end: {after}"


def each_input_once(case: Case, presses: Counter[tuple[str, str]]) -> None:
    """*presses* are the distinct inputs by person and kind: each is stored once, and is either the
    cause of a step or refused."""
    stored = Counter(_stored_in(case.lines))
    assert stored == presses, f"pressed {_differ(presses, stored)}, as stored"
    each_input_judged(case)


def each_input_judged(case: Case) -> None:
    stored = Counter(_stored_in(case.lines))
    judged = Counter(_refused_in(case.lines)) + Counter(_used(case))
    assert stored == judged, f"stored {_differ(stored, judged)}, as judged"


def two_humans(case: Case, row: Row) -> None:
    """And within their time: by the moments at which votes, hold and claim were decided on; the
    record tells when they were stored, and time may have jumped in between."""
    for line in case.steps("voted"):
        assert line.actor in case.approvers, f"{line.actor}, no approver, counted"
        assert line.actor != case.asker, "the requester's own approval counted"
        before = case.voters(before=line.seq)
        assert line.actor not in before, f"{line.actor} counted twice"
    standing = case.voters(before=1 << 62)
    assert standing == [*row.votes], f"votes on record {standing}, in the table {[*row.votes]}"
    for line in [*case.steps("approved"), *case.steps("claimed")]:
        voters = case.voters(before=line.seq)
        assert len(voters) >= case.quorum, f"{line.kind} with {voters} of {case.quorum}"
    late = [who for who, at_ms in row.votes.items() if at_ms >= row.expires_ms]
    assert not late, f"{late} counted although the time was over"
    if row.claimed_ms is not None:
        assert row.claimed_ms < row.expires_ms, "claimed although the time was over"
        assert row.approved_ms is not None, "claimed without a hold"
        assert row.claimed_ms >= row.approved_ms + HOLD_MS, "claimed before the hold was over"


def nobody_is_overheard(case: Case) -> None:
    """The cloud is not asked over anybody's no; nor are votes enough over one that is being taken
    back."""
    for approved in case.steps("approved"):
        before = [line for line in case.lines if line.seq < approved.seq]
        given = Counter(key for key in _stored_in(before) if key[1] == "take_back")
        given -= Counter(_refused_in(before))
        given -= Counter((line.actor, "take_back") for line in before if line.kind == TAKEN_BACK)
        assert not given, f"approved although {[*given]} was stored before"
    for claim in case.steps("claimed"):
        before = [line for line in case.lines if line.seq < claim.seq]
        waiting = Counter(
            key
            for key in _stored_in(before)
            if key[1] in ENDING and (key[0] == case.asker or key[0] in case.approvers)
        )
        waiting -= Counter(_refused_in(before))
        unheard = [key for key in waiting if _may_end(case, *key)]
        assert not unheard, f"claimed although {unheard} was stored before"


def one_effect(case: Case, calls: list[Call], payment_status: str) -> None:
    """*calls* are the cancel calls for its order since it was made."""
    claims = case.steps("claimed")
    assert len(calls) <= 1, f"{len(calls)} cancel calls: {calls}"
    assert len(calls) == len(claims), f"{len(claims)} claims and {len(calls)} calls"
    had_effect = any(call.effect for call in calls)
    is_cancelled = case.states()[-1] == "cancelled"
    assert had_effect == is_cancelled, f"it says {case.states()[-1]}, effect {had_effect}"
    assert is_cancelled == (payment_status == "cancelled"), f"the order is {payment_status}"


@dataclass(frozen=True, slots=True)
class Late:
    """How a sentence begins that refuses an input on an older request, and whom it may name."""

    start: str
    doers: frozenset[str]


def late(case: Case, end: str) -> Late:
    return Late(next(start for start, state in TOO_LATE.items() if state == end), _doers(case, end))


def told_the_truth(
    case: Case, told: dict[str, list[str]], *, since: int, others: dict[str, list[Late]]
) -> int:
    """Whoever was refused after the record of number *since* was told so, once, with a reason that
    held then; how many were told. *others*: what is true of an older request, by person."""
    states = {*case.states(since=since)}
    count = 0
    for who in {*told, *(line.actor for line in case.lines)}:
        rules = [
            line.facts["rule"]
            for line in case.lines
            if line.seq > since
            and line.kind == "input:refused"
            and line.actor == who
            and line.facts["rule"] != "duplicate"
        ]
        sentences = list(told.get(who, ()))
        for other in others.get(who, ()):
            found = [each for each in sentences if _is_of(other, each)]
            assert found, f"{who} was not told {other} of an older request but {sentences}"
            ours = _doers(case, case.states()[-1])
            sentences.remove(min(found, key=lambda each: (_named(each) in ours, not _named(each))))
        assert len(sentences) == len(rules), f"{who}, refused by {rules}, was told {sentences}"
        count += len(sentences)
        _fitting(case, who, Counter(rules), sentences)
        for state, sentence in ((_state_of(each), each) for each in sentences):
            if state and not (state == "expired" and "expired" in rules):
                assert state in states, f"{who} was told {sentence!r}, but it was {states}"
                _names_who_did(case, state, sentence)
    return count


def _fitting(case: Case, who: str, rules: Counter[str], sentences: list[str]) -> None:
    """As many sentences of each kind as refusals, and what is said of the person is so."""
    late = sum(bool(_state_of(each)) for each in sentences)
    expected = rules["status"] + rules["expired"]
    assert late == expected, f"{who}, refused by {dict(rules)}, was told {sentences}"
    for rule, count in rules.items():
        if rule not in ("status", "expired"):
            found = sum(each.startswith(BY_RULE[rule]) for each in sentences)
            assert found == count, f"{who}, refused by {dict(rules)}, was told {sentences}"
            _holds(case, who, rule)


def _holds(case: Case, who: str, rule: str) -> None:
    """What the person was told of themselves is so."""
    is_so = {
        "requester": who == case.asker,
        "requester_only": who != case.asker,
        "approvers": who not in case.approvers,
        "identity": who not in case.approvers and who != case.asker,
        "voted": any(line.actor == who for line in case.steps("voted")),
        "no_vote": True,  # of the moment; what stood in the end is compared with the table
    }
    assert is_so[rule], f"{who} was refused by {rule}, which is not so"


def _names_who_did(case: Case, state: str, sentence: str) -> None:
    """“It was …” names somebody who did bring it there."""
    doers, named = _doers(case, state), _named(sentence)
    assert not named or named in doers, f"{sentence!r}, but it was {doers}"


def _is_of(older: Late, sentence: str) -> bool:
    named = _named(sentence)
    return sentence.startswith(older.start) and (not named or named in older.doers)


def _doers(case: Case, state: str) -> frozenset[str]:
    """Those who approved are named only where it is their approval that came to be."""
    ended = [line.actor for line in case.lines if line.kind == f"request:{state}"]
    approved = state in ("approved", "executing", "unknown", "cancelled")
    return frozenset(ended + [line.actor for line in case.steps("voted") if approved])


def _named(sentence: str) -> str:
    return sentence.partition("<@")[2].partition(">")[0]


def _state_of(sentence: str) -> str:
    return next((state for start, state in TOO_LATE.items() if sentence.startswith(start)), "")


def _may_end(case: Case, who: str, kind: str) -> bool:
    if kind == "withdraw" or (kind == "stop" and who == case.asker):
        return who == case.asker
    return who in case.approvers and who != case.asker


def _stored_in(lines: Iterable[Line]) -> list[tuple[str, str]]:
    return [(line.actor, line.facts["kind"]) for line in lines if line.kind == "input:stored"]


def _refused_in(lines: Iterable[Line]) -> list[tuple[str, str]]:
    return [
        (line.actor, line.facts["kind"])
        for line in lines
        if line.kind == "input:refused" and line.facts["rule"] != "duplicate"
    ]


def _used(case: Case) -> list[tuple[str, str]]:
    """The inputs that caused a step, as far as a person did."""
    kinds = {
        "request:voted": "approve",
        TAKEN_BACK: "take_back",
        "request:denied": "deny",
        "request:withdrawn": "withdraw",
    }
    found = []
    for line in case.lines:
        kind = kinds.get(line.kind) or str(line.facts.get("input", ""))
        if kind and line.kind.startswith("request:"):
            found.append((line.actor, kind))
    return found


def _differ(one: Counter[tuple[str, str]], other: Counter[tuple[str, str]]) -> str:
    return f"{dict(one - other)} more and {dict(other - one)} fewer"
