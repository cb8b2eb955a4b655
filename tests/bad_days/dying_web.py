"""The application for gunicorn (`tests.bad_days.dying_web:app`), killed once at a chosen step.

Nothing of the product is changed: the database's own events kill the process. The step stands in a
file of the instance folder, which goes before the process does.
"""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, Any

from sqlalchemy import event

from campaign.container import build_container
from campaign.settings.load import load_settings
from campaign.web_app import create_app

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from wsgiref.types import StartResponse, WSGIEnvironment

    from sqlalchemy import Connection

STEPS = ("before anything", "first row written", "before commit", "after commit")
FILE = "die-at"

_settings = load_settings()
_path = _settings.instance / FILE
_container = build_container(_settings)
_flask = create_app(_container)


def die_at(step: str) -> None:
    if _path.exists() and _path.read_text() == step:
        _path.unlink()
        os.kill(os.getpid(), signal.SIGKILL)


def _about_to_write(_connection: Connection, _cursor: Any, statement: str, *_: Any) -> None:
    # A statement that is a transaction by itself: before it nothing is written, after it all is.
    if statement.lstrip().startswith("WITH"):
        die_at("before commit")


def _written(connection: Connection, _cursor: Any, statement: str, *_: Any) -> None:
    if statement.lstrip().upper().startswith(("INSERT", "UPDATE", "WITH")):
        connection.info["wrote"] = True
        die_at("first row written")


def _committing(connection: Connection) -> None:
    if connection.info.pop("wrote", False):
        die_at("before commit")


event.listen(_container.database.engine, "before_cursor_execute", _about_to_write)
event.listen(_container.database.engine, "after_cursor_execute", _written)
event.listen(_container.database.engine, "commit", _committing)


def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Answer as the site does, or die before or after its work."""
    serve: Callable[[WSGIEnvironment, StartResponse], Iterable[bytes]] = _flask
    if environ["REQUEST_METHOD"] == "POST":
        die_at("before anything")
    answer = serve(environ, start_response)
    if environ["REQUEST_METHOD"] == "POST":
        die_at("after commit")
    return answer
