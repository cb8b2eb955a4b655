"""Request ids, which appear in the proxy's log and in every log line about the request."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING
from uuid import uuid4

from flask import g, request

from campaign import logs

if TYPE_CHECKING:
    from flask import Flask, Response

    from campaign.container import Container

HEADER = "X-Request-ID"
_FAULTS = 500
_GIVEN = re.compile(r"[0-9a-f]{32}")


def init_app(app: Flask, container: Container) -> None:
    """Give each request an id: the proxy's if there is one, and never one that a visitor sends."""

    def begin() -> None:
        g.began = time.monotonic()
        given = request.headers.get(HEADER, "") if container.settings.proxy_hops else ""
        g.request_id = given if _GIVEN.fullmatch(given) else uuid4().hex
        logs.clear()
        # The route and not the URL: many URLs end in a token.
        rule = request.url_rule.rule if request.url_rule else ""
        logs.bind(request=g.request_id, method=request.method, route=rule)

    def with_id(response: Response) -> Response:
        if "began" in g:
            rule = request.url_rule.rule if request.url_rule else "none"
            took = time.monotonic() - g.began
            container.metrics.observe_request(rule, request.method, response.status_code, took)
        if response.status_code >= _FAULTS and "request_id" in g:
            response.headers[HEADER] = g.request_id
        return response

    app.before_request(begin)
    app.after_request(with_id)
