"""The cloud accounts: which provider, which key, and a first read with it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from bot.cli.init.asker import Asker, ask_choice, ask_until
from bot.cli.init.draft import Draft
from bot.cli.init.trying import is_kept
from bot.doctor.clouds import check_account
from bot.doctor.findings import Notes
from bot.domain.accounts import Provider
from bot.i18n import _
from bot.ports import Clock
from bot.settings import AlibabaAccount, HuaweiAccount, UnicloudAccount
from bot.settings.secret import is_reference, read_secret
from bot.settings.values import check_base_url, check_filled, check_name

_Table = type[AlibabaAccount] | type[HuaweiAccount] | type[UnicloudAccount]
_TABLES: dict[str, _Table] = {
    "alibaba": AlibabaAccount,
    "huawei": HuaweiAccount,
    "unicloud": UnicloudAccount,
}
_SITES = ("china", "international")
_TYPED = "COUNTERSIGN_TYPED"  # stands for a typed secret in the trial


class AccountQuestions:
    def __init__(
        self, asker: Asker, draft: Draft, environ: Mapping[str, str], clock: Clock
    ) -> None:
        self._asker = asker
        self._draft = draft
        self._environ = environ
        self._clock = clock

    def ask(self) -> None:
        while True:
            self._ask_account()
            if not self._asker.confirm(_("Another account?"), default=False):
                return

    def _ask_account(self) -> None:
        asker = self._asker
        provider = ask_choice(asker, _("Provider"), tuple(Provider), Provider.ALIBABA)
        name = ask_until(asker, _("Name of the account here"), self._free, f"{provider}-main")
        table: dict[str, Any] = {"name": name, "provider": provider}
        if provider != Provider.UNICLOUD:
            table["site"] = ask_choice(asker, _("Site"), _SITES, "china")
        question = _("Endpoint, if not the provider's own")
        endpoint = ask_until(asker, question, _endpoint, "")
        table |= {"endpoint": endpoint} if endpoint else {}
        while True:
            texts, secret = self._ask_key(provider)
            notes = self._tried(table | texts, secret)
            if is_kept(asker, notes):
                break
        key, text = secret
        self._draft.accounts.append(table | texts | {key: self._kept(name, key, text)})

    def _ask_key(self, provider: str) -> tuple[dict[str, str], tuple[str, str]]:
        """What may be written down, and the name and text of what may not."""
        asker = self._asker
        if provider == Provider.HUAWEI:
            ways = ("key", "user")
            if ask_choice(asker, _("An access key, or an IAM user"), ways, "key") == "user":
                texts = {
                    "iam_user": ask_until(asker, _("IAM user"), check_filled),
                    "iam_domain": ask_until(asker, _("Account name (IAM domain)"), check_filled),
                }
                return texts, ("iam_password", self._ask_secret(_("Password")))
        texts = {"access_key_id": ask_until(asker, _("Access key id"), self._key_id)}
        name = "secret_access_key" if provider == Provider.HUAWEI else "access_key_secret"
        return texts, (name, self._ask_secret(_("Secret of the key")))

    def _ask_secret(self, question: str) -> str:
        """The secret itself, or a reference that can be followed now."""
        while True:
            text = self._asker.ask_secret(_("{what} (or env:NAME, file:PATH)", what=question))
            if text and not is_reference(text):
                return text
            try:
                return self._followed(text)
            except ValueError as error:
                self._asker.say(_("  {reason}", reason=error))

    def _key_id(self, answer: str) -> str:
        return self._followed(answer) if is_reference(answer) else check_filled(answer)

    def _followed(self, reference: str) -> str:
        read_secret(reference, folder=self._draft.folder, environ=self._environ)
        return reference

    def _tried(self, table: dict[str, Any], secret: tuple[str, str]) -> Notes:
        notes = Notes()
        key, text = secret
        reference = text if is_reference(text) else f"env:{_TYPED}"
        environ = {**self._environ, _TYPED: text}
        context = {"folder": self._draft.folder, "environ": environ}
        kind = _TABLES[table["provider"]]
        account = kind.model_validate(table | {key: reference}, context=context)
        asyncio.run(check_account(account, self._clock, notes, []))
        return notes

    def _kept(self, name: str, key: str, text: str) -> str:
        """The reference to write: to a file that is made at the end, or to a variable."""
        if is_reference(text):
            return text
        file = self._draft.free_name(name, ".secret")
        question = _("Write the secret to {file}, for you alone to read?", file=file)
        if self._asker.confirm(question, default=True):
            self._draft.files[file] = text
            return f"file:{file}"
        variable = "".join(c if c.isalnum() else "_" for c in f"{name}_{key}").upper()
        self._draft.variables[variable] = text
        return f"env:{variable}"

    def _free(self, answer: str) -> str:
        taken = {account["name"].casefold() for account in self._draft.accounts}
        if answer.casefold() in taken:
            raise ValueError(_('"{name}" is taken by an account above', name=answer))
        return check_name(answer)


def _endpoint(answer: str) -> str:
    return check_base_url(answer) if answer else ""
