"""The peers: what Flask costs when it does next to nothing, on the same server.

`hello` answers with two words. `signing` checks a form of Flask-WTF with five fields and its
CSRF token, and stores one row by one committed INSERT of SQLAlchemy Core.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from flask import Flask, redirect, session
from flask.sessions import SecureCookieSessionInterface
from flask_wtf import FlaskForm
from flask_wtf.csrf import generate_csrf
from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    MetaData,
    String,
    Table,
    Uuid,
    create_engine,
    insert,
)
from wtforms import BooleanField, SelectField, StringField
from wtforms.validators import Email, InputRequired, Length

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

SECRET = "made up for a benchmark"  # noqa: S105
DATABASE = "BARE_DATABASE_URL"

signatures = Table(
    "bare_signatures",
    MetaData(),
    Column("id", Uuid, primary_key=True),
    Column("name", String(120)),
    Column("email", String(254)),
    Column("town", String(80)),
    Column("government", String(2)),
    Column("show_name", Boolean),
    Column("at", DateTime(timezone=True)),
)


class SignForm(FlaskForm):
    name = StringField(validators=[InputRequired(), Length(max=120)])
    email = StringField(validators=[InputRequired(), Email(), Length(max=254)])
    town = StringField(validators=[Length(max=80)])
    government = SelectField(choices=[(code, code) for code in ("DE", "FR", "IT", "PL")])
    show_name = BooleanField()


def hello() -> Flask:
    app = Flask("hello")

    @app.get("/")
    def greet() -> str:
        return "hello, world"

    return app


def signing() -> Flask:
    app = Flask("signing")
    app.config["SECRET_KEY"] = SECRET
    engine = create_engine(os.environ[DATABASE])

    @app.post("/sign")
    def sign() -> tuple[str, int] | Response:
        form = SignForm()  # type: ignore[no-untyped-call]
        if not form.validate_on_submit():  # type: ignore[no-untyped-call]
            return "no", 422
        values: dict[str, Any] = {**form.data, "id": uuid4(), "at": datetime.now(UTC)}
        values.pop("csrf_token")
        with engine.begin() as connection:
            connection.execute(insert(signatures).values(values))
        return redirect("/done", 303)

    return app


def prepare(database_url: str) -> None:
    engine = create_engine(database_url)
    signatures.metadata.create_all(engine)
    engine.dispose()


def session_and_token() -> tuple[str, str]:
    """Return a session cookie and the CSRF token that belongs to it, as a page would give them."""
    app = Flask("signing")
    app.config["SECRET_KEY"] = SECRET
    with app.test_request_context():
        token = generate_csrf()  # type: ignore[no-untyped-call]
        serializer = SecureCookieSessionInterface().get_signing_serializer(app)
        assert serializer is not None
        return f"session={serializer.dumps(dict(session))}", token
