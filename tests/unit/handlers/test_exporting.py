"""`/order export`: what is typed, what is said of the file, and its way into Slack."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import AsyncIterator, Iterator
from typing import Any, BinaryIO

import aiohttp
import pytest
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient
from structlog.testing import capture_logs

from bot.domain.orders import PaymentStatus
from bot.errors import (
    MessageDelayed,
    MessageRefused,
    MessageUnsure,
    MessengerError,
    ProviderRefused,
    UsageError,
)
from bot.sandbox.workspace import Workspace, start_workspace
from bot.sandbox.workspace.faults import FaultKind
from bot.services.export_files import ExportFormat
from bot.services.exports import OrderExport
from bot.services.lists import AccountState
from handlers.export_typed import Export
from handlers.parsing import parse_command
from handlers.uploads import SlackFiles
from handlers.views.exports import collecting, export_card, nothing_card, sent_card
from handlers.views.surface import Rendered
from tests.builders import NOON, a_filter, an_account
from tests.surfaces import checked, read

CONTENT = b"account,order_id\r\nhuawei-main,CS1\r\n"
ZONE = "Europe/Berlin"
HOSTILE = "<!channel> *x* <https://evil.example|Approve>"
OPEN, ADDRESS, UPLOAD = "conversations.open", "files.getUploadURLExternal", "upload"
COMPLETE = "files.completeUploadExternal"


@pytest.fixture
async def slack() -> AsyncIterator[Workspace]:
    async with start_workspace() as workspace:
        yield workspace


@pytest.fixture
async def files(slack: Workspace) -> AsyncIterator[SlackFiles]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=1)) as session:
        yield SlackFiles(
            AsyncWebClient(
                token=slack.bot_token,
                base_url=slack.api_url,
                session=session,
                retry_handlers=[AsyncRateLimitErrorRetryHandler(max_retry_count=1)],
            )
        )


@pytest.fixture
def file() -> Iterator[BinaryIO]:
    with tempfile.TemporaryFile() as file:
        file.write(CONTENT)
        file.seek(0)
        yield file


def an_export(file: BinaryIO | None = None, **parts: Any) -> OrderExport:
    usual: dict[str, Any] = {
        "file": file,
        "name": "orders-20261118-1200.csv",
        "form": ExportFormat.CSV,
        "wanted": a_filter(),
        "states": (AccountState(an_account(), NOON, None),),
        "count": 1,
        "total": 1,
        "status_unknown": 0,
        "size": len(CONTENT),
        "sha256": "ab" * 32,
    }
    return OrderExport(**(usual | parts))


def silent(name: str = "alibaba-main", code: str = "") -> AccountState:
    problem = ProviderRefused("no", account=name, code=code)
    return AccountState(an_account(name=name), None, NOON, problem=problem)


@pytest.mark.parametrize(
    ("typed", "command"),
    [
        ("export", Export()),
        ("Export format:csv", Export()),
        ("export format:JSONL", Export(form=ExportFormat.JSONL)),
        ("export status:unpaid since:90d", Export({"status": "unpaid", "since": "90d"})),
        (
            "export format:jsonl account:x over:5000",
            Export({"account": "x", "over": "5000"}, ExportFormat.JSONL),
        ),
    ],
)
def test_an_export_takes_the_filters_of_a_list_and_a_format(typed: str, command: Export) -> None:
    assert parse_command(typed) == command


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        ("export unpaid", r"Did you mean /order export status:unpaid \?"),
        ("export jsonl", r"Did you mean /order export format:jsonl \?"),
        ("export formt:csv", r"Did you mean /order export format:csv \?"),
        ("export format:xlsx", "there are csv, jsonl, for example /order export"),
        ("export format:", "there are csv, jsonl, for example /order export"),
        ("export format:csv format:jsonl", "“format” is there twice"),
        ("export stat:unpaid", r"Did you mean status:unpaid \?"),
        ("exprt", "/order export"),
    ],
)
def test_what_cannot_be_read_is_answered_with_the_fix(typed: str, hint: str) -> None:
    with pytest.raises(UsageError, match=hint):
        parse_command(typed)


def test_the_message_says_how_many_from_when_and_as_of_when() -> None:
    card = checked(export_card(an_export(count=123, total=123), ZONE))
    assert card.text == "123 orders"
    assert "placed <!date^" in read(card)
    assert "as of <!date^" in read(card)


def test_a_cloud_that_did_not_answer_is_named_in_the_message_and_in_the_answer() -> None:
    export = an_export(states=(AccountState(an_account(), NOON, None), silent()))
    for card in (export_card(export, ZONE), sent_card(export, ZONE), nothing_card(export, ZONE)):
        said = read(checked(card))
        assert "alibaba-main refused the request" in said
        assert "alibaba-main: orders before" not in said, "of the window nothing was read at all"
    assert sent_card(export, ZONE).text == (
        "Sent to your direct messages: 1 order. No good answer from alibaba-main."
    )


def test_a_file_that_could_not_hold_all_says_so() -> None:
    export = an_export(count=100_000, total=123_456)
    assert checked(sent_card(export, ZONE)).text == (
        "Sent to your direct messages: the first 100,000 of 123,456 orders."
    )
    assert "A file holds 100,000 orders at most." in read(export_card(export, ZONE))


def test_unpaid_orders_end_with_the_count_of_those_whose_status_is_not_known() -> None:
    unpaid = a_filter(payment_status=PaymentStatus.UNPAID)
    card = export_card(an_export(wanted=unpaid, status_unknown=2), ZONE)
    assert "2 more whose status is not known" in read(card)


def test_where_no_order_fits_there_is_no_file() -> None:
    card = checked(nothing_card(an_export(count=0, total=0), ZONE))
    assert card.text.startswith("No order fits, so there is no file.")


def test_any_number_of_accounts_and_any_code_fit_and_do_nothing() -> None:
    states = tuple(silent(f"account-{n:03}", code=HOSTILE) for n in range(300))
    for card in (sent_card(an_export(states=states), ZONE), collecting()):
        checked(card)


CARD: Rendered = export_card(an_export(), ZONE)


async def test_the_file_stands_in_the_direct_messages_of_one_person(
    slack: Workspace, files: SlackFiles, file: BinaryIO
) -> None:
    await files.send(an_export(file), CARD, to="U0ALICE")
    [shared] = slack.files
    assert (shared.content, shared.channel_id) == (CONTENT, "D0ALICE")
    assert (shared.name, shared.title) == ("orders-20261118-1200.csv",) * 2
    [message] = slack.messages("D0ALICE", "U0ALICE")
    assert message.blocks[0]["text"]["text"] == "1 order"
    assert slack.messages("D0ALICE", "U0BOB") == []


@pytest.mark.parametrize(
    ("method", "scope"), [(OPEN, "im:write"), (ADDRESS, "files:write"), (COMPLETE, "files:write")]
)
async def test_a_scope_that_is_missing_is_named_with_the_fix(
    slack: Workspace, files: SlackFiles, file: BinaryIO, method: str, scope: str
) -> None:
    slack.fault("error", method, error="missing_scope")
    with pytest.raises(MessageRefused, match=f"lacks the scope {scope}.*countersign manifest"):
        await files.send(an_export(file), CARD, to="U0ALICE")
    assert slack.files == []


_MINUTE = (MessageDelayed, "ask again in a minute")
_LOOK = (MessageUnsure, "Look in your direct messages")


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        (("error", OPEN, "user_disabled"), (MessageRefused, "the file .user_disabled.")),
        (("error", ADDRESS, "storage_limit_reached"), (MessageRefused, "storage_limit_reached")),
        (("error", COMPLETE, "restricted_action"), (MessageRefused, "restricted_action")),
        (("error", ADDRESS, "internal_error"), _MINUTE),
        (("drop_before", OPEN, ""), _MINUTE),
        (("drop_after", ADDRESS, ""), _MINUTE),
        (("drop_after", UPLOAD, ""), _MINUTE),
        (("error", UPLOAD, "broken"), _MINUTE),
        (("rate_limited", UPLOAD, ""), _MINUTE),
        (("drop_before", COMPLETE, ""), _LOOK),
        (("error", COMPLETE, "fatal_error"), _LOOK),
    ],
)
async def test_each_way_to_fail_is_one_sentence_with_the_fix_and_shares_nothing(
    slack: Workspace,
    files: SlackFiles,
    file: BinaryIO,
    fault: tuple[FaultKind, str, str],
    outcome: tuple[type[MessengerError], str],
) -> None:
    kind, method, word = fault
    slack.fault(kind, method, error=word)
    error, text = outcome
    with pytest.raises(error, match=text):
        await files.send(an_export(file), CARD, to="U0ALICE")
    assert slack.files == []
    assert slack.messages("D0ALICE", "U0ALICE") == []


async def test_bytes_that_slack_does_not_take_are_a_refusal(
    slack: Workspace, files: SlackFiles, file: BinaryIO
) -> None:
    with pytest.raises(MessageRefused, match=r"the file .http_400.\. Nothing was sent"):
        await files.send(an_export(file, size=5), CARD, to="U0ALICE")
    assert slack.files == []


async def test_a_file_that_was_shared_before_the_line_dropped_is_not_shared_again(
    slack: Workspace, files: SlackFiles, file: BinaryIO
) -> None:
    slack.fault("drop_after", COMPLETE)
    with pytest.raises(MessageUnsure):
        await files.send(an_export(file), CARD, to="U0ALICE")
    assert len(slack.messages("D0ALICE", "U0ALICE")) == 1
    assert [call.method for call in slack.calls].count(COMPLETE) == 1


@pytest.mark.slow
async def test_where_slack_asks_to_wait_it_is_waited_for_once_and_then_said(
    slack: Workspace, files: SlackFiles, file: BinaryIO
) -> None:
    slack.fault("rate_limited", OPEN, seconds=1)
    await files.send(an_export(file), CARD, to="U0ALICE")
    slack.fault("rate_limited", OPEN, seconds=1, times=2)
    with pytest.raises(MessageDelayed, match=r"Slack asks to wait 1 s\. Nothing was sent"):
        await files.send(an_export(file), CARD, to="U0ALICE")
    assert len(slack.files) == 1


@pytest.mark.parametrize("url", ["not a url at all ", "//x", "http:", f"http://{'a' * 300}", "["])
async def test_slack_that_answers_nonsense_is_a_refusal(
    slack: Workspace, files: SlackFiles, file: BinaryIO, url: str
) -> None:
    slack.state.url = url
    with pytest.raises(MessengerError, match="Nothing was sent"):
        await files.send(an_export(file), CARD, to="U0ALICE")


@pytest.mark.parametrize("kind", ["error", "drop_before", "drop_after"])
async def test_pitfall_46_the_address_of_an_upload_is_nowhere_in_errors_and_logs(
    slack: Workspace,
    files: SlackFiles,
    file: BinaryIO,
    kind: FaultKind,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    slack.fault(kind, UPLOAD)
    with capture_logs() as logs, pytest.raises(MessengerError) as caught:
        await files.send(an_export(file), CARD, to="U0ALICE")
    chain: list[BaseException | None] = [caught.value, caught.value.__cause__]
    assert caught.value.__context__ is None or caught.value.__suppress_context__
    said = " ".join([*map(repr, chain), caplog.text, repr(logs)])
    assert "/upload/v1/" not in said
