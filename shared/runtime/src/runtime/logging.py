"""One JSON object a line on stderr, for our own lines and those of libraries, without personal data."""

import logging
import sys
from collections.abc import Sequence
from typing import Any, Literal

import structlog
from structlog.typing import EventDict, FilteringBoundLogger, Processor

from runtime.access_log import access_log, write_json, write_through_structlog
from runtime.log_flood import FloodFilter
from runtime.scrubbing import scrub, scrubbed_traceback
from runtime.stderr import write_line
from runtime.tracing import current_request

_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
_NOISY_BELOW_WARNING = ("uvicorn", "uvicorn.error", "aiokafka", "alembic", "asyncio", "httpcore", "httpx", "sqlalchemy")


def configure(level: str = "info", log_format: Literal["json", "console"] = "json") -> None:
    """Send all logging of the process through one pipeline; call it once, before anything else logs.

    A line has `timestamp`, `level`, `event`, and `request_id` and `trace_id` where a request is being handled. Values
    under the names of personal data and secrets are scrubbed at any depth.
    """
    threshold = _LEVELS[level]
    structlog.configure(
        processors=[*_shared_processors(), _renderer(log_format)],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=_StderrLogger,
        cache_logger_on_first_use=False,
    )
    access_log.is_on = threshold <= logging.INFO
    access_log.write = write_json if log_format == "json" else write_through_structlog
    handler = _StderrHandler()
    handler.addFilter(FloodFilter(("aiokafka", "asyncio", "uvicorn.error")))
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[_name_logger, *_shared_processors()],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _renderer(log_format)],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(threshold)
    for name in _NOISY_BELOW_WARNING:
        logging.getLogger(name).setLevel(max(threshold, logging.WARNING))


def get_logger() -> FilteringBoundLogger:
    """Return a logger; the same as `structlog.get_logger()`, with its type."""
    logger: FilteringBoundLogger = structlog.get_logger()
    return logger


def _shared_processors() -> Sequence[Processor]:
    return (
        structlog.contextvars.merge_contextvars,
        _name_request,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.ExceptionRenderer(scrubbed_traceback),
        scrub,
    )


def _renderer(log_format: str) -> Processor:
    if log_format == "console":
        return structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    return structlog.processors.JSONRenderer(ensure_ascii=True)


def _name_request(_logger: object, _method: str, event: EventDict) -> EventDict:
    request = current_request.get()
    if request is not None:
        event.setdefault("request_id", request.request_id)
        event.setdefault("trace_id", request.trace.trace_id)
    return event


def _name_logger(_logger: object, _method: str, event: EventDict) -> EventDict:
    record = event.get("_record")
    if isinstance(record, logging.LogRecord):
        event["logger"] = record.name
    return event


class _StderrHandler(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        try:
            line = self.format(record)
        except Exception:  # noqa: BLE001 - a library's broken log call must not reach our code
            line = f'{{"level": "error", "event": "log_line_not_formattable", "logger": "{record.name}"}}'
        write_line(line)


class _StderrLogger:
    """What structlog's bound loggers write their finished line to."""

    def __init__(self, *_arguments: Any) -> None:
        self.debug = self.info = self.warning = self.error = self.critical = self.msg = write_line
