"""Logs: JSON lines, every logger in one stream, no secret and no chatter of libraries."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

import pytest
import structlog
from aiohttp import web
from aiohttp.http_exceptions import BadHttpMessage
from hypothesis import given
from hypothesis import strategies as st
from slack_bolt.logger import get_bolt_logger

from bot.logs import configure_logging, mask_values

SECRET = "s3cr3t-of-the-log-tests"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def fail(message: str) -> NoReturn:
    raise RuntimeError(message)


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    target = io.StringIO()
    configure_logging(debug=False, stream=target)
    yield target
    structlog.reset_defaults()
    root.handlers, root.level = handlers, level


@pytest.fixture
def lines(stream: io.StringIO) -> Callable[[], list[dict[str, Any]]]:
    return lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


def test_both_kinds_of_loggers_write_one_json_object_a_line(
    lines: Callable[[], list[dict[str, Any]]],
) -> None:
    structlog.get_logger("bot.one").warning("provider_failed", account="alibaba-main")
    logging.getLogger("bot.two").info("started", extra={"port": 3000})
    first, second = lines()
    assert (first["event"], first["account"], first["level"]) == (
        "provider_failed",
        "alibaba-main",
        "warning",
    )
    assert (second["event"], second["port"], second["logger"]) == ("started", 3000, "bot.two")
    assert first["timestamp"].endswith("Z")


def test_an_exception_is_told_without_its_secret(
    stream: io.StringIO, lines: Callable[[], list[dict[str, Any]]]
) -> None:
    try:
        fail(f"GET https://host/?Signature={SECRET}")
    except RuntimeError:
        structlog.get_logger().exception("broken")
        logging.getLogger("foreign").exception("broken too")
    assert all("RuntimeError" in line["exception"] for line in lines())
    assert SECRET not in stream.getvalue()


@pytest.mark.parametrize("name", ["httpx", "httpcore.http11", "slack_sdk.web", "aiohttp.access"])
def test_a_library_is_heard_from_warning_on(
    name: str, lines: Callable[[], list[dict[str, Any]]]
) -> None:
    logger = logging.getLogger(name)
    before = logger.level
    logger.setLevel(logging.DEBUG)  # a level of its own changes nothing
    logger.info("HTTP Request: GET https://host/?q=1")
    logger.warning("heard")
    logger.setLevel(before)
    assert [line["event"] for line in lines()] == ["heard"]


def test_bolts_own_loggers_are_quiet_although_they_copy_the_roots_level(
    lines: Callable[[], list[dict[str, Any]]],
) -> None:
    class AsyncRequestVerification: ...

    logger = get_bolt_logger(AsyncRequestVerification)
    assert logger.level == logging.INFO
    logger.info("Invalid request signature detected (body: token=abc)")
    assert lines() == []


def test_a_terminal_gets_plain_lines_without_secrets(stream: io.StringIO) -> None:
    terminal = Terminal()
    configure_logging(debug=True, stream=terminal)
    try:
        fail(f"SecurityToken={SECRET}")
    except RuntimeError:
        structlog.get_logger().exception("broken", authorization=SECRET)
    assert "broken" in terminal.getvalue()
    assert "RuntimeError" in terminal.getvalue()
    assert SECRET not in terminal.getvalue()
    assert stream.getvalue() == ""


OBEYED = "\x1b[31mred\x9b2J\u202e\u2028\nforged line"


def test_a_terminal_shows_what_it_would_obey(stream: io.StringIO) -> None:
    """The stream is not used: it puts the loggers back."""
    terminal = Terminal()
    configure_logging(debug=False, stream=terminal)
    structlog.get_logger().warning("failed", account="a", nested={"code": OBEYED})
    usual = terminal.getvalue().count("\x1b")
    structlog.get_logger().warning("failed", account=OBEYED, nested={"code": OBEYED})
    logging.getLogger("aiohttp.server").warning(OBEYED)
    text = terminal.getvalue()
    assert text.count("\x1b[31mred") == 0
    assert "\\x1b[31mred" in text
    assert not any(line.startswith("forged") for line in text.splitlines())
    assert not {"\x9b", "\u202e", "\u2028"} & set(text)
    assert text.count("\n") == 3
    assert text.count("\x1b") <= 3 * usual
    assert stream.getvalue() == ""


def test_a_traceback_on_a_terminal_keeps_its_lines_and_nothing_else(stream: io.StringIO) -> None:
    terminal = Terminal()
    configure_logging(debug=False, stream=terminal)
    try:
        fail("\x1b[31mred")
    except RuntimeError:
        structlog.get_logger().exception("broken")
    assert "\n  File " in terminal.getvalue()
    assert "\x1b[31mred" not in terminal.getvalue()
    assert stream.getvalue() == ""


def test_a_json_line_is_one_printable_line_that_says_it_exactly(
    stream: io.StringIO, lines: Callable[[], list[dict[str, Any]]]
) -> None:
    structlog.get_logger().warning("failed", account=OBEYED, city="上海")
    assert stream.getvalue().removesuffix("\n").isprintable()
    assert "上海" in stream.getvalue()
    assert [line["account"] for line in lines()] == [OBEYED]


def test_what_is_no_http_leaves_no_line(lines: Callable[[], list[dict[str, Any]]]) -> None:
    server = logging.getLogger("aiohttp.server")
    for error in (BadHttpMessage("x"), web.RequestPayloadError("x"), RuntimeError("a bug")):
        server.error("Error handling request", exc_info=error)
    logging.getLogger("other").error("heard", exc_info=BadHttpMessage("x"))
    assert [line["event"] for line in lines()] == ["Error handling request", "heard"]


class Holder:
    """An object whose text shows what it holds."""

    def __init__(self, value: object) -> None:
        self.value = value

    def __repr__(self) -> str:
        return f"Holder({self.value!r})"


nested = st.recursive(
    st.just(f"token={SECRET}"),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3),
        st.tuples(inner),
        st.dictionaries(st.sampled_from(["a", "b"]), inner, min_size=1),
        inner.map(Holder),
    ),
    max_leaves=6,
)


@given(nested)
def test_no_nesting_hides_a_secret_from_the_mask(value: object) -> None:
    masked = mask_values(None, "info", {"event": "seen", "value": value})
    assert SECRET not in json.dumps(masked)


@given(st.text(min_size=1))
def test_a_secret_field_is_masked_whatever_its_value(value: str) -> None:
    masked = mask_values(None, "info", {"event": "x", "headers": {"Authorization": value}})
    assert masked["headers"] == {"Authorization": "***"}
