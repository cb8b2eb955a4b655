"""Logging: lines of JSON, with times in UTC and without personal data.

A line contains the program's own words, ids and numbers. An error is logged by its type and place,
and never with its message, which may quote what somebody typed. Messages of libraries are logged
without anything that looks like an address, a path or a key. What people do is recorded in the
audit log instead.
"""

from __future__ import annotations

import logging
import re
import resource
import sys
import threading
import traceback
from datetime import UTC, datetime
from logging.config import dictConfig
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog
from structlog.stdlib import BoundLogger, ProcessorFormatter

from campaign.errors import KeyMissing
from campaign.language.text import redact

if TYPE_CHECKING:
    from types import TracebackType

    from structlog.typing import EventDict

bind = structlog.contextvars.bind_contextvars
"""Add fields to all further log lines of this request or process."""

clear = structlog.contextvars.clear_contextvars

_ABOUT_ITSELF = ("Worker (pid:", "Connection in use: ", "Invalid address: ", "Can't connect to ")
"""Prefixes of gunicorn's messages about its own processes and sockets (arbiter.py and sock.py)."""

_OURS = str(Path(__file__).parent)

_PRIVATE = re.compile(r"/\S+|\S{24,}|(?:\d{1,3}\.){3}\d{1,3}|[0-9a-fA-F]*:[0-9a-fA-F:]*:\S*")


def get_logger(name: str) -> BoundLogger:
    """Return a module's logger; fields are keyword arguments: `log.warning("failed", job=...)`."""
    logger: BoundLogger = structlog.wrap_logger(
        logging.getLogger(name),
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.contextvars.merge_contextvars,
            _placed,
            ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=BoundLogger,
    )
    return logger


def configure() -> None:
    """Log to standard error from now on, including uncaught errors, and disable core dumps."""
    dictConfig(config())
    sys.excepthook = _log_uncaught
    threading.excepthook = lambda end: _log_uncaught(end.exc_type, end.exc_value, end.exc_traceback)
    # A core dump would contain keys and names.
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))


def config() -> dict[str, Any]:
    """Return the configuration of logging, which gunicorn uses, too."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"lines": {"()": formatter}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "lines"}},
        "root": {"level": "WARNING", "handlers": ["stderr"]},
        "loggers": {
            "campaign": {"level": "INFO"},
            "gunicorn.error": {"level": "WARNING", "handlers": [], "propagate": True},
        },
    }


def formatter() -> ProcessorFormatter:
    return ProcessorFormatter(
        processors=[
            _redact_foreign,
            ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        # Keep values separate: once they are part of the message, they cannot be redacted.
        use_get_message=False,
        pass_foreign_args=True,
    )


def stack_of(trace: TracebackType | None) -> list[str]:
    """Return where an error happened: files, lines and functions, innermost last."""
    return [
        f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}"
        for frame in traceback.extract_tb(trace)
    ]


def describe_error(error: BaseException) -> str:
    """Return an error's type and the innermost place in this project, for whoever has to fix it.

    The message is left out, except that of a missing key, which names a setting and no person.
    """
    if isinstance(error, KeyMissing):
        return f"{type(error).__name__}: {error}"
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if frame.filename.startswith(_OURS)] or frames
    place = f" in {Path(ours[-1].filename).name}:{ours[-1].lineno} {ours[-1].name}" if ours else ""
    return f"{type(error).__name__}{place}"


def _redact_foreign(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Put time, level and logger first; remove what may be personal from libraries' messages."""
    record: logging.LogRecord = event["_record"]
    if not event["_from_structlog"]:
        event["event"] = _said_by_library(record, event.pop("positional_args"))
        event["exc_info"] = event.get("exc_info") or record.exc_info
        event = _placed(_logger, _method, event)
        # The standard library would append the traceback, with the error's message, to the line.
        record.exc_info = record.exc_text = None
    return {
        "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
        "level": record.levelname.lower(),
        "logger": record.name,
        **event,
    }


def _said_by_library(record: logging.LogRecord, values: tuple[object, ...]) -> str:
    """Return a library's message, without values that may be personal.

    Numbers are kept: process ids, ports, codes. So are the values in gunicorn's messages about its
    own processes and sockets, such as the address that it listens on.
    """
    ours = record.name == "gunicorn.error" and str(record.msg).startswith(_ABOUT_ITSELF)
    words = str(record.msg) if ours else _PRIVATE.sub("<…>", redact(str(record.msg)))
    try:
        return words % tuple(_nobodys(value, ours=ours) for value in values) if values else words
    except (TypeError, ValueError):
        return words


def _nobodys(value: object, *, ours: bool) -> object:
    """Return a value that cannot be personal, or a placeholder."""
    is_line = isinstance(value, str) and "\n" not in value
    return value if isinstance(value, int | float) or (ours and is_line) else "<…>"


def _placed(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Replace an error by its type and place."""
    given = event.pop("exc_info", None)
    error = given[1] if isinstance(given, tuple) else given
    if isinstance(error, BaseException):
        event["error"] = type(error).__name__
        event["stack"] = stack_of(error.__traceback__)
    return event


def _log_uncaught(
    kind: type[BaseException], error: BaseException | None, trace: TracebackType | None
) -> None:
    if not issubclass(kind, KeyboardInterrupt):
        get_logger(__name__).critical(
            "uncaught exception", error=kind.__name__, stack=stack_of(trace)
        )
    del error
