"""No secret leaves: neither one that is known nor one that looks like one."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.redact import MASK, Redactor, is_secret_field, mask

KEY_TEXT = st.text("ABCDEFabcdef0123456789+/=_-", min_size=8, max_size=60)


@given(before=st.text(), secret=KEY_TEXT, after=st.text())
def test_a_known_secret_is_masked_wherever_it_stands(before: str, secret: str, after: str) -> None:
    redactor = Redactor()
    redactor.register(secret)
    assert secret not in redactor.mask(f"{before}{secret}{after}")


@given(secret=st.text(min_size=8, max_size=40).filter(lambda text: quote(text, safe="") != text))
def test_a_known_secret_is_masked_in_a_url_too(secret: str) -> None:
    redactor = Redactor()
    redactor.register(secret)
    assert quote(secret, safe="") not in redactor.mask(f"https://host/?q={quote(secret, safe='')}")


@given(secrets=st.lists(KEY_TEXT, min_size=1, max_size=5), text=st.text())
def test_a_secret_that_holds_another_is_masked_whole(secrets: list[str], text: str) -> None:
    redactor = Redactor()
    longest = "-".join(secrets)
    for secret in [*secrets, longest]:
        redactor.register(secret)
    assert redactor.mask(f"<{longest}>") == f"<{MASK}>"
    assert all(secret not in redactor.mask(text + longest) for secret in secrets)


@given(st.text())
def test_masking_twice_is_masking_once(text: str) -> None:
    assert mask(mask(text)) == mask(text)


@given(st.text("abcdefghijklmnopqrstuvwxyz ,.!?", max_size=200))
def test_plain_sentences_stay_as_they_are(text: str) -> None:
    assert mask(text) == text


def test_a_very_short_text_is_not_taken_for_a_secret() -> None:
    redactor = Redactor()
    redactor.register("ab")
    assert redactor.mask("a cab") == "a cab"


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("token xoxb-123-456-abcDEF used", "xoxb-123-456-abcDEF"),
        ("xoxe.xoxb-1-Mi0yLTEx used", "Mi0yLTEx"),
        ("xapp-1-A0-1-abcdef", "abcdef"),
        ("Authorization: ACS3-HMAC-SHA256 Credential=AK,SignedHeaders=host,Signature=5e", "5e"),
        ("{'Authorization': 'Bearer s3cr3tvalue'}", "s3cr3tvalue"),
        ("SDK-HMAC-SHA256 Access=AKVALUE, SignedHeaders=h, Signature=77aa", "77aa"),
        ("see https://api.host/?Action=X&Signature=ab%2Bcd%3D&Timestamp=1", "ab%2Bcd%3D"),
        ("see https://api.host/?Action=X&AccessKeyId=LTAIvalue&Format=JSON", "LTAIvalue"),
        ("server string to sign is GET&%2F&AccessKeyId%3DMYKEY%26Action%3DX", "MYKEY"),
        ("x-acs-security-token:CAISvalue\nhost:h", "CAISvalue"),
        ("SecurityToken=CAISvalue", "CAISvalue"),
        ("https://hooks.slack.com/commands/T0/1/abcdef", "abcdef"),
        ("{'response_url': 'http://127.0.0.1:8080/response/abc'}", "response/abc"),
        ("wss://wss-primary.slack.com/link/?ticket=12-ab&app_id=3", "12-ab"),
        ("http://user:hunter22@proxy:3128", "hunter22"),
        ('{"password": "two words", "user": "x"}', "two words"),
        ("The AccessKey LTAI5tAbCdEfGhIj is disabled", "LTAI5tAbCdEfGhIj"),
        ("X-Slack-Signature v0=" + "ab" * 32, "ab" * 32),
    ],
)
def test_what_looks_like_a_secret_is_masked(text: str, secret: str) -> None:
    assert secret not in mask(text)
    assert MASK in mask(text)


def test_no_pattern_takes_from_another_what_it_is_told_by() -> None:
    text = "POST https://hooks.slack.com/commands/T0/1/abc“Bearer s3cr3tvalue failed"
    assert mask(text) == "POST *** *** failed"


@pytest.mark.parametrize(
    "text",
    [
        "Signature does not match",
        "The security token you provided has expired",
        "order 201234567890123 at alibaba-main: 12,480.00 CNY",
        "https://usercenter2.aliyun.com/order/detail?orderId=201234567890123",
        "Specified access key is not found.",
    ],
)
def test_what_people_need_to_read_stays(text: str) -> None:
    assert mask(text) == text


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        ("Authorization", True),
        ("access_key_secret", True),
        ("cancel_security_token", True),
        ("response_url", True),
        ("account", False),
        ("order_id", False),
        ("event", False),
    ],
)
def test_some_names_hide_their_value_whatever_it_is(name: str, secret: bool) -> None:
    assert is_secret_field(name) is secret
