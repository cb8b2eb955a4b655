"""A page with holes, so that a scanner that finds nothing is known to be able to find something."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING
from wsgiref.simple_server import WSGIRequestHandler, make_server

from flask import Flask, request

if TYPE_CHECKING:
    from collections.abc import Iterator


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _holes() -> Flask:
    app = Flask("holes")
    app.logger.disabled = True

    @app.get("/")
    def index() -> str:
        return '<a href="/find?name=a">find</a><form action="/find"><input name="name"></form>'

    @app.get("/find")
    def find() -> str:
        name = request.args.get("name", "")
        rows = sqlite3.connect(":memory:").execute(
            f"SELECT name FROM (SELECT 'a' AS name UNION SELECT 'b') WHERE name = '{name}'"  # noqa: S608
        )
        return f"<html><body>{name}: {rows.fetchall()}</body></html>"

    return app


@contextmanager
def holes() -> Iterator[str]:
    """Serve it on loopback and give its address."""
    server = make_server("127.0.0.1", 0, _holes(), handler_class=_Quiet)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
