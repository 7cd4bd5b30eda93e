"""Composes a digest: the clouds are asked first, then what was last seen is measured against the
digest before."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from bot.domain.accounts import Account, Capabilities
from bot.domain.digest_book import (
    Known,
    cancelled_alone,
    gone_line,
    left,
    lines_of,
    totals_of,
    trend_point,
    week_of,
)
from bot.domain.digest_contents import (
    AccountShown,
    DigestContents,
    DigestLine,
    Gone,
    GoneLine,
    Week,
)
from bot.domain.digests import GRACE, DigestRun, RunState
from bot.domain.filters import OrderFilter, SnapshotPage
from bot.domain.policy import Humans
from bot.errors import (
    ProviderError,
    ProviderMalformed,
    ProviderThrottled,
    ProviderUnavailable,
    ProviderUnfinished,
)
from bot.i18n import _
from bot.ports import AuditLog, Clock, DigestStore, Directory, RequestStore, SnapshotStore
from bot.services.asked import Asked, Asking
from bot.services.asking import Asker
from bot.services.lists import as_asked, last_known
from bot.services.naming import with_names
from bot.services.refresh import Refresher

PATIENCE = 60.0  # seconds; an account that needs longer is named
LINES = 10_000  # of one digest: read at once, so that none is missed or doubled
WEEK = timedelta(days=7)
MONTH = timedelta(days=30)
BACK = timedelta(days=35)  # how far back a digest looks for the one before
MONDAY = 0

FilterReader = Callable[[Mapping[str, str], frozenset[str], datetime, str], OrderFilter]
"""Filters as typed, account names, now, an IANA zone: what a digest shows; raises UsageError."""


@dataclass(frozen=True, slots=True)
class _Now:
    """What is unpaid at *at*, and how current each account is."""

    at: datetime
    wanted: OrderFilter
    page: SnapshotPage
    accounts: tuple[AccountShown, ...]

    @property
    def uncounted(self) -> int:
        """How many orders are beyond the page."""
        return self.page.total - len(self.page.snapshots)


class Composer:
    """*cloud_users* maps `account:user` to a Slack id; *patience* in seconds."""

    def __init__(
        self,
        *,
        store: DigestStore,
        snapshots: SnapshotStore,
        refresher: Refresher,
        requests: RequestStore,
        audit: AuditLog,
        capabilities: Mapping[str, Capabilities],
        cloud_users: Mapping[str, str],
        humans: Humans,
        directory: Directory,
        reads: FilterReader,
        clock: Clock,
        patience: float = PATIENCE,
    ) -> None:
        self._store = store
        self._snapshots = snapshots
        self._asker = Asker(refresher, snapshots, clock)
        self._requests = requests
        self._audit = audit
        self._capabilities = capabilities
        self._cloud_users = cloud_users
        self._humans = humans
        self._directory = directory
        self._reads = reads
        self._clock = clock
        self._patience = patience

    async def compose(
        self,
        run: DigestRun,
        plan_filters: Mapping[str, str],
        accounts: Sequence[Account],
        zone: str,
    ) -> DigestContents:
        """What *run* says of these accounts, those that its owner may view now. Raises UsageError
        for filters that cannot be read any more, StorageError."""
        now = await self._read(plan_filters, accounts, zone)
        previous = await self._previous(run, plan_filters)
        before = None if previous is None else previous.contents
        notes = await self._store.notes(run.channel, at=now.at)
        known = Known(self._capabilities, self._cloud_users, notes)
        orders = [each.order for each in now.page.snapshots]
        lines = lines_of(orders, known, previous=before, now=now.at)
        lines = await with_names(lines, self._directory)
        head = await self._audit.head()
        contents = DigestContents(
            as_of=now.at,
            zone=zone,
            lines=lines,
            gone=await self._gone(before, lines, now) if before else (),
            accounts=now.accounts,
            totals=totals_of(lines),
            previous_at=before.as_of if before else None,
            filters=dict(plan_filters),
            status_unknown=now.page.status_unknown,
            uncounted=now.uncounted,
            left_out=self._left_out(previous, run, accounts),
            head_seq=head.seq,
            head_hash=head.hash,
        )
        if run.daily and date.fromisoformat(run.key).weekday() == MONDAY:
            contents = replace(contents, week=await self._week(run, contents, now))
        if self._asker.closed:
            raise RuntimeError("the bot is closing; the next process composes this digest")
        return contents

    async def aclose(self) -> None:
        """End all reading; no digest is composed any more, for it would call clouds silent that
        were not asked to the end."""
        await self._asker.aclose()

    async def _read(
        self, filters: Mapping[str, str], accounts: Sequence[Account], zone: str
    ) -> _Now:
        names = frozenset(account.name for account in accounts)
        wanted = self._reads(filters, names, self._clock.now(), zone)
        asked = self._asker.ask(wanted)
        await asked.wait(self._patience)
        page = await self._snapshots.page(wanted, offset=0, limit=LINES)
        shown = await self._shown(accounts, asked, wanted)
        return _Now(self._clock.now(), wanted, page, shown)

    async def _shown(
        self, accounts: Sequence[Account], asked: Asked, wanted: OrderFilter
    ) -> tuple[AccountShown, ...]:
        answers = await self._snapshots.answers()
        coverages = await self._snapshots.coverages()
        shown = []
        for account in accounts:
            answer, asking = answers.get(account.name), asked.get(account.name)
            state = last_known(account, coverages.get(account.name), answer, wanted)
            state = as_asked(state, asking, naming=True, more=False) if asking else state
            said = _sentence(state.problem) if state.problem else ""
            shown.append(AccountShown(account.name, state.good_at, said))
        return tuple(shown)

    def _left_out(
        self, previous: DigestRun | None, run: DigestRun, accounts: Sequence[Account]
    ) -> tuple[str, ...]:
        """Accounts of the digest before that its owner may not view any more; one that is no
        longer configured nobody views."""
        if previous is None or previous.contents is None or previous.owner != run.owner:
            return ()
        hidden = self._capabilities.keys() - {account.name for account in accounts}
        return tuple(each.name for each in previous.contents.accounts if each.name in hidden)

    async def _gone(
        self, before: DigestContents, lines: Sequence[DigestLine], now: _Now
    ) -> tuple[GoneLine, ...]:
        gone = []
        for line in left(before, lines, now.wanted.accounts):
            snapshot = await self._snapshots.get(line.account, line.order_id)
            requests = await self._requests.requests_for(line.account, line.order_id)
            told = gone_line(line, snapshot, requests, now=now.at, since=now.wanted.since)
            if told.why is not Gone.FILTERED or not now.uncounted:  # else it is one of those
                gone.append(told)
        return tuple(gone)

    async def _previous(self, run: DigestRun, filters: Mapping[str, str]) -> DigestRun | None:
        async for past in self._past(run, filters):
            return past
        return None

    async def _past(self, run: DigestRun, filters: Mapping[str, str]) -> AsyncIterator[DigestRun]:
        """Earlier daily digests with the same filters, the nearest first; not one that was composed
        and then left out, so that its news are told. Read one by one, for each may hold thousands
        of lines."""
        since = run.begun_at - BACK
        past = await self._store.previous(run, since=since)
        while past is not None:
            was_told = past.state is RunState.POSTED or run.begun_at - past.begun_at <= GRACE
            same = past.contents is not None and dict(past.contents.filters) == dict(filters)
            if was_told and same:
                yield past
            past = await self._store.previous(past, since=since)

    async def _week(self, run: DigestRun, contents: DigestContents, now: _Now) -> Week:
        """By local days, so that the digest of last Monday belongs to the week before."""
        today, gone = date.fromisoformat(run.key), list(contents.gone)
        trend = [trend_point(today, contents.totals)]
        async for past in self._past(run, contents.filters):
            day = date.fromisoformat(past.key)
            if past.contents is not None and today - MONTH < day < today:
                trend.append(trend_point(day, past.contents.totals))
                gone += past.contents.gone if day > today - WEEK else ()
        since = now.at - WEEK
        ended = await self._requests.cancelled_since(since, now.wanted.accounts)
        created, is_all = await self._created(since, now)
        return week_of(
            contents.lines,
            gone,
            created=created,
            at_least=not is_all,
            alone=cancelled_alone(ended, self._humans),
            trend=tuple(sorted(trend, key=lambda point: point.day)),
            now=now.at,
        )

    async def _created(self, since: datetime, now: _Now) -> tuple[int, bool]:
        """How many orders were created since then, and whether every cloud told: what was paid at
        once is in no list of unpaid ones. A list also holds those whose creation time is not known;
        a list of no time at all holds nothing else."""
        span = replace(now.wanted, since=since, until=now.at, payment_status=None)
        answered = frozenset(each.name for each in now.accounts if not each.problem)
        asked = self._asker.ask(replace(span, accounts=answered))
        await asked.wait(self._patience)
        told = {name for name in answered if _is_listed(asked.get(name))}
        undated = await self._snapshots.page(replace(span, until=since), offset=0, limit=1)
        listed = await self._snapshots.page(span, offset=0, limit=1)
        return listed.total - undated.total, told == span.accounts


def _is_listed(asking: Asking | None) -> bool:
    """Whether a cloud told its list to the end."""
    if asking is None or not asking.reading.done() or asking.reading.cancelled():
        return False
    return asking.reading.result() is None


def _sentence(problem: ProviderError) -> str:
    """What was wrong, for everybody in a channel: of the provider's own words only its code."""
    if isinstance(problem, ProviderThrottled):
        said = _("It asks us to slow down.")
    elif isinstance(problem, ProviderUnfinished):
        said = _("Not all of it was read in time.")
    elif isinstance(problem, ProviderUnavailable):
        said = _("It did not answer in time.")
    elif isinstance(problem, ProviderMalformed):
        said = _("Its answer could not be used.")
    else:
        said = _("It refused the request.")
    return _("{said} Code {code}.", said=said, code=problem.code) if problem.code else said
