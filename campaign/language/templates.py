"""The Jinja environment for pages and mails.

The format filters read `language` (a Language) from the template's context.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from jinja2 import (
    BytecodeCache,
    DictLoader,
    Environment,
    FileSystemLoader,
    StrictUndefined,
    pass_context,
    pass_eval_context,
    select_autoescape,
)
from markupsafe import Markup

from campaign.language import formats
from campaign.language.markdown import render_line, render_paragraphs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime
    from pathlib import Path
    from types import CodeType

    from jinja2.bccache import Bucket
    from jinja2.nodes import EvalContext
    from jinja2.runtime import Context

    from campaign.language.catalogue import Language


class Templates:
    """The templates of a folder, rendered in any language.

    Each language has an environment of its own, with the globals `language` (a Language), `_()` and
    `ngettext()`. So macros that are imported without a page's context can say something, too, and
    Jinja makes them once.
    """

    def __init__(self, folder: Path, *, watched: bool = False) -> None:
        self._shared = _environment(folder, watched=watched)
        self._by_language: dict[Language, Environment] = {}

    def render(self, name: str, language: Language, **values: Any) -> str:
        """Return a template's text; a name that it needs and is not given raises UndefinedError."""
        environment = self._by_language.get(language)
        if environment is None:
            environment = self._by_language[language] = self._in(language)
        return environment.get_template(name).render(values)

    def _in(self, language: Language) -> Environment:
        environment = self._shared.overlay()
        environment.globals = {**self._shared.globals, **_words_of(language)}
        return environment


@cache
def load_templates(folder: Path, *, watched: bool = False) -> Templates:
    """Return the templates of a folder: HTML is escaped, text is not.

    All are read now, so that installing a new version in the folder does not affect running
    processes. `watched`: they are read when used, and again after a change. They are cached,
    because they are compiled and hold no state of a request.
    """
    return Templates(folder, watched=watched)


def _environment(folder: Path, *, watched: bool) -> Environment:
    env = Environment(
        loader=FileSystemLoader(folder) if watched else DictLoader(_sources(folder)),
        auto_reload=watched,
        autoescape=select_autoescape(["html", "xml"], default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        bytecode_cache=_SharedBytecode(),
    )
    env.filters["markdown"] = render_paragraphs
    env.filters["markdown_line"] = render_line
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


class _SharedBytecode(BytecodeCache):
    """Compiles each template once for all languages."""

    def __init__(self) -> None:
        self._codes: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._codes.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        assert bucket.code is not None
        self._codes[bucket.key, bucket.checksum] = bucket.code


def _words_of(language: Language) -> dict[str, object]:
    """Return what templates say in a language.

    Jinja's own extension finds its functions through the context, which takes five times as long.
    """

    @cache
    def translate_constant(message: str, *, html: bool) -> str:
        return _filled_in(language.gettext(message), {}, html=html)

    @pass_eval_context
    def translate(eval_context: EvalContext, message: str, /, **values: object) -> str:
        if not values:
            return translate_constant(message, html=eval_context.autoescape)
        return _filled_in(language.gettext(message), values, html=eval_context.autoescape)

    @pass_eval_context
    def translate_number(
        eval_context: EvalContext, singular: str, plural: str, n: int, /, **values: object
    ) -> str:
        text = language.ngettext(singular, plural, n)
        return _filled_in(text, values, html=eval_context.autoescape)

    return {"language": language, "_": translate, "ngettext": translate_number}


def _filled_in(text: str, values: Mapping[str, object], *, html: bool) -> str:
    """Return a translation with its values, which are escaped in HTML.

    The translation is not: catalogues are part of the site, as templates are.
    """
    return (Markup(text) if html else text) % values  # noqa: S704


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
