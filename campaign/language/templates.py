"""The Jinja environment for pages and mails.

`_()`, `ngettext()` and the format filters read `language` (a Language) from the template's
context, so one environment serves all languages.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from jinja2 import (
    DictLoader,
    Environment,
    FileSystemLoader,
    StrictUndefined,
    pass_context,
    select_autoescape,
)

from campaign.language import formats

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime
    from pathlib import Path

    from jinja2.runtime import Context


@cache
def jinja_environment(folder: Path, *, watched: bool = False) -> Environment:
    """Return the environment for a folder of templates: HTML is escaped, text is not.

    All templates are read now, so that installing a new version in the folder does not affect
    running processes. `watched`: they are read when used, and again after a change.
    The environment is cached, because it holds compiled templates and no state of a request.
    """
    env = Environment(
        loader=FileSystemLoader(folder) if watched else DictLoader(_sources(folder)),
        auto_reload=watched,
        autoescape=select_autoescape(["html", "xml"], default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    env.install_gettext_callables(_gettext, _ngettext, newstyle=True)  # type: ignore[attr-defined]
    env.filters["number"] = _number
    env.filters["long_date"] = _long_date
    env.filters["full_date"] = _full_date
    env.filters["date_time"] = _date_time
    env.filters["clock_time"] = _clock_time
    env.filters["local_time"] = _local_time
    env.filters["join_list"] = _join_list
    env.filters["og_locale"] = formats.open_graph_locale
    env.filters["language_name"] = _language_name
    env.filters["native_name"] = formats.native_name
    env.filters["english_name"] = _english_name
    return env


def _sources(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in folder.rglob("*")
        if path.suffix in {".html", ".txt"}
    }


@pass_context
def _gettext(context: Context, message: str) -> str:
    return str(context["language"].gettext(message))


@pass_context
def _ngettext(context: Context, singular: str, plural: str, n: int) -> str:
    return str(context["language"].ngettext(singular, plural, n))


def _english_name(tag: str) -> str:
    """Return a language's name for the console, which is in English."""
    return formats.language_name(tag, "en")


@pass_context
def _number(context: Context, value: int) -> str:
    return formats.format_number(value, context["language"].tag)


@pass_context
def _long_date(context: Context, day: date) -> str:
    return formats.long_date(day, context["language"].tag)


@pass_context
def _full_date(context: Context, day: date) -> str:
    return formats.full_date(day, context["language"].tag)


@pass_context
def _clock_time(context: Context, at: datetime) -> str:
    return formats.clock_time(at, context["language"].tag)


@pass_context
def _date_time(context: Context, at: datetime) -> str:
    return formats.format_datetime(at, context["language"].tag, context.get("time_zone", "UTC"))


@pass_context
def _local_time(context: Context, at: datetime) -> datetime:
    return at.astimezone(ZoneInfo(context["time_zone"]))


@pass_context
def _language_name(context: Context, tag: str) -> str:
    return formats.language_name(tag, context["language"].tag)


@pass_context
def _join_list(context: Context, items: Sequence[str]) -> str:
    return formats.join_list(items, context["language"].tag)
