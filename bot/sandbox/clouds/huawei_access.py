"""Who may call the embedded Huawei Cloud: signed requests, IAM tokens, locked keys.

Sources: API signing guide (15 minutes of clock difference; five refused signatures in a row lock a
key for five minutes); IAM API "obtaining a user token by password" (a token lives 24 hours).
"""

from __future__ import annotations

import json
import re
import uuid
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web

from bot.sandbox.clouds.book import Book, CloudAccount
from bot.sandbox.clouds.huawei_errors import (
    AUTHENTICATION,
    LOCKED,
    TOKEN_EXPIRED,
    UNREADABLE_TOKEN,
    WRONG_SIGNATURE,
    iam_refusal,
    refusal,
    reply,
)
from bot.sandbox.clouds.huawei_signature import (
    DATE_HEADER,
    SignedRequest,
    is_signed_by,
    parse_authorization,
)

PROVIDER = "huawei"
_CLOCK_TOLERANCE = timedelta(minutes=15)
_TOKEN_LIFE = timedelta(hours=24)
_REFUSALS_UNTIL_LOCK = 5
_LOCK = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class _Token:
    account: CloudAccount
    expires_at: datetime


class Access:
    """The gateway in front of the operations; it remembers tokens and refused keys."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._tokens: dict[str, _Token] = {}
        self._refusals: Counter[str] = Counter()
        self._locked_until: dict[str, datetime] = {}

    def presented(self, request: SignedRequest) -> str:
        """The account that the request claims to be, unproven; "" if it names none."""
        token = self._tokens.get(request.headers.get("x-auth-token", ""))
        if token is not None:
            return token.account.name
        account = self._by_key(_access_key_id(request))
        return account.name if account else ""

    def check(self, request: SignedRequest, now: datetime) -> CloudAccount:
        """The account that proved itself.

        Raises:
            Refused: APIGW.0301, or APIGW.0307 for a token whose 24 hours are over.
        """
        if "x-auth-token" in request.headers:
            return self._by_token(request.headers["x-auth-token"], now)
        access_key_id = _access_key_id(request)
        locked_until = self._locked_until.get(access_key_id)
        if locked_until is not None and self._book.now() < locked_until:
            raise refusal(AUTHENTICATION, LOCKED)
        account = self._by_key(access_key_id)
        if account is None or not _proves(account, request, now):
            self._count_refusal(access_key_id)
            raise refusal(AUTHENTICATION, WRONG_SIGNATURE)
        self._refusals.pop(access_key_id, None)
        return account

    def user(self, body: bytes) -> CloudAccount | None:
        """The account whose IAM user a token request names, its password unchecked."""
        domain, user = _domain_and_user(_parsed(body))
        return next(
            (
                account
                for account in self._book.accounts.values()
                if account.provider == PROVIDER
                and account.iam_user is not None
                and account.iam_user == user.get("name")
                and _is_domain_of(account, domain)
            ),
            None,
        )

    def issue_token(self, body: bytes, now: datetime, *, with_catalog: bool) -> web.Response:
        """
        Answer POST /v3/auth/tokens: password method, scoped to the account's domain.

        Raises:
            Refused: IAM's own error shape, 400 or 401.
        """
        payload = _parsed(body)
        _, user = _domain_and_user(payload)
        scope = _object(_object(payload, "auth"), "scope").get("domain")
        if not user or not isinstance(scope, dict):
            raise iam_refusal(400, "The request body is invalid.", "Bad Request")
        account = self.user(body)
        if account is None or account.iam_password != user.get("password"):
            raise iam_refusal(401, "The username or password is wrong.", "Unauthorized")
        if not _is_domain_of(account, scope):
            raise iam_refusal(401, "The scope is not a domain of this user.", "Unauthorized")
        token, expires_at = f"SANDBOX{uuid.uuid4().hex}", now + _TOKEN_LIFE
        self._tokens[token] = _Token(account, expires_at)
        described = _token_body(account, now, expires_at)
        if with_catalog:
            described["catalog"] = []
        return reply({"token": described}, status=201, headers={"X-Subject-Token": token})

    def _by_key(self, access_key_id: str) -> CloudAccount | None:
        return next(iter(self._book.by_key(PROVIDER, access_key_id)), None)

    def _by_token(self, text: str, now: datetime) -> CloudAccount:
        token = self._tokens.get(text)
        if token is None:
            raise refusal(AUTHENTICATION, UNREADABLE_TOKEN)
        if now >= token.expires_at:
            raise refusal(TOKEN_EXPIRED)
        return token.account

    def _count_refusal(self, access_key_id: str) -> None:
        if not access_key_id:
            return
        self._refusals[access_key_id] += 1
        if self._refusals[access_key_id] >= _REFUSALS_UNTIL_LOCK:
            self._locked_until[access_key_id] = self._book.now() + _LOCK
            del self._refusals[access_key_id]


def _proves(account: CloudAccount, request: SignedRequest, now: datetime) -> bool:
    authorization = parse_authorization(request.headers.get("authorization", ""))
    date = _signing_date(request.headers.get(DATE_HEADER, ""))
    if authorization is None or date is None or abs(now - date) > _CLOCK_TOLERANCE:
        return False
    if account.security_token not in (None, request.headers.get("x-security-token")):
        return False
    return is_signed_by(account.access_key_secret, request, authorization)


def _signing_date(text: str) -> datetime | None:
    if not re.fullmatch(r"\d{8}T\d{6}Z", text):
        return None
    try:
        return datetime.strptime(text, "%Y%m%dT%H%M%S%z")
    except ValueError:
        return None


def _access_key_id(request: SignedRequest) -> str:
    authorization = parse_authorization(request.headers.get("authorization", ""))
    return authorization.access_key_id if authorization else ""


def _token_body(account: CloudAccount, now: datetime, expires_at: datetime) -> dict[str, Any]:
    domain = {"id": account.domain_id, "name": account.iam_domain}
    return {
        "expires_at": _microseconds(expires_at),
        "issued_at": _microseconds(now),
        "methods": ["password"],
        "domain": domain,
        "roles": [{"id": "0", "name": "op_fine_grained"}],
        "user": {
            "domain": domain,
            "id": uuid.uuid5(uuid.NAMESPACE_DNS, f"{account.iam_user}.{account.name}").hex,
            "name": account.iam_user,
            "password_expires_at": "",
        },
    }


def _microseconds(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _domain_and_user(payload: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    identity = _object(_object(payload, "auth"), "identity")
    user = _object(_object(identity, "password"), "user")
    return _object(user, "domain"), user


def _is_domain_of(account: CloudAccount, domain: dict[str, Any]) -> bool:
    return (
        domain.get("name") == account.iam_domain
        if "name" in domain
        else domain.get("id") == account.domain_id
    )


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


def _object(value: Any, name: str) -> dict[str, Any]:
    """The object under *name*, or an empty one where there is none."""
    inner = value.get(name) if isinstance(value, dict) else None
    return inner if isinstance(inner, dict) else {}
