"""[[accounts]]: one table per set of credentials, one class per provider."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from bot.domain.accounts import Account, Provider
from bot.i18n import _
from bot.providers.credentials import Credentials
from bot.settings.secret import Secret
from bot.settings.values import (
    BaseUrl,
    ConsoleUrl,
    Filled,
    KeyId,
    Name,
    SecretRef,
    Table,
    Timeout,
    TimeZone,
)

# Front pages; no provider documents an address of a single order.
CONSOLES = {
    ("alibaba", "china"): "https://usercenter2.aliyun.com/",
    ("alibaba", "international"): "https://usercenter2-intl.aliyun.com/",
    ("huawei", "china"): "https://account.huaweicloud.com/usercenter/",
    ("huawei", "international"): "https://account-intl.huaweicloud.com/usercenter/",
    ("unicloud", ""): "https://console.unicloud.com/",
}


def _check_owner_id(value: str) -> str:
    if not re.fullmatch(r"\d{1,20}", value):
        raise ValueError(_("must be the customer's account id, digits only, in quotes"))
    return value


class _AccountTable(Table):
    """Keys that every account has. *timeout* bounds one call with all its attempts."""

    name: Name
    endpoint: BaseUrl | None = None
    proxy: BaseUrl | None = None
    console_url: ConsoleUrl | None = None
    requests_per_second: float = Field(5.0, gt=0, le=100)
    timeout: Timeout = timedelta(seconds=20)

    def _account(self, provider: str, site: str, owner_id: str | None = None) -> Account:
        console = self.console_url or CONSOLES[provider, site]
        return Account(self.name, Provider(provider), site, owner_id, console)


class AlibabaAccount(_AccountTable):
    """Alibaba Cloud: an AccessKey, or an STS token of three parts."""

    provider: Literal["alibaba"]
    site: Literal["china", "international"]
    access_key_id: KeyId
    access_key_secret: SecretRef
    security_token: SecretRef | None = None
    owner_id: Annotated[str, AfterValidator(_check_owner_id)] | None = None
    cancel_access_key_id: KeyId | None = None
    cancel_access_key_secret: SecretRef | None = None
    cancel_security_token: SecretRef | None = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        _check_cancel_pair(self, "access_key_id", "access_key_secret", depends=("security_token",))
        return self

    def account(self) -> Account:
        return self._account("alibaba", self.site, self.owner_id)

    def credentials(self) -> Credentials:
        return _credentials(
            self.access_key_id,
            access_key_secret=self.access_key_secret,
            security_token=self.security_token,
        )

    def cancel_credentials(self) -> Credentials | None:
        """The separate key for cancelling; None where `credentials` cancel too."""
        if self.cancel_access_key_id is None:
            return None
        return _credentials(
            self.cancel_access_key_id,
            access_key_secret=self.cancel_access_key_secret,
            security_token=self.cancel_security_token,
        )


class HuaweiAccount(_AccountTable):
    """Huawei Cloud: AK/SK, perhaps with a security token, or an IAM user for a token."""

    provider: Literal["huawei"]
    site: Literal["china", "international"]
    access_key_id: KeyId | None = None
    secret_access_key: SecretRef | None = None
    security_token: SecretRef | None = None
    domain_id: Filled | None = None
    iam_user: Filled | None = None
    iam_password: SecretRef | None = None
    iam_domain: Filled | None = None
    iam_endpoint: BaseUrl | None = None
    cancel_access_key_id: KeyId | None = None
    cancel_secret_access_key: SecretRef | None = None
    cancel_security_token: SecretRef | None = None
    cancel_iam_user: Filled | None = None
    cancel_iam_password: SecretRef | None = None
    cancel_iam_domain: Filled | None = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        key = (self.access_key_id, self.secret_access_key)
        user = (self.iam_user, self.iam_password, self.iam_domain)
        by_key = all(key) and not any(user)
        by_user = all(user) and not any((*key, self.security_token))
        if not by_key and not by_user:
            raise ValueError(
                _(
                    "needs either access_key_id and secret_access_key, "
                    "or iam_user, iam_password and iam_domain, and not both"
                )
            )
        _check_cancel_pair(self, "access_key_id", "secret_access_key", depends=("security_token",))
        _check_cancel_pair(self, "iam_user", "iam_password", "iam_domain")
        if self.cancel_access_key_id is not None and self.cancel_iam_user is not None:
            raise ValueError(
                _("needs either cancel_access_key_id or cancel_iam_user, and not both")
            )
        return self

    @property
    def uses_iam_token(self) -> bool:
        return self.iam_user is not None

    def account(self) -> Account:
        return self._account("huawei", self.site)

    def credentials(self) -> Credentials:
        return _credentials(
            self.access_key_id or "",
            secret_access_key=self.secret_access_key,
            security_token=self.security_token,
            iam_user=self.iam_user,
            iam_password=self.iam_password,
            iam_domain=self.iam_domain,
        )

    def cancel_credentials(self) -> Credentials | None:
        """The separate key or user for cancelling; None where `credentials` cancel too."""
        if self.cancel_access_key_id is None and self.cancel_iam_user is None:
            return None
        return _credentials(
            self.cancel_access_key_id or "",
            secret_access_key=self.cancel_secret_access_key,
            security_token=self.cancel_security_token,
            iam_user=self.cancel_iam_user,
            iam_password=self.cancel_iam_password,
            iam_domain=self.cancel_iam_domain,
        )


class UnicloudAccount(_AccountTable):
    """Unicloud. Upstream documents neither version nor zone nor currency, hence the settings."""

    provider: Literal["unicloud"]
    access_key_id: KeyId
    access_key_secret: SecretRef
    version: Filled = "2020-07-30"
    region_id: str = ""  # "" asks GetRegion
    time_zone: TimeZone = "Asia/Shanghai"
    currency: str = Field("", pattern=r"^(?:[A-Z]{3})?$")  # "" shows the number alone
    cancel_access_key_id: KeyId | None = None
    cancel_access_key_secret: SecretRef | None = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        _check_cancel_pair(self, "access_key_id", "access_key_secret")
        return self

    def account(self) -> Account:
        return self._account("unicloud", "")

    def credentials(self) -> Credentials:
        return _credentials(self.access_key_id, access_key_secret=self.access_key_secret)

    def cancel_credentials(self) -> Credentials | None:
        """The separate key for cancelling; None where `credentials` cancel too."""
        if self.cancel_access_key_id is None:
            return None
        return _credentials(
            self.cancel_access_key_id, access_key_secret=self.cancel_access_key_secret
        )


AccountSettings = AlibabaAccount | HuaweiAccount | UnicloudAccount


def _credentials(access_key_id: str | Secret, **parts: str | Secret | None) -> Credentials:
    given = {name: part for name, part in parts.items() if part is not None}
    return Credentials(access_key_id, given)


def _check_cancel_pair(table: Table, *names: str, depends: tuple[str, ...] = ()) -> None:
    """A separate key for cancelling is given whole or not at all."""
    given = [name for name in names if getattr(table, f"cancel_{name}") is not None]
    extra = [name for name in depends if getattr(table, f"cancel_{name}") is not None]
    if (given or extra) and len(given) < len(names):
        missing = next(name for name in names if name not in given)
        raise ValueError(
            _("lacks cancel_{missing}, which goes with the other cancel_ keys", missing=missing)
        )
