"""Accounts in a digest: what each has, and which cloud did not answer."""

from __future__ import annotations

from collections.abc import Iterator

from slack_sdk.models.blocks import Block

from bot.domain.digest_contents import AccountShown, DigestContents
from bot.i18n import _
from handlers.views import digest_words as say
from handlers.views.surface import plain
from handlers.views.text import cut, when

ACCOUNTS = 8  # named with their totals
PROBLEMS = 5  # accounts that did not answer, named with their reason
PROBLEM = 180  # characters of one, its reason cut
NAMES = 300  # characters of the names of accounts that are only counted


def problem_blocks(contents: DigestContents) -> Iterator[Block]:
    """Clouds that did not answer: never passed over, never shown as empty."""
    if shown := problem_texts(contents):
        yield plain("\n".join(shown), lines=True)


def problem_texts(contents: DigestContents) -> list[str]:
    """A sentence each; beyond PROBLEMS only their names: the thread tells the rest of those."""
    failed = _failed(contents)
    shown = [_problem(each, contents) for each in failed[:PROBLEMS]]
    if left := [say.part(each.name, say.ACCOUNT) for each in failed[PROBLEMS:]]:
        more = _(
            "No good answer from {count} more accounts; since when is in the thread:",
            count=len(left),
        )
        shown.append(cut(f"{more} {', '.join(left)}", NAMES))
    return shown


def problem_rows(contents: DigestContents) -> list[tuple[str, str, str]]:
    """(last good answer, name, what was wrong) of those that are only named above the fold."""
    return [
        (_good_at(each, contents), each.name, each.problem) for each in _failed(contents)[PROBLEMS:]
    ]


def _failed(contents: DigestContents) -> list[AccountShown]:
    return [each for each in contents.accounts if each.problem]


def _good_at(account: AccountShown, contents: DigestContents) -> str:
    return when(account.good_at, contents.zone) if account.good_at else _("no answer so far")


def _problem(account: AccountShown, contents: DigestContents) -> str:
    name = say.part(account.name, say.ACCOUNT)
    if account.good_at is None:
        said = _("No answer from {account} so far: its orders are not known.", account=name)
    else:
        since = when(account.good_at, contents.zone)
        said = _(
            "No answer from {account} since {when}: its orders are shown as of then.",
            account=name,
            when=since,
        )
    return f"{said} {say.part(account.problem, PROBLEM - len(name))}"


def account_blocks(contents: DigestContents) -> Iterator[Block]:
    """What each account has, a line each; one alone is said in the title."""
    shown = [_account(each, contents) for each in contents.accounts[:ACCOUNTS]]
    if len(contents.accounts) > ACCOUNTS:
        count = len(contents.accounts) - ACCOUNTS
        shown.append(_("and {count} more accounts, in the thread", count=count))
    if len(contents.accounts) > 1:
        yield plain("\n".join(shown), lines=True)


def account_rows(contents: DigestContents) -> list[tuple[str, str, str]]:
    """(what it has, name, last good answer) of those that are not named above the fold."""
    return [
        (_found(each, contents), each.name, _good_at(each, contents))
        for each in contents.accounts[ACCOUNTS:]
    ]


def _found(account: AccountShown, contents: DigestContents) -> str:
    totals = [each for each in contents.totals if each.account == account.name]
    if count := sum(each.count for each in totals):
        return " · ".join((say.orders(count), *say.sums(totals)))
    if not account.problem:
        return _("nothing unpaid")
    return _("not known") if account.good_at is None else _("nothing known to be unpaid")


def _account(account: AccountShown, contents: DigestContents) -> str:
    name = say.part(account.name, say.ACCOUNT)
    said = _("{account}: {found}", account=name, found=_found(account, contents))
    if not account.problem or account.good_at is None:
        return said
    return f"{said} ({_('as of {when}', when=when(account.good_at, contents.zone))})"
