"""Each channel's daily digest: what people set, what composes it, what posts it."""

from __future__ import annotations

from dataclasses import dataclass

from bot.services.composing import Composer
from bot.services.digest_delivery import DigestDelivery
from bot.services.digest_job import DigestJob
from bot.services.digests import Digests
from bot.wiring.approvals import Approvals
from bot.wiring.base import Base
from handlers.channels import SlackChannels
from handlers.digest_filters import digest_filter
from storage.digests import SqliteDigestStore


@dataclass(frozen=True, slots=True)
class DailyDigests:
    digests: Digests
    composer: Composer
    job: DigestJob
    delivery: DigestDelivery


def daily_digests(base: Base, approvals: Approvals) -> DailyDigests:
    store = SqliteDigestStore(base.storage)
    channels = SlackChannels(base.slack.client)
    composer = Composer(
        store=store,
        snapshots=base.snapshots,
        refresher=base.refresher,
        requests=base.requests,
        audit=base.audit,
        capabilities={name: each.capabilities for name, each in base.adapters.items()},
        cloud_users=_cloud_users(base),
        humans=approvals.people.humans,
        directory=base.directory,
        reads=digest_filter,
        clock=base.clock,
    )
    digests = Digests(
        store=store,
        access=base.access,
        channels=channels,
        reads=digest_filter,
        clock=base.clock,
        wake=base.wake,
    )
    job = DigestJob(
        store=store,
        composer=composer,
        access=base.access,
        channels=channels,
        outbox=base.outbox,
        clock=base.clock,
        wake=base.wake,
    )
    delivery = DigestDelivery(
        store=store,
        messenger=base.messenger,
        outbox=base.outbox,
        audit=base.audit,
        access=base.access,
        channels=channels,
        clock=base.clock,
    )
    return DailyDigests(digests, composer, job, delivery)


def _cloud_users(base: Base) -> dict[str, str]:
    return {
        cloud_user: person.slack[0]
        for person in base.settings.people
        for cloud_user in person.cloud_users
    }
