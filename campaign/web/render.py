"""Turn a template and values into a response."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from flask import Response, current_app, request, url_for

from campaign.web.context import current_site

if TYPE_CHECKING:
    from pathlib import Path

    from campaign.web.context import Visit

STATIC_VERSIONS = "static_versions"

# What a link said goes along into another language.
_CARRIED = ("government", "source")


def page(
    visit: Visit, template: str, *, status: int = 200, policy: str = "", **values: Any
) -> Response:
    """Render a page of a campaign; `policy` is its own content security policy."""
    response = _render(
        template,
        status,
        language=visit.language,
        visit=visit,
        words=visit.words,
        languages=_language_links(visit.languages),
        **values,
    )
    if policy:
        response.headers["Content-Security-Policy"] = policy
    return response


def plain_page(language: Any, template: str, *, status: int = 200, **values: Any) -> Response:
    """Render a page that belongs to no campaign."""
    return _render(
        template, status, language=language, visit=None, words=None, languages=[], **values
    )


def static_versions(folder: Path) -> dict[str, str]:
    """Return a short hash for each static file, so that browsers may keep it for good."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()[:12]
        for path in folder.iterdir()
        if path.is_file()
    }


def _render(template: str, status: int, **values: Any) -> Response:
    site = current_site()
    text = site.composer.templates.get_template(template).render(
        site=site, operator=site.operator, url_for=url_for, static=_static, **values
    )
    response = Response(text, status=status, mimetype="text/html")
    response.headers["Content-Language"] = values["language"].tag
    return response


def _static(name: str) -> str:
    return url_for("static", filename=name, v=current_app.extensions[STATIC_VERSIONS][name])


def _language_links(tags: list[str]) -> list[tuple[str, str]]:
    """Return (language, address of this page in it); none where a form would be lost."""
    if request.method not in {"GET", "HEAD"} or not request.endpoint:
        return []
    asked = {name: request.args[name] for name in _CARRIED if name in request.args}
    args = {**asked, **(request.view_args or {})}
    return [(tag, url_for(request.endpoint, **{**args, "lang": tag})) for tag in tags]
