"""Loading: what stands in the file arrives as typed values, by the documented precedence."""

from __future__ import annotations

import re
from datetime import time, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from bot.domain.accounts import Account, Provider
from bot.domain.money import Money
from bot.domain.orders import OrderType
from bot.domain.policy import Escalation, Principals, QuietHours, Rule
from bot.errors import ConfigurationError
from bot.settings import HuaweiAccount, Listen, UnicloudAccount, database_path, load_settings
from tests.unit.settings.configuration import ENVIRON, MINIMAL, Folder

EXAMPLE = Path(__file__).parents[3] / "countersign.example.toml"


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def test_a_minimal_file_gets_the_documented_defaults(folder: Folder) -> None:
    settings = folder.load(MINIMAL)
    assert settings.database == folder.path / "countersign.db"
    assert settings.language == "en"
    assert (settings.slack.mode, settings.slack.listen) == ("socket", Listen("127.0.0.1", 3000))
    assert settings.slack.api_url == "https://slack.com/api/"
    assert settings.ops_listen == Listen("127.0.0.1", 9464)
    assert settings.policy.viewers == settings.policy.requesters == Principals(members=True)
    assert (settings.policy.hold, settings.policy.expires) == (
        timedelta(seconds=30),
        timedelta(hours=24),
    )
    assert settings.policy.quorum == 1


def test_the_example_loads_as_it_is() -> None:
    environ = {"ALIBABA_ACCESS_KEY_ID": "AK", "ALIBABA_ACCESS_KEY_SECRET": "example-secret"}
    settings = load_settings(EXAMPLE, database=None, environ=environ, need_slack=False)
    assert [account.name for account in settings.accounts] == ["alibaba-main"]


@pytest.fixture
def everything(folder: Folder) -> str:
    """The example with each key that it shows in a comment."""
    (folder.path / "audit.key").write_text("0123456789abcdef\n")
    (folder.path / "huawei.password").write_text("the-huawei-password\n")
    text = EXAMPLE.read_text(encoding="utf-8")
    return re.sub(r"^# (\[|[a-z_]+ = )", r"\1", text, flags=re.MULTILINE)


@pytest.fixture
def cloud_secrets(everything: str) -> dict[str, str]:
    return {name: f"value-of-{name}" for name in re.findall(r"env:([A-Z_]+)\"", everything)}


def test_every_key_that_the_example_shows_is_accepted(
    folder: Folder, everything: str, cloud_secrets: dict[str, str]
) -> None:
    settings = folder.load(everything, **cloud_secrets)
    policy = settings.policy
    assert policy.approvers == Principals(
        people=frozenset({"U0BOB"}), groups=frozenset({"S0FINANCE"})
    )
    assert policy.quiet == QuietHours(time(22), time(8))
    assert policy.escalation == Escalation(
        timedelta(hours=4), Principals(groups=frozenset({"S0LEADS"}))
    )
    assert policy.rules == (
        Rule(
            accounts=frozenset({"alibaba-main"}),
            over=(Money(Decimal(10000), "CNY"), Money(Decimal(1500), "USD")),
            quorum=2,
        ),
    )
    assert settings.slack.approvals_channel == "C0APPROVALS"
    assert settings.people[0].cloud_users == ("alibaba-main:2034",)
    assert settings.audit.heads == ("slack", folder.path / "heads.log")
    assert settings.audit.key is not None
    assert settings.audit.key.value() == "0123456789abcdef"


def test_accounts_arrive_as_domain_values_and_credentials(
    folder: Folder, everything: str, cloud_secrets: dict[str, str]
) -> None:
    alibaba, key, token, unicloud = folder.load(everything, **cloud_secrets).accounts
    assert alibaba.account() == Account(
        "alibaba-main",
        Provider.ALIBABA,
        "china",
        "1234567890123456",
        "https://usercenter2.aliyun.com/",
    )
    assert alibaba.credentials().access_key_id == "value-of-ALIBABA_ACCESS_KEY_ID"
    assert alibaba.credentials().get("security_token") == "value-of-ALIBABA_SECURITY_TOKEN"
    assert isinstance(key, HuaweiAccount)
    assert key.credentials().get("secret_access_key") == "value-of-HUAWEI_SK"
    assert key.credentials().get("iam_password") == ""
    assert isinstance(token, HuaweiAccount)
    assert token.uses_iam_token
    assert token.credentials().access_key_id == ""
    assert token.credentials().get("iam_password") == "the-huawei-password"
    assert token.account().console_url == "https://account-intl.huaweicloud.com/usercenter/"
    assert isinstance(unicloud, UnicloudAccount)
    assert (unicloud.version, unicloud.time_zone) == ("2020-07-30", "Asia/Shanghai")
    assert unicloud.account() == Account(
        "unicloud-main", Provider.UNICLOUD, "", None, "https://console.unicloud.com/"
    )


