"""Form cache: the empty form, rendered once per variant, with a fresh token for each visitor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Response, request

from campaign.signing.forms.form_token import make_form_token
from campaign.store.ids import uuid7

if TYPE_CHECKING:
    from collections.abc import Callable

    from campaign.web.context import PageContext

_PLACEHOLDER = "the-stamp-of-this-visitor"
_MAX_ENTRIES = 200


def cached_form_page(page: PageContext, make: Callable[[], tuple[Response, str]]) -> Response:
    """Return the page that `make` returns with its token, or a cached one with a new token."""
    pages: dict[tuple[str, ...], str] = page.loaded.derived.setdefault("blank forms", {})
    key = request.full_path, page.now.date().isoformat()
    kept = pages.get(key)
    if kept is None:
        response, stamp = make()
        if len(pages) >= _MAX_ENTRIES:
            pages.clear()
        pages[key] = response.get_data(as_text=True).replace(stamp, _PLACEHOLDER)
        return response
    text = kept.replace(_PLACEHOLDER, make_form_token(page, uuid7(page.now)))
    response = Response(text, mimetype="text/html")
    response.headers["Content-Language"] = page.language.tag
    return response
