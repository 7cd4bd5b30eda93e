"""Products and accounts: who is asked, who is named, what stands on the record."""

from __future__ import annotations

import asyncio

import pytest

from bot.domain.accounts import Account, Provider
from bot.domain.audit import AuditKind
from bot.domain.filters import AccountAnswer
from bot.domain.orders import Product
from bot.errors import (
    ProviderUnavailable,
)
from tests.builders import NOON, an_account
from tests.fake_cloud import FakeAdapter, failing, unavailable, waiting_for
from tests.unit.services.house import House

HUAWEI = an_account()
OTHER = an_account(name="huawei-other")
ALIBABA = an_account(name="alibaba-main", provider=Provider.ALIBABA)
SECRET = "my password is swordfish"


def selling(account: Account, *names: str) -> FakeAdapter:
    cloud = FakeAdapter(account)
    cloud.products = tuple(
        Product(account.provider, account.name, name.lower()[:3], name) for name in names
    )
    return cloud


async def names(house: House, *words: str) -> dict[str, list[str]]:
    lists = await house.lookups.products(house.viewer(), words)
    return {each.account.name: [product.name for product in each.products] for each in lists}


async def test_products_are_those_of_each_providers_first_account() -> None:
    house = House(selling(HUAWEI, "ECS"), selling(OTHER, "ECS"), selling(ALIBABA, "RDS", "OSS"))
    assert await names(house) == {"huawei-main": ["ECS"], "alibaba-main": ["RDS", "OSS"]}
    assert house.clouds[1].calls == []


@pytest.mark.parametrize("account", ["huawei-other", "Huawei-Other"])
async def test_a_word_that_is_an_accounts_name_chooses_it(account: str) -> None:
    house = House(selling(HUAWEI, "ECS"), selling(OTHER, "Disk", "Elastic IP"))
    assert await names(house, account) == {"huawei-other": ["Disk", "Elastic IP"]}
    assert await names(house, account, "elastic", "ip") == {"huawei-other": ["Elastic IP"]}


async def test_text_narrows_by_code_and_name_in_any_case() -> None:
    house = House(selling(HUAWEI, "Straße", "Elastic Cloud Server"))
    assert await names(house, "STRASSE") == {"huawei-main": ["Straße"]}
    assert await names(house, "ela") == {"huawei-main": ["Elastic Cloud Server"]}
    (listed,) = await house.lookups.products(house.viewer(), ("nothing",))
    assert (listed.products, listed.total, listed.text) == ((), 2, "nothing")


async def test_products_of_an_account_that_one_may_not_view_are_mere_text() -> None:
    house = House(selling(HUAWEI, "ECS"), selling(OTHER, "Disk"))
    lists = await house.lookups.products(house.viewer("huawei-main"), ("huawei-other",))
    assert [each.account.name for each in lists] == ["huawei-main"]
    assert house.clouds[1].calls == []


async def test_a_cloud_that_does_not_tell_its_products_is_named() -> None:
    house = House(selling(HUAWEI, "ECS"), selling(ALIBABA, "RDS"))
    house.cloud.script = failing(unavailable(code="HTTP 500"))
    dead, alive = await house.lookups.products(house.viewer(), ())
    assert isinstance(dead.problem, ProviderUnavailable)
    assert (dead.account, dead.products) == (HUAWEI, ())
    assert (alive.problem, len(alive.products)) == (None, 1)
    assert (await house.snapshots.answers())["huawei-main"].error == "HTTP 500"
    assert house.kinds == [AuditKind.PRODUCTS_LISTED]
    assert house.audit.entries[0].facts["failed"] == "huawei-main"


async def test_a_stalled_cloud_is_named_at_the_deadline() -> None:
    house = House(selling(HUAWEI, "ECS"), selling(ALIBABA, "RDS"), deadline=0.2)
    house.cloud.script = waiting_for(asyncio.Event())
    stalled, alive = await house.lookups.products(house.viewer(), ())
    assert isinstance(stalled.problem, ProviderUnavailable)
    assert alive.problem is None


async def test_products_leave_one_record_and_none_of_the_words() -> None:
    house = House(selling(HUAWEI, "ECS"), selling(ALIBABA, "RDS"))
    await names(house, SECRET)
    (entry,) = house.audit.entries
    assert (entry.kind, entry.subject) == (AuditKind.PRODUCTS_LISTED, "")
    assert entry.facts == {"accounts": "huawei-main,alibaba-main", "failed": ""}
    assert entry.texts == {"text": SECRET}
    assert "swordfish" not in house.told()


async def test_products_that_no_cloud_told_are_a_failed_look_up() -> None:
    house = House(selling(HUAWEI, "ECS"))
    house.cloud.script = failing(unavailable())
    await names(house)
    assert house.kinds == [AuditKind.LOOKUP_FAILED]
    assert house.audit.entries[0].subject == "account:huawei-main"


async def test_accounts_are_those_one_may_view_with_their_last_answer() -> None:
    house = House(FakeAdapter(HUAWEI), FakeAdapter(OTHER), FakeAdapter(ALIBABA))
    await house.lookups.products(house.viewer(), ("huawei-main",))
    lines = await house.lookups.accounts(house.viewer("huawei-main", "alibaba-main"))
    assert [(each.account, each.answer) for each in lines] == [
        (HUAWEI, AccountAnswer("huawei-main", NOON)),
        (ALIBABA, None),
    ]
    assert house.kinds[-1] is AuditKind.ACCOUNTS_LISTED