def test_no_secret_shows_in_any_text_of_the_settings(
    folder: Folder, everything: str, cloud_secrets: dict[str, str]
) -> None:
    folder.write(everything)
    environ = ENVIRON | cloud_secrets
    settings = load_settings(folder.config, database=None, environ=environ, need_slack=True)
    shown = f"{settings!r} {settings} {[each.credentials() for each in settings.accounts]}"
    hidden = [*environ.values(), "the-huawei-password", "0123456789abcdef"]
    assert [value for value in hidden if value in shown] == []


def test_a_console_address_a_timeout_and_a_rate_can_be_set(folder: Folder) -> None:
    settings = folder.load(
        MINIMAL
        + 'console_url = "https://console.example/order/{order_id}"\n'
        + 'timeout = "5s"\nrequests_per_second = 2\nendpoint = "http://127.0.0.1:9100/"\n'
    )
    (account,) = settings.accounts
    assert account.account().console_url == "https://console.example/order/{order_id}"
    assert account.timeout == timedelta(seconds=5)
    assert account.requests_per_second == 2
    assert account.endpoint == "http://127.0.0.1:9100"


def test_a_timeout_may_be_a_number_of_seconds(folder: Folder) -> None:
    assert folder.load(MINIMAL + "timeout = 5\n").accounts[0].timeout == timedelta(seconds=5)


def test_a_rule_holds_every_condition_and_consequence(folder: Folder) -> None:
    rule = (
        '[[policy.rules]]\nproviders = ["huawei"]\norder_types = ["renewal"]\n'
        'requesters = ["U0ALICE"]\napprovers = ["S0LEADS"]\nhold = "0s"\n'
        'approvals_channel = "C0LEADS"\n[[policy.rules]]\naccounts = ["alibaba-main"]\n'
        'viewers = ["W0GUEST"]\n'
    )
    first, second = folder.load(MINIMAL + rule).policy.rules
    assert first == Rule(
        providers=frozenset({Provider.HUAWEI}),
        order_types=frozenset({OrderType.RENEWAL}),
        requesters=Principals(people=frozenset({"U0ALICE"})),
        approvers=Principals(groups=frozenset({"S0LEADS"})),
        hold=timedelta(0),
        approvals_channel="C0LEADS",
    )
    assert second.viewers == Principals(people=frozenset({"W0GUEST"}))


@pytest.mark.parametrize(
    ("option", "environ", "database"),
    [
        ("option.db", {"COUNTERSIGN_DATABASE": "environment.db"}, "option.db"),
        (None, {"COUNTERSIGN_DATABASE": "environment.db"}, "environment.db"),
        (None, {}, "{folder}/file.db"),
    ],
)
def test_the_option_wins_over_the_environment_and_that_over_the_file(
    folder: Folder, option: str | None, environ: dict[str, str], database: str
) -> None:
    folder.write(f'database = "file.db"\n{MINIMAL}')
    path = Path(option) if option else None
    expected = Path(database.format(folder=folder.path))
    settings = load_settings(
        folder.config, database=path, environ=ENVIRON | environ, need_slack=False
    )
    assert settings.database == expected
    assert database_path(path, config=folder.config, environ=environ) == expected


def test_the_environment_names_the_configuration(folder: Folder) -> None:
    folder.write(MINIMAL)
    environ = ENVIRON | {"COUNTERSIGN_CONFIG": str(folder.config)}
    settings = load_settings(None, database=None, environ=environ, need_slack=False)
    assert settings.config == folder.config


def test_the_database_is_found_in_a_file_that_serves_nothing_else(folder: Folder) -> None:
    folder.write('database = "kept.db"\nunknown = 1\n')
    found = database_path(None, config=folder.config, environ={})
    assert found == folder.path / "kept.db"


def test_a_home_that_nobody_has_is_refused_with_the_line(folder: Folder) -> None:
    text = f'\n\ndatabase = "~nosuchuser/x.db"\n{MINIMAL}'
    sentence = folder.refusal(text)
    assert sentence == (
        'countersign.toml:3: “database”: no home folder is known for "~nosuchuser"; write the whole'
        " path, from / on"
    )
    with pytest.raises(ConfigurationError, match=re.escape(sentence)):
        database_path(None, config=folder.config, environ={})
    assert database_path(Path("option.db"), config=folder.config, environ={}) == Path("option.db")


def test_a_home_that_is_there_is_gone_to(folder: Folder) -> None:
    folder.write('database = "~/x.db"')
    found = database_path(None, config=folder.config, environ={})
    assert found == Path.home() / "x.db"


def test_a_named_configuration_that_is_not_there_is_refused_for_the_database_too(
    folder: Folder,
) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        database_path(None, config=folder.config, environ={})
