"""Whether a cancel call may be made, worked out from what people did and from the worlds' plain
values alone. No function of the bot is called here: this is the other opinion."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from bot.domain.orders import Order
from bot.domain.policy import Policy, Principals, Rule
from tests.builders import NOON
from tests.proofs.worlds import ACCOUNT, LIFE, TICK, Is, Members, World

Said = tuple[int, ...]  # what Slack says of each user and group of the world, as numbers
Event = tuple[Any, ...]  # its word first, see `Opinion`


class Case(NamedTuple):
    """What has happened around the request. *policy* and *order* are the world's numbers of when
    *requester* asked; *left* and *hold* the ticks until it expires and until the hold is over.
    *yes* said yes, entitled, and did not take it back; *no*: somebody entitled said no. *called*: a
    cancel call was made that may have had an effect."""

    requester: str
    policy: int
    order: int
    left: int
    hold: int = 0
    yes: frozenset[str] = frozenset()
    no: bool = False
    called: bool = False


class Config(NamedTuple):
    """The numbers of the policy and of the table of people that the process runs on."""

    policy: int
    aliases: int


class Now(NamedTuple):
    config: Config
    said: Said


class Needed(NamedTuple):
    approvers: Principals
    quorum: int
    hold: int


class Wrong(BaseException):
    """The promise is broken. No `except Exception` of the bot's hides it."""


