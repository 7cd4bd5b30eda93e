"""Refusals: `FILE:LINE: key: sentence with the fix`, for everything an operator can get wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.settings.configuration import MINIMAL, Folder

HUAWEI = '[[accounts]]\nname = "h"\nprovider = "huawei"\nsite = "china"\n'
UNICLOUD = (
    '[[accounts]]\nname = "u"\nprovider = "unicloud"\naccess_key_id = "AK"\n'
    'access_key_secret = "env:ALIBABA_SECRET"\n'
)
RULE = "[[policy.rules]]\n"


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "refusal"),
    [
        ("quorum = 1", "quorum = 0", ":3: “quorum”: must be at least 1"),
        ("quorum = 1", "quorum = -1", ":3: “quorum”: must be at least 1"),
        ("quorum = 1", "", ":1: “quorum”: missing; add quorum = 1"),
        ("quorum = 1", 'quorum = "1"', ":3: “quorum”: must be a whole number without quotes"),
        ("quorum = 1", "quorum = true", ":3: “quorum”: must be a whole number without quotes"),
        ("quorum = 1", "quorum = 1.5", ":3: “quorum”: must be a whole number"),
        ("quorum = 1", "quorum = 51", ":3: “quorum”: must be at most 50"),
        ('["U0BOB"]', "[]", ":2: “approvers”: must name at least one approver"),
        ('approvers = ["U0BOB"]', "", ':1: “approvers”: missing; add approvers = ["U0BOB"]'),
        ('["U0BOB"]', '["bob"]', ':2: “approvers”: holds "bob", which is neither'),
        ('["U0BOB"]', '"U0BOB"', ":2: “approvers”: must be a list such as"),
        ('["U0BOB"]', "[7]", ':2: “approvers”: holds "7", which is neither'),
        ('"alibaba"', '"aliyun"', ":6: “provider”: must be one of alibaba, huawei, unicloud"),
        ('provider = "alibaba"\n', "", ":4: “provider”: must be one of alibaba"),
        ('"china"', '"europe"', ":7: “site”: must be 'china' or 'international'"),
        ('site = "china"\n', "", ':4: “site”: missing; add site = "china"'),
        ('name = "alibaba-main"', 'name = "my main"', ":5: “name”: must be a short name"),
        ('name = "alibaba-main"', "name = 7", ":5: “name”: must be text in quotes"),
        ('"AKEXAMPLE"', "7", ":8: “access_key_id”: must be the key id"),
        ('"AKEXAMPLE"', '"env:NOT_SET"', ":8: “access_key_id”: environment variable NOT_SET is"),
        ('"env:ALIBABA_SECRET"', '"env:NOT_SET"', ":9: “access_key_secret”: environment variable"),
        ('"env:ALIBABA_SECRET"', '"env:"', ":9: “access_key_secret”: lacks the name behind env:"),
        ('"env:ALIBABA_SECRET"', '"file:gone"', ":9: “access_key_secret”: "),
        ('"env:ALIBABA_SECRET"', "7", ":9: “access_key_secret”: must be env:NAME or file:PATH"),
        (
            "access_key_secret =",
            "acces_key_secret =",
            ":9: “acces_key_secret”: unknown key; did you",
        ),
        ("[policy]", "[polcy]", ':1: “polcy”: unknown key; did you mean "policy"?'),
        ("[policy]", "[xyzzy]", ":1: “xyzzy”: unknown key; known here: database, language"),
    ],
)
def test_a_wrong_line_is_refused_with_its_line_and_the_fix(
    folder: Folder, old: str, new: str, refusal: str
) -> None:
    assert old in MINIMAL
    assert folder.refusal(MINIMAL.replace(old, new)).startswith(f"countersign.toml{refusal}")


@pytest.mark.parametrize(
    ("added", "line", "refusal"),
    [
        ('endpoint = "http://cloud.example"\n', 10, "“endpoint”: must begin with https://"),
        ('endpoint = "cloud.example"\n', 10, "“endpoint”: is no address"),
        ('proxy = "http://proxy:3128"\n', 10, "“proxy”: must begin with https://"),
        ('proxy = "https://me:pass@proxy"\n', 10, "“proxy”: must not hold a user name or password"),
        ('console_url = "http://console"\n', 10, "“console_url”: must begin with https://"),
        ('console_url = "https://c/{id}"\n', 10, "“console_url”: may hold {order_id}"),
        ("requests_per_second = 0\n", 10, "“requests_per_second”: must be more than 0"),
        ('requests_per_second = "1"\n', 10, "“requests_per_second”: must be a number"),
        ("requests_per_second = nan\n", 10, "“requests_per_second”: must be at most 100"),
        ('timeout = "soon"\n', 10, "“timeout”: must be a duration"),
        ("timeout = 0\n", 10, "“timeout”: must be between"),
        ("timeout = true\n", 10, "“timeout”: must be a duration"),
        ("timeout = nan\n", 10, "“timeout”: must be a duration"),
        ("timeout = -inf\n", 10, "“timeout”: must be a duration"),
        (f"timeout = {'9' * 400}\n", 10, "“timeout”: must be a duration"),
        ("owner_id = 123\n", 10, "“owner_id”: must be text in quotes"),
        ('owner_id = "me"\n', 10, "“owner_id”: must be the customer's account id"),
        ('domain_id = "1"\n', 10, "“domain_id”: unknown key"),
        ('cancel_access_key_id = "AK"\n', 4, "“accounts”: lacks cancel_access_key_secret"),
        ('cancel_security_token = "env:ALIBABA_SECRET"\n', 4, "“accounts”: lacks cancel_access"),
        (HUAWEI, 10, "“accounts”: needs either access_key_id and secret_access_key"),
        (HUAWEI + 'iam_user = "me"\n', 10, "“accounts”: needs either access_key_id"),
        (HUAWEI + 'iam_endpoint = "http://iam"\n', 14, "“iam_endpoint”: must begin with https://"),
        (UNICLOUD + 'time_zone = "Mars/Base"\n', 15, '“time_zone”: "Mars/Base" is no time zone'),
        (UNICLOUD + 'time_zone = "../etc"\n', 15, '“time_zone”: "../etc" is no time zone'),
        (UNICLOUD + 'currency = "yuan"\n', 15, "“currency”: must be a currency"),
        (UNICLOUD + 'version = ""\n', 15, "“version”: must not be empty"),
        (UNICLOUD.replace('"u"', '"Alibaba-Main"'), 11, '“name”: "Alibaba-Main" is taken'),
        ('[slack]\nmode = "https"\n', 11, "“mode”: must be 'socket' or 'http'"),
        ('[slack]\nlisten = "3000"\n', 11, "“listen”: must be an address and a port"),
        ('[slack]\nlisten = "127.0.0.1:70000"\n', 11, "“listen”: must be an address and a port"),
        (
            '[slack]\napprovals_channel = "#approvals"\n',
            11,
            '“approvals_channel”: "#approvals" is no',
        ),
        ('[slack]\nproxy = "socks5://p:1"\n', 11, "“proxy”: must be an address such as"),
        ("[ops]\nlisten = 9464\n", 11, "“listen”: must be an address and a port"),
        ("[[people]]\nslack = []\n", 11, "“slack”: must not be empty"),
        ('[[people]]\nslack = ["S0X"]\n', 11, '“slack”: "S0X" is no id of a person'),
        ('[[people]]\nslack = ["U0A", "U0A"]\n', 11, '“slack”: "U0A" stands twice'),
        ('[[people]]\nslack = ["U0A"]\ncloud_users = ["2034"]\n', 12, "“cloud_users”: must read"),
        (
            '[[people]]\nslack = ["U0A"]\ncloud_users = ["x:1"]\n',
            12,
            "“cloud_users”: no account",
        ),
        ('[audit]\nheads = ["mail"]\n', 11, '“heads”: must hold "slack" or "file:PATH" only'),
        ('[audit]\nkey = "literal-key"\n', 11, "“key”: must not hold the secret itself"),
        (
            RULE + 'accounts = ["alibaba-man"]\n',
            11,
            "“accounts”: no account is called",
        ),
        (RULE + 'providers = ["aws"]\n', 11, '“providers”: knows no provider "aws"'),
        (RULE + 'order_types = ["old"]\n', 11, '“order_types”: knows no order type "old"'),
        (RULE + 'over = ["10000"]\n', 11, "“over”: must be an amount and a currency"),
        (RULE + 'over = ["-1 CNY"]\n', 11, "“over”: must be an amount and a currency"),
        (RULE + 'over = ["1 CNY", "2 CNY"]\n', 11, "“over”: names a currency twice"),
        (RULE + 'over = ["1 CNY"]\nviewers = ["members"]\n', 10, "“rules”: viewers cannot depend"),
        (RULE + 'order_types = ["new"]\nviewers = []\n', 10, "“rules”: viewers cannot depend"),
        (RULE + "quorum = 0\n", 11, "“quorum”: must be at least 1"),
        (RULE + "approvers = []\n", 11, "“approvers”: must name at least one approver"),
        (RULE + 'expires = "1h"\n', 11, "“expires”: unknown key"),
    ],
)
def test_a_wrong_addition_is_refused_with_its_line_and_the_fix(
    folder: Folder, added: str, line: int, refusal: str
) -> None:
    found = folder.refusal(MINIMAL + added)
    assert found.startswith(f"countersign.toml:{line}: {refusal}")


@pytest.mark.parametrize(
    ("added", "refusal"),
    [
        ('hold = "-1s"', "“hold”: must be a duration"),
        ('hold = "1h30m"', "“hold”: must be a duration"),
        ("hold = 30", "“hold”: must be a duration"),
        ('expires = "0h"', "“expires”: must be longer than nothing"),
        ('quiet = "22:00"', "“quiet”: must be two different times"),
        ('quiet = "22:00-24:00"', "“quiet”: must be two different times"),
        ('quiet = "08:00-08:00"', "“quiet”: must be two different times"),
        ('escalate_to = ["U0A"]', "“policy”: escalate_after and escalate_to go together"),
        ('escalate_after = "4h"', "“policy”: escalate_after and escalate_to go together"),
        ("escalate_to = []", "“escalate_to”: must name at least one"),
        ('viewers = "members"', "“viewers”: must be a list such as"),
        ('language = "en"', "“language”: unknown key"),
    ],
)
def test_a_wrong_policy_is_refused(folder: Folder, added: str, refusal: str) -> None:
    found = folder.refusal(MINIMAL.replace("quorum = 1", f"quorum = 1\n{added}"))
    line = 1 if refusal.startswith("“policy”:") else 4
    assert found.startswith(f"countersign.toml:{line}: {refusal}")


def test_a_literal_secret_is_refused_and_not_repeated(folder: Folder) -> None:
    found = folder.refusal(MINIMAL.replace("env:ALIBABA_SECRET", "s3cr3t-literal"))
    assert found.startswith("countersign.toml:9: “access_key_secret”: must not hold the secret")
    assert "s3cr3t-literal" not in found


def test_the_first_of_several_faults_in_the_file_is_named(folder: Folder) -> None:
    found = folder.refusal(MINIMAL.replace("china", "mars").replace("quorum = 1", "quorum = 0"))
    assert found.startswith("countersign.toml:3: “quorum”")


@pytest.mark.parametrize("table", ["policy", "accounts"])
def test_a_table_that_is_missing_points_to_the_example(folder: Folder, table: str) -> None:
    policy, accounts = MINIMAL.split("[[accounts]]")
    rest = f"[[accounts]]{accounts}" if table == "policy" else policy
    assert folder.refusal(rest).startswith(
        f"countersign.toml:1: “{table}”: missing; copy this table"
    )


def test_a_table_written_as_a_value_is_refused(folder: Folder) -> None:
    assert folder.refusal(f"slack = 1\n{MINIMAL}").startswith(
        "countersign.toml:1: “slack”: must be a table of its own"
    )


@pytest.mark.parametrize(
    ("written", "as_value", "header"),
    [
        ("[[accounts]]", "accounts", "[[accounts]]"),
        ("[[policy.rules]]", "rules", "[[policy.rules]]"),
        ("[[people]]", "people", "[[people]]"),
    ],
)
def test_a_single_table_where_several_may_stand_is_told_to_double_its_brackets(
    folder: Folder, written: str, as_value: str, header: str
) -> None:
    text = f'{RULE}quorum = 2\n[[people]]\nslack = ["U0A"]\n{MINIMAL}'
    for single in (written[1:-1], written[1:-2] + ".main]"):
        line = text[: text.index(written)].count("\n") + 1
        refused = folder.refusal(text.replace(written, single))
        assert refused == (
            f"countersign.toml:{line}: “{as_value}”: write {header}, with two brackets, above each"
            " one"
        )


@pytest.mark.parametrize(
    ("old", "new", "refusal"),
    [
        ("[policy]", "[[policy]]", ":1: “policy”: must be a table of its own, [policy]"),
        ("[policy]", "people = [1]\n[policy]", ":1: “people”: must be a table of its own, [[peop"),
        (
            "quorum = 1",
            "quorum = 1\nrules = [1]",
            ":4: “rules”: must be a table of its own, [[policy.rules]]",
        ),
        (
            "quorum = 1",
            "quorum = 1\nrules = [[]]",
            ":4: “rules”: must be a table of its own, [[policy.rules]]",
        ),
    ],
)
def test_what_should_be_a_table_is_told_its_brackets(
    folder: Folder, old: str, new: str, refusal: str
) -> None:
    found = folder.refusal(MINIMAL.replace(old, new))
    assert found.startswith(f"countersign.toml{refusal}")


@pytest.mark.parametrize("condition", ["accounts", "providers", "order_types", "over"])
def test_a_rule_that_names_nothing_is_refused(folder: Folder, condition: str) -> None:
    other = "hold" if condition == "over" else 'over = ["1 CNY"]\nhold'
    for rule in (f"{condition} = []\nquorum = 1\n", f'{condition} = []\n{other} = "1m"\n'):
        assert folder.refusal(MINIMAL + RULE + rule) == (
            f"countersign.toml:11: “{condition}”: names nothing, so it would hold for every order;"
            " remove the key, or the rule"
        )


def test_a_rule_may_leave_every_condition_out(folder: Folder) -> None:
    assert folder.load(f"{MINIMAL}{RULE}quorum = 2\n").policy.rules[0].quorum == 2


@pytest.mark.parametrize("quorum", ["quorum = 0", "quorum = -1", ""])
def test_pitfall_15_a_quorum_of_nobody_is_refused(folder: Folder, quorum: str) -> None:
    assert "quorum" in folder.refusal(MINIMAL.replace("quorum = 1", quorum))
