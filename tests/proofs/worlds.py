"""The small worlds of the model check: who is there, what Slack may come to say of each, which
policies and tables of people an operator may switch between, and which orders can be asked about.

Some are drawn by hand around one subject each, the others from a seed. Policies that the
configuration would refuse (quorum 0, no approver) are among them: the services alone must hold.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from enum import IntEnum
from itertools import permutations
from random import Random

from bot.domain.accounts import Account, Provider
from bot.domain.money import Money
from bot.domain.orders import Order, OrderType, PaymentStatus
from bot.domain.policy import Humans, Policy, Principals, Rule
from tests.builders import NOON

ACCOUNT = Account("huawei-main", Provider.HUAWEI, "china")
ORDER_ID = "CS2611171200ABCDE"
TICK = timedelta(hours=1)  # the only step that time makes
LIFE = 2  # ticks until a request expires
A, B, C, D, E = "U0A", "U0B", "U0C", "U0D", "U0E"
FINANCE, LEADS = "S0FINANCE", "S0LEADS"
MEMBERS = Principals(members=True)


class Is(IntEnum):
    """What Slack says of a user; only a member has any right."""

    MEMBER = 0
    DEACTIVATED = 1
    GUEST = 2
    STRANGER = 3
    BOT = 4
    ELSEWHERE = 5  # a member of another team
    NOWHERE = 6  # Slack names no team
    SILENT = 7  # Slack does not answer


Members = frozenset[str] | None  # of a user group; None while Slack does not answer


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """*users* and *groups* hold all that Slack may say of each, the first at the start. *askers*
    may press the button for any of *orders*. *left_over*: an input may be stored and its judgement
    lost with the process. *raced*: whenever a step has asked a cloud, and before each of its
    writes, somebody else may be faster; if *left_over* too, their no is stored and not judged."""

    name: str
    users: Mapping[str, tuple[Is, ...]]
    policies: tuple[Policy, ...]
    groups: Mapping[str, tuple[Members, ...]]
    aliases: tuple[Humans, ...] = (Humans(),)
    orders: tuple[Order, ...]
    askers: tuple[str, ...] = (A,)
    left_over: bool = False
    raced: bool = False


def people(*user_ids: str) -> Principals:
    return Principals(people=frozenset(user_ids))


def group(*group_ids: str) -> Principals:
    return Principals(groups=frozenset(group_ids))


def humans(*aliases: tuple[str, ...]) -> Humans:
    return Humans(tuple(frozenset(each) for each in aliases))


def policy(approvers: Principals, quorum: int, *rules: Rule, hold: int = 1) -> Policy:
    return Policy(
        viewers=MEMBERS,
        requesters=MEMBERS,
        approvers=approvers,
        quorum=quorum,
        hold=hold * TICK,
        expires=LIFE * TICK,
        rules=rules,
    )


def order(payable: str | None = "5 CNY", kind: OrderType = OrderType.NEW) -> Order:
    amount, _, currency = (payable or "").partition(" ")
    return Order(
        provider=ACCOUNT.provider,
        account=ACCOUNT.name,
        order_id=ORDER_ID,
        payment_status=PaymentStatus.UNPAID,
        payment_word="6",
        order_type=kind,
        order_type_word=kind.value,
        payable=Money(Decimal(amount), currency) if payable else None,
        created_at=NOON - TICK,
        detailed=True,
    )


def designed(users: int) -> Iterator[World]:
    """One world for each way in which a second human could be missing, with *users* people."""
    yield from _of_people(users)
    yield from _of_humans(users)
    yield from _of_policies(users)
    yield from _of_rules(users)
    yield from _of_races(users)


def _world(
    name: str, users: Mapping[str, tuple[Is, ...]], *policies: Policy, **parts: object
) -> World:
    usual: dict[str, object] = {"groups": {}, "orders": (order(),)}
    return World(name=name, users=users, policies=policies, **(usual | parts))  # type: ignore[arg-type]


def _all(user_ids: tuple[str, ...], *said: Is) -> dict[str, tuple[Is, ...]]:
    return dict.fromkeys(user_ids, (Is.MEMBER, *said))


def _of_people(users: int) -> Iterator[World]:
    ids = (A, B, C, D, E)[:users]
    for said in tuple(Is)[1:]:
        yield _world(f"people who turn {said.name}", _all(ids, said), policy(people(*ids), 1))
    yield _world("two of all", _all(ids, Is.DEACTIVATED), policy(MEMBERS, 2), askers=(A, B))
    strange = (Is.GUEST, Is.STRANGER, Is.ELSEWHERE, Is.BOT)
    mixed = {user_id: (Is.MEMBER, strange[n % 4]) for n, user_id in enumerate(ids)}
    yield _world("two of a mixed house", mixed, policy(people(*ids), 2, hold=0), askers=ids[:2])
    yield _world(
        "strangers from the start",
        {A: (Is.MEMBER,)} | {each: (said,) for each, said in zip(ids[1:], strange, strict=False)},
        policy(MEMBERS, 1),
    )
    groups = {
        FINANCE: (frozenset(ids[1:]), frozenset((B,)), frozenset((A,)), frozenset[str](), None)
    }
    for quorum in (1, 2):
        one = policy(group(FINANCE), quorum)
        yield _world(f"a group, quorum {quorum}", _all(ids), one, groups=groups, askers=(A, C))
    both = {
        FINANCE: (frozenset((A, B)), frozenset((A,))),
        LEADS: (frozenset((B, C)), frozenset((C,))),
    }
    two = policy(group(FINANCE, LEADS), 2)
    yield _world("one person in two groups", _all(ids), two, groups=both, askers=(A, C))


def _of_humans(users: int) -> Iterator[World]:
    ids = (A, B, C, D, E)[:users]
    still = _all(ids)
    pairs = (humans(), humans((A, B)), humans((B, C)), humans((A, C)))
    for quorum in (1, 2)[: users - 2]:
        one = policy(MEMBERS, quorum)
        yield _world(f"aliases edited, quorum {quorum}", still, one, aliases=pairs)
    merged = humans(), humans((B, C))
    yield _world("two become one", still, policy(MEMBERS, 2), aliases=merged)
    known = humans((A, B), (C, D))
    yield _world(
        "aliases that would grant", still, policy(people(B, D), 1), aliases=(known,), askers=(A, C)
    )
    yield _world(
        "everybody is one", still, policy(MEMBERS, 1), aliases=(humans(ids),), askers=(A, B)
    )
    gone = _all(ids, Is.DEACTIVATED)
    yield _world(
        "an alias leaves", gone, policy(people(*ids), users - 2), aliases=(humans((B, C)),)
    )


def _of_policies(users: int) -> Iterator[World]:
    ids = (A, B, C, D, E)[:users]
    still = _all(ids)
    edits: tuple[Policy, ...]
    edits = (policy(people(*ids), 1), policy(people(*ids), 2), policy(people(*ids), 3))
    yield _world("quorum edited", still, *edits[: users - 1])
    edits = (policy(people(B), 1), policy(people(C), 1), policy(people(*ids), 1))
    yield _world("approvers edited", still, *edits[: users - 1])
    edits = (policy(people(B), 1, hold=0), policy(people(B), 1, hold=1))
    yield _world("hold edited", still, *edits)
    yield _world("no quorum", still, policy(MEMBERS, 1), policy(MEMBERS, 0))
    yield _world("no quorum from the start", still, policy(MEMBERS, 0), aliases=(humans((A, B)),))
    yield _world("a quorum below nothing", still, policy(people(B), 1), policy(people(B), -1))
    edits = (policy(people(B, C), 1), policy(Principals(), 1), policy(people(A), 1))
    yield _world("no approver", still, *edits[: users - 1])
    yield _world("no approver from the start", still, policy(Principals(), 1))
    yield _world(
        "only the requester", _all(ids), policy(people(A), 1), aliases=(humans(), humans((A, B)))
    )
    groups = {FINANCE: (frozenset((B,)), frozenset[str]())}
    edits = (policy(group(FINANCE), 1), policy(people(C), 1))
    yield _world("a group comes and goes", still, *edits, groups=groups)


def _of_rules(users: int) -> Iterator[World]:
    ids = (A, B, C, D, E)[:users]
    still, few = _all(ids), _all(ids[:3])
    limits = (Money(Decimal(100), "CNY"), Money(Decimal(20), "USD"))
    big = Rule(over=limits, quorum=2)
    amounts = ("100 CNY", "100.01 CNY", "5 USD", "1 EUR", None)
    for amount in amounts:
        one = policy(people(*ids), 1, big)
        yield _world(f"over, {amount}", few, one, orders=(order(amount),))
    eased = policy(people(*ids), 2, Rule(over=limits, quorum=1))
    yield _world("over, eased", few, eased, orders=(order("100 CNY"),))
    renewals = Rule(order_types=frozenset({OrderType.RENEWAL}), approvers=people(C))
    elsewhere = Rule(
        accounts=frozenset({"alibaba-main"}), providers=frozenset({Provider.ALIBABA}), quorum=1
    )
    orders = (order("500 CNY"), order("5 CNY", OrderType.RENEWAL), order(None))
    edits = tuple(
        policy(people(*ids), 1, *rules) for rules in permutations((big, renewals, elsewhere))
    )
    yield _world("three rules", still, edits[0], orders=orders, askers=(A, C))
    yield _world(
        "three rules in another order", still, *edits[: min(3, users - 1)], orders=orders[:1]
    )
    strict = Rule(accounts=frozenset({ACCOUNT.name}), quorum=2)
    lax = Rule(providers=frozenset({Provider.HUAWEI}), approvers=people(B))
    edits = (policy(MEMBERS, 1, strict, lax), policy(MEMBERS, 1, lax, strict))
    yield _world("which rule comes first", still, *edits)


def _of_races(users: int) -> Iterator[World]:
    large = users > 3
    three, pair = _all((A, B, C)), _all((A, B))
    one, two = policy(people(B, C), 1), policy(MEMBERS, 2, hold=0)
    at_once, alone = policy(people(B, C), 1, hold=0), policy(people(B), 1)
    deadline = replace(order(), deadline=NOON + TICK)
    yield _world("a deadline", _all((A, B, C), Is.GUEST), at_once, orders=(deadline,))
    yield _world("inputs left over", pair, alone, left_over=True)
    yield _world("races", three if large else pair, one if large else alone, raced=True)
    yield _world("a no not yet judged", pair, alone, raced=True, left_over=True)
    if large:
        both = humans(), humans((B, C))
        said = {A: (Is.MEMBER, Is.DEACTIVATED), B: (Is.MEMBER, Is.GUEST), C: (Is.MEMBER,)}
        yield _world("inputs left over, edited", said, two, one, left_over=True)
        yield _world("races of two", three, two, raced=True, aliases=both)
        yield _world("a no of two not yet judged", three, one, raced=True, left_over=True)


def drawn(seed: int, number: int) -> World:
    """World *number* of *seed*: up to five users, three rules and two user groups."""
    dice = Random(f"{seed}/{number}")
    ids = (A, B, C, D, E)[: dice.choice((3, 3, 4, 4, 5))]
    users: dict[str, tuple[Is, ...]] = _all(ids)
    for each in dice.sample(ids, 2):
        users[each] = (Is.MEMBER, dice.choice(tuple(Is)[1:]))
    if dice.random() < 0.3:
        users[ids[-1]] = (dice.choice(tuple(Is)[1:]),)
    return World(
        name=f"drawn {number} of seed {seed}",
        users=users,
        groups={each: _memberships(dice, ids) for each in (FINANCE, LEADS)},
        policies=tuple(_policy(dice, ids) for _ in range(dice.choice((1, 2, 2)))),
        aliases=tuple(_humans(dice, ids) for _ in range(dice.choice((1, 1, 2)))),
        orders=tuple(_order(dice) for _ in range(dice.choice((1, 1, 2)))),
        askers=tuple(dice.sample(ids[:-1], dice.choice((1, 1, 2)))),
    )


def _memberships(dice: Random, ids: tuple[str, ...]) -> tuple[Members, ...]:
    def some() -> Members:
        return (
            None if dice.random() < 0.1 else frozenset(dice.sample(ids, dice.randint(0, len(ids))))
        )

    return tuple(some() for _ in range(dice.choice((1, 1, 2))))


def _principals(dice: Random, ids: tuple[str, ...]) -> Principals:
    match dice.randint(0, 5):
        case 0 | 1:
            return MEMBERS
        case 2 | 3:
            return people(*dice.sample(ids, dice.randint(2, len(ids))))
        case 4:
            return group(dice.choice((FINANCE, LEADS)))
        case _:
            return Principals(people=frozenset(dice.sample(ids, 1)), groups=frozenset({FINANCE}))


def _policy(dice: Random, ids: tuple[str, ...]) -> Policy:
    rules = tuple(_rule(dice, ids) for _ in range(dice.randint(0, 3)))
    return policy(
        _principals(dice, ids), dice.choice((0, 1, 1, 1, 2)), *rules, hold=dice.randint(0, 1)
    )


def _rule(dice: Random, ids: tuple[str, ...]) -> Rule:
    limits = (Money(Decimal(100), "CNY"), Money(Decimal(20), "USD"))
    return Rule(
        accounts=frozenset(dice.choice(((), (), (ACCOUNT.name,), ("alibaba-main",)))),
        providers=frozenset(dice.choice(((), (), (Provider.HUAWEI,), (Provider.ALIBABA,)))),
        order_types=frozenset(dice.choice(((), (), (OrderType.NEW,), (OrderType.RENEWAL,)))),
        over=dice.choice(((), limits[:1], limits)),
        approvers=dice.choice((None, _principals(dice, ids))),
        quorum=dice.choice((None, 1, 1, 2)),
        hold=dice.choice((None, 0 * TICK, TICK)),
    )


def _humans(dice: Random, ids: tuple[str, ...]) -> Humans:
    mixed = dice.sample(ids, len(ids))
    size = dice.choice((0, 0, 2))
    return humans(tuple(mixed[:size])) if size else humans()


def _order(dice: Random) -> Order:
    amount = dice.choice(("5 CNY", "100 CNY", "100.01 CNY", "500 USD", "1 EUR", None))
    deadline = dice.choice((None, None, NOON + TICK))
    kind = dice.choice((OrderType.NEW, OrderType.RENEWAL))
    return replace(order(amount, kind), deadline=deadline)