class Opinion:
    """Follows these events:

    ("asked", user, order)            the wish was stored
    ("press", kind, user, status)     an input was judged while the request stood so
    ("held",)                         the hold begins
    ("later",)                        a tick passes
    ("call", asked, read, waiting)    the cancel call. *asked*: the places in *Said* that the
                                      executor asked Slack about just before, *read*: what the order
                                      was then, *waiting*: inputs (kind, user) not judged yet
    ("told", effect)                  what came of it
    ("untouched",)                    it was throttled, and the order is as it was
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._place = {each: place for place, each in enumerate((*world.users, *world.groups))}
        self._needed = [[needed(each, order) for order in world.orders] for each in world.policies]
        self._human = [
            {user: _human(each.aliases, user) for user in world.users} for each in world.aliases
        ]
        self._entitled: dict[tuple[Any, ...], frozenset[str]] = {}
        self.calls = 0

    def later(self, case: Case) -> Case:
        return case._replace(left=max(0, case.left - 1), hold=max(0, case.hold - 1))

    def after(self, case: Case | None, events: Iterable[Event], now: Now) -> Case | None:
        """The case once *events* have happened; raises Wrong at a call that breaks the promise."""
        for word, *facts in events:
            if word == "asked":
                case = self._asked(facts[0], facts[1], now)
            elif word == "call":
                self.calls += 1
                self._call(case, facts[0], facts[1], facts[2], now)
            elif word == "press":
                case = case and self._pressed(case, facts[0], facts[1], facts[2], now)
            else:
                case = case and self._moved(case, word, facts, now)
        return case

    def _moved(self, case: Case, word: str, facts: list[Any], now: Now) -> Case:
        if word == "held":
            return case._replace(hold=max(each.hold for each in self._rules(case, now)))
        if word == "later":
            return self.later(case)
        return case._replace(called=word == "told" and facts[0] != "not_sent")

    def _asked(self, requester: str, order: int, now: Now) -> Case:
        deadline = self._world.orders[order].deadline
        left = LIFE if deadline is None else min(LIFE, (deadline - NOON) // TICK)
        return Case(requester, now.config.policy, order, left)

    def _pressed(self, case: Case, kind: str, user: str, status: str, now: Now) -> Case:
        human = self._human[now.config.aliases]
        own = human[user] == human[case.requester]
        entitled = user in self._may_decide(case, now)
        pending, open_ = status == "pending", status in ("pending", "approved")
        if kind == "approve" and pending and entitled:
            return case._replace(yes=case.yes | {user})
        if kind == "take_back" and pending:
            kept = frozenset(each for each in case.yes if human[each] != human[user])
            return case._replace(yes=kept)
        says_no = (
            (kind == "deny" and open_ and entitled)
            or (kind == "withdraw" and open_ and own)
            or (kind == "stop" and status == "approved" and (own or entitled))
        )
        return case._replace(no=True) if says_no else case

    def _call(
        self,
        case: Case | None,
        asked: frozenset[int],
        read: str,
        waiting: tuple[tuple[str, str], ...],
        now: Now,
    ) -> None:
        if case is None:
            raise Wrong("a cancel call although nobody asked")
        heard = case
        for kind, user in waiting:
            heard = self._pressed(heard, kind, user, "approved", now)
        human = self._human[now.config.aliases]
        counted = {
            human[user]
            for user in case.yes & self._may_decide(case, now)
            if self._place[user] in asked and self._groups_asked(user, case, now, asked)
        }
        requester = self._place[case.requester]
        active = now.said[requester] == Is.MEMBER and requester in asked
        quorum = max(1, *(each.quorum for each in self._rules(case, now)))
        checks = {
            f"{len(counted)} of {quorum} approvals count": len(counted) >= quorum,
            "fewer than two people": len(counted | {human[case.requester]}) > 1,
            "the requester is no active member": active,
            "somebody entitled said no": not heard.no,
            "the order was not read again, or differs": read == "same",
            "the hold is not over": case.hold == 0,
            "it has expired": case.left > 0,
            "a second call": not case.called,
        }
        wrong = [sentence for sentence, holds in checks.items() if not holds]
        if wrong:
            raise Wrong(f"a cancel call although: {'; '.join(wrong)}")

    def _may_decide(self, case: Case, now: Now) -> frozenset[str]:
        """Who is entitled now, by the rule of when it was asked and by today's: nobody while Slack
        does not say who is in a group that they name. Whoever presses then is told so."""
        key = (case.requester, case.policy, case.order, now)
        found = self._entitled.get(key)
        if found is None:
            human, rules = self._human[now.config.aliases], self._rules(case, now)
            groups = {group for each in rules for group in each.approvers.groups}
            silent = any(self._members(group, now.said) is None for group in groups)
            found = self._entitled[key] = frozenset(
                user
                for user in self._world.users
                if now.said[self._place[user]] == Is.MEMBER
                and human[user] != human[case.requester]
                and all(self._named(each, user, now.said) for each in rules)
                and not silent
            )
        return found

    def _rules(self, case: Case, now: Now) -> tuple[Needed, Needed]:
        today = self._needed[now.config.policy][case.order]
        return self._needed[case.policy][case.order], today

    def _named(self, rule: Needed, user: str, said: Said) -> bool:
        """By id, as one of all members, or in a user group as it is now."""
        who = rule.approvers
        if who.members or user in who.people:
            return True
        return any(user in (self._members(each, said) or ()) for each in who.groups)

    def _members(self, group: str, said: Said) -> Members:
        return self._world.groups[group][said[self._place[group]]]

    def _groups_asked(self, user: str, case: Case, now: Now, asked: frozenset[int]) -> bool:
        """Whether each right of *user* that hangs on a user group was looked up."""
        for each in self._rules(case, now):
            who = each.approvers
            by_group = not who.members and user not in who.people
            if by_group and not any(self._place[group] in asked for group in who.groups):
                return False
        return True


def needed(policy: Policy, order: Order) -> Needed:
    """The first rule that matches, the rest from the policy."""
    rule = next((each for each in policy.rules if _matches(each, order)), Rule())
    return Needed(
        policy.approvers if rule.approvers is None else rule.approvers,
        policy.quorum if rule.quorum is None else rule.quorum,
        (policy.hold if rule.hold is None else rule.hold) // TICK,
    )


def _matches(rule: Rule, order: Order) -> bool:
    wanted = (
        not rule.accounts or ACCOUNT.name in rule.accounts,
        not rule.providers or ACCOUNT.provider in rule.providers,
        not rule.order_types or order.order_type in rule.order_types,
        not rule.over or _over(rule, order),
    )
    return all(wanted)


def _over(rule: Rule, order: Order) -> bool:
    """Strictly more; what cannot be compared counts as more."""
    if order.payable is None:
        return True
    for limit in rule.over:
        if limit.currency == order.payable.currency:
            return order.payable.amount > limit.amount
    return True


def _human(aliases: tuple[frozenset[str], ...], user: str) -> str:
    for ids in aliases:
        if user in ids:
            return "+".join(sorted(ids))
    return user
