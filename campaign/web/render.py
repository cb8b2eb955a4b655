"""Render templates into responses."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from flask import Response, current_app, request, url_for
from werkzeug.exceptions import HTTPException

from campaign.language.catalogue import SOURCE_LANGUAGE
from campaign.version import running_version
from campaign.web.context import container
from campaign.web.language_links import ANY_LANGUAGE, LanguageLinks
from campaign.web.static_files import static_files

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from werkzeug.routing import Map

    from campaign.language.catalogue import Language
    from campaign.web.context import PageContext

EMBED = "embed"
"""The blueprint of the pages for other sites' frames, and the source they are counted under."""

# Query parameters that links to other languages keep. They are codes: longer values are truncated.
_CARRIED, _LONGEST_CODE = ("government", "source"), 64


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
    links = _language_links(
        page.language, page.languages, page.campaign.facts.default_language, status
    )
    response = _render(
        template,
        status,
        page.language,
        operator=container.settings.operator.of_campaign(page.campaign.facts.operator),
        privacy_url=_privacy_url(page),
        page=page,
        words=page.words,
        time_zone=page.campaign.facts.time_zone,
        language_links=_by_form(links, page.languages, switch_step) if switch_step else links,
        **values,
    )
    if policy:
        response.headers["Content-Security-Policy"] = policy
    if page.loaded.is_rehearsal:
        response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


def _privacy_url(page: PageContext) -> str:
    """Return where it is said what happens to a campaign's data."""
    if page.campaign.facts.operator is None:
        return _url_for("about.privacy", lang=page.language.tag)
    return _url_for("about.campaign_privacy", lang=page.language.tag, slug=page.slug)


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
        operator=container.settings.operator,
        privacy_url=_url_for("about.privacy", lang=language.tag),
        page=None,
        words=None,
        language_links=_language_links(language, translated_into, SOURCE_LANGUAGE),
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
        url_for=_url_for,
        static_url=_static_url,
        embedded=embedded,
        layout="embed_base.html" if embedded else "base.html",
        **values,
    )
    response = Response(text, status=status, mimetype="text/html")
    response.headers["Content-Language"] = language.tag
    return response


def _url_for(endpoint: str, **values: Any) -> str:
    """Return what Flask's `url_for` does; a URL without a token is built once.

    Not if it differs by request: relative endpoints do, and so do those of the console, which get
    the request's campaign.
    """
    blueprint = endpoint.rpartition(".")[0]
    by_request = endpoint.startswith(".") or blueprint in current_app.url_default_functions
    if by_request or "token" in values:
        return url_for(endpoint, **values)
    return _built_once(current_app.url_map, endpoint, **values)


@lru_cache(maxsize=1024, typed=True)
def _built_once(_map: Map, endpoint: str, **values: Any) -> str:
    return url_for(endpoint, **values)


def _static_url(name: str) -> str:
    return _url_for("static", filename=name, v=static_files()[name].version)


def _language_links(
    language: Language, tags: Iterable[str], default: str, status: int = HTTPStatus.OK
) -> LanguageLinks:
    """Return the links to this page in each language; none if it is the answer to a form only."""
    links = LanguageLinks(
        container.message_builder.templates, language, tuple(tags), default=default
    )
    found = _readable_page(status)
    if found is None:
        return replace(links, tags=())
    endpoint, arguments = found
    asked = {name: request.args[name][:_LONGEST_CODE] for name in _CARRIED if name in request.args}
    view = {**arguments, "lang": ANY_LANGUAGE}
    path, canonical = _url_for(endpoint, **{**asked, **view}), _url_for(endpoint, **view)
    return replace(
        links, path=path, site=container.links.absolute_url(""), canonical_path=canonical
    )


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


def _by_form(links: LanguageLinks, tags: Iterable[str], step: str) -> LanguageLinks:
    """Return links to this page that go through its form, with everything that was typed."""
    is_answer = request.method == "POST"
    endpoint = request.endpoint if is_answer and request.endpoint else "signing.submit_step"
    action = _url_for(endpoint, **{**(request.view_args or {}), "lang": ANY_LANGUAGE})
    # The answer to a form has no link: what was typed would be lost on the way.
    path = "" if is_answer else links.path
    return replace(links, tags=tuple(tags), path=path, action=action, step=step)
