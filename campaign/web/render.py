"""Render templates into responses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import Response, request, url_for

from campaign.language.catalogue import SOURCE_LANGUAGE
from campaign.version import running_version
from campaign.web.context import container
from campaign.web.static_files import static_files

if TYPE_CHECKING:
    from collections.abc import Iterable

    from campaign.language.catalogue import Language
    from campaign.web.context import PageContext

EMBED = "embed"
"""The blueprint of the pages for other sites' frames, and the source they are counted under."""

# Query parameters that links to other languages keep. They are codes: longer values are truncated.
_CARRIED, _LONGEST_CODE = ("government", "source"), 64

_NO_LANGUAGE = "zxx"
"""Stands for a language in a URL that is made once for all of them (ISO 639-2)."""


@dataclass(frozen=True)
class AlternatePage:
    """This page in one language.

    `path` is the link to it, with the query parameters of this request; `address` is its canonical
    URL, for search engines.
    """

    tag: str
    path: str
    address: str


def render_page(
    page: PageContext, template: str, *, status: int = 200, policy: str = "", **values: Any
) -> Response:
    """Return a page of a campaign; `policy` replaces the default Content-Security-Policy."""
    response = _render(
        template,
        status,
        language=page.language,
        page=page,
        words=page.words,
        alternates=_alternates(page.languages),
        default_language=page.campaign.facts.default_language,
        **values,
    )
    if policy:
        response.headers["Content-Security-Policy"] = policy
    return response


def render_site_page(
    language: Language,
    template: str,
    *,
    status: int = 200,
    translated_into: Iterable[str] = (),
    **values: Any,
) -> Response:
    """Return a page that belongs to no campaign; `translated_into` lists its languages."""
    return _render(
        template,
        status,
        language=language,
        page=None,
        words=None,
        alternates=_alternates(translated_into),
        default_language=SOURCE_LANGUAGE,
        **{"quotes_unreviewed": False, **values},
    )


def _render(template: str, status: int, **values: Any) -> Response:
    embedded = request.blueprint == EMBED
    text = container.message_builder.templates.get_template(template).render(
        settings=container.settings,
        running_version=running_version(),
        absolute_url=container.links.absolute_url,
        operator=container.settings.operator,
        url_for=url_for,
        static_url=_static_url,
        embedded=embedded,
        layout="embed_base.html" if embedded else "base.html",
        **values,
    )
    response = Response(text, status=status, mimetype="text/html")
    response.headers["Content-Language"] = values["language"].tag
    return response


def _static_url(name: str) -> str:
    return url_for("static", filename=name, v=static_files()[name].version)


def _alternates(tags: Iterable[str]) -> list[AlternatePage]:
    """Return this page in each language; nothing if a submitted form would be lost."""
    if request.method not in {"GET", "HEAD"} or not request.endpoint:
        return []
    asked = {name: request.args[name][:_LONGEST_CODE] for name in _CARRIED if name in request.args}
    view = {**(request.view_args or {}), "lang": _NO_LANGUAGE}
    # Made once, not for each language: that took a sixth of a page's time.
    path, canonical = (
        url_for(request.endpoint, **{**asked, **view}),
        url_for(request.endpoint, **view),
    )
    return [
        AlternatePage(
            tag,
            path.replace(_NO_LANGUAGE, tag, 1),
            container.links.absolute_url(canonical.replace(_NO_LANGUAGE, tag, 1)),
        )
        for tag in tags
    ]
