"""Logs on stderr: JSON lines, or plain lines on a terminal; no secret in either, and nothing that a
terminal obeys: such characters are written as escapes.

structlog and the standard library's loggers end in one handler, and every value passes `mask`
before it is written. Libraries speak from WARNING on, whatever level they gave their own loggers:
httpx logs each URL and Bolt the body of each unsigned request at INFO.
"""

from __future__ import annotations

import json
import logging
import sys
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from bot.redact import MASK, is_secret_field, mask, visible

_QUIET = ("httpx", "httpcore", "slack_bolt", "slack_sdk", "aiohttp.access")
_REPEATED = ("stamina",)  # our transport logs each failed attempt itself, with its account
_OF_LINES = ("exception", "stack")  # fields that hold a traceback
_PLAIN_VALUES = (bool, int, float, type(None))


def configure_logging(*, debug: bool, stream: TextIO | None = None) -> None:
    """Send every logger to *stream* (default stderr), from INFO on, from DEBUG on with *debug*."""
    target = stream or sys.stderr
    renderers: list[Processor] = (
        [
            _visible_values,
            structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),
        ]
        if target.isatty()
        else [structlog.processors.JSONRenderer(_visible_json)]
    )
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    handler = logging.StreamHandler(target)
    handler.addFilter(_let_through)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.ExtraAdder()],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.StackInfoRenderer(),
                structlog.processors.format_exc_info,
                mask_values,
                *renderers,
            ],
        )
    )
    logging.basicConfig(
        handlers=[handler], level=logging.DEBUG if debug else logging.INFO, force=True
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def mask_values(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """A structlog processor: every key and value without secrets, nested ones too."""
    return {mask(str(key)): _masked(str(key), value) for key, value in event.items()}


def _visible_values(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Nested values are shown by their repr, which escapes them."""
    return {
        visible(key): visible(value, lines=key in _OF_LINES) if isinstance(value, str) else value
        for key, value in event.items()
    }


def _visible_json(event: object, **options: Any) -> str:
    """JSON has an escape of its own for each character."""
    text = json.dumps(event, ensure_ascii=False, **options)
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else json.dumps(each)[1:-1] for each in text)


def _masked(key: str, value: object) -> object:
    if is_secret_field(key) and value:
        return MASK
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, _PLAIN_VALUES):
        return value
    if isinstance(value, dict):
        return {mask(str(name)): _masked(str(name), each) for name, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_masked("", each) for each in value]
    return mask(str(value))


def _is_broken_http(record: logging.LogRecord) -> bool:
    """What is no HTTP has been answered 400; with a traceback for each, strangers could fill the
    log."""
    kinds = type(record.exc_info[1]).__mro__ if record.exc_info else ()
    return record.name == "aiohttp.server" and any(
        kind.__module__ == "aiohttp.http_exceptions" or kind.__name__ == "RequestPayloadError"
        for kind in kinds
    )


def _let_through(record: logging.LogRecord) -> bool:
    """Bolt copies the root's level into each of its loggers and names one after the app's file,
    so neither a parent's level nor the name alone would silence it."""
    if record.name in _REPEATED or _is_broken_http(record):
        return False
    if record.levelno >= logging.WARNING:
        return True
    quiet = any(record.name == name or record.name.startswith(f"{name}.") for name in _QUIET)
    return not quiet and "/slack_bolt/" not in record.pathname
