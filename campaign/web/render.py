"""Turn a template and values into a response."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import Response, request, url_for

from campaign.language.catalogue import SOURCE_LANGUAGE
from campaign.web.context import current_container
from campaign.web.static_files import static_files

if TYPE_CHECKING:
    from collections.abc import Iterable

    from campaign.language.catalogue import Language
    from campaign.web.context import PageContext

EMBED = "embed"
"""The blueprint whose pages stand in other people's frames, and the source they count under."""

# What a link said goes along into another language: codes, and no more of them than any code has.
_CARRIED, _LONGEST_CODE = ("government", "source"), 64


@dataclass(frozen=True)
class AlternatePage:
    """This page in one language.

    `path` leads there and keeps what the link to this page said; `address` is the one
    under which search engines know it.
    """

    tag: str
    path: str
    address: str


def render_page(
    visit: PageContext, template: str, *, status: int = 200, policy: str = "", **values: Any
) -> Response:
    """Render a page of a campaign; `policy` is its own content security policy."""
    response = _render(
        template,
        status,
        language=visit.language,
        visit=visit,
        words=visit.words,
        translations=_translations(visit.languages),
        usual_language=visit.campaign.facts.default_language,
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
    """Render a page that belongs to no campaign and is `translated_into` these languages."""
    return _render(
        template,
        status,
        language=language,
        visit=None,
        words=None,
        translations=_translations(translated_into),
        usual_language=SOURCE_LANGUAGE,
        **{"quotes_unreviewed": False, **values},
    )


def _render(template: str, status: int, **values: Any) -> Response:
    site = current_container()
    embedded = request.blueprint == EMBED
    text = site.composer.templates.get_template(template).render(
        site=site,
        operator=site.operator,
        url_for=url_for,
        static=_static,
        embedded=embedded,
        layout="embed_base.html" if embedded else "base.html",
        **values,
    )
    response = Response(text, status=status, mimetype="text/html")
    response.headers["Content-Language"] = values["language"].tag
    return response


def _static(name: str) -> str:
    return url_for("static", filename=name, v=static_files()[name].version)


def _translations(tags: Iterable[str]) -> list[AlternatePage]:
    """Return this page in each language; none where a form would be lost."""
    if request.method not in {"GET", "HEAD"} or not request.endpoint:
        return []
    asked = {name: request.args[name][:_LONGEST_CODE] for name in _CARRIED if name in request.args}
    view = request.view_args or {}
    made = []
    for tag in tags:
        own = url_for(request.endpoint, **{**view, "lang": tag})
        path = url_for(request.endpoint, **{**asked, **view, "lang": tag})
        made.append(AlternatePage(tag, path, current_container().links.absolute_url(own)))
    return made
