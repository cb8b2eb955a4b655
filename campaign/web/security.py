"""Security headers for every response, and limits for every request."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any

from flask import Request
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import FormDataParser
from werkzeug.middleware.proxy_fix import ProxyFix

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flask import Flask, Response
    from werkzeug.datastructures import MultiDict

    from campaign.settings.settings import Settings

MAX_REQUEST_BYTES = 64 * 1024
MAX_FORM_PARTS = 200

# No scripts, styles or frames from elsewhere, and none inline.
CSP = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)

CSP_WITH_SCRIPTS = f"{CSP}; script-src 'self'"
"""For pages with the site's own small scripts, on which nothing depends."""

CSP_WITH_REQUESTS = f"{CSP_WITH_SCRIPTS}; connect-src 'self'"
"""For pages whose scripts ask this site for more, and those that search engines index: audit tools
fetch robots.txt from within the page.
"""


CSP_WITH_PICTURES = CSP_WITH_REQUESTS.replace("img-src 'self'", "img-src 'self' data:")
"""For pages that bring a picture with them that has no URL of its own."""


def embed_csp(hosts: Iterable[str]) -> str:
    """Return the Content-Security-Policy for pages that these origins may show in a frame."""
    allowed = " ".join(hosts) or "'none'"
    return CSP_WITH_REQUESTS.replace("frame-ancestors 'none'", f"frame-ancestors {allowed}")


def init_app(app: Flask, settings: Settings) -> None:
    app.request_class = FormRequest
    app.config.update(
        MAX_CONTENT_LENGTH=MAX_REQUEST_BYTES,
        MAX_FORM_MEMORY_SIZE=MAX_REQUEST_BYTES,
        MAX_FORM_PARTS=MAX_FORM_PARTS,
        TRUSTED_HOSTS=list(settings.trusted_hosts),
    )
    if settings.proxy_hops:
        hops = settings.proxy_hops
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops)  # type: ignore[method-assign]

    def with_headers(response: Response) -> Response:
        headers = response.headers
        headers.setdefault("Content-Security-Policy", CSP)
        headers.setdefault("X-Content-Type-Options", "nosniff")
        headers.setdefault("Referrer-Policy", "no-referrer")
        headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        headers.setdefault("Permissions-Policy", "geolocation=(), camera=(), microphone=()")
        # A response that its view does not allow to be cached may be personal.
        headers.setdefault("Cache-Control", "no-store")
        if settings.is_https:
            headers.setdefault("Strict-Transport-Security", "max-age=63072000")
        return response

    app.after_request(with_headers)


class FormParser(FormDataParser):
    """A form parser that limits the number of fields in both encodings; Werkzeug does so in one.

    The limit is needed because some pages repeat a submitted form: a field of two bytes in the
    request takes fifty in such a page.

    Line breaks are converted to LF. Browsers send them as CRLF, whatever was typed and whatever a
    hidden field contained (HTML Living Standard, "URL-encoded form data" and "Multipart form
    data"). As this is undone here, no view has to care.
    """

    def parse(
        self,
        stream: IO[bytes],
        mimetype: str,
        content_length: int | None,
        options: dict[str, str] | None = None,
    ) -> tuple[IO[bytes], MultiDict[str, str], MultiDict[str, Any]]:
        rest, form, files = super().parse(stream, mimetype, content_length, options)
        fields = [
            (_with_line_feeds(name), _with_line_feeds(value))
            for name, value in form.items(multi=True)
        ]
        if self.max_form_parts is not None and len(fields) > self.max_form_parts:
            raise RequestEntityTooLarge
        return rest, self.cls(fields), files


class FormRequest(Request):
    """A request whose forms are read by `FormParser`."""

    form_data_parser_class = FormParser


def _with_line_feeds(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")
