"""Render templates into responses."""

from __future__ import annotations

from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from flask import Response, current_app, request, url_for
from werkzeug.exceptions import HTTPException

from campaign.language.catalogue import SOURCE_LANGUAGE
from campaign.version import running_version
from campaign.web.context import container
from campaign.web.static_files import static_files

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

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

    `path` is the link to it, with the query parameters of this request; empty if only a form leads
    there. `address` is its canonical URL, for search engines. `action`: where the page's form goes
    to show what was typed in that language.
    """

    tag: str
    path: str
    address: str
    action: str = ""


def render_page(
    page: PageContext,
    template: str,
    *,
    status: int = 200,
    policy: str = "",
    switch_step: str = "",
    **values: Any,
) -> Response:
    """Return a page of a campaign; `policy` replaces the default Content-Security-Policy.

    `switch_step`: the step of signing that shows the page's form in another language.
    """
    alternates = _alternates(page.languages, status)
    if switch_step:
        alternates = _alternates_by_form(page, alternates)
    response = _render(
        template,
        status,
        page.language,
        page=page,
        words=page.words,
        time_zone=page.campaign.facts.time_zone,
        alternates=alternates,
        switch_step=switch_step,
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
        language,
        page=None,
        words=None,
        alternates=_alternates(translated_into),
        switch_step="",
        default_language=SOURCE_LANGUAGE,
        **{"quotes_unreviewed": False, **values},
    )


def _render(template: str, status: int, language: Language, **values: Any) -> Response:
    embedded = request.blueprint == EMBED
    text = container.message_builder.templates.render(
        template,
        language,
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
    response.headers["Content-Language"] = language.tag
    return response


def _static_url(name: str) -> str:
    return url_for("static", filename=name, v=static_files()[name].version)


def _alternates(tags: Iterable[str], status: int = HTTPStatus.OK) -> list[AlternatePage]:
    """Return this page in each language; nothing if it is the answer to a form only."""
    found = _readable_page(status)
    if found is None:
        return []
    endpoint, arguments = found
    asked = {name: request.args[name][:_LONGEST_CODE] for name in _CARRIED if name in request.args}
    view = {**arguments, "lang": _NO_LANGUAGE}
    # Made once, not for each language: that took a sixth of a page's time.
    path, canonical = url_for(endpoint, **{**asked, **view}), url_for(endpoint, **view)
    return [
        AlternatePage(
            tag,
            path.replace(_NO_LANGUAGE, tag, 1),
            container.links.absolute_url(canonical.replace(_NO_LANGUAGE, tag, 1)),
        )
        for tag in tags
    ]


def _readable_page(status: int) -> tuple[str, Mapping[str, Any]] | None:
    """Return endpoint and arguments of the page at this URL, or of that whose form was faulty."""
    if request.method in {"GET", "HEAD"}:
        return (request.endpoint, request.view_args or {}) if request.endpoint else None
    adapter, paths = current_app.create_url_adapter(request), [request.path]
    if status == HTTPStatus.UNPROCESSABLE_ENTITY:
        paths.append(request.path.rpartition("/")[0])
    for path in paths:
        try:
            if adapter is not None:
                return adapter.match(path, "GET")
        except HTTPException:
            continue
    return None


def _alternates_by_form(
    page: PageContext, readable: Sequence[AlternatePage]
) -> list[AlternatePage]:
    """Return this page in each language, reached by its form with everything that was typed."""
    endpoint, view = request.endpoint or "", {**(request.view_args or {}), "lang": _NO_LANGUAGE}
    if request.method != "POST":
        endpoint = "signing.submit_step"
    action = url_for(endpoint, **view)
    # The answer to a form has no link: what was typed would be lost on the way.
    by_tag = {one.tag: one for one in readable} if request.method != "POST" else {}
    return [
        replace(
            by_tag.get(tag, AlternatePage(tag, "", "")),
            action=action.replace(_NO_LANGUAGE, tag, 1),
        )
        for tag in page.languages
    ]
